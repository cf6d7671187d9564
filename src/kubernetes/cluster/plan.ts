import type { Finding } from "../../finding.ts";
import { caTemplate, clientTemplate } from "../../issue/template.ts";
import type { CertificateTemplate } from "../../issue/template.ts";
import { validFor } from "../../issue/validity.ts";
import type { Validity } from "../../issue/validity.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import type { ExtendedKeyUsage } from "../../x509/extensions/extended-key-usage.ts";
import type { KeyUsage } from "../../x509/extensions/key-usage.ts";
import { CLUSTER_CERTIFICATES } from "./certificates.ts";
import type { CertificateNames, CertificateUse, ClusterCertificate } from "./certificate-row.ts";
import { resolveClusterConfig } from "./config.ts";
import type {
  CertificateKind,
  ClusterConfig,
  ClusterNode,
  ClusterUser,
  ExtraCertificate,
  ResolvedClusterConfig,
} from "./config.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";
import { requireValid, validateClusterConfig } from "./validate-config.ts";

/** One certificate that a cluster shall have: plain data, which can be printed, compared and changed with a spread. What stands here is what is issued. */
export interface PlannedCertificate {
  /** Name of its row in {@link CLUSTER_CERTIFICATES}, `user:` and the user's name, or that of the extra certificate. */
  readonly name: string;
  /** The node that it is for; absent: the whole cluster. */
  readonly node?: string;
  /** What it is for. */
  readonly kind: CertificateKind;
  /** Name of the certificate that issues it; absent: it issues itself. */
  readonly ca?: string;
  /** Where it is kept, below `/etc/kubernetes` of its node: without `.crt` and `.key` for a pair of files, with `.conf` for a kubeconfig file. */
  readonly path: string;
  /** The files that come of it: certificate and key, or a kubeconfig file. */
  readonly files: readonly string[];
  /** Whom it is about. */
  readonly subject: SubjectFields;
  /** DNS names, in the order in which they are written. */
  readonly dnsNames: readonly string[];
  /** IP addresses as text, in the order in which they are written. */
  readonly ipAddresses: readonly string[];
  /** What its key may be used for. */
  readonly keyUsage: readonly KeyUsage[];
  /** What it may be presented for; CAs have none. */
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
  /** Of a CA, how many CAs may stand below; absent: any number. */
  readonly pathLength?: number;
  /** The key that is made for it. */
  readonly keyAlgorithm: KeyAlgorithmName;
  /** When it is valid. */
  readonly validity: Validity;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  /** Who reads its files, and by which flag. */
  readonly usedBy: readonly CertificateUse[];
}

/** The key pair that signs service account tokens, which has no certificate. */
export interface PlannedKeyPair {
  /** Where it is kept, without `.key` and `.pub`. */
  readonly path: string;
  /** The files that come of it. */
  readonly files: readonly string[];
  /** The key that is made. */
  readonly keyAlgorithm: KeyAlgorithmName;
  /** Who reads its files, and by which flag. */
  readonly usedBy: readonly CertificateUse[];
}

/** Everything that will be issued, before anything is. Plain data: `JSON.stringify` shows all of it. */
export interface ClusterPlan {
  /** The configuration with its defaults. */
  readonly config: ResolvedClusterConfig;
  /** In the order of the table, and within a row in that of the nodes; then users and extra certificates. */
  readonly certificates: readonly PlannedCertificate[];
  /** kubeadm's `pki/sa.key` and `pki/sa.pub`. */
  readonly serviceAccountKeys: PlannedKeyPair;
  /** Warnings about the configuration. */
  readonly findings: readonly Finding[];
}

