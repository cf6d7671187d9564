/** Lists from files: what counts after a change, and what happens to a file that is broken. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAuthenticator } from "../../src/kubernetes/authenticate.ts";
import { watchCertificateLists } from "../../src/node/certificate-lists.ts";
import { encodePem } from "../../src/pem.ts";
import type { PkiError } from "../../src/errors.ts";
import { entry, signedList } from "../support/certificate-list.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { int } from "../support/tlv.ts";

const AT = Date.UTC(2026, 0);
const root = party("root");
const leaf = signed(party("jane"), root, { serialNumber: int(9) });
const empty = signedList(root, { entries: [] });
const revoking = signedList(root, { entries: [entry(9)] });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepki-lists-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a list that changes on disk revokes a certificate that was remembered; a broken file changes nothing", async () => {
  const path = join(folder, "ca.crl");
  writeFileSync(path, encodePem("X509 CRL", empty));
  const errors: PkiError[] = [];
  const changes: number[] = [];
  const checker = await watchCertificateLists(path, {
    onError: (error) => errors.push(error),
    onChange: (lists) => changes.push(lists.length),
  });
  const authenticator = createAuthenticator({
    trustAnchors: [signedCa(root)],
    revocation: { checker, onUnknown: "refuse" },
  });
  expect((await authenticator.authenticate(leaf, AT))?.username).toBe("jane");
  writeFileSync(path, revoking); // DER this time
  await checker.reload();
  await expect(authenticator.authenticate(leaf, AT)).rejects.toMatchObject({ code: "ERR_CHAIN_REVOKED" });
  writeFileSync(path, "no list");
  await checker.reload();
  expect(errors.map(({ code }) => code)).toContain("ERR_CRL_FILE");
  await expect(authenticator.authenticate(leaf, AT)).rejects.toMatchObject({ code: "ERR_CHAIN_REVOKED" });
  expect(changes).toEqual([1]);
  checker.close();
  writeFileSync(path, empty);
  await checker.reload();
  await expect(authenticator.authenticate(leaf, AT)).rejects.toMatchObject({ code: "ERR_CHAIN_REVOKED" });
});

test("a change is noticed by itself", async () => {
  const path = join(folder, "ca.crl");
  writeFileSync(path, empty);
  let resolve = (): void => undefined;
  const changed = new Promise<void>((done) => {
    resolve = done;
  });
  const checker = await watchCertificateLists(path, { resyncMilliseconds: 20, onChange: () => resolve() });
  writeFileSync(path, revoking);
  const alive = setInterval(() => undefined, 1000);
  await changed;
  clearInterval(alive);
  checker.close();
  expect(checker.generation).toBe(2);
});

test("a file that is missing or no list is an error in the beginning", async () => {
  await expect(watchCertificateLists(join(folder, "none"))).rejects.toMatchObject({ code: "ERR_CRL_FILE" });
  writeFileSync(join(folder, "cert"), encodePem("CERTIFICATE", signedCa(root)));
  await expect(watchCertificateLists(join(folder, "cert"))).rejects.toMatchObject({ code: "ERR_CRL_FILE" });
  await expect(watchCertificateLists([] as never)).rejects.toThrow(TypeError);
});
