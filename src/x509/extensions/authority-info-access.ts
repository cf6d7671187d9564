import type { DerReader } from "../../der/reader.ts";
import { SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { encodeOid, oidToText, readOid } from "../../oid.ts";
import { writeGeneralName } from "../general-name-writer.ts";
import { URI, readGeneralName } from "../general-name.ts";
import type { GeneralName } from "../general-name.ts";
import type { Limits } from "../limits.ts";

/** Where something about the issuer is found (RFC 5280 4.2.2.1). Kubernetes looks at none of it. */
export interface AccessDescription {
  /** `1.3.6.1.5.5.7.48.1` for OCSP, `1.3.6.1.5.5.7.48.2` for the issuer's certificate, as dotted text. */
  readonly accessMethod: string;
  /** Where it is; usually a URI. Absent only in Kubernetes mode, where Go did not look at a malformed one. */
  readonly accessLocation?: GeneralName;
}

/** Reads AuthorityInfoAccess. */
export function readAuthorityInfoAccess(
  reader: DerReader,
  _keep: boolean,
  limits: Limits,
): AccessDescription[] {
  const descriptions: AccessDescription[] = [];
  const outer = reader.open(SEQUENCE, "");
  while (reader.more()) {
    const description = reader.open(SEQUENCE, descriptions.length);
    readOid(reader, "accessMethod");
    const accessMethod = oidToText(reader.bytes, reader.start, reader.position);
    const accessLocation = reader.tolerate(() => readGeneralName(reader, "accessLocation", limits));
    if (accessLocation === undefined && reader.peek() === URI) reader.read(URI, "accessLocation");
    descriptions.push(accessLocation === undefined ? { accessMethod } : { accessMethod, accessLocation });
    reader.finishOpen(description);
  }
  reader.finish(outer);
  return descriptions;
}

/** Writes AuthorityInfoAccess. */
export function writeAuthorityInfoAccess(
  writer: DerWriter,
  descriptions: readonly AccessDescription[],
): void {
  const end = writer.mark();
  for (const { accessMethod, accessLocation } of [...descriptions].reverse()) {
    const description = writer.mark();
    if (accessLocation !== undefined) writeGeneralName(writer, accessLocation);
    writer.oid(encodeOid(accessMethod));
    writer.close(SEQUENCE, description);
  }
  writer.close(SEQUENCE, end);
}
