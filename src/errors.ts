/**
 * Every error this library throws on bad input, with the reason for each code.
 *
 * A class says what the caller does about it, a code says what happened. Codes are API: they never change their meaning.
 */

/** Which class reports which code; each code's comment is the source of `docs/errors.md`. */
export interface ErrorCodes {
  // --- DER: the bytes are not the encoding that X.690 asks for ------------------------------------------------
  /** An element ends beyond the bytes that hold it. Fix: fetch the whole file again; it was cut or its length octets were changed. Source: X.690 8.1.3. */
  ERR_DER_TRUNCATED: "DerError";
  /** Another element stands where the schema asks for a certain one. Fix: check that the input is the kind of object that you parse. Source: X.690 8.1.2. */
  ERR_DER_UNEXPECTED_TAG: "DerError";
  /** The length is indefinite, not minimal, or too large. Fix: re-encode the object as DER; BER tools write such lengths. Source: X.690 8.1.3, 10.1. */
  ERR_DER_LENGTH: "DerError";
  /** The tag uses the long form, which no certificate structure needs. Fix: re-encode the object as DER. Source: X.690 8.1.2.4, Go cryptobyte. */
  ERR_DER_TAG: "DerError";
  /** Something follows where a structure must end. Fix: cut what follows, or find out who added it. Source: RFC 5280 4.1, X.690 8.9. */
  ERR_DER_TRAILING_DATA: "DerError";
  /** Elements are nested deeper than the limit. Fix: none, no real object is that deep. Source: limit of 32, see docs/strictness.md. */
  ERR_DER_DEPTH: "DerError";
  /** The object is larger than the limit. Fix: raise `maxBytes` if you trust the source. Source: limits in docs/strictness.md. */
  ERR_DER_SIZE: "DerError";
  /** A BOOLEAN is not one octet of 00 or FF. Fix: re-encode the object as DER. Source: X.690 11.1. */
  ERR_DER_BOOLEAN: "DerError";
  /** A value equal to its DEFAULT is written out. Fix: re-encode the object as DER. Source: X.690 11.5. */
  ERR_DER_DEFAULT_ENCODED: "DerError";
  /** An INTEGER is empty, not minimal, or outside of the range of its field. Fix: re-encode the object as DER. Source: X.690 8.3. */
  ERR_DER_INTEGER: "DerError";
  /** A BIT STRING has no first octet, more than 7 unused bits, or unused bits that are not zero. Fix: re-encode the object as DER. Source: X.690 8.6, 11.2. */
  ERR_DER_BIT_STRING: "DerError";
  /** A named bit list has trailing zero bits. Fix: re-encode the object as DER. Source: X.690 11.2.2. */
  ERR_DER_NAMED_BITS: "DerError";
  /** An OBJECT IDENTIFIER is empty, cut, padded, or beyond the limit of 64 octets. Fix: none, the encoder is broken. Source: X.690 8.19. */
  ERR_DER_OID: "DerError";
  /** An arc of an OBJECT IDENTIFIER is larger than Go reads (31 bits) or than the limit (128 bits). Fix: use an OID with smaller arcs. Source: Go cryptobyte `readBase128Int`. */
  ERR_DER_OID_ARC: "DerError";
  /** A NULL has contents. Fix: re-encode the object as DER. Source: X.690 8.8. */
  ERR_DER_NULL: "DerError";
  /** A UTCTime or GeneralizedTime is not in the form that RFC 5280 asks for, or names a moment that does not exist. Fix: issue the certificate again with `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. Source: RFC 5280 4.1.2.5, X.690 11.7. */
  ERR_DER_TIME: "DerError";
  /** A string has characters that its type does not allow, or is not valid UTF-8. Fix: issue the object again with UTF8String. Source: X.680 41, RFC 5280 4.1.2.4. */
  ERR_DER_STRING: "DerError";
  /** The elements of a SET OF are not in ascending order. Fix: re-encode the object as DER. Source: X.690 11.6. */
  ERR_DER_SET_ORDER: "DerError";

