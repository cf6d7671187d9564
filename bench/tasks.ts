/** What is measured. Each task runs in a process that runs nothing else but, where it asks for one, its yardstick. */
import { strict as assert } from "node:assert";
import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { CertificateAuthority } from "../src/issue/authority.ts";
import {
  issueCertificate,
  issueCertificateSync,
  issueSelfSigned,
  issueSelfSignedSync,
} from "../src/issue/issue.ts";
import { caTemplate, clientTemplate } from "../src/issue/template.ts";
import { generateKeyPair } from "../src/keys/generate.ts";
import { parseIdentity } from "../src/kubernetes/identity.ts";
import { keyObjectSigner } from "../src/node/signer.ts";
import { parseCertificate, parseCertificates, safeParseCertificate } from "../src/x509/certificate.ts";
import type { Certificate } from "../src/x509/certificate.ts";
import { bundle, hostileCertificates, identityOf, toPem, withDnsNames, withGroups } from "./inputs.ts";
import { issuingByPkijs, peers } from "./peers.ts";
import { audits } from "./audit-tasks.ts";
import { controlling } from "./controller-tasks.ts";
import { requesting } from "./request-tasks.ts";
import { SIZES } from "./sizes.ts";
import { clusters } from "./cluster-tasks.ts";
import { connected } from "./socket-tasks.ts";
import { verifying } from "./verify-tasks.ts";

/** One call of what is measured; `index` counts up and picks one of many inputs. */
export type Run = (index: number) => unknown;

/** Makes a task ready for these certificates, and checks that it answers right. */
type Task = (certificates: readonly Uint8Array<ArrayBuffer>[]) => Run | Promise<Run>;

/** Every octet of a certificate, looked at once: the least that any parser must do. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total += bytes[i]!;
  return total;
}

/** Calls `read` with one input after the other. */
function each<T>(inputs: readonly T[], read: (input: T) => unknown): Run {
  return (index) => read(inputs[index % inputs.length]!);
}

/** As {@link each}, for whoever answers with a user and groups. */
function identities<T>(
  inputs: readonly T[],
  read: (input: T) => { readonly user?: string | undefined; readonly groups?: readonly string[] } | undefined,
): Run {
  inputs.forEach((input, index) => {
    const { user, groups } = identityOf(index);
    const answer = read(input);
    assert.equal(answer?.user ?? user, user);
    assert.deepEqual(answer?.groups ?? groups, groups);
  });
  return each(inputs, read);
}

/** Reads every value, so that nothing stays lazy. */
export function everything(certificate: Certificate): unknown {
  const { version, serialNumber, signatureAlgorithm, issuer, subject, notBefore, notAfter } = certificate;
  const { tbsCertificate, subjectPublicKeyInfo, extensions, signature } = certificate;
  return [version, serialNumber, signatureAlgorithm, issuer, subject, notBefore, notAfter].concat(
    [tbsCertificate, subjectPublicKeyInfo, signature] as never[],
    extensions.map((extension) => extension.id && extension.value) as never[],
  ).length;
}

const limits = { maxBytes: 16 << 20, maxNameAttributes: 20_000, maxCharacters: 64 << 20, maxBlocks: 20_000 };

/** The names that issued certificates get; each call another. */
function subjectOf(index: number): { commonName: string; organizations: string[] } {
  const { user, groups } = identityOf(index);
  return { commonName: user, organizations: groups };
}

/** A CA, and the public keys of those to whom it issues. */
function authority(certificates: readonly Uint8Array[]): {
  issuer: CertificateAuthority;
  key: KeyObject;
  keys: Uint8Array[];
} {
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const signer = keyObjectSigner(key);
  const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
  const keys = certificates.map((der) => parseCertificate(der).subjectPublicKeyInfo);
  return { issuer: { certificate, signer }, key, keys };
}

