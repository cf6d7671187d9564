import { equalBytes } from "../bytes.ts";
import { DerWriter } from "../der/writer.ts";
import { PkiError } from "../errors.ts";
import { findSignatureAlgorithm } from "../keys/algorithm-identifier.ts";
import { readPublicKey } from "../keys/public-key.ts";
import type { PublicKeyParts } from "../keys/public-key.ts";
import type { Signer } from "../keys/signer.ts";
import type { Certificate } from "../x509/certificate.ts";
import { writeExtension } from "../x509/extensions/encode.ts";
import type { NameConstraints } from "../x509/extensions/name-constraints.ts";
import type { Report } from "./report.ts";
import type { Period } from "./validity-rules.ts";

/** Who issues: a CA certificate, and what signs with its key. */
export interface CertificateAuthority {
  /** The CA's own certificate; its subject becomes the issuer. */
  readonly certificate: Certificate;
  /** Has the certificate's key. */
  readonly signer: Signer;
}

/** What is written into every certificate of one issuer, and what each is held against. */
export interface Issuer {
  /** DER Name. */
  readonly name: Uint8Array;
  readonly signer: Signer;
  /** The signer's key; absent if it cannot be used, which is one of the faults. */
  readonly key?: PublicKeyParts;
  /** The whole authority key identifier extension; absent if the issuer has no subject key identifier. */
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly period?: Period;
  /** How many CAs may stand below. */
  readonly pathLength?: number;
  readonly nameConstraints?: NameConstraints;
  /** Why it must not issue anything. */
  readonly faults: readonly IssuerFault[];
}

interface IssuerFault {
  readonly message: string;
  readonly cause?: PkiError;
}

/** By certificate and signer and not by authority, which callers may put together anew for each call. */
const prepared = /* @__PURE__ */ new WeakMap<Certificate, WeakMap<Signer, Issuer>>();

/** Everything about an authority that is the same for each certificate; looked up once and remembered as long as its objects live. */
export function prepareIssuer({ certificate, signer }: CertificateAuthority): Issuer {
  let signers = prepared.get(certificate);
  if (signers === undefined) prepared.set(certificate, (signers = new WeakMap()));
  let issuer = signers.get(signer);
  if (issuer === undefined) signers.set(signer, (issuer = readIssuer(certificate, signer)));
  return issuer;
}

/** The issuer of a certificate that signs itself. */
export function selfIssuer(name: Uint8Array, signer: Signer): Issuer {
  return { name, signer, ...readSigner(signer) };
}

function readIssuer(certificate: Certificate, signer: Signer): Issuer {
  const keyIdentifier = certificate.extensionValue("subjectKeyIdentifier");
  const pathLength = certificate.extensionValue("basicConstraints")?.pathLength;
  const nameConstraints = certificate.extensionValue("nameConstraints");
  const { key, faults } = readSigner(signer);
  return {
    name: certificate.subject.der,
    signer,
    ...(key && { key }),
    ...(keyIdentifier && { authorityKeyIdentifier: encodeAuthorityKeyIdentifier(keyIdentifier) }),
    period: {
      notBefore: certificate.notBefore.getTime() / 1000,
      notAfter: certificate.notAfter.getTime() / 1000,
    },
    ...(pathLength !== undefined && { pathLength }),
    ...(nameConstraints && { nameConstraints }),
    faults: [...certificateFaults(certificate, signer), ...faults],
  };
}

function encodeAuthorityKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  const writer = new DerWriter(64);
  writeExtension(writer, { id: "authorityKeyIdentifier", critical: false, value: { keyIdentifier } });
  return writer.finish();
}

/** RFC 5280 4.2.1.3, 4.2.1.9: may this certificate sign others, and with this key? */
function certificateFaults(certificate: Certificate, signer: Signer): IssuerFault[] {
  const faults: IssuerFault[] = [];
  const [deviation] = certificate.deviations;
  if (deviation) faults.push({ message: "its certificate is not well formed", cause: deviation });
  if (certificate.subject.rdns.length === 0) faults.push({ message: "its subject is empty" });
  if (certificate.extensionValue("basicConstraints")?.ca !== true)
    faults.push({ message: "it is no CA: its basic constraints do not say so" });
  if (certificate.extensionValue("keyUsage")?.includes("keyCertSign") === false)
    faults.push({ message: "its key usage has no keyCertSign" });
  if (!equalBytes(certificate.subjectPublicKeyInfo, signer.subjectPublicKeyInfo))
    faults.push({ message: "the signer has another key than its certificate" });
  return faults;
}

/** The signer's key if it can be used with the signer's algorithm, and why not otherwise. */
function readSigner({ subjectPublicKeyInfo, signatureAlgorithm }: Signer): Pick<Issuer, "key" | "faults"> {
  try {
    const key = readPublicKey(subjectPublicKeyInfo);
    const algorithm = findSignatureAlgorithm(signatureAlgorithm);
    if (key.algorithm.family === algorithm.family) return { key, faults: [] };
    const message = `its signer makes signatures of ${algorithm.name} with a key of ${key.name}`;
    return { faults: [{ message }] };
  } catch (cause) {
    if (cause instanceof PkiError)
      return { faults: [{ message: `its signer cannot be used: ${cause.message}`, cause }] };
    throw cause;
  }
}

/** Reports why the issuer must not issue at all, and for a CA, whether its path length is used up. */
export function checkIssuer(
  issuer: Issuer,
  child: { readonly ca: boolean; readonly pathLength?: number | undefined },
  report: Report,
): void {
  for (const { message, cause } of issuer.faults)
    report.error("ERR_TEMPLATE_ISSUER", "issuer", `the issuer must not be used: ${message}`, cause);
  if (!child.ca || issuer.pathLength === undefined) return;
  if (issuer.pathLength === 0) {
    const message = "the issuer has path length 0: it may issue certificates, but no CA";
    report.error("ERR_TEMPLATE_ISSUER", "issuer.pathLength", message);
  } else if (child.pathLength !== undefined && child.pathLength >= issuer.pathLength) {
    const expected = `at most ${issuer.pathLength - 1}`;
    const message = `the issuer leaves ${expected} CAs below this one`;
    const detail = { found: String(child.pathLength), expected };
    report.warning("WARN_TEMPLATE_PATH_LENGTH", "extensions.basicConstraints", message, detail);
  }
}