  // --- PEM ----------------------------------------------------------------------------------------------------
  /** No PEM block of the wanted kind is in the text. Fix: check the file; DER input must be given as bytes, not as text. Source: RFC 7468 2. */
  ERR_PEM_NO_BLOCK: "PemError";
  /** A block has a label that is not the wanted one. Fix: pass the right file, or convert it (`NEW CERTIFICATE REQUEST`, `TRUSTED CERTIFICATE`). Source: RFC 7468 2, 4. */
  ERR_PEM_LABEL: "PemError";
  /** A block begins but has no matching end line. Fix: fetch the whole file again. Source: RFC 7468 2. */
  ERR_PEM_BOUNDARY: "PemError";
  /** The base64 text has a character outside of the alphabet, wrong padding, or spare bits that are not zero. Fix: write the file again; it was edited or cut. Source: RFC 4648 3.3, 3.5. */
  ERR_PEM_BASE64: "PemError";
  /** A block has RFC 1421 headers, which certificates must not have. Fix: remove the header lines; a `Proc-Type` header means an encrypted key. Source: RFC 7468 2. */
  ERR_PEM_HEADERS: "PemError";
  /** The text is longer, or has more blocks, than the limit. Fix: raise `maxCharacters` or `maxBlocks` if you trust the source. Source: limits in docs/strictness.md. */
  ERR_PEM_SIZE: "PemError";
  /** There is more than one block where exactly one is wanted. Fix: use the function for bundles, or pass one block. Source: RFC 7468 2. */
  ERR_PEM_MULTIPLE: "PemError";

  // --- certificates: DER, but not what RFC 5280 and Go allow ---------------------------------------------------
  /** The version is none of v1, v2, v3. Fix: issue the certificate again as v3. Source: RFC 5280 4.1.2.1. */
  ERR_CERTIFICATE_VERSION: "CertificateError";
  /** A certificate that is not v3 has extensions, or a v1 certificate has unique identifiers. Fix: issue the certificate again as v3. Source: RFC 5280 4.1.2.1, 4.1.2.8, 4.1.2.9. */
  ERR_CERTIFICATE_VERSION_FIELDS: "CertificateError";
  /** The serial number is negative or longer than 20 octets. Fix: issue the certificate again with a positive serial number. Source: RFC 5280 4.1.2.2, Go `x509negativeserial`. */
  ERR_CERTIFICATE_SERIAL_NUMBER: "CertificateError";
  /** The signature algorithm inside the signed part differs from the one beside the signature. Fix: none, the certificate is broken or was tampered with. Source: RFC 5280 4.1.1.2. */
  ERR_CERTIFICATE_SIGNATURE_ALGORITHM: "CertificateError";
  /** A name attribute has a value that is no string type Go reads. Fix: issue the certificate again with UTF8String or PrintableString. Source: Go crypto/x509 `parseASN1String`. */
  ERR_CERTIFICATE_NAME_VALUE: "CertificateError";
  /** A name has more attributes, or a longer value, than the limit, or an RDN without any attribute. Fix: raise the limit if you trust the source. Source: limits in docs/strictness.md, RFC 5280 4.1.2.4. */
  ERR_CERTIFICATE_NAME: "CertificateError";
  /** The public key does not fit its algorithm: wrong parameters, curve, length or encoding. Fix: make a new key of a supported kind. Source: RFC 3279 2.3, RFC 5480, RFC 8410, Go `parsePublicKey`. */
  ERR_CERTIFICATE_PUBLIC_KEY: "CertificateError";
  /** The same extension stands in the certificate twice. Fix: issue the certificate again. Source: RFC 5280 4.2. */
  ERR_CERTIFICATE_DUPLICATE_EXTENSION: "CertificateError";
  /** An extension is critical that must not be, or the other way round where Go insists. Fix: issue the certificate again. Source: RFC 5280 4.2.1.1, 4.2.1.2, 4.2.2.1, Go `processExtensions`. */
  ERR_CERTIFICATE_EXTENSION_CRITICALITY: "CertificateError";
  /** The value of an extension is DER, but not what its definition allows. Fix: issue the certificate again. Source: RFC 5280 4.2. */
  ERR_CERTIFICATE_EXTENSION: "CertificateError";
  /** A subject alternative name has a form that Go refuses: a wrong address length, a URI that does not parse. Fix: issue the certificate again. Source: RFC 5280 4.2.1.6, Go `parseSANExtension`. */
  ERR_CERTIFICATE_GENERAL_NAME: "CertificateError";
  /** A name constraint is malformed: a mask that is not contiguous, a name that is none. Fix: issue the CA certificate again. Source: RFC 5280 4.2.1.10, Go `parseNameConstraintsExtension`. */
  ERR_CERTIFICATE_NAME_CONSTRAINTS: "CertificateError";

