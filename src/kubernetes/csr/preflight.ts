/** What will become of a request, before it is made. */
import type { Finding } from "../../finding.ts";
import { findFault } from "../../issue/find-fault.ts";
import type { CertificateAuthority } from "../../issue/authority.ts";
import { validateTemplate } from "../../issue/validate-template.ts";
import { signatureAlgorithmFor } from "../../keys/signer.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { CertificateSigningRequest } from "./api-object.ts";
import { hasRequestCondition } from "./api-object.ts";
import type { Requester } from "./approval.ts";
import { SIGNER_RULES, draftCertificate, findingOf, isOurs, newRequest } from "./draft.ts";
import type { CompleteDraft, DraftOptions } from "./draft.ts";
import { findLosses } from "./losses.ts";
import { validateRequestAdmission } from "./request-admission.ts";
import { BUILT_IN_SIGNERS, KUBELET_CLIENT_SIGNER, LEGACY_UNKNOWN_SIGNER } from "./signers/index.ts";
import type { SignerPolicy } from "./signers/policy.ts";
import { isKubernetesSignerName } from "./signer-name.ts";
import { examineObject } from "./validate.ts";

/**
 * What a finding leads to.
 *
 * - `refused`: the API server does not take the object.
 * - `pending`: the request stays as it is until somebody acts.
 * - `failed`: after its approval the signer writes the condition `Failed`, which is final; kubectl shows `Approved,Failed`.
 * - `changed`: it is signed, but the certificate is not all that was asked for.
 */
export type PreflightOutcome = "refused" | "pending" | "failed" | "changed";

/** A finding of {@link validateForSigner}. */
export interface PreflightFinding extends Finding {
  /** What it leads to. */
  readonly outcome: PreflightOutcome;
}

/** What is known beforehand; all fields have defaults. */
export interface PreflightOptions extends DraftOptions {
  /** Who will make the object. Unknown by default, so that NodeRestriction is not asked. */
  readonly requester?: Requester;
  /** The rules of the signer; by default those of kube-controller-manager's signer of that name. */
  readonly policy?: SignerPolicy;
  /** The CA certificate of the signer, whose end and constraints count too. */
  readonly issuer?: Certificate;
  /** The moment of signing; now by default. */
  readonly at?: Date | number;
}

/**
 * Everything that stands between a CertificateSigningRequest and the certificate that it asks for, before anything is sent: why the API server would refuse it, why it
 * would wait for ever, why it would end as `Approved,Failed`, and what the certificate will lack.
 *
 * Every finding says what to do (`fix`), but for those of a `policy` of one's own that does not. Without a finding of outcome `failed`, {@link signRequest} with the
 * same options signs; with one it does not. `pending` and `changed` are warnings unless nobody can ever
 * act. Not checked: who may approve, unless it is nobody; whether the signer's controller runs.
 *
 * Sources: Kubernetes `pkg/apis/certificates/validation`, `plugin/pkg/admission`, `pkg/controller/certificates/{approver,signer,authority}`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { certificateSigningRequest, createCertificateRequest, generateKeyPair, validateForSigner } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "web" }, dnsNames: ["web.default.svc"] }, signer);
 * const object = certificateSigningRequest({ pem, signerName: "kubernetes.io/kube-apiserver-client", usages: ["server auth"] });
 * const findings = await validateForSigner(object);
 * assert.deepEqual(findings.map(({ outcome, message }) => [outcome, message]), [
 *   ["pending", "nobody approves requests for kubernetes.io/kube-apiserver-client automatically"],
 *   ["failed", "invalid usage for client certificate: server auth"],
 *   ["failed", "missing required usage for client certificate: client auth"],
 * ]);
 * ```
 */
export async function validateForSigner(
  object: CertificateSigningRequest,
  options: PreflightOptions = {},
): Promise<PreflightFinding[]> {
  const { spec } = object;
  const { requester, verifySignature, defaultDurationSeconds } = options;
  const policy = options.policy ?? BUILT_IN_SIGNERS.find(({ signerName }) => signerName === spec.signerName);
  const { findings, request } = await examineObject(object, { ...(verifySignature && { verifySignature }) });
  const question = request && { request, signerName: spec.signerName, ...(requester && { requester }) };
  return [
    ...withOutcome("refused", findings),
    ...withOutcome("refused", question ? validateRequestAdmission(question) : []),
    ...withOutcome("failed", decided(object)),
    ...withOutcome("pending", policy ? unapproved(object, options) : unknownSigner(spec.signerName)),
    ...(policy && request ? await signing(object, policy, options) : []),
    ...withOutcome("changed", request ? findLosses(request, spec, defaultDurationSeconds) : []),
  ];
}

