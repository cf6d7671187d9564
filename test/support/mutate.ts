/**
 * Damages DER in ways that a parser may overlook: not only flipped bits, but whole elements
 * deleted, doubled, moved, retagged or replaced with the lengths around them put right again.
 *
 * Everything follows from the random numbers given, so a finding can be repeated from its seed.
 */
import type { Random } from "./random.ts";
import { hex, join, length } from "./tlv.ts";

/** An element. Exactly one of `children` and `content` is there; `prefix` is a BIT STRING's first octet. */
interface Node {
  tag: number;
  children?: Node[];
  content?: Uint8Array;
  prefix: Uint8Array;
  /** Length octets to write instead of the right ones. */
  wrongLength?: Uint8Array;
}

const nothing = new Uint8Array();

/** One element with a short tag and a definite length that fits, or nothing. */
function header(bytes: Uint8Array, at: number): { start: number; end: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined || (bytes[at]! & 0x1f) === 0x1f) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 3) return undefined;
  let size = first < 0x80 ? first : 0;
  for (let i = 0; i < count; i++) size = size * 256 + (bytes[at + 2 + i] ?? 0);
  const start = at + 2 + count;
  return start + size <= bytes.length ? { start, end: start + size } : undefined;
}

/** The elements that fill the bytes exactly, or nothing. */
function parse(bytes: Uint8Array): Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = header(bytes, at);
    if (!found) return undefined;
    nodes.push(node(bytes[at]!, bytes.subarray(found.start, found.end)));
    at = found.end;
  }
  return nodes;
}

/** Looks also into OCTET STRINGs and BIT STRINGs that hold DER, as extensions and keys do. */
function node(tag: number, content: Uint8Array): Node {
  const wraps = (tag & 0x20) !== 0 || tag === 0x04;
  if (wraps || (tag === 0x03 && content[0] === 0)) {
    const prefix = tag === 0x03 ? content.subarray(0, 1) : nothing;
    const children = parse(content.subarray(prefix.length));
    if (children && (children.length > 0 || (tag & 0x20) !== 0)) return { tag, children, prefix };
  }
  return { tag, content, prefix: nothing };
}

function encode(item: Node): Uint8Array {
  const content = item.children ? join(item.prefix, ...item.children.map(encode)) : (item.content ?? nothing);
  return join(Uint8Array.of(item.tag), item.wrongLength ?? length(content.length), content);
}

const copy = (item: Node): Node => ({ ...item, ...(item.children && { children: item.children.map(copy) }) });

/** Every element below, with the list that holds it. */
function places(list: Node[], found: { list: Node[]; at: number }[] = []): { list: Node[]; at: number }[] {
  for (const [at, item] of list.entries()) {
    found.push({ list, at });
    if (item.children) places(item.children, found);
  }
  return found;
}

/** Elements that may turn up anywhere. */
const strange: readonly Uint8Array[] = [
  "0500",
  "0100",
  "0101ff",
  "010100",
  "010101",
  "0201ff",
  "020100",
  "02020080",
  "02020001",
  "0300",
  "030100",
  "0302078f",
  "0400",
  "0603550403",
  "060355040a",
  "06028001",
  "0600",
  "0c00",
  "0c0161",
  "0c01ff",
  "0c0100",
  "13015f",
  "130161",
  "160161",
  "1601ff",
  "1402e9e9",
  "1e020061",
  "1e0100",
  "1e02d800",
  "1c0400000061",
  "1a0161",
  "12013a",
  "3000",
  "3100",
  "8000",
  "810161",
  "820161",
  "8201ff",
  "8600",
  "860161",
  "870401020304",
  "8703010203",
  "a000",
  "a100",
  "a303000000",
  "a3023000",
  "1f8c0161",
  "00",
  "ff",
  "3080",
  "0000",
  "170d3530303232393030303030305a",
  "170b323030313031303030305a",
  "180f32303230303130313030303030305a",
].map(hex);

const tags: readonly number[] = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b,
  0x1c, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x83, 0x86, 0x87, 0xa0, 0xa1, 0xa2, 0xa3, 0x24, 0x2c, 0x33, 0x10,
  0x11, 0x1f, 0x00, 0xff,
];

