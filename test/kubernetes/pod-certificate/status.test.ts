/** A test for each row of what kube-apiserver asks of a status, after its own tests. */
import { describe, expect, test } from "vitest";
import {
  encodePem,
  generateKeyPair,
  podCertificateRequest,
  signPodUid,
  stubCertificateRequest,
  validatePodCertificateStatus,
} from "../../../src/index.ts";
import type { PodCertificateRequest, PodCertificateRequestStatus } from "../../../src/index.ts";
import * as make from "../../support/certificate.ts";
import { hex, seq, utcTime } from "../../support/tlv.ts";

const { signer } = await generateKeyPair("ECDSA-P256");
const other = await generateKeyPair("ECDSA-P256");
const object = podCertificateRequest({
  namespace: "shop",
  pod: { name: "web-0", uid: "1" },
  serviceAccount: { name: "web", uid: "2" },
  node: { name: "node-1", uid: "3" },
  signerName: "example.com/workloads",
  key: await stubCertificateRequest(signer),
});
const at = Date.UTC(2030, 0, 1);
const time = (minutes: number): Date => new Date(at + minutes * 60_000);
const utc = (date: Date): Uint8Array =>
  utcTime(
    `${date
      .toISOString()
      .replaceAll(/[-T:]|\.000Z/gu, "")
      .slice(2)}Z`,
  );

interface Parts {
  readonly minutes?: number;
  readonly names?: readonly Uint8Array[];
  readonly key?: Uint8Array;
  readonly start?: Date;
}
/** A chain whose leaf lives from now for so many minutes, a day by default. */
function chain({
  minutes = 1440,
  names = [make.dnsName("web.shop.svc")],
  key,
  start = time(0),
}: Parts = {}): string {
  const der = make.certificate({
    validity: seq(utc(start), utc(new Date(start.getTime() + minutes * 60_000))),
    subjectPublicKeyInfo: key ?? signer.subjectPublicKeyInfo,
    extensions: [make.subjectAltName(...names)],
  });
  return encodePem("CERTIFICATE", der);
}
const condition = (type: string) => ({
  type,
  status: "True",
  reason: "Test",
  message: "",
  lastTransitionTime: time(0),
});
const denied: PodCertificateRequestStatus = { conditions: [condition("Denied")] };
const issued: PodCertificateRequestStatus = {
  conditions: [condition("Issued")],
  certificateChain: chain(),
  notBefore: time(0),
  beginRefreshAt: time(720),
  notAfter: time(1440),
};
const faults = (
  status: PodCertificateRequestStatus,
  old: PodCertificateRequest = object,
  moment = at,
): string[] =>
  validatePodCertificateStatus(old, status, { at: moment }).map(({ path, message }) => `${path}: ${message}`);

