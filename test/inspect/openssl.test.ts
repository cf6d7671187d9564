/** What `openssl x509 -text` says, we say as well. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodePem, formatCertificate } from "../../src/index.ts";
import vectors from "../vectors/openssl-certificates.json" with { type: "json" };

const openssl = (input: string, ...args: string[]): string =>
  spawnSync("openssl", args, { encoding: "utf8", input }).stdout;
const version = openssl("", "version");
if (!version) console.info("skipped: there is no openssl command");

/** Facts that both print: what to look for in their text, and how theirs becomes ours. */
const facts: readonly (readonly [name: string, pattern: RegExp, ours: (found: string) => string | RegExp])[] =
  [
    ["version", /Version: (\d)/u, (found) => new RegExp(`version +${found}\n`, "u")],
    ["serial number", /Serial Number:\s+([\da-f:]{20,})/u, (found) => found],
    ["short serial number", /Serial Number: (\d+) \(/u, (found) => `(${found})`],
    ["public key", /NIST CURVE: (P-\d+)/u, (found) => `ECDSA-${found.replace("-", "")}`],
    [
      "size of the key",
      /Public Key Algorithm: rsaEncryption\s+Public-Key: \((\d+) bit/u,
      (found) => `RSA-${found}`,
    ],
    ["CA", /CA:(TRUE)/u, () => "CA: true"],
    ["path length", /pathlen:(\d+)/u, (found) => `path length: ${found}`],
    [
      "subject key identifier",
      /Subject Key Identifier:[^\n]*\s+([\dA-F:]+)/u,
      (found) => found.toLowerCase(),
    ],
    ["authority key identifier", /keyid:([\dA-F:]+)/u, (found) => found.toLowerCase()],
  ];

/** Names as openssl writes them, so that they can be compared whole. */
const kinds: Readonly<Record<string, string>> = {
  DNS: "DNS",
  "IP Address": "IP",
  email: "email",
  URI: "URI",
};

describe.skipIf(!version)("openssl x509 -text", () => {
  test("says nothing of these certificates that we do not", () => {
    const seen = new Set<string>();
    for (const base64 of vectors.certificates) {
      const der = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const theirs = openssl(encodePem("CERTIFICATE", der), "x509", "-noout", "-text");
      const ours = formatCertificate(der, { at: 0, bytes: true });
      for (const [name, pattern, expected] of facts) {
        const found = pattern.exec(theirs)?.[1];
        if (found === undefined) continue;
        seen.add(name);
        expect(ours).toMatch(expected(found));
      }
      const names = /Alternative Name:[^\n]*\n\s+([^\n]+)/u.exec(theirs)?.[1]?.split(", ") ?? [];
      for (const name of names) {
        const [kind, ...value] = name.split(":");
        const shown = kinds[kind!];
        if (shown === undefined || shown === "IP") continue; // IPv6 is written in full there
        seen.add(shown);
        expect(ours).toContain(`${shown} ${value.join(":")}`);
      }
      const signature = /Signature Value:\s+([\da-f:\s]+)/u.exec(theirs)?.[1]?.replaceAll(/\s/gu, "");
      expect(ours.replaceAll(/\s/gu, "").replaceAll(":", "")).toContain(signature?.replaceAll(":", ""));
      for (const date of ["Not Before", "Not After "]) {
        const text = new RegExp(`${date}: ([^\n]+)`, "u").exec(theirs)![1]!;
        expect(ours).toContain(new Date(text).toISOString().replace(".000Z", "Z"));
      }
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(["serial number", "public key", "subject key identifier", "DNS"]),
    );
  });
});
