/** Draws docs/images/audit-timeline.svg: a cluster of kubeadm's age and habits, in which somebody did not look for a while. */
import { writeFileSync } from "node:fs";
import { auditClusterPki } from "../../src/audit/audit.ts";
import { formatClusterAuditSvg } from "../../src/audit/timeline.ts";
import { issueClusterPki } from "../../src/kubernetes/cluster/issue.ts";
import { encodePem } from "../../src/pem.ts";

const DAY = 86_400_000;
const at = new Date("2030-01-01T00:00:00Z");
/** Days since each was renewed; the others were with the cluster, 300 days ago. */
const renewed: Readonly<Record<string, number>> = {
  "etcd-server": 366,
  "etcd-peer": 340,
  "apiserver-etcd-client": 362,
  apiserver: 10,
};

const config = {
  nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
  preset: "kubeadm",
} as const;
const sources = [];
for (const days of new Set([300, ...Object.values(renewed)])) {
  const { certificates } = await issueClusterPki({ ...config, now: new Date(at.getTime() - days * DAY) });
  for (const { name, path, certificate } of certificates)
    if ((renewed[name] ?? 300) === days && path.startsWith("pki/"))
      sources.push({ path: `${path}.crt`, text: encodePem("CERTIFICATE", certificate.der) });
}
const audit = await auditClusterPki(sources, { at, checkSignatures: false });
writeFileSync(
  new URL("../images/audit-timeline.svg", import.meta.url),
  `${formatClusterAuditSvg(audit).trim()}\n`,
);
