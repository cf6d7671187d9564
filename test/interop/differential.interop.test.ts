import { describe, expect, test } from "vitest";
import { elementsOf, mutate } from "../support/mutate.ts";
import { Random } from "../support/random.ts";
import { chainMade, fuzzCorpus, goMade, oddities, opensslMade } from "./corpus.ts";
import { unexplained } from "../support/go-difference.ts";
import { differences } from "./differential.ts";
import type { Referee } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const findings = async (referee: Referee, inputs: readonly Uint8Array[]): Promise<string[]> =>
  unexplained(await differences(referee, inputs));

const rounds = 20_000;
const seeds = [1, 2, 3];

await describeWithReferee("parseCertificate and parseIdentity against Go and Kubernetes", (referee) => {
  const good = [...goMade(), ...chainMade()];
  const odd = oddities();
  const openssl = opensslMade();
  const fuzz = fuzzCorpus();

  test("agree on certificates that Go wrote and on signed chains", async () => {
    expect(await findings(referee, good)).toEqual([]);
  });

  test("agree on every odd certificate of the vectors", async () => {
    expect(odd.length).toBeGreaterThan(800);
    expect(await findings(referee, odd)).toEqual([]);
  });

  test.skipIf(openssl.length === 0)("agree on certificates that OpenSSL wrote", async () => {
    expect(await findings(referee, openssl)).toEqual([]);
  });

  test.skipIf(fuzz.length === 0)("agree on a fuzz corpus (skipped without KUBEPKI_FUZZ_CORPUS)", async () => {
    expect(await findings(referee, fuzz)).toEqual([]);
  });

  describe.each(seeds)(`agree on ${rounds} damaged certificates each`, (seed) => {
    test(`seed ${seed}`, async () => {
      const random = new Random(seed);
      const pool = [...good, ...odd].flatMap(elementsOf);
      // Good ones twice: damage to what was good reaches deeper.
      const bases = [...good, ...good, ...odd, ...openssl, ...fuzz];
      const damaged = Array.from({ length: rounds }, () => mutate(random.pick(bases), random, pool));
      expect(await findings(referee, damaged)).toEqual([]);
    });
  });
});
