/** Pins of a cluster's CA: how a machine that knows nothing else recognizes its cluster. */
import { toHex } from "../../bytes.ts";
import { KubeletError } from "../../errors.ts";
import { sha256 } from "../../sha256.ts";
import { printable } from "../../x509/printable.ts";

/** What has a public key: a `Certificate`, or a `PublicKey`. */
export interface PinnedKey {
  /** DER of the SubjectPublicKeyInfo. */
  readonly subjectPublicKeyInfo: Uint8Array;
}

/**
 * The pin of a CA's public key, as `kubeadm join --discovery-token-ca-cert-hash` takes it: `sha256:` and 64 lower-case hexadecimal digits.
 *
 * It is of the key, not of the certificate: a CA certificate that was renewed with the same key has the same pin.
 *
 * Source: kubeadm `cmd/kubeadm/app/util/pubkeypin/pubkeypin.go` (`Hash`), in the style of RFC 7469 2.4.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caPublicKeyPin, generateKeyPair } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * assert.match(caPublicKeyPin(publicKey), /^sha256:[\da-f]{64}$/);
 * ```
 */
export function caPublicKeyPin({ subjectPublicKeyInfo }: PinnedKey): string {
  return `sha256:${toHex(sha256(subjectPublicKeyInfo))}`;
}

/**
 * Those of the certificates whose public key is pinned; there is at least one. Trust these, and not the others beside them.
 *
 * Pins are compared as kubeadm does: `SHA256:` and capital digits are taken too. Not checked: whether the certificates are those of CAs, or current.
 *
 * Source: kubeadm `cmd/kubeadm/app/util/pubkeypin/pubkeypin.go` (`Allow`, `CheckAny`), which lets the others through as well.
 *
 * @throws KubeletError `ERR_KUBELET_CA_PIN` if a pin is none, or no certificate has a pinned key
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caPublicKeyPin, generateKeyPair, pinnedCertificates } from "kubepki";
 *
 * const { publicKey } = await generateKeyPair("ECDSA-P256");
 * assert.deepEqual(pinnedCertificates([publicKey], [caPublicKeyPin(publicKey)]), [publicKey]);
 * assert.throws(() => pinnedCertificates([publicKey], [`sha256:${"0".repeat(64)}`]), { code: "ERR_KUBELET_CA_PIN" });
 * ```
 */
export function pinnedCertificates<T extends PinnedKey>(
  certificates: readonly T[],
  pins: readonly string[],
): readonly T[] {
  const allowed = new Set(pins.map(canonicalPin));
  const pinned = certificates.filter((certificate) => allowed.has(caPublicKeyPin(certificate)));
  if (pinned.length > 0) return pinned;
  const found = certificates.slice(0, SHOWN).map(caPublicKeyPin).join(", ") || "no certificate";
  throw new KubeletError(
    "ERR_KUBELET_CA_PIN",
    `none of the public keys is pinned: the cluster shows ${found}`,
  );
}

/** So many pins are shown in an error. */
const SHOWN = 4;

function canonicalPin(pin: string): string {
  const canonical = pin.toLowerCase();
  if (/^sha256:[\da-f]{64}$/.test(canonical)) return canonical;
  const found = printable(pin, 80);
  throw new KubeletError(
    "ERR_KUBELET_CA_PIN",
    `a pin reads "sha256:" and 64 hexadecimal digits; found ${found} (${pin.length} characters)`,
  );
}
