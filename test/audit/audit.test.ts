/** An audit finds what is wrong, and nothing where nothing is: on kubeadm's layout, and on what others make. */
import { describe, expect, test } from "vitest";
import {
  auditClusterPki,
  caTemplate,
  clientTemplate,
  encodePem,
  formatClusterAudit,
  formatClusterAuditSvg,
  generateKeyPair,
  issueCertificate,
  issueClusterPki,
  issueSelfSigned,
  kubeconfig,
  planClusterPki,
  servingTemplate,
} from "kubepki";
import type { AuditOptions, AuditSource, ClusterAudit, CertificateTemplate, KeyPair } from "kubepki";

const now = new Date("2030-01-01T00:00:00Z");
const at = new Date("2030-01-02T00:00:00Z");
const config = { nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }], now } as const;
const pki = await issueClusterPki(config);
const plan = planClusterPki(config);

const files: AuditSource[] = [];
for (const { path, certificate, privateKey } of pki.certificates) {
  if (path.endsWith(".conf")) continue;
  files.push({ path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der), mode: 0o644 });
  if (privateKey) files.push({ path: `${path}.key`, text: await privateKey.exportPem(), mode: 0o600 });
}

async function codes(sources: readonly AuditSource[], options: AuditOptions = {}): Promise<string[]> {
  const { findings } = await auditClusterPki(sources, { at, ...options });
  return findings.map(({ code, path }) => `${code} ${path}`);
}
const errors = async (sources: readonly AuditSource[], options: AuditOptions = {}): Promise<string[]> => {
  const { findings } = await auditClusterPki(sources, { at, ...options });
  return findings.filter(({ severity }) => severity === "error").map(({ code, path }) => `${code} ${path}`);
};
const replaced = (path: string, change: Partial<{ text: string; mode: number }>): AuditSource[] =>
  files.map((file) => (file.path === path ? { ...file, ...change } : file));
const textOf = (path: string): string => {
  const file = files.find((one) => one.path === path)!;
  return "text" in file ? file.text : "";
};

interface Party {
  readonly keys: KeyPair;
  readonly pem: string;
}
const ca = await generateKeyPair("ECDSA-P256");
const root = await issueSelfSigned(
  caTemplate({ subject: { commonName: "old ca" }, now, lifetimeSeconds: 86_400 * 30 }),
  ca.signer,
  { now },
);
const rootPem = encodePem("CERTIFICATE", root.certificate.der);
async function issued(template: CertificateTemplate): Promise<Party> {
  const keys = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueCertificate(template, {
    publicKey: keys.publicKey,
    issuer: { certificate: root.certificate, signer: ca.signer },
    now,
    allowPrivileged: true,
  });
  return { keys, pem: encodePem("CERTIFICATE", certificate.der) };
}