/**
 * Plans the certificates of a cluster: what each of them says, who issues it, in which files it is kept, what it is for and which flag names it.
 * Nothing is made, and the same configuration with the same `now` gives the same plan.
 *
 * A plan may be changed before it is issued: leave out certificates, put in others, change names.
 *
 * Sources: as {@link CLUSTER_CERTIFICATES}.
 *
 * @throws ClusterError `ERR_CLUSTER_NAME`, `ERR_CLUSTER_NETWORK`, `ERR_CLUSTER_CONFIG`: the first error of {@link validateClusterConfig}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planClusterPki } from "kubepki";
 *
 * const { certificates } = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const etcd = certificates.find(({ name }) => name === "etcd-server");
 * assert.deepEqual(etcd?.dnsNames, ["cp-1", "localhost"]);
 * assert.deepEqual(etcd?.files, ["pki/etcd/server.crt", "pki/etcd/server.key"]);
 * assert.equal(etcd?.usedBy[0]?.flag, "--cert-file");
 * ```
 */
export function planClusterPki(config: ClusterConfig): ClusterPlan {
  const findings = requireValid(validateClusterConfig(config));
  const resolved = resolveClusterConfig(config);
  const plan = new Planner(resolved);
  const { users, extraCertificates, keyAlgorithm } = resolved;
  return {
    config: resolved,
    certificates: [
      ...CLUSTER_CERTIFICATES.filter((row) => isPlanned(row, resolved)).flatMap((row) => plan.row(row)),
      ...users.map((user) => plan.user(user)),
      ...extraCertificates.map((extra) => plan.extra(extra)),
    ],
    serviceAccountKeys: {
      path: "pki/sa",
      files: ["pki/sa.key", "pki/sa.pub"],
      keyAlgorithm,
      usedBy: [
        { component: "kube-apiserver", flag: "--service-account-signing-key-file", file: "pki/sa.key" },
        { component: "kube-apiserver", flag: "--service-account-key-file", file: "pki/sa.pub" },
        {
          component: "kube-controller-manager",
          flag: "--service-account-private-key-file",
          file: "pki/sa.key",
        },
      ],
    },
    findings,
  };
}

/**
 * The template of a planned certificate, as {@link issueClusterPki} issues it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planClusterPki, plannedTemplate } from "kubepki";
 *
 * const { certificates } = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const { subject } = plannedTemplate(certificates[0]!);
 * assert.deepEqual(subject, { commonName: "kubernetes-ca" });
 * ```
 */
export function plannedTemplate(planned: PlannedCertificate): CertificateTemplate {
  const { kind, pathLength } = planned;
  if (kind !== "ca") return clientTemplate(planned); // the kind of a leaf is in its usages
  return caTemplate({ ...planned, ...(pathLength !== undefined && { pathLength }) });
}

/** Whether a path is that of a kubeconfig file, which holds certificate and key. */
export function isKubeconfigPath(path: string): boolean {
  return path.endsWith(".conf");
}

/** What belongs to etcd if others look after it. */
function isPlanned({ name, ca, preset }: ClusterCertificate, config: ResolvedClusterConfig): boolean {
  if (preset !== undefined && preset !== config.preset) return false;
  return config.etcd.external !== true || (name !== "etcd-ca" && ca !== "etcd-ca");
}

const EXTENDED_KEY_USAGES_OF: Readonly<Record<CertificateKind, readonly ExtendedKeyUsage[]>> = {
  ca: [],
  server: ["serverAuth"],
  client: ["clientAuth"],
  peer: ["serverAuth", "clientAuth"],
};

const LEAF_KEY_USAGES: Readonly<Record<"recommended" | "kubeadm", readonly KeyUsage[]>> = {
  recommended: ["digitalSignature"],
  kubeadm: ["digitalSignature", "keyEncipherment"],
};
const CA_KEY_USAGES: Readonly<Record<"recommended" | "kubeadm", readonly KeyUsage[]>> = {
  recommended: ["digitalSignature", "keyCertSign", "cRLSign"],
  kubeadm: ["digitalSignature", "keyEncipherment", "keyCertSign"],
};

