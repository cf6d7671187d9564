/** The Secret of type `kubernetes.io/tls`: what an Ingress, a webhook or a server mounts. */
import { decodeBase64, encodeBase64 } from "../../base64.ts";
import { KeyError, PemError, PkiError } from "../../errors.ts";
import type { Finding } from "../../finding.ts";
import { keyMatchesCertificate } from "../../keys/public-key.ts";
import { parsePrivateKey } from "../../keys/private-key.ts";
import type { PrivateKey, PrivateKeyOptions } from "../../keys/private-key.ts";
import { encodePem } from "../../pem.ts";
import { parseCertificate, parseCertificates } from "../../x509/certificate.ts";
import type { Certificate, CertificateInput } from "../../x509/certificate.ts";

/** A Secret as it is read; the objects of client libraries fit. */
export interface SecretObject {
  /** `v1`. */
  readonly apiVersion?: string;
  /** `Secret`. */
  readonly kind?: string;
  /** `kubernetes.io/tls` for a key and its certificate. */
  readonly type?: string;
  /** Name and namespace. */
  readonly metadata?: {
    /** Its name. */
    readonly name?: string;
    /** Its namespace. */
    readonly namespace?: string;
  };
  /** Values in base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** A Secret as {@link tlsSecret} makes it: fits what client libraries take. */
export interface TlsSecret {
  /** The version. */
  apiVersion: "v1";
  /** The kind. */
  kind: "Secret";
  /** The type, which cannot be changed later. */
  type: "kubernetes.io/tls";
  /** Name and namespace. */
  metadata: {
    /** Its name. */
    name: string;
    /** Its namespace. */
    namespace?: string;
  };
  /** `tls.crt`, `tls.key`, and perhaps `ca.crt`, in base64. */
  data: Record<string, string>;
}

/** What {@link tlsSecret} takes. */
export interface TlsSecretOptions {
  /** The Secret's name. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace?: string;
  /** The server's certificate, and after it those between it and its CA. */
  readonly certificates: readonly CertificateInput[];
  /** The key of the first certificate; must be extractable. */
  readonly privateKey: PrivateKey;
  /** Whom clients shall trust, for `ca.crt`; as cert-manager writes it. */
  readonly ca?: readonly CertificateInput[];
}

const TLS_TYPE = "kubernetes.io/tls";
const CERTIFICATE = "tls.crt";
const KEY = "tls.key";
const CA = "ca.crt";
/** `MaxSecretSize`. */
const MAX_BYTES = 1_048_576;

/**
 * Makes a Secret of a key and its certificate, as `kubectl create secret tls` does. **The result is a secret.**
 *
 * Guaranteed: the key is that of the first certificate. Not checked: anything else, see {@link validateTlsSecret}.
 *
 * Source: Kubernetes `staging/src/k8s.io/kubectl/pkg/cmd/create/create_secret_tls.go`.
 *
 * @throws KeyError `ERR_KEY_MISMATCH`, `ERR_KEY_NOT_EXTRACTABLE`; PemError, DerError, CertificateError if a certificate does not parse
 * @throws TypeError if there is no certificate
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caTemplate, generateKeyPair, issueSelfSigned, readTlsSecret, tlsSecret } from "kubepki";
 *
 * const { privateKey, signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "web" } }), signer);
 * const secret = await tlsSecret({ name: "web-tls", namespace: "shop", certificates: [certificate], privateKey });
 * assert.equal(secret.type, "kubernetes.io/tls");
 * assert.deepEqual((await readTlsSecret(secret)).certificates[0]?.der, certificate.der);
 * ```
 */
export async function tlsSecret(options: TlsSecretOptions): Promise<TlsSecret> {
  const { name, namespace, privateKey, ca = [] } = options;
  const certificates = options.certificates.map((input) => parseCertificate(input));
  const [own] = certificates;
  if (!own) throw new TypeError("a TLS Secret needs a certificate");
  if (!keyMatchesCertificate(privateKey, own))
    throw new KeyError("ERR_KEY_MISMATCH", "the private key is not that of the first certificate");
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: TLS_TYPE,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    data: {
      [CERTIFICATE]: pemOf(certificates),
      [KEY]: base64(await privateKey.exportPem()),
      ...(ca.length > 0 && { [CA]: pemOf(ca.map((input) => parseCertificate(input))) }),
    },
  };
}

/** Base64 of PEM text of all of them: for `ca.crt`, and for the `caBundle` of webhooks. */
export function pemOf(certificates: readonly Certificate[]): string {
  return base64(certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join(""));
}

function base64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

/** What a TLS Secret holds. */
export interface TlsSecretContents {
  /** The server's certificate, and after it those between it and its CA. */
  readonly certificates: readonly Certificate[];
  /** The key of the first certificate. */
  readonly privateKey: PrivateKey;
  /** `ca.crt`; empty if there is none. */
  readonly ca: readonly Certificate[];
}

