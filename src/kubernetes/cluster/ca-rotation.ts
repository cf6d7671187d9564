/** The change of a CA as steps that can be stopped and resumed: first everybody trusts both, then everybody gets new certificates, then nobody trusts the old one. */
import { equalBytes } from "../../bytes.ts";
import { ClusterError } from "../../errors.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { ClusterPlan, PlannedCertificate } from "./plan.ts";

/** What a step is about, in their order. */
export type CaRotationStage = "trust-both" | "issue" | "trust-new";

/** A file that a step writes. */
export interface CaRotationFile {
  /** Where it is, below `/etc/kubernetes`. */
  readonly path: string;
  /** On which node; absent: on all that have it. */
  readonly node?: string;
  /** CA certificates: the whole content of a bundle, or `certificate-authority-data` of a kubeconfig. Absent: a certificate of the new CA, see `renew`. */
  readonly trusts?: readonly Certificate[];
  /** The planned certificate that is issued again by the new CA, with its key. */
  readonly renew?: PlannedCertificate;
}

/** One step. Do all of it, everywhere, before the next; doing it twice does no harm. */
export interface CaRotationStep {
  /** What it is about. */
  readonly stage: CaRotationStage;
  /** What is written. */
  readonly files: readonly CaRotationFile[];
  /** Who reads the files when it starts, in the order in which they are to be restarted; one after the other, so that somebody always answers. */
  readonly restarts: readonly string[];
  /** What else has to be done, in sentences. */
  readonly also: readonly string[];
  /** What is safe while it is under way, and when it is over. */
  readonly safe: string;
}

/** Servers before who calls them: etcd, the API server, its clients, and then the nodes. */
const ORDER: readonly string[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
];

const SIGNING_FLAGS: readonly string[] = ["--cluster-signing-cert-file", "--cluster-signing-key-file"];

/**
 * The steps from one CA to the next, without a refused call: at each moment, also while a step has reached some and not others, everybody trusts what anybody shows.
 *
 * Nothing is done and nothing is made: `next` is a new CA, issued by `issueSelfSigned` for example, with its own key. Write the files (`writePkiDirectory`, `renewClusterPki` with the new CA), restart, wait, go on.
 * A CA's file that the controller manager signs with must hold one certificate, so that it cannot be the bundle: the first step says so.
 *
 * Source: Kubernetes "Manual Rotation of CA Certificates" (website, tasks/tls/manual-rotation-of-ca-certificates.md).
 *
 * @param plan the cluster, see {@link planClusterPki}
 * @param ca the name of the CA in the plan: `ca`, `etcd-ca` or `front-proxy-ca`
 * @throws ClusterError `ERR_CLUSTER_CONFIG` if the plan has no such CA, or both have the same key
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned, planCaRotation, planClusterPki } from "kubepki";
 *
 * const plan = planClusterPki({ nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }] });
 * const make = async (commonName: string) => (await issueSelfSigned(caTemplate({ subject: { commonName } }), (await generateKeyPair("ECDSA-P256")).signer)).certificate;
 * const steps = planCaRotation(plan, "etcd-ca", await make("etcd-ca"), await make("etcd-ca 2"));
 * assert.deepEqual(steps.map(({ stage }) => stage), ["trust-both", "issue", "trust-new"]);
 * assert.deepEqual(steps[0]?.restarts, ["etcd", "kube-apiserver"]);
 * assert.deepEqual(steps[1]?.files.map(({ path }) => path).includes("pki/etcd/server"), true);
 * ```
 */
export function planCaRotation(
  plan: ClusterPlan,
  ca: string,
  old: Certificate,
  next: Certificate,
): CaRotationStep[] {
  const authority = plan.certificates.find(({ name, kind }) => name === ca && kind === "ca");
  if (!authority) throw new ClusterError("ERR_CLUSTER_CONFIG", `the plan has no CA ${JSON.stringify(ca)}`);
  if (equalBytes(old.subjectPublicKeyInfo, next.subjectPublicKeyInfo))
    throw new ClusterError(
      "ERR_CLUSTER_CONFIG",
      "both CAs have the same key: a new certificate of the old key needs no rotation",
    );
  const issued = plan.certificates.filter((planned) => planned.ca === ca);
  const trustedIn = trustFiles(plan, authority);
  const readers = readersOf(authority, trustedIn.length > 1);
  const trust = (trusts: readonly Certificate[]): CaRotationFile[] =>
    trustedIn.map((file) => ({ ...file, trusts }));
  const signs = authority.usedBy.some(({ flag }) => SIGNING_FLAGS.includes(flag));
  return [
    {
      stage: "trust-both",
      files: trust([old, next]),
      restarts: readers,
      also: [
        ...(signs
          ? [
              `The controller manager signs with one certificate, not with a bundle: copy the old CA to a file of its own, and name it by ${SIGNING_FLAGS.join(" and ")}.`,
            ]
          : []),
        ...(ca === "ca" ? TRUST_OF_PODS : []),
      ],
      safe: "Nobody shows certificates of the new CA yet. Stop and go back at any time.",
    },
    {
      stage: "issue",
      files: issued.map((planned) => ({
        path: planned.path,
        ...(planned.node !== undefined && { node: planned.node }),
        renew: planned,
      })),
      restarts: sorted(issued.flatMap(({ usedBy }) => usedBy.map(({ component }) => component))),
      also: [
        ...(signs
          ? [
              `Have the controller manager sign with the new CA (${SIGNING_FLAGS.join(", ")}), and let kubelets ask for new certificates.`,
            ]
          : []),
        ...(ca === "ca" ? ["Give users new certificates of the new CA."] : []),
      ],
      safe: "Everybody trusts both. Old and new certificates work side by side; stop and go back at any time.",
    },
    {
      stage: "trust-new",
      files: trust([next]),
      restarts: readers,
      also: ca === "ca" ? TRUST_OF_PODS : [],
      safe: "Nobody may have a certificate of the old CA any more: look with auditClusterPki before. After this there is no way back.",
    },
  ];
}