  // --- identities -----------------------------------------------------------------------------------------------
  /** The subject has more than one common name; readers differ in which they take. Fix: issue the certificate with one CN, or ask for `mode: "kubernetes"`, where the last counts. Source: Go pkix `FillFromRDNSequence`. */
  ERR_IDENTITY_MULTIPLE_COMMON_NAMES: "IdentityError";
  /** A user, group or uid has a control character (C0, DEL or C1), which logs and headers would interpret. Fix: issue the certificate with a plain name. Source: CVE-2009-2408, CWE-113. */
  ERR_IDENTITY_CONTROL_CHARACTER: "IdentityError";
  /** A user, group or uid has an invisible or direction-changing character, so that it looks like another. Fix: issue the certificate with a plain name, or pass `allowInvisible: true`. Source: CVE-2021-42574. */
  ERR_IDENTITY_INVISIBLE_CHARACTER: "IdentityError";
  /** The user or a group is one that stands for callers who were not authenticated. Fix: issue the certificate with another name. Source: Kubernetes `user.Anonymous`, `user.AllUnauthenticated`. */
  ERR_IDENTITY_UNAUTHENTICATED_NAME: "IdentityError";
  /** The subject has more than one UID attribute (1.3.6.1.4.1.57683.2). Fix: issue the certificate with at most one. Source: Kubernetes `parseUIDFromCert`. */
  ERR_IDENTITY_MULTIPLE_UIDS: "IdentityError";
  /** The UID attribute is there but empty. Fix: leave it out, or give it a value. Source: Kubernetes `parseUIDFromCert`. */
  ERR_IDENTITY_EMPTY_UID: "IdentityError";
  /** A group name is empty. Fix: issue the certificate without the empty O, or ask for `mode: "kubernetes"`, where it counts. Source: Kubernetes `CommonNameUserConversion`. */
  ERR_IDENTITY_EMPTY_GROUP: "IdentityError";
  /** There is no user name to write into a certificate. Fix: give `user`; an empty common name does not authenticate. Source: Kubernetes `CommonNameUserConversion`. */
  ERR_IDENTITY_NO_USER: "IdentityError";

  // --- SPIFFE: names of workloads -----------------------------------------------------------------------------
  /** The text is no SPIFFE ID, or none that may stand there. Fix: write `spiffe://<trust domain>/<path>` with a lower-case trust domain. Source: SPIFFE-ID 2. */
  ERR_SPIFFE_ID: "IdentityError";
  /** The certificate is no X.509-SVID of a workload. Fix: issue it with one SPIFFE ID as its only URI and with the usages of the standard. Source: SPIFFE X509-SVID 2 to 5. */
  ERR_SPIFFE_SVID: "IdentityError";
  /** The workload is of a trust domain that is not accepted, or a CA of another domain signed for it. Fix: federate with that domain by adding its bundle, if it is to be trusted. Source: SPIFFE Trust Domain and Bundle 5. */
  ERR_SPIFFE_TRUST_DOMAIN: "IdentityError";
  /** The text is no SPIFFE bundle. Fix: fetch the JSON of the bundle endpoint again. Source: SPIFFE Trust Domain and Bundle 4. */
  ERR_SPIFFE_BUNDLE: "IdentityError";