/**
 * Reads the key and the certificates of a TLS Secret.
 *
 * Guaranteed: the key is that of the first certificate, as Go's `tls.X509KeyPair` wants it. Not checked: whether it is valid, and for whom.
 *
 * @throws KeyError `ERR_KEY_MISMATCH` and as `parsePrivateKey`; PemError, DerError, CertificateError if something does not parse or is not there
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readTlsSecret } from "kubepki";
 *
 * await assert.rejects(readTlsSecret({ type: "kubernetes.io/tls", data: {} }), { code: "ERR_PEM_NO_BLOCK" });
 * ```
 */
export async function readTlsSecret(
  { data = {} }: SecretObject,
  options: PrivateKeyOptions = {},
): Promise<TlsSecretContents> {
  const certificates = parseCertificates(textOf(data, CERTIFICATE));
  const privateKey = await parsePrivateKey(textOf(data, KEY), options);
  if (!keyMatchesCertificate(privateKey, certificates[0]!))
    throw new KeyError("ERR_KEY_MISMATCH", "tls.key is not the key of the first certificate of tls.crt", {
      path: KEY,
    });
  return { certificates, privateKey, ca: data[CA] ? parseCertificates(textOf(data, CA)) : [] };
}

function textOf(data: Readonly<Record<string, string>>, key: string): string {
  const bytes = decodeBase64(Object.hasOwn(data, key) ? (data[key] ?? "") : "", false);
  if (!bytes) throw new PemError("ERR_PEM_BASE64", `${key} is no base64`, { path: key });
  return new TextDecoder().decode(bytes);
}

/** A finding of {@link validateTlsSecret}; `path` is the field of the object. */
export interface TlsSecretFinding extends Finding {
  /** `FINDING_SECRET_KEYS` and `FINDING_SECRET_SIZE` are what the API server refuses; it looks at nothing else. */
  readonly code:
    | "FINDING_SECRET_TYPE"
    | "FINDING_SECRET_KEYS"
    | "FINDING_SECRET_SIZE"
    | "FINDING_SECRET_CERTIFICATE"
    | "FINDING_SECRET_KEY"
    | "FINDING_SECRET_MISMATCH";
}

/**
 * Everything for which kube-apiserver would refuse a TLS Secret, and what it does not look at: whether certificate and key parse, and belong together.
 *
 * Dates, names and the chain are looked at by {@link lintCertificateChain} and {@link validateIngressTls}.
 *
 * Source: Kubernetes `pkg/apis/core/validation/validation.go` (`ValidateSecret`), Go crypto/tls `X509KeyPair`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateTlsSecret } from "kubepki";
 *
 * const findings = await validateTlsSecret({ type: "kubernetes.io/tls", data: { "tls.crt": "" } });
 * assert.deepEqual(findings.map(({ code, path }) => [code, path]), [
 *   ["FINDING_SECRET_KEYS", "data[tls.key]"],
 *   ["FINDING_SECRET_CERTIFICATE", "data[tls.crt]"],
 *   ["FINDING_SECRET_KEY", "data[tls.key]"],
 * ]);
 * ```
 */
export async function validateTlsSecret(secret: SecretObject): Promise<TlsSecretFinding[]> {
  const { type, data = {} } = secret;
  const findings: TlsSecretFinding[] = [];
  const say = (code: TlsSecretFinding["code"], path: string, message: string): void => {
    findings.push({ code, severity: "error", path, message });
  };
  if (type !== TLS_TYPE)
    say("FINDING_SECRET_TYPE", "type", `the type is ${type ?? "Opaque"}, expected ${TLS_TYPE}`);
  for (const key of [CERTIFICATE, KEY])
    if (!Object.hasOwn(data, key)) say("FINDING_SECRET_KEYS", `data[${key}]`, "Required value");
  if (sizeOf(data) > MAX_BYTES)
    say("FINDING_SECRET_SIZE", "data", `Too long: may not be more than ${MAX_BYTES} bytes`);
  const certificates = await tryTo(async () => parseCertificates(textOf(data, CERTIFICATE)));
  if (certificates instanceof PkiError)
    say("FINDING_SECRET_CERTIFICATE", `data[${CERTIFICATE}]`, certificates.message);
  const key = await tryTo(() => parsePrivateKey(textOf(data, KEY)));
  if (key instanceof PkiError) say("FINDING_SECRET_KEY", `data[${KEY}]`, key.message);
  if (certificates instanceof PkiError || key instanceof PkiError) return findings;
  if (!keyMatchesCertificate(key, certificates[0]!))
    say("FINDING_SECRET_MISMATCH", `data[${KEY}]`, "tls: private key does not match public key");
  return findings;
}

function sizeOf(data: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const value of Object.values(data)) bytes += Math.floor((value.length * 3) / 4);
  return bytes;
}

async function tryTo<T>(read: () => Promise<T>): Promise<T | PkiError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}
