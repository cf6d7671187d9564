/** parse(encode(x)) = x and encode(parse(der)) = der, for every extension of the table and for names. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader } from "../../src/der/reader.ts";
import { compareBytes } from "../../src/bytes.ts";
import type { ExtensionId, ExtensionValues } from "../../src/x509/extensions/index.ts";
import { EXTENSIONS } from "../../src/x509/extensions/index.ts";
import { EXTENSION_READERS } from "../../src/x509/extensions/values.ts";
import { REASON_FLAGS } from "../../src/x509/extensions/crl-distribution-points.ts";
import { EXTENDED_KEY_USAGES } from "../../src/x509/extensions/extended-key-usage.ts";
import type { ExtendedKeyUsage } from "../../src/x509/extensions/extended-key-usage.ts";
import { KEY_USAGES } from "../../src/x509/extensions/key-usage.ts";
import type { GeneralName } from "../../src/x509/general-name-values.ts";
import { encodeExtensionValue } from "../../src/x509/extensions/encode.ts";
import { formatIpAddress, formatIpPrefix } from "../../src/x509/ip-address.ts";
import { encodeName, parseName } from "../../src/x509/name-writer.ts";

const octets = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const label = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const dnsName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const arc = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const oidText = fc
  .tuple(fc.integer({ min: 0, max: 39 }), fc.array(arc, { minLength: 1, maxLength: 5 }))
  .map(([second, rest]) => `1.${second}.${rest.join(".")}`);
const ipText = fc.oneof(octets(4, 4), octets(16, 16)).map(formatIpAddress);
const commonName = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" });

/** Every kind of GeneralName. */
const generalName: fc.Arbitrary<GeneralName> = fc.oneof(
  fc.record({ type: fc.constant("dns" as const), value: dnsName }),
  fc.record({ type: fc.constant("email" as const), value: dnsName.map((domain) => `a@${domain}`) }),
  fc.record({
    type: fc.constant("uri" as const),
    value: dnsName.map((domain) => `spiffe://${domain}/ns/a/sa/b`),
  }),
  fc.record({ type: fc.constant("ip" as const), value: ipText }),
  fc.record({
    type: fc.constant("directoryName" as const),
    name: commonName.map((text) => parseName(encodeName({ commonName: text }))),
  }),
  fc.record({
    type: fc.constant("otherName" as const),
    typeId: oidText,
    der: octets(0, 9).map((content) => Uint8Array.of(4, content.length, ...content)),
  }),
  fc.record({ type: fc.constant("registeredId" as const), value: oidText }),
  fc.record({ type: fc.constantFrom("x400Address" as const, "ediPartyName" as const), der: octets(0, 9) }),
);
const names = fc.array(generalName, { minLength: 1, maxLength: 6 });

const prefix = fc
  .oneof(octets(4, 4), octets(16, 16))
  .chain((address) => fc.tuple(fc.constant(address), fc.integer({ min: 0, max: address.length * 8 })))
  .map(([address, bits]) =>
    formatIpPrefix(
      address,
      address.map((_, i) => 0xff00 >> Math.min(Math.max(bits - i * 8, 0), 8)),
    )!,
  );
const subtree: fc.Arbitrary<GeneralName> = fc.oneof(
  fc.record({ type: fc.constantFrom("dns" as const, "email" as const), value: dnsName }),
  // A constraint on URIs must not be an address, as texts of digits are.
  fc.record({ type: fc.constant("uri" as const), value: dnsName.map((domain) => `.x${domain}`) }),
  fc.record({ type: fc.constant("ip" as const), value: prefix }),
  fc.record({
    type: fc.constant("directoryName" as const),
    name: commonName.map((text) => parseName(encodeName({ organizations: [text] }))),
  }),
);

