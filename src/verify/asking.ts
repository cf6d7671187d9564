/** One algorithm for verifiers that answer at once and for those that answer later: it asks about signatures, and is told. */
import { DerError, KeyError } from "../errors.ts";
import type { Mode } from "../der/reader.ts";
import type { PublicKeyOptions } from "../keys/public-key.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { CertificateList } from "../x509/certificate-list.ts";

/** Did this issuer's key sign that certificate or list? */
export interface SignatureQuestion {
  /** What is signed. */
  readonly child: Certificate | CertificateList;
  /** Whose key is asked about. */
  readonly issuer: Certificate;
}

/** Yes, no, or that key or algorithm must not be used. */
export type SignatureAnswer = boolean | KeyError | DerError;

/** Asks questions, and expects at least the answers up to the first that is not yes. */
export type Asking<T> = Generator<readonly SignatureQuestion[], T, readonly SignatureAnswer[]>;

/**
 * Tells whether a signature holds, as {@link SignatureVerifier}; `options` says which RSA keys are large enough.
 *
 * @throws KeyError, DerError if a key or an algorithm must not be used
 */
export type ChainSignatureVerifier<Answer = boolean | Promise<boolean>> = (
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
  options: PublicKeyOptions,
) => Answer;

/** Runs to the end, all questions of one time together. */
export async function answerLater<T>(
  asking: Asking<T>,
  verifier: ChainSignatureVerifier,
  options: PublicKeyOptions,
): Promise<T> {
  const answer = async (question: SignatureQuestion): Promise<SignatureAnswer> => {
    try {
      return await verifier(...partsOf(question), options);
    } catch (error) {
      return unusable(error);
    }
  };
  let step = asking.next();
  while (!step.done) step = asking.next(await Promise.all(step.value.map(answer)));
  return step.value;
}

/** Runs to the end, one question after the other. */
export function answerNow<T>(
  asking: Asking<T>,
  verifier: ChainSignatureVerifier<boolean>,
  options: PublicKeyOptions,
): T {
  const answer = (question: SignatureQuestion): SignatureAnswer => {
    try {
      return verifier(...partsOf(question), options);
    } catch (error) {
      return unusable(error);
    }
  };
  let step = asking.next();
  while (!step.done) step = asking.next(answersUpToNo(step.value, answer));
  return step.value;
}

/** Answers in order; one that is not yes spares the others. */
function answersUpToNo(
  questions: readonly SignatureQuestion[],
  answer: (question: SignatureQuestion) => SignatureAnswer,
): SignatureAnswer[] {
  const answers: SignatureAnswer[] = [];
  for (const question of questions) {
    answers.push(answer(question));
    if (answers.at(-1) !== true) break;
  }
  return answers;
}

/** Go reads RSA keys from 1024 bits on, and no keys of ML-DSA. */
export function keyOptions({ mode }: { readonly mode?: Mode }): PublicKeyOptions {
  return mode === "kubernetes" ? { minimumRsaBits: 1024, allowPostQuantum: false } : { minimumRsaBits: 2048 };
}

/** NaN compares false with everything, so that no date would ever be passed. Milliseconds since 1970. */
export function momentOf(at: Date | number = Date.now()): number {
  const moment = Number(at);
  if (Number.isNaN(new Date(moment).getTime())) throw new TypeError("at must be a valid date");
  return moment;
}

function partsOf({
  child,
  issuer,
}: SignatureQuestion): [
  subjectPublicKeyInfo: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
] {
  const { der, layout, signature } = child;
  const algorithm = der.subarray(layout.algorithmStart, layout.issuerStart);
  const signed = "tbsCertList" in child ? child.tbsCertList : child.tbsCertificate;
  return [issuer.subjectPublicKeyInfo, algorithm, signature, signed];
}

/** A key or an algorithm that cannot be used refuses one path; any other error is not about certificates. */
function unusable(error: unknown): KeyError | DerError {
  if (error instanceof KeyError || error instanceof DerError) return error;
  throw error;
}
