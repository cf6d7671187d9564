import { beforeAll, describe, expect, test } from "vitest";
import { formatClusterRenewal } from "../../../src/inspect/cluster-renewal.ts";
import { issueCertificate } from "../../../src/issue/issue.ts";
import { clientTemplate, servingTemplate } from "../../../src/issue/template.ts";
import type { CertificateTemplate } from "../../../src/issue/template.ts";
import { generateKeyPair } from "../../../src/keys/generate.ts";
import type { ClusterConfig } from "../../../src/kubernetes/cluster/config.ts";
import { issueClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type { ClusterPki } from "../../../src/kubernetes/cluster/issue.ts";
import type {
  ClusterAuthority,
  IssuedClusterCertificate,
} from "../../../src/kubernetes/cluster/issue-planned.ts";
import { planClusterPki } from "../../../src/kubernetes/cluster/plan.ts";
import type { ClusterPlan } from "../../../src/kubernetes/cluster/plan.ts";
import { planRenewal, renewalSchedule } from "../../../src/kubernetes/cluster/renewal.ts";
import { renewClusterPki } from "../../../src/kubernetes/cluster/renew.ts";
import { verifyCertificateChain } from "../../../src/verify/verify-chain.ts";
import type { Certificate } from "../../../src/x509/certificate.ts";
import { encodeName } from "../../../src/x509/name-writer.ts";

const THEN = new Date("2030-01-01T00:00:00Z");
const NOW = new Date("2030-11-01T00:00:00Z");
const config: ClusterConfig = {
  preset: "kubeadm",
  kubernetesVersion: "1.34.7", // kube-apiserver-kubelet-client is an administrator there
  keyAlgorithm: "ECDSA-P256",
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "w-1", role: "worker", addresses: ["192.0.2.2"] },
  ],
};
let pki: ClusterPki;
let wanted: ClusterPlan;
let authorities: Record<string, ClusterAuthority>;
beforeAll(async () => {
  pki = await issueClusterPki({ ...config, now: THEN });
  wanted = planClusterPki({
    ...config,
    kubernetesVersion: "1.36.2",
    certSANs: ["api.example.com", "198.51.100.7"],
    now: NOW,
  });
  authorities = Object.fromEntries(
    pki.certificates.filter(({ kind }) => kind === "ca").map((entry) => [entry.name, entry]),
  );
});
const only = (...names: string[]): IssuedClusterCertificate[] =>
  pki.certificates.filter(({ name }) => names.includes(name));
const END = { field: "validity", removed: ["2031-01-01T00:00:00.000Z"], added: ["2031-11-01T00:00:00.000Z"] };

describe("from the plan", () => {
  test("the name that was just configured is added, and nothing else changes", () => {
    const { renewals, findings } = planRenewal(wanted, only("apiserver"));
    expect(renewals.map(({ changes }) => changes)).toEqual([
      [
        { field: "dnsNames", removed: [], added: ["api.example.com"] },
        { field: "ipAddresses", removed: [], added: ["198.51.100.7"] },
        END,
      ],
    ]);
    expect(findings).toEqual([]);
  });

  test("a group is taken away that the new version does not write any more", () => {
    const { renewals } = planRenewal(wanted, only("apiserver-kubelet-client"));
    expect(renewals[0]!.changes[0]).toEqual({
      field: "subject",
      removed: ["O = kubeadm:cluster-admins, CN = kube-apiserver-kubelet-client"],
      added: ["CN = kube-apiserver-kubelet-client"],
    });
  });

  test("CAs stay, and all else is renewed with keys of its own, by the CAs that are there", async () => {
    const renewal = planRenewal(wanted, pki.certificates);
    const { certificates, requests, findings } = await renewClusterPki(renewal, { authorities });
    expect(requests).toEqual([]);
    expect(findings).toEqual([]);
    expect(certificates).toHaveLength(pki.certificates.length - 3);
    for (const { name, node, certificate, ca } of certificates) {
      const old = pki.certificates.find((entry) => entry.name === name && entry.node === node)!;
      expect(certificate.subjectPublicKeyInfo).not.toEqual(old.certificate.subjectPublicKeyInfo);
      expect(certificate.notBefore.getTime()).toBe(NOW.getTime() - 300_000);
      const trustAnchors = [authorities[ca!]!.certificate];
      await verifyCertificateChain(certificate, { trustAnchors, usage: "any", at: NOW });
    }
  });

  test("what the plan does not have stays as it is, with a word about it", () => {
    const { renewals, findings } = planRenewal(wanted, [{ ...only("admin")[0]!, name: "user:gone" }]);
    expect(renewals).toEqual([]);
    expect(findings).toMatchObject([{ code: "FINDING_RENEWAL_UNPLANNED", path: "certificates.user:gone" }]);
  });
});

