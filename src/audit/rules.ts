/** What is wrong with the certificates of a cluster among each other. */
import { equalBytes } from "../bytes.ts";
import { PkiError } from "../errors.ts";
import type { SignatureVerifier } from "../keys/verifier.ts";
import { ByteIds } from "../verify/byte-ids.ts";
import type { Certificate } from "../x509/certificate.ts";
import { formatName } from "../x509/name-text.ts";
import type { Evidence } from "./evidence.ts";
import type { AuditFinding } from "./finding.ts";
import type { FoundCertificate } from "./found.ts";

/** Finds issuers by name and signature, and notes them. Each certificate is asked about once, wherever copies of it are. */
export async function findIssuers(
  { certificates }: Evidence,
  verify: SignatureVerifier | undefined,
): Promise<readonly AuditFinding[]> {
  const names = new ByteIds();
  const authorities = new Groups<Authority>();
  for (const authority of authoritiesAmong(certificates))
    authorities.add(names.idOf([authority[0].subjectName]), authority);
  const ask = verify && askOnce(verify);
  const findings: AuditFinding[] = [];
  for (const found of certificates) {
    if (found.isRoot) continue;
    const candidates = authorities.get(names.idOf([found.issuerName]));
    const authority = ask ? await ask(found.certificate, candidates) : candidates[0];
    if (authority) found.issuers = authority;
    else findings.push(withoutIssuer(found, candidates));
  }
  return findings;
}

/** All certificates of one CA, which has one name and one key: it may have been renewed with the same key. That which expires last is first. */
type Authority = readonly [FoundCertificate, ...FoundCertificate[]];
type Candidates = readonly Authority[];

/** In the order in which they were found; of copies, the first counts. */
function authoritiesAmong(certificates: readonly FoundCertificate[]): Iterable<Authority> {
  const [keys, copies] = [new ByteIds(), new ByteIds()];
  const seen = new Set<number>();
  const authorities = new Map<number, [FoundCertificate, ...FoundCertificate[]]>();
  for (const found of certificates) {
    if (!found.purposes.ca) continue;
    const copy = copies.idOf([found.layout.bytes]);
    if (seen.has(copy)) continue;
    seen.add(copy);
    const id = keys.idOf([found.subjectName, found.subjectPublicKeyInfo]);
    const authority = authorities.get(id);
    if (authority) authority.push(found);
    else authorities.set(id, [found]);
  }
  for (const authority of authorities.values())
    authority.sort((a, b) => b.layout.notAfter - a.layout.notAfter);
  return authorities.values();
}

/** Copies of a certificate have the same answer; what only has the same signature is no copy. */
function askOnce(
  verify: SignatureVerifier,
): (certificate: Certificate, candidates: Candidates) => Promise<Authority | undefined> {
  const copies = new ByteIds();
  const answers = new Map<number, Authority | undefined>();
  return async (certificate, candidates) => {
    const key = copies.idOf([certificate.layout.bytes]);
    if (!answers.has(key)) answers.set(key, await issuerAmong(certificate, candidates, verify));
    return answers.get(key);
  };
}

async function issuerAmong(
  { signatureAlgorithm, signature, tbsCertificate }: Certificate,
  candidates: Candidates,
  verify: SignatureVerifier,
): Promise<Authority | undefined> {
  let unchecked: Authority | undefined;
  for (const candidate of candidates) {
    const { subjectPublicKeyInfo } = candidate[0];
    try {
      if (await verify(subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate))
        return candidate;
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (UNCHECKED.has(error.code)) unchecked ??= candidate;
    }
  }
  return unchecked;
}

/** Of SHA-1 and of weak keys nobody checks the signature, which is said elsewhere: the name has to do. */
const UNCHECKED: ReadonlySet<string> = /* @__PURE__ */ new Set(["ERR_SIGNATURE_ALGORITHM", "ERR_KEY_WEAK"]);

function withoutIssuer({ path, certificate }: FoundCertificate, candidates: Candidates): AuditFinding {
  const namesake = candidates[0]?.[0];
  const name = formatName(certificate.issuer);
  if (namesake) {
    const message = `it says that ${name} issued it, but the key of ${namesake.path} did not`;
    const fix = "issue it again by the CA that is there, or put the old CA beside it while both are in use";
    return { code: "FINDING_AUDIT_WRONG_ISSUER", severity: "error", path, message, fix };
  }
  const message = `its issuer, ${name || "a CA without a name"}, is not among what was given`;
  return { code: "FINDING_AUDIT_UNKNOWN_ISSUER", severity: "warning", path, message };
}