describe("validatePodCertificateStatus", () => {
  test.for([
    ["issued", issued],
    ["denied", denied],
    ["failed", { conditions: [condition("Failed")] }],
    ["left as it is", {}],
    ["left with an empty list", { conditions: [], certificateChain: "" }],
  ] as const)("a request that waits can be %s", ([, status]) => {
    expect(faults(status)).toEqual([]);
  });

  test.for(["Issued", "Denied", "Failed"])("a request that is %s does not change any more", (type) => {
    const old = { ...object, status: type === "Issued" ? issued : { conditions: [condition(type)] } };
    expect(faults(old.status, old)).toEqual([]);
    for (const status of [issued, denied, { conditions: [condition("Failed")] }, {}]) {
      if (status.conditions?.[0]?.type === type) continue;
      expect(faults(status, old)).toEqual([
        "status: immutable after PodCertificateRequest is issued, denied, or failed",
      ]);
    }
  });

  test("a status is the same whether its times are text or dates", () => {
    const old = { ...object, status: issued };
    expect(faults(JSON.parse(JSON.stringify(issued)) as PodCertificateRequestStatus, old)).toEqual([]);
    expect(faults({ ...issued, beginRefreshAt: "2030-01-01T12:00:00Z" }, old)).toEqual([]);
  });

  test("a request that goes on to wait gets no chain", () => {
    const message = 'status: status is immutable unless transitioning to "Issued", "Denied", or "Failed"';
    expect(faults({ certificateChain: chain() })).toEqual([message]);
  });

  test("a denial says nothing else", () => {
    expect(faults({ ...issued, ...denied })).toEqual([
      "status: non-condition status fields must be empty when denying or failing the PodCertificateRequest",
    ]);
  });

  test.for([
    ["of another type", [condition("Approved")], "[0].type"],
    ["that are two", [condition("Issued"), condition("Denied")], "[1].type"],
    ["that is not true", [{ ...condition("Issued"), status: "False" }], "[0].status"],
    ["without a reason", [{ ...condition("Denied"), reason: "" }], "[0].reason"],
    ["with a sentence as reason", [{ ...condition("Denied"), reason: "not now" }], "[0].reason"],
    ["whose reason begins with a digit", [{ ...condition("Denied"), reason: "4xx" }], "[0].reason"],
    ["whose reason ends in a comma", [{ ...condition("Denied"), reason: "A," }], "[0].reason"],
    ["with a long reason", [{ ...condition("Denied"), reason: "a".repeat(1025) }], "[0].reason"],
    ["with a long message", [{ ...condition("Denied"), message: "a".repeat(32_769) }], "[0].message"],
  ] as const)("refuses conditions %s", ([, conditions, path]) => {
    const found = validatePodCertificateStatus(object, { conditions }, { at });
    expect(found.map((finding) => [finding.code, finding.path])).toEqual([
      ["FINDING_POD_CERTIFICATE_CONDITION", `status.conditions${path}`],
    ]);
  });

  const start = time(1);
  test.for<readonly [string, Partial<PodCertificateRequestStatus>, string]>([
    ["no chain", { certificateChain: "" }, "issued certificate chain must contain at least one certificate"],
    [
      "a chain of more than 100 KiB",
      { certificateChain: `${chain()}${"x".repeat(102_400)}` },
      "may not be more than 102400 bytes",
    ],
    [
      "a key in front",
      { certificateChain: `${encodePem("PRIVATE KEY", hex("00"))}${chain()}` },
      "issued certificate chain must consist entirely of CERTIFICATE PEM blocks",
    ],
    [
      "a key behind",
      { certificateChain: `${chain()}${encodePem("PRIVATE KEY", hex("00"))}` },
      "issued certificate chain must consist entirely of CERTIFICATE PEM blocks",
    ],
    [
      "a leaf that is none",
      { certificateChain: encodePem("CERTIFICATE", hex("3000")) },
      "leaf certificate does not parse as valid X.509",
    ],
    [
      "an intermediate that is none",
      { certificateChain: `${chain()}${encodePem("CERTIFICATE", hex("3000"))}` },
      "intermediate certificate does not parse as valid X.509",
    ],
    [
      "another key",
      { certificateChain: chain({ key: other.signer.subjectPublicKeyInfo }) },
      "leaf certificate was not issued to the requested public key",
    ],
    [
      "an empty DNS name",
      { certificateChain: chain({ names: [make.dnsName("")] }) },
      "leaf certificate should not contain empty DNSName",
    ],
    [
      "two dots",
      { certificateChain: chain({ names: [make.dnsName("test-name..example")] }) },
      "leaf certificate's DNSName should not contain '..'",
    ],
    [
      "a dot in front",
      { certificateChain: chain({ names: [make.dnsName(".example")] }) },
      "leaf certificate's DNSName should not start or end with '.'",
    ],
    [
      "a dot behind",
      { certificateChain: chain({ names: [make.dnsName("example.")] }) },
      "leaf certificate's DNSName should not start or end with '.'",
    ],
    [
      "an e-mail address with two signs",
      { certificateChain: chain({ names: [make.rfc822Name("email@@address")] }) },
      "leaf certificate should not contain invalid EmailAddress",
    ],
    [
      "50 minutes",
      { certificateChain: chain({ minutes: 50 }), notAfter: time(50) },
      "leaf certificate lifetime must be >= 1 hour",
    ],
    [
      "25 hours",
      { certificateChain: chain({ minutes: 1500 }), notAfter: time(1500) },
      "leaf certificate lifetime must be <= spec.maxExpirationSeconds (86400)",
    ],
  ])("refuses %s", ([, change, message]) => {
    expect(faults({ ...issued, ...change })).toEqual([`status.certificateChain: ${message}`]);
  });

  test.for<readonly [string, Partial<PodCertificateRequestStatus>, string]>([
    [
      "another begin",
      { notBefore: start },
      "notBefore: must be set to the NotBefore time encoded in the leaf certificate",
    ],
    [
      "another end",
      { notAfter: time(1441) },
      "notAfter: must be set to the NotAfter time encoded in the leaf certificate",
    ],
    [
      "a refresh after five minutes",
      { beginRefreshAt: time(5) },
      "beginRefreshAt: must be at least 10 minutes after status.notBefore",
    ],
    [
      "a refresh five minutes before the end",
      { beginRefreshAt: time(1435) },
      "beginRefreshAt: must be at least 10 minutes before status.notAfter",
    ],
    [
      "a refresh that is no time",
      { beginRefreshAt: "soon" },
      "beginRefreshAt: must be at least 10 minutes after status.notBefore",
    ],
  ])("refuses %s", ([, change, message]) => {
    expect(faults({ ...issued, ...change })).toEqual([`status.${message}`]);
  });

  test("takes the nearest that it takes", () => {
    expect(faults({ ...issued, beginRefreshAt: time(10) })).toEqual([]);
    expect(faults({ ...issued, beginRefreshAt: time(1430) })).toEqual([]);
    expect(
      faults({
        ...issued,
        certificateChain: chain({ minutes: 60 }),
        notAfter: time(60),
        beginRefreshAt: time(30),
      }),
    ).toEqual([]);
    for (const off of [299_999, -299_999]) expect(faults(issued, object, at + off)).toEqual([]);
    for (const off of [300_000, -300_000])
      expect(faults(issued, object, at + off)).toEqual([
        "status.notBefore: must be set to within 5 minutes of kube-apiserver's current time",
      ]);
  });

  test("asks for each time that is missing", () => {
    const { conditions, certificateChain } = issued;
    const found = validatePodCertificateStatus(
      object,
      { conditions: conditions!, certificateChain: certificateChain! },
      { at },
    );
    expect(found.map(({ code, path }) => [code, path])).toEqual(
      ["notBefore", "notAfter", "beginRefreshAt"].map((name) => [
        "FINDING_POD_CERTIFICATE_TIMES",
        `status.${name}`,
      ]),
    );
  });

  test("takes headers of blocks, at which the server does not look", () => {
    const certificateChain = chain().replace("-----\n", "-----\nk: v\n\n");
    expect(faults({ ...issued, certificateChain })).toEqual([]);
  });

  test("takes text between the certificates, and several of them", () => {
    expect(faults({ ...issued, certificateChain: `leaf\n${chain()}issuer\n${chain()}end` })).toEqual([]);
  });

  test("compares with the key of a proof as with that of a stub", async () => {
    const { stubPKCS10Request: _, ...spec } = object.spec;
    const proof = await signPodUid("1", signer);
    const pkixPublicKey = Buffer.from(proof.subjectPublicKeyInfo).toString("base64");
    expect(faults(issued, { spec: { ...spec, pkixPublicKey } })).toEqual([]);
    const wrong = Buffer.from(other.signer.subjectPublicKeyInfo).toString("base64");
    expect(faults(issued, { spec: { ...spec, pkixPublicKey: wrong } })).toHaveLength(1);
    expect(faults(issued, { spec })).toHaveLength(1);
  });
});
