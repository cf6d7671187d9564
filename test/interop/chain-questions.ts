/** Chains nobody thought of: kept ones recombined and damaged, and small PKIs grown at random. */
import { readFileSync } from "node:fs";
import { party, signed, type Party } from "../support/chain.ts";
import {
  dnsName,
  extendedKeyUsage,
  extension,
  extensionIds,
  ipAddress,
  keyUsage,
  rfc822Name,
  subjectAltName,
  uri,
  basicConstraints,
  validity,
} from "../support/certificate.ts";
import { mutate } from "../support/mutate.ts";
import type { Random } from "../support/random.ts";
import { bool, ctx, ctxPrimitive, hex, int, oid, seq, utcTime } from "../support/tlv.ts";
import { vectorPath } from "./make-vectors.ts";
import type { Usage } from "./protocol.ts";

export interface ChainQuestion {
  readonly leaf: Uint8Array;
  readonly roots: readonly Uint8Array[];
  readonly intermediates: readonly Uint8Array[];
  readonly time: number;
  readonly usages: readonly Usage[];
}

interface Kept {
  readonly certificates: Record<string, string>;
  readonly cases: readonly {
    readonly time: number;
    readonly roots: readonly string[];
    readonly peers: readonly string[];
  }[];
}

const kept = JSON.parse(readFileSync(vectorPath("go-chains"), "utf8")) as Kept;
const der = (id: string): Uint8Array => new Uint8Array(Buffer.from(kept.certificates[id]!, "base64"));
const times = [1_735_689_600, 1_735_689_600, 1_735_689_600, 1, 4_000_000_000];
const usages: readonly (readonly Usage[])[] = [
  ["clientAuth"],
  ["serverAuth"],
  ["any"],
  ["clientAuth", "serverAuth"],
];

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random.below(1 << 20) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Two kept chains thrown together, with a bit of everything lost, swapped or damaged. */
export function recombined(random: Random): ChainQuestion {
  const one = random.pick(kept.cases);
  const other = random.pick(kept.cases);
  const lose = (list: readonly Uint8Array[]): Uint8Array[] => list.filter(() => random.below(12) > 0);
  const damage = (list: readonly Uint8Array[]): Uint8Array[] =>
    list.map((item) => (random.below(25) === 0 ? mutate(item, random) : item));
  const peers = one.peers.map(der);
  const roots = [...one.roots, ...(random.below(3) === 0 ? other.roots : [])].map(der);
  const strangers = random.below(2) === 0 ? [...other.peers, ...other.roots].map(der) : [];
  return {
    leaf: damage([random.below(10) === 0 ? random.pick([...peers, ...roots, peers[0]!]) : peers[0]!])[0]!,
    roots: damage(lose(shuffled(roots, random))),
    intermediates: damage(lose(shuffled([...peers.slice(1), ...strangers], random))),
    time: random.below(8) === 0 ? random.pick(times) : one.time,
    usages: random.pick(usages),
  };
}

const policy = (n: number): Uint8Array => oid(n === 0 ? "2.5.29.32.0" : `1.3.6.1.4.1.1.${n}`);

const names = (random: Random): Uint8Array =>
  random.pick([
    dnsName("a.example.com"),
    dnsName("example.org"),
    dnsName("*.example.com"),
    ipAddress(hex("0a000001")),
    ipAddress(hex("c0a80001")),
    uri("spiffe://example.com/a"),
    rfc822Name("a@example.com"),
  ]);

const constraint = (random: Random): Uint8Array =>
  seq(
    random.pick([
      dnsName("example.com"),
      dnsName(".example.com"),
      dnsName("org"),
      ipAddress(hex("0a000000ff000000")),
      uri("example.com"),
      rfc822Name("example.com"),
      rfc822Name("a@example.com"),
    ]),
  );

/** Extensions that a CA or a leaf may have; `odds` is one in how many. */
function extensions(random: Random, isCa: boolean): Uint8Array[] {
  const maybe = (odds: number, make: () => Uint8Array): Uint8Array[] =>
    random.below(odds) === 0 ? [make()] : [];
  const { certificatePolicies, policyConstraints, policyMappings, nameConstraints, inhibitAnyPolicy } =
    extensionIds;
  const critical = random.below(2) === 0;
  return [
    ...(isCa
      ? random.below(20) === 0
        ? []
        : [basicConstraints(random.below(5) === 0 ? random.below(3) : undefined)]
      : maybe(6, () => basicConstraints())),
    ...maybe(8, () => (random.below(3) === 0 ? keyUsage(hex("80"), 7) : keyUsage(hex("06"), 1))),
    ...maybe(6, () =>
      random.pick([
        extendedKeyUsage("clientAuth"),
        extendedKeyUsage("serverAuth"),
        extendedKeyUsage("serverAuth", "clientAuth"),
        extendedKeyUsage("any"),
      ]),
    ),
    ...maybe(isCa ? 12 : 2, () =>
      subjectAltName(...Array.from({ length: 1 + random.below(2) }, () => names(random))),
    ),
    ...(isCa
      ? maybe(6, () =>
          extension(
            nameConstraints,
            seq(ctx(random.below(2), constraint(random), constraint(random))),
            critical,
          ),
        )
      : []),
    ...maybe(2, () =>
      extension(
        certificatePolicies,
        seq(
          ...shuffled([0, 1, 2], random)
            .slice(0, 1 + random.below(3))
            .map((n) => seq(policy(n))),
        ),
      ),
    ),
    ...maybe(10, () =>
      extension(
        policyConstraints,
        seq(ctxPrimitive(random.below(2), Uint8Array.of(random.below(3)))),
        critical,
      ),
    ),
    ...(isCa
      ? maybe(10, () =>
          extension(policyMappings, seq(seq(policy(random.below(3)), policy(1 + random.below(2))))),
        )
      : []),
    ...maybe(20, () => extension(inhibitAnyPolicy, int(random.below(3)), critical)),
    ...maybe(40, () => extension("1.2.3.4", bool(true), critical)),
  ];
}

function made(random: Random, subject: Party, by: Party, isCa: boolean): Uint8Array {
  const forged = random.below(15) === 0 ? { ...by, key: subject.key } : by;
  const old = seq(utcTime("200101000000Z"), utcTime("201231235959Z"));
  return signed(subject, forged, {
    serialNumber: int(1 + random.below(1 << 20)),
    validity: random.below(25) === 0 ? old : validity,
    extensions: extensions(random, isCa),
  });
}

/** Up to six CAs that sign each other as it comes, some of them trusted, and a leaf. */
export function grown(random: Random): ChainQuestion {
  const authorities = Array.from({ length: 1 + random.below(6) }, (_, i) =>
    party(`ca ${i}`, random.below(8) === 0 ? `ca ${i} renewed` : `ca ${i}`),
  );
  const roots = authorities
    .filter((_, i) => i === 0 || random.below(4) === 0)
    .map((authority) =>
      made(random, authority, random.below(6) === 0 ? random.pick(authorities) : authority, true),
    );
  const intermediates = Array.from({ length: random.below(2 * authorities.length) }, () => {
    const at = random.below(authorities.length);
    // Mostly from one to the next, so that there are long paths.
    const by = random.below(3) > 0 ? authorities[Math.max(0, at - 1)]! : random.pick(authorities);
    return made(random, authorities[at]!, by, true);
  });
  const issuer = random.below(2) === 0 ? authorities.at(-1)! : random.pick(authorities);
  const leaf = made(random, party("leaf"), issuer, false);
  return {
    leaf,
    roots,
    intermediates: shuffled(intermediates, random),
    time: times[0]!,
    usages: random.pick(usages),
  };
}