describe("a good cluster", () => {
  test("has no errors, with a plan and without", async () => {
    const audit = await auditClusterPki(files, { at });
    expect(audit.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(audit.isHealthy).toBe(true);
    const onlyFiles = { certificates: plan.certificates.filter(({ path }) => path.startsWith("pki/")) };
    expect(await errors(files, { plan: onlyFiles })).toEqual([]);
  });

  test("is told by issuer, kind and end, the first to expire first, as plain data", async () => {
    const { certificates } = await auditClusterPki(files, { at });
    const server = certificates.find(({ path }) => path === "pki/apiserver.crt");
    expect(server).toMatchObject({ issuer: "pki/ca.crt", kind: "server", subject: "CN = kube-apiserver" });
    expect(certificates.map(({ notAfter }) => notAfter)).toEqual(
      certificates.map(({ notAfter }) => notAfter).toSorted(),
    );
  });

  test("survives JSON, and can be shown elsewhere", async () => {
    const audit = await auditClusterPki(files, { at });
    const elsewhere = JSON.parse(JSON.stringify(audit)) as ClusterAudit;
    expect(elsewhere.certificates[0]).toEqual({
      path: "pki/apiserver.crt",
      subject: "CN = kube-apiserver",
      kind: "server",
      issuer: "pki/ca.crt",
      notBefore: expect.stringMatching(/^2029-12-31T23:55:00/) as unknown,
      notAfter: audit.certificates[0]!.notAfter,
      fingerprint: audit.certificates[0]!.fingerprint,
    });
    expect(formatClusterAudit(elsewhere)).toBe(formatClusterAudit(audit));
    expect(formatClusterAuditSvg(elsewhere)).toBe(formatClusterAuditSvg(audit));
  });

  test("has warnings about who is too powerful", async () => {
    const subject = { commonName: "root", organizations: ["system:masters"] };
    const { pem } = await issued(clientTemplate({ subject, now, lifetimeSeconds: 86_400 }));
    expect(
      await codes([
        { path: "ca.crt", text: rootPem },
        { path: "root.crt", text: pem },
      ]),
    ).toContainEqual(expect.stringMatching(/^FINDING_SYSTEM_MASTERS root\.crt/));
  });
});

describe("what is wrong is found", () => {
  test("a certificate of another CA of the same name", async () => {
    const other = await issueClusterPki(config);
    const apiserver = other.certificates.find(({ path }) => path === "pki/apiserver")!;
    const sources = replaced("pki/apiserver.crt", {
      text: encodePem("CERTIFICATE", apiserver.certificate.der),
    });
    expect(await errors(sources)).toEqual([
      "FINDING_AUDIT_WRONG_ISSUER pki/apiserver.crt",
      "FINDING_AUDIT_KEY_MISMATCH pki/apiserver.key",
    ]);
    // Whoever does not check signatures sees the key alone.
    expect(await errors(sources, { checkSignatures: false })).toEqual([
      "FINDING_AUDIT_KEY_MISMATCH pki/apiserver.key",
    ]);
  });

  test("an issuer that was not given", async () => {
    const without = files.filter(({ path }) => path !== "pki/etcd/ca.crt");
    expect(await codes(without)).toContain("FINDING_AUDIT_UNKNOWN_ISSUER pki/etcd/server.crt");
  });

  test("a key that others may read", async () => {
    const [finding] = (await auditClusterPki(replaced("pki/ca.key", { mode: 0o640 }), { at })).findings;
    expect(finding).toMatchObject({
      code: "FINDING_AUDIT_KEY_MODE",
      path: "pki/ca.key",
      found: "0640",
      expected: "0600",
    });
    expect(await errors(replaced("pki/ca.crt", { mode: 0o666 }))).toEqual([]);
  });

  test("a CA for clients and front proxy", async () => {
    const ours = textOf("pki/ca.crt");
    expect(await errors(replaced("pki/front-proxy-ca.crt", { text: ours }))).toContain(
      "FINDING_AUDIT_SHARED_FRONT_PROXY_CA pki/front-proxy-ca.crt",
    );
    expect(
      await errors([
        { path: "tls/client-ca.crt", text: ours },
        { path: "tls/request-header-ca.crt", text: ours },
      ]),
    ).toEqual(["FINDING_AUDIT_SHARED_FRONT_PROXY_CA tls/request-header-ca.crt"]);
    const other = textOf("pki/front-proxy-ca.crt");
    const told = (proxy: string) => ({
      path: "kube-system/extension-apiserver-authentication",
      object: { kind: "ConfigMap", data: { "client-ca-file": ours, "requestheader-client-ca-file": proxy } },
    });
    expect(await errors([told(other)])).toEqual([]);
    expect(await errors([told(other + ours)])).toEqual([
      "FINDING_AUDIT_SHARED_FRONT_PROXY_CA kube-system/extension-apiserver-authentication#requestheader-client-ca-file[1]",
    ]);
    expect(
      await errors([
        { path: "pki/etcd/ca.crt", text: ours },
        { path: "pki/front-proxy-ca.crt", text: ours },
      ]),
    ).toEqual([]);
  });

  test("one key for two", async () => {
    const { keys, pem } = await issued(
      servingTemplate({
        subject: { commonName: "a" },
        dnsNames: ["a.example"],
        now,
        lifetimeSeconds: 86_400 * 10,
      }),
    );
    const { certificate } = await issueCertificate(
      servingTemplate({
        subject: { commonName: "b" },
        dnsNames: ["b.example"],
        now,
        lifetimeSeconds: 86_400 * 10,
      }),
      { publicKey: keys.publicKey, issuer: { certificate: root.certificate, signer: ca.signer }, now },
    );
    const sources = [
      { path: "ca.crt", text: rootPem },
      { path: "a.crt", text: pem },
      { path: "b.crt", text: encodePem("CERTIFICATE", certificate.der) },
    ];
    expect(await codes(sources)).toContain("FINDING_AUDIT_SHARED_KEY a.crt");
  });

  test("what has expired, and what its CA does not outlive", async () => {
    const late = new Date("2040-06-01T00:00:00Z");
    expect(await errors(files, { at: late })).toContain(
      "FINDING_EXPIRED pki/apiserver.crt: tbsCertificate.validity",
    );
    // The same CA, with a certificate that ends earlier.
    const subject = { commonName: "old ca" };
    const brief = caTemplate({ subject, now, lifetimeSeconds: 86_400 * 10 });
    const { certificate } = await issueSelfSigned(brief, ca.signer, { now });
    const leaf = async (days: number): Promise<string> =>
      (await issued(clientTemplate({ subject: { commonName: "a" }, now, lifetimeSeconds: 86_400 * days })))
        .pem;
    const sources = [
      { path: "ca.crt", text: encodePem("CERTIFICATE", certificate.der) },
      { path: "within.crt", text: await leaf(9) },
      { path: "beyond.crt", text: await leaf(11) },
    ];
    expect(await codes(sources)).toEqual(["FINDING_AUDIT_OUTLIVES_CA beyond.crt"]);
  });

  test("a node outside of the nodes' group, and a certificate for everything", async () => {
    const node = await issued(
      clientTemplate({ subject: { commonName: "system:node:n1" }, now, lifetimeSeconds: 86_400 }),
    );
    expect(
      await errors([
        { path: "ca.crt", text: rootPem },
        { path: "n1.crt", text: node.pem },
      ]),
    ).toContain("FINDING_AUDIT_NODE_GROUP n1.crt");
    const template = clientTemplate({ subject: { commonName: "x" }, now, lifetimeSeconds: 86_400 });
    const any = await issued({
      ...template,
      extensions: template.extensions.filter((one) => !("id" in one) || one.id !== "extendedKeyUsage"),
    });
    expect(
      await codes([
        { path: "ca.crt", text: rootPem },
        { path: "x.crt", text: any.pem },
      ]),
    ).toContain("FINDING_NO_EXTENDED_KEY_USAGE x.crt: extensions.extendedKeyUsage");
  });

  test("what nobody reads", async () => {
    const broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    expect(await codes([{ path: "x.crt", text: broken }])).toEqual(["FINDING_AUDIT_UNREADABLE x.crt"]);
    expect(await codes([{ path: "x.key", text: broken.replaceAll("CERTIFICATE", "PRIVATE KEY") }])).toEqual([
      "FINDING_AUDIT_UNREADABLE x.key",
    ]);
    expect(await codes([{ path: "notes.txt", text: "hello" }])).toEqual([]);
    expect(await codes([{ path: "x.crt", text: "" }])).toEqual(["FINDING_AUDIT_UNREADABLE x.crt"]);
    const tls = {
      kind: "Secret",
      metadata: { name: "tls" },
      data: { "tls.crt": "***", "tls.key": "", note: "***" },
    };
    expect(await codes([{ path: "s", object: tls }])).toEqual(["FINDING_AUDIT_UNREADABLE s#tls.crt"]);
  });

  test("what is broken does not hide what is behind it, or before", async () => {
    const good = rootPem;
    const torn = good.slice(0, 100);
    const alien = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (const text of [`${torn}\n${good}`, `${alien}${good}`, `${good}${alien}`]) {
      const { certificates, findings } = await auditClusterPki([{ path: "bundle.pem", text }], { at });
      expect(certificates).toHaveLength(1);
      expect(findings.map(({ code }) => code)).toContainEqual(
        expect.stringMatching(/^FINDING_AUDIT_(?:UNREADABLE|BROKEN_BLOCK)$/),
      );
    }
    const endless = good.repeat(600);
    expect(await codes([{ path: "x.crt", text: endless }])).toEqual(["FINDING_AUDIT_UNREADABLE x.crt"]);
  });

  test("a block that is cut, damaged or of another kind of certificate, which Kubernetes skips without a word", async () => {
    const other = (await issued(clientTemplate({ subject: { commonName: "x" }, now }))).pem;
    const trusted = other.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE");
    for (const broken of [other.slice(0, 200), other.replace(/=*\n-----END/, "!\n-----END"), trusted])
      expect(await errors([{ path: "ca.crt", text: rootPem + broken }])).toEqual([
        "FINDING_AUDIT_BROKEN_BLOCK ca.crt",
      ]);
  });

  test("by the plan: what is missing, and names that are or are not planned", async () => {
    const more = planClusterPki({ ...config, controlPlaneEndpoint: "api.example.com:6443" });
    const certificates = more.certificates.filter(({ path }) => path.startsWith("pki/"));
    expect(await errors(files, { plan: { certificates } })).toEqual([
      "FINDING_AUDIT_MISSING_NAME pki/apiserver.crt",
    ]);
    const fewer = certificates.map((planned) => ({
      ...planned,
      dnsNames: planned.dnsNames.filter((name) => name !== "kubernetes"),
    }));
    const ours = fewer.filter(({ name }) => name === "apiserver");
    expect(await codes(files, { plan: { certificates: ours } })).toContain(
      "FINDING_AUDIT_SURPLUS_NAME pki/apiserver.crt",
    );
    expect(
      await errors(replaced("pki/apiserver.crt", { text: textOf("pki/etcd/server.crt") }), {
        plan: { certificates },
      }),
    ).toContain("FINDING_AUDIT_WRONG_ISSUER pki/apiserver.crt");
    const without = files.filter(({ path }) => !path.startsWith("pki/etcd/peer"));
    const planned = { certificates: plan.certificates.filter(({ path }) => path.startsWith("pki/")) };
    expect(await errors(without, { plan: planned })).toEqual(["FINDING_AUDIT_MISSING pki/etcd/peer.crt"]);
    expect(await errors(files, { plan: planned, node: "another" })).toEqual([]);
    expect(
      await errors(
        [
          ...files.filter(({ path }) => path !== "pki/etcd/server.crt"),
          { path: "pki/etcd/server.crt", text: textOf("pki/etcd/healthcheck-client.crt") },
        ],
        { plan: planned },
      ),
    ).toEqual(
      expect.arrayContaining([
        "FINDING_AUDIT_SUBJECT pki/etcd/server.crt",
        "FINDING_AUDIT_USAGE pki/etcd/server.crt",
      ]) as unknown,
    );
  });
});

describe("other sources", () => {
  test("cfssl's names of files, and a pair in one file", async () => {
    const one = await issued(
      servingTemplate({
        subject: { commonName: "a" },
        dnsNames: ["a.example"],
        now,
        lifetimeSeconds: 86_400,
      }),
    );
    const two = await issued(
      servingTemplate({
        subject: { commonName: "b" },
        dnsNames: ["b.example"],
        now,
        lifetimeSeconds: 86_400,
      }),
    );
    const key = await one.keys.privateKey.exportPem();
    const trust = { path: "ca.pem", text: rootPem };
    expect(
      await errors([trust, { path: "server.pem", text: one.pem }, { path: "server-key.pem", text: key }]),
    ).toEqual([]);
    expect(
      await errors([trust, { path: "server.pem", text: two.pem }, { path: "server-key.pem", text: key }]),
    ).toEqual(["FINDING_AUDIT_KEY_MISMATCH server-key.pem"]);
    expect(await errors([trust, { path: "current.pem", text: one.pem + key }])).toEqual([]);
    expect(await errors([trust, { path: "current.pem", text: two.pem + key }])).toEqual([
      "FINDING_AUDIT_KEY_MISMATCH current.pem",
    ]);
  });

  test("Secrets, ConfigMaps and lists of them", async () => {
    const { keys, pem } = await issued(
      servingTemplate({
        subject: { commonName: "a" },
        dnsNames: ["a.example"],
        now,
        lifetimeSeconds: 86_400,
      }),
    );
    const wrong = await issued(
      servingTemplate({
        subject: { commonName: "b" },
        dnsNames: ["b.example"],
        now,
        lifetimeSeconds: 86_400,
      }),
    );
    const secret = (name: string, text: string) => ({
      kind: "Secret",
      metadata: { namespace: "shop", name },
      data: {
        "tls.crt": btoa(text),
        "tls.key": btoa(keyPem),
        "ca.crt": btoa(rootPem),
        other: btoa("text"),
        broken: "***",
      },
    });
    const keyPem = await keys.privateKey.exportPem();
    const map = { kind: "ConfigMap", metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": rootPem } };
    const object = { kind: "List", items: [secret("good", pem), secret("bad", wrong.pem), map, null, 7] };
    const audit = await auditClusterPki([{ path: "cluster", object }], { at });
    expect(audit.certificates).toHaveLength(5);
    expect(
      audit.findings.filter(({ severity }) => severity === "error").map(({ code, path }) => [code, path]),
    ).toEqual([["FINDING_AUDIT_KEY_MISMATCH", "cluster/shop/bad#tls.key"]]);
  });

  test("kubeconfigs, also by the plan", async () => {
    const admin = pki.certificates.find(({ path }) => path === "admin.conf")!;
    const scheduler = pki.certificates.find(({ path }) => path === "scheduler.conf")!;
    const make = async (privateKey: typeof admin.privateKey) => ({
      path: "admin.conf",
      mode: 0o600,
      object: await kubeconfig({
        server: "https://api.example.com:6443",
        ca: [pki.certificates[0]!.certificate],
        userName: "me",
        credentials: { certificates: [admin.certificate], privateKey: privateKey! },
      }),
    });
    const planned = { certificates: plan.certificates.filter(({ path }) => path === "admin.conf") };
    const good = await make(admin.privateKey);
    expect(await errors([good], { plan: planned })).toEqual([]);
    expect(await errors([{ ...good, mode: 0o644 }])).toEqual(["FINDING_AUDIT_KEY_MODE admin.conf"]);
    const client = Buffer.from(encodePem("CERTIFICATE", scheduler.certificate.der)).toString("base64");
    const object = {
      ...good.object,
      users: [{ name: "me", user: { ...good.object.users[0]!.user, "client-certificate-data": client } }],
    };
    expect(await errors([{ ...good, object }], { plan: planned })).toEqual([
      "FINDING_AUDIT_KEY_MISMATCH admin.conf#users[0].client-key-data",
      "FINDING_AUDIT_SUBJECT admin.conf#users[0].client-certificate-data",
    ]);
  });

  test("a kubeconfig that names a file, as kubeadm leaves kubelet.conf", async () => {
    const planned = { certificates: plan.certificates.filter(({ path }) => path === "kubelet.conf") };
    const [kubelet, scheduler] = ["kubelet.conf", "scheduler.conf"].map((path) =>
      encodePem("CERTIFICATE", pki.certificates.find((one) => one.path === path)!.certificate.der),
    );
    const file = "/var/lib/kubelet/pki/kubelet-client-current.pem";
    const user = { "client-certificate": file, "client-key": file };
    const conf = { path: "/etc/kubernetes/kubelet.conf", object: { users: [{ name: "default", user }] } };
    expect(await errors([], { plan: planned })).toEqual(["FINDING_AUDIT_MISSING kubelet.conf"]);
    expect(await errors([conf], { plan: planned })).toEqual([]);
    expect(await errors([conf, { path: file, text: kubelet! }], { plan: planned })).toEqual([]);
    expect(await errors([conf, { path: file, text: scheduler! }], { plan: planned })).toEqual([
      `FINDING_AUDIT_SUBJECT ${file}`,
    ]);
  });

  test("of any shape are looked at without an error", async () => {
    const odd = [
      null,
      7,
      "text",
      [],
      { data: 7 },
      { kind: "Secret", data: { a: 1 } },
      { users: [null, { user: 7 }], clusters: "x" },
      { items: [{ items: [{}] }] },
    ];
    for (const object of odd)
      expect((await auditClusterPki([{ path: "x", object }], { at })).certificates).toEqual([]);
  });
});

describe("reports", () => {
  test("as text: counts, errors first, then who expires when", async () => {
    const text = formatClusterAudit(await auditClusterPki(replaced("pki/ca.key", { mode: 0o644 }), { at }));
    expect(text).toMatch(/^\d+ certificates: 1 error, (?:no|\d+) warnings?, at 2030-01-02T00:00:00Z\n/);
    expect(text).toMatch(
      /error FINDING_AUDIT_KEY_MODE pki\/ca\.key\n {2}others than its owner may read the private key\n {2}found 0644\n/,
    );
    expect(text).toMatch(/^in 9 years +ca +CN = kubernetes-ca +pki\/ca\.crt$/m);
    expect(text).not.toMatch(/PRIVATE KEY/);
  });

  test("as a picture that a hostile name cannot leave, with copies once", async () => {
    const audit = await auditClusterPki(
      [
        { path: `"><script>alert(1)</script>.crt`, text: rootPem },
        { path: "copy.crt", text: rootPem },
      ],
      { at },
    );
    const svg = formatClusterAuditSvg(audit);
    expect(svg).not.toContain("<script>");
    expect(svg.match(/ka-bar"/g)).toHaveLength(1);
    const many = {
      ...audit,
      certificates: Array.from({ length: 100 }, (_, i) => ({
        ...(JSON.parse(JSON.stringify(audit)) as ClusterAudit).certificates[0]!,
        fingerprint: String(i),
      })),
    };
    expect(formatClusterAuditSvg(many)).toContain("and 40 more, which expire no earlier");
  });
});
