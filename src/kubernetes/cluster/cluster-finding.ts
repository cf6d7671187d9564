/** How the rules about a cluster's configuration write down what they find. */
import type { CodesOf } from "../../errors.ts";
import type { Finding } from "../../finding.ts";

/** The codes that both findings and errors about a cluster have. */
export type ClusterCode = CodesOf<"ClusterError">;

export function error(code: ClusterCode, path: string, message: string): Finding {
  return { code, severity: "error", path, message };
}

export function warning(code: `WARN_CLUSTER_${string}`, path: string, message: string): Finding {
  return { code, severity: "warning", path, message };
}

/** Text of others in a message: short, and on one line. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
