/** Trust bundles of SPIFFE trust domains in their JSON form. */
import { decodeBase64, encodeBase64, encodeBase64Url } from "../../base64.ts";
import { DerReader } from "../../der/reader.ts";
import { INTEGER, SEQUENCE } from "../../der/tag.ts";
import { IdentityError, PkiError } from "../../errors.ts";
import { readPublicKey } from "../../keys/public-key.ts";
import type { PublicKeyParts } from "../../keys/public-key.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";

/** The CAs of one trust domain, with what the publisher says about the bundle. */
export interface SpiffeBundle {
  /** The CA certificates, in the order of the bundle. */
  readonly trustAnchors: readonly Certificate[];
  /** Grows with every change of the bundle. */
  readonly sequence?: number;
  /** How often to look for a change, in seconds. */
  readonly refreshHintSeconds?: number;
}

/** A bundle as JSON (RFC 7517 with the additions of SPIFFE). */
export interface SpiffeBundleDocument {
  /** The keys; those of SVIDs have `use: "x509-svid"` and one certificate in `x5c`. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  /** Grows with every change of the bundle. */
  readonly spiffe_sequence?: number;
  /** How often to look for a change, in seconds. */
  readonly spiffe_refresh_hint?: number;
}

/** As of PEM text, see docs/strictness.md. */
const MAX_CHARACTERS = 1_048_576;
const MAX_KEYS = 512;

/**
 * Reads the CAs of a trust domain out of its bundle: the JSON of a bundle endpoint, or what `JSON.parse` made of it.
 *
 * Keys of other uses, such as those of JWT-SVIDs, are passed over, as the standard demands. A key for X.509-SVIDs has exactly one certificate in
 * `x5c`, which must be a CA. The parameters of the key beside it (`kty`, `x`, ...) are not looked at: the certificate has them.
 * At most 1 MiB of text and 512 keys. A bundle may be empty: then nobody of the domain is trusted.
 *
 * Source: SPIFFE Trust Domain and Bundle sections 4.1 and 4.2, X509-SVID section 6.
 *
 * @throws IdentityError `ERR_SPIFFE_BUNDLE`, whose cause is the error of a certificate that does not parse
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseSpiffeBundle } from "kubepki";
 *
 * const { trustAnchors, sequence } = parseSpiffeBundle('{ "keys": [], "spiffe_sequence": 7 }');
 * assert.equal(trustAnchors.length, 0);
 * assert.equal(sequence, 7);
 * ```
 */
export function parseSpiffeBundle(input: string | SpiffeBundleDocument): SpiffeBundle {
  const document: unknown = typeof input === "string" ? parseJson(input) : input;
  if (!isObject(document)) return fail("the bundle is no JSON object");
  const { keys, spiffe_sequence: sequence, spiffe_refresh_hint: refreshHintSeconds } = document;
  if (!Array.isArray(keys)) return fail("`keys` is no list", "keys");
  if (keys.length > MAX_KEYS)
    return fail(`there are ${keys.length} keys, at most ${MAX_KEYS} are read`, "keys");
  const trustAnchors = keys.flatMap((key: unknown, index) => readKey(key, `keys[${index}]`));
  return {
    trustAnchors,
    ...count("spiffe_sequence", "sequence", sequence),
    ...count("spiffe_refresh_hint", "refreshHintSeconds", refreshHintSeconds),
  };
}

/**
 * Writes the CAs of a trust domain as a bundle, for `JSON.stringify`: one key of use `x509-svid` for each, with its public key as a JWK.
 *
 * The certificates are not checked to be CAs of the domain. RSA, ECDSA and Ed25519 keys have a JWK form.
 *
 * Source: SPIFFE Trust Domain and Bundle section 4, RFC 7517, RFC 7518 section 6, RFC 8037.
 *
 * @throws IdentityError `ERR_SPIFFE_BUNDLE` for a key of another algorithm
 * @throws KeyError if a key is not well formed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeSpiffeBundle, generateKeyPair, issueSelfSigned, parseSpiffeBundle, signingSvidTemplate } from "kubepki";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const template = signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "example.org" } });
 * const { certificate } = await issueSelfSigned(template, signer);
 * const json = JSON.stringify(encodeSpiffeBundle({ trustAnchors: [certificate], sequence: 1 }));
 * assert.deepEqual(parseSpiffeBundle(json).trustAnchors[0]?.der, certificate.der);
 * ```
 */
