/** Signed chains, right and wrong in one way each, for the authenticator and for Go's verifier. */
import {
  attribute,
  attributes,
  basicConstraints,
  cn,
  dnsName,
  extendedKeyUsage,
  extension,
  extensionIds as ids,
  keyUsage,
  name,
  o,
  subjectAltName,
} from "../../support/certificate.ts";
import {
  bool,
  ctx,
  ctxPrimitive,
  hex,
  int,
  octets,
  oid,
  printable,
  seq,
  set,
  utcTime,
  utf8,
} from "../../support/tlv.ts";
import type { Usage } from "../protocol.ts";
import type { Referee } from "../referee.ts";
import { constrained } from "./name-constraints.ts";
import { algorithms, ecKey, edKey, forge, rsaKey, type Issued, type Wish } from "./forge.ts";

export interface Scenario {
  readonly name: string;
  readonly roots: readonly Issued[];
  /** The leaf first. */
  readonly peers: readonly Issued[];
  readonly time?: number;
  readonly usages?: readonly Usage[];
  readonly allowedNames?: readonly string[];
  readonly uidGateOff?: boolean;
}

/** 2025-01-01, within the validity that certificates get unless they wish otherwise. */
export const noon = 1_735_689_600;
const year = 31_536_000;

const client = extendedKeyUsage("clientAuth");
const certSign = keyUsage(hex("04"), 2);
const caExtensions = [certSign, basicConstraints()];
const span = (from: string, to: string): Uint8Array => seq(utcTime(from), utcTime(to));
const expired = span("200101000000Z", "201231235959Z");
const future = span("300101000000Z", "401231235959Z");

type Make = (wish: Wish) => Promise<Issued>;

interface Pki {
  readonly make: Make;
  readonly root: Issued;
  readonly inter: Issued;
  ca(subjectName: string, wish?: Wish): Promise<Issued>;
  leaf(by: Issued, wish?: Wish): Promise<Issued>;
}

async function pki(referee: Referee): Promise<Pki> {
  const make: Make = (wish) => forge(referee, wish);
  const ca = (subjectName: string, wish: Wish = {}): Promise<Issued> =>
    make({ subjectName, extensions: caExtensions, ...wish });
  const leaf = (by: Issued, wish: Wish = {}): Promise<Issued> =>
    make({ subjectName: "alice", extensions: [client], by, ...wish });
  const root = await ca("root");
  return { make, ca, leaf, root, inter: await ca("inter", { by: root }) };
}

type Scenarios = Promise<readonly Scenario[]>;

async function basics({ root, inter, leaf, ca }: Pki): Scenarios {
  const alice = await leaf(root);
  const below = await leaf(inter);
  const stranger = await ca("stranger");
  const self = await leaf(root, { by: { subject: name(cn("alice")), key: ecKey("alice") } });
  const short = await leaf(root, { validity: span("240601000000Z", "250601000000Z") });
  const start = Date.UTC(2024, 5, 1) / 1000;
  const end = Date.UTC(2025, 5, 1) / 1000;
  const roots = [root];
  return [
    { name: "leaf and root", roots, peers: [alice] },
    { name: "leaf, intermediate and root", roots, peers: [below, inter] },
    { name: "intermediate missing", roots, peers: [below] },
    { name: "the root among the peers too", roots, peers: [below, inter, root] },
    { name: "peers in odd order with strangers", roots, peers: [below, stranger, root, inter] },
    { name: "the intermediate twice", roots, peers: [below, inter, inter] },
    { name: "the leaf among the intermediates", roots, peers: [below, below, inter] },
    { name: "no roots", roots: [], peers: [alice] },
    { name: "another root", roots: [stranger], peers: [alice] },
    { name: "two roots", roots: [stranger, root], peers: [alice] },
    { name: "self-signed leaf that is no root", roots, peers: [self] },
    { name: "self-signed leaf that is a root", roots: [root, self], peers: [self] },
    { name: "leaf is itself a root", roots: [alice], peers: [alice] },
    { name: "leaf is a root and so is its issuer", roots: [alice, root], peers: [alice] },
    { name: "intermediate as anchor", roots: [inter], peers: [below] },
    { name: "intermediate as anchor and among the peers", roots: [inter], peers: [below, inter] },
    { name: "intermediate and root as anchors", roots: [inter, root], peers: [below, inter] },
    { name: "a CA certificate as client", roots, peers: [root] },
    { name: "an intermediate CA as client", roots, peers: [inter] },
    { name: "expired", roots, peers: [await leaf(root, { validity: expired })] },
    { name: "not yet valid", roots, peers: [await leaf(root, { validity: future })] },
    ...[start - 1, start, end, end + 1].map((time, i) => ({
      name: ["one second before notBefore", "at notBefore", "at notAfter", "one second after notAfter"][i]!,
      roots,
      peers: [short],
      time,
    })),
    { name: "far future clock", roots, peers: [alice], time: noon + 100 * year },
    { name: "clock of 1970", roots, peers: [alice], time: 1 },
    { name: "allowed name", roots, peers: [alice], allowedNames: ["foo", "alice"] },
    { name: "name not allowed", roots, peers: [alice], allowedNames: ["foo", "bar"] },
    { name: "empty list of allowed names", roots, peers: [alice], allowedNames: [] },
    { name: "allowed name in another case", roots, peers: [alice], allowedNames: ["Alice"] },
  ];
}

