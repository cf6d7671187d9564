/** What an audit keeps of a certificate: its bytes, and what was read of it once. */
import { lintForPurposes } from "../inspect/lint-certificate.ts";
import type { CertificateFinding } from "../inspect/lint-certificate.ts";
import { isSelfSigned, purposesOf } from "../inspect/purpose.ts";
import type { Purposes } from "../inspect/purpose.ts";
import { NODES_GROUP } from "../kubernetes/well-known.ts";
import { Certificate } from "../x509/certificate.ts";
import { CertificateLayout } from "../x509/certificate-layout.ts";
import { formatName } from "../x509/name-text.ts";
import type { AuditFinding } from "./finding.ts";

/** Where a certificate was found. */
export interface Place {
  /** File, field and number: `pki/ca.crt`, `web-tls#tls.crt[1]`. */
  readonly path: string;
  /** What belongs together has the same: a key and its certificate. */
  readonly stem: string;
  /** Its place among the certificates of one text. */
  readonly index: number;
}

const KUBERNETES = { mode: "kubernetes" } as const;

/**
 * A certificate, and where it was found. Its values are read once, while they are young, and not kept: an audit of ten thousand certificates keeps as much of them as somebody who
 * parsed them and looked at none.
 */
export class FoundCertificate implements Place {
  readonly path: string;
  readonly stem: string;
  readonly index: number;
  /** Its subject as {@link formatName} writes it. */
  readonly subject: string;
  readonly purposes: Purposes;
  /** As far as names can tell. */
  readonly isRoot: boolean;
  /** What is wrong with it alone. */
  readonly findings: readonly AuditFinding[];
  readonly layout: CertificateLayout;
  /** Who issued it, once that was found out: all CA certificates of the name with the key, that which expires last first. */
  issuers: readonly FoundCertificate[];

  /**
   * Reads a certificate as Kubernetes does; `at` is the moment that counts.
   *
   * @throws DerError, CertificateError as `parseCertificate`
   */
  constructor(place: Place, der: Uint8Array, at: number) {
    this.path = place.path;
    this.stem = place.stem;
    this.index = place.index;
    this.issuers = NO_ISSUERS;
    this.layout = new CertificateLayout(der, KUBERNETES);
    const { certificate } = this;
    this.subject = formatName(certificate.subject);
    this.purposes = purposesOf(certificate);
    this.isRoot = isSelfSigned(certificate);
    this.findings = this.#lint(certificate, at);
  }

  /** Of those who issued it, that which expires last. */
  get issuer(): FoundCertificate | undefined {
    return this.issuers[0];
  }

  /** All of its values, to be read again. */
  get certificate(): Certificate {
    return new Certificate(this.layout);
  }

  /** The encoded name of its issuer. */
  get issuerName(): Uint8Array {
    const { bytes, issuerStart, issuerEnd } = this.layout;
    return bytes.subarray(issuerStart, issuerEnd);
  }

  /** The encoded name of its subject. */
  get subjectName(): Uint8Array {
    const { bytes, subjectStart, keyStart: subjectEnd } = this.layout;
    return bytes.subarray(subjectStart, subjectEnd);
  }

  /** Its key. */
  get subjectPublicKeyInfo(): Uint8Array {
    const { bytes, keyStart, keyEnd } = this.layout;
    return bytes.subarray(keyStart, keyEnd);
  }

  #lint(certificate: Certificate, at: number): readonly AuditFinding[] {
    const own = lintForPurposes(certificate, this.purposes, at);
    if (own.length === 0) return NONE;
    return own.map((finding) =>
      finding.code === "FINDING_NODE_WITHOUT_GROUP" ? nodeWithoutGroup(this) : withPlace(finding, this.path),
    );
  }
}

/** Nearly all certificates have none. */
const NONE: readonly AuditFinding[] = [];
const NO_ISSUERS: readonly FoundCertificate[] = [];

function withPlace(finding: CertificateFinding, place: string): AuditFinding {
  return { ...finding, path: finding.path === "" ? place : `${place}: ${finding.path}` };
}

/** In an audit it is an error: the node does not work. */
function nodeWithoutGroup({ path, subject }: FoundCertificate): AuditFinding {
  return {
    code: "FINDING_AUDIT_NODE_GROUP",
    severity: "error",
    path,
    message: `it is called like a node and is not in the group ${NODES_GROUP}`,
    found: subject,
    expected: `O=${NODES_GROUP}`,
    fix: `issue it again with O=${NODES_GROUP}`,
  };
}
