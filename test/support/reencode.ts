/** Writes a certificate again from what was read: RFC 5280 4.1, field by field. */
import { DerWriter } from "../../src/der/writer.ts";
import { INTEGER, SEQUENCE } from "../../src/der/tag.ts";
import { fromHex } from "../../src/bytes.ts";
import { encodeOid } from "../../src/oid.ts";
import type { Certificate } from "../../src/x509/certificate.ts";
import { writeExtension } from "../../src/x509/extensions/encode.ts";
import { writeName } from "../../src/x509/name-writer.ts";
import type { AlgorithmIdentifier } from "../../src/x509/subject-public-key-info.ts";

/** The DER made from the values alone; only the key and the parameters of algorithms are copied. Unique identifiers, which nobody reads, are lost. */
export function reencode(certificate: Certificate): Uint8Array {
  const writer = new DerWriter();
  const whole = writer.mark();
  writer.bitString(certificate.signature);
  writeAlgorithm(writer, certificate.signatureAlgorithm);
  const tbs = writer.mark();
  writeExtensions(writer, certificate);
  writer.raw(certificate.subjectPublicKeyInfo);
  writeName(writer, certificate.subject.rdns);
  const validity = writer.mark();
  writer.time(certificate.notAfter.getTime() / 1000);
  writer.time(certificate.notBefore.getTime() / 1000);
  writer.close(SEQUENCE, validity);
  writeName(writer, certificate.issuer.rdns);
  writeAlgorithm(writer, certificate.signatureAlgorithm);
  writer.unsignedInteger(fromHex(certificate.serialNumber), INTEGER);
  writeVersion(writer, certificate.version);
  writer.close(SEQUENCE, tbs);
  writer.close(SEQUENCE, whole);
  return writer.finish();
}

function writeVersion(writer: DerWriter, version: number): void {
  if (version === 1) return;
  const end = writer.mark();
  writer.smallInteger(version - 1);
  writer.close(0xa0, end);
}

function writeAlgorithm(writer: DerWriter, { algorithm, parameters }: AlgorithmIdentifier): void {
  const end = writer.mark();
  if (parameters) writer.raw(parameters);
  writer.oid(encodeOid(algorithm));
  writer.close(SEQUENCE, end);
}

function writeExtensions(writer: DerWriter, { extensions }: Certificate): void {
  if (extensions.length === 0) return;
  const explicit = writer.mark();
  const list = writer.mark();
  for (const extension of [...extensions].reverse()) writeExtension(writer, extension);
  writer.close(SEQUENCE, list);
  writer.close(0xa3, explicit);
}
