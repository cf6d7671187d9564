import { contentStart } from "../der/skip.ts";
import { SEQUENCE } from "../der/tag.ts";
import { DerWriter } from "../der/writer.ts";
import type { ErrorCode } from "../errors.ts";
import { issueSelfSigned } from "../issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../issue/template.ts";
import type { Validity } from "../issue/validity.ts";
import { ANONYMOUS_USER, GROUP_ATTRIBUTE, USER_ATTRIBUTE } from "../kubernetes/well-known.ts";
import { encodePem } from "../pem.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { attributeValues } from "../x509/name.ts";
import { encodeName } from "../x509/name-writer.ts";
import { testPki } from "./test-pki.ts";
import type { TestCertificate, TestPki } from "./test-pki.ts";

/** A client whom a server must not let in. */
export interface RefusedClient extends TestCertificate {
  /** Why, for the name of a test. */
  readonly title: string;
  /** The code with which `authenticate` refuses it; undefined if it answers that the certificate names nobody. */
  readonly code: ErrorCode | undefined;
  /**
   * True where TLS refuses the certificate too; false where the chain is good and only the name is not, so that a server which looks at `authorized`
   * alone lets it in.
   */
  readonly refusedByTls: boolean;
}

const DAY = 86_400_000;
const SUBJECT = { commonName: "jane", organizations: ["developers"] };

/**
 * Clients that say they are jane and must all be refused, each for one reason: a test of a server tries them one after the other. The list may grow.
 *
 * Some cannot be issued by `issueCertificate`, which refuses them too: they are made by hand and signed by the CA.
 *
 * @throws KeyError as {@link testPki}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticate } from "kubepki";
 * import { refusedClients, testPki } from "kubepki/testing";
 *
 * const pki = await testPki();
 * for (const { cert, code } of await refusedClients(pki)) {
 *   const answer = authenticate(cert, { trustAnchors: pki.ca, at: pki.at });
 *   if (code) await assert.rejects(answer, { code });
 *   else assert.equal(await answer, undefined);
 * }
 * ```
 */
export async function refusedClients(pki: TestPki): Promise<readonly RefusedClient[]> {
  return [...(await refusedByChain(pki)), ...(await refusedByName(pki))];
}

async function refusedByChain(pki: TestPki): Promise<RefusedClient[]> {
  const around = (from: number, to: number): Validity => ({
    notBefore: new Date(pki.at.getTime() + from * DAY),
    notAfter: new Date(pki.at.getTime() + to * DAY),
  });
  const [commonName = ""] = attributeValues(pki.authority.certificate.subject, USER_ATTRIBUTE);
  const other = await testPki({ at: pki.at, commonName });
  const validity = around(-1, 1);
  const client = (of: TestPki, when: Validity): Promise<TestCertificate> =>
    of.issue(clientTemplate({ subject: SUBJECT, validity: when }));
  const server = servingTemplate({ subject: SUBJECT, validity, dnsNames: ["jane.example.com"] });
  const rows: readonly [title: string, code: ErrorCode, certificate: TestCertificate][] = [
    ["a certificate that has expired", "ERR_CHAIN_EXPIRED", await client(pki, around(-2, -1))],
    ["a certificate of the future", "ERR_CHAIN_NOT_YET_VALID", await client(pki, around(1, 2))],
    ["a certificate of another CA of the same name", "ERR_CHAIN_SIGNATURE", await client(other, validity)],
    ["a certificate that its own key signed", "ERR_CHAIN_UNKNOWN_AUTHORITY", await selfSigned(pki, validity)],
    ["a certificate for servers alone", "ERR_CHAIN_USAGE", await pki.issue(server)],
  ];
  return rows.map(([title, code, made]) => ({ ...made, title, code, refusedByTls: true }));
}

async function selfSigned(pki: TestPki, validity: Validity): Promise<TestCertificate> {
  const made = await pki.client({ user: "jane" });
  const template = caTemplate({ subject: SUBJECT, validity, extendedKeyUsage: ["clientAuth"] });
  const { certificate } = await issueSelfSigned(template, made.privateKey.signer);
  return { ...made, certificate, cert: encodePem("CERTIFICATE", certificate.der) };
}

/** Subjects in which readers differ, or people do: common names and organizations. */
const NAMES: readonly [title: string, code: ErrorCode | undefined, users: string[], groups: string[]][] = [
  ["a subject without common name", undefined, [], ["developers"]],
  ["two common names", "ERR_IDENTITY_MULTIPLE_COMMON_NAMES", ["admin", "jane"], []],
  ["a line break in the user", "ERR_IDENTITY_CONTROL_CHARACTER", ["jane\nX-Remote-Group: admins"], []],
  ["a NUL in a group", "ERR_IDENTITY_CONTROL_CHARACTER", ["jane"], ["system:masters\0"]],
  ["an invisible character in the user", "ERR_IDENTITY_INVISIBLE_CHARACTER", ["ja\u200bne"], []],
  ["an empty group", "ERR_IDENTITY_EMPTY_GROUP", ["jane"], [""]],
  ["the user of the unauthenticated", "ERR_IDENTITY_UNAUTHENTICATED_NAME", [ANONYMOUS_USER], []],
];

async function refusedByName(pki: TestPki): Promise<RefusedClient[]> {
  const clients: RefusedClient[] = [];
  for (const [title, code, users, groups] of NAMES) {
    const rdns = [
      ...groups.map((value) => [{ type: GROUP_ATTRIBUTE, value }]),
      ...users.map((value) => [{ type: USER_ATTRIBUTE, value }]),
    ];
    const made = await withSubject(await pki.client({ user: "jane" }), encodeName(rdns), pki);
    clients.push({ ...made, title, code, refusedByTls: false });
  }
  return clients;
}

/** The same certificate for another subject, signed again; nobody looks at what it says. */
async function withSubject(
  made: TestCertificate,
  subject: Uint8Array,
  pki: TestPki,
): Promise<TestCertificate> {
  const { bytes, tbsStart, subjectStart, keyStart, tbsEnd } = made.certificate.layout;
  const { signer } = pki.authority;
  const tbs = sequence((writer) => {
    writer.raw(bytes.subarray(keyStart, tbsEnd));
    writer.raw(subject);
    writer.raw(bytes.subarray(contentStart(bytes, tbsStart), subjectStart));
  });
  const signature = await signer.sign(tbs);
  const der = sequence((writer) => {
    writer.bitString(signature);
    writer.raw(signer.signatureAlgorithm);
    writer.raw(tbs);
  });
  return { ...made, certificate: parseCertificate(der), cert: encodePem("CERTIFICATE", der) };
}

/** A SEQUENCE; its elements are written from the last to the first. */
function sequence(write: (writer: DerWriter) => void): Uint8Array {
  const writer = new DerWriter();
  const end = writer.mark();
  write(writer);
  writer.close(SEQUENCE, end);
  return writer.finish();
}
