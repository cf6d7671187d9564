/** Identifier octets (X.690 8.1.2) of the universal types that certificates use, and makers for context-specific ones. */

/** BOOLEAN. */
export const BOOLEAN = 0x01;
/** INTEGER. */
export const INTEGER = 0x02;
/** BIT STRING, primitive as DER wants it. */
export const BIT_STRING = 0x03;
/** OCTET STRING, primitive as DER wants it. */
export const OCTET_STRING = 0x04;
/** NULL. */
export const NULL = 0x05;
/** OBJECT IDENTIFIER. */
export const OBJECT_IDENTIFIER = 0x06;
/** ENUMERATED. */
export const ENUMERATED = 0x0a;
/** UTF8String. */
export const UTF8_STRING = 0x0c;
/** NumericString: digits and space. */
export const NUMERIC_STRING = 0x12;
/** PrintableString: letters, digits and a few signs. */
export const PRINTABLE_STRING = 0x13;
/** TeletexString, also called T61String. */
export const TELETEX_STRING = 0x14;
/** IA5String: ASCII. */
export const IA5_STRING = 0x16;
/** UTCTime: two-digit years. */
export const UTC_TIME = 0x17;
/** GeneralizedTime: four-digit years. */
export const GENERALIZED_TIME = 0x18;
/** UniversalString: UTF-32. */
export const UNIVERSAL_STRING = 0x1c;
/** BMPString: UCS-2. */
export const BMP_STRING = 0x1e;
/** SEQUENCE and SEQUENCE OF. */
export const SEQUENCE = 0x30;
/** SET and SET OF. */
export const SET = 0x31;

/**
 * Identifier octet of `[number]` around a primitive value (IMPLICIT); `number` is 0 to 30.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { contextPrimitive } from "kubepki/der";
 *
 * assert.equal(contextPrimitive(2), 0x82);
 * ```
 */
export function contextPrimitive(number: number): number {
  return 0x80 | number;
}

/**
 * Identifier octet of `[number]` around a constructed value (EXPLICIT, or IMPLICIT over a SEQUENCE); `number` is 0 to 30.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { contextConstructed } from "kubepki/der";
 *
 * assert.equal(contextConstructed(3), 0xa3);
 * ```
 */
export function contextConstructed(number: number): number {
  return 0xa0 | number;
}

/**
 * A tag as people write it, for error messages: `SEQUENCE`, `[3] constructed`, `tag 0x45`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeTag } from "kubepki/der";
 *
 * assert.equal(describeTag(0x30), "SEQUENCE");
 * assert.equal(describeTag(0xa3), "[3] constructed");
 * ```
 */
export function describeTag(tag: number): string {
  if (tag >= 0x80 && tag < 0xc0) return `[${tag & 0x1f}]${tag & 0x20 ? " constructed" : ""}`;
  const name = NAMES.split(" ")[tag & 0x20 ? tag - 0x20 : tag];
  return name && name !== "-" ? name.replace("_", " ") : `tag 0x${tag.toString(16).padStart(2, "0")}`;
}

/** Names by tag number; one text, because that is the smallest form in a bundle. */
const NAMES =
  "- BOOLEAN INTEGER BIT_STRING OCTET_STRING NULL OBJECT_IDENTIFIER - - - ENUMERATED - UTF8String - - - SEQUENCE SET " +
  "NumericString PrintableString TeletexString - IA5String UTCTime GeneralizedTime - - - UniversalString - BMPString";
