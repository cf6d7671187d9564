import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { safely } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { CREDENTIAL_ID_KEY, Identity, parseIdentity } from "../../src/kubernetes/identity.ts";
import { encodePem } from "../../src/pem.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import {
  attribute,
  attributes,
  basicConstraints,
  certificate,
  cn,
  dnsName,
  extendedKeyUsage,
  name,
  o,
  rfc822Name,
  subjectAltName,
} from "../support/certificate.ts";
import { fault } from "../support/fault.ts";
import {
  bmp,
  general,
  hex,
  ia5,
  int,
  join,
  numeric,
  octets,
  printable,
  seq,
  set,
  t61,
  tlv,
  universal,
  utf8,
  visible,
} from "../support/tlv.ts";

const commonName = (value: Uint8Array): Uint8Array => attribute(attributes.commonName, value);
const organization = (value: Uint8Array): Uint8Array => attribute(attributes.organization, value);
const uid = (value: Uint8Array): Uint8Array => attribute(attributes.kubernetesUid, value);
const withSubject = (subject: Uint8Array): Uint8Array => certificate({ subject });

/** The answer as text: user, groups and uid, "nobody", or the code of the refusal. */
function answer(subject: Uint8Array, mode: "safe" | "kubernetes", allowInvisible = false): string {
  const result = safely(() => parseIdentity(withSubject(subject), { mode, allowInvisible }));
  if (!result.ok) return result.error.code;
  if (result.value === undefined) return "nobody";
  const { user, groups, uid: id } = result.value;
  return JSON.stringify(id === undefined ? [user, ...groups] : [user, ...groups, { uid: id }]);
}

type Row = readonly [what: string, subject: Uint8Array, kubernetes: string, safe?: ErrorCode];
const both = (...names: (string | object)[]): string => JSON.stringify(names);

// Kubernetes' answers were taken from Go 1.26.10 and k8s.io/apiserver 0.36.4; test/vectors/go-subjects.json has more of them.
const structure: Row[] = [
  [
    "the last of two CNs",
    name(cn("first"), cn("second")),
    both("second"),
    "ERR_IDENTITY_MULTIPLE_COMMON_NAMES",
  ],
  ["the last CN of one unsorted RDN", seq(set(cn("bbb"), cn("aaa"))), both("aaa"), "ERR_DER_SET_ORDER"],
  [
    "the last CN of one sorted RDN",
    seq(set(cn("aaa"), cn("bbb"))),
    both("bbb"),
    "ERR_IDENTITY_MULTIPLE_COMMON_NAMES",
  ],
  ["every O in encoded order", name(o("z"), o("a"), cn("u")), both("u", "z", "a")],
  ["every O, twice if it is there twice", name(cn("u"), o("a"), o("a")), both("u", "a", "a")],
  ["O and CN of one RDN", seq(set(cn("u"), o("g"))), both("u", "g")],
  ["O and CN of one unsorted RDN", seq(set(o("g"), cn("u"))), both("u", "g"), "ERR_DER_SET_ORDER"],
  ["O on both sides of CN", name(o("1"), cn("u"), o("2"), o("3")), both("u", "1", "2", "3")],
  ["an empty CN", name(cn("")), "nobody"],
  ["an empty subject", seq(), "nobody"],
  ["groups without a user", name(o("system:masters")), "nobody"],
  ["a CN that an empty one follows", name(cn("x"), cn("")), "nobody", "ERR_IDENTITY_MULTIPLE_COMMON_NAMES"],
  ["an empty CN before a CN", name(cn(""), cn("x")), both("x"), "ERR_IDENTITY_MULTIPLE_COMMON_NAMES"],
  ["an empty O", name(o(""), cn("u")), both("u", ""), "ERR_IDENTITY_EMPTY_GROUP"],
  ["an empty SET before CN", seq(set(), set(cn("u"))), both("u"), "ERR_CERTIFICATE_NAME"],
  [
    "an unsorted SET of O",
    seq(set(o("zz"), o("a")), set(cn("u"))),
    both("u", "zz", "a"),
    "ERR_DER_SET_ORDER",
  ],
  ["spaces, which stay", name(cn(" u "), o(" g ")), both(" u ", " g ")],
  ["a space alone", name(cn(" ")), both(" ")],
  ["upper case, which stays", name(cn("Alice"), o("System:Masters")), both("Alice", "System:Masters")],
  ["decomposed letters, which stay", name(cn("u\u0308"), o("\u00fc")), both("u\u0308", "\u00fc")],
  [
    "Cyrillic and full-width letters, which stay",
    name(cn("\u0430dmin"), o("\uff53")),
    both("\u0430dmin", "\uff53"),
  ],
  [
    "separators of other notations",
    name(cn("a, O=system:masters/CN=b+c\\"), o("x,y=z")),
    both("a, O=system:masters/CN=b+c\\", "x,y=z"),
  ],
  [
    "names of JavaScript",
    name(o("__proto__"), o("constructor"), cn("toString")),
    both("toString", "__proto__", "constructor"),
  ],
  ["system:masters, faithfully", name(o("system:masters"), cn("u")), both("u", "system:masters")],
  [
    "system:authenticated, as it stands",
    name(o("system:authenticated"), cn("u")),
    both("u", "system:authenticated"),
  ],
  [
    "a service account's name without its groups",
    name(cn("system:serviceaccount:ns:sa")),
    both("system:serviceaccount:ns:sa"),
  ],
  [
    "system:anonymous",
    name(cn("system:anonymous")),
    both("system:anonymous"),
    "ERR_IDENTITY_UNAUTHENTICATED_NAME",
  ],
  [
    "system:unauthenticated",
    name(o("system:unauthenticated"), cn("u")),
    both("u", "system:unauthenticated"),
    "ERR_IDENTITY_UNAUTHENTICATED_NAME",
  ],
  [
    "neither OU nor LDAP uid nor serialNumber nor an arc below CN",
    name(
      attribute(attributes.organizationalUnit, utf8("ou")),
      attribute(attributes.userId, utf8("1")),
      attribute(attributes.serialNumber, printable("7")),
      attribute("2.5.4.3.1", utf8("x")),
      attribute("2.5.6.4", utf8("x")),
      cn("u"),
    ),
    both("u"),
  ],
];

