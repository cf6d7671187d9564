/** What Go's encoder writes: the shapes of kubeadm and of the certificate signing controller. */
import type { GoName, GoNames, GoTemplate, Usage } from "../protocol.ts";

/** Names as Kubernetes components give them to Go, and those that tell encoders apart. */
export const names: readonly GoName[] = [
  {},
  { commonName: "u" },
  { commonName: "u", organization: ["zeta", "alpha", "system:masters", "b"] },
  { commonName: "u", organization: ["group_b", "aaaa", "b@x", "groupa"] },
  { commonName: "u", organization: ["bb", "aa", "cc"] },
  { commonName: "u", organization: ["dev", "dev"] },
  { commonName: "u", organization: [""] },
  { commonName: "u", organization: ["", "a", ""] },
  { organization: ["only"] },
  { commonName: "system:node:n1", organization: ["system:nodes"] },
  { commonName: "kubernetes-admin", organization: ["kubeadm:cluster-admins"] },
  ...[
    "a'b(c)+,-./:=?",
    "a_b",
    "a@b",
    "*.x",
    "a&b",
    "ü",
    "a;b",
    "a!b",
    "a#b",
    'a"b',
    "a\0b",
    " ",
    "\u{1f600}",
    "a<b",
    "a\\b",
    "a\tb",
    "a\x7fb",
  ].map((commonName) => ({ commonName })),
  {
    country: ["DE", "AT"],
    province: ["B"],
    locality: ["L"],
    streetAddress: ["S 1"],
    postalCode: ["12345"],
    organization: ["O"],
    organizationalUnit: ["U2", "U1"],
    commonName: "all",
    serialNumber: "42",
  },
  { commonName: "x".repeat(200), organization: ["y".repeat(130), "y".repeat(120), "y".repeat(256)] },
];

type Template = Omit<GoTemplate, "key" | "parent" | "publicKey">;

const caUsage = 1 | 4 | 32;
const leafUsage = 1 | 4;
const start = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
const hour = 3600;
const base = { serialNumber: "1f2e3d4c5b6a7988", notBefore: start, notAfter: start + 8760 * hour };

const leaf = (subject: GoName, usages: readonly Usage[], sans: GoNames = {}): Template => ({
  ...base,
  subject,
  keyUsage: leafUsage,
  extKeyUsage: usages,
  basicConstraintsValid: true,
  ...sans,
});

/** Signed by the first one, which signs itself. */
export const templates: Readonly<Record<string, Template>> = {
  "kubeadm CA": {
    ...base,
    subject: { commonName: "kubernetes" },
    dnsNames: ["kubernetes"],
    notAfter: start + 87_600 * hour,
    keyUsage: caUsage,
    basicConstraintsValid: true,
    isCA: true,
  },
  "kubeadm API server": leaf({ commonName: "kube-apiserver" }, ["serverAuth"], {
    dnsNames: [
      "cp1",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "kubernetes.default.svc.cluster.local",
    ],
    ipAddresses: ["10.96.0.1", "192.168.0.10"],
  }),
  "kubeadm API server, dual stack": leaf({ commonName: "kube-apiserver" }, ["serverAuth"], {
    dnsNames: ["kubernetes"],
    ipAddresses: ["10.96.0.1", "fd00:10:96::1"],
  }),
  "kubeadm kubelet client": leaf({ commonName: "kube-apiserver-kubelet-client" }, ["clientAuth"]),
  "kubeadm admin": leaf({ commonName: "kubernetes-admin", organization: ["kubeadm:cluster-admins"] }, [
    "clientAuth",
  ]),
  "kubeadm etcd peer": leaf({ commonName: "cp1" }, ["serverAuth", "clientAuth"], {
    dnsNames: ["cp1", "localhost"],
    ipAddresses: ["192.168.0.10", "127.0.0.1", "::1"],
  }),
  "signing controller, kubelet client": leaf(
    { commonName: "system:node:n1", organization: ["system:nodes"] },
    ["clientAuth"],
  ),
  "signing controller, kubelet serving": leaf(
    { commonName: "system:node:n1", organization: ["system:nodes"] },
    ["serverAuth"],
    {
      dnsNames: ["n1"],
      ipAddresses: ["10.0.0.5"],
    },
  ),
  "every kind of name": leaf({ commonName: "n" }, ["clientAuth"], {
    dnsNames: ["B.example", "a.example", "a.example", ""],
    emailAddresses: ["m@x"],
    ipAddresses: ["10.0.0.1", "::ffff:10.0.0.2"],
    uris: ["spiffe://td/ns/a/sa/b"],
  }),
  "empty subject and names": leaf({}, ["serverAuth"], { dnsNames: ["a.example"] }),
  "empty subject without names": leaf({}, ["clientAuth"]),
  "intermediate with path length 0": {
    ...base,
    subject: { commonName: "intermediate" },
    keyUsage: caUsage | 64,
    basicConstraintsValid: true,
    isCA: true,
    maxPathLenZero: true,
  },
  "intermediate with path length 3": {
    ...base,
    subject: { commonName: "intermediate" },
    keyUsage: 32,
    basicConstraintsValid: true,
    isCA: true,
    maxPathLen: 3,
  },
  "no extensions wished for": { ...base, subject: { commonName: "bare" } },
  "all key usages": { ...base, subject: { commonName: "all" }, keyUsage: 511 },
  "several extended usages": {
    ...base,
    subject: { commonName: "ekus" },
    extKeyUsage: ["any", "codeSigning", "emailProtection", "timeStamping", "OCSPSigning"],
  },
  "serial with a high bit": { ...base, serialNumber: "80", subject: { commonName: "s" } },
  "serial of 20 octets": { ...base, serialNumber: "7f".repeat(20), subject: { commonName: "s" } },
  "valid into 2050": { ...base, subject: { commonName: "t" }, notAfter: Date.UTC(2050, 0, 1) / 1000 },
  "valid until the end of 2049": {
    ...base,
    subject: { commonName: "t" },
    notAfter: Date.UTC(2050, 0, 1) / 1000 - 1,
  },
  "valid from 1950 to 9999": {
    ...base,
    subject: { commonName: "t" },
    notBefore: Date.UTC(1950, 0, 1) / 1000,
    notAfter: 253_402_300_799,
  },
};

export const requests: Readonly<Record<string, GoNames & { readonly subject: GoName }>> = {
  "node client": { subject: { commonName: "system:node:n1", organization: ["system:nodes"] } },
  "node serving": {
    subject: { commonName: "system:node:n1", organization: ["system:nodes"] },
    dnsNames: ["n1"],
    ipAddresses: ["10.0.0.5", "fd00::5"],
  },
  "user with groups": { subject: { commonName: "jane", organization: ["b", "aa", "a_b"] } },
  "empty subject with names": { subject: {}, dnsNames: ["a"] },
  "every kind of name": {
    subject: { commonName: "n" },
    dnsNames: ["a"],
    emailAddresses: ["m@x"],
    ipAddresses: ["10.0.0.1"],
    uris: ["spiffe://td/x"],
  },
};
