/** The sound certificates that the malformed ones are mutations of. */
import {
  type CertificateParts,
  certificate,
  cn,
  dnsName,
  ed25519,
  extension,
  extensionIds,
  ipAddress,
  name,
  p256Key,
  rfc822Name,
  uri,
  usageIds,
  validity,
} from "../../support/certificate.ts";
import {
  bits,
  bool,
  ctx,
  ctxPrimitive,
  generalizedTime,
  hex,
  ia5,
  int,
  join,
  nul,
  octets,
  oid,
  seq,
  set,
  utf8,
} from "../../support/tlv.ts";
import { zeros } from "./row.ts";
import { issuerId, subjectId, unknownExtension } from "./envelope.ts";
import { many, start } from "./names.ts";
import { RSA, rsaKey, DSA, pqg } from "./keys.ts";
import { keyUsageValue } from "./extensions.ts";
import { point, crl, ocsp, responder, policy } from "./issuer-information.ts";

/** The sound certificates that the rows are mutations of: one for each structure. */
export const soundCertificates: Readonly<Record<string, Uint8Array>> = soundOnes({
  "the plain one": {},
  v1: { version: zeros(0) },
  "v2 with unique identifiers": { version: ctx(0, int(1)), uniqueIds: join(issuerId, subjectId) },
  "v3 with unique identifiers": { uniqueIds: join(issuerId, subjectId), extensions: [unknownExtension] },
  "serial number 0": { serialNumber: int(0) },
  "serial number of 20 octets": { serialNumber: int(2n ** 159n - 1n) },
  "a signature of no bits": { signature: bits(zeros(0)) },
  "an empty subject": { subject: seq() },
  "an RDN of two attributes": { subject: seq(set(cn("a"), cn("b"))) },
  "1,000 attributes": { subject: name(...many(1000)) },
  "a value of 4,096 octets": { subject: name(cn("u".repeat(4096))) },
  GeneralizedTime: { validity: seq(start, generalizedTime("99991231235959Z")) },
  RSA: { subjectPublicKeyInfo: seq(seq(oid(RSA), nul), bits(rsaKey)) },
  "P-256": { subjectPublicKeyInfo: p256Key, validity },
  Ed25519: { subjectPublicKeyInfo: seq(ed25519, bits(zeros(32))) },
  DSA: { subjectPublicKeyInfo: seq(seq(oid(DSA), pqg), bits(int(8))) },
  "a key of an unknown algorithm": { subjectPublicKeyInfo: seq(seq(oid("1.2.3"), nul), bits(zeros(1))) },
  "every extension": {
    extensions: [
      extension(extensionIds.keyUsage, keyUsageValue, true),
      extension(extensionIds.extendedKeyUsage, seq(oid(usageIds.any), oid("1.2.3")), true),
      extension(extensionIds.basicConstraints, seq(bool(true), int(0)), true),
      extension(extensionIds.subjectKeyIdentifier, octets(zeros(20))),
      extension(
        extensionIds.authorityKeyIdentifier,
        seq(ctxPrimitive(0, zeros(20)), ctx(1, dnsName("a")), ctxPrimitive(2, hex("05"))),
      ),
      extension(
        extensionIds.subjectAltName,
        seq(
          dnsName("a.example"),
          rfc822Name("a@a.example"),
          ipAddress(zeros(4)),
          ipAddress(zeros(16)),
          uri("spiffe://td/a"),
          ctx(0, oid("1.2.3"), ctx(0, utf8("x"))),
          ctx(3, nul),
          ctx(4, name(cn("u"))),
          ctx(5, nul),
          ctxPrimitive(8, hex("2a 03")),
        ),
      ),
      extension(
        extensionIds.nameConstraints,
        seq(
          ctx(0, seq(dnsName(".a.example")), seq(dnsName("")), seq(ipAddress(hex("0a000000 ff000000")))),
          ctx(
            1,
            seq(rfc822Name("a@a.example")),
            seq(rfc822Name("a.example")),
            seq(uri("a.example")),
            seq(ctx(4, name(cn("u")))),
          ),
        ),
        true,
      ),
      extension(
        extensionIds.crlDistributionPoints,
        seq(seq(point(crl), ctxPrimitive(1, hex("06 40")), ctx(2, ctx(4, name(cn("c")))))),
      ),
      extension(extensionIds.authorityInfoAccess, seq(seq(ocsp, responder))),
      extension(
        extensionIds.certificatePolicies,
        seq(
          seq(policy, seq(seq(oid("1.2.5"), ia5("x")))),
          seq(oid("2.25.329800735698586629295641978511506172918")),
        ),
      ),
      extension(extensionIds.policyMappings, seq(seq(policy, oid("1.2.5")))),
      extension(extensionIds.policyConstraints, seq(ctxPrimitive(0, zeros(1)), ctxPrimitive(1, zeros(1)))),
      extension(extensionIds.inhibitAnyPolicy, int(0)),
      extension("1.2.3.4", hex("ff"), true),
    ],
  },
});

function soundOnes(parts: Record<string, CertificateParts>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(parts).map(([title, part]) => [title, certificate(part)]));
}
