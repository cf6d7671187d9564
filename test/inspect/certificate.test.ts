import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeName, formatCertificate, parseCertificate } from "../../src/index.ts";
import vectors from "../vectors/openssl-certificates.json" with { type: "json" };
import * as make from "../support/certificate.ts";
import { bits, hex, int, oid, seq, utcTime, utf8 } from "../support/tlv.ts";

const at = Date.UTC(2026, 10, 25);
const format = (parts: make.CertificateParts, options = {}): string =>
  formatCertificate(make.certificate(parts), { at, ...options });
/** What was read by a person and found right. */
const golden = (file: string): string => readFileSync(new URL(`golden/${file}`, import.meta.url), "utf8");
/** The lines from a title to the next empty line. */
const section = (text: string, title: string): string =>
  text.split("\n\n").find((part) => part.startsWith(`${title}\n`)) ?? "";
const node = make.name(make.o("system:nodes"), make.cn("system:node:node-1"));
const client = [make.extendedKeyUsage("clientAuth")];
const server = [make.extendedKeyUsage("serverAuth"), make.subjectAltName(make.dnsName("a.example"))];

describe("formatCertificate", () => {
  test("says what a certificate means, what is wrong with it, and all that it says", () => {
    const der = Uint8Array.from(atob(vectors.certificates[1]!), (character) => character.charCodeAt(0));
    expect(formatCertificate(der, { at })).toBe(golden("certificate.txt"));
  });

  test("names the kubelet whose certificate it is", () => {
    const meaning = section(format({ subject: node, extensions: client }), "In Kubernetes");
    expect(meaning).toMatch(/^ {2}user +system:node:node-1\n {2}groups +system:nodes\n/mu);
    expect(meaning).toContain("the kubelet of node node-1");
    expect(meaning).toContain(
      "client: to a kube-apiserver that trusts its CA, its holder is system:node:node-1",
    );
    expect(meaning).not.toContain("server:");
  });

  test("says by its name which of kubeadm's CAs a root is, and that of nobody else", () => {
    for (const [name, expected] of [
      ["kubernetes", "root CA, by its name kubeadm's for the cluster: issues"],
      ["etcd-ca", "root CA, by its name kubeadm's for etcd: issues"],
      ["front-proxy-ca", "root CA, by its name kubeadm's for the front proxy: issues"],
      ["__proto__", "root CA: issues"],
    ] as const) {
      const own = make.name(make.cn(name));
      expect(format({ issuer: own, subject: own, extensions: [make.basicConstraints()] })).toContain(
        expected,
      );
    }
    const below = format({
      subject: make.name(make.cn("kubernetes")),
      extensions: [make.basicConstraints()],
    });
    expect(below).toContain("intermediate CA: issues");
  });

  test("does not take a CA's new key that its old one signed for a root", () => {
    const own = make.name(make.cn("kubernetes"));
    const identifiers = (authority: string) => [
      make.basicConstraints(),
      make.extension(make.extensionIds.subjectKeyIdentifier, hex("0402aaaa")),
      make.extension(make.extensionIds.authorityKeyIdentifier, hex(`30048002${authority}`)),
    ];
    expect(format({ issuer: own, subject: own, extensions: identifiers("aaaa") })).toContain("root CA");
    expect(format({ issuer: own, subject: own, extensions: identifiers("bbbb") })).toContain(
      "intermediate CA",
    );
  });

  test("says which server of the cluster a certificate is for", () => {
    const names = make.subjectAltName(make.dnsName("kubernetes.default.svc"));
    const serving = make.extendedKeyUsage("serverAuth");
    const apiServer = format({ subject: make.name(make.cn("kube-apiserver")), extensions: [serving, names] });
    expect(apiServer).toMatch(
      /who that is +a part of the control plane, or its administrator: kube-apiserver\n/u,
    );
    expect(apiServer).toContain(
      "server: for 1 DNS name and no addresses, among them the service of the API server",
    );
    expect(format({ subject: node, extensions: server })).toContain("the kubelet of node node-1");
    expect(format({ extensions: server })).not.toContain("who that is");
  });

  test("gives the hash of the key as kubeadm takes it", async () => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(make.p256Key)));
    expect(format({})).toContain(`sha256:${Buffer.from(hash).toString("hex")}\n`);
  });

  test("shows no user of a certificate that is for servers alone, and no findings about clients", () => {
    const text = format({ extensions: server });
    expect(section(text, "In Kubernetes")).toContain("server: for 1 DNS name and no addresses");
    expect(text).not.toMatch(/^ {2}user/mu);
    expect(text).not.toContain("FINDING_NOT_FOR_CLIENTS");
  });

  test.for([
    [
      "a root",
      { issuer: make.name(make.cn("alice")) },
      undefined,
      "root CA: issues certificates, with any number of CAs below it",
    ],
    ["an intermediate", {}, 0, "intermediate CA: issues certificates, with no CA below it"],
    ["one with a path length", {}, 3, "at most 3 CAs below it"],
  ] as const)("tells %s CA", ([, parts, pathLength, expected]) => {
    const text = format({ ...parts, extensions: [make.basicConstraints(pathLength)] });
    expect(text).toContain(expected);
    expect(text).not.toContain("FINDING_");
  });

  test.for([
    ["node", "system:nodes", "system:node:n", "the kubelet of node n"],
    ["service account", "x", "system:serviceaccount:ns:sa", "service account sa in namespace ns"],
    ["component", "x", "system:kube-scheduler", "kube-scheduler"],
    ["bootstrap token", "x", "system:bootstrap:abcdef", "the holder of bootstrap token abcdef"],
    ["anonymous", "x", "system:anonymous", "the name of callers who were not authenticated"],
    ["user", "x", "jane", "a user whose name has no meaning of its own to Kubernetes"],
  ] as const)("says who stands behind a %s", ([, group, user, expected]) => {
    expect(format({ subject: make.name(make.o(group), make.cn(user)), extensions: client })).toContain(
      expected,
    );
  });

  test("names the service account of a SPIFFE ID", () => {
    const uri = "spiffe://example.org/ns/default/sa/web";
    const text = format({ extensions: [...client, make.subjectAltName(make.uri(uri))] });
    expect(text).toContain(`workload: ${uri}, service account web in namespace default`);
  });

  test("says that a client without a user is nobody, and why kube-apiserver refuses another", () => {
    expect(format({ subject: make.name(make.o("x")), extensions: client })).toContain(
      "client: it names no user",
    );
    const uid = make.attribute(make.attributes.kubernetesUid, utf8("1"));
    const twice = make.name(make.cn("jane"), uid, uid);
    expect(format({ subject: twice, extensions: client })).toContain("client: kube-apiserver refuses it");
  });

  test("says that it is good for nothing that Kubernetes asks for", () => {
    const other = make.extension(make.extensionIds.extendedKeyUsage, seq(oid("1.3.6.1.5.5.7.3.3")));
    expect(format({ extensions: [other] })).toContain("other uses: codeSigning");
    expect(format({ extensions: client })).not.toContain("nothing that Kubernetes");
  });

  test.for([
    [Date.UTC(2019, 11, 31, 23), "becomes valid in 60 minutes (2020-01-01T00:00:00Z)"],
    [Date.UTC(2020, 0, 1), "expires in 30 years (2049-12-31T23:59:59Z); 0 % of its lifetime have passed"],
    [Date.UTC(2049, 11, 31, 23, 59, 59), "expires in 0 seconds (2049-12-31T23:59:59Z); 100 %"],
    [Date.UTC(2050, 0, 3), "expired 2 days ago (2049-12-31T23:59:59Z)"],
  ] as const)("gives the validity at %d in words", ([moment, expected]) => {
    const text = format({}, { at: moment });
    expect(section(text, "In Kubernetes").replaceAll(/ +/gu, " ")).toContain(expected);
    expect(format({}, { at: new Date(moment) })).toBe(text);
  });

  test("refuses a time that is no time", () => {
    expect(() => format({}, { at: Number.NaN })).toThrow(TypeError);
  });

  test("shows what safe mode refuses, and says so", () => {
    const tolerated = {
      subject: make.name(make.cn("a"), make.cn("b")),
      extensions: [...client, make.extension(make.extensionIds.basicConstraints, seq(int(1)))],
    };
    expect(() => parseCertificate(make.certificate(tolerated))).toThrow();
    const text = format(tolerated);
    expect(text).toContain("error FINDING_DEVIATION");
    expect(text).toContain("error FINDING_MULTIPLE_COMMON_NAMES");
  });

  test("prints bytes in full when asked", () => {
    const long = make.extension("1.2.3.4.5", hex("00".repeat(19) + "01020304"));
    const text = format({ extensions: [...client, long] });
    expect(text).toContain(
      "  1.2.3.4.5         00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:... (23 octets)\n",
    );
    const full = format({ extensions: [...client, long] }, { bytes: true });
    expect(full).toMatch(/1\.2\.3\.4\.5 +(00:){19}01\n +02:03:04\n/u);
    expect(full).toMatch(/public key info +30:59:30:13:/u);
  });

  test("names extensions that it does not read, and marks critical ones", () => {
    const text = format({ extensions: [make.extension("1.3.6.1.4.1.11129.2.4.2", hex("0400"), true)] });
    expect(text).toMatch(
      /signedCertificateTimestamps \(1\.3\.6\.1\.4\.1\.11129\.2\.4\.2\), critical +04:00\n/u,
    );
  });

  test("says what is known of keys and signatures that are refused", () => {
    const sha1 = seq(oid("1.2.840.10045.4.1"));
    const text = format({
      innerAlgorithm: sha1,
      subjectPublicKeyInfo: seq(seq(oid("1.3.101.113")), bits(hex("00"))),
    });
    expect(text).toMatch(/signed with +SHA-1 with ECDSA, which is broken \(1\.2\.840\.10045\.4\.1\)/u);
    expect(text).toMatch(/public key +refused: the key's algorithm is .*Ed448/u);
  });

  test("no name makes it print a character that cannot be seen, or a line of its own", () => {
    const unit = fc.oneof(
      fc.constantFrom("\u001b", "\n", "\r", "\u202e", "\u200b", "\u2028", "\u0085", "\u{e0041}", '"', "\\"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    );
    const value = fc
      .string({ unit, minLength: 1, maxLength: 10 })
      .filter((text) => !/\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const subject = encodeName([
          [{ type: "2.5.4.10", value: "x" }],
          [{ type: "2.5.4.3", value: text, tag: 12 }],
        ]);
        const shown = format({ subject, extensions: client });
        expect(shown.replaceAll("\n", "")).not.toMatch(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u);
        expect(section(shown, "Certificate").split("\n").length).toBe(12);
      }),
    );
  });

  test("says nothing of a validity's end before it begins", () => {
    const backwards = seq(utcTime("300101000000Z"), utcTime("200101000000Z"));
    expect(format({ validity: backwards }, { at: Date.UTC(2025, 0) })).toContain("becomes valid in 5 years");
  });
});