/** What every plan of one configuration has in common. */
class Planner {
  readonly #config: ResolvedClusterConfig;
  readonly #validity: Validity;
  readonly #caValidity: Validity;
  readonly #members: readonly ClusterNode[];
  /** CAs that issue CAs. */
  readonly #parents: ReadonlySet<string | undefined>;

  constructor(config: ResolvedClusterConfig) {
    this.#config = config;
    const { now, lifetimeSeconds, caLifetimeSeconds, nodes, extraCertificates } = config;
    this.#validity = validFor({ now, lifetimeSeconds });
    this.#caValidity = validFor({ now, lifetimeSeconds: caLifetimeSeconds });
    const dedicated = nodes.filter(({ role }) => role === "etcd");
    this.#members = dedicated.length > 0 ? dedicated : nodes.filter(({ role }) => role === "control-plane");
    this.#parents = new Set(extraCertificates.filter(({ kind }) => kind === "ca").map(({ ca }) => ca));
  }

  row(row: ClusterCertificate): PlannedCertificate[] {
    if (row.nodes === undefined) return [this.#certificate(row, row.names(this.#config))];
    return this.#nodesOf(row.nodes).map((node) =>
      this.#certificate(row, row.names(this.#config, node), { node: node.name }),
    );
  }

  user({ name, groups = [], lifetimeSeconds }: ClusterUser): PlannedCertificate {
    const path = `users/${encodeURIComponent(name)}.conf`; // no user's name leads to another folder
    return this.#certificate(
      {
        name: `user:${name}`,
        kind: "client",
        ca: "ca",
        path,
        purpose: "a user of the cluster",
        usedBy: [{ component: "kubectl", flag: "--kubeconfig", file: path }],
      },
      { subject: groups.length > 0 ? { organizations: groups, commonName: name } : { commonName: name } },
      this.#lifetime(lifetimeSeconds),
    );
  }

  extra(extra: ExtraCertificate): PlannedCertificate {
    const { name, kind, ca, path, purpose = "an extra certificate", lifetimeSeconds } = extra;
    return this.#certificate(
      { name, kind, path, purpose, usedBy: [], ...(ca !== undefined && { ca }) },
      extra,
      this.#lifetime(lifetimeSeconds),
    );
  }

  #nodesOf(kind: "control-plane" | "etcd" | "kubelet"): readonly ClusterNode[] {
    if (kind === "etcd") return this.#members;
    return this.#config.nodes.filter(({ role }) =>
      kind === "kubelet" ? role !== "etcd" : role === "control-plane",
    );
  }

  #lifetime(lifetimeSeconds: number | undefined): { readonly validity?: Validity } {
    if (lifetimeSeconds === undefined) return {};
    return { validity: validFor({ now: this.#config.now, lifetimeSeconds }) };
  }

  #certificate(
    row: Pick<PlannedCertificate, "name" | "kind" | "path" | "ca" | "purpose" | "usedBy">,
    { subject, dnsNames = [], ipAddresses = [] }: CertificateNames,
    more: { readonly node?: string; readonly validity?: Validity } = {},
  ): PlannedCertificate {
    const { name, kind, ca, path, purpose, usedBy } = row;
    const { preset, keyAlgorithm } = this.#config;
    const isLast = kind === "ca" && preset === "recommended" && !this.#parents.has(name);
    return {
      name,
      ...(more.node !== undefined && { node: more.node }),
      kind,
      ...(ca !== undefined && { ca }),
      path,
      files: isKubeconfigPath(path) ? [path] : [`${path}.crt`, `${path}.key`],
      subject,
      dnsNames,
      ipAddresses,
      keyUsage: (kind === "ca" ? CA_KEY_USAGES : LEAF_KEY_USAGES)[preset],
      extendedKeyUsage: EXTENDED_KEY_USAGES_OF[kind],
      ...(isLast && { pathLength: 0 }),
      keyAlgorithm,
      validity: more.validity ?? (kind === "ca" ? this.#caValidity : this.#validity),
      purpose,
      usedBy,
    };
  }
}
