import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PkiError } from "../../src/errors.ts";
import { encodeIdentity, identityRdns } from "../../src/kubernetes/encode-identity.ts";
import type { IdentityNames } from "../../src/kubernetes/identity-rules.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { encodeName, parseName } from "../../src/x509/name-writer.ts";
import { attribute, attributes, certificate, name } from "../support/certificate.ts";
import { fault } from "../support/fault.ts";
import { printable, utf8 } from "../support/tlv.ts";

type Mode = "safe" | "kubernetes";

/** What is read from a certificate with the encoded subject. */
function readBack(names: IdentityNames, mode: Mode): object | undefined {
  const identity = parseIdentity(certificate({ subject: encodeIdentity(names, { mode }) }), { mode });
  return identity && { user: identity.user, groups: identity.groups, uid: identity.uid };
}

const awkward = fc.constantFrom(
  'a"b',
  "a,O=system:masters",
  "a+O=system:masters",
  "a/O=system:masters/CN=admin",
  "O=system:masters",
  "a\\,b",
  "a=b",
  "a\nO=system:masters",
  "a\r\nX-Remote-Group: system:masters",
  "admin\0evil",
  "\0",
  "a\u202eb",
  "\u200fa",
  "\ufeffa",
  "x".repeat(300),
  "ü".repeat(300),
  "__proto__",
  "constructor",
  " a ",
  "\t",
  "System:Masters",
  "u\u0308",
  "*.&",
  "\ud83d\ude00",
  "system:masters",
  "#0c0161",
);
const anyText = fc.oneof(awkward, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
const someText = anyText.filter((text) => text !== "");
const anyIdentity: fc.Arbitrary<IdentityNames> = fc.record(
  {
    user: someText,
    groups: fc.array(anyText, { maxLength: 8 }),
    uid: fc.option(someText, { nil: undefined }),
  },
  { noNullPrototype: true },
);

describe("laws", () => {
  test("in Kubernetes mode any text is read as it was written: same user, same groups in the same order, same uid", () => {
    fc.assert(
      fc.property(anyIdentity, (names) => {
        expect(readBack(names, "kubernetes")).toEqual(names);
      }),
      { numRuns: 500 },
    );
  });

  test("in safe mode a text is read as it was written, or refused before and after by the same code", () => {
    let written = 0;
    fc.assert(
      fc.property(anyIdentity, (names) => {
        let refusal: string | undefined;
        try {
          expect(readBack(names, "safe")).toEqual(names);
          written++;
        } catch (error) {
          if (!(error instanceof PkiError)) throw error;
          refusal = error.code;
        }
        if (refusal === undefined) return;
        const anyway = certificate({ subject: encodeIdentity(names, { mode: "kubernetes" }) });
        expect(fault(() => parseIdentity(anyway)).code).toBe(refusal);
      }),
      { numRuns: 500 },
    );
    expect(written).toBeGreaterThan(50);
  });

  test("no text becomes another group: as many groups are read as were written", () => {
    fc.assert(
      fc.property(awkward, fc.array(awkward, { maxLength: 20 }), (user, groups) => {
        const identity = parseIdentity(
          certificate({ subject: encodeIdentity({ user, groups }, { mode: "kubernetes" }) }),
          {
            mode: "kubernetes",
          },
        );
        expect(identity?.groups).toHaveLength(groups.length);
        expect(identity?.groups.includes("system:masters")).toBe(groups.includes("system:masters"));
      }),
    );
  });

  test("writing what was read gives the same bytes", () => {
    fc.assert(
      fc.property(anyIdentity, (names) => {
        const subject = encodeIdentity(names, { mode: "kubernetes" });
        const identity = parseIdentity(certificate({ subject }), { mode: "kubernetes" })!;
        expect(encodeIdentity(identity, { mode: "kubernetes" })).toEqual(subject);
      }),
    );
  });
});

describe("the subject", () => {
  test("has an RDN for each group in its order, then the user, then the uid as UTF8String", () => {
    const o = (value: string): Uint8Array => attribute(attributes.organization, printable(value));
    const expected = name(
      o("zoo"),
      o("ape"),
      o("zoo"),
      attribute(attributes.commonName, utf8("jane_doe")),
      attribute(attributes.kubernetesUid, utf8("42")),
    );
    const der = encodeIdentity({ user: "jane_doe", groups: ["zoo", "ape", "zoo"], uid: "42" });
    expect(Buffer.from(der).toString("hex")).toBe(Buffer.from(expected).toString("hex"));
  });

  test("is the user alone if there is nothing else", () => {
    expect(parseName(encodeIdentity({ user: "u" })).rdns).toEqual([
      [{ type: "2.5.4.3", value: "u", tag: 19 }],
    ]);
  });

  test("can be given to a template as RDNs", () => {
    const names = { user: "system:node:n", groups: ["system:nodes"], uid: "1" };
    expect(encodeName(identityRdns(names))).toEqual(encodeIdentity(names));
  });
});

describe("nothing is written", () => {
  test.each<[string, IdentityNames]>([
    ["ERR_IDENTITY_NO_USER", { user: "" }],
    ["ERR_IDENTITY_EMPTY_UID", { user: "u", uid: "" }],
    ["ERR_TEMPLATE_NAME", { user: "\ud800" }],
    ["ERR_TEMPLATE_NAME", { user: "u", groups: ["a\udc00"] }],
    ["ERR_CERTIFICATE_NAME", { user: "x".repeat(4097) }],
    ["ERR_CERTIFICATE_NAME", { user: "u", groups: Array.from({ length: 1000 }, (_, i) => `g${i}`) }],
  ])("in either mode if it cannot be read: %s", (code, names) => {
    for (const mode of ["safe", "kubernetes"] as const) {
      expect(fault(() => encodeIdentity(names, { mode })).code).toBe(code);
    }
  });

  test.each<[string, IdentityNames]>([
    ["ERR_IDENTITY_EMPTY_GROUP", { user: "u", groups: [""] }],
    ["ERR_IDENTITY_CONTROL_CHARACTER", { user: "a\nb" }],
    ["ERR_IDENTITY_CONTROL_CHARACTER", { user: "u", groups: ["a\u0085"] }],
    ["ERR_IDENTITY_CONTROL_CHARACTER", { user: "u", uid: "\0" }],
    ["ERR_IDENTITY_INVISIBLE_CHARACTER", { user: "a\u202eb" }],
    ["ERR_IDENTITY_UNAUTHENTICATED_NAME", { user: "system:anonymous" }],
    ["ERR_IDENTITY_UNAUTHENTICATED_NAME", { user: "u", groups: ["system:unauthenticated"] }],
  ])("in safe mode that it would refuse to read: %s", (code, names) => {
    expect(fault(() => encodeIdentity(names)).code).toBe(code);
    expect(fault(() => identityRdns(names)).code).toBe(code);
    expect(readBack(names, "kubernetes")).toMatchObject(names);
  });

  test("unless the caller changes the limits or allows invisible characters", () => {
    expect(encodeIdentity({ user: "x".repeat(4097) }, { maxNameValueBytes: 5000 }).length).toBeGreaterThan(
      4097,
    );
    expect(encodeIdentity({ user: "a\u202eb" }, { allowInvisible: true }).length).toBeGreaterThan(0);
  });
});
