/** How a PodCertificateRequest shows that its sender has the key. */
import { KeyError } from "../../errors.ts";
import { createCertificateRequest } from "../../issue/certificate-request.ts";
import { encodeSignatureAlgorithm, parseSignatureAlgorithm } from "../../keys/algorithm-identifier.ts";
import type { SignatureAlgorithmName } from "../../keys/algorithms.ts";
import { verifyPssSha256 } from "../../keys/pss.ts";
import { readPublicKey } from "../../keys/public-key.ts";
import type { Signer } from "../../keys/signer.ts";
import { verifySignature } from "../../keys/verifier.ts";

/** A key and the proof that its holder asks. */
export type PodCertificateProof = StubProof | SignatureProof;

/** The proof of Kubernetes 1.36 and later. */
export interface StubProof {
  /** DER PKCS#10 request without names; its signature is the proof. */
  readonly stubRequest: Uint8Array;
}

/** The proof of Kubernetes 1.34 and 1.35; later ones take it, too. */
export interface SignatureProof {
  /** DER SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Signature over the pod's uid. */
  readonly proofOfPossession: Uint8Array;
}

/** What the API server verifies such a signature with, by the kind of key: SHA-256 also where certificates have a longer hash. */
const PROOF_ALGORITHMS: readonly SignatureAlgorithmName[] = ["Ed25519", "ECDSA-SHA256", "RSA-PSS-SHA256"];

/**
 * A PKCS#10 request that says nothing but which key it is for, as kubelets of Kubernetes 1.36 put it into a PodCertificateRequest. Any signer will do.
 *
 * @throws KeyError, TemplateError as {@link createCertificateRequest}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, parseCertificateRequest, stubCertificateRequest } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P384");
 * const { stubRequest } = await stubCertificateRequest(signer);
 * assert.deepEqual((await parseCertificateRequest(stubRequest)).subject.rdns, []);
 * ```
 */
export async function stubCertificateRequest(signer: Signer): Promise<StubProof> {
  const { request } = await createCertificateRequest({ subject: {} }, signer);
  return { stubRequest: request.der };
}

/**
 * The proof of possession that Kubernetes 1.34 and 1.35 ask for: a signature over the pod's uid. Newer ones take {@link stubCertificateRequest}, too.
 *
 * The API server verifies it with SHA-256 whatever the curve, and with RSA-PSS, so that the signer must sign with Ed25519, ECDSA-SHA256 or RSA-PSS-SHA256: of
 * this library's own signers, those of Ed25519 and P-256 keys do.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestCreate`).
 *
 * @throws KeyError `ERR_SIGNATURE_ALGORITHM` if the signer signs otherwise
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, signPodUid, verifyPodUid } from "kubepki";
 *
 * const podUid = "4cc1e8a7-6d5c-4a52-8d3e-3c6f5d1b2a90";
 * const { signer } = await generateKeyPair("Ed25519");
 * const { subjectPublicKeyInfo, proofOfPossession } = await signPodUid(podUid, signer);
 * assert.equal(await verifyPodUid(podUid, subjectPublicKeyInfo, proofOfPossession), true);
 * assert.equal(await verifyPodUid("another pod", subjectPublicKeyInfo, proofOfPossession), false);
 * ```
 */
export async function signPodUid(podUid: string, signer: Signer): Promise<SignatureProof> {
  const algorithm = parseSignatureAlgorithm(signer.signatureAlgorithm);
  if (!PROOF_ALGORITHMS.includes(algorithm)) {
    const message = `the signer makes ${algorithm}, expected one of ${PROOF_ALGORITHMS.join(", ")}; a stub request takes any`;
    throw new KeyError("ERR_SIGNATURE_ALGORITHM", message);
  }
  const proofOfPossession = await signer.sign(new TextEncoder().encode(podUid));
  return { subjectPublicKeyInfo: signer.subjectPublicKeyInfo, proofOfPossession };
}

/**
 * Tells whether a proof of possession holds, as the API server does: Ed25519 over the uid itself, ECDSA and RSA-PSS with SHA-256.
 *
 * Of RSA-PSS, salts as long as the key allows (as kubelets make them) and as long as the hash are taken; the API server takes any.
 *
 * Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestCreate`).
 *
 * @throws KeyError, DerError if the key cannot be used, see {@link parsePublicKey}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { generateKeyPair, signPodUid, verifyPodUid } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { subjectPublicKeyInfo, proofOfPossession } = await signPodUid("uid", signer);
 * assert.equal(await verifyPodUid("uid", subjectPublicKeyInfo, proofOfPossession), true);
 * ```
 */
export async function verifyPodUid(
  podUid: string,
  subjectPublicKeyInfo: Uint8Array,
  proofOfPossession: Uint8Array,
): Promise<boolean> {
  const data = new TextEncoder().encode(podUid);
  const { algorithm } = readPublicKey(subjectPublicKeyInfo);
  if (algorithm.kind === "rsa") return verifyPssSha256(subjectPublicKeyInfo, proofOfPossession, data);
  const name = algorithm.kind === "curve" ? "ECDSA-SHA256" : algorithm.name;
  return verifySignature(subjectPublicKeyInfo, encodeSignatureAlgorithm(name), proofOfPossession, data);
}
