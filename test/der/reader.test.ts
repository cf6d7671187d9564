/** X.690 clauses 8.1, 8.9 and 10: how elements are framed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCode, PkiError } from "../../src/errors.ts";
import { DerReader, MAX_DEPTH, MAX_DEVIATIONS, type ReaderOptions } from "../../src/der/reader.ts";
import {
  INTEGER,
  OCTET_STRING,
  SEQUENCE,
  contextConstructed,
  contextPrimitive,
  describeTag,
} from "../../src/der/tag.ts";
import { DerWriter } from "../../src/der/writer.ts";
import { fault, refusal } from "../support/fault.ts";
import { hex, join, octets, seq, tlv, withLength } from "../support/tlv.ts";
import { countReads, nested, treeOfElements, walk } from "../support/walk.ts";

/** Reads one OCTET STRING named `field`, and nothing after it. */
function readField(bytes: Uint8Array, options?: ReaderOptions): Uint8Array {
  const reader = new DerReader(bytes, options);
  reader.read(OCTET_STRING, "field");
  reader.end();
  return reader.contents();
}

const zeros = (count: number) => new Uint8Array(count);

describe("identifier octets (X.690 8.1.2)", () => {
  test.for<[string, string, ErrorCode]>([
    ["another universal type", "02 01 05", "ERR_DER_UNEXPECTED_TAG"],
    ["the same number in the context-specific class", "84 01 05", "ERR_DER_UNEXPECTED_TAG"],
    ["the same number in the application class", "44 01 05", "ERR_DER_UNEXPECTED_TAG"],
    ["the same number in the private class", "c4 01 05", "ERR_DER_UNEXPECTED_TAG"],
    ["the constructed form of a string (10.2)", "24 03 04 01 05", "ERR_DER_UNEXPECTED_TAG"],
    ["end-of-contents octets", "00 00", "ERR_DER_UNEXPECTED_TAG"],
    ["the long form of a low tag number", "1f 04 01 05", "ERR_DER_TAG"],
    ["the long form of a high tag number", "1f 81 00 01 05", "ERR_DER_TAG"],
    ["the long form, constructed, context-specific", "bf 1f 01 05", "ERR_DER_TAG"],
    ["nothing at all", "", "ERR_DER_TRUNCATED"],
  ])("refuses %s", ([, encoding, code]) => {
    expect(fault(() => readField(hex(encoding)))).toEqual({ code, offset: 0, path: "field" });
  });

  test("refuses the primitive form of a SEQUENCE", () => {
    const open = () => new DerReader(hex("10 00")).open(SEQUENCE, "list");
    expect(fault(open)).toEqual({ code: "ERR_DER_UNEXPECTED_TAG", offset: 0, path: "list" });
  });

  test("reads any tag of the low form, and refuses the 8 identifier octets of the long form", () => {
    for (let tag = 0; tag < 256; tag++) {
      const reader = new DerReader(Uint8Array.of(tag, 0));
      if ((tag & 0x1f) === 0x1f) expect(fault(() => reader.readAny("x")).code).toBe("ERR_DER_TAG");
      else expect(reader.readAny("x")).toBe(tag);
    }
  });

  test("says which element it found and which it expected", () => {
    expect(refusal(() => readField(hex("02 01 05"))).message).toBe(
      "found INTEGER, expected OCTET STRING (field, offset 0)",
    );
    expect(refusal(() => readField(zeros(0))).message).toBe("OCTET STRING is missing (field, offset 0)");
  });

  test("names tags as people write them", () => {
    const tags = [SEQUENCE, contextPrimitive(2), contextConstructed(3), 0x0a, 0x1e, 0x45, 0x00];
    expect(tags.map(describeTag)).toEqual([
      "SEQUENCE",
      "[2]",
      "[3] constructed",
      "ENUMERATED",
      "BMPString",
      "tag 0x45",
      "tag 0x00",
    ]);
  });
});

