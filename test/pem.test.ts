import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PemError } from "../src/errors.ts";
import { encodePem, parsePem, pemToDer } from "../src/pem.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const block = (body: string, label = "A", endLabel = label): string =>
  `-----BEGIN ${label}-----\n${body}-----END ${endLabel}-----\n`;

/** Blocks as `label:hex`, or the error's code. */
function read(text: string, mode: "safe" | "kubernetes" = "safe"): string {
  try {
    return parsePem(text, { mode })
      .map(({ label, der }) => `${label}:${Buffer.from(der).toString("hex")}`)
      .join(" ");
  } catch (error) {
    if (error instanceof PemError) return error.code;
    throw error;
  }
}

// Columns: what the text shows, the text, what safe mode makes of it, what Go makes of it where that differs.
// Go's column is what encoding/pem of Go 1.26 answers, which test/interop/pem.test.ts asks for generated texts.
const table: [string, string, string, string?][] = [
  ["a block", block("MAA=\n"), "A:3000"],
  ["nothing", "", ""],
  ["text without a block", "hello\nworld\n", ""],
  ["other lines before and after", `Subject: CN=a\n\n${block("MAA=\n")}more\n`, "A:3000"],
  ["two blocks with text between", `${block("MAA=\n")}# second\n${block("MAE=\n", "B")}`, "A:3000 B:3001"],
  ["CRLF lines", block("MAA=\n").replaceAll("\n", "\r\n"), "A:3000"],
  ["no line end after the last line", block("MAA=\n").trimEnd(), "A:3000"],
  ["a carriage return as the last character", `${block("MAA=\n").trimEnd()}\r`, "ERR_PEM_BOUNDARY", ""],
  ["short base64 lines", block("M\nAA\n=\n"), "A:3000"],
  ["a long base64 line", block(`${"MDAw".repeat(50)}\n`), `A:${"30".repeat(150)}`],
  ["spaces and tabs inside of base64", block(" MA \tA= \n"), "A:3000"],
  ["blank lines inside of base64", block("\nMA\n\nA=\n\n"), "A:3000"],
  ["spaces after the dashes", "-----BEGIN A----- \t\nMAA=\n-----END A----- \t \n", "A:3000"],
  ["an indented BEGIN", ` ${block("MAA=\n")}`, "ERR_PEM_BOUNDARY", ""],
  ["text before BEGIN on its line", `x${block("MAA=\n")}`, "ERR_PEM_BOUNDARY", ""],
  ["a byte order mark", `\uFEFF${block("MAA=\n")}`, "ERR_PEM_BOUNDARY", ""],
  ["a byte order mark on a line of its own", `\uFEFF\n${block("MAA=\n")}`, "A:3000"],
  ["a sixth dash", `-${block("MAA=\n")}`, "ERR_PEM_BOUNDARY", ""],
  ["text after the END dashes", `${block("MAA=\n").trimEnd()} x\n`, "ERR_PEM_BOUNDARY", ""],
  ["text after the BEGIN dashes", "-----BEGIN A----- x\nMAA=\n-----END A-----\n", "ERR_PEM_BOUNDARY", ""],
  ["an END on the base64 line", "-----BEGIN A-----\nMAA=-----END A-----\n", "ERR_PEM_BOUNDARY", ""],
  ["an END of another label", block("MAA=\n", "A", "B"), "ERR_PEM_BOUNDARY", ""],
  ["an END whose label only begins alike", block("MAA=\n", "A", "A B"), "ERR_PEM_BOUNDARY", ""],
  ["an END of another case", block("MAA=\n", "A", "a"), "ERR_PEM_BOUNDARY", ""],
  ["a lower-case begin", block("MAA=\n").replace("BEGIN", "begin"), "ERR_PEM_BOUNDARY", ""],
  ["an END alone", "-----END A-----\n", "ERR_PEM_BOUNDARY", ""],
  ["a BEGIN alone", "-----BEGIN A-----\n", "ERR_PEM_BOUNDARY", ""],
  ["a BEGIN cut inside of its line", "-----BEGIN A", "ERR_PEM_BOUNDARY", ""],
  ["a BEGIN without a label", block("MAA=\n", ""), "ERR_PEM_BOUNDARY", ":3000"],
  ["a label that starts with a space", block("MAA=\n", " A"), "ERR_PEM_BOUNDARY", " A:3000"],
  ["a label with two spaces", block("MAA=\n", "A  B"), "ERR_PEM_BOUNDARY", "A  B:3000"],
  ["a label with a letter beyond ASCII", block("MAA=\n", "Ä"), "ERR_PEM_BOUNDARY", "Ä:3000"],
  ["a label with a colon", block("MAA=\n", "A:B"), "A:B:3000"],
  ["a block cut before its END", "-----BEGIN A-----\nMAA=\n", "ERR_PEM_BOUNDARY", ""],
  [
    "a cut block before a good one",
    `-----BEGIN A-----\nMAA=\n${block("MAE=\n", "B")}`,
    "ERR_PEM_BOUNDARY",
    "B:3001",
  ],
  ["a broken block after a good one", `${block("MAA=\n")}${block("!\n", "B")}`, "ERR_PEM_BASE64", "A:3000"],
  [
    "a broken block before a good one",
    `${block("MAA\n")}${block("MAE=\n", "B")}`,
    "ERR_PEM_BASE64",
    "B:3001",
  ],
  ["an END before a good block", `-----END X-----\n${block("MAA=\n")}`, "ERR_PEM_BOUNDARY", "A:3000"],
  [
    "a line feed and an END before a good block",
    `\n-----END X-----\n${block("MAA=\n")}`,
    "ERR_PEM_BOUNDARY",
    "A:3000",
  ],
  [
    "a BEGIN inside of an END line",
    "\n-----END -----BEGIN A-----\nMAA=\n-----END A-----\n",
    "ERR_PEM_BOUNDARY",
    "A:3000",
  ],
  ["no padding", block("MAA\n"), "ERR_PEM_BASE64", ""],
  ["half of the padding", block("MA=\n"), "ERR_PEM_BASE64", ""],
  ["padding too much", block("MAA==\n"), "ERR_PEM_BASE64", ""],
  ["padding after whole groups", block("MDAw=\n"), "ERR_PEM_BASE64", ""],
  ["padding alone", block("====\n"), "ERR_PEM_BASE64", ""],
  ["padding in the middle", block("MA==MAA=\n"), "ERR_PEM_BASE64", ""],
  ["padding over two lines", block("MA=\n=\n"), "A:30"],
  ["one digit too many", block("MDAwM\n"), "ERR_PEM_BASE64", ""],
  ["spare bits behind one byte", block("MB==\n"), "ERR_PEM_BASE64", "A:30"],
  ["spare bits behind two bytes", block("MAB=\n"), "ERR_PEM_BASE64", "A:3000"],
  ["base64url characters", block("_-8=\n"), "ERR_PEM_BASE64", ""],
  ["the last two characters of the alphabet", block("/+8=\n"), "A:ffef"],
  ["a NUL inside of base64", block("MA\0A=\n"), "ERR_PEM_BASE64", ""],
  ["a no-break space inside of base64", block("MA\u00A0A=\n"), "ERR_PEM_BASE64", ""],
  ["a form feed inside of base64", block("MA\fA=\n"), "ERR_PEM_BASE64", ""],
  ["a character whose low byte is a letter", block("MA\u0141=\n"), "ERR_PEM_BASE64", ""],
  ["an empty body", block(""), "ERR_PEM_BASE64", "A:"],
  ["a blank body", block(" \n\n"), "ERR_PEM_BASE64", "A:"],
  ["a header", block("a: b\n\nMAA=\n"), "ERR_PEM_HEADERS", "A:3000"],
  ["a header without a blank line behind it", block("a: b\nMAA=\n"), "ERR_PEM_HEADERS", "A:3000"],
  ["a header and no contents", block("a: b\n\n"), "ERR_PEM_HEADERS", "A:"],
  ["a header right before END", block("a: b\n"), "ERR_PEM_HEADERS", ""],
  [
    "a header right before END, then a block",
    `${block("a: b\n")}${block("MAA=\n", "B")}`,
    "ERR_PEM_HEADERS",
    "B:3000",
  ],
  ["a header after the base64", block("MAA=\na: b\n"), "ERR_PEM_HEADERS", ""],
  ["an END line that reads as a header", `${block("", "A:B")}${block("MAA=\n", "B")}`, "ERR_PEM_BASE64", ""],
  ["headers up to the end of the text", "-----BEGIN A-----\na: b\n-----END :", "ERR_PEM_BOUNDARY", ""],
];