async function identities({ root, leaf }: Pki): Scenarios {
  const roots = [root];
  const uid = (value: string): Uint8Array => attribute(attributes.kubernetesUid, utf8(value));
  const withUid = await leaf(root, { subject: name(cn("alice"), uid("u-1")) });
  return [
    { name: "no CN: no opinion", roots, peers: [await leaf(root, { subject: name(o("g")) })] },
    {
      name: "last CN empty: no opinion",
      roots,
      peers: [await leaf(root, { subject: name(cn("a"), cn("")) })],
    },
    {
      name: "three groups in order",
      roots,
      peers: [await leaf(root, { subject: name(o("c"), o("a"), o("b"), cn("u")) })],
    },
    { name: "UID", roots, peers: [withUid] },
    { name: "UID with the gate off", roots, peers: [withUid], uidGateOff: true },
    {
      name: "two UIDs: error",
      roots,
      peers: [await leaf(root, { subject: name(cn("a"), uid("1"), uid("2")) })],
    },
    { name: "empty UID: error", roots, peers: [await leaf(root, { subject: name(cn("a"), uid("")) })] },
    {
      name: "two UIDs without CN: no opinion",
      roots,
      peers: [await leaf(root, { subject: name(uid("1"), uid("2")) })],
    },
    {
      name: "front proxy with two CNs, first allowed",
      roots,
      peers: [await leaf(root, { subject: name(cn("ok"), cn("no")) })],
      allowedNames: ["ok"],
    },
    {
      name: "front proxy with two CNs, last allowed",
      roots,
      peers: [await leaf(root, { subject: name(cn("no"), cn("ok")) })],
      allowedNames: ["ok"],
    },
  ];
}

async function names({ root, make, ca, leaf }: Pki): Scenarios {
  const utf8Root = root;
  const printableIssuer = { subject: seq(set(seq(oid("2.5.4.3"), printable("root")))), key: root.key };
  const upper = { subject: name(cn("ROOT")), key: root.key };
  const aki = (id: string): Uint8Array =>
    extension(ids.authorityKeyIdentifier, seq(ctxPrimitive(0, hex(id))));
  const ski = (id: string): Uint8Array => extension(ids.subjectKeyIdentifier, octets(hex(id)));
  const withSki = await ca("root", { extensions: [...caExtensions, ski("aa")] });
  const twin = await ca("root", { key: ecKey("twin") });
  const renewed = await ca("root", { serialNumber: int(2) });
  const nameless = await ca("nameless", { subject: seq() });
  return [
    {
      name: "issuer as PrintableString, root as UTF8String",
      roots: [utf8Root],
      peers: [await make({ extensions: [client], by: printableIssuer })],
    },
    {
      name: "issuer in another case",
      roots: [root],
      peers: [await make({ extensions: [client], by: upper })],
    },
    {
      name: "AKI that is not the root's SKI",
      roots: [withSki],
      peers: [await leaf(withSki, { extensions: [client, aki("bb")] })],
    },
    {
      name: "AKI and a root without SKI",
      roots: [root],
      peers: [await leaf(root, { extensions: [client, aki("bb")] })],
    },
    {
      name: "AKI that is the root's SKI",
      roots: [withSki],
      peers: [await leaf(withSki, { extensions: [client, aki("aa")] })],
    },
    { name: "two roots of one name, other keys", roots: [twin, root], peers: [await leaf(root)] },
    { name: "a root of the right name and the wrong key", roots: [twin], peers: [await leaf(root)] },
    { name: "old and renewed root with one key", roots: [root, renewed], peers: [await leaf(root)] },
    { name: "renewed root only", roots: [renewed], peers: [await leaf(root)] },
    { name: "a CA with an empty subject", roots: [nameless], peers: [await leaf(nameless)] },
  ];
}

