/** HTTP/2 clients that go away while it is decided who they are. */
import { once } from "node:events";
import { connect, constants, createSecureServer } from "node:http2";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2ServerRequest,
  Http2ServerResponse,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { createAuthenticator } from "kubepki";
import { fromSocket, withAuthentication } from "kubepki/node";
import type { Refusal } from "kubepki/node";
import { expect, test } from "vitest";
import { newCa, newClient, newServer } from "../../support/mtls.ts";

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
} {
  let resolve!: (value: T | PromiseLike<T>) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Somebody with a certificate of another CA calls, and does something while an earlier source takes its time. */
async function callAndGo(
  go: (session: ClientHttp2Session, stream: ClientHttp2Stream) => void,
): Promise<string[]> {
  const ca = await newCa("clients");
  const stranger = await newClient(await newCa("clients"), "jane");
  const log: string[] = [];
  const called = deferred<Http2ServerRequest>();
  const slow = async (request: unknown): Promise<undefined> => {
    const { stream } = request as Http2ServerRequest;
    called.resolve(request as Http2ServerRequest);
    if (!stream.closed) await once(stream, "close");
  };
  const onRefusal = ({ errors }: Refusal): void =>
    void log.push(...errors.map((error) => String((error as { code?: unknown }).code)));
  const sources = [slow, fromSocket(createAuthenticator({ trustAnchors: [ca.certificate] }))] as const;
  const handler = withAuthentication<Http2ServerRequest, Http2ServerResponse>(
    { sources, nobody: "anonymous", onRefusal },
    ({ identity }) => log.push(`handled ${identity?.username}`),
  );
  const done = deferred<void>();
  const server = createSecureServer(
    { ...(await newServer(ca)), requestCert: true, rejectUnauthorized: false },
    (request, response) => done.resolve(handler(request, response)),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const session = connect(`https://127.0.0.1:${port}`, { ca: ca.pem, ...stranger });
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => undefined);
  await called.promise;
  go(session, stream);
  await done.promise;
  session.destroy();
  server.close();
  return log;
}

test("whoever shows a bad certificate and hangs up is refused, not anonymous", async () => {
  expect(await callAndGo((session) => session.destroy())).toEqual(["ERR_PEER_GONE"]);
});

test("so is whoever takes back the request and keeps the connection", async () => {
  const reset = (_session: ClientHttp2Session, stream: ClientHttp2Stream): void =>
    stream.close(constants.NGHTTP2_CANCEL);
  expect(await callAndGo(reset)).toEqual(["ERR_PEER_GONE"]);
});