function withOutcome(outcome: PreflightOutcome, findings: readonly Finding[]): PreflightFinding[] {
  return findings.map((finding) => ({ ...finding, outcome }));
}

/** No signer looks at the object any more. */
function decided(object: CertificateSigningRequest): Finding[] {
  const state = (["Denied", "Failed"] as const).find((type) => hasRequestCondition(object, type));
  const word = state ?? (object.status?.certificate ? "signed" : undefined);
  if (word === undefined) return [];
  const message = `the request is ${word.toLowerCase()} already, which is final`;
  const fix = "make another request, under another name";
  return [{ code: "FINDING_DECIDED", severity: "error", path: "status", message, fix }];
}

/** Whoever reads the object's conditions knows that it was approved; before that, all but the kubelets' own requests wait for somebody. */
function unapproved(object: CertificateSigningRequest, { requester }: PreflightOptions): Finding[] {
  const { signerName } = object.spec;
  if (hasRequestCondition(object, "Approved") || decided(object).length > 0) return [];
  const path = "status.conditions";
  if (signerName === KUBELET_CLIENT_SIGNER.signerName) {
    const message =
      "kube-controller-manager approves it only if its maker may create certificatesigningrequests/selfnodeclient (for its own name) or /nodeclient";
    const fix = `bind ${requester?.username ?? "the maker"} to system:certificates.k8s.io:certificatesigningrequests:nodeclient`;
    return [{ code: "FINDING_APPROVAL", severity: "warning", path, message, fix }];
  }
  const message = `nobody approves requests for ${signerName} automatically`;
  const fix = "kubectl certificate approve, or run an approver";
  return [{ code: "FINDING_APPROVAL", severity: "warning", path, message, fix }];
}

/** Kubernetes keeps its names for itself, so that nobody will ever sign for one that it does not have. */
function unknownSigner(signerName: string): Finding[] {
  const path = "spec.signerName";
  const code = "FINDING_SIGNER_UNKNOWN";
  if (!isKubernetesSignerName(signerName)) {
    const message = `kube-controller-manager has no signer ${signerName}: it needs a controller of its own`;
    return [{ code, severity: "warning", path, message, fix: "run a signer, see runSigner of kubepki/node" }];
  }
  const known = BUILT_IN_SIGNERS.filter((policy) => policy !== LEGACY_UNKNOWN_SIGNER).map(
    (policy) => policy.signerName,
  );
  const message = `Kubernetes has no signer ${signerName}: the request would stay pending`;
  return [{ code, severity: "error", path, message, expected: known.join(", "), fix: "use one of these" }];
}

async function signing(
  { spec }: CertificateSigningRequest,
  policy: SignerPolicy,
  options: PreflightOptions,
): Promise<PreflightFinding[]> {
  const { at = Date.now() } = options;
  const now = new Date(at);
  const draft = await draftCertificate(spec, policy, options, now);
  const found = withOutcome("failed", draft.findings);
  if (!draft.template) return found;
  return [...found, ...templateFindings(draft as CompleteDraft, now, options.issuer)];
}

/** The CA's own faults keep the request waiting for another CA. */
function templateFindings(
  { template, request }: CompleteDraft,
  now: Date,
  certificate: Certificate | undefined,
): PreflightFinding[] {
  const issuer = certificate && authorityOf(certificate);
  const rules = { ...SIGNER_RULES, now };
  const findings = validateTemplate(template, issuer, rules).map((finding): PreflightFinding => {
    if (finding.severity === "warning") return { fix: HARMLESS, ...finding, outcome: "changed" };
    if (isOurs(finding)) return { fix: OTHER_ISSUER, ...finding, outcome: "pending" };
    const fix = newRequest(finding.code);
    return { fix, ...finding, code: "FINDING_SIGNER", outcome: "failed" };
  });
  const fault = findFault(template, { ...rules, publicKey: request, ...(issuer && { issuer }) });
  if (!fault || findings.some(({ severity }) => severity === "error")) return findings;
  const last = findingOf(fault);
  return [
    ...findings,
    isOurs(fault) ? { ...last, fix: OTHER_ISSUER, outcome: "pending" } : { ...last, outcome: "failed" },
  ];
}

/** It is the signer that something is wrong with, and not the request. */
const OTHER_ISSUER = "give the signer another CA; the request can wait";
const HARMLESS = "leave it so if it is meant";

/** A CA whose key is elsewhere; its signer is never asked. */
function authorityOf(certificate: Certificate): CertificateAuthority {
  const { subjectPublicKeyInfo } = certificate;
  const signatureAlgorithm = signatureAlgorithmFor(subjectPublicKeyInfo);
  return { certificate, signer: { subjectPublicKeyInfo, signatureAlgorithm, sign: (data) => data } };
}