describe("PEM reader", () => {
  test.each(table)("%s", (_, text, safe, go = safe) => {
    expect(read(text)).toBe(safe);
    expect(read(text, "kubernetes")).toBe(go);
  });

  test("headers are given in Kubernetes mode, trimmed as Go trims, the last of a name winning", () => {
    const text = block(
      "Proc-Type: 4,ENCRYPTED\n \u0085x \u00A0:\u2003y\uFEFF\na:1\na:2:3\n__proto__: z\n\nMAA=\n",
    );
    expect([...parsePem(text, { mode: "kubernetes" })[0]!.headers!]).toEqual([
      ["Proc-Type", "4,ENCRYPTED"],
      ["x", "y\uFEFF"],
      ["a", "2:3"],
      ["__proto__", "z"],
    ]);
    expect(parsePem(block("MAA=\n"), { mode: "kubernetes" })[0]).not.toHaveProperty("headers");
  });

  test("every block and every error knows its line", () => {
    const text = `a\r\n\n${block("MAA=\n")}b\n${block("MAE=\n", "B")}`;
    for (const mode of ["safe", "kubernetes"] as const)
      expect(parsePem(text, { mode }).map(({ line }) => line)).toEqual([3, 7]);
    expect(() => parsePem(`${text}${block("MA\nA?\n")}`)).toThrow(
      expect.objectContaining({ code: "ERR_PEM_BASE64", line: 10 }),
    );
  });

  test("contents do not share memory with anything else", () => {
    expect(parsePem(block("MAA=\n"))[0]!.der.buffer.byteLength).toBe(2);
  });

  test("limits on characters and blocks hold in both modes and can be moved", () => {
    const text = block("MAA=\n");
    const many = text.repeat(513);
    for (const mode of ["safe", "kubernetes"] as const) {
      expect(read(many, mode)).toBe("ERR_PEM_SIZE");
      expect(parsePem(many, { mode, maxBlocks: 513 })).toHaveLength(513);
      expect(read(" ".repeat((1 << 20) + 1), mode)).toBe("ERR_PEM_SIZE");
      expect(read(" ".repeat(1 << 20), mode)).toBe("");
      expect(parsePem(text, { mode, maxCharacters: text.length })).toHaveLength(1);
      expect(() => parsePem(text, { mode, maxCharacters: text.length - 1 })).toThrow(PemError);
      expect(() => parsePem(text, { mode, maxCharacters: Number.NaN })).toThrow(PemError);
    }
  });

  test("an error's message holds no more of the text than a label", () => {
    const secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQ".repeat(3);
    for (const body of [secret, `${secret}?`, `x: ${secret}\n`])
      expect(() => parsePem(block(`${body}\n`))).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining("c2Vj") }),
      );
  });
});

