/** Certificates and keys that change on disk while a server runs. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:tls";
import type { Server, TLSSocket } from "node:tls";
import { connect } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { PkiError } from "kubepki";
import { followCertificate, watchCredentialBundle } from "kubepki/node";
import type { CredentialBundle, CredentialBundleOptions, CredentialBundlePath } from "kubepki/node";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newCa, newServer } from "../support/mtls.ts";
import type { Ca, Credentials } from "../support/mtls.ts";

let ca: Ca;
let first: Credentials;
let second: Credentials;
let folder: string;
let bundle: CredentialBundle | undefined;
const path = (...parts: string[]): string => join(folder, ...parts);
const subject = (): string => bundle!.current.certificate.serialNumber;
const text = ({ cert, key }: Credentials): string => key + cert;

beforeAll(async () => {
  ca = await newCa("ca");
  [first, second] = [await newServer(ca, "first.example"), await newServer(ca, "second.example")];
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepki-bundle-"));
});
afterEach(() => {
  bundle?.close();
  rmSync(folder, { recursive: true });
});

async function start(from: CredentialBundlePath, options?: CredentialBundleOptions): Promise<void> {
  bundle = await watchCredentialBundle(from, options);
}
const names = (): string[] => bundle!.current.certificate.dnsNames;

/** A connection that echoes, and whose certificate is for these names. */
async function call(server: Server): Promise<TLSSocket> {
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: "127.0.0.1", ca: ca.pem, checkServerIdentity: () => undefined });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}
const served = (socket: TLSSocket): string | undefined => socket.getPeerCertificate().subjectaltname;
const echo = async (socket: TLSSocket, word: string): Promise<string> => {
  socket.write(word);
  return new Promise((resolve) => socket.once("data", (data) => resolve(data.toString())));
};

test("a server changes its certificate, and drops no connection", async () => {
  writeFileSync(path("bundle.pem"), text(first));
  const onChange = vi.fn();
  await start(path("bundle.pem"), { onChange });
  const server = createServer((socket) => socket.pipe(socket));
  const end = followCertificate(server, bundle!, { minVersion: "TLSv1.3" });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const old = await call(server);
    expect(served(old)).toContain("DNS:first.example");
    writeFileSync(path("new.pem"), text(second));
    renameSync(path("new.pem"), path("bundle.pem"));
    await vi.waitFor(() => expect(names()).toEqual(["second.example"]), { timeout: 10_000 });
    expect(onChange).toHaveBeenCalledExactlyOnceWith(bundle!.current);
    const fresh = await call(server);
    expect(served(fresh)).toContain("DNS:second.example");
    expect(await echo(old, "still here")).toBe("still here");
    end();
    writeFileSync(path("bundle.pem"), text(first));
    await bundle!.reload();
    const last = await call(server);
    expect(served(last)).toContain("DNS:second.example");
    for (const socket of [old, fresh, last]) socket.destroy();
  } finally {
    server.close();
  }
});

test("the files of a Secret are followed together, when its links are swapped", async () => {
  const publish = (name: string, { cert, key }: Credentials): void => {
    mkdirSync(path(name));
    writeFileSync(path(name, "tls.crt"), cert);
    writeFileSync(path(name, "tls.key"), key);
    symlinkSync(name, path("..data_tmp"));
    renameSync(path("..data_tmp"), path("..data"));
  };
  publish("..1", first);
  for (const file of ["tls.crt", "tls.key"]) symlinkSync(`..data/${file}`, path(file));
  await start({ certFile: path("tls.crt"), keyFile: path("tls.key") });
  expect(names()).toEqual(["first.example"]);
  publish("..2", second);
  await vi.waitFor(() => expect(names()).toEqual(["second.example"]), { timeout: 10_000 });
});

test("what is broken changes nothing and is told", async () => {
  writeFileSync(path("tls.crt"), first.cert);
  writeFileSync(path("tls.key"), first.key);
  const errors: PkiError[] = [];
  await start(
    { certFile: path("tls.crt"), keyFile: path("tls.key") },
    { onError: (error) => errors.push(error) },
  );
  const before = subject();
  for (const broken of ["", "no PEM", second.key]) {
    writeFileSync(path("tls.key"), broken);
    await bundle!.reload();
    expect(subject()).toBe(before);
    expect(errors.at(-1)).toMatchObject({ code: "ERR_FILE_CREDENTIALS" });
    expect(errors.at(-1)!.message).toContain(path("tls.key"));
  }
  expect(errors.at(-1)!.cause).toMatchObject({ code: "ERR_KEY_MISMATCH" });
  rmSync(path("tls.key"));
  await bundle!.reload();
  expect(errors.at(-1)).toMatchObject({ code: "ERR_FILE_READ" });
  writeFileSync(path("tls.crt"), second.cert);
  writeFileSync(path("tls.key"), second.key);
  await bundle!.reload();
  expect(names()).toEqual(["second.example"]);
});

test("what a server does not take is told, and the others are given it", async () => {
  writeFileSync(path("bundle.pem"), text(first));
  const onError = vi.fn();
  await start(path("bundle.pem"), { onError });
  let calls = 0;
  bundle!.follow(() => {
    if (++calls > 1) throw new Error("ee key too small");
  });
  const other = vi.fn();
  bundle!.follow(other);
  writeFileSync(path("bundle.pem"), text(second));
  await bundle!.reload();
  expect(names()).toEqual(["second.example"]);
  expect(other).toHaveBeenLastCalledWith(bundle!.current);
  expect(onError.mock.lastCall?.[0]).toMatchObject({
    code: "ERR_FILE_CREDENTIALS",
    cause: { message: "ee key too small" },
  });
});

test("in the beginning, all must be good", async () => {
  await expect(start(path("missing.pem"))).rejects.toMatchObject({ code: "ERR_FILE_READ" });
  writeFileSync(path("bundle.pem"), first.cert);
  await expect(start(path("bundle.pem"))).rejects.toMatchObject({
    code: "ERR_FILE_CREDENTIALS",
    cause: { code: "ERR_PEM_NO_BLOCK" },
  });
});

test("key and chain stand in any order, with text between them, and no key shows", async () => {
  writeFileSync(path("bundle.pem"), `the chain\n${first.cert}${ca.pem}the key\n${first.key}`);
  await start(path("bundle.pem"));
  expect(bundle!.current.certificates).toHaveLength(2);
  const secret = first.key.split("\n")[1]!;
  for (const shown of [inspect(bundle, { depth: 9, showHidden: true }), JSON.stringify(bundle)])
    expect(shown).not.toContain(secret);
});