/** Length octets that DER does not allow, or that do not fit. */
function wrongLength(size: number, random: Random): Uint8Array {
  const octets = [(size >> 24) & 255, (size >> 16) & 255, (size >> 8) & 255, size & 255];
  return random.pick([
    Uint8Array.of(0x81, size & 255),
    Uint8Array.of(0x82, ...octets.slice(2)),
    Uint8Array.of(0x83, ...octets.slice(1)),
    Uint8Array.of(0x84, ...octets),
    Uint8Array.of(0x85, 0, ...octets),
    Uint8Array.of(0x80),
    Uint8Array.of(0xff),
    Uint8Array.of(0x84, 0xff, 0xff, 0xff, 0xff),
    length(size + 1),
    length(Math.max(0, size - 1)),
  ]);
}

type Change = (list: Node[], at: number, random: Random, pool: readonly Uint8Array[]) => void;

const foreign = (random: Random, pool: readonly Uint8Array[]): Node => {
  const bytes = random.below(3) === 0 || pool.length === 0 ? random.pick(strange) : random.pick(pool);
  const found = header(bytes, 0);
  return found && found.end === bytes.length
    ? node(bytes[0]!, bytes.subarray(found.start))
    : { tag: bytes[0]!, content: bytes.subarray(2), prefix: nothing, wrongLength: bytes.subarray(1, 2) };
};

function spoilContent(item: Node, random: Random): void {
  const content = Uint8Array.from(
    item.children ? join(item.prefix, ...item.children.map(encode)) : (item.content ?? nothing),
  );
  delete item.children;
  const at = random.below(content.length + 1);
  const byte = random.pick([0, 1, 0x20, 0x2e, 0x30, 0x7f, 0x80, 0xff, random.below(256)]);
  const kind = at === content.length ? 0 : random.below(4);
  if (kind === 0) {
    item.content = join(content.subarray(0, at), Uint8Array.of(byte), content.subarray(at));
  } else if (kind === 1) {
    item.content = join(content.subarray(0, at), content.subarray(at + 1));
  } else {
    content[at] = kind === 2 ? byte : content[at]! ^ (1 << random.below(8));
    item.content = content;
  }
}

const changes: readonly Change[] = [
  (list, at) => list.splice(at, 1),
  (list, at) => list.splice(at, 0, copy(list[at]!)),
  (list, at, random) => list.splice(random.below(list.length + 1), 0, ...list.splice(at, 1)),
  (list, at, random) => (list[at]!.tag = random.pick(tags)),
  (list, at, random) => (list[at]!.tag ^= random.pick([0x20, 0x40, 0x80, 0x1f, 1, 2])),
  (list, at, random, pool) => (list[at] = foreign(random, pool)),
  (list, at, random, pool) => list.splice(at + random.below(2), 0, foreign(random, pool)),
  (list, at, random, pool) => list[at]!.children?.push(foreign(random, pool)),
  (list, at, random) => spoilContent(list[at]!, random),
  (list, at, random) => spoilContent(list[at]!, random),
  (list, at, random) => spoilContent(list[at]!, random),
  (list, at, random) => {
    const item = list[at]!;
    const size = encode({ ...item, tag: 0 }).length - 2;
    item.wrongLength = wrongLength(size, random);
  },
  (list, at) => {
    const { tag } = list[at]!;
    list[at] = { tag, content: nothing, prefix: nothing };
  },
];

/** Bytes changed without regard to structure. */
function scramble(der: Uint8Array, random: Random): Uint8Array {
  const at = random.below(der.length);
  switch (random.below(5)) {
    case 0:
      return join(der.subarray(0, at), der.subarray(at + 1));
    case 1:
      return join(der.subarray(0, at), Uint8Array.of(random.below(256)), der.subarray(at));
    case 2:
      return der.subarray(0, at);
    case 3:
      return join(der, random.pick(strange));
    default: {
      const changed = Uint8Array.from(der);
      changed[at]! ^= 1 << random.below(8);
      return changed;
    }
  }
}

/** One to three changes. The pool holds elements of other inputs, which are spliced in. */
export function mutate(der: Uint8Array, random: Random, pool: readonly Uint8Array[] = []): Uint8Array {
  const tree = random.below(6) === 0 || der.length === 0 ? undefined : parse(der);
  if (!tree || tree.length === 0) return der.length === 0 ? random.pick(strange) : scramble(der, random);
  for (let left = 1 + (random.below(4) === 0 ? random.below(3) : 0); left > 0; left--) {
    const all = places(tree);
    if (all.length === 0) break;
    const { list, at } = random.pick(all);
    random.pick(changes)(list, at, random, pool);
  }
  return join(...tree.map(encode));
}

/** Every element of an input, whole: material for {@link mutate}'s pool. */
export function elementsOf(der: Uint8Array): Uint8Array[] {
  const tree = parse(der);
  return tree ? places(tree).map(({ list, at }) => encode(list[at]!)) : [];
}
