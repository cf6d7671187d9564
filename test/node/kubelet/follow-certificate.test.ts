import { once } from "node:events";
import { Agent, createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { followCertificate, parseCertificatePair } from "kubepki/node";
import type { CertificatePair } from "kubepki/node";
import { call, newCa, newClient, newServer } from "../../support/mtls.ts";
import type { Ca, Credentials } from "../../support/mtls.ts";

let ca: Ca;
let client: Credentials;
beforeAll(async () => {
  ca = await newCa("kubernetes");
  client = await newClient(ca, "jane");
});
const newPair = async (): Promise<CertificatePair> => {
  const { cert, key } = await newServer(ca);
  return parseCertificatePair(cert, key);
};

/** What a manager is to a server. */
class Source {
  readonly #followers = new Set<(pair: CertificatePair) => void>();
  follow(follower: (pair: CertificatePair) => void): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }
  give(pair: CertificatePair): void {
    for (const follower of this.#followers) follower(pair);
  }
}

let source: Source;
let server: ReturnType<typeof createServer>;
let port: number;
let end: () => void;
/** Ends the answer that has begun. */
let finish: () => void;
beforeEach(async () => {
  source = new Source();
  server = createServer({ requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const slow = request.url === "/slow";
    response.write(slow ? "begun" : (request.socket as TLSSocket).getPeerCertificate().subject.CN);
    finish = () => response.end(" and done");
    if (!slow) response.end();
  });
  end = followCertificate(server, source, { ca: ca.pem, minVersion: "TLSv1.3" });
  source.give(await newPair());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const shown = async (): Promise<string> => {
  const socket = connectTls({ host: "127.0.0.1", port, ca: ca.pem, ...client });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber.toLowerCase();
};
const serial = ({ certificate }: CertificatePair): string => certificate.serialNumber;

test("new connections get the new certificate, and clients are still verified", async () => {
  const pair = await newPair();
  source.give(pair);
  expect(BigInt(`0x${await shown()}`)).toBe(BigInt(`0x${serial(pair)}`));
  expect((await call(port, { ca: ca.pem, ...client })).body).toBe("jane");
  await expect(call(port, { ca: ca.pem }).then(({ status }) => status)).rejects.toThrow();
  await expect(call(port, { ca: ca.pem, ...client, maxVersion: "TLSv1.2" } as never)).rejects.toThrow();
});

test("a connection that is open lives on, with the answer that had begun", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.pem, ...client });
  const request = get({ host: "127.0.0.1", port, path: "/slow", agent });
  const [response] = (await once(request, "response")) as [AsyncIterable<Uint8Array> & { socket: TLSSocket }];
  const { socket } = response;
  source.give(await newPair());
  finish();
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("begun and done");
  await call(port, { ca: ca.pem, agent });
  expect(socket.destroyed).toBe(false); // the next request went the same way
  agent.destroy();
});

test("no request fails while certificates change under load", async () => {
  const pairs = await Promise.all(Array.from({ length: 8 }, newPair));
  let round = 0;
  const rotating = setInterval(() => source.give(pairs[round++ % pairs.length]!), 1);
  const agent = new Agent({ keepAlive: true, ca: ca.pem, ...client });
  const worker = async (options: { agent?: Agent }): Promise<string[]> => {
    const answers: string[] = [];
    for (let count = 0; count < 50; count++)
      answers.push((await call(port, { ca: ca.pem, ...client, ...options })).body);
    return answers;
  };
  const fresh = { agent: new Agent({ keepAlive: false }) };
  const answers = await Promise.all([worker(fresh), worker(fresh), worker({ agent }), worker({ agent })]);
  clearInterval(rotating);
  agent.destroy();
  expect(new Set(answers.flat())).toEqual(new Set(["jane"]));
  expect(round).toBeGreaterThan(10);
});

test("a server that does not follow any more keeps what it has", async () => {
  const before = await shown();
  end();
  source.give(await newPair());
  expect(await shown()).toBe(before);
});
