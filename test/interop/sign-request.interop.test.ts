/** The certificate that `signRequest` makes is, but for its signature, the one that Go makes as kube-controller-manager calls it. */
import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  CERTIFICATE_USAGES,
  caTemplate,
  createCertificateRequestSync,
  issueSelfSignedSync,
  LEGACY_UNKNOWN_SIGNER,
  signRequest,
  TemplateError,
} from "kubepki";
import type { CertificateUsage } from "kubepki";
import { keyObjectSigner, verifySignatureSync } from "kubepki/node";
import { rewriteUri } from "../../src/kubernetes/csr/rewrite-uri.ts";
import { parseUriHost } from "../../src/x509/uri.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const caKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const caSigner = keyObjectSigner(caKey);
const ca = issueSelfSignedSync(
  caTemplate({ subject: { commonName: "kubernetes" }, now: NOW, lifetimeSeconds: 100 * 86_400 }),
  caSigner,
  { now: NOW },
);
const issuer = { certificate: ca.certificate, signer: caSigner };
const key = base64(caKey.export({ format: "der", type: "pkcs8" }));
const client = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);

const value = fc
  .array(fc.constantFrom(..."abcXYZ 019'()+,-./:=?@_*&ü漢"), { minLength: 1, maxLength: 12 })
  .map((characters) => characters.join(""));
/** Those that Go copies, those that it drops, and those of which the last counts. */
const type = fc.constantFrom(
  "2.5.4.3",
  "2.5.4.10",
  "2.5.4.10",
  "2.5.4.11",
  "2.5.4.6",
  "2.5.4.7",
  "2.5.4.5",
  "1.3.6.1.4.1.57683.2",
  "0.9.2342.19200300.100.1.1",
);
const subject = fc.array(fc.array(fc.record({ type, value }), { minLength: 1, maxLength: 3 }), {
  maxLength: 5,
});
const names = fc.record({
  dnsNames: fc.array(fc.constantFrom("a.example", "B.Example", "*.c.example", "xn--mnchen-3ya.example"), {
    maxLength: 3,
  }),
  emailAddresses: fc.array(fc.constantFrom("a@b.example", "C@d.example"), { maxLength: 2 }),
  ipAddresses: fc.array(fc.constantFrom("192.0.2.1", "::ffff:192.0.2.2", "2001:db8::1"), { maxLength: 3 }),
  uris: fc.array(
    fc.constantFrom(
      "spiffe://td/ns/a/sa/b",
      "help://me@what:8080/where/when?why=true",
      "HTTPS://a.example/x",
    ),
    { maxLength: 2 },
  ),
});
const usages = fc.subarray(Object.keys(CERTIFICATE_USAGES) as CertificateUsage[]);
const wish = fc.oneof(fc.constantFrom(600, 28_799, 28_800), fc.integer({ min: 600, max: 200 * 86_400 }));

await describeWithReferee("signing requests", (referee) => {
  test("as Go signs them", { timeout: 60_000 }, async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(subject, names, usages, wish, async (rdns, alternative, wanted, seconds) => {
        const made = tryToMake({ subject: rdns, ...alternative });
        fc.pre(made !== undefined);
        const object = {
          spec: {
            request: btoa(made.pem),
            signerName: LEGACY_UNKNOWN_SIGNER.signerName,
            usages: wanted,
            expirationSeconds: seconds,
          },
          status: { conditions: [{ type: "Approved", status: "True" }] },
        };
        const outcome = await signRequest(object, {
          issuer,
          policy: LEGACY_UNKNOWN_SIGNER,
          at: NOW,
          serialNumber: "7b",
          defaultDurationSeconds: 200 * 86_400,
          verifySignature: verifySignatureSync,
        });
        fc.pre("issued" in outcome); // stricter than Go about names, see docs/strictness.md
        if (!("issued" in outcome)) return;
        const answer = await referee.ask("signcsr", {
          der: base64(made.request.der),
          parent: base64(ca.certificate.der),
          key,
          usages: wanted,
          now: NOW.getTime() / 1000,
          seconds,
          serialNumber: 0x7b,
        });
        if (isRefused(answer)) throw new Error(answer.error);
        expect(base64(outcome.issued.certificate.tbsCertificate)).toBe(answer.tbs);
        compared++;
      }),
      { numRuns: 500, maxSkipsPerRun: 1000 },
    );
    expect(compared).toBe(500);
  });
});

await describeWithReferee("URIs", (referee) => {
  const characters = fc.constantFrom(
    ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)),
    "%20",
    "%2F",
    "%e4",
    "://",
    "//",
  );
  const text = fc.oneof(
    fc.array(characters, { maxLength: 12 }).map((list) => list.join("")),
    fc
      .tuple(
        fc.constantFrom("", "SpIffe:", "https:", "a+b:"),
        fc.constantFrom("", "//", "//td", "//U%73er@h.example:80", "//:@[::1]:6443", "//a:b%40c@h", "/"),
        fc.array(characters, { maxLength: 6 }).map((list) => list.join("")),
      )
      .map((parts) => parts.join("")),
  );
  test("are written as Go writes them", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(text, async (url) => {
        fc.pre(parseUriHost(url) !== undefined);
        const answer = await referee.ask("url", { url });
        if (isRefused(answer)) throw new Error(answer.error);
        expect(rewriteUri(url)).toBe(answer.text);
        compared++;
      }),
      { numRuns: 3000, maxSkipsPerRun: 1000 },
    );
    expect(compared).toBe(3000);
  });
});

/** Requests that our own rules do not let anybody make are left out. */
function tryToMake(template: Parameters<typeof createCertificateRequestSync>[0]) {
  try {
    return createCertificateRequestSync(template, client, { allowPrivileged: true });
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}
