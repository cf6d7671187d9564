/**
 * DER reader and writer for authors of extension codecs: X.690 and nothing of certificates.
 *
 * @module kubepki/der
 */
export { DerReader, MAX_DEPTH, MAX_DEVIATIONS } from "./reader.ts";
export type { Label, Mode, ReaderOptions } from "./reader.ts";
export { checkElement } from "./check-element.ts";
export { DerWriter } from "./writer.ts";
export * from "./tag.ts";
export { readBoolean, readDefaultFalse, readNull } from "./boolean.ts";
export { readInteger, readPositiveInteger, readSmallInteger } from "./integer.ts";
export { readBitString, readNamedBits } from "./bit-string.ts";
export { readTime } from "./time.ts";
export { checkString, decodeString } from "./strings.ts";
export { encodeOid, oidToText, readOid } from "../oid.ts";
export { DerError, PkiError } from "../errors.ts";
export type { CodesOf, ErrorCode, ErrorCodes, ErrorPlace, InputCode, InputErrorMaker } from "../errors.ts";
