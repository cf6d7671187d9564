import { matchesBytes, toHex } from "../bytes.ts";
import { contentStart, elementEnd } from "../der/skip.ts";
import { decodeString } from "../der/strings.ts";
import { SET } from "../der/tag.ts";
import type { PemOptions } from "../pem.ts";
import { sha256 } from "../sha256.ts";
import type { Certificate } from "../x509/certificate.ts";
import { CertificateLayout } from "../x509/certificate-layout.ts";
import type { ParseOptions } from "../x509/certificate-layout.ts";
import { toDer } from "../x509/input.ts";
import type { DerInput } from "../x509/input.ts";
import { nextInName } from "../x509/name.ts";
import { Slab } from "../x509/slab.ts";
import { checkCharacters, checkNames, failIdentity } from "./identity-rules.ts";

/** Key under which kube-apiserver puts the fingerprint of the client certificate into `extra` (Kubernetes 1.32 and later). */
export const CREDENTIAL_ID_KEY = "authentication.kubernetes.io/credential-id";

/** Who a client certificate says its holder is, in the words of Kubernetes' UserInfo. */
export class Identity {
  /** The user name: the subject's CN. Never empty. */
  readonly user: string;
  /** The groups: every O of the subject, in encoded order, with duplicates. `system:authenticated` is not among them, see {@link authenticatedGroups}. */
  readonly groups: readonly string[];
  /** The user's uid: the subject's attribute 1.3.6.1.4.1.57683.2, which Kubernetes reads since 1.33. */
  readonly uid: string | undefined;
  readonly #der: Uint8Array;

  /** Not for callers: use {@link parseIdentity}. */
  constructor(user: string, groups: readonly string[], uid: string | undefined, der: Uint8Array) {
    this.user = user;
    this.groups = groups;
    this.uid = uid;
    this.#der = der;
  }

  /** `authentication.kubernetes.io/credential-id: ["X509SHA256=<hex SHA-256 of the DER>"]`. Computed when asked for: a hash costs more than the parse. */
  get extra(): Readonly<Record<string, readonly string[]>> {
    return { [CREDENTIAL_ID_KEY]: [`X509SHA256=${toHex(sha256(this.#der))}`] };
  }

  /** The four fields as a plain object; `uid` only if there is one. */
  toJSON(): Record<string, unknown> {
    const { user, groups, uid, extra } = this;
    return uid === undefined ? { user, groups, extra } : { user, uid, groups, extra };
  }
}

/** How an identity is read; all fields have defaults. */
export interface IdentityOptions extends ParseOptions, PemOptions {
  /**
   * - `"safe"`, the default: what readers disagree on, or people cannot see, is refused with a code.
   * - `"kubernetes"`: exactly kube-apiserver's answer, for tools that predict it: the last CN counts, any character passes.
   */
  readonly mode?: "safe" | "kubernetes";
  /** Lets invisible and direction-changing characters pass in safe mode; false by default. */
  readonly allowInvisible?: boolean;
}

/** Contents of the attribute types 2.5.4.3 and 2.5.4.10 end in these octets after 55 04; 1.3.6.1.4.1.57683.2 has its own. */
const COMMON_NAME = 3;
const ORGANIZATION = 10;
const UID = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xc2, 0x53, 0x02];