describe("one block", () => {
  const code = (text: string, mode: "safe" | "kubernetes" = "safe"): string | undefined => {
    try {
      pemToDer(text, "CERTIFICATE", { mode });
      return undefined;
    } catch (error) {
      return (error as PemError).code;
    }
  };
  const certificate = block("MAA=\n", "CERTIFICATE");

  test("is given as bytes", () => {
    expect(pemToDer(`text\n${certificate}`, "CERTIFICATE")).toEqual(bytes(0x30, 0));
  });

  test.each([
    ["no block", "", "ERR_PEM_NO_BLOCK", "ERR_PEM_NO_BLOCK"],
    ["a block of another label", block("MAA=\n", "TRUSTED CERTIFICATE"), "ERR_PEM_LABEL", "ERR_PEM_LABEL"],
    ["a second block", certificate + certificate, "ERR_PEM_MULTIPLE", undefined],
    ["a second block of another label", certificate + block("MAA=\n"), "ERR_PEM_MULTIPLE", undefined],
    ["another block first", block("MAA=\n") + certificate, "ERR_PEM_LABEL", "ERR_PEM_LABEL"],
  ])("%s is refused as it should be", (_, text, safe, kubernetes) => {
    expect(code(text)).toBe(safe);
    expect(code(text, "kubernetes")).toBe(kubernetes);
  });
});