async function usagesAndConstraints({ root, inter, ca, leaf }: Pki): Scenarios {
  const roots = [root];
  const leafWith = async (label: string, extensions: Uint8Array[]): Promise<Scenario> => ({
    name: `leaf with ${label}`,
    roots,
    peers: [await leaf(root, { extensions })],
  });
  const rootWith = async (label: string, wish: Wish): Promise<Scenario> => {
    const own = await ca("own root", wish);
    return { name: `root with ${label}`, roots: [own], peers: [await leaf(own)] };
  };
  const interWith = async (label: string, wish: Wish): Promise<Scenario> => {
    const own = await ca("own inter", { by: root, ...wish });
    return { name: `intermediate with ${label}`, roots, peers: [await leaf(own), own] };
  };
  const unknown = extension("1.2.3.4", hex("0500"), true);
  const server = extendedKeyUsage("serverAuth");
  const caFalse = extension(ids.basicConstraints, seq(), true);
  const notCritical = extension(ids.basicConstraints, seq(bool(true)));
  const rsaKeyNotation = keyUsage(hex("80"), 7);
  const both = [
    ["nothing special", caExtensions],
    ["no extensions", undefined],
    ["no basic constraints", [certSign]],
    ["CA FALSE", [certSign, caFalse]],
    ["basic constraints not critical", [certSign, notCritical]],
    ["no key usage", [basicConstraints()]],
    ["key usage without keyCertSign", [rsaKeyNotation, basicConstraints()]],
    ["path length 0", [certSign, basicConstraints(0)]],
    ["serverAuth only", [...caExtensions, server]],
    ["clientAuth only", [...caExtensions, client]],
    ["anyExtendedKeyUsage", [...caExtensions, extendedKeyUsage("any")]],
    ["serverAuth and clientAuth", [...caExtensions, extendedKeyUsage("serverAuth", "clientAuth")]],
    ["an empty EKU", [...caExtensions, extension(ids.extendedKeyUsage, seq())]],
    ["an unknown EKU", [...caExtensions, extension(ids.extendedKeyUsage, seq(oid("1.2.3.4")))]],
    ["an unknown critical extension", [...caExtensions, unknown]],
  ] as const;
  const v1 = { version: new Uint8Array() };
  return [
    ...(await Promise.all([
      leafWith("no EKU", []),
      leafWith("clientAuth", [client]),
      leafWith("serverAuth", [server]),
      leafWith("both", [extendedKeyUsage("serverAuth", "clientAuth")]),
      leafWith("anyExtendedKeyUsage", [extendedKeyUsage("any")]),
      leafWith("an empty EKU", [extension(ids.extendedKeyUsage, seq())]),
      leafWith("an unknown EKU", [extension(ids.extendedKeyUsage, seq(oid("1.2.3.4")))]),
      leafWith("critical clientAuth", [extension(ids.extendedKeyUsage, seq(oid("1.3.6.1.5.5.7.3.2")), true)]),
      leafWith("key usage without digitalSignature", [client, keyUsage(hex("20"), 5)]),
      leafWith("CA TRUE", [client, basicConstraints()]),
      leafWith("an unknown critical extension", [client, unknown]),
      leafWith("critical name constraints on a directory name", [
        client,
        extension(ids.nameConstraints, seq(ctx(0, seq(ctx(4, name(cn("x")))))), true),
      ]),
      leafWith("a critical SAN of otherName only", [
        client,
        extension(ids.subjectAltName, seq(ctx(0, oid("1.2.3"), ctx(0, utf8("x")))), true),
      ]),
      leafWith("critical policy constraints", [
        client,
        extension(ids.policyConstraints, seq(ctxPrimitive(0, hex("00"))), true),
      ]),
      leafWith("critical inhibitAnyPolicy", [client, extension(ids.inhibitAnyPolicy, int(0), true)]),
    ])),
    ...(await Promise.all(
      both.flatMap(([label, extensions]) => {
        const wish: Wish = extensions ? { extensions } : { rawExtensions: new Uint8Array() };
        return [rootWith(label, wish), interWith(label, wish)];
      }),
    )),
    await rootWith("version 1", { ...v1, rawExtensions: new Uint8Array() }),
    await interWith("version 1", { ...v1, rawExtensions: new Uint8Array() }),
    await rootWith("version 2", { version: ctx(0, int(1)), rawExtensions: new Uint8Array() }),
    await interWith("version 2", { version: ctx(0, int(1)), rawExtensions: new Uint8Array() }),
    await rootWith("a past validity", { validity: expired }),
    await interWith("a past validity", { validity: expired }),
    await rootWith("a future validity", { validity: future }),
    await interWith("a future validity", { validity: future }),
    { name: "server usage asked of a client leaf", roots, peers: [await leaf(root)], usages: ["serverAuth"] },
    {
      name: "any usage asked of a server leaf",
      roots,
      peers: [await leaf(inter, { extensions: [server] }), inter],
      usages: ["any"],
    },
    { name: "one of two usages", roots, peers: [await leaf(root)], usages: ["serverAuth", "clientAuth"] },
  ];
}

