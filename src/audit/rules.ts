/** What is wrong with the certificates of a cluster among each other. */
import { equalBytes } from "../bytes.ts";
import { PkiError } from "../errors.ts";
import { ByteIds } from "../verify/byte-ids.ts";
import { isSelfSigned, purposesOf } from "../inspect/purpose.ts";
import { attributeValues } from "../x509/name.ts";
import { formatName } from "../x509/name-text.ts";
import type { Certificate } from "../x509/certificate.ts";
import { GROUP_ATTRIBUTE, NODES_GROUP, NODE_USER_PREFIX, USER_ATTRIBUTE } from "../kubernetes/well-known.ts";
import type { SignatureVerifier } from "../keys/verifier.ts";
import type { AuditFinding } from "./finding.ts";
import type { Evidence, FoundCertificate } from "./source.ts";

/** Who issued what, as far as it was found. */
export type Issuers = ReadonlyMap<Certificate, FoundCertificate>;

/** Finds issuers by name and signature. Each certificate is asked about once, wherever copies of it are. */
export async function findIssuers(
  { certificates }: Evidence,
  verify: SignatureVerifier | undefined,
): Promise<{ readonly issuers: Issuers; readonly findings: AuditFinding[] }> {
  const names = new ByteIds();
  const authorities = bySubject(
    certificates.filter(({ certificate }) => purposesOf(certificate).ca),
    names,
  );
  const issuers = new Map<Certificate, FoundCertificate>();
  const signatures = new ByteIds();
  const answers = new Map<number, FoundCertificate | undefined>();
  const findings: AuditFinding[] = [];
  for (const { path, certificate } of certificates) {
    if (isSelfSigned(certificate)) continue;
    const candidates = authorities.get(names.idOf([certificate.issuer.der])) ?? [];
    const key = signatures.idOf([certificate.signature]);
    if (!answers.has(key)) answers.set(key, await issuerAmong(certificate, candidates, verify));
    const issuer = answers.get(key);
    if (issuer) issuers.set(certificate, issuer);
    else findings.push(withoutIssuer(path, certificate, candidates));
  }
  return { issuers, findings };
}

function bySubject(found: readonly FoundCertificate[], names: ByteIds): Map<number, FoundCertificate[]> {
  const index = new Map<number, FoundCertificate[]>();
  for (const authority of found) {
    const subject = names.idOf([authority.certificate.subject.der]);
    const known = index.get(subject);
    if (known) known.push(authority);
    else index.set(subject, [authority]);
  }
  return index;
}

async function issuerAmong(
  { signatureAlgorithm, signature, tbsCertificate }: Certificate,
  candidates: readonly FoundCertificate[],
  verify: SignatureVerifier | undefined,
): Promise<FoundCertificate | undefined> {
  if (!verify) return candidates[0];
  for (const candidate of candidates) {
    const { subjectPublicKeyInfo } = candidate.certificate;
    try {
      if (await verify(subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate))
        return candidate;
    } catch (error) {
      if (!(error instanceof PkiError)) throw error; // a key or algorithm that is not taken has signed nothing
    }
  }
  return undefined;
}

function withoutIssuer(
  path: string,
  { issuer }: Certificate,
  candidates: readonly FoundCertificate[],
): AuditFinding {
  const name = formatName(issuer);
  const [namesake] = candidates;
  if (namesake) {
    const message = `it says that ${name} issued it, but the key of ${namesake.path} did not`;
    const fix = "issue it again by the CA that is there, or put the old CA beside it while both are in use";
    return { code: "FINDING_AUDIT_WRONG_ISSUER", severity: "error", path, message, fix };
  }
  const message = `its issuer, ${name || "a CA without a name"}, is not among what was given`;
  return { code: "FINDING_AUDIT_UNKNOWN_ISSUER", severity: "warning", path, message };
}

