/** Lists that come in pieces: the same verdict as for the whole, wherever they are cut, and nothing before the signature holds. */
import { describe, expect, test } from "vitest";
import { nodeStreamingVerifier } from "../../src/node/streaming-verifier.ts";
import { CertificateListChecker } from "../../src/verify/certificate-list-checker.ts";
import { readCertificateList } from "../../src/verify/read-certificate-list.ts";
import type { ReadListOptions } from "../../src/verify/read-certificate-list.ts";
import { verifyCertificateChain } from "../../src/verify/verify-chain.ts";
import { safeParseCertificateList } from "../../src/x509/certificate-list.ts";
import { certificateList, crlNumber, entry, reasonCode, signedList } from "../support/certificate-list.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { hex, int, join, seq } from "../support/tlv.ts";
import { extension } from "../support/certificate.ts";
import { malformedLists } from "../x509/malformed/lists.ts";

const root = party("ca");
const issuer = signedCa(root);
const serials = Array.from({ length: 500 }, (_, i) => i * 7919 + 3);
const long = signedList(root, {
  entries: serials.map((serial, i) => entry(serial, i % 3 ? [] : [reasonCode(1)])),
});

function* pieces(der: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < der.length; at += size) yield der.subarray(at, at + size);
}

const read = (der: Uint8Array, size = 64, options: Partial<ReadListOptions> = {}) =>
  readCertificateList(pieces(der, size), { issuer, ...options });
const codeOf = async (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "good",
    (error: { code?: string }) => error.code ?? "no code",
  );

describe("a list in pieces", () => {
  test.for([1, 2, 3, 7, 64, 1000, 1e6])("of %d bytes is read as the whole", async (size) => {
    const list = await read(long, size, { verifier: nodeStreamingVerifier });
    expect(list.size).toBe(500);
    expect(list.header.crlNumber).toBe("01");
    for (const [i, serial] of serials.entries())
      expect(list.find(serial.toString(16))?.reasonCode).toBe(i % 3 ? undefined : "keyCompromise");
    expect(list.find("4")).toBeUndefined();
  });

  test("without a streaming verifier is verified by WebCrypto", async () => {
    expect((await read(long)).size).toBe(500);
  });

  test("of which some serial numbers are kept tells of those and refuses to tell of others", async () => {
    const list = await read(long, 64, { serialNumbers: ["3", "04"] });
    expect(list.find("03")?.reasonCode).toBe("keyCompromise");
    expect(list.find("4")).toBeUndefined();
    expect(() => list.find("5")).toThrow(TypeError);
  });

  test("is given to a checker as any other", async () => {
    const options = { trustAnchors: [issuer], usage: "any", at: Date.UTC(2026, 0) } as const;
    const revocation = {
      checker: new CertificateListChecker([await read(long)]),
      onUnknown: "refuse",
    } as const;
    const leaf = (serial: number) => signed(party("leaf"), root, { serialNumber: int(serial) });
    await verifyCertificateChain(leaf(4), { ...options, revocation });
    const refused = verifyCertificateChain(leaf(3), { ...options, revocation });
    await expect(refused).rejects.toMatchObject({ code: "ERR_CHAIN_REVOKED" });
    // The CA renewed with another key: this list was verified with the old one.
    const renewed = party("ca", "new key");
    const after = signed(party("leaf"), renewed, { serialNumber: int(4) });
    const unknown = verifyCertificateChain(after, {
      ...options,
      trustAnchors: [signedCa(renewed)],
      revocation,
    });
    await expect(unknown).rejects.toMatchObject({ code: "ERR_CHAIN_REVOCATION_UNKNOWN" });
  });

  test.for(malformedLists)("with a fault is refused: $title", async ({ der }) => {
    expect(safeParseCertificateList(der).ok).toBe(false);
    for (const size of [1, 10, 1e6]) expect(await codeOf(read(der, size))).toMatch(/^ERR_/);
  });

  test("cut anywhere is refused", async () => {
    const short = signedList(root, { entries: [entry(1), entry(2)] });
    for (let end = 0; end < short.length; end++)
      expect(await codeOf(read(short.subarray(0, end)))).toMatch(/^ERR_/);
    expect(await codeOf(read(join(short, hex("00"))))).toBe("ERR_DER_TRAILING_DATA");
  });

  test("changed anywhere is refused", async () => {
    const short = signedList(root, { entries: [entry(1), entry(2)] });
    for (let at = 0; at < short.length; at++) {
      const changed = short.slice();
      changed[at]! ^= 1;
      expect(await codeOf(read(changed, 50))).toMatch(/^ERR_/);
    }
  });

  test("of another CA, or with another key's signature, is refused", async () => {
    expect(await codeOf(read(signedList(party("other"))))).toBe("ERR_CRL_ISSUER");
    expect(await codeOf(read(signedList(party("ca", "other key"))))).toBe("ERR_CRL_SIGNATURE");
    expect(await codeOf(read(certificateList({ issuer: root.subject })))).toBe("ERR_CRL_SIGNATURE");
  });

  test("has limits: its bytes, and those of one element", async () => {
    expect(await codeOf(read(long, 64, { maxBytes: 100 }))).toBe("ERR_DER_SIZE");
    const large = extension("1.2.3", new Uint8Array(70_000));
    expect(await codeOf(read(signedList(root, { entries: [entry(1, [large])] }), 4096))).toBe("ERR_DER_SIZE");
    expect(await codeOf(read(signedList(root, { extensions: [crlNumber(), large] }), 4096))).toBe(
      "ERR_DER_SIZE",
    );
    // A header that promises much costs nothing: bytes that do not come are not waited for in memory.
    expect(await codeOf(read(hex("30 84 03fffff0 30 84 03ffffe0"), 4))).toBe("ERR_DER_TRUNCATED");
  });

  test("an entry that makes the list useless is found in passing", async () => {
    const list = await read(
      signedList(root, { entries: [entry(1), entry(2, [extension("1.2.3", seq(), true)])] }),
    );
    expect(list.header.layout.unusable).toContain("entry 1 has the critical extension");
  });

  test("ends the stream when it is done with it, also by a refusal", async () => {
    let ended = 0;
    function* watched(der: Uint8Array): Generator<Uint8Array> {
      try {
        yield der;
        yield der;
      } finally {
        ended++;
      }
    }
    await expect(readCertificateList(watched(hex("3103")), { issuer })).rejects.toThrow();
    expect(ended).toBe(1);
    await expect(readCertificateList([5 as never], { issuer })).rejects.toThrow(TypeError);
  });
});