async function pathLengths({ ca, leaf }: Pki): Scenarios {
  const limited = (limit: number): Uint8Array[] => [certSign, basicConstraints(limit)];
  const zero = await ca("zero", { extensions: limited(0) });
  const one = await ca("one", { extensions: limited(1) });
  const underZero = await ca("under zero", { by: zero });
  const underOne = await ca("under one", { by: one });
  const second = await ca("second", { by: underOne });
  const issuedBySelf = await ca("zero", { by: zero, key: ecKey("zero, next"), subject: zero.subject });
  const selfOne = await ca("one", { by: one, key: ecKey("one, next"), subject: one.subject });
  const afterSelfOne = await ca("after self one", { by: selfOne });
  const caUnderZero = await ca("ca as client", { by: zero });
  return [
    { name: "path length 0, leaf", roots: [zero], peers: [await leaf(zero)] },
    { name: "path length 0, one intermediate", roots: [zero], peers: [await leaf(underZero), underZero] },
    { name: "path length 1, one intermediate", roots: [one], peers: [await leaf(underOne), underOne] },
    { name: "path length 1, two intermediates", roots: [one], peers: [await leaf(second), second, underOne] },
    {
      name: "path length 0, self-issued intermediate",
      roots: [zero],
      peers: [await leaf(issuedBySelf), issuedBySelf],
    },
    {
      name: "path length 1, self-issued and one more",
      roots: [one],
      peers: [await leaf(afterSelfOne), afterSelfOne, selfOne],
    },
    { name: "path length 0, the leaf is a CA", roots: [zero], peers: [caUnderZero] },
  ];
}

/** RFC 5280 section 6.1, policies: Go processes them since 1.24, though Kubernetes asks for none. */
async function policies({ root, ca, leaf }: Pki): Scenarios {
  const asserted = (...list: string[]): Uint8Array =>
    extension(ids.certificatePolicies, seq(...list.map((item) => seq(oid(item)))));
  const required = (skip: number): Uint8Array =>
    extension(ids.policyConstraints, seq(ctxPrimitive(0, int(skip).subarray(2))), true);
  const inhibited = extension(ids.inhibitAnyPolicy, int(0), true);
  const noMapping = extension(ids.policyConstraints, seq(ctxPrimitive(1, int(0).subarray(2)), ctx(2)), true);
  const mapped = extension(ids.policyMappings, seq(seq(oid("1.2.3"), oid("1.2.4"))));
  const mappedAny = extension(ids.policyMappings, seq(seq(oid("2.5.29.32.0"), oid("1.2.4"))));
  const chain = async (label: string, inter: Uint8Array[], below: Uint8Array[]): Promise<Scenario> => {
    const own = await ca(`policy ${label}`, { by: root, extensions: [...caExtensions, ...inter] });
    const peer = await leaf(own, { extensions: [client, ...below] });
    return { name: `policies: ${label}`, roots: [root], peers: [peer, own] };
  };
  const strictRoot = await ca("strict root", { extensions: [...caExtensions, required(0)] });
  return [
    await chain("none required, none asserted", [], []),
    await chain("none required, different ones", [asserted("1.2.3")], [asserted("1.2.4")]),
    await chain("required, both assert the same", [required(0), asserted("1.2.3")], [asserted("1.2.3")]),
    await chain("required, different ones", [required(0), asserted("1.2.3")], [asserted("1.2.4")]),
    await chain("required, leaf asserts none", [required(0), asserted("1.2.3")], []),
    await chain("required, intermediate asserts none", [required(0)], [asserted("1.2.3")]),
    await chain("required after one more, leaf asserts none", [required(1), asserted("1.2.3")], []),
    await chain("required after two more, leaf asserts none", [required(2), asserted("1.2.3")], []),
    await chain(
      "required, intermediate asserts any",
      [required(0), asserted("2.5.29.32.0")],
      [asserted("1.2.3")],
    ),
    await chain("required, leaf asserts any", [required(0), asserted("1.2.3")], [asserted("2.5.29.32.0")]),
    await chain(
      "required, any on both, inhibited",
      [required(0), asserted("2.5.29.32.0"), inhibited],
      [asserted("2.5.29.32.0")],
    ),
    await chain("required, mapped", [required(0), asserted("1.2.3"), mapped], [asserted("1.2.4")]),
    await chain(
      "required, mapped, leaf asserts the old",
      [required(0), asserted("1.2.3"), mapped],
      [asserted("1.2.3")],
    ),
    await chain("mapping anyPolicy", [asserted("2.5.29.32.0"), mappedAny], [asserted("1.2.4")]),
    await chain("required by the leaf, which asserts none", [], [required(0)]),
    await chain("required by the leaf, which asserts", [asserted("1.2.3")], [required(0), asserted("1.2.3")]),
    await chain("nonsense beside inhibited mapping", [noMapping], []),
    { name: "policies: required by the root", roots: [strictRoot], peers: [await leaf(strictRoot)] },
  ];
}