/** What is wrong with each certificate: by itself, and beside its issuer. */
export function judgeCertificates({ certificates }: Evidence): AuditFinding[] {
  const findings: AuditFinding[] = [];
  for (const found of certificates) {
    if (found.findings.length > 0) findings.push(...found.findings);
    const { issuer } = found;
    if (issuer && issuer.layout.notAfter < found.layout.notAfter) findings.push(outlivesCa(found, issuer));
  }
  return findings;
}

function outlivesCa({ path, certificate }: FoundCertificate, ca: FoundCertificate): AuditFinding {
  return {
    code: "FINDING_AUDIT_OUTLIVES_CA",
    severity: "warning",
    path,
    message: `it is no longer believed when its CA, ${ca.path}, has expired`,
    found: certificate.notAfter.toISOString(),
    expected: `at most ${ca.certificate.notAfter.toISOString()}`,
    fix: "renew the CA before, and then this certificate",
  };
}

/** A key and the first certificate of what belongs together. */
export function judgeKeys({ certificates, keys }: Evidence): AuditFinding[] {
  const own = new Map<string, FoundCertificate>();
  for (const found of certificates) if (found.index === 0 && !isTrustOnly(found)) own.set(found.stem, found);
  return keys.flatMap(({ path, stem, subjectPublicKeyInfo }): AuditFinding[] => {
    const beside = own.get(stem);
    if (!beside || equalBytes(beside.subjectPublicKeyInfo, subjectPublicKeyInfo)) return [];
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
  const owners = new Groups<FoundCertificate>();
  for (const found of certificates) owners.add(ids.idOf([found.subjectPublicKeyInfo]), found);
  return owners.repeated().flatMap((found) => {
    const frontProxy = found.find(({ path }) => FRONT_PROXY_CA.test(path));
    const clients = found.find(({ path }) => CLIENT_CA.test(path));
    if (frontProxy && clients) return [sharedFrontProxy(frontProxy, clients)];
    const subjects = new Set(found.map(({ subject }) => subject));
    return subjects.size < 2 ? [] : [sharedKey(found[0]!.path, [...subjects])];
  });
}

function sharedKey(path: string, subjects: readonly string[]): AuditFinding {
  const message = `${subjects.slice(0, 5).join(" and ")} have the same key`;
  return { code: "FINDING_AUDIT_SHARED_KEY", severity: "warning", path, message, fix: "make a key for each" };
}

/** Things with the same number, in the order in which they came. Nearly all are alone, and cost no list. */
class Groups<T> {
  readonly #first = new Map<number, T>();
  readonly #repeated = new Map<number, T[]>();

  add(id: number, one: T): void {
    const first = this.#first.get(id);
    if (first === undefined) this.#first.set(id, one);
    else {
      const group = this.#repeated.get(id);
      if (group) group.push(one);
      else this.#repeated.set(id, [first, one]);
    }
  }

  get(id: number): readonly T[] {
    const first = this.#first.get(id);
    return this.#repeated.get(id) ?? (first === undefined ? [] : [first]);
  }

  /** All groups of more than one. */
  repeated(): readonly (readonly T[])[] {
    return [...this.#repeated.values()];
  }
}

/** Files of kubeadm and of k3s, and what kube-apiserver itself says in the ConfigMap `kube-system/extension-apiserver-authentication`; also where they are bundles. */
const FRONT_PROXY_CA =
  /(?:(?:^|\/)(?:front-proxy-ca|request-header-ca)\.(?:crt|pem)|#requestheader-client-ca-file)(?:\[\d+\])?$/;
const CLIENT_CA = /(?:(?:^|\/)(?:(?<!etcd\/)ca|client-ca)\.(?:crt|pem)|#client-ca-file)(?:\[\d+\])?$/;

function sharedFrontProxy({ path }: FoundCertificate, clients: FoundCertificate): AuditFinding {
  const message = `it has the key of the clients' CA, ${clients.path}: every client can act as the front proxy, and so as anybody`;
  const fix = "make a CA of its own for the front proxy (--requestheader-client-ca-file)";
  return { code: "FINDING_AUDIT_SHARED_FRONT_PROXY_CA", severity: "error", path, message, fix };
}
