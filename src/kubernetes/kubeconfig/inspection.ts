/** What the parts of an inspection share: findings, and the contents that fields embed or name. */
import { decodeBase64 } from "../../base64.ts";
import type { Finding } from "../../finding.ts";
import type { IdentityFinding } from "../identity-finding.ts";
import type { KubeconfigFinding } from "./validate.ts";

/** The codes that {@link inspectKubeconfig} adds to those of {@link validateKubeconfig} and {@link lintIdentity}. */
export interface KubeconfigInspectionFindings {
  /** A file cannot be read (an error), or was not looked at because there is no `readFile` (a warning). */
  FINDING_KUBECONFIG_FILE: "error" | "warning";
  /** The client certificate does not parse. */
  FINDING_KUBECONFIG_CERTIFICATE: "error";
  /** The client key does not parse. */
  FINDING_KUBECONFIG_KEY: "error";
  /** The client key is another than that of the client certificate: kubectl does not start. */
  FINDING_KUBECONFIG_KEY_MISMATCH: "error";
  /** The client certificate has expired. */
  FINDING_KUBECONFIG_EXPIRED: "error";
  /** The client certificate is not valid yet. */
  FINDING_KUBECONFIG_NOT_YET_VALID: "error";
  /** The client certificate expires soon. */
  FINDING_KUBECONFIG_EXPIRES_SOON: "warning";
  /** The CAs do not parse, or there is none among them. */
  FINDING_KUBECONFIG_CA: "error";
  /** All CAs have expired, so no server can be trusted. */
  FINDING_KUBECONFIG_CA_EXPIRED: "error";
  /** The server shows no certificate, or one that the CAs do not cover, or that is for another name: kubectl does not talk to it. */
  FINDING_KUBECONFIG_SERVER_CERTIFICATE: "error";
}

/** A finding of {@link inspectKubeconfig}. */
export type KubeconfigInspectionFinding =
  | KubeconfigFinding
  | IdentityFinding
  | (Finding & {
      /** Stable name of the rule. */
      readonly code: keyof KubeconfigInspectionFindings;
    });

/** Where the parts of an inspection say what they find. */
export type SayInspection = (
  code: keyof KubeconfigInspectionFindings,
  path: string,
  message: string,
  detail?: Pick<Finding, "fix"> & { readonly severity?: "error" | "warning" },
) => void;

/** Reads a file that a kubeconfig names. */
export type KubeconfigFileReader = (path: string) => Promise<string | Uint8Array>;

/** An entry of a kubeconfig with fields that embed something (`<name>-data`) or name a file that has it. */
export interface Source {
  /** The entry. */
  readonly entry: object;
  /** Where it is in the kubeconfig. */
  readonly path: string;
  /** Reads its files. */
  readonly readFile: KubeconfigFileReader | undefined;
  /** Is told what is wrong. */
  readonly say: SayInspection;
}

/** Text, and the path of the field that it is from. */
export interface Content {
  /** PEM, if all is well. */
  readonly text: string;
  /** The field. */
  readonly path: string;
}

/** What a field embeds, else what the file has that it names; embedded data win, as in client-go. Nothing if there is neither, or no way to read it. */
export async function contentOf(source: Source, name: string): Promise<Content | undefined> {
  const { entry, path, readFile, say } = source;
  const fields = entry as Readonly<Record<string, unknown>>;
  const data = fields[`${name}-data`];
  if (typeof data === "string" && data !== "") {
    const bytes = decodeBase64(data, false);
    return bytes && { text: new TextDecoder().decode(bytes), path: `${path}.${name}-data` };
  }
  const file = fields[name];
  if (typeof file !== "string" || file === "") return undefined;
  const at = `${path}.${name}`;
  if (!readFile) {
    say("FINDING_KUBECONFIG_FILE", at, "the file was not looked at", { severity: "warning" });
    return undefined;
  }
  try {
    const content = await readFile(file);
    return { text: typeof content === "string" ? content : new TextDecoder().decode(content), path: at };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "for a reason that is no Error";
    say("FINDING_KUBECONFIG_FILE", at, `the file cannot be read: ${reason}`.slice(0, 512));
    return undefined;
  }
}