  // --- keys and signatures -------------------------------------------------------------------------------------
  /** The key is of a kind that is not used here: DSA, another curve, explicit curve parameters, X25519. Fix: make a key of a supported algorithm, such as ECDSA P-256. Source: RFC 5480 2.1.1, Go `parsePublicKey`, CVE-2020-0601. */
  ERR_KEY_UNSUPPORTED_ALGORITHM: "KeyError";
  /** The algorithm is known, but the WebCrypto of this runtime does not have it. Fix: use a newer runtime, or a key of another algorithm. Source: W3C Web Cryptography API, `NotSupportedError`. */
  ERR_KEY_UNSUPPORTED_BY_RUNTIME: "KeyError";
  /** The bytes are no key of their algorithm: a wrong length, a point off its curve, a number out of range. Fix: export the key again from where it was made. Source: RFC 5208, RFC 5915, RFC 8017, RFC 8410. */
  ERR_KEY_FORMAT: "KeyError";
  /** The key is too weak, or so large that using it stalls the reader. Fix: make an RSA key of 2048 to 8192 bits with exponent 65537, or an ECDSA key. Source: CVE-2023-29409, RFC 8017 3.1. */
  ERR_KEY_WEAK: "KeyError";
  /** Private key and public key, or key and certificate, do not belong together. Fix: find the key that the certificate was issued for. Source: Go `tls.X509KeyPair`. */
  ERR_KEY_MISMATCH: "KeyError";
  /** The private key is encrypted with a passphrase. Fix: decrypt it first. Source: RFC 5958 3, RFC 1421 4.6. */
  ERR_KEY_ENCRYPTED: "KeyError";
  /** The private key was made or read as not extractable. Fix: make or read it with `extractable: true` if it must be written. Source: W3C Web Cryptography API, `CryptoKey.extractable`. */
  ERR_KEY_NOT_EXTRACTABLE: "KeyError";
  /** The signature algorithm is unknown, insecure (MD5, SHA-1), oddly encoded, or not one of the key's. Fix: sign again with SHA-256 or better. Source: RFC 5280 4.1.1.2, Go `getSignatureAlgorithmFromAI`. */
  ERR_SIGNATURE_ALGORITHM: "KeyError";
  /** A signature value is not what its algorithm makes: a wrong length, or r or s out of range. Fix: an external signer must give ECDSA signatures as DER. Source: RFC 3279 2.2.3, RFC 8032 5.1.7. */
  ERR_SIGNATURE_FORMAT: "KeyError";

  // --- trust ------------------------------------------------------------------------------------------------------
  /** No path leads from the certificate to a trust anchor. Fix: add the issuing CA to the trust anchors, or send the missing intermediate. Source: RFC 5280 6.1, Go `UnknownAuthorityError`. */
  ERR_CHAIN_UNKNOWN_AUTHORITY: "ChainError";
  /** A certificate of the path is past its end. Fix: renew it. Source: RFC 5280 6.1.3 (a)(2), Go `isValid`. */
  ERR_CHAIN_EXPIRED: "ChainError";
  /** A certificate of the path is not valid yet. Fix: check the clock, or wait. Source: RFC 5280 6.1.3 (a)(2), Go `isValid`. */
  ERR_CHAIN_NOT_YET_VALID: "ChainError";
  /** An issuer may not sign certificates: no basic constraints with cA TRUE, a key usage without keyCertSign, or an intermediate before v3. Fix: issue from a CA certificate. Source: RFC 5280 6.1.4 (k), (n), Go `CheckSignatureFrom`. */
  ERR_CHAIN_NOT_A_CA: "ChainError";
  /** More intermediates stand below a CA than its path length allows; self-issued ones count. Fix: issue from a CA higher up. Source: RFC 5280 6.1.4 (l), (m), Go `TooManyIntermediates`. */
  ERR_CHAIN_PATH_LENGTH: "ChainError";
  /** A certificate of the path may not be used for this, CAs and trust anchors included. Fix: issue it again with the wanted extended key usage. Source: RFC 5280 4.2.1.12, Go `checkChainForKeyUsage`. */
  ERR_CHAIN_USAGE: "ChainError";
  /** A name is outside of what a CA above may certify. Fix: use another name or another CA. Source: RFC 5280 6.1.3 (b), (c), Go `checkChainConstraints`. */
  ERR_CHAIN_NAME_CONSTRAINTS: "ChainError";
  /** A policy is required and the certificates have none in common, or a mapping is invalid. Fix: issue the certificates under one policy. Source: RFC 9618, Go `policiesValid`. */
  ERR_CHAIN_POLICY: "ChainError";
  /** A certificate of the path has a critical extension that is not understood. Fix: issue it again without. Source: RFC 5280 6.1.4 (o), 6.1.5 (f), Go `UnhandledCriticalExtension`. */
  ERR_CHAIN_CRITICAL_EXTENSION: "ChainError";
  /** A signature does not hold: the issuer has the right name and another key, or the certificate was changed. Fix: trust the CA whose key signed it. Source: RFC 5280 6.1.3 (a)(1). */
  ERR_CHAIN_SIGNATURE: "ChainError";
  /** A signature was made with an algorithm that is unknown, insecure (MD5, SHA-1) or none of the issuer's key. Fix: issue the certificate again with SHA-256 or better. Source: Go `checkSignature`. */
  ERR_CHAIN_SIGNATURE_ALGORITHM: "ChainError";
  /** A key of the path is weak, malformed, of an unknown kind, or known to be in wrong hands. Fix: make a new key. Source: Go `parsePublicKey`, CVE-2020-0601. */
  ERR_CHAIN_KEY: "ChainError";
  /** Finding a path costs more than a verification may: 100 signature checks, 8 intermediates, 10,000 steps, 250,000 name comparisons. Fix: send only the certificates of the path. Source: Go `maxChainSignatureChecks`, CVE-2018-16875, CVE-2025-58187. */
  ERR_CHAIN_BUDGET: "ChainError";
  /** The certificate is not valid for the host that was asked for; browsers call it `NET::ERR_CERT_COMMON_NAME_INVALID`. Fix: connect by a name in the certificate, or issue it again with that name in `dnsNames`, that address in `ipAddresses`; the CN does not count. Source: RFC 9525 6, Go `VerifyHostname`. */
  ERR_SERVER_NAME_MISMATCH: "ChainError";

