import { ByteCache } from "../byte-cache.ts";
import { concatBytes } from "../bytes.ts";
import type { ChainSignatureVerifier } from "./asking.ts";

/**
 * A verifier that checks no signature twice: it answers at once for the very bytes that `verify` has found good before. For programs in which several parts look at the same chains, of which a
 * signature check is most of the cost. For the requests of certificates.k8s.io there is `rememberRequests`, which does not read them twice either.
 *
 * Only good signatures are remembered, the last `size` of them (1,000 by default, some hundred bytes each), by key, algorithm, signature, signed bytes and options together: what is
 * forgotten, or differs in one bit, is checked. Errors and refusals are passed on. Answers at once if `verify` does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createCertificateRequest, generateKeyPair, parseCertificateRequestSync, rememberSignatures } from "kubepki";
 * import { verifySignatureSync } from "kubepki/node";
 *
 * let checks = 0;
 * const verifySignature = rememberSignatures((...parts: Parameters<typeof verifySignatureSync>) => {
 *   checks++;
 *   return verifySignatureSync(...parts);
 * });
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { pem } = await createCertificateRequest({ subject: { commonName: "jane" } }, signer);
 * for (let i = 0; i < 3; i++) parseCertificateRequestSync(pem, { verifySignature });
 * assert.equal(checks, 1);
 * ```
 */
export function rememberSignatures<Answer extends boolean | Promise<boolean>>(
  verify: ChainSignatureVerifier<Answer>,
  size = 1000,
): ChainSignatureVerifier<Answer | true> {
  const good = new ByteCache<true>(size);
  return (subjectPublicKeyInfo, algorithm, signature, data, options) => {
    const bytes = concatBytes(subjectPublicKeyInfo, algorithm, signature, data);
    // Where one ends and the next begins is part of what was asked.
    const kind = `${subjectPublicKeyInfo.length} ${algorithm.length} ${signature.length} ${JSON.stringify(options)}`;
    if (good.get(bytes, kind)) return true;
    const answer = verify(subjectPublicKeyInfo, algorithm, signature, data, options);
    const note = (holds: boolean): void => {
      if (holds) good.set(true, bytes, kind);
    };
    if (typeof answer === "boolean") note(answer);
    else answer.then(note, () => undefined);
    return answer;
  };
}