describe("as kubeadm renews", () => {
  test("the new certificate says what the old one says, not what was configured since", async () => {
    const renewal = planRenewal(wanted, pki.certificates, { from: "certificate" });
    const { certificates } = await renewClusterPki(renewal, { authorities });
    // kubeadm: app/phases/certs/renewal/manager.go has no CA and no kubelet.conf.
    expect(certificates.map(({ name }) => name)).toEqual(
      pki.certificates
        .filter(({ name, kind }) => kind !== "ca" && name !== "kubelet")
        .map(({ name }) => name),
    );
    for (const { changes } of renewal.renewals) expect(changes).toEqual([END]);
    for (const { name, certificate } of certificates) {
      const old = pki.certificates.find((entry) => entry.name === name)!.certificate;
      expect(certificate.subject.der).toEqual(old.subject.der);
      expect(certificate.dnsNames).toEqual(old.dnsNames);
      expect(certificate.extensions.map(({ der }) => der)).toEqual(old.extensions.map(({ der }) => der));
    }
  });

  const reissued = async (template: CertificateTemplate): Promise<Certificate> => {
    const { certificate, privateKey } = authorities["ca"]!;
    const { publicKey } = await generateKeyPair("ECDSA-P256");
    const issuer = { certificate, signer: privateKey!.signer };
    return (await issueCertificate(template, { publicKey, issuer, now: NOW, allowPrivileged: true }))
      .certificate;
  };

  test("DNS names are sorted anew; URIs, e-mail addresses and other parts of the subject are lost", async () => {
    const certificate = await reissued(
      servingTemplate({
        subject: { organizations: ["b", "a"], organizationalUnits: ["unit"], commonName: "kube-apiserver" },
        dnsNames: ["z.example.com", "a.example.com"],
        uris: ["spiffe://example.com/a"],
        emailAddresses: ["a@example.com"],
        now: NOW,
      }),
    );
    const { renewals, findings } = planRenewal(wanted, [{ name: "apiserver", node: "cp-1", certificate }], {
      from: "certificate",
    });
    const { planned, changes } = renewals[0]!;
    expect(planned.dnsNames).toEqual(["a.example.com", "z.example.com"]);
    expect(encodeName(planned.subject)).toEqual(
      encodeName({ organizations: ["a", "b"], commonName: "kube-apiserver" }),
    );
    expect(changes.map(({ field }) => field)).toEqual(
      expect.arrayContaining(["subject", "uris", "emailAddresses"]),
    );
    expect(changes.map(({ field }) => field)).not.toContain("dnsNames"); // their order is no difference
    expect(findings).toMatchObject([
      { code: "FINDING_RENEWAL_LOST", severity: "warning", path: "certificates.apiserver[cp-1]" },
    ]);
  });

  // pkiutil.NewCertAndKey: "must specify at least one ExtKeyUsage", NewSignedCert: "must specify a CommonName"
  test.each([
    ["without a common name", clientTemplate({ subject: { organizations: ["a"] }, now: NOW })],
    [
      "without extended key usages",
      clientTemplate({ subject: { commonName: "kubernetes-admin" }, extendedKeyUsage: [], now: NOW }),
    ],
  ])("a certificate %s cannot be renewed", async (_, template) => {
    const current = [{ name: "admin", certificate: await reissued(template) }];
    const { renewals, findings } = planRenewal(wanted, current, { from: "certificate" });
    expect(renewals).toEqual([]);
    expect(findings).toMatchObject([
      { code: "FINDING_RENEWAL_IMPOSSIBLE", severity: "error", path: "certificates.admin" },
    ]);
    expect(planRenewal(wanted, current).renewals).toHaveLength(1); // from the plan it can
  });
});

describe("renewing", () => {
  test("makes no CA, whatever it is given", async () => {
    const renewal = planRenewal(wanted, only("apiserver", "etcd-peer"));
    const { ca } = authorities;
    await expect(renewClusterPki(renewal, { authorities: { ca: ca! } })).rejects.toMatchObject({
      code: "ERR_CLUSTER_CONFIG",
      path: "certificates.etcd-peer[cp-1].ca",
    });
    const root = wanted.certificates[0]!;
    const forged = { ...renewal, renewals: [{ planned: root, current: ca!.certificate, changes: [] }] };
    await expect(renewClusterPki(forged, { authorities })).rejects.toThrow(/not renewed but rotated/);
  });

  test("gives requests where the CA's key is elsewhere", async () => {
    const { ca } = authorities;
    const { certificates, requests } = await renewClusterPki(planRenewal(wanted, only("apiserver")), {
      authorities: { ca: { certificate: ca!.certificate } },
    });
    expect(certificates).toEqual([]);
    expect(requests[0]!.request.dnsNames).toContain("api.example.com");
  });

  test("can be stopped, and tells how far it is", async () => {
    const renewal = planRenewal(wanted, only("apiserver", "admin"));
    const seen: number[] = [];
    await renewClusterPki(renewal, { authorities, onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen).toEqual([0.5, 1]);
    await expect(
      renewClusterPki(renewal, { authorities, signal: AbortSignal.abort(new Error("stop")) }),
    ).rejects.toThrow("stop");
  });
});

test("a renewal is shown before it is done", () => {
  expect(formatClusterRenewal(planRenewal(wanted, only("apiserver")))).toBe(
    [
      "apiserver on cp-1",
      "  + dnsNames: api.example.com",
      "  + ipAddresses: 198.51.100.7",
      "  - validity: 2031-01-01T00:00:00.000Z",
      "  + validity: 2031-11-01T00:00:00.000Z",
      "",
      "1 certificate to renew",
      "",
    ].join("\n"),
  );
});

describe("the schedule", () => {
  const lifetimeOf = ({ notBefore, notAfter }: Certificate): number =>
    notAfter.getTime() - notBefore.getTime();

  test("is within 70 and 90 per cent of the lifetime, soonest first, and spread", () => {
    const schedule = renewalSchedule(pki.certificates);
    const parts = schedule.map(
      ({ current: { certificate }, renewAt }) =>
        (renewAt.getTime() - certificate.notBefore.getTime()) / lifetimeOf(certificate),
    );
    for (const part of parts) {
      expect(part).toBeGreaterThanOrEqual(0.7);
      expect(part).toBeLessThan(0.9);
    }
    expect(new Set(parts).size).toBe(parts.length);
    const times = schedule.map(({ renewAt }) => renewAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("is the same whenever it is asked for", () => {
    expect(renewalSchedule(pki.certificates)).toEqual(renewalSchedule([...pki.certificates].reverse()));
  });
});
