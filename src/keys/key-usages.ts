import type { KeyUsage } from "../x509/extensions/key-usage.ts";
import type { KeyAlgorithm } from "./algorithms.ts";

/** What is done with keys that do not only sign. */
const CIPHER_USAGES: readonly KeyUsage[] = [
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "encipherOnly",
  "decipherOnly",
];

/** The usages that a key cannot serve, because it only signs: of ML-DSA (RFC 9881 5) and Ed25519 (RFC 9295 3). */
export function impossibleUsages(
  usages: readonly KeyUsage[] | undefined,
  { kind }: Pick<KeyAlgorithm, "kind">,
): readonly KeyUsage[] {
  return kind === "octets" ? (usages?.filter((usage) => CIPHER_USAGES.includes(usage)) ?? []) : [];
}