/**
 * Reads whom a client certificate names, as kube-apiserver's x509 authenticator does. **It says nothing about trust**: no signature, issuer or
 * date is looked at. Behind a TLS server that has verified the chain it is the whole answer; elsewhere verify first.
 *
 * CN is the user, every O is a group, in encoded order and with duplicates; other attributes and all alternative names are ignored; nothing is
 * trimmed, folded or normalised. No CN, or an empty one, gives `undefined`: kube-apiserver has no opinion then and asks its next authenticator.
 *
 * The certificate is checked as by {@link parseCertificate}. In safe mode, two CNs, control, invisible and direction-changing
 * characters, empty groups, and the names of the unauthenticated are refused.
 *
 * Sources: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go` (`CommonNameUserConversion`, `parseUIDFromCert`),
 * Go `crypto/x509/pkix` `FillFromRDNSequence`.
 *
 * @param input PEM text with one CERTIFICATE block, DER bytes, `{ raw }` from `node:tls`, or a parsed {@link Certificate}
 * @throws IdentityError `ERR_IDENTITY_*`; PemError, DerError, CertificateError as {@link parseCertificate}; `TypeError` for another kind of input
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseIdentity } from "kubepki";
 *
 * const pem = `-----BEGIN CERTIFICATE-----
 * MIIBcTCCASOgAwIBAgIUYMLBfxrvRLvHQ6SxvgVdEOiQyAAwBQYDK2VwMCQxEzAR
 * BgNVBAoMCmRldmVsb3BlcnMxDTALBgNVBAMMBGphbmUwIBcNMjYxMTIzMjI1ODM3
 * WhgPMjEyNjEwMzAyMjU4MzdaMCQxEzARBgNVBAoMCmRldmVsb3BlcnMxDTALBgNV
 * BAMMBGphbmUwKjAFBgMrZXADIQA1CrppgeyM7+iS5XAi7hf8KHlAo0xuBsn+nL3/
 * k4FnxKNlMGMwHQYDVR0OBBYEFDgyCUPn1E8dxsbAoFzp1vX2r2jVMB8GA1UdIwQY
 * MBaAFDgyCUPn1E8dxsbAoFzp1vX2r2jVMAwGA1UdEwEB/wQCMAAwEwYDVR0lBAww
 * CgYIKwYBBQUHAwIwBQYDK2VwA0EA8s+QNmUpc2TD/L2Ukl3eODeNH9aGLlpoCPoN
 * k0UYAtoLrDrW32lr/4XCMxgaAaJwWWzEGbC9mwHAIX2J3V3FBQ==
 * -----END CERTIFICATE-----`;
 * const identity = parseIdentity(pem);
 * assert.equal(identity?.user, "jane");
 * assert.deepEqual(identity.groups, ["developers"]);
 * ```
 */
export function parseIdentity(
  input: Certificate | DerInput,
  options: IdentityOptions = {},
): Identity | undefined {
  const layout = layoutOf(input, options);
  const { bytes, subjectStart, keyStart } = layout;
  let user = "";
  let commonNames = 0;
  let plain = true;
  const uids: string[] = [];
  const groups: string[] = [];
  for (let at = contentStart(bytes, subjectStart); at < keyStart; at = nextInName(bytes, at)) {
    if (bytes[at] === SET) continue;
    const typeAt = contentStart(bytes, at);
    const valueAt = elementEnd(bytes, typeAt);
    const type = attributeKind(bytes, contentStart(bytes, typeAt), valueAt);
    if (type === 0) continue;
    const start = contentStart(bytes, valueAt);
    const end = elementEnd(bytes, valueAt);
    plain &&= isPlain(bytes, start, end);
    const value = decodeString(bytes, start, end, bytes[valueAt]!);
    if (type === COMMON_NAME) {
      user = value;
      commonNames++;
    } else if (type === ORGANIZATION) groups.push(value);
    else uids.push(value);
  }
  if (options.mode !== "kubernetes" && commonNames > 1) {
    failIdentity(
      "ERR_IDENTITY_MULTIPLE_COMMON_NAMES",
      `the subject has ${commonNames} common names, expected one`,
    );
  }
  if (user === "") return undefined;
  if (uids.length > 1)
    failIdentity("ERR_IDENTITY_MULTIPLE_UIDS", `the subject has ${uids.length} UIDs, expected at most one`);
  if (uids[0] === "") failIdentity("ERR_IDENTITY_EMPTY_UID", "the subject has an empty UID");
  const identity = new Identity(user, groups, uids[0], bytes);
  if (options.mode !== "kubernetes") {
    if (!plain) checkCharacters(identity, options.allowInvisible);
    checkNames(identity);
  }
  return identity;
}

function layoutOf(input: Certificate | DerInput, options: IdentityOptions): CertificateLayout {
  const layout: unknown = (input as Partial<Certificate>)?.layout;
  if (layout instanceof CertificateLayout) {
    // A certificate that was parsed with Kubernetes' tolerance is not safe by being handed on.
    if (options.mode !== "kubernetes" && layout.deviations[0] !== undefined) throw layout.deviations[0];
    return layout;
  }
  return new CertificateLayout(toDer(input as DerInput, "CERTIFICATE", options, copyOf), options);
}

/** For the copies that identities hold; none of them ever leaves this module. */
const slab = /* @__PURE__ */ new Slab();

function copyOf(bytes: Uint8Array): Uint8Array {
  return slab.copy(bytes);
}

/** Tells whether every octet is a visible character of ASCII or a space: what most names are made of has nothing hidden in it. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false;
  return true;
}

/** Which of the three attributes that count it is; 0 for any other. */
function attributeKind(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 3) {
    const arc = bytes[start] === 0x55 && bytes[start + 1] === 4 ? bytes[start + 2]! : 0;
    return arc === COMMON_NAME || arc === ORGANIZATION ? arc : 0;
  }
  return matchesBytes(bytes, start, end, UID) ? -1 : 0;
}