describe("length octets (X.690 8.1.3, 10.1)", () => {
  test.for<[string, Uint8Array, ErrorCode]>([
    ["an indefinite length", hex("04 80 01 00 00"), "ERR_DER_LENGTH"],
    ["the long form where the short one fits", hex("04 81 01 05"), "ERR_DER_LENGTH"],
    ["the long form for 127", join(hex("04 81 7f"), zeros(127)), "ERR_DER_LENGTH"],
    ["two octets where one fits", join(hex("04 82 00 ff"), zeros(255)), "ERR_DER_LENGTH"],
    ["three octets where two fit", join(hex("04 83 00 01 00"), zeros(256)), "ERR_DER_LENGTH"],
    ["four octets of zeros", hex("04 84 00 00 00 00"), "ERR_DER_LENGTH"],
    ["five octets", hex("04 85 01 00 00 00 00"), "ERR_DER_LENGTH"],
    ["the reserved octet FF (8.1.3.5 c)", join(hex("04 ff"), zeros(200)), "ERR_DER_LENGTH"],
    ["no length octet", hex("04"), "ERR_DER_TRUNCATED"],
    ["one of two length octets", hex("04 82 01"), "ERR_DER_TRUNCATED"],
    ["no length octets after their count", hex("04 84"), "ERR_DER_TRUNCATED"],
    ["one octet less than promised, short form", hex("04 02 05"), "ERR_DER_TRUNCATED"],
    ["one octet less than promised, long form", join(hex("04 81 80"), zeros(127)), "ERR_DER_TRUNCATED"],
    ["2^31 - 1 octets promised", hex("04 84 7f ff ff ff 00"), "ERR_DER_TRUNCATED"],
    ["2^32 - 1 octets promised", hex("04 84 ff ff ff ff 00"), "ERR_DER_TRUNCATED"],
  ])("refuses %s", ([, encoding, code]) => {
    expect(fault(() => readField(encoding))).toEqual({ code, offset: 0, path: "field" });
  });

  test.for([0, 1, 127, 128, 255, 256, 65_535, 65_536, 16_777_215, 16_777_216])(
    "reads an element of %i octets, and its neighbours' lengths are refused",
    (count) => {
      const content = zeros(count);
      const encoding = octets(content);
      expect(readField(encoding).length).toBe(count);
      expect(fault(() => readField(encoding.subarray(0, -1))).code).toBe("ERR_DER_TRUNCATED");
      const longer = withLength(
        OCTET_STRING,
        encoding.subarray(1, encoding.length - count),
        zeros(count + 1),
      );
      expect(fault(() => readField(longer)).code).toBe("ERR_DER_TRAILING_DATA");
    },
  );
});

describe("where elements end (X.690 8.9, RFC 5280 4.1)", () => {
  test("refuses an element that reaches beyond the one around it, although the bytes are there", () => {
    const reader = new DerReader(hex("30 03 04 02 05 06"));
    reader.open(SEQUENCE, "outer");
    const read = () => reader.read(OCTET_STRING, "field");
    expect(fault(read)).toEqual({ code: "ERR_DER_TRUNCATED", offset: 2, path: "outer.field" });
  });

  test("refuses length octets that stand beyond the element around them", () => {
    const reader = new DerReader(hex("30 01 04 01 05"));
    reader.open(SEQUENCE, "outer");
    const read = () => reader.read(OCTET_STRING, "field");
    expect(fault(read)).toEqual({ code: "ERR_DER_TRUNCATED", offset: 2, path: "outer.field" });
  });

  test("refuses what is left in an element, and after the outermost one", () => {
    const reader = new DerReader(hex("30 04 02 01 05 00 00"));
    const outer = reader.open(SEQUENCE, "outer");
    reader.read(INTEGER, "field");
    expect(fault(() => reader.finish(outer))).toEqual({
      code: "ERR_DER_TRAILING_DATA",
      offset: 5,
      path: "outer",
    });
    expect(fault(() => readField(hex("04 00 00")))).toEqual({ code: "ERR_DER_TRAILING_DATA", offset: 2 });
  });

  test("skips and notes what is left, in Kubernetes mode, only where Go does not look", () => {
    const bytes = hex("30 06 02 01 05 02 01 06 02 01 07");
    const readAll = (mode: "safe" | "kubernetes") => {
      const reader = new DerReader(bytes, { mode });
      const outer = reader.open(SEQUENCE, "outer");
      reader.read(INTEGER, "field");
      reader.finishOpen(outer);
      reader.endOpen();
      return reader;
    };
    expect(fault(() => readAll("safe"))).toEqual({
      code: "ERR_DER_TRAILING_DATA",
      offset: 5,
      path: "outer",
    });
    const reader = readAll("kubernetes");
    expect(reader.deviations.map(({ code, offset }) => [code, offset])).toEqual([
      ["ERR_DER_TRAILING_DATA", 5],
      ["ERR_DER_TRAILING_DATA", 8],
    ]);
    expect(reader.position).toBe(bytes.length);
  });

  test("stays between start and end", () => {
    const bytes = hex("ff 04 01 05 ff");
    expect([...readField(bytes, { start: 1, end: 4 })]).toEqual([5]);
    expect(fault(() => readField(bytes, { start: 1, end: 3, path: "blob" }))).toEqual({
      code: "ERR_DER_TRUNCATED",
      offset: 1,
      path: "blob.field",
    });
  });
});