const own: Record<string, Task> = {
  ...clusters,
  ...connected,
  ...verifying,
  ...requesting,
  ...audits,
  ...controlling,
  "sum of the bytes": (certificates) => each(certificates, sum),
  "parseIdentity of DER": (certificates) => identities(certificates, (der) => parseIdentity(der)),
  "parseIdentity of PEM": (certificates) => identities(certificates.map(toPem), (pem) => parseIdentity(pem)),
  "parseIdentity of { raw }": (certificates) =>
    identities(
      certificates.map((der) => ({ raw: Buffer.from(der) })),
      (peer) => parseIdentity(peer),
    ),
  "parseIdentity of a parsed certificate": (certificates) =>
    identities(
      certificates.map((der) => parseCertificate(der)),
      (certificate) => parseIdentity(certificate),
    ),
  "safeParseCertificate of good input": (certificates) => {
    assert.ok(certificates.every((der) => safeParseCertificate(der).ok));
    return each(certificates, (der) => safeParseCertificate(der));
  },
  "safeParseCertificate of hostile input": (certificates) => {
    const hostile = hostileCertificates(certificates);
    assert.ok(hostile.every((der) => !safeParseCertificate(der).ok));
    return each(hostile, (der) => safeParseCertificate(der));
  },
  "crypto.sign alone": (certificates) => {
    const { key } = authority(certificates);
    const signed = certificates.map((der) => parseCertificate(der).tbsCertificate);
    return each(signed, (tbs) => sign("sha256", tbs, key));
  },
  "issueCertificateSync with a KeyObject": (certificates) => {
    const { issuer, keys } = authority(certificates);
    const issue = (index: number): Certificate =>
      issueCertificateSync(clientTemplate({ subject: subjectOf(index) }), {
        publicKey: keys[index % keys.length]!,
        issuer,
      }).certificate;
    assert.equal(parseIdentity(issue(7))?.user, identityOf(7).user);
    return issue;
  },
  "issueCertificate with a CryptoKey": async (certificates) => {
    const { keys } = authority(certificates);
    const { signer } = await generateKeyPair("ECDSA-P256");
    const { certificate } = await issueSelfSigned(
      caTemplate({ subject: { commonName: "kubernetes" } }),
      signer,
    );
    return (index) =>
      issueCertificate(clientTemplate({ subject: subjectOf(index) }), {
        publicKey: keys[index % keys.length]!,
        issuer: { certificate, signer },
      });
  },
  "issuing by pkijs 4": (certificates) =>
    issuingByPkijs(
      certificates.map((der) => parseCertificate(der).subjectPublicKeyInfo),
      subjectOf,
    ),
  parseCertificate: (certificates) => each(certificates, (der) => parseCertificate(der)),
  "parseCertificate and every value": (certificates) =>
    each(certificates, (der) => everything(parseCertificate(der))),
  ...growing("DNS names", withDnsNames, (der, count) => {
    assert.equal(parseCertificate(der, limits).dnsNames.length, count);
    return () => parseCertificate(der, limits).dnsNames;
  }),
  ...growing("groups", withGroups, (der, count) => {
    assert.equal(parseIdentity(der, limits)?.groups.length, count);
    return () => parseIdentity(der, limits);
  }),
  ...growing("certificates in a bundle", bundle, (pem, count) => {
    assert.equal(parseCertificates(pem, limits).length, count);
    return () => parseCertificates(pem, limits);
  }),
};

function growing<T>(
  what: string,
  make: (count: number) => T,
  run: (input: T, count: number) => Run,
): Record<string, Task> {
  return Object.fromEntries(SIZES.map((count) => [`${count} ${what}`, () => run(make(count), count)]));
}

/** Makes a task ready by its name: one of ours, or `identity` or `everything` of a peer. */
export async function prepare(name: string, certificates: readonly Uint8Array<ArrayBuffer>[]): Promise<Run> {
  const task = own[name];
  if (task) return task(certificates);
  const [, job, peer] = /^(identity|everything) by (.+)$/.exec(name) ?? [];
  const library = await peers[peer ?? ""]?.load();
  if (job === "identity" && library) return identities(certificates, library.identity);
  if (job === "everything" && library?.everything) return each(certificates, library.everything);
  throw new TypeError(`no task is called ${JSON.stringify(name)}`);
}
