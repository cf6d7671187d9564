/** The part of a certificate list that is signed (RFC 5280 5.1.2), written from the back to the front. */
import { fromHex } from "../bytes.ts";
import { ENUMERATED, GENERALIZED_TIME, OCTET_STRING, SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import { encodeOid } from "../oid.ts";
import type { Certificate } from "../x509/certificate.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import { writeGeneralNames } from "../x509/general-name-writer.ts";
import { CRL_REASONS, ENTRY_EXTENSIONS, LIST_EXTENSIONS } from "../x509/list-extensions.ts";
import type { CertificateAuthority } from "./authority.ts";
import type { CertificateListTemplate, ListScope, RevocationEntry } from "./list-template.ts";
import { parseSerialNumber } from "./serial-number.ts";
import { secondsOf } from "./validity.ts";

const EXTENSIONS = 0xa0;

/** TBSCertList of a template that was checked. */
export function encodeTbsList(
  template: CertificateListTemplate,
  { certificate, signer }: CertificateAuthority,
): Uint8Array {
  const writer = new DerWriter(512 + template.entries.length * 56);
  const extensions = writer.mark();
  writeListExtensions(writer, template, certificate);
  writer.close(SEQUENCE, extensions);
  writer.close(EXTENSIONS, extensions);
  const entries = writer.mark();
  for (let i = template.entries.length - 1; i >= 0; i--) writeEntry(writer, template.entries[i]!);
  if (template.entries.length > 0) writer.close(SEQUENCE, entries);
  writer.time(secondsOf(template.nextUpdate));
  writer.time(secondsOf(template.thisUpdate));
  writer.raw(certificate.subject.der);
  writer.raw(signer.signatureAlgorithm);
  writer.smallInteger(1);
  writer.close(SEQUENCE, 0);
  return writer.finish();
}

function writeListExtensions(
  writer: DerWriter,
  { crlNumber, scope }: CertificateListTemplate,
  issuer: Certificate,
): void {
  if (scope?.fullName || scope?.only)
    writeRaw(writer, LIST_EXTENSIONS.issuingDistributionPoint.oid, true, () => writeScope(writer, scope));
  writeRaw(writer, LIST_EXTENSIONS.crlNumber.oid, false, () =>
    writer.unsignedInteger(fromHex(crlNumber.length % 2 ? `0${crlNumber}` : crlNumber)),
  );
  const keyIdentifier = issuer.extensionValue("subjectKeyIdentifier")!;
  writeExtension(writer, { id: "authorityKeyIdentifier", critical: false, value: { keyIdentifier } });
}

/** IssuingDistributionPoint, RFC 5280 5.2.5. */
function writeScope(writer: DerWriter, { fullName, only }: ListScope): void {
  const end = writer.mark();
  if (only) writer.element(only === "userCerts" ? 0x81 : 0x82, Uint8Array.of(0xff));
  if (fullName) {
    const name = writer.mark();
    writeGeneralNames(writer, fullName, 0xa0);
    writer.close(0xa0, name);
  }
  writer.close(SEQUENCE, end);
}

function writeEntry(writer: DerWriter, entry: RevocationEntry): void {
  const end = writer.mark();
  const { reasonCode = "unspecified", invalidityDate } = entry;
  if (invalidityDate)
    writeRaw(writer, ENTRY_EXTENSIONS.invalidityDate.oid, false, () =>
      writer.text(GENERALIZED_TIME, generalizedTime(invalidityDate)),
    );
  if (reasonCode !== "unspecified")
    writeRaw(writer, ENTRY_EXTENSIONS.reasonCode.oid, false, () =>
      writer.smallInteger(CRL_REASONS.indexOf(reasonCode), ENUMERATED),
    );
  if (writer.mark() > end) writer.close(SEQUENCE, end);
  writer.time(secondsOf(entry.revocationDate));
  writer.unsignedInteger(parseSerialNumber(entry.serialNumber));
  writer.close(SEQUENCE, end);
}

/** `YYYYMMDDHHMMSSZ`, also before 2050 (RFC 5280 5.3.2). */
function generalizedTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}

function writeRaw(writer: DerWriter, oid: string, critical: boolean, value: () => void): void {
  const end = writer.mark();
  value();
  writer.close(OCTET_STRING, end);
  if (critical) writer.boolean(true);
  writer.oid(encodeOid(oid));
  writer.close(SEQUENCE, end);
}
