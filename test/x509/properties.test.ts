/** Laws of parsing certificates: what is cut, changed or hostile is refused with an error of our own, at a cost that its length bounds. */
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { DerReader } from "../../src/der/reader.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { type Certificate, parseCertificate, safeParseCertificate } from "../../src/x509/certificate.ts";
import { projectRoot } from "../source-tree.ts";
import { cn, certificate as der, name, o } from "../support/certificate.ts";
import { hostileCertificates } from "../support/hostile-certificates.ts";
import { reencode } from "../support/reencode.ts";
import { soundCertificates } from "./malformed/index.ts";

const modes = ["safe", "kubernetes"] as const;
const plain = soundCertificates["the plain one"]!;
const full = soundCertificates["every extension"]!;

describe("a sound certificate", () => {
  const withoutUniqueIds = Object.entries(soundCertificates).filter(([title]) => !title.includes("unique"));

  test.for(withoutUniqueIds)("encode(parse(der)) = der: %s", ([, bytes]) => {
    expect(reencode(parseCertificate(bytes))).toEqual(bytes);
  });

  test("is refused when it is cut, wherever", () => {
    for (const bytes of [plain, full]) {
      for (let length = 0; length < bytes.length; length++) {
        for (const mode of modes) {
          const result = safeParseCertificate(bytes.subarray(0, length), { mode });
          expect(result.ok || result.error.code).toBe("ERR_DER_TRUNCATED");
        }
      }
    }
  });

  test("is refused, or written again as it is, when any octet of it is any other", () => {
    const accepted = changes(plain, 255).filter(expectRefusedOrIdentical).length;
    expect(accepted).toBeGreaterThan(1000); // octets of the key, of the signature, letters of names
  });

  test("is refused, or written again as it is, when any bit of any extension is turned", () => {
    expect(changes(full, 8).filter(expectRefusedOrIdentical).length).toBeGreaterThan(100);
  });

  test("is not changed by a later change of the input, and does not change it", () => {
    const input = Uint8Array.from(plain);
    const certificate = parseCertificate(input);
    const before = JSON.stringify(certificate);
    expect(input).toEqual(plain);
    input.fill(0);
    expect(JSON.stringify(certificate)).toBe(before);
    expect(certificate.der).toEqual(plain);
  });
});

/** The bytes with one octet replaced: by all 255 others, or only by the 8 that differ in one bit. */
function* changesOf(bytes: Uint8Array, count: 8 | 255): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) {
    for (let change = 0; change < count; change++) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= count === 8 ? 1 << change : change + 1;
      yield changed;
    }
  }
}

const changes = (bytes: Uint8Array, count: 8 | 255): Uint8Array[] => [...changesOf(bytes, count)];

/** Tells whether the bytes are a certificate; if so, its values say all that the bytes say. */
function expectRefusedOrIdentical(bytes: Uint8Array): boolean {
  const result = safeParseCertificate(bytes);
  if (!result.ok) return false;
  if (!Buffer.from(reencode(result.value)).equals(bytes)) expect(reencode(result.value)).toEqual(bytes);
  return true;
}

describe("what safe mode reads, Kubernetes mode reads alike", () => {
  test("for each change of one octet", () => {
    for (const bytes of changesOf(plain, 8)) {
      const safe = safeParseCertificate(bytes);
      if (safe.ok) expectAlike(safe.value, parseCertificate(bytes, { mode: "kubernetes" }));
    }
  });
});

function expectAlike(safe: Certificate, kubernetes: Certificate): void {
  expect(kubernetes.deviations).toEqual([]);
  expect(JSON.stringify(kubernetes)).toBe(JSON.stringify(safe));
}

describe("any bytes", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat({ max: full.length }), fc.nat({ max: 200 }))
        .map(([from, count]) => full.subarray(from, from + count)),
      fc.constantFrom(plain, full),
    ),
    { maxLength: 12 },
  );

  test("are a certificate or refused with a PkiError, in both modes", () => {
    fc.assert(
      fc.property(pieces, fc.constantFrom(...modes), (list, mode) => {
        expectSurvival(new Uint8Array(Buffer.concat(list)), mode);
      }),
      { numRuns: 2000 },
    );
  });

  test("of 64 KiB too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60_000, maxLength: 65_536, size: "max" }), (bytes) => {
        expectSurvival(bytes, "kubernetes");
      }),
      { numRuns: 20 },
    );
  });
});

/** Parses and reads everything; a PkiError is fine, any other error is not. */
function expectSurvival(bytes: Uint8Array, mode: "safe" | "kubernetes"): void {
  try {
    const certificate = parseCertificate(bytes, { mode });
    expect(certificate.der.length).toBe(bytes.length);
    JSON.stringify(certificate); // no getter throws on what parsing let through
    expect(certificate.extensions.length).toBeLessThan(bytes.length);
    parseIdentity(certificate, { mode });
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    expect(error.code).toMatch(/^ERR_(DER|CERTIFICATE|IDENTITY)_/);
  }
}