  // --- clusters ---------------------------------------------------------------------------------------------------
  /** An address, a service subnet or an endpoint of the cluster is malformed, or the subnet has no room for a service. Fix: correct the value; subnets read `10.96.0.0/12`, endpoints `host:port`. Source: kubeadm `GetAPIServerAltNames`. */
  ERR_CLUSTER_NETWORK: "ClusterError";
  /** The name of a service, namespace, pod or DNS domain is none that Kubernetes takes. Fix: use lower-case letters, digits and hyphens. Source: Kubernetes `IsDNS1123Label`, `IsDNS1123Subdomain`. */
  ERR_CLUSTER_NAME: "ClusterError";
  /** The configuration or the inventory of a cluster contradicts itself: no control-plane node, a lifetime of nothing, a CA that is not there. Fix: correct the field that the error names. Source: kubeadm `validation.go`. */
  ERR_CLUSTER_CONFIG: "ClusterError";

  // --- the API server ---------------------------------------------------------------------------------------------
  /** The API server refused a request, with an HTTP status. Fix: look at the status: 401 and 403 want other rights, 409 a newer object, 410 a new list. Source: Kubernetes API concepts, HTTP status codes. */
  ERR_API_STATUS: "ApiError";
  /** The answer is not JSON, or longer than an answer of an API server can be. Fix: check that the address is that of an API server. Source: etcd request limits. */
  ERR_API_ANSWER: "ApiError";

