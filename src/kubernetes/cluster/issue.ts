import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { issueCertificate, issueSelfSigned } from "../../issue/issue.ts";
import type { RandomSource } from "../../issue/serial-number.ts";
import { generateKeyPair } from "../../keys/generate.ts";
import type { KeyPair } from "../../keys/generate.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import type { PrivateKey } from "../../keys/private-key.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { CLUSTER_CERTIFICATES } from "./certificates.ts";
import type { ClusterCertificate } from "./certificates.ts";
import { requireValidConfig, resolveClusterConfig } from "./config.ts";
import type { ClusterConfig, ClusterNode, ResolvedClusterConfig } from "./config.ts";

/** One certificate of the cluster with its key. */
export interface IssuedClusterCertificate {
  /** Name of its row in the table. */
  readonly name: string;
  /** Where kubeadm keeps it, below `/etc/kubernetes` of its node; see {@link ClusterCertificate}. */
  readonly path: string;
  /** Name of the row that issued it; absent: it issued itself. */
  readonly ca?: string;
  /** The node that it is for; absent: the whole cluster. */
  readonly node?: string;
  /** Parsed in safe mode. */
  readonly certificate: Certificate;
  /** Its key, which can be exported. */
  readonly privateKey: PrivateKey;
}

/** All certificates and keys of a cluster, as plain data. */
export interface ClusterPki {
  /** The configuration with its defaults. */
  readonly config: ResolvedClusterConfig;
  /** In the order of the table, and within a row in that of the nodes. */
  readonly certificates: readonly IssuedClusterCertificate[];
  /** What signs service account tokens: kubeadm's `pki/sa.key` and `pki/sa.pub`. */
  readonly serviceAccountKeys: KeyPair;
  /** Warnings about the configuration and the certificates. */
  readonly findings: readonly Finding[];
}

/** What was just issued, out of how many. */
export interface ClusterProgress {
  /** How many certificates are there. */
  readonly done: number;
  /** How many there will be. */
  readonly total: number;
  /** Name of the row that was just issued. */
  readonly name: string;
  /** The node it is for; absent: the whole cluster. */
  readonly node?: string;
}

/** How a cluster's certificates are issued; all fields have defaults. */
export interface IssueClusterOptions {
  /** The inventory; {@link CLUSTER_CERTIFICATES} by default. Names must be unique, and a CA among the rows. */
  readonly certificates?: readonly ClusterCertificate[];
  /** Makes each key; {@link generateKeyPair} by default. */
  readonly generateKey?: (algorithm: KeyAlgorithmName) => Promise<KeyPair>;
  /** What fills serial numbers with random bytes. */
  readonly random?: RandomSource;
  /** Stops the work between two certificates; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each certificate. */
  readonly onProgress?: (progress: ClusterProgress) => void;
}

/** So many keys are made at once: enough for every core, few enough to stop soon. */
const AT_ONCE = 16;

interface Job {
  readonly row: ClusterCertificate;
  readonly node?: ClusterNode;
}

interface Outcome {
  readonly entry: IssuedClusterCertificate;
  readonly findings: readonly Finding[];
}

/**
 * Issues every certificate of a cluster: CAs first, then all others concurrently, each with a key of its own. Writes nothing.
 *
 * The certificates are those of kubeadm; where kubeadm would let a certificate outlive its CA, the end is cut, with a finding.
 *
 * Sources: kubeadm `cmd/kubeadm/app/phases/certs/certs.go`, `cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go`.
 *
 * @throws ClusterError `ERR_CLUSTER_NAME`, `ERR_CLUSTER_NETWORK`, `ERR_CLUSTER_CONFIG`: the first error of {@link validateClusterConfig}, or of the inventory
 * @throws TemplateError, KeyError as {@link issueCertificate}; the signal's reason if it was aborted
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { issueClusterPki } from "kubepki";
 *
 * const { certificates } = await issueClusterPki({
 *   controlPlaneEndpoint: "api.example.com:6443",
 *   nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
 * });
 * const server = certificates.find(({ name }) => name === "apiserver");
 * assert(server?.certificate.dnsNames.includes("api.example.com"));
 * ```
 */
export async function issueClusterPki(
  config: ClusterConfig,
  options: IssueClusterOptions = {},
): Promise<ClusterPki> {
  const resolved = resolveClusterConfig(config);
  const { certificates: rows = CLUSTER_CERTIFICATES, generateKey = generateKeyPair } = options;
  const findings = requireValidConfig(resolved);
  checkInventory(rows);
  const jobs = rows.flatMap((row) => jobsOf(row, resolved));
  const run = new Run(resolved, { ...options, generateKey }, jobs.length);
  // A CA waits for the CA above it and for no other: roots first, then what stands below them, then the leaves.
  const issued = new Map<Job, Outcome>();
  for (const level of levelsOf(rows))
    await mapConcurrently(
      jobs.filter(({ row }) => level.includes(row)),
      async (job) => issued.set(job, await run.issue(job)),
    );
  options.signal?.throwIfAborted();
  const serviceAccountKeys = await generateKey(resolved.keyAlgorithm);
  return {
    config: resolved,
    certificates: jobs.map((job) => issued.get(job)!.entry),
    serviceAccountKeys,
    findings: [...findings, ...jobs.flatMap((job) => issued.get(job)!.findings)],
  };
}

