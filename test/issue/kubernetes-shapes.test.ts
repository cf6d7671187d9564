/** Bytes that Go's encoder, kubeadm 1.36 and kube-controller-manager 1.36 have written; seen on running components and in Go 1.26 programs. */
import { describe, expect, test } from "vitest";
import { issueCertificateSync, issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { Certificate } from "../../src/x509/certificate.ts";
import { encodeExtensionValue } from "../../src/x509/extensions/encode.ts";
import { encodeName } from "../../src/x509/name-writer.ts";
import { HOUR, NOW, after, authority, caSigner, hex, leafKey } from "./fixtures.ts";

const shape = ({ extensions }: Certificate): string[] =>
  extensions.map(({ id, critical, der }) => `${id}${critical ? "!" : ""} ${hex(der)}`);
const oids = ({ extensions }: Certificate): string[] => extensions.map(({ oid }) => oid);

describe("names (Go pkix ToRDNSequence)", () => {
  test.each([
    [
      ["zeta", "alpha", "system:masters", "b"],
      "304a313c3008060355040a130162300b060355040a13047a657461300c060355040a1305616c7068613015060355040a130e73797374656d3a6d617374657273310a30080603550403130175",
    ],
    [
      ["group_b", "aaaa", "b@x", "groupa"],
      "30463138300a060355040a0c03624078300b060355040a130461616161300d060355040a130667726f757061300e060355040a0c0767726f75705f62310a30080603550403130175",
    ],
    [
      ["bb", "aa", "cc"],
      "302f31213009060355040a130261613009060355040a130262623009060355040a13026363310a30080603550403130175",
    ],
    [["dev", "dev"], "30263118300a060355040a1303646576300a060355040a1303646576310a30080603550403130175"],
  ])("groups %o", (organizations, expected) => {
    expect(hex(encodeName({ organizations, commonName: "u" }))).toBe(expected);
  });

  test.each([
    ["system:nodes", 19],
    ["a'b(c)+,-./:=?", 19],
    ["a_b", 12],
    ["a@b", 12],
    ["*.x", 12],
    ["a&b", 12],
    ["ü", 12],
    ["a;b", 12],
    ["a!b", 12],
    ["a#b", 12],
    ['a"b', 12],
    ["a\0b", 12],
  ])("%o has string type %i", (commonName, tag) => {
    expect(encodeName({ commonName })[11]).toBe(tag);
  });
});

test("an empty text is a PrintableString", () => {
  expect(hex(encodeName([[{ type: "2.5.4.10", value: "" }]]))).toBe("300b31093007060355040a1300");
});

test("an alternative name of every kind has Go's bytes", () => {
  const dns = ["B.example", "a.example", "a.example", ""].map((value) => ({ type: "dns", value }) as const);
  const value = [
    ...dns,
    { type: "email", value: "m@x" },
    { type: "ip", value: "10.0.0.1" },
    { type: "uri", value: "spiffe://td/ns/a/sa/b" },
  ] as const;
  expect(hex(encodeExtensionValue("subjectAltName", value))).toBe(
    "30458209422e6578616d706c658209612e6578616d706c658209612e6578616d706c65820081036d407887040a00000186157370696666653a2f2f74642f6e732f612f73612f62",
  );
});

describe("kubeadm", () => {
  const template = caTemplate({ subject: { commonName: "kubernetes" }, preset: "kubeadm", now: NOW });
  const { certificate: ca } = issueSelfSignedSync(template, caSigner, { now: NOW });
  const issuer = { certificate: ca, signer: caSigner };
  const keyId = hex(ca.extensionValue("subjectKeyIdentifier")!);
  const issue = (leaf: Parameters<typeof issueCertificateSync>[0]): Certificate =>
    issueCertificateSync(leaf, { publicKey: leafKey, issuer, now: NOW, allowPrivileged: true }).certificate;

  test("a CA: keyUsage!, basicConstraints!, subject key identifier, DNS name of its CN; no authority key identifier, ten years", () => {
    expect(shape(ca)).toEqual([
      "keyUsage! 030202a4",
      "basicConstraints! 30030101ff",
      `subjectKeyIdentifier 0414${keyId}`,
      "subjectAltName 300c820a6b756265726e65746573",
    ]);
    expect(oids(ca)).toEqual(["2.5.29.15", "2.5.29.19", "2.5.29.14", "2.5.29.17"]);
    expect(keyId).toHaveLength(40);
    expect(ca.notBefore).toEqual(after(-300));
    expect(ca.notAfter).toEqual(after(87_600 * HOUR));
  });

  test("a client: keyUsage! with key encipherment also for ECDSA, extended key usage, basicConstraints!, authority key identifier", () => {
    const certificate = issue(
      clientTemplate({
        subject: { organizations: ["kubeadm:cluster-admins"], commonName: "kubernetes-admin" },
        preset: "kubeadm",
        now: NOW,
      }),
    );
    expect(shape(certificate)).toEqual([
      "keyUsage! 030205a0",
      "extendedKeyUsage 300a06082b06010505070302",
      "basicConstraints! 3000",
      `authorityKeyIdentifier 30168014${keyId}`,
    ]);
    expect(certificate.notBefore).toEqual(after(-300));
    expect(certificate.notAfter).toEqual(after(8760 * HOUR));
    expect(hex(certificate.subject.der)).toBe(
      hex(
        encodeName([
          [{ type: "2.5.4.10", value: "kubeadm:cluster-admins" }],
          [{ type: "2.5.4.3", value: "kubernetes-admin" }],
        ]),
      ),
    );
  });

  test("an etcd member: both usages in kubeadm's order, and the alternative names last", () => {
    const certificate = issue(
      servingTemplate({
        subject: { commonName: "cp-1" },
        dnsNames: ["cp-1", "localhost"],
        ipAddresses: ["192.0.2.1", "127.0.0.1", "::1"],
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        preset: "kubeadm",
        now: NOW,
      }),
    );
    expect(shape(certificate).slice(1)).toEqual([
      "extendedKeyUsage 301406082b0601050507030106082b06010505070302",
      "basicConstraints! 3000",
      `authorityKeyIdentifier 30168014${keyId}`,
      "subjectAltName 302f820463702d3182096c6f63616c686f73748704c000020187047f000001871000000000000000000000000000000001",
    ]);
  });
});

describe("kube-controller-manager", () => {
  const issuer = authority();
  const keyId = hex(issuer.certificate.extensionValue("subjectKeyIdentifier")!);
  const subject = { organizations: ["system:nodes"], commonName: "system:node:k-a-node-s36b" };
  const issue = (leaf: Parameters<typeof issueCertificateSync>[0]): Certificate =>
    issueCertificateSync(leaf, { publicKey: leafKey, issuer, now: NOW, allowPrivileged: true }).certificate;

  test("the full signer's row: both usages, one hour, backdated five minutes", () => {
    const certificate = issue(
      clientTemplate({
        subject,
        preset: "csrSigner",
        now: NOW,
        lifetimeSeconds: HOUR,
        extendedKeyUsage: ["serverAuth", "clientAuth"],
      }),
    );
    expect(certificate.version).toBe(3);
    expect(shape(certificate)).toEqual([
      "keyUsage! 030205a0",
      "extendedKeyUsage 301406082b0601050507030106082b06010505070302",
      "basicConstraints! 3000",
      `authorityKeyIdentifier 30168014${keyId}`,
    ]);
    expect([certificate.notBefore, certificate.notAfter]).toEqual([after(-300), after(HOUR)]);
  });

  test("a client with digital signature alone, as the kubelet asks for", () => {
    const certificate = issue(
      clientTemplate({ subject, preset: "csrSigner", now: NOW, keyUsage: ["digitalSignature"] }),
    );
    expect(shape(certificate).slice(0, 2)).toEqual([
      "keyUsage! 03020780",
      "extendedKeyUsage 300a06082b06010505070302",
    ]);
  });

  test("without usages there is no key usage extension", () => {
    const certificate = issue(
      clientTemplate({ subject, preset: "csrSigner", now: NOW, keyUsage: [], extendedKeyUsage: [] }),
    );
    expect(certificate.extensions.map(({ id }) => id)).toEqual([
      "basicConstraints",
      "authorityKeyIdentifier",
    ]);
  });

  test("a URI is copied, and the alternative name is critical only if the subject is empty", () => {
    const uri = "help://me@what:8080/where/when?why=true";
    const named = issue(clientTemplate({ subject, preset: "csrSigner", now: NOW, uris: [uri] }));
    expect(named.uris).toEqual([uri]);
    expect(named.extension("subjectAltName")?.critical).toBe(false);
    const nameless = issue(clientTemplate({ subject: {}, preset: "csrSigner", now: NOW, uris: [uri] }));
    expect(nameless.extension("subjectAltName")?.critical).toBe(true);
    expect(hex(nameless.subject.der)).toBe("3000");
  });
});

test("basic constraints with path length 0 have Go's bytes", () => {
  const { certificate } = authority({ pathLength: 0 });
  expect(hex(certificate.extension("basicConstraints")!.der)).toBe("30060101ff020100");
});
