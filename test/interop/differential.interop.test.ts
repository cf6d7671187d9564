import { describe, expect, test } from "vitest";
import { elementsOf, mutate } from "../support/mutate.ts";
import { Random } from "../support/random.ts";
import { chainMade, fuzzCorpus, goMade, oddities, opensslMade } from "./corpus.ts";
import { differences, type Difference } from "./differential.ts";
import type { Referee } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

/**
 * Where this library parts from Go on purpose. The findings of each pattern must turn up in the runs
 * below: a row that no longer describes anything is removed.
 */
const deliberate: readonly { readonly finding: RegExp; readonly reason: string }[] = [];

const isDeliberate = ({ finding, detail }: Difference): boolean =>
  deliberate.some((row) => row.finding.test(`${finding}: ${detail}`));

/** The shortest example of each finding, so that a failure can be read. */
function summary(found: readonly Difference[]): string[] {
  const shortest = new Map<string, Difference>();
  for (const difference of found) {
    const known = shortest.get(difference.finding);
    if (!known || difference.der.length < known.der.length) shortest.set(difference.finding, difference);
  }
  return [...shortest.values()].map(({ finding, detail, der }) => `${finding}: ${detail} [${der}]`);
}

/** All differences that are not deliberate, asked in portions so that a pipe never fills up. */
async function unexplained(referee: Referee, inputs: readonly Uint8Array[]): Promise<string[]> {
  const found: Difference[] = [];
  for (let at = 0; at < inputs.length; at += 1000) {
    const portion = inputs.slice(at, at + 1000).map((der) => differences(referee, der));
    found.push(...(await Promise.all(portion)).flat());
  }
  return summary(found.filter((difference) => !isDeliberate(difference)));
}

const rounds = 20_000;
const seeds = [1, 2, 3];

await describeWithReferee("parseCertificate and parseIdentity against Go and Kubernetes", (referee) => {
  const good = [...goMade(), ...chainMade()];
  const odd = oddities();
  const openssl = opensslMade();
  const fuzz = fuzzCorpus();

  test("agree on certificates that Go wrote and on signed chains", async () => {
    expect(await unexplained(referee, good)).toEqual([]);
  });

  test("agree on every odd certificate of the vectors", async () => {
    expect(odd.length).toBeGreaterThan(800);
    expect(await unexplained(referee, odd)).toEqual([]);
  });

  test.skipIf(openssl.length === 0)(
    "agree on certificates that OpenSSL wrote (skipped without the program)",
    async () => {
      expect(await unexplained(referee, openssl)).toEqual([]);
    },
  );

  test.skipIf(fuzz.length === 0)("agree on a fuzz corpus (skipped without KUBEPKI_FUZZ_CORPUS)", async () => {
    expect(await unexplained(referee, fuzz)).toEqual([]);
  });

  describe.each(seeds)(`agree on ${rounds} damaged certificates each`, (seed) => {
    test(`seed ${seed}`, async () => {
      const random = new Random(seed);
      const pool = [...good, ...odd].flatMap(elementsOf);
      // Good ones twice: damage to what was good reaches deeper.
      const bases = [...good, ...good, ...odd, ...openssl, ...fuzz];
      const damaged = Array.from({ length: rounds }, () => mutate(random.pick(bases), random, pool));
      expect(await unexplained(referee, damaged)).toEqual([]);
    });
  });
});