describe("what a reader knows of its place", () => {
  test("paths have names and indexes, and lose them on the way out", () => {
    const reader = new DerReader(seq(seq(seq(octets())), octets()), { path: "root" });
    const root = reader.open(SEQUENCE, "list");
    const item = reader.open(SEQUENCE, 0);
    const inner = reader.open(SEQUENCE, "inner");
    expect(reader.place("x").path).toBe("root.list[0].inner.x");
    reader.read(OCTET_STRING, "x");
    reader.finish(inner);
    reader.finish(item);
    expect(reader.place(1).path).toBe("root.list[1]");
    reader.read(OCTET_STRING, 1);
    reader.finish(root);
    expect(reader.place()).toEqual({ offset: reader.bytes.length, path: "root" });
    reader.end();
  });

  test("peeking consumes nothing and stops at the end of the open element", () => {
    const reader = new DerReader(hex("30 02 05 00 02 01 05"));
    expect([reader.peek(), reader.peek(), reader.position]).toEqual([SEQUENCE, SEQUENCE, 0]);
    const outer = reader.open(SEQUENCE, "outer");
    reader.readAny("null");
    expect([reader.peek(), reader.more()]).toEqual([-1, false]);
    expect(fault(() => reader.readAny("none")).code).toBe("ERR_DER_TRUNCATED");
    reader.finish(outer);
    expect([reader.peek(), reader.more()]).toEqual([INTEGER, true]);
  });

  test("enters the contents of the element read last and comes out behind it", () => {
    const reader = new DerReader(join(octets(octets(hex("05"))), octets()));
    reader.read(OCTET_STRING, "value");
    const outer = reader.enter("value");
    reader.read(OCTET_STRING, "inner");
    expect([...reader.contents()]).toEqual([5]);
    reader.finish(outer);
    reader.read(OCTET_STRING, "next");
    reader.end();
  });

  test("tolerating: throws in safe mode; notes the error and goes back in Kubernetes mode", () => {
    const attempt = (reader: DerReader) =>
      reader.tolerate(() => {
        reader.open(SEQUENCE, "outer");
        reader.read(INTEGER, "number");
        return "read";
      });
    const bytes = hex("30 02 05 00");
    expect(fault(() => attempt(new DerReader(bytes))).path).toBe("outer.number");
    const reader = new DerReader(bytes, { mode: "kubernetes" });
    expect(attempt(reader)).toBeUndefined();
    expect([reader.position, reader.limit, reader.place().path]).toEqual([0, 4, undefined]);
    expect(reader.deviations.map(({ code, path }) => [code, path])).toEqual([
      ["ERR_DER_UNEXPECTED_TAG", "outer.number"],
    ]);
    expect(attempt(new DerReader(hex("30 03 02 01 05"), { mode: "kubernetes" }))).toBe("read");
  });

  test(`notes ${MAX_DEVIATIONS} deviations and throws the next, so that 64 KiB of faults stay cheap`, () => {
    const reader = new DerReader(hex("05 00"), { mode: "kubernetes" });
    const deviate = () => reader.deviate("ERR_DER_NULL", "a fault");
    const tolerate = () => reader.tolerate(() => reader.read(SEQUENCE, "list"));
    for (let count = 0; count < MAX_DEVIATIONS; count++) (count % 2 ? deviate : tolerate)();
    expect(reader.deviations.length).toBe(MAX_DEVIATIONS);
    expect([fault(deviate).code, fault(tolerate).code]).toEqual(["ERR_DER_NULL", "ERR_DER_UNEXPECTED_TAG"]);
    expect(reader.deviations.length).toBe(MAX_DEVIATIONS);
  });

  test("tolerating does not swallow a mistake in the program", () => {
    const reader = new DerReader(hex("05 00"), { mode: "kubernetes" });
    const mistake = () => {
      throw new RangeError("a bug");
    };
    expect(() => reader.tolerate(mistake)).toThrow(RangeError);
  });
});

