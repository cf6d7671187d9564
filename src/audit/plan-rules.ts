/** What is wrong with the certificates of a cluster by its plan. */
import { certificateChanges } from "../kubernetes/cluster/certificate-changes.ts";
import type { CertificateChange } from "../kubernetes/cluster/certificate-changes.ts";
import type { ClusterPlan, PlannedCertificate } from "../kubernetes/cluster/plan.ts";
import { equalBytes } from "../bytes.ts";
import type { Evidence } from "./evidence.ts";
import type { AuditFinding } from "./finding.ts";
import type { FoundCertificate } from "./found.ts";

/** Holds what was found to what is planned for one node, or for the whole cluster. */
export function judgeByPlan(
  evidence: Evidence,
  { certificates }: Pick<ClusterPlan, "certificates">,
  node: string | undefined,
): AuditFinding[] {
  const wanted = certificates.filter(
    (planned) => planned.node === undefined || node === undefined || planned.node === node,
  );
  const places = indexPlaces(evidence.certificates.filter(({ index }) => index === 0));
  const references = indexPlaces(evidence.references);
  const findPlanned = ({ path }: PlannedCertificate): FoundCertificate | undefined => {
    if (!path.endsWith(".conf")) return places.get(`${path}.crt`) ?? places.get(`${path}.pem`);
    const embedded = places.get(`${path}#users[0].client-certificate-data`);
    return embedded ?? places.get(references.get(path)?.file.replace(/^\//, "") ?? "");
  };
  // What the cluster has once is not on every machine, and kubelets keep their certificates in a folder of their own.
  const isElsewhere = (planned: PlannedCertificate): boolean =>
    (node !== undefined && planned.node === undefined) || references.has(planned.path);
  const authorities = new Map<string, PlannedCertificate>();
  for (const planned of certificates)
    if (!authorities.has(planned.name)) authorities.set(planned.name, planned);
  return wanted.flatMap((planned) => {
    const found = findPlanned(planned);
    if (!found) return isElsewhere(planned) ? [] : [missing(planned)];
    const ca = planned.ca === undefined ? undefined : authorities.get(planned.ca);
    const authority = ca && findPlanned(ca);
    return [
      ...certificateChanges(found.certificate, planned).flatMap((change) => findingsOf(found.path, change)),
      ...judgeIssuer(found, authority),
    ];
  });
}

/** The first thing of each place, by the end of its path from each folder on: whatever folder it was read from, it is found at once. */
function indexPlaces<T extends { readonly path: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  const places = new Map<string, T>();
  for (const thing of things)
    for (let at = thing.path.length, depth = 0; at > 0 && depth < MAX_PARTS; depth++) {
      at = thing.path.lastIndexOf("/", at - 1);
      const place = thing.path.slice(at + 1);
      if (!places.has(place)) places.set(place, thing);
    }
  return places;
}

/** Of how many parts a planned path is, at most: a path of slashes alone costs no more than others. */
const MAX_PARTS = 16;

function missing({ name, purpose, files: [path = name] }: PlannedCertificate): AuditFinding {
  const message = `there is no certificate ${name}: ${purpose}`;
  return { code: "FINDING_AUDIT_MISSING", severity: "error", path, message, fix: "issue it as planned" };
}

function findingsOf(path: string, { field, removed, added }: CertificateChange): AuditFinding[] {
  const found = removed.join(", ");
  const expected = added.join(", ");
  if (field === "subject") {
    const message = "it is about somebody else than planned";
    return [
      {
        code: "FINDING_AUDIT_SUBJECT",
        severity: "error",
        path,
        message,
        found,
        expected,
        fix: "issue it again",
      },
    ];
  }
  if (field === "extendedKeyUsage") {
    const message = "its extended key usages are not those that are planned";
    return [
      {
        code: "FINDING_AUDIT_USAGE",
        severity: "error",
        path,
        message,
        found,
        expected,
        fix: "issue it again",
      },
    ];
  }
  if (field === "keyUsage" || field === "validity") return [];
  const findings: AuditFinding[] = [];
  if (added.length > 0) {
    const message = `it lacks ${expected}: who calls it by that gets an error`;
    const fix = "issue it again with these names";
    findings.push({ code: "FINDING_AUDIT_MISSING_NAME", severity: "error", path, message, expected, fix });
  }
  if (removed.length > 0) {
    const message = `it has ${found}, which is not planned`;
    const fix = "add it to the configuration if it is wanted, or it is gone with the next renewal";
    findings.push({ code: "FINDING_AUDIT_SURPLUS_NAME", severity: "warning", path, message, found, fix });
  }
  return findings;
}

function judgeIssuer(found: FoundCertificate, authority: FoundCertificate | undefined): AuditFinding[] {
  const { issuer } = found;
  if (!authority || !issuer) return [];
  if (equalBytes(issuer.subjectPublicKeyInfo, authority.subjectPublicKeyInfo)) return [];
  const message = `${issuer.path} issued it, and not ${authority.path} as planned`;
  return [
    {
      code: "FINDING_AUDIT_WRONG_ISSUER",
      severity: "error",
      path: found.path,
      message,
      fix: "issue it again by the right CA",
    },
  ];
}
