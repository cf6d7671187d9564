import { issueCertificate, issueSelfSigned } from "../issue/issue.ts";
import type { CertificateAuthority } from "../issue/authority.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../issue/template.ts";
import type { CertificateTemplate, ServerAlternativeNames } from "../issue/template.ts";
import { YEAR_SECONDS } from "../issue/validity.ts";
import type { Validity } from "../issue/validity.ts";
import { generateKeyPair } from "../keys/generate.ts";
import type { KeyAlgorithmName } from "../keys/algorithms.ts";
import type { PrivateKey } from "../keys/private-key.ts";
import { identityRdns } from "../kubernetes/encode-identity.ts";
import type { IdentityNames } from "../kubernetes/identity-rules.ts";
import { encodePem } from "../pem.ts";
import type { Certificate } from "../x509/certificate.ts";

/** How a test's PKI is made; all fields have defaults. */
export interface TestPkiOptions {
  /** The moment that everything is valid around; now by default. A number is milliseconds since 1970. */
  readonly at?: Date | number;
  /** Of every key; ECDSA-P256 by default, the fastest to make. */
  readonly keyAlgorithm?: KeyAlgorithmName;
  /** The CA's name; `kubernetes` by default, as kubeadm calls it. */
  readonly commonName?: string;
}

/** A certificate with its key, in the forms that tests hand on. */
export interface TestCertificate {
  /** Parsed. */
  readonly certificate: Certificate;
  /** The certificate in PEM: `cert` of `node:tls`. */
  readonly cert: string;
  /** The private key in PEM: `key` of `node:tls`. */
  readonly key: string;
  /** The private key. */
  readonly privateKey: PrivateKey;
}

/** How one certificate differs from what its kind has by default. */
export interface TestCertificateOptions {
  /** By default from half a year before to half a year after the PKI's moment. */
  readonly validity?: Validity;
}

/** A CA for a test, which issues to whomever the test wants. */
export interface TestPki {
  /** The moment that everything is valid around. */
  readonly at: Date;
  /** Certificate and signer, for any of the library's functions. */
  readonly authority: CertificateAuthority;
  /** The CA's certificate in PEM: `ca` of `node:tls`, trust anchor of `authenticate`. */
  readonly ca: string;
  /** A client certificate that names this user, privileged ones too. */
  client(identity: IdentityNames, options?: TestCertificateOptions): Promise<TestCertificate>;
  /** The client certificate of a kubelet. */
  node(name: string, options?: TestCertificateOptions): Promise<TestCertificate>;
  /** A serving certificate with these names. */
  server(names: ServerAlternativeNames, options?: TestCertificateOptions): Promise<TestCertificate>;
  /** A certificate of any template. */
  issue(template: CertificateTemplate): Promise<TestCertificate>;
}

/**
 * Makes a CA for a test, with keys of its own: certificates for users, nodes and servers in a line each. With `at`, the clock of the test can stand
 * still: certificates are valid half a year before and after that moment.
 *
 * For tests alone: names that issuing refuses without `allowPrivileged`, such as `system:masters`, are issued to whoever asks, and all private keys can be exported.
 *
 * @throws KeyError `ERR_KEY_UNSUPPORTED_BY_RUNTIME` if the runtime does not have the algorithm
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticate } from "kubepki";
 * import { testPki } from "kubepki/testing";
 *
 * const pki = await testPki({ at: Date.UTC(2030, 0) });
 * const { cert } = await pki.client({ user: "jane", groups: ["developers"] });
 * const user = await authenticate(cert, { trustAnchors: pki.ca, at: pki.at });
 * assert.equal(user?.username, "jane");
 * ```
 */
export async function testPki(options: TestPkiOptions = {}): Promise<TestPki> {
  const { at: moment = Date.now(), keyAlgorithm = "ECDSA-P256", commonName = "kubernetes" } = options;
  const at = new Date(moment);
  const around = validAround(at, YEAR_SECONDS / 2);
  const { signer } = await generateKeyPair(keyAlgorithm);
  const template = caTemplate({ subject: { commonName }, validity: validAround(at, YEAR_SECONDS) });
  const { certificate } = await issueSelfSigned(template, signer, { allowPrivileged: true });
  const authority: CertificateAuthority = { certificate, signer };

  const issue = (of: CertificateTemplate): Promise<TestCertificate> =>
    issueWithKey(of, authority, keyAlgorithm);
  const client: TestPki["client"] = (identity, { validity = around } = {}) =>
    issue(clientTemplate({ subject: identityRdns(identity), validity }));
  return {
    at,
    authority,
    ca: encodePem("CERTIFICATE", certificate.der),
    client,
    node: (name, more) => client({ user: `system:node:${name}`, groups: ["system:nodes"] }, more),
    server: (names, { validity = around } = {}) =>
      issue(servingTemplate({ ...names, subject: {}, validity })),
    issue,
  };
}

async function issueWithKey(
  template: CertificateTemplate,
  issuer: CertificateAuthority,
  keyAlgorithm: KeyAlgorithmName,
): Promise<TestCertificate> {
  const { publicKey, privateKey } = await generateKeyPair(keyAlgorithm);
  const { certificate } = await issueCertificate(template, { publicKey, issuer, allowPrivileged: true });
  const key = await privateKey.exportPem();
  return { certificate, cert: encodePem("CERTIFICATE", certificate.der), key, privateKey };
}

function validAround(at: Date, seconds: number): Validity {
  const milliseconds = seconds * 1000;
  return {
    notBefore: new Date(at.getTime() - milliseconds),
    notAfter: new Date(at.getTime() + milliseconds),
  };
}