  // --- templates: nothing was signed ------------------------------------------------------------------------------
  /** A name cannot be encoded: an empty RDN, ill-formed Unicode, or a value that does not fit its string type. Fix: correct the value. Source: RFC 5280 4.1.2.4. */
  ERR_TEMPLATE_NAME: "TemplateError";
  /** The validity makes no sense: an invalid date, an end before the start, or outside of the issuer's. Fix: correct the dates, or renew the issuer. Source: RFC 5280 4.1.2.5, Kubernetes `policies.go`. */
  ERR_TEMPLATE_VALIDITY: "TemplateError";
  /** The serial number is not hex, zero, or longer than 20 octets. Fix: leave it out, so that one is drawn. Source: RFC 5280 4.1.2.2. */
  ERR_TEMPLATE_SERIAL_NUMBER: "TemplateError";
  /** Subject and alternative names are both empty, or a name has control characters, so that the certificate is about nobody. Fix: give a name. Source: RFC 5280 4.1.2.6, CWE-113. */
  ERR_TEMPLATE_SUBJECT: "TemplateError";
  /** An alternative name is malformed, or is an IP address where a DNS name is wanted. Fix: correct the name; addresses go into `ipAddresses`. Source: RFC 5280 4.2.1.6, RFC 9525. */
  ERR_TEMPLATE_ALTERNATIVE_NAME: "TemplateError";
  /** The name would have privileges in Kubernetes: it starts with `system:`, or is one of kubeadm's administrators. Fix: pass `allowPrivileged: true` if that is what you want. Source: Kubernetes RBAC default roles. */
  ERR_TEMPLATE_PRIVILEGED_NAME: "TemplateError";
  /** An extension stands there twice, or says what contradicts the others. Fix: correct the template. Source: RFC 5280 4.2. */
  ERR_TEMPLATE_EXTENSION: "TemplateError";
  /** The issuer must not issue this: it is no CA, may not sign certificates, its path length is used up, or its key is another. Fix: use another issuer. Source: RFC 5280 4.2.1.3, 4.2.1.9. */
  ERR_TEMPLATE_ISSUER: "TemplateError";
  /** A name is outside of the name constraints of the issuer, so nobody would accept it. Fix: use another name or another issuer. Source: RFC 5280 4.2.1.10. */
  ERR_TEMPLATE_NAME_CONSTRAINTS: "TemplateError";
  /** The key is that of the issuer. Fix: make a key for each certificate. Source: CA practice, see docs/strictness.md. */
  ERR_TEMPLATE_KEY: "TemplateError";
  /** What came out is not what was asked for: the signer gave a wrong signature, or a wrong key. Nothing is returned. Fix: check the signer. Source: Go `CreateCertificate`, which checks its own signature too. */
  ERR_TEMPLATE_RESULT: "TemplateError";
}

/** The stable name of what went wrong; see `docs/errors.md` for cause and fix of each. */
export type ErrorCode = keyof ErrorCodes;

/** The codes that an error class reports. */
export type CodesOf<Name extends string> = {
  [Code in ErrorCode]: ErrorCodes[Code] extends Name ? Code : never;
}[ErrorCode];

/** Where it happened; every field is optional because not every error has a place. */
export interface ErrorPlace {
  /** Byte offset into the DER input. */
  readonly offset?: number;
  /** Path of the field, for example `tbsCertificate.subject[0]`. */
  readonly path?: string;
  /** Index of the certificate in a bundle or chain, from 0. */
  readonly certificateIndex?: number;
  /** Line in a text input, from 1. */
  readonly line?: number;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

const MAX_MESSAGE = 1024;

/**
 * Base class of every error that input can provoke.
 *
 * The message names what was found, what was expected and where. It holds no key material and is at most 1,024 characters long.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCertificate, PkiError } from "kubepki";
 *
 * try {
 *   parseCertificate(new Uint8Array([0x30, 0x80]));
 * } catch (error) {
 *   assert(error instanceof PkiError);
 *   assert.equal(error.code, "ERR_DER_LENGTH");
 * }
 * ```
 */
export abstract class PkiError extends Error {
  /** What happened, as a stable name. */
  declare readonly code: ErrorCode;
  /** Byte offset into the DER input, where there is one. */
  declare readonly offset?: number;
  /** Path of the field, for example `tbsCertificate.subject[0]`, where there is one. */
  declare readonly path?: string;
  /** Index of the certificate in a bundle or chain, where there is one. */
  declare readonly certificateIndex?: number;
  /** Line in a text input, from 1, where there is one. */
  declare readonly line?: number;

  /** Not for callers: errors are made where the fault is found. */
  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}) {
    super(shorten(message + describePlace(place)));
    Object.assign(this, { code }, place);
  }
}