function checkInventory(rows: readonly ClusterCertificate[]): void {
  const names = new Set<string>();
  for (const { name, ca } of rows) {
    if (names.has(name)) throw inventoryError(`there are two certificates ${JSON.stringify(name)}`, name);
    names.add(name);
    const issuer = ca === undefined ? undefined : rows.find((row) => row.name === ca);
    if (ca !== undefined && issuer === undefined)
      throw inventoryError(`there is no certificate ${JSON.stringify(ca)} to issue it`, name);
    if (issuer?.nodes !== undefined) throw inventoryError("a CA must be there once, not on each node", name);
  }
}

function inventoryError(message: string, name: string): ClusterError {
  return new ClusterError("ERR_CLUSTER_CONFIG", message, { path: `certificates.${name}` });
}

function jobsOf(row: ClusterCertificate, { nodes }: ResolvedClusterConfig): Job[] {
  if (row.nodes === undefined) return [{ row }];
  return nodes
    .filter(({ role }) => row.nodes === "all" || role === "control-plane")
    .map((node) => ({ row, node }));
}

/** The rows in steps: each step is issued by earlier ones, and what issues nothing comes in the last. */
function levelsOf(rows: readonly ClusterCertificate[]): ClusterCertificate[][] {
  const issuers = new Set(rows.map(({ ca }) => ca));
  const leaves = rows.filter(({ name }) => !issuers.has(name));
  const levels: ClusterCertificate[][] = [];
  const done = new Set<string>();
  let waiting = rows.filter(({ name }) => issuers.has(name));
  while (waiting.length > 0) {
    const level = waiting.filter(({ ca }) => ca === undefined || done.has(ca));
    if (level.length === 0) throw inventoryError("it issues itself by way of others", waiting[0]!.name);
    for (const { name } of level) done.add(name);
    levels.push(level);
    waiting = waiting.filter((row) => !level.includes(row));
  }
  return [...levels, leaves];
}

/** One run of {@link issueClusterPki}: which authorities there are so far. */
class Run {
  readonly #config: ResolvedClusterConfig;
  readonly #options: IssueClusterOptions & Required<Pick<IssueClusterOptions, "generateKey">>;
  readonly #total: number;
  readonly #authorities = new Map<string, CertificateAuthority>();
  #done = 0;

  constructor(
    config: ResolvedClusterConfig,
    options: IssueClusterOptions & Required<Pick<IssueClusterOptions, "generateKey">>,
    total: number,
  ) {
    this.#config = config;
    this.#options = options;
    this.#total = total;
  }

  async issue({ row, node }: Job): Promise<Outcome> {
    const { generateKey, random, signal, onProgress } = this.#options;
    signal?.throwIfAborted();
    const keys = await generateKey(this.#config.keyAlgorithm);
    signal?.throwIfAborted();
    const template =
      node && row.nodes ? row.template(this.#config, node) : (row as SharedRow).template(this.#config);
    // The table is the word that these names are meant, and the configuration that these lifetimes are.
    const rules = {
      allowPrivileged: true,
      maxLifetimeSeconds: Infinity,
      now: this.#config.now,
      ...(random && { random }),
    };
    const issuer = row.ca === undefined ? undefined : this.#authorities.get(row.ca);
    const { certificate, findings } = issuer
      ? await issueCertificate(template, { publicKey: keys.publicKey, issuer, ...rules })
      : await issueSelfSigned(template, keys.signer, rules);
    if (node === undefined) this.#authorities.set(row.name, { certificate, signer: keys.signer });
    const place = node ? `certificates.${row.name}[${node.name}]` : `certificates.${row.name}`;
    const { name, path, ca } = row;
    const forNode = node && { node: node.name };
    onProgress?.({ done: ++this.#done, total: this.#total, name, ...forNode });
    const issuedBy = ca !== undefined && { ca };
    return {
      entry: { name, path, ...issuedBy, ...forNode, certificate, privateKey: keys.privateKey },
      findings: findings.map((finding) => ({ ...finding, path: `${place}.${finding.path}` })),
    };
  }
}

type SharedRow = Extract<ClusterCertificate, { readonly nodes?: undefined }>;

/** Runs the work for all items, with at most {@link AT_ONCE} under way; after a failure nothing new is begun. */
async function mapConcurrently<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      try {
        await work(items[next++]!);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
