/** What the benchmarks read: certificates as Kubernetes issues them, made fresh at every start, and broken copies of them. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import {
  certificate,
  cn,
  dnsName,
  ecdsaWithSha256,
  extendedKeyUsage,
  extension,
  extensionIds,
  keyUsage,
  name,
  o,
  subjectAltName,
  tbsCertificate,
} from "../test/support/certificate.ts";
import type { Parts } from "../test/support/certificate.ts";
import { bits, ctxPrimitive, int, octets, seq, tlv } from "../test/support/tlv.ts";

/** How many different certificates a task reads in turn: no branch predictor learns them by heart. */
export const VARIETY = 64;

const ca = generateKeyPairSync("ec", { namedCurve: "P-256" });
const digitalSignature = keyUsage(Uint8Array.of(0x80), 7);
const notCa = extension(extensionIds.basicConstraints, seq(), true);
const authorityKeyIdentifier = extension(
  extensionIds.authorityKeyIdentifier,
  seq(ctxPrimitive(0, createHash("sha1").update(spki(ca.publicKey)).digest())),
);

function spki(key: typeof ca.publicKey): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}

function signed(parts: Parts): Uint8Array {
  const tbs = tbsCertificate({ issuer: name(cn("kubernetes")), ...parts });
  const signature = bits(new Uint8Array(sign("sha256", tbs, ca.privateKey)));
  return certificate({ tbs, outerAlgorithm: ecdsaWithSha256, signature });
}

/** The user and groups of certificate number `index`. */
export function identityOf(index: number): { user: string; groups: string[] } {
  return {
    user: `jane.developer-${index}@example.com`,
    groups: [`platform-team-${index}`, "release-managers"],
  };
}

/** Client certificates of P-256 in the shape of Kubernetes' own signer, about 450 bytes each, no two alike. */
export function clientCertificates(count: number = VARIETY): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const { user, groups } = identityOf(index);
    return signed({
      serialNumber: tlv(
        2,
        createHash("sha256").update(`serial ${index}`).digest().subarray(0, 16).fill(0x4d, 0, 1),
      ),
      subject: name(...groups.map(o), cn(user)),
      subjectPublicKeyInfo: spki(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey),
      extensions: [digitalSignature, extendedKeyUsage("clientAuth"), notCa, authorityKeyIdentifier],
    });
  });
}

/** The same certificates, each with one octet changed or cut short, chosen so that a parser of DER must refuse them. */
export function hostileCertificates(certificates: readonly Uint8Array[]): Uint8Array[] {
  return certificates.map((der, index) => {
    const broken = der.slice(0, der.length - (index % 4 === 0 ? 1 + index : 0));
    // A length near the start, a tag in the middle, an object identifier near the end of the signed part.
    if (index % 4 === 1) broken[1] = 0x80;
    if (index % 4 === 2) broken[find(der, 0x17, 0x0d)] = 0x18;
    if (index % 4 === 3) broken[find(der, 0x55, 0x1d) + 1] = 0x80;
    return broken;
  });
}

/** The last place of two octets before the signature. */
function find(der: Uint8Array, first: number, second: number): number {
  return Buffer.from(der).lastIndexOf(Buffer.of(first, second), -80);
}

/** A serving certificate with so many DNS names. */
export function withDnsNames(count: number): Uint8Array {
  const names = Array.from({ length: count }, (_, n) =>
    dnsName(`pod-${n}.service.default.svc.cluster.local`),
  );
  return signed({ subject: name(cn("many names")), extensions: [subjectAltName(...names)] });
}

/** A client certificate with so many groups. */
export function withGroups(count: number): Uint8Array {
  const groups = Array.from({ length: count }, (_, n) => o(`platform-team-${n}`));
  return signed({ subject: name(...groups, cn("jane")), extensions: [extendedKeyUsage("clientAuth")] });
}

/** A bundle of so many different certificates, as PEM. */
export function bundle(count: number): string {
  let text = "";
  for (let n = 0; n < count; n++) {
    text += toPem(
      certificate({ serialNumber: int(n + 1), subject: name(cn(`root ${n}`)), signature: bits(octets()) }),
    );
  }
  return text;
}

/** PEM without the library's help. */
export function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der).toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
