import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  approvalQuestion,
  caTemplate,
  CLIENT_SIGNER,
  createCertificateRequestSync,
  encodePem,
} from "kubepki";
import { issueSelfSignedSync, rememberRequests, signRequest } from "kubepki";
import { keyObjectSigner, verifySignatureSync } from "kubepki/node";

const newSigner = () => keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const signer = newSigner();
const requestOf = (commonName: string, dnsNames: readonly string[] = []): string =>
  btoa(createCertificateRequestSync({ subject: { commonName }, dnsNames }, signer).pem);

/** A reader that remembers so many, and how often a signature was checked for it. */
function reader(size: number, mode: "safe" | "kubernetes" = "safe") {
  const seen = { checks: 0 };
  const verifySignature = (...parts: Parameters<typeof verifySignatureSync>): boolean => {
    seen.checks++;
    return verifySignatureSync(...parts);
  };
  return { seen, read: rememberRequests({ verifySignature, mode }, size) };
}

describe("a reader that remembers requests", () => {
  test("reads a request once, and gives all the same object", async () => {
    const { seen, read } = reader(10);
    const jane = requestOf("jane");
    const [first, second] = [await read(jane), await read(jane)];
    expect(second).toBe(first);
    expect(seen.checks).toBe(1);
    expect(await read(requestOf("joe"))).not.toBe(first);
    expect(seen.checks).toBe(2);
  });

  test("of no number of requests remembers none", async () => {
    const { seen, read } = reader(Number.NaN);
    const jane = requestOf("jane");
    for (let i = 0; i < 3; i++) await read(jane);
    expect(seen.checks).toBe(3);
  });

  test("forgets the oldest of too many, again and again", async () => {
    const { seen, read } = reader(2);
    const [a, b, c] = [requestOf("a"), requestOf("b"), requestOf("c")];
    for (const text of [a, b, c, b, c]) await read(text);
    expect(seen.checks).toBe(3);
    for (const text of [a, b, c, a, b, c]) await read(text); // each was forgotten just before
    expect(seen.checks).toBe(9);
    for (const text of [c, b]) await read(text);
    expect(seen.checks).toBe(9);
  });

  test("remembers no request whose signature does not hold, and none of unusual length", async () => {
    const { seen, read } = reader(10);
    const der = createCertificateRequestSync({ subject: { commonName: "jane" } }, signer).request.der.slice();
    der[Buffer.from(der).indexOf("jane")] = 0x4a; // another name over the same signature
    const forged = btoa(encodePem("CERTIFICATE REQUEST", der));
    for (let i = 0; i < 2; i++)
      await expect(read(forged)).rejects.toMatchObject({ code: "ERR_REQUEST_SIGNATURE" });
    await expect(read("!")).rejects.toMatchObject({ code: "ERR_PEM_BASE64" });
    expect(seen.checks).toBe(2);
    const names = Array.from({ length: 600 }, (_, i) => `a-rather-long-name-${i}.example.com`);
    const long = requestOf("long", names);
    for (let i = 0; i < 2; i++) await read(long);
    expect(seen.checks).toBe(4);
  });

  test("serves an approver and a signer, with one check for both", async () => {
    const { seen, read: readRequest } = reader(10);
    const ca = newSigner();
    const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), ca);
    const { signerName } = CLIENT_SIGNER;
    const spec = { request: requestOf("jane"), signerName, usages: ["client auth"] };
    const { request } = await approvalQuestion({ spec }, { readRequest });
    const status = { conditions: [{ type: "Approved", status: "True" }] };
    const issuer = { certificate, signer: ca };
    const signed = await signRequest({ spec, status }, { issuer, policy: CLIENT_SIGNER, readRequest });
    if (!("issued" in signed)) throw new Error(signed.message);
    expect(signed.issued.certificate.subjectPublicKeyInfo).toEqual(request.subjectPublicKeyInfo);
    expect(seen.checks).toBe(1);
  });

  test("reads with the mode that it was made with", async () => {
    const text = btoa(atob(requestOf("jane")).repeat(2)); // in Kubernetes mode the first of two blocks counts
    const spec = { request: text, signerName: CLIENT_SIGNER.signerName };
    const ask = (mode: "safe" | "kubernetes") =>
      approvalQuestion({ spec }, { readRequest: reader(10, mode).read });
    await expect(ask("kubernetes")).resolves.toBeDefined();
    await expect(ask("safe")).rejects.toMatchObject({ code: "ERR_PEM_MULTIPLE" });
  });
});
