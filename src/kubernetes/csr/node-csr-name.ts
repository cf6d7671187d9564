/** The name of the request of a kubelet that joins. */
import { encodeBase64 } from "../../base64.ts";
import { sha512By256 } from "../../sha512-256.ts";
import type { CertificateUsage } from "./usages.ts";

/** What the name is made of. */
export interface NodeCsrNameParts {
  /** DER of the SubjectPublicKeyInfo of the requested certificate. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Common name of its subject: `system:node:` and the name of the node. */
  readonly commonName: string;
  /** Organizations of its subject, in their order: `system:nodes`. */
  readonly organizations: readonly string[];
  /** What the request asks for, in its order; another order is another name. */
  readonly usages: readonly CertificateUsage[];
}

/**
 * The deterministic name under which a kubelet without rotation asks for its first certificate: `node-csr-` and a digest of what it asks for, so
 * that a kubelet that starts again finds its own request and does not make a second one. 52 characters.
 *
 * It does not check that the parts are those of a kubelet; `approveKubeletClient` does. Who finds a request of this name must still compare
 * its key, subject and signer: anybody who may create requests can take the name.
 *
 * Source: Kubernetes `pkg/kubelet/certificate/bootstrap/bootstrap.go` (`digestedName`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nodeCsrName } from "kubepki";
 *
 * const name = nodeCsrName({
 *   subjectPublicKeyInfo: new Uint8Array(91),
 *   commonName: "system:node:worker-1",
 *   organizations: ["system:nodes"],
 *   usages: ["digital signature", "client auth"],
 * });
 * assert.match(name, /^node-csr-[\w-]{43}$/);
 * ```
 */
export function nodeCsrName({
  subjectPublicKeyInfo,
  commonName,
  organizations,
  usages,
}: NodeCsrNameParts): string {
  const encoder = new TextEncoder();
  const texts = [commonName, ...organizations, ...usages].map((text) => encoder.encode(text));
  const digested = [subjectPublicKeyInfo, ...texts].map((part) => `${encodeBase64Url(part)}|`).join("");
  return `node-csr-${encodeBase64Url(sha512By256(encoder.encode(digested)))}`;
}

/** RFC 4648 section 5, without padding. */
function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