describe("hostile certificates", () => {
  /** Elements opened, errors made, and octets compared or decoded are what parsing costs; the first two can be counted. */
  function work(bytes: Uint8Array, mode: "safe" | "kubernetes"): number {
    const methods = DerReader.prototype as unknown as Record<"header" | "place", () => unknown>;
    const spies = [vi.spyOn(methods, "header"), vi.spyOn(methods, "place")];
    try {
      const result = safeParseCertificate(bytes, { mode, maxBytes: 1 << 20 });
      if (result.ok) JSON.stringify([result.value, result.value.extensions.length]);
      return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  test.for(Object.entries(hostileCertificates))(
    "%s: four times the length is at most five times the work",
    ([, make]) => {
      for (const mode of modes) {
        const [small, large] = [make(15_000), make(60_000)].map((bytes) => work(bytes, mode));
        expect(large).toBeLessThanOrEqual(5 * small! + 50);
        expect(large).toBeLessThanOrEqual(4 * 60_000);
      }
    },
  );

  test("report what a parse of 64 KiB costs (nothing is asserted: machines differ)", () => {
    const rows: Record<string, Record<string, string>> = {};
    for (const [title, make] of Object.entries(hostileCertificates)) {
      const bytes = make(65_000);
      rows[title] = Object.fromEntries(
        modes.map((mode) => [mode, `${milliseconds(bytes, mode).toFixed(1)} ms`]),
      );
    }
    console.info(
      Object.entries(rows)
        .map(([title, row]) => `${row["safe"]} / ${row["kubernetes"]}  ${title}`)
        .join("\n"),
    );
  });

  function milliseconds(bytes: Uint8Array, mode: "safe" | "kubernetes"): number {
    const start = performance.now();
    const result = safeParseCertificate(bytes, { mode });
    if (result.ok) JSON.stringify(result.value);
    return performance.now() - start;
  }
});

describe("names that JavaScript gives a meaning to", () => {
  const reserved = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

  test("are plain values", () => {
    const bytes = der({ subject: name(...reserved.map(o), cn("__proto__")) });
    const identity = parseIdentity(bytes)!;
    expect([identity.user, identity.groups]).toEqual(["__proto__", reserved]);
    expect(JSON.parse(JSON.stringify(identity))).toMatchObject({ user: "__proto__", groups: reserved });
    expect(JSON.stringify(parseCertificate(bytes))).toContain("CN = __proto__");
  });
});

describe("the fuzz corpora of BoringSSL and OpenSSL", () => {
  const path =
    process.env["KUBEPKI_FUZZ_CORPUS"] ?? new URL("../shared/vectors/fuzz-corpus.json.gz", projectRoot);
  const reason = existsSync(path) ? undefined : "no corpus; its path goes into KUBEPKI_FUZZ_CORPUS";
  if (reason) console.warn(`skipped: fuzz corpora: ${reason}`);
  let blobs: Uint8Array[] = [];

  beforeAll(() => {
    if (reason) return;
    const corpus = JSON.parse(gunzipSync(readFileSync(path)).toString()) as { blobs: string[] };
    blobs = corpus.blobs.map((blob) => new Uint8Array(Buffer.from(blob, "base64")));
  });

  test.skipIf(reason)("are read or refused with a PkiError, in both modes", () => {
    expect(blobs.length).toBeGreaterThan(1000);
    for (const blob of blobs) for (const mode of modes) expectSurvival(blob, mode);
  });

  test.skipIf(reason)(
    "are written again as they are, and read alike by both modes, where safe mode reads them",
    () => {
      let accepted = 0;
      for (const blob of blobs) {
        const result = safeParseCertificate(blob);
        if (!result.ok) continue;
        accepted++;
        expectAlike(result.value, parseCertificate(blob, { mode: "kubernetes" }));
        expect(reencode(result.value)).toEqual(blob);
      }
      expect(accepted).toBeGreaterThan(10);
    },
  );
});

describe("prototypes", () => {
  const builtIns = [Object, Array, Map, Set, String, Number, Uint8Array, Error, Function, Date, Promise];
  const snapshot = () =>
    builtIns.flatMap((builtIn) =>
      [Reflect.ownKeys(builtIn), Reflect.ownKeys(builtIn.prototype)].map((keys) => keys.map(String)),
    );
  let before: string[][] = [];
  beforeAll(() => {
    before = snapshot();
  });
  afterAll(() => expect(snapshot()).toEqual(before));

  test("are as they were after every malformed and hostile certificate", () => {
    for (const make of Object.values(hostileCertificates)) {
      for (const mode of modes) expectSurvival(make(2000), mode);
    }
    for (const bytes of changesOf(full, 8)) safeParseCertificate(bytes, { mode: "kubernetes" });
    expect(snapshot()).toEqual(before);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