const uids: Row[] = [
  ["the UID", name(uid(utf8("abc")), cn("u")), both("u", { uid: "abc" })],
  ["the UID of a shared RDN", seq(set(cn("u"), uid(utf8("abc")))), both("u", { uid: "abc" })],
  ["no UID from the OID beside it", name(attribute("1.3.6.1.4.1.57683.1", utf8("p")), cn("u")), both("u")],
  ["nobody from a UID alone", name(uid(utf8("abc"))), "nobody"],
  ["nobody from two UIDs alone", name(uid(utf8("a")), uid(utf8("b"))), "nobody"],
  [
    "no two UIDs",
    name(uid(utf8("a")), uid(utf8("a")), cn("u")),
    "ERR_IDENTITY_MULTIPLE_UIDS",
    "ERR_IDENTITY_MULTIPLE_UIDS",
  ],
  ["no empty UID", name(uid(utf8("")), cn("u")), "ERR_IDENTITY_EMPTY_UID", "ERR_IDENTITY_EMPTY_UID"],
  [
    "no INTEGER as UID",
    name(uid(int(7)), cn("u")),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
];

const strings: Row[] = [
  ["T61String as Latin-1", name(commonName(t61("caf\xe9"))), both("café"), "ERR_DER_STRING"],
  ["BMPString", name(commonName(bmp("bob"))), both("bob")],
  ["BMPString without its terminator", name(commonName(bmp("bob\0"))), both("bob"), "ERR_DER_STRING"],
  [
    "no BMPString of odd length",
    name(commonName(tlv(30, hex("00 62 00")))),
    "ERR_DER_STRING",
    "ERR_DER_STRING",
  ],
  ["no ill-formed UTF8String", name(commonName(tlv(12, hex("61 ff")))), "ERR_DER_STRING", "ERR_DER_STRING"],
  [
    "UTF8String with NUL, whole",
    name(commonName(utf8("admin\0evil"))),
    both("admin\0evil"),
    "ERR_IDENTITY_CONTROL_CHARACTER",
  ],
  ["no PrintableString with NUL", name(commonName(printable("a\0"))), "ERR_DER_STRING", "ERR_DER_STRING"],
  ["no PrintableString with _", name(commonName(printable("a_b"))), "ERR_DER_STRING", "ERR_DER_STRING"],
  ["no PrintableString with @", name(commonName(printable("a@b"))), "ERR_DER_STRING", "ERR_DER_STRING"],
  ["PrintableString with * and &", name(commonName(printable("*&"))), both("*&")],
  ["IA5String with NUL", name(commonName(ia5("a\0b@c"))), both("a\0b@c"), "ERR_IDENTITY_CONTROL_CHARACTER"],
  ["no IA5String with a high byte", name(commonName(ia5("\x80"))), "ERR_DER_STRING", "ERR_DER_STRING"],
  ["NumericString", name(commonName(numeric("12 3"))), both("12 3")],
  [
    "no UniversalString",
    name(commonName(universal("bob"))),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
  [
    "no GeneralString",
    name(commonName(general("bob"))),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
  [
    "no VisibleString",
    name(commonName(visible("bob"))),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
  [
    "no INTEGER as group",
    name(organization(int(5)), cn("u")),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
  [
    "no OCTET STRING as group",
    name(organization(octets(hex("61"))), cn("u")),
    "ERR_CERTIFICATE_NAME_VALUE",
    "ERR_CERTIFICATE_NAME_VALUE",
  ],
  [
    "a byte order mark, kept",
    name(commonName(utf8("\ufeffadmin"))),
    both("\ufeffadmin"),
    "ERR_IDENTITY_INVISIBLE_CHARACTER",
  ],
];

describe("parseIdentity reads", () => {
  test.for([...structure, ...uids, ...strings])("%s", ([, subject, kubernetes, safe]) => {
    expect(answer(subject, "kubernetes")).toBe(kubernetes);
    expect(answer(subject, "safe")).toBe(safe ?? kubernetes);
  });

  test("nothing from alternative names, and no identity of a CA is hidden", () => {
    const extensions = [
      subjectAltName(dnsName("eve"), rfc822Name("eve@example.com")),
      basicConstraints(),
      extendedKeyUsage("serverAuth"),
    ];
    expect(parseIdentity(certificate({ subject: name(cn("u")), extensions }))?.user).toBe("u");
    expect(parseIdentity(certificate({ subject: seq(), extensions }))).toBeUndefined();
  });

  test("the names of the subject, not of the issuer", () => {
    const identity = parseIdentity(
      certificate({ issuer: name(o("system:masters"), cn("root")), subject: name(cn("u")) }),
    );
    expect([identity?.user, identity?.groups]).toEqual(["u", []]);
  });
});

describe("safe mode refuses", () => {
  const control = [
    ...Array.from({ length: 32 }, (_, i) => i),
    ...Array.from({ length: 33 }, (_, i) => 0x7f + i),
  ];
  const invisible = [
    0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f,
    0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2064, 0x2066, 0x2067, 0x2068,
    0x2069, 0x206f, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffa, 0xfffb, 0x1bca0, 0x1d173, 0xe0001,
    0xe0061, 0xe0100,
  ];
  const places: [string, (text: string) => Uint8Array][] = [
    ["the user", (text) => name(cn(text))],
    ["a group", (text) => name(o("g"), o(text), cn("u"))],
    ["the uid", (text) => name(cn("u"), uid(utf8(text)))],
  ];

  test.each(places)("every control character in %s", (_, subject) => {
    for (const code of control) {
      const character = String.fromCodePoint(code);
      for (const text of [character, `a${character}`, `${character}b`, `\u00fc${character}`]) {
        expect(answer(subject(text), "safe"), `U+${code.toString(16)}`).toBe(
          "ERR_IDENTITY_CONTROL_CHARACTER",
        );
        expect(answer(subject(text), "safe", true)).toBe("ERR_IDENTITY_CONTROL_CHARACTER");
        expect(answer(subject(text), "kubernetes")).toContain(JSON.stringify(text));
      }
    }
  });

  test.each(places)("every invisible character in %s, unless it is allowed", (_, subject) => {
    for (const code of invisible) {
      const text = `a${String.fromCodePoint(code)}b`;
      expect(answer(subject(text), "safe"), `U+${code.toString(16)}`).toBe(
        "ERR_IDENTITY_INVISIBLE_CHARACTER",
      );
      expect(answer(subject(text), "safe", true)).toContain(JSON.stringify(text));
      expect(answer(subject(text), "kubernetes")).toContain(JSON.stringify(text));
    }
  });

  test("no letter, digit, mark or symbol that can be seen", () => {
    for (const text of [
      "ü",
      "é",
      "ß",
      "λ",
      "я",
      "漢字",
      "ع",
      "ह",
      "😀",
      "~",
      "\u00a0",
      "\u3000",
      "a\u0301",
      "𝒜",
    ]) {
      expect(answer(name(cn(text)), "safe")).toBe(both(text));
    }
  });

  test("by naming the character and the field", () => {
    expect(() => parseIdentity(withSubject(name(o("ab\u202ec"), cn("u"))))).toThrow(
      "the group has character U+202E at 2",
    );
    expect(fault(() => parseIdentity(withSubject(name(cn("a\n")))))).toEqual({
      code: "ERR_IDENTITY_CONTROL_CHARACTER",
      path: "tbsCertificate.subject",
    });
  });
});

describe("limits", () => {
  const groups = (count: number): Uint8Array =>
    name(...Array.from({ length: count }, (_, i) => o(`g${i}`)), cn("u"));

  test("a thousand attributes are read, one more is refused, and the caller can change it", () => {
    expect(parseIdentity(withSubject(groups(999)))?.groups).toHaveLength(999);
    expect(fault(() => parseIdentity(withSubject(groups(1000)))).code).toBe("ERR_CERTIFICATE_NAME");
    expect(parseIdentity(withSubject(groups(1500)), { maxNameAttributes: 2000 })?.groups).toHaveLength(1500);
  });

  test("4 KiB of one text are read, one byte more is refused, and the caller can change it", () => {
    expect(parseIdentity(withSubject(name(cn("x".repeat(4096)))))?.user).toHaveLength(4096);
    const longer = withSubject(name(cn("x".repeat(4097))));
    expect(fault(() => parseIdentity(longer)).code).toBe("ERR_CERTIFICATE_NAME");
    expect(parseIdentity(longer, { maxNameValueBytes: 5000 })?.user).toHaveLength(4097);
  });
});

describe("the input", () => {
  const der = withSubject(name(o("g"), cn("u")));
  const inputs: [string, Parameters<typeof parseIdentity>[0]][] = [
    ["PEM", encodePem("CERTIFICATE", der)],
    ["PEM with text around it", `Subject: CN = eve\n${encodePem("CERTIFICATE", der)}O = eve\n`],
    ["DER", der],
    ["a Buffer", Buffer.from(der)],
    ["a view into a larger buffer", join(hex("3000"), der, hex("3000")).subarray(2, 2 + der.length)],
    ["an ArrayBuffer", new Uint8Array(der).buffer],
    ["{ raw }", { raw: der }],
    ["node:crypto's X509Certificate", new X509Certificate(der)],
    ["a parsed certificate", parseCertificate(der)],
    [
      "a certificate parsed in Kubernetes mode that needed no tolerance",
      parseCertificate(der, { mode: "kubernetes" }),
    ],
  ];

  test.each(inputs)("can be %s", (_, input) => {
    const identity = parseIdentity(input)!;
    expect([identity.user, identity.groups, identity.uid]).toEqual(["u", ["g"], undefined]);
    expect(identity.extra).toEqual(parseIdentity(der)!.extra);
  });

  test.each([undefined, null, 5, {}, [], { raw: "x" }, { raw: undefined }, { layout: {} }, true])(
    "cannot be %j",
    (input) => {
      expect(() => parseIdentity(input as unknown as Uint8Array)).toThrow(TypeError);
    },
  );

  test("DER as text and PEM as bytes are refused", () => {
    expect(fault(() => parseIdentity(Buffer.from(der).toString("latin1"))).code).toBe("ERR_PEM_NO_BLOCK");
    expect(fault(() => parseIdentity(Buffer.from(encodePem("CERTIFICATE", der)))).code).toMatch(/^ERR_DER_/);
  });

  test("two certificates in a PEM text are refused: only the caller knows which is the peer's", () => {
    expect(fault(() => parseIdentity(encodePem("CERTIFICATE", der).repeat(2))).code).toBe("ERR_PEM_MULTIPLE");
  });

  test("is copied, so that nobody changes what was read", () => {
    const mine = new Uint8Array(der);
    const identity = parseIdentity(mine)!;
    const before = JSON.stringify(identity);
    mine.fill(0);
    expect(JSON.stringify(identity)).toBe(before);
  });

  test("a certificate that was parsed with tolerance is not safe by being handed on", () => {
    const tolerated = parseCertificate(withSubject(seq(set(o("zz"), cn("u")))), { mode: "kubernetes" });
    expect(parseIdentity(tolerated, { mode: "kubernetes" })?.user).toBe("u");
    expect(fault(() => parseIdentity(tolerated)).code).toBe("ERR_DER_SET_ORDER");
    const twoNames = parseCertificate(withSubject(name(cn("a"), cn("b"))));
    expect(fault(() => parseIdentity(twoNames)).code).toBe("ERR_IDENTITY_MULTIPLE_COMMON_NAMES");
  });
});

describe("an identity", () => {
  const der = withSubject(name(o("g"), cn("u"), uid(utf8("42"))));

  test("has the SHA-256 of the DER as credential id", () => {
    const digest = createHash("sha256").update(der).digest("hex");
    expect(parseIdentity(der)?.extra).toEqual({ [CREDENTIAL_ID_KEY]: [`X509SHA256=${digest}`] });
    expect(CREDENTIAL_ID_KEY).toBe("authentication.kubernetes.io/credential-id");
  });

  test("is JSON with four fields, and without uid where there is none", () => {
    const identity = parseIdentity(der)!;
    expect(identity).toBeInstanceOf(Identity);
    expect(JSON.parse(JSON.stringify(identity))).toEqual({
      user: "u",
      uid: "42",
      groups: ["g"],
      extra: identity.extra,
    });
    expect(
      Object.keys(JSON.parse(JSON.stringify(parseIdentity(withSubject(name(cn("u")))))) as object),
    ).toEqual(["user", "groups", "extra"]);
  });

  test("is new each time, so that one caller's changes do not reach another", () => {
    const [first, second] = [parseIdentity(der)!, parseIdentity(der)!];
    (first.groups as string[]).push("system:masters");
    expect(second.groups).toEqual(["g"]);
    expect(parseIdentity(der)!.groups).toEqual(["g"]);
  });
});

test("Go's and Kubernetes' kept answers are this library's in Kubernetes mode", () => {
  const path = new URL("../vectors/go-subjects.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, "utf8")) as {
    cases: {
      name: string;
      der: string;
      error?: string;
      identity?: { ok: boolean; user: string; uid: string; groups: string[]; error?: string };
    }[];
  };
  expect(cases.length).toBeGreaterThan(150);
  for (const { name: what, der, error, identity } of cases) {
    const result = safely(() => parseIdentity(Buffer.from(der, "base64"), { mode: "kubernetes" }));
    if (error !== undefined || identity?.error !== undefined) expect(result.ok, what).toBe(false);
    else if (!identity!.ok) expect(result, what).toEqual({ ok: true, value: undefined });
    else {
      const value = result.ok ? result.value : undefined;
      expect([value?.user, value?.groups, value?.uid ?? ""], what).toEqual([
        identity!.user,
        identity!.groups,
        identity!.uid,
      ]);
    }
  }
});
