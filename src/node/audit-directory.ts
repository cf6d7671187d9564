import { auditClusterPki } from "../audit/audit.ts";
import type { AuditOptions, ClusterAudit } from "../audit/audit.ts";
import type { AuditSource } from "../audit/source.ts";
import { PkiError } from "../errors.ts";
import { parseKubeconfigYaml } from "./kubeconfig/yaml.ts";
import type { PkiFile } from "./pki-directory/pki-file.ts";
import { readPkiDirectory } from "./pki-directory/read.ts";
import type { PkiDirectoryFinding, ReadPkiDirectoryOptions } from "./pki-directory/read.ts";

/** An audit of files, and what is wrong with the files themselves. */
export interface DirectoryAudit extends ClusterAudit {
  /** Files that cannot be read, links, permissions; and kubeconfigs that are no YAML. */
  readonly directory: readonly PkiDirectoryFinding[];
}

/**
 * Audits the certificates, keys and kubeconfigs below a directory such as `/etc/kubernetes`, whoever made them. It writes nothing, and keeps no key.
 *
 * `isHealthy` is about the files, too.
 *
 * @throws FileError as `readPkiDirectory`; TypeError if `at` is no date
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { issueClusterPki, formatClusterAudit } from "kubepki";
 * import { auditPkiDirectory } from "kubepki/node";
 *
 * const folder = await mkdtemp(join(tmpdir(), "kubernetes-"));
 * const audit = await auditPkiDirectory(folder);
 * console.log(formatClusterAudit(audit));
 * assert.equal(audit.isHealthy, true); // process.exitCode = audit.isHealthy ? 0 : 1
 * await rm(folder, { recursive: true });
 * ```
 */
export async function auditPkiDirectory(
  directory: string,
  options: AuditOptions & ReadPkiDirectoryOptions = {},
): Promise<DirectoryAudit> {
  const { files, findings } = await readPkiDirectory(directory, options);
  const unreadable: PkiDirectoryFinding[] = [];
  const sources = files.flatMap((file) => sourceOf(file, unreadable));
  const audit = await auditClusterPki(sources, options);
  const all = [...findings.filter((finding) => !isPublicPem(finding, files)), ...unreadable];
  const isHealthy = audit.isHealthy && !all.some(({ severity }) => severity === "error");
  return { ...audit, directory: all, isHealthy };
}

/** cfssl calls certificates `.pem`, and everybody may read them: only the contents tell that there is no key. */
function isPublicPem({ code, path }: PkiDirectoryFinding, files: readonly PkiFile[]): boolean {
  if (code !== "FINDING_PKI_FILE_MODE" || !path.endsWith(".pem")) return false;
  return files.some((file) => file.path === path && !file.exportText().includes("PRIVATE KEY-----"));
}

function sourceOf(file: PkiFile, findings: PkiDirectoryFinding[]): AuditSource[] {
  const { path, mode, kind } = file;
  if (kind !== "kubeconfig") return [{ path, mode, text: file.exportText() }];
  try {
    return [{ path, mode, object: parseKubeconfigYaml(file.exportText()) }];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    findings.push({ code: "FINDING_PKI_UNREADABLE", severity: "error", path, message: error.message });
    return [];
  }
}
