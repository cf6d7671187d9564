import { DerReader } from "../der/reader.ts";
import { decodeString } from "../der/strings.ts";
import { MAX_ARC_BITS, oidToText, readOid } from "../oid.ts";
import {
  DIRECTORY_NAME,
  DNS,
  EMAIL,
  IP,
  OTHER_NAME,
  REGISTERED_ID,
  URI,
  X400_ADDRESS,
  walkGeneralNames,
} from "./general-name.ts";
import { formatIpAddress } from "./ip-address.ts";
import type { Limits } from "./limits.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";

/**
 * One GeneralName (RFC 5280 4.2.1.6).
 *
 * `dns`, `email` and `uri` are ASCII and as written in the certificate; `ip` is text, see {@link formatIpAddress}. The other kinds say nothing
 * to Kubernetes, which drops them; they are kept with their bytes.
 */
export type GeneralName =
  | {
      /** Which kind of name it is. */
      readonly type: "dns" | "email" | "uri" | "ip";
      /** The name as text. */
      readonly value: string;
    }
  | {
      /** A distinguished name. */
      readonly type: "directoryName";
      /** The name. */
      readonly name: Name;
    }
  | {
      /** A name of a kind that others define. */
      readonly type: "otherName";
      /** Which kind, as dotted text. */
      readonly typeId: string;
      /** The value, a whole DER element. */
      readonly der: Uint8Array;
    }
  | {
      /** An object identifier. */
      readonly type: "registeredId";
      /** The object identifier as dotted text. */
      readonly value: string;
    }
  | {
      /** Kinds that nobody uses. */
      readonly type: "x400Address" | "ediPartyName";
      /** The contents of the element. */
      readonly der: Uint8Array;
    };

/** The value of the GeneralName that was just walked. */
export function generalName(reader: DerReader, tag: number, limits: Limits): GeneralName {
  const { bytes, start, position, mode } = reader;
  switch (tag) {
    case DNS:
    case EMAIL:
    case URI:
      return {
        type: tag === DNS ? "dns" : tag === EMAIL ? "email" : "uri",
        value: decodeString(bytes, start, position, tag),
      };
    case IP:
      return { type: "ip", value: formatIpAddress(reader.contents()) };
    case DIRECTORY_NAME:
      return {
        type: "directoryName",
        name: readName(new DerReader(bytes, { start, end: position, mode }), "", limits),
      };
    case OTHER_NAME:
      return otherName(new DerReader(bytes, { start, end: position, mode }));
    case REGISTERED_ID:
      return { type: "registeredId", value: oidToText(bytes, start, position) };
    default:
      return { type: tag === X400_ADDRESS ? "x400Address" : "ediPartyName", der: reader.contents() };
  }
}

function otherName(reader: DerReader): GeneralName {
  readOid(reader, "type-id", MAX_ARC_BITS);
  const typeId = oidToText(reader.bytes, reader.start, reader.position);
  reader.read(0xa0, "value");
  return { type: "otherName", typeId, der: reader.contents() };
}

/** The values of the GeneralNames in the element that was just walked. */
export function generalNames(reader: DerReader, limits: Limits): GeneralName[] {
  const { bytes, start, position, mode } = reader;
  const names: GeneralName[] = [];
  walkGeneralNames(new DerReader(bytes, { start, end: position, mode }), limits, (at, tag) => {
    names.push(generalName(at, tag, limits));
  });
  return names;
}