describe("depth", () => {
  test(`reads ${MAX_DEPTH} levels and refuses one more, opened or entered`, () => {
    expect(() => walk(new DerReader(nested(MAX_DEPTH)))).not.toThrow();
    expect(fault(() => walk(new DerReader(nested(MAX_DEPTH + 1)))).code).toBe("ERR_DER_DEPTH");
    const open = (reader: DerReader): void => {
      reader.open(SEQUENCE, 0);
      open(reader);
    };
    expect(fault(() => open(new DerReader(nested(MAX_DEPTH + 1)))).code).toBe("ERR_DER_DEPTH");
  });

  test("refuses 20,000 levels by its counter, not by the stack", () => {
    expect(fault(() => walk(new DerReader(nested(20_000)))).code).toBe("ERR_DER_DEPTH");
  });
});

describe("laws", () => {
  test("write(read(der)) = der", () => {
    fc.assert(
      fc.property(treeOfElements, (der) => {
        const writer = new DerWriter(1);
        rewrite(new DerReader(der), writer);
        expect(writer.finish()).toEqual(new Uint8Array(der));
      }),
    );
  });

  test("every truncation of an element is refused as truncated", () => {
    fc.assert(
      fc.property(treeOfElements, fc.nat(), (der, cut) => {
        const whole = seq(der);
        const part = whole.subarray(0, cut % whole.length);
        expect(fault(() => new DerReader(part).open(SEQUENCE, "whole")).code).toBe("ERR_DER_TRUNCATED");
      }),
    );
  });

  test("every truncation of a tree throws a DerError", () => {
    const tree = seq(seq(tlv(0x02, hex("05")), tlv(0x0c, hex("61"))), octets(zeros(200)), seq());
    for (let length = 1; length < tree.length; length++) {
      expect(refusal(() => walk(new DerReader(tree.subarray(0, length)))).name).toBe("DerError");
    }
  });

  test("any bytes are read or refused with a PkiError, and each byte is looked at a bounded number of times", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 65_536, size: "max" }), (bytes) => {
        expectLinear(bytes);
      }),
      { numRuns: 100 },
    );
  });

  test("hostile shapes of 64 KiB cost no more than random ones", () => {
    const size = 65_536;
    const fill = (unit: string) => {
      const bytes = hex(unit);
      return Uint8Array.from({ length: size }, (_, i) => bytes[i % bytes.length]!);
    };
    for (const unit of ["00", "30", "3080", "30ff", "3084", "0500", "1f", "3000", "0484ffffffff", "020105"]) {
      expectLinear(fill(unit));
    }
    expectLinear(nested(size / 4));
    expectLinear(seq(fill("3000")));
  });
});

/** Framing looks at an octet a fixed number of times: tag and length octets in peek, header and longLength. */
function expectLinear(bytes: Uint8Array): void {
  const { reads, view } = countReads(bytes);
  try {
    walk(new DerReader(view));
  } catch (error) {
    expect(error).toBeInstanceOf(PkiError);
  }
  expect(reads()).toBeLessThanOrEqual(8 * bytes.length + 16);
}

function rewrite(reader: DerReader, writer: DerWriter): void {
  const elements: { tag: number; contents: Uint8Array }[] = [];
  while (reader.more()) elements.push({ tag: reader.readAny(elements.length), contents: reader.contents() });
  for (const { tag, contents } of elements.reverse()) {
    const end = writer.mark();
    if (tag & 0x20) rewrite(new DerReader(contents), writer);
    else writer.raw(contents);
    writer.close(tag, end);
  }
}
