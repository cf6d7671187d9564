/** Issues what is planned, one certificate after the other below its CA. */
import { ClusterError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { createCertificateRequest } from "../../issue/certificate-request.ts";
import { issueCertificate, issueSelfSigned } from "../../issue/issue.ts";
import type { RandomSource } from "../../issue/serial-number.ts";
import { generateKeyPair } from "../../keys/generate.ts";
import type { KeyPair } from "../../keys/generate.ts";
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";
import type { PrivateKey } from "../../keys/private-key.ts";
import type { Signer } from "../../keys/signer.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { CertificateRequest } from "../../x509/certificate-request.ts";
import { quote } from "./cluster-finding.ts";
import { mapConcurrently } from "./concurrently.ts";
import { plannedTemplate } from "./plan.ts";
import type { ClusterPlan, PlannedCertificate } from "./plan.ts";
import { placeOf } from "./validate-plan.ts";

/** One certificate of the cluster with its key, and all that was planned of it. */
export interface IssuedClusterCertificate extends PlannedCertificate {
  /** Parsed in safe mode. */
  readonly certificate: Certificate;
  /** Its key, which can be exported; absent for a CA whose key others hold. */
  readonly privateKey?: PrivateKey;
}

/** A certificate that a CA whose key others hold shall issue. */
export interface RequestedClusterCertificate extends PlannedCertificate {
  /** Asks for the planned subject and names; what it may be used for, the CA decides, as in kubeadm's requests. */
  readonly request: CertificateRequest;
  /** The request as PEM. */
  readonly pem: string;
  /** The key of the certificate to be, which can be exported. */
  readonly privateKey: PrivateKey;
}

/** What was just issued, out of how many. */
export interface ClusterProgress {
  /** How many certificates and requests are there. */
  readonly done: number;
  /** How many there will be. */
  readonly total: number;
  /** Name of the certificate. */
  readonly name: string;
  /** The node it is for; absent: the whole cluster. */
  readonly node?: string;
}

/** A CA that is there already. */
export interface ClusterAuthority {
  /** Its certificate. */
  readonly certificate: Certificate;
  /** Its key, if it is at hand. */
  readonly privateKey?: PrivateKey;
  /** What signs with its key, if a key service holds it. With neither key nor signer, requests come out instead of certificates. */
  readonly signer?: Signer;
}

/** How planned certificates are issued; all fields have defaults. */
export interface IssuePlannedOptions {
  /** CAs that are there already, by their names in the plan: `{ ca: { certificate, privateKey } }`. They are not issued again. */
  readonly authorities?: Readonly<Record<string, ClusterAuthority>>;
  /** Makes each key; {@link generateKeyPair} by default. */
  readonly generateKey?: (algorithm: KeyAlgorithmName) => Promise<KeyPair>;
  /** What fills serial numbers with random bytes. */
  readonly random?: RandomSource;
  /** Stops the work between two certificates; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each certificate or request. */
  readonly onProgress?: (progress: ClusterProgress) => void;
}

interface Outcome {
  readonly issued?: IssuedClusterCertificate;
  readonly requested?: RequestedClusterCertificate;
  readonly findings: readonly Finding[];
}

/** What came of a plan, in its order. */
export interface IssuedPlan {
  readonly certificates: readonly IssuedClusterCertificate[];
  readonly requests: readonly RequestedClusterCertificate[];
  readonly findings: readonly Finding[];
}

/** Issues a plan that is valid: CAs first, then all others concurrently. */
export async function issuePlanned(plan: ClusterPlan, options: IssuePlannedOptions): Promise<IssuedPlan> {
  const outcomes = await new Run(plan, options).issueAll();
  return {
    certificates: outcomes.flatMap(({ issued }) => issued ?? []),
    requests: outcomes.flatMap(({ requested }) => requested ?? []),
    findings: outcomes.flatMap(({ findings }) => findings),
  };
}

/** The certificates in steps: each step is issued by earlier ones, and what issues nothing comes in the last. */
function levelsOf(certificates: readonly PlannedCertificate[]): PlannedCertificate[][] {
  const leaves = certificates.filter(({ kind }) => kind !== "ca");
  const levels: PlannedCertificate[][] = [];
  const done = new Set<string>();
  let waiting = certificates.filter(({ kind }) => kind === "ca");
  while (waiting.length > 0) {
    const level = waiting.filter(({ ca }) => ca === undefined || done.has(ca));
    waiting = waiting.filter(({ ca }) => ca !== undefined && !done.has(ca));
    for (const { name } of level) done.add(name);
    levels.push(level);
  }
  return [...levels, leaves];
}

/** One run: which authorities there are so far. */
class Run {
  readonly #plan: ClusterPlan;
  readonly #options: IssuePlannedOptions;
  readonly #given: ReadonlyMap<string, ClusterAuthority>;
  readonly #issuers = new Map<string, CertificateAuthority>();
  readonly #total: number;
  #done = 0;

  constructor(plan: ClusterPlan, options: IssuePlannedOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#given = new Map(Object.entries(options.authorities ?? {}));
    this.#total = plan.certificates.length - this.#given.size;
    for (const [name, { certificate, privateKey, signer = privateKey?.signer }] of this.#given) {
      const fault = (message: string): ClusterError =>
        new ClusterError("ERR_CLUSTER_CONFIG", message, { path: `authorities.${name}` });
      if (!plan.certificates.some((planned) => planned.kind === "ca" && planned.name === name))
        throw fault(`there is no CA ${quote(name)} in the plan`);
      if (certificate.extensionValue("basicConstraints")?.ca !== true)
        throw fault("the certificate is none of a CA: its basic constraints do not say so");
      if (signer) this.#issuers.set(name, { certificate, signer });
    }
  }

  async issueAll(): Promise<Outcome[]> {
    const outcomes = new Map<PlannedCertificate, Outcome>();
    // A CA waits for the CA above it and for no other: roots first, then what stands below them, then the leaves.
    for (const level of levelsOf(this.#plan.certificates))
      await mapConcurrently(level, async (planned) => outcomes.set(planned, await this.#make(planned)));
    return this.#plan.certificates.map((planned) => outcomes.get(planned)!);
  }

  async #make(planned: PlannedCertificate): Promise<Outcome> {
    const { signal, generateKey = generateKeyPair, onProgress } = this.#options;
    const { name, node, ca, keyAlgorithm } = planned;
    const given = this.#given.get(name);
    if (given && node === undefined) {
      const { certificate, privateKey } = given;
      return { issued: { ...planned, certificate, ...(privateKey && { privateKey }) }, findings: [] };
    }
    signal?.throwIfAborted();
    const issuer = ca === undefined ? undefined : this.#issuers.get(ca);
    if (ca !== undefined && !issuer && !this.#given.has(ca)) {
      const message = `it waits for the certificate of ${quote(ca)}, which others have to issue first`;
      throw new ClusterError("ERR_CLUSTER_CONFIG", message, { path: `${placeOf(planned)}.ca` });
    }
    const keys = await generateKey(keyAlgorithm);
    signal?.throwIfAborted();
    const outcome =
      ca !== undefined && !issuer ? await request(planned, keys) : await this.#issue(planned, keys, issuer);
    onProgress?.({
      done: ++this.#done,
      total: this.#total,
      name,
      ...(node !== undefined && { node }),
    });
    return outcome;
  }

  async #issue(
    planned: PlannedCertificate,
    { publicKey, privateKey, signer }: KeyPair,
    issuer: CertificateAuthority | undefined,
  ): Promise<Outcome> {
    const { random } = this.#options;
    // The plan is the word that these names are meant, and that these lifetimes are.
    const rules = {
      allowPrivileged: true,
      maxLifetimeSeconds: Infinity,
      now: this.#plan.config.now,
      ...(random && { random }),
    };
    const template = plannedTemplate(planned);
    const { certificate, findings } = issuer
      ? await issueCertificate(template, { publicKey, issuer, ...rules })
      : await issueSelfSigned(template, signer, rules);
    if (planned.kind === "ca") this.#issuers.set(planned.name, { certificate, signer });
    const place = placeOf(planned);
    return {
      issued: { ...planned, certificate, privateKey },
      findings: findings.map((finding) => ({ ...finding, path: `${place}.${finding.path}` })),
    };
  }
}

async function request(planned: PlannedCertificate, { privateKey, signer }: KeyPair): Promise<Outcome> {
  const { subject, dnsNames, ipAddresses } = planned;
  const created = await createCertificateRequest({ subject, dnsNames, ipAddresses }, signer);
  return { requested: { ...planned, ...created, privateKey }, findings: [] };
}