export function encodeSpiffeBundle(bundle: SpiffeBundle): SpiffeBundleDocument {
  const { trustAnchors, sequence, refreshHintSeconds } = bundle;
  return {
    keys: trustAnchors.map((certificate) => ({
      use: "x509-svid",
      ...jwkOf(readPublicKey(certificate.subjectPublicKeyInfo)),
      x5c: [encodeBase64(certificate.der)],
    })),
    ...(sequence !== undefined && { spiffe_sequence: sequence }),
    ...(refreshHintSeconds !== undefined && { spiffe_refresh_hint: refreshHintSeconds }),
  };
}

function parseJson(text: string): unknown {
  if (text.length > MAX_CHARACTERS)
    fail(`the bundle has ${text.length} characters, at most ${MAX_CHARACTERS} are read`);
  try {
    return JSON.parse(text);
  } catch {
    return fail("the bundle is no JSON");
  }
}

function readKey(key: unknown, path: string): Certificate[] {
  if (!isObject(key)) return fail("a key is no JSON object", path);
  const { use, x5c, kid } = key;
  if (use !== "x509-svid") return [];
  if (kid !== undefined) return fail("a key for X.509-SVIDs must not have a `kid`", path);
  if (!Array.isArray(x5c) || x5c.length !== 1 || typeof x5c[0] !== "string")
    return fail("a key for X.509-SVIDs must have exactly one certificate in `x5c`", path);
  const der = decodeBase64(x5c[0], true);
  if (!der) return fail("`x5c` is no base64", path);
  const certificate = readCertificate(der, path);
  if (!certificate.extensionValue("basicConstraints")?.ca) return fail("the certificate is no CA", path);
  return [certificate];
}

function readCertificate(der: Uint8Array, path: string): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause;
    const message = `the certificate does not parse: ${cause.message}`;
    throw new IdentityError("ERR_SPIFFE_BUNDLE", message, { path, cause });
  }
}

function count(
  field: string,
  name: "sequence" | "refreshHintSeconds",
  value: unknown,
): Partial<SpiffeBundle> {
  if (value === undefined) return {};
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    return fail(`\`${field}\` is no whole number`, field);
  return { [name]: value };
}

function jwkOf({ algorithm, publicKey }: PublicKeyParts): Readonly<Record<string, string>> {
  switch (algorithm.kind) {
    case "curve": {
      const middle = 1 + algorithm.size;
      const [x, y] = [publicKey.subarray(1, middle), publicKey.subarray(middle)].map(encodeBase64Url);
      return { kty: "EC", crv: algorithm.curve, x: x!, y: y! };
    }
    case "rsa":
      return rsaJwk(publicKey);
    default:
      if (algorithm.name === "Ed25519") return { kty: "OKP", crv: "Ed25519", x: encodeBase64Url(publicKey) };
      return fail(`a key of ${algorithm.name} has no JWK form here`);
  }
}

function rsaJwk(publicKey: Uint8Array): Readonly<Record<string, string>> {
  const reader = new DerReader(publicKey);
  reader.open(SEQUENCE, "");
  const [n, e] = ["modulus", "publicExponent"].map((label) => {
    reader.read(INTEGER, label);
    const octets = reader.contents();
    return encodeBase64Url(octets[0] === 0 ? octets.subarray(1) : octets);
  });
  return { kty: "RSA", n: n!, e: e! };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(message: string, path?: string): never {
  throw new IdentityError("ERR_SPIFFE_BUNDLE", message, path === undefined ? {} : { path });
}