/** What is said of each certificate beside its own faults. */
export function judgeCertificate({ path, certificate }: FoundCertificate, issuers: Issuers): AuditFinding[] {
  const issuer = issuers.get(certificate);
  const findings: AuditFinding[] = [];
  const { ca, client } = purposesOf(certificate);
  if (issuer && issuer.certificate.notAfter < certificate.notAfter)
    findings.push({
      code: "FINDING_AUDIT_OUTLIVES_CA",
      severity: "warning",
      path,
      message: `it is no longer believed when its CA, ${issuer.path}, has expired`,
      found: certificate.notAfter.toISOString(),
      expected: `at most ${issuer.certificate.notAfter.toISOString()}`,
      fix: "renew the CA before, and then this certificate",
    });
  if (!ca && certificate.extension("extendedKeyUsage") === undefined)
    findings.push({
      code: "FINDING_AUDIT_NO_USAGE",
      severity: "warning",
      path,
      message: "it has no extended key usage, so that it is good for clients and servers alike",
      fix: "issue it again with the one usage that it is for",
    });
  if (client && isNodeWithoutGroup(certificate))
    findings.push({
      code: "FINDING_AUDIT_NODE_GROUP",
      severity: "error",
      path,
      message: `it is called like a node and is not in the group ${NODES_GROUP}`,
      found: formatName(certificate.subject),
      expected: `O=${NODES_GROUP}`,
      fix: `issue it again with O=${NODES_GROUP}`,
    });
  return findings;
}

function isNodeWithoutGroup({ subject }: Certificate): boolean {
  const isNode = attributeValues(subject, USER_ATTRIBUTE).at(-1)?.startsWith(NODE_USER_PREFIX) === true;
  return isNode && !attributeValues(subject, GROUP_ATTRIBUTE).includes(NODES_GROUP);
}

/** A key and the first certificate of what belongs together. */
export function judgeKeys({ certificates, keys }: Evidence): AuditFinding[] {
  const own = new Map<string, FoundCertificate>();
  for (const found of certificates) if (found.index === 0 && !isTrustOnly(found)) own.set(found.stem, found);
  return keys.flatMap(({ path, stem, subjectPublicKeyInfo }): AuditFinding[] => {
    const beside = own.get(stem);
    if (!beside || equalBytes(beside.certificate.subjectPublicKeyInfo, subjectPublicKeyInfo)) return [];
    const message = `it is not the key of ${beside.path}`;
    const fix =
      "put back the key that belongs to the certificate, or issue the certificate again for this key";
    return [{ code: "FINDING_AUDIT_KEY_MISMATCH", severity: "error", path, message, fix }];
  });
}

/** `ca.crt` beside `tls.crt` and `tls.key` is whom to trust. */
function isTrustOnly({ path }: FoundCertificate): boolean {
  return path.includes("certificate-authority-data");
}

/** Keys that more than one subject has, and the one case in which that lets everybody in. */
export function judgeSharedKeys({ certificates }: Evidence): AuditFinding[] {
  const ids = new ByteIds();
  const owners = new Map<number, FoundCertificate[]>();
  for (const found of certificates) {
    const key = ids.idOf([found.certificate.subjectPublicKeyInfo]);
    const others = owners.get(key);
    if (others) others.push(found);
    else owners.set(key, [found]);
  }
  return [...owners.values()].flatMap((found) => {
    if (found.length === 1) return [];
    const frontProxy = found.find(({ path }) => FRONT_PROXY_CA.test(path));
    const clients = found.find(({ path }) => CLIENT_CA.test(path));
    if (frontProxy && clients) return [sharedFrontProxy(frontProxy, clients)];
    const subjects = new Set(found.map(({ certificate }) => formatName(certificate.subject)));
    if (subjects.size < 2) return [];
    const message = `${[...subjects].slice(0, 5).join(" and ")} have the same key`;
    const fix = "make a key for each";
    return [
      {
        code: "FINDING_AUDIT_SHARED_KEY" as const,
        severity: "warning" as const,
        path: found[0]!.path,
        message,
        fix,
      },
    ];
  });
}

/** Of kubeadm and of k3s. */
const FRONT_PROXY_CA = /(?:^|\/)(?:front-proxy-ca|request-header-ca)\.(?:crt|pem)$/;
const CLIENT_CA = /(?:^|\/)(?:(?<!etcd\/)ca|client-ca)\.(?:crt|pem)$/;

function sharedFrontProxy({ path }: FoundCertificate, clients: FoundCertificate): AuditFinding {
  const message = `it has the key of the clients' CA, ${clients.path}: every client can act as the front proxy, and so as anybody`;
  const fix = "make a CA of its own for the front proxy (--requestheader-client-ca-file)";
  return { code: "FINDING_AUDIT_SHARED_FRONT_PROXY_CA", severity: "error", path, message, fix };
}