function describePlace({ path, offset, line }: ErrorPlace): string {
  const parts = [];
  if (path) parts.push(path);
  if (offset !== undefined) parts.push(`offset ${offset}`);
  if (line !== undefined) parts.push(`line ${line}`);
  return parts.length ? ` (${parts.join(", ")})` : "";
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 3)}...` : message;
}

/** The bytes are not DER. Get the object again from its source, or have it encoded as DER. */
export class DerError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "DerError";
  /** Not for callers: the reader makes these. */
  constructor(code: CodesOf<"DerError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The text is not the PEM that was asked for. Check that the right file was given, whole. */
export class PemError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "PemError";
  /** Not for callers: the PEM reader makes these. */
  constructor(code: CodesOf<"PemError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The bytes are DER, but not a certificate that RFC 5280 and Kubernetes allow. Have it issued again. */
export class CertificateError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "CertificateError";
  /** Not for callers: the certificate reader makes these. */
  constructor(code: CodesOf<"CertificateError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The certificate is fine, but it names no one whom it is safe to let in. Refuse the caller. */
export class IdentityError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "IdentityError";
  /** Not for callers: {@link parseIdentity} makes these. */
  constructor(code: CodesOf<"IdentityError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The certificate is fine, but there is no reason to trust it for this purpose. Refuse the peer. */
export class ChainError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ChainError";
  /** Everything that stood against it, the most useful first; empty where there is but one thing to say. */
  declare readonly reasons: readonly ChainError[];
  /** What would make it work. */
  declare readonly fix?: string;
  /** Not for callers: the verifying functions make these. */
  constructor(code: CodesOf<"ChainError">, message: string, place: ChainErrorPlace = {}) {
    const details = { reasons: [], ...place };
    super(code, message, details);
  }
}

/** As {@link ErrorPlace}, with what else is known of a refusal; `certificateIndex` is 0 for the leaf. */
export interface ChainErrorPlace extends ErrorPlace {
  /** All reasons, the most useful first. */
  readonly reasons?: readonly ChainError[];
  /** What would make it work. */
  readonly fix?: string;
}

/** A key cannot be read, made or used here. Use a key of a supported kind, or a runtime that has the algorithm. */
export class KeyError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "KeyError";
  /** Not for callers: the key functions make these. */
  constructor(code: CodesOf<"KeyError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A template asks for a certificate that must not be issued. Change the template; nothing was signed. */
export class TemplateError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "TemplateError";
  /** Not for callers: the issuing functions make these. */
  constructor(code: CodesOf<"TemplateError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** Codes of faults that a reader of DER finds. */
export type InputCode = CodesOf<"DerError" | "CertificateError">;

/** The error for a fault in DER input; its class follows from the code. */
export function inputError(code: InputCode, message: string, place: ErrorPlace): PkiError {
  return code.startsWith("ERR_D")
    ? new DerError(code as CodesOf<"DerError">, message, place)
    : new CertificateError(code as CodesOf<"CertificateError">, message, place);
}

/** The description of the cluster makes no sense. Correct it; nothing was issued. */
export class ClusterError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ClusterError";
  /** Not for callers: the cluster functions make these. */
  constructor(code: CodesOf<"ClusterError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The API server refused or could not be understood. Look at the status; the controllers try again by themselves. */
export class ApiError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ApiError";
  /** HTTP status, where there was an answer with one. */
  declare readonly status?: number;
  /** Not for callers: the API client makes these. */
  constructor(code: CodesOf<"ApiError">, message: string, place: ErrorPlace & { status?: number } = {}) {
    super(code, message, place);
  }
}

/** What a `safeParse*` function returns: the value, or the error that its throwing twin would have thrown. */
export type SafeResult<T> =
  | {
      /** It worked. */
      readonly ok: true;
      /** What was parsed. */
      readonly value: T;
    }
  | {
      /** It did not work. */
      readonly ok: false;
      /** Why not. */
      readonly error: PkiError;
    };

/**
 * Runs a synchronous parser and returns its `PkiError` instead of throwing it.
 *
 * A stack trace costs many times a parse, and hostile input must not buy it: errors made here have none.
 */
export function safely<T>(parse: () => T): SafeResult<T> {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit");
  Reflect.set(Error, "stackTraceLimit", 0); // Reflect: with frozen intrinsics this does nothing instead of throwing
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof PkiError) return { ok: false, error };
    throw error;
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
