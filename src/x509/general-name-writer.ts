import { concatBytes } from "../bytes.ts";
import { contextConstructed } from "../der/tag.ts";
import type { DerWriter } from "../der/writer.ts";
import { encodeOid } from "../oid.ts";
import {
  DIRECTORY_NAME,
  DNS,
  EDI_PARTY_NAME,
  EMAIL,
  IP,
  OTHER_NAME,
  REGISTERED_ID,
  URI,
  X400_ADDRESS,
} from "./general-name.ts";
import type { GeneralName } from "./general-name-values.ts";
import { parseIpAddress, parseIpPrefix } from "./ip-address.ts";

/** Writes GeneralNames under this tag, in the order given. */
export function writeGeneralNames(writer: DerWriter, names: readonly GeneralName[], tag: number): void {
  const end = writer.mark();
  for (let i = names.length - 1; i >= 0; i--) writeGeneralName(writer, names[i]!);
  writer.close(tag, end);
}

/** Writes one GeneralName as it is; whether the text is a good name is checked before, where certificates are issued. */
export function writeGeneralName(writer: DerWriter, name: GeneralName): void {
  switch (name.type) {
    case "dns":
      return writer.text(DNS, name.value);
    case "email":
      return writer.text(EMAIL, name.value);
    case "uri":
      return writer.text(URI, name.value);
    case "ip":
      return writer.element(IP, parseIpAddress(name.value) ?? noAddress(name.value));
    case "registeredId":
      return writer.element(REGISTERED_ID, encodeOid(name.value));
    case "directoryName":
      return writer.element(DIRECTORY_NAME, name.name.der);
    case "otherName":
      return writeOtherName(writer, name.typeId, name.der);
    default:
      return writer.element(name.type === "x400Address" ? X400_ADDRESS : EDI_PARTY_NAME, name.der);
  }
}

/** Writes the base of a name constraint, where an address stands with its mask. */
export function writeSubtree(writer: DerWriter, base: GeneralName): void {
  if (base.type !== "ip") return writeGeneralName(writer, base);
  const prefix = parseIpPrefix(base.value) ?? noAddress(base.value);
  writer.element(IP, concatBytes(prefix.address, prefix.mask));
}

function writeOtherName(writer: DerWriter, typeId: string, der: Uint8Array): void {
  const end = writer.mark();
  writer.element(contextConstructed(0), der);
  writer.oid(encodeOid(typeId));
  writer.close(OTHER_NAME, end);
}

function noAddress(value: string): never {
  throw new TypeError(`${JSON.stringify(value.slice(0, 64))} is no IP address`);
}