async function crossSigned({ ca, leaf, root }: Pki): Scenarios {
  const other = await ca("other root");
  const a = await ca("a", { by: root });
  const aByOther = await ca("a", { by: other, key: a.key });
  const aExpired = await ca("a", { by: root, key: a.key, validity: expired });
  const b = await ca("b", { by: a });
  const aByB = await ca("a", { by: b, key: a.key });
  const peer = await leaf(a);
  const longKey = ecKey("loop");
  const loopA = await ca("loop a", { by: { subject: name(cn("loop b")), key: longKey }, key: longKey });
  const loopB = await ca("loop b", { by: { subject: name(cn("loop a")), key: longKey }, key: longKey });
  const chain = [root];
  for (let i = 0; i < 8; i++) chain.push(await ca(`level ${i}`, { by: chain.at(-1)! }));
  return [
    { name: "cross-signed, both roots", roots: [root, other], peers: [peer, a, aByOther] },
    { name: "cross-signed, one root", roots: [other], peers: [peer, a, aByOther] },
    { name: "cross-signed, the good path last", roots: [root], peers: [peer, aByOther, a] },
    { name: "the same CA, expired and valid", roots: [root], peers: [peer, aExpired, a] },
    { name: "the same CA, expired only", roots: [root], peers: [peer, aExpired] },
    { name: "a loop beside the good path", roots: [root], peers: [peer, aByB, b, a] },
    { name: "only a loop", roots: [root], peers: [await leaf(loopA), loopA, loopB] },
    { name: "eight intermediates", roots: [root], peers: [await leaf(chain.at(-1)!), ...chain.slice(1)] },
    {
      name: "eight intermediates reversed",
      roots: [root],
      peers: [await leaf(chain.at(-1)!), ...chain.slice(1).reverse()],
    },
  ];
}

