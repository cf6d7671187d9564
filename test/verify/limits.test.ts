/** What a hostile chain may cost, counted. */
import { describe, expect, test } from "vitest";
import { ChainError } from "../../src/errors.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { CertificatePool } from "../../src/verify/certificate-pool.ts";
import { verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import type { VerifyChainSyncOptions } from "../../src/verify/verify-chain.ts";
import {
  basicConstraints,
  dnsName,
  extension,
  extensionIds,
  subjectAltName,
} from "../support/certificate.ts";
import { party, signed, signedCa, type Party } from "../support/chain.ts";
import { ctx, int, seq } from "../support/tlv.ts";

const root = party("root");
const rootDer = signedCa(root);
const alice = party("alice");

/** The length of the chain or the error, how many signatures were checked, and how long it took. */
function measure(leaf: Uint8Array, options: Partial<VerifyChainSyncOptions>) {
  let checks = 0;
  let answer: number | ChainError;
  const start = performance.now();
  try {
    answer = verifyCertificateChainSync(leaf, {
      trustAnchors: [rootDer],
      usage: "clientAuth",
      at: new Date("2026-06-01T00:00:00Z"),
      verifySignature: (...parts) => {
        checks++;
        return verifySignatureSync(...parts);
      },
      ...options,
    }).certificates.length;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    answer = error;
  }
  return { answer, checks, milliseconds: performance.now() - start };
}

const parties = (count: number, prefix: string): Party[] =>
  Array.from({ length: count }, (_, i) => party(`${prefix} ${i}`));

/** A certificate of each by each. */
const mesh = (members: readonly Party[]): Uint8Array[] =>
  members.flatMap((subject) => members.filter((by) => by !== subject).map((by) => signedCa(subject, by)));

describe("strangers", () => {
  const strangers = parties(1000, "stranger").map((stranger) => signedCa(stranger));
  const intermediate = party("intermediate");
  const leaf = signed(alice, intermediate);
  const needed = signedCa(intermediate, root);

  test("a thousand useless intermediates cost no signature check", () => {
    const intermediates = [...strangers, needed];
    expect(measure(leaf, { intermediates })).toMatchObject({ answer: 3, checks: 2 });
  });

  test("a thousand useless trust anchors cost no signature check", () => {
    const trustAnchors = [...strangers, rootDer];
    expect(measure(leaf, { trustAnchors, intermediates: [needed] })).toMatchObject({ answer: 3, checks: 2 });
  });

  test("a pool finds the same after it was indexed", () => {
    const trustAnchors = new CertificatePool([...strangers, rootDer]);
    const intermediates = new CertificatePool([...strangers, needed]);
    for (let i = 0; i < 12; i++)
      expect(measure(leaf, { trustAnchors, intermediates })).toMatchObject({ answer: 3, checks: 2 });
  });
});

describe("a mesh of cross-signed CAs", () => {
  const members = parties(12, "member");
  const leaf = signed(alice, members[0]);

  test("that leads nowhere is refused without any signature check", () => {
    const { answer, checks } = measure(leaf, { intermediates: mesh(members) });
    expect(answer).toMatchObject({ code: "ERR_CHAIN_UNKNOWN_AUTHORITY" });
    expect(checks).toBe(0);
  });

  test.each([0, 1])("does not cost the good path through %i more of them", (more) => {
    const intermediates = [...mesh(members), signedCa(members[more]!, root)];
    expect(measure(leaf, { intermediates })).toMatchObject({ answer: 3 + more, checks: 2 + more });
  });

  test("below an anchor that signed none of them is refused within the budget", () => {
    const forged = { ...root, key: party("imposter").key };
    const intermediates = [...mesh(members), ...members.map((member) => signedCa(member, forged))];
    const { answer, checks, milliseconds } = measure(leaf, { intermediates });
    expect(answer).toBeInstanceOf(ChainError);
    expect((answer as ChainError).code).toBe("ERR_CHAIN_BUDGET");
    expect(checks).toBeLessThanOrEqual(100);
    expect(milliseconds).toBeLessThan(5000);
  });
});

describe("signature checks", () => {
  const twins = Array.from({ length: 120 }, (_, i) => party("twin", `twin ${i}`));
  const leaf = signed(alice, twins.at(-1));

  test("end at a hundred, with an error of their own", () => {
    const { answer, checks } = measure(leaf, { trustAnchors: twins.map((twin) => signedCa(twin)) });
    expect(answer).toMatchObject({ code: "ERR_CHAIN_BUDGET" });
    expect((answer as ChainError).message).toContain("signatures");
    expect((answer as ChainError).reasons.map(({ code }) => code)).toContain("ERR_CHAIN_SIGNATURE");
    expect(checks).toBe(100);
  });

  test("of one key are asked once, however many certificates have it", () => {
    const renewed = Array.from({ length: 50 }, (_, i) =>
      signedCa(twins[0]!, twins[0], { serialNumber: int(i + 1) }),
    );
    const { answer, checks } = measure(leaf, { trustAnchors: renewed });
    expect(answer).toMatchObject({ code: "ERR_CHAIN_SIGNATURE" });
    expect(checks).toBe(1);
  });
});

describe("depth", () => {
  const ladder = parties(17, "ca");
  const intermediates = ladder.map((ca, i) => signedCa(ca, ladder[i - 1] ?? root));
  const below = (count: number): Uint8Array => signed(alice, ladder[count - 1]);

  test("eight intermediates are taken by default, nine are not", () => {
    expect(measure(below(8), { intermediates })).toMatchObject({ answer: 10, checks: 9 });
    const { answer, checks } = measure(below(9), { intermediates });
    expect(answer).toMatchObject({ code: "ERR_CHAIN_BUDGET" });
    expect((answer as ChainError).message).toContain("more than 8 intermediates");
    expect(checks).toBe(0);
  });

  test("sixteen are the most that may be asked for", () => {
    expect(measure(below(16), { intermediates, maxIntermediates: 16 })).toMatchObject({ answer: 18 });
    expect(() => measure(below(1), { intermediates, maxIntermediates: 17 })).toThrow(TypeError);
    expect(measure(below(1), { intermediates, maxIntermediates: 0 }).answer).toMatchObject({
      code: "ERR_CHAIN_BUDGET",
    });
  });
});

describe("name constraints", () => {
  const constraints = (count: number): Uint8Array =>
    extension(
      extensionIds.nameConstraints,
      seq(ctx(1, ...Array.from({ length: count }, (_, i) => seq(dnsName(`no${i}.example`))))),
    );
  const named = (count: number): Uint8Array =>
    signed(alice, root, {
      extensions: [subjectAltName(...Array.from({ length: count }, (_, i) => dnsName(`n${i}.example.com`)))],
    });
  const anchor = (count: number): Uint8Array =>
    signedCa(root, root, { extensions: [basicConstraints(), constraints(count)] });

  test("a thousand of them and two thousand names stay within the budget", () => {
    const { answer, milliseconds } = measure(named(2000), { trustAnchors: [anchor(1000)] });
    expect(answer).toBe(2);
    expect(milliseconds).toBeLessThan(2000);
  });

  test("are not looked at before the signatures hold", () => {
    const stranger = { ...root, key: party("imposter").key };
    const leaf = signed(alice, stranger, { extensions: [subjectAltName(dnsName("no1.example"))] });
    expect(measure(leaf, { trustAnchors: [anchor(10)] }).answer).toMatchObject({
      code: "ERR_CHAIN_SIGNATURE",
    });
  });

  test("that go on and on come to an end, with the error of a spent budget", () => {
    const middle = parties(8, "ca");
    const trustAnchors = [rootDer];
    const intermediates = middle.map((ca, i) =>
      signedCa(ca, middle[i - 1] ?? root, { extensions: [basicConstraints(), constraints(2000)] }),
    );
    // Renewed certificates of one CA make many paths, and each is refused for the same name.
    const renewed = Array.from({ length: 30 }, (_, i) =>
      signedCa(middle[7]!, middle[6], {
        serialNumber: int(i + 2),
        extensions: [basicConstraints(), constraints(2000)],
      }),
    );
    const leaf = signed(alice, middle[7], { extensions: [subjectAltName(dnsName("a.no1.example"))] });
    const { answer, milliseconds } = measure(leaf, {
      trustAnchors,
      intermediates: [...intermediates, ...renewed],
    });
    expect(answer).toMatchObject({ code: "ERR_CHAIN_BUDGET" });
    expect(milliseconds).toBeLessThan(5000);
  });
});
