/** Certificates of about a given size that cost a parser as much as that many bytes can. */
import { attribute, certificate, dnsName, extension, extensionIds, name, o, uri } from "./certificate.ts";
import { ctx, ctxPrimitive, hex, int, join, latin1, nul, oid, seq, set, tlv, utf8 } from "./tlv.ts";

/** As many pieces as fit into so many bytes, each with a number of its own. */
function fill(size: number, piece: (index: number) => Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let left = size; ;) {
    const next = piece(pieces.length);
    left -= next.length;
    if (left < 0) return pieces;
    pieces.push(next);
  }
}

const one = (id: keyof typeof extensionIds, value: Uint8Array): Uint8Array =>
  certificate({ extensions: [extension(extensionIds[id], value)] });
const list =
  (id: keyof typeof extensionIds, piece: (index: number) => Uint8Array) =>
  (size: number): Uint8Array =>
    one(id, seq(...fill(size, piece)));

function wrap(content: Uint8Array, levels: number): Uint8Array {
  let whole = content;
  for (let level = 0; level < levels; level++) whole = seq(whole);
  return whole;
}

export const hostileCertificates: Readonly<Record<string, (size: number) => Uint8Array>> = {
  "alternative names without text": list("subjectAltName", () => dnsName("")),
  "alternative names that are URIs": list("subjectAltName", () => uri("a://a")),
  "alternative names of no kind": list("subjectAltName", () => ctxPrimitive(9, hex(""))),
  "alternative names that are broken directory names": list("subjectAltName", () => ctx(4, nul)),
  "alternative names that are directory names": list("subjectAltName", (i) => ctx(4, name(o(`group ${i}`)))),
  "one URI": (size) => one("subjectAltName", seq(uri(`a://${"a.".repeat(size / 2)}a`))),
  "one URI of escapes": (size) => one("subjectAltName", seq(uri(`a://a/${"%41".repeat(size / 3)}`))),
  usages: list("extendedKeyUsage", (i) => oid(`1.2.${i}`)),
  policies: list("certificatePolicies", (i) => seq(oid(`1.2.${i}`))),
  "policies with broken qualifiers": list("certificatePolicies", (i) => seq(oid(`1.2.${i}`), nul)),
  "mappings of empty policies": list("policyMappings", () => seq(tlv(6), tlv(6))),
  "distribution points with data left over": list("crlDistributionPoints", () => seq(nul)),
  "access descriptions without location": list("authorityInfoAccess", () => seq(oid("0.0"))),
  "name constraints": (size) => one("nameConstraints", seq(ctx(0, ...fill(size, () => seq(dnsName("")))))),
  "name constraints with a minimum": (size) =>
    one("nameConstraints", seq(ctx(1, ...fill(size, () => seq(dnsName(""), nul))))),
  "one name constraint": (size) =>
    one("nameConstraints", seq(ctx(0, seq(dnsName("a.".repeat(size / 2 - 1).concat("a")))))),
  extensions: (size) => certificate({ extensions: fill(size, (i) => extension(`1.2.${i}`, hex(""))) }),
  "extensions with data left over": (size) =>
    certificate({ extensions: fill(size, (i) => seq(oid(`1.2.${i}`), tlv(4), nul)) }),
  "empty RDNs": (size) => certificate({ subject: seq(...fill(size, () => set())) }),
  "attributes in descending order": (size) =>
    certificate({ subject: seq(set(...fill(size, (i) => attribute("2.5.4.3", utf8(String(99_999 - i)))))) }),
  "a long serial number": (size) => certificate({ serialNumber: tlv(2, latin1("\x01".repeat(size))) }),
  "a long value": (size) => certificate({ subject: name(o("x".repeat(size))) }),
  "nested SEQUENCEs": (size) => certificate({ tbs: wrap(nul, size / 8) }),
  "a key of many elements": (size) =>
    certificate({
      subjectPublicKeyInfo: seq(seq(oid("1.2.3")), tlv(3, hex("00")), ...fill(size, () => nul)),
    }),
  "many certificates": (size) => join(...fill(size, () => certificate({ serialNumber: int(1) }))),
};
