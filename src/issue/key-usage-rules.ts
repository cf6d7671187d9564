import type { KeyAlgorithm } from "../keys/algorithms.ts";
import { impossibleUsages } from "../keys/key-usages.ts";
import type { ExtensionFacts } from "./extension-rules.ts";
import type { Report } from "./report.ts";

/** Kubernetes' signers write `keyEncipherment` for whatever key, where it is asked for; they know no ML-DSA. */
export function checkKeyUsages({ keyUsage }: ExtensionFacts, key: KeyAlgorithm, report: Report): void {
  const [odd] = impossibleUsages(keyUsage, key);
  if (odd === undefined) return;
  const path = "extensions.keyUsage";
  const message = `${odd} is nothing that a key of ${key.name} can do: it only signs`;
  if (key.name === "Ed25519") report.warning("WARN_TEMPLATE_KEY_USAGE", path, message);
  else report.error("ERR_TEMPLATE_EXTENSION", path, message);
}
