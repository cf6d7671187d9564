/** The elements of DER in their order, flat: what {@link describe} shows. */
import { readElement } from "./element.ts";
import type { Element } from "./element.ts";

/** One line of a description. */
export interface Row {
  /** Offset of its first octet. */
  readonly at: number;
  /** Octets of the header. */
  readonly header: number;
  /** Octets of the contents. */
  readonly length: number;
  /** How many elements it is in. */
  readonly depth: number;
  /** 0 universal, 1 application, 2 context, 3 private. */
  readonly tagClass: number;
  /** Whether its tag says that it is made of elements. */
  readonly isConstructed: boolean;
  /** Number of the tag. */
  readonly number: number;
  /** `opens`: its contents are the rows that follow. `value`: they are its own. `secret`: they are a private key. `broken`: this is no element, and nothing of it was read. */
  readonly kind: "opens" | "value" | "secret" | "broken";
  /** Whether it is a string in which there is DER; its first octet too, of a BIT STRING, is its own. */
  readonly isEnclosing: boolean;
  /** Why it is no element, or no whole one; empty otherwise. */
  readonly fault: string;
}

const MAX_DEPTH = 32;
const INTEGER = 2;
const BIT_STRING = 3;
const OCTET_STRING = 4;
const SEQUENCE = 16;

/** Every octet belongs to exactly one row. */
export function rowsOf(bytes: Uint8Array): Generator<Row, void, undefined> {
  return listOf(bytes, 0, bytes.length, 0, false);
}

function* listOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
  isSecret: boolean,
): Generator<Row, void, undefined> {
  for (let at = start; at < end;) {
    const element =
      depth < MAX_DEPTH ? readElement(bytes, at, end) : `elements are nested deeper than ${MAX_DEPTH}`;
    if (typeof element === "string") yield brokenRow(at, end, depth, element);
    else yield* elementRows(bytes, element, depth, isSecret);
    at = typeof element === "string" ? end : element.end;
  }
}

function* elementRows(
  bytes: Uint8Array,
  element: Element,
  depth: number,
  isSecret: boolean,
): Generator<Row, void, undefined> {
  if (element.isConstructed) {
    yield rowOf(element, depth, "opens");
    yield* listOf(bytes, element.contents, element.end, depth + 1, isPrivateKey(bytes, element));
    return;
  }
  const isHidden = isSecret && isSecretPart(element);
  const inner = isHidden ? -1 : enclosedAt(bytes, element, depth + 1);
  if (inner < 0) {
    yield rowOf(element, depth, isHidden ? "secret" : "value");
    return;
  }
  yield { ...rowOf(element, depth, "opens"), isEnclosing: true };
  yield* listOf(bytes, inner, element.end, depth + 1, false);
}

function rowOf(element: Element, depth: number, kind: Row["kind"]): Row {
  const { at, contents, end, tagClass, isConstructed, number, fault = "" } = element;
  const [header, length] = [contents - at, end - contents];
  return { at, header, length, depth, tagClass, isConstructed, number, kind, isEnclosing: false, fault };
}

function brokenRow(at: number, end: number, depth: number, fault: string): Row {
  const tag = { tagClass: 0, isConstructed: false, number: 0, isEnclosing: false };
  return { at, header: 0, length: end - at, depth, ...tag, kind: "broken", fault };
}

/**
 * Where DER begins in a string; -1 if there is none. A BIT STRING must hold something constructed: a point of an elliptic curve, which begins
 * with 04, can look like an OCTET STRING.
 */
function enclosedAt(bytes: Uint8Array, { tagClass, number, contents, end }: Element, depth: number): number {
  if (tagClass !== 0 || (number !== BIT_STRING && number !== OCTET_STRING)) return -1;
  const start = number === BIT_STRING ? contents + 1 : contents;
  if (start >= end || (number === BIT_STRING && bytes[contents] !== 0)) return -1;
  const inner = readElement(bytes, start, end);
  if (typeof inner === "string" || inner.fault !== undefined || inner.end !== end) return -1;
  if (inner.tagClass !== 0 || inner.number === 0) return -1;
  if (!inner.isConstructed) return number === OCTET_STRING && inner.number <= 30 ? start : -1;
  return isWhole(bytes, inner, depth) ? start : -1;
}

/** Whether an element is made of elements all the way down, strings not looked into. */
function isWhole(bytes: Uint8Array, element: Element, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false;
  if (!element.isConstructed) return true;
  for (let at = element.contents; at < element.end;) {
    const inner = readElement(bytes, at, element.end);
    if (typeof inner === "string" || inner.fault !== undefined || !isWhole(bytes, inner, depth + 1))
      return false;
    at = inner.end;
  }
  return true;
}

/**
 * The shapes of private keys: PKCS#8 (RFC 5958: version, algorithm, OCTET STRING), SEC 1 (RFC 5915: version, OCTET STRING), and PKCS#1 or
 * DSA (RFC 8017: six INTEGERs or more). What else has such a shape loses a line of the description, no more.
 */
function isPrivateKey(bytes: Uint8Array, { tagClass, number, contents, end }: Element): boolean {
  if (tagClass !== 0 || number !== SEQUENCE) return false;
  const numbers: number[] = [];
  for (let at = contents; at < end && numbers.length < 6;) {
    const inner = readElement(bytes, at, end);
    if (typeof inner === "string") break;
    numbers.push(inner.tagClass === 0 ? inner.number : -1);
    at = inner.end;
  }
  const [first, second, third] = numbers;
  if (first !== INTEGER) return false;
  if (second === OCTET_STRING || (second === SEQUENCE && third === OCTET_STRING)) return true;
  return numbers.length === 6 && numbers.every((found) => found === INTEGER);
}

function isSecretPart({ tagClass, number, contents, end }: Element): boolean {
  return tagClass === 0 && (number === OCTET_STRING || (number === INTEGER && end - contents > 1));
}