async function signatures({ ca, leaf, root, make }: Pki): Scenarios {
  const by = async (label: string, wish: Wish, leafWish: Wish = {}): Promise<Scenario> => {
    const own = await ca(`${label} root`, wish);
    return { name: `signed with ${label}`, roots: [own], peers: [await leaf(own, leafWish)] };
  };
  const big = rsaKey("rsa");
  const small = rsaKey("small rsa", 1024);
  const tiny = rsaKey("tiny rsa", 768);
  return [
    await by("Ed25519", { key: edKey("ed root") }, { key: edKey("ed leaf") }),
    await by("P-384", { key: ecKey("p384 root") }),
    await by("ECDSA and SHA-512", {}, { algorithm: algorithms.ecdsaWithSha512 }),
    await by("ECDSA and SHA-384 by P-256", {}, { algorithm: algorithms.ecdsaWithSha384 }),
    await by("ECDSA and SHA-1", {}, { algorithm: algorithms.ecdsaWithSha1 }),
    await by("RSA 2048", { key: big }),
    await by("RSA 2048 and SHA-384", { key: big }, { algorithm: algorithms.rsaWithSha384 }),
    await by("RSA 2048 and SHA-512", { key: big }, { algorithm: algorithms.rsaWithSha512 }),
    await by("RSA 2048 and SHA-1", { key: big }, { algorithm: algorithms.rsaWithSha1 }),
    await by("RSA 2048 and MD5", { key: big }, { algorithm: algorithms.rsaWithMd5 }),
    await by("RSA 1024", { key: small }),
    await by("RSA 768", { key: tiny }),
    await by("a root that signs itself with SHA-1", { key: big, algorithm: algorithms.rsaWithSha1 }),
    await by("an unknown algorithm", {}, { algorithm: { identifier: seq(oid("1.2.3.4")), hash: "SHA-256" } }),
    await by("RSA's algorithm and an EC key", {}, { algorithm: algorithms.rsaWithSha256 }),
    { name: "a wrong signature on the leaf", roots: [root], peers: [await leaf(root, { spoil: true })] },
    {
      name: "a wrong signature on the root",
      roots: [await ca("bad root", { spoil: true })],
      peers: [await leaf({ subject: name(cn("bad root")), key: ecKey("bad root"), der: new Uint8Array() })],
    },
    {
      name: "a leaf with an RSA key of 768 bits",
      roots: [root],
      peers: [await make({ by: root, key: tiny, extensions: [client] })],
    },
    {
      name: "a leaf with an unknown key",
      roots: [root],
      peers: [await leaf(root, { subjectPublicKeyInfo: seq(seq(oid("1.2.3")), hex("030100")) })],
    },
  ];
}

async function nameConstraints({ ca, leaf, root }: Pki): Scenarios {
  const scenario = async (
    [label, constraint, given]: (typeof constrained)[number],
    critical: boolean,
  ): Promise<Scenario> => {
    const rule = extension(ids.nameConstraints, constraint, critical);
    const own = await ca(`nc ${label}`, { extensions: [...caExtensions, rule] });
    const extensions = given ? [client, subjectAltName(...given)] : [client];
    return { name: `name constraints: ${label}`, roots: [own], peers: [await leaf(own, { extensions })] };
  };
  const rule = extension(ids.nameConstraints, seq(ctx(0, seq(dnsName("example.com")))), true);
  const limited = await ca("nc inter", { by: root, extensions: [...caExtensions, rule] });
  const wide = await ca("nc wide", { extensions: [...caExtensions, rule] });
  const wrongInter = await ca("nc wrong inter", {
    by: wide,
    extensions: [...caExtensions, subjectAltName(dnsName("example.org"))],
  });
  const selfBad = await ca("nc self", {
    extensions: [...caExtensions, rule, subjectAltName(dnsName("example.org"))],
  });
  const good = [client, subjectAltName(dnsName("a.example.com"))];
  const bad = [client, subjectAltName(dnsName("a.example.org"))];
  return [
    ...(await Promise.all(constrained.map((row) => scenario(row, true)))),
    await scenario(constrained[2]!, false),
    {
      name: "name constraints on the intermediate, inside",
      roots: [root],
      peers: [await leaf(limited, { extensions: good }), limited],
    },
    {
      name: "name constraints on the intermediate, outside",
      roots: [root],
      peers: [await leaf(limited, { extensions: bad }), limited],
    },
    {
      name: "name constraints on the root, intermediate outside",
      roots: [wide],
      peers: [await leaf(wrongInter, { extensions: good }), wrongInter],
    },
    {
      name: "name constraints on a root that is outside itself",
      roots: [selfBad],
      peers: [await leaf(selfBad, { extensions: good })],
    },
    {
      name: "name constraints on the leaf itself",
      roots: [root],
      peers: [await leaf(root, { extensions: [client, rule, subjectAltName(dnsName("x.org"))] })],
    },
  ];
}

/** Every chain that is kept as a vector. */
export async function scenarios(referee: Referee): Promise<readonly Scenario[]> {
  const world = await pki(referee);
  const groups = [
    basics,
    identities,
    names,
    usagesAndConstraints,
    pathLengths,
    policies,
    crossSigned,
    signatures,
    nameConstraints,
  ];
  const lists: (readonly Scenario[])[] = [];
  for (const group of groups) lists.push(await group(world));
  return lists.flat();
}
