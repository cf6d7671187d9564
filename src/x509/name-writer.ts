import { isPrintable } from "../der/strings.ts";
import {
  BMP_STRING,
  IA5_STRING,
  NUMERIC_STRING,
  PRINTABLE_STRING,
  SEQUENCE,
  SET,
  TELETEX_STRING,
  UTF8_STRING,
} from "../der/tag.ts";
import { DerReader } from "../der/reader.ts";
import { DerWriter } from "../der/writer.ts";
import { DerError, TemplateError } from "../errors.ts";
import { oidContents } from "../oid.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";

/** One attribute to write. */
export interface AttributeTemplate {
  /** Attribute type as dotted text, for example `2.5.4.3` for CN. */
  readonly type: string;
  /** The value; must be well-formed Unicode. */
  readonly value: string;
  /** Identifier octet of the string type; without it PrintableString if the value fits, else UTF8String, as Go chooses. */
  readonly tag?: number;
}

/**
 * The attributes that Go's `pkix.Name` has. They are written in Go's order (C, ST, L, STREET, POSTALCODE, O, OU, CN, serialNumber), all values of
 * one type in **one** SET, which DER sorts: organizations can change their order. To keep an order, give RDNs.
 */
export interface SubjectFields {
  /** C. */
  readonly countries?: readonly string[];
  /** ST. */
  readonly provinces?: readonly string[];
  /** L. */
  readonly localities?: readonly string[];
  /** STREET. */
  readonly streetAddresses?: readonly string[];
  /** POSTALCODE. */
  readonly postalCodes?: readonly string[];
  /** O; to Kubernetes the groups. */
  readonly organizations?: readonly string[];
  /** OU; nothing to Kubernetes. */
  readonly organizationalUnits?: readonly string[];
  /** CN; to Kubernetes the user. */
  readonly commonName?: string;
  /** The attribute serialNumber; not that of the certificate. */
  readonly serialNumber?: string;
}

/** A name to write: Go's fields, RDNs in their order, or a name that was parsed, whose bytes are kept. */
export type NameTemplate = SubjectFields | readonly (readonly AttributeTemplate[])[] | Name;

/** The fields with their attribute types, in Go's order (`pkix.Name.ToRDNSequence`). Whoever looks at fields goes through this list and no other. */
export const SUBJECT_FIELDS: readonly (readonly [keyof SubjectFields, string])[] = [
  ["countries", "2.5.4.6"],
  ["provinces", "2.5.4.8"],
  ["localities", "2.5.4.7"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCodes", "2.5.4.17"],
  ["organizations", "2.5.4.10"],
  ["organizationalUnits", "2.5.4.11"],
  ["commonName", "2.5.4.3"],
  ["serialNumber", "2.5.4.5"],
];

/** The RDNs that are written for a name which has no bytes yet: those of Go's fields, one for each type that has values. */
export function rdnsOf(name: Exclude<NameTemplate, Name>): readonly (readonly AttributeTemplate[])[] {
  if ("length" in name) return name;
  const rdns: AttributeTemplate[][] = [];
  for (const [field, type] of SUBJECT_FIELDS) {
    const given = name[field];
    if (given !== undefined && given.length > 0) rdns.push(rdnOf(type, given));
  }
  return rdns;
}

/** Apart from the loop, of which each turn would else make room for what the inner function looks at. */
function rdnOf(type: string, given: string | readonly string[]): AttributeTemplate[] {
  if (typeof given === "string") return [{ type, value: given }];
  return given.map((value) => ({ type, value }));
}

/** Writes a Name. */
export function writeName(writer: DerWriter, name: NameTemplate): void {
  if ("der" in name) return writer.raw(name.der);
  const rdns = rdnsOf(name);
  const end = writer.mark();
  for (let i = rdns.length - 1; i >= 0; i--) writeRdn(writer, rdns[i]!, i);
  writer.close(SEQUENCE, end);
}

function writeRdn(writer: DerWriter, rdn: readonly AttributeTemplate[], index: number): void {
  if (rdn.length === 0) fail(index, "an RDN must have an attribute");
  const end = writer.mark();
  if (rdn.length === 1) {
    writeAttribute(writer, rdn[0]!, index);
    return writer.close(SET, end);
  }
  const ends = rdn.map((attribute) => {
    const at = writer.mark();
    writeAttribute(writer, attribute, index);
    return at;
  });
  writer.closeSetOf(ends);
}

function writeAttribute(writer: DerWriter, { type, value, tag }: AttributeTemplate, index: number): void {
  const end = writer.mark();
  if (tag === undefined) writeDirectoryString(writer, value, index);
  else writeValue(writer, value, tag, index);
  writer.oid(oidContents(type));
  writer.close(SEQUENCE, end);
}

function writeDirectoryString(writer: DerWriter, value: string, index: number): void {
  try {
    writer.directoryString(value);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    fail(index, NOT_UNICODE);
  }
}

const NOT_UNICODE = "the value is not well-formed Unicode";

function writeValue(writer: DerWriter, value: string, tag: number, index: number): void {
  if (!isWellFormed(value)) fail(index, NOT_UNICODE);
  if (tag === BMP_STRING) return writer.element(tag, encodeBmp(value, index));
  if (tag !== UTF8_STRING && !fits(value, tag)) fail(index, "the value does not fit its string type");
  writer.text(tag, value);
}

function fits(value: string, tag: number): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const allowed =
      tag === PRINTABLE_STRING
        ? isPrintable(code)
        : tag === NUMERIC_STRING
          ? (code >= 0x30 && code <= 0x39) || code === 0x20
          : (tag === IA5_STRING || tag === TELETEX_STRING) && code < 0x80;
    if (!allowed) return false;
  }
  return true;
}

function encodeBmp(value: string, index: number): Uint8Array {
  const octets = new Uint8Array(value.length * 2);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) fail(index, "the value does not fit its string type");
    octets[i * 2] = code >> 8;
    octets[i * 2 + 1] = code & 0xff;
  }
  return octets;
}

/** Tells whether every surrogate has its partner; others have no UTF-8. */
function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(++i);
    if (code >= 0xdc00 || !(next >= 0xdc00 && next <= 0xdfff)) return false;
  }
  return true;
}

function fail(index: number, message: string): never {
  throw new TemplateError("ERR_TEMPLATE_NAME", message, { path: `subject[${index}]` });
}

/**
 * The DER of a Name.
 *
 * @throws TemplateError `ERR_TEMPLATE_NAME` for an empty RDN, ill-formed Unicode, or a value that does not fit the string type asked for;
 * DerError `ERR_DER_OID` for an attribute type that is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeName } from "kubepki";
 *
 * const name = encodeName({ organizations: ["system:nodes"], commonName: "system:node:a" });
 * assert.equal(Buffer.from(name).toString("latin1").includes("system:nodes"), true);
 * ```
 */
export function encodeName(name: NameTemplate): Uint8Array<ArrayBuffer> {
  const writer = new DerWriter(128);
  writeName(writer, name);
  return writer.finish();
}

/**
 * Parses the DER of a Name, with the checks that names in certificates get.
 *
 * @throws DerError, CertificateError as {@link parseCertificate}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeName, parseName } from "kubepki";
 *
 * const name = parseName(encodeName({ commonName: "jane" }));
 * assert.deepEqual(name.rdns, [[{ type: "2.5.4.3", value: "jane", tag: 19 }]]);
 * ```
 */
export function parseName(der: Uint8Array): Name {
  const reader = new DerReader(new Uint8Array(der));
  const name = readName(reader, "", {});
  reader.end();
  return name;
}
