import type { DerReader } from "../../der/reader.ts";
import { OBJECT_IDENTIFIER, SEQUENCE } from "../../der/tag.ts";
import type { DerWriter } from "../../der/writer.ts";
import { encodeOid, oidToText, readOid } from "../../oid.ts";
import { writeGeneralName } from "../general-name-writer.ts";
import { generalName } from "../general-name-values.ts";
import type { GeneralName } from "../general-name-values.ts";
import { URI, walkGeneralName } from "../general-name.ts";
import type { Visitor } from "../general-name.ts";
import type { Limits } from "../limits.ts";
import { readEach } from "./each.ts";

/** Where something about the issuer is found (RFC 5280 4.2.2.1). Kubernetes looks at none of it. */
export interface AccessDescription {
  /** `1.3.6.1.5.5.7.48.1` for OCSP, `1.3.6.1.5.5.7.48.2` for the issuer's certificate, as dotted text. */
  readonly accessMethod: string;
  /** Where it is; usually a URI. Absent only in Kubernetes mode, where Go did not look at a malformed one. */
  readonly accessLocation?: GeneralName;
}

/** Checks AuthorityInfoAccess; `visit` gets each method, then its location. */
export function walkAuthorityInfoAccess(reader: DerReader, limits: Limits, visit?: Visitor): void {
  readEach(reader, (index) => {
    const description = reader.open(SEQUENCE, index);
    readOid(reader, "accessMethod");
    visit?.(reader, OBJECT_IDENTIFIER, index);
    const passed = reader.tolerate(() => {
      walkGeneralName(reader, "accessLocation", limits, visit);
      return true;
    });
    if (!passed && reader.peek() === URI) reader.read(URI, "accessLocation"); // Go looks at the frame of a URI
    reader.finishOpen(description);
  });
}

/** Reads AuthorityInfoAccess. */
export function readAuthorityInfoAccess(reader: DerReader, limits: Limits): AccessDescription[] {
  const descriptions: AccessDescription[] = [];
  walkAuthorityInfoAccess(reader, limits, (at, tag) => {
    if (tag === OBJECT_IDENTIFIER)
      descriptions.push({ accessMethod: oidToText(at.bytes, at.start, at.position) });
    else descriptions.push({ ...descriptions.pop()!, accessLocation: generalName(at, tag, limits) });
  });
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
