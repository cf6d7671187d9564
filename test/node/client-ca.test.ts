/** Client CAs that change on disk while a server runs, in the ways in which files are changed. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthenticator } from "kubepki";
import type { PkiError } from "kubepki";
import { watchClientCa } from "kubepki/node";
import type { ClientCa, ClientCaOptions } from "kubepki/node";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newCa, newClient } from "../support/mtls.ts";
import type { Ca } from "../support/mtls.ts";

let first: Ca;
let second: Ca;
let folder: string;
let clientCa: ClientCa | undefined;
const path = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  [first, second] = [await newCa("first"), await newCa("second")];
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepki-client-ca-"));
});
afterEach(() => {
  clientCa?.close();
  rmSync(folder, { recursive: true });
});

async function start(
  paths: string | readonly [string, ...string[]],
  options?: ClientCaOptions,
): Promise<ClientCa> {
  return (clientCa = await watchClientCa(paths, options));
}
const ders = (): Uint8Array[] => clientCa!.trustAnchors.certificates.map(({ der }) => der);

test("a file that is written over is noticed, and the authenticator changes its mind", async () => {
  writeFileSync(path("ca.crt"), first.pem);
  const onChange = vi.fn();
  await start(path("ca.crt"), { onChange });
  const authenticator = createAuthenticator({ trustAnchors: [] });
  clientCa!.supply(authenticator);
  const [old] = (await newClient(first, "jane")).cert.split(/(?=-----BEGIN)/);
  const fresh = (await newClient(second, "joe")).cert;
  expect((await authenticator.authenticate(old!))?.username).toBe("jane");
  writeFileSync(path("ca.crt"), second.pem);
  await vi.waitFor(() => expect(ders()).toEqual([second.certificate.der]), { timeout: 10_000 });
  expect((await authenticator.authenticate(fresh))?.username).toBe("joe");
  await expect(authenticator.authenticate(old!)).rejects.toMatchObject({
    code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
  });
  expect(onChange).toHaveBeenCalledExactlyOnceWith(clientCa!.trustAnchors);
});

test("a Secret that Kubernetes mounts is followed when its links are swapped", async () => {
  const publish = (name: string, text: string): void => {
    mkdirSync(path(name));
    writeFileSync(path(name, "ca.crt"), text);
    symlinkSync(name, path("..data_tmp"));
    renameSync(path("..data_tmp"), path("..data"));
  };
  publish("..1", first.pem);
  symlinkSync("..data/ca.crt", path("ca.crt"));
  await start(path("ca.crt"));
  expect(ders()).toEqual([first.certificate.der]);
  publish("..2", first.pem + second.pem);
  await vi.waitFor(() => expect(ders()).toHaveLength(2), { timeout: 10_000 });
});

test("without notice, a change is found at the next round", async () => {
  mkdirSync(path("elsewhere"));
  writeFileSync(path("elsewhere", "ca.crt"), first.pem);
  symlinkSync(path("elsewhere"), path("link"));
  symlinkSync(path("link", "ca.crt"), path("ca.crt")); // the folder of the link does not change
  mkdirSync(path("watched"));
  symlinkSync(path("ca.crt"), path("watched", "ca.crt"));
  await start(path("watched", "ca.crt"), { resyncMilliseconds: 20 });
  writeFileSync(path("elsewhere", "ca.crt"), second.pem);
  await vi.waitFor(() => expect(ders()).toEqual([second.certificate.der]), { timeout: 10_000 });
});

test.for([
  ["is cut", (pem: string) => pem.slice(0, -40)],
  ["is empty", () => ""],
  ["has a broken certificate after a good one", (pem: string) => `${pem}${pem.replace("MII", "MIJ")}`],
  ["has a key only", () => "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"],
] as const)("a file that %s is reported, and the old CAs stay", async ([, spoil]) => {
  writeFileSync(path("ca.crt"), first.pem);
  const errors: PkiError[] = [];
  await start(path("ca.crt"), { onError: (error) => errors.push(error) });
  const pool = clientCa!.trustAnchors;
  writeFileSync(path("ca.crt"), spoil(second.pem));
  await clientCa!.reload();
  expect(errors[0]).toMatchObject({ code: "ERR_PEER_CA_FILE" });
  expect(errors[0]?.message).toContain("ca.crt");
  expect(clientCa!.trustAnchors).toBe(pool);
  writeFileSync(path("ca.crt"), second.pem);
  await clientCa!.reload();
  expect(ders()).toEqual([second.certificate.der]);
});

test("of several files, all are good or nothing changes", async () => {
  writeFileSync(path("a"), first.pem);
  writeFileSync(path("b"), first.pem);
  await start([path("a"), path("b")]);
  const pool = clientCa!.trustAnchors;
  writeFileSync(path("a"), second.pem);
  rmSync(path("b"));
  await clientCa!.reload();
  expect(clientCa!.trustAnchors).toBe(pool);
});

test("blocks of other kinds are passed over, as in Kubernetes", async () => {
  writeFileSync(path("ca.crt"), `-----BEGIN X-----\nMAA=\n-----END X-----\n${first.pem}`);
  await start(path("ca.crt"));
  expect(ders()).toEqual([first.certificate.der]);
});

test("blocks with headers are an error, and passed over in Kubernetes mode", async () => {
  const headed = second.pem.replace("-----\n", "-----\na: b\n\n");
  writeFileSync(path("ca.crt"), headed + first.pem);
  await expect(start(path("ca.crt"))).rejects.toMatchObject({ cause: { code: "ERR_PEM_HEADERS" } });
  await start(path("ca.crt"), { mode: "kubernetes" });
  expect(ders()).toEqual([first.certificate.der]);
});

test("a file that is not there in the beginning is an error", async () => {
  const failure = start(path("none"));
  await expect(failure).rejects.toMatchObject({ code: "ERR_PEER_CA_FILE", cause: { code: "ENOENT" } });
  await expect(watchClientCa([] as never)).rejects.toThrow(TypeError);
});

test("a signal stops it, before and after it has begun", async () => {
  writeFileSync(path("ca.crt"), first.pem);
  await expect(start(path("ca.crt"), { signal: AbortSignal.abort() })).rejects.toThrow("abort");
  const stop = new AbortController();
  await start(path("ca.crt"), { signal: stop.signal });
  stop.abort();
  writeFileSync(path("ca.crt"), second.pem);
  await clientCa!.reload();
  expect(ders()).toEqual([first.certificate.der]);
});