/** What cluster-wide objects hold, which no file of a node says. */
const TRUST_OF_PODS: readonly string[] = [
  "Wait until kube-root-ca.crt in all namespaces holds the same, then restart the pods that call the API server.",
  "Write the same into cluster-info in kube-public, and into the caBundle of webhooks and APIServices whose servers have certificates of this CA.",
];

/** Flags that name the CA's certificate, and kubeconfigs, which hold a copy of it. */
function trustFiles(
  { certificates }: ClusterPlan,
  { name, usedBy, path }: PlannedCertificate,
): CaRotationFile[] {
  const files = new Set(usedBy.filter(({ flag }) => !SIGNING_FLAGS.includes(flag)).map(({ file }) => file));
  if (files.size === 0) files.add(`${path}.crt`);
  const kubeconfigs = name === "ca" ? certificates.filter((planned) => planned.path.endsWith(".conf")) : [];
  return [
    ...[...files].map((file) => ({ path: file })),
    ...kubeconfigs.map(({ path: file, node }) => ({ path: file, ...(node !== undefined && { node }) })),
  ];
}

function readersOf({ usedBy }: PlannedCertificate, hasKubeconfigs: boolean): string[] {
  const own = usedBy.map(({ component }) => component);
  return sorted(hasKubeconfigs ? [...own, "kube-scheduler", "kubelet"] : own);
}

function sorted(components: readonly string[]): string[] {
  const place = (component: string): number =>
    (ORDER.indexOf(component) + ORDER.length + 1) % (ORDER.length + 1);
  return [...new Set(components)].toSorted((a, b) => place(a) - place(b));
}

/** What is in place: what each holder trusts, and what certificates are shown. */
export interface CaRotationState {
  /** The CA certificates of each bundle and kubeconfig. */
  readonly trusted: readonly (readonly Certificate[])[];
  /** All certificates of either CA that are in use. */
  readonly issued: readonly Certificate[];
}

/**
 * Which step is the next, told by what is in place and not by what was noted: so that an interrupted change goes on where it was. Undefined if it is over.
 *
 * Certificates are told apart by the authority key identifier, and by the issuer's name where they have none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned, nextCaRotationStage } from "kubepki";
 *
 * const make = async (commonName: string) => (await issueSelfSigned(caTemplate({ subject: { commonName } }), (await generateKeyPair("ECDSA-P256")).signer)).certificate;
 * const [old, next] = [await make("ca"), await make("ca 2")];
 * assert.equal(nextCaRotationStage({ trusted: [[old, next], [old]], issued: [] }, old, next), "trust-both");
 * assert.equal(nextCaRotationStage({ trusted: [[old, next], [next]], issued: [] }, old, next), "trust-new");
 * assert.equal(nextCaRotationStage({ trusted: [[next], [next]], issued: [] }, old, next), undefined);
 * ```
 */
export function nextCaRotationStage(
  { trusted, issued }: CaRotationState,
  old: Certificate,
  next: Certificate,
): CaRotationStage | undefined {
  const has = (bundle: readonly Certificate[], ca: Certificate): boolean =>
    bundle.some(({ der }) => equalBytes(der, ca.der));
  if (!trusted.every((bundle) => has(bundle, next))) return "trust-both";
  if (issued.some((certificate) => isOf(certificate, old))) return "issue";
  return trusted.some((bundle) => has(bundle, old)) ? "trust-new" : undefined;
}

function isOf(certificate: Certificate, ca: Certificate): boolean {
  const wanted = certificate.extensionValue("authorityKeyIdentifier")?.keyIdentifier;
  const own = ca.extensionValue("subjectKeyIdentifier");
  if (wanted && own) return equalBytes(wanted, own);
  return equalBytes(certificate.issuer.der, ca.subject.der);
}