const count = fc.nat();
/** `fast-check` makes records without a prototype, which `toEqual` tells from others. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(model, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>;

/** One arbitrary for each row of the table; the type makes sure that none is missing. */
const values: { [Id in ExtensionId]: fc.Arbitrary<ExtensionValues[Id]> } = {
  subjectKeyIdentifier: octets(0, 40),
  keyUsage: fc.subarray([...KEY_USAGES], { minLength: 1 }),
  subjectAltName: names,
  basicConstraints: fc.oneof(
    fc.record({ ca: fc.boolean() }, { noNullPrototype: true }),
    fc.record({ ca: fc.constant(true), pathLength: count }, { noNullPrototype: true }),
  ),
  nameConstraints: fc
    .record({ permitted: fc.array(subtree, { maxLength: 4 }), excluded: fc.array(subtree, { maxLength: 4 }) })
    .filter(({ permitted, excluded }) => permitted.length + excluded.length > 0),
  crlDistributionPoints: fc.array(
    record({
      fullName: names,
      reasons: fc.subarray([...REASON_FLAGS], { minLength: 1 }),
      crlIssuer: names,
    }).filter((point) => Object.keys(point).length > 0),
    { minLength: 1, maxLength: 3 },
  ),
  certificatePolicies: fc.uniqueArray(
    fc.oneof(
      fc.record({ policyIdentifier: oidText }, { noNullPrototype: true }),
      fc.record(
        {
          policyIdentifier: oidText,
          policyQualifiers: octets(0, 9).map((content) => Uint8Array.of(0x30, content.length, ...content)),
        },
        { noNullPrototype: true },
      ),
    ),
    { minLength: 1, maxLength: 4, selector: ({ policyIdentifier }) => policyIdentifier },
  ),
  policyMappings: fc.array(fc.record({ issuerDomainPolicy: oidText, subjectDomainPolicy: oidText }), {
    minLength: 1,
    maxLength: 4,
  }),
  authorityKeyIdentifier: record({
    keyIdentifier: octets(0, 20),
    authorityCertIssuer: names,
    authorityCertSerialNumber: fc.constantFrom("01", "7f", "0080", "ff01"),
  }),
  policyConstraints: record({ requireExplicitPolicy: count, inhibitPolicyMapping: count }).filter(
    (value) => Object.keys(value).length > 0,
  ),
  extendedKeyUsage: fc.array(
    fc.oneof(
      fc.constantFrom(...(Object.keys(EXTENDED_KEY_USAGES) as ExtendedKeyUsage[])),
      oidText.filter(
        (oid) => !Object.values<string>(EXTENDED_KEY_USAGES).includes(oid),
      ) as fc.Arbitrary<ExtendedKeyUsage>,
    ),
    { minLength: 1, maxLength: 6 },
  ),
  inhibitAnyPolicy: count,
  authorityInfoAccess: fc.array(fc.record({ accessMethod: oidText, accessLocation: generalName }), {
    minLength: 1,
    maxLength: 4,
  }),
};

function read<Id extends ExtensionId>(id: Id, der: Uint8Array): ExtensionValues[Id] {
  const reader = new DerReader(der);
  const value = EXTENSION_READERS[id](reader, {});
  reader.end();
  return value;
}

describe.for(Object.keys(EXTENSIONS) as ExtensionId[])("%s", (id) => {
  test("reading what was written gives the same value, writing it again the same bytes", () => {
    fc.assert(
      fc.property(values[id] as fc.Arbitrary<ExtensionValues[ExtensionId]>, (value) => {
        const der = encodeExtensionValue(id, value);
        const back = read(id, der);
        expect(back).toEqual(value);
        expect(compareBytes(encodeExtensionValue(id, back), der)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test("the check that makes no values stops where the reader stops", () => {
    fc.assert(
      fc.property(values[id] as fc.Arbitrary<ExtensionValues[ExtensionId]>, (value) => {
        const reader = new DerReader(encodeExtensionValue(id, value));
        EXTENSIONS[id].walk(reader, {});
        reader.end();
      }),
      { numRuns: 50 },
    );
  });
});

describe("names", () => {
  const attribute = fc.record({ type: oidText, value: commonName });

  test("RDNs keep their order and their attributes", () => {
    fc.assert(
      fc.property(fc.array(fc.array(attribute, { minLength: 1, maxLength: 1 }), { maxLength: 8 }), (rdns) => {
        const der = encodeName(rdns);
        const name = parseName(der);
        expect(name.rdns.map((rdn) => rdn.map(({ type, value }) => ({ type, value })))).toEqual(rdns);
        expect(compareBytes(encodeName(name.rdns), der)).toBe(0);
      }),
    );
  });

  test("a SET is written in DER order whatever order it is given in", () => {
    fc.assert(
      fc.property(fc.array(attribute, { minLength: 2, maxLength: 6 }), (rdn) => {
        const der = encodeName([rdn]);
        expect(compareBytes(encodeName([[...rdn].reverse()]), der)).toBe(0);
        expect(compareBytes(encodeName(parseName(der).rdns), der)).toBe(0);
      }),
    );
  });
});