describe("PEM writer", () => {
  test("writes 64 characters a line and ends every line", () => {
    expect(encodePem("X509 CRL", new Uint8Array(49))).toBe(
      `-----BEGIN X509 CRL-----\n${"A".repeat(64)}\nAA==\n-----END X509 CRL-----\n`,
    );
    expect(encodePem("X509 CRL", new Uint8Array(48))).toBe(
      `-----BEGIN X509 CRL-----\n${"A".repeat(64)}\n-----END X509 CRL-----\n`,
    );
  });

  test.each(["", " A", "A ", "A--B", "A\nB", "Ä"])("refuses %j as a label", (label) => {
    expect(() => encodePem(label, bytes(0))).toThrow(TypeError);
  });

  test("what is written is read again, in both modes", () => {
    const label = fc.constantFrom("CERTIFICATE", "EC PRIVATE KEY", "A-B c:d");
    const contents = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(fc.tuple(label, contents), { maxLength: 4 }), (blocks) => {
        const text = blocks.map(([name, der]) => encodePem(name, der)).join("text\n");
        for (const mode of ["safe", "kubernetes"] as const)
          expect(parsePem(text, { mode }).map(({ label: name, der }) => [name, der])).toEqual(blocks);
      }),
    );
  });
});

describe("laws", () => {
  const pieces = fc.constantFrom(
    "-----BEGIN A-----",
    "-----END A-----",
    "-----BEGIN ",
    "-----END ",
    "-----",
    "A",
    "B",
    "\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "MAA=",
    "MAAA",
    "=",
    ":",
    "a: b",
    "?",
    "\u00A0",
  );
  const texts = fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join(""));

  test("whatever safe mode reads, Kubernetes mode reads alike", () => {
    const readable = fc.array(fc.oneof(texts, fc.constant(block("MAA=\n"))), { maxLength: 3 });
    fc.assert(
      fc.property(readable, (parts) => {
        const text = parts.join("\n");
        const safe = read(text);
        if (!safe.startsWith("ERR_")) expect(read(text, "kubernetes")).toBe(safe);
      }),
      { numRuns: 2000 },
    );
  });

  test("no text provokes a foreign error", () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.string({ unit: "binary" })), (text) => {
        read(text);
        read(text, "kubernetes");
      }),
    );
  });

  test("the time is linear in the text, whatever is repeated", () => {
    const repeated = [
      "\n-----END ",
      "-----BEGIN A-----\n",
      "-----",
      "-",
      " ",
      "\n",
      "a: b\n",
      "=",
      "A",
      "\n-----END -----BEGIN A-----\nQ",
    ];
    for (const part of repeated)
      for (const around of [(text: string) => text, (text: string) => block(`${text}\n`)])
        for (const mode of ["safe", "kubernetes"] as const) {
          const text = around(part.repeat((1 << 20) / part.length - 40));
          const start = performance.now();
          read(text.slice(0, 1 << 20), mode);
          expect(performance.now() - start).toBeLessThan(1000);
        }
  });
});
