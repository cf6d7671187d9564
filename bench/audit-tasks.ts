/** What is measured of audits: certificates of nodes as PEM, and the audit of all of them without signature checks. */
import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { auditClusterPki } from "../src/audit/audit.ts";
import { issueCertificateSync, issueSelfSignedSync } from "../src/issue/issue.ts";
import { caTemplate, clientTemplate } from "../src/issue/template.ts";
import { keyObjectSigner } from "../src/node/signer.ts";
import { encodePem } from "../src/pem.ts";
import { parseCertificates } from "../src/x509/certificate.ts";
import { everything } from "./tasks.ts";

const keyPair = () => keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);

function files(count: number): { readonly path: string; readonly text: string }[] {
  const signer = keyPair();
  const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
  const keys = Array.from({ length: 64 }, keyPair);
  const nodes = Array.from({ length: count }, (_, i) => {
    const subject = { commonName: `system:node:n${i}`, organizations: ["system:nodes"] };
    const options = {
      publicKey: keys[i % keys.length]!,
      issuer: { certificate, signer },
      allowPrivileged: true,
    };
    const issued = issueCertificateSync(clientTemplate({ subject }), options);
    return { path: `nodes/n${i}.crt`, text: encodePem("CERTIFICATE", issued.certificate.der) };
  });
  return [{ path: "pki/ca.crt", text: encodePem("CERTIFICATE", certificate.der) }, ...nodes];
}

const auditing = (count: number) => () => {
  const sources = files(count);
  return async () => {
    const { certificates } = await auditClusterPki(sources, { checkSignatures: false });
    assert.equal(certificates.length, count + 1);
  };
};

const parsing = (count: number) => () => {
  const sources = files(count);
  return () => sources.map(({ text }) => parseCertificates(text, { mode: "kubernetes" }));
};

/** By name, as in tasks.ts. */
export const audits: Record<string, () => (index: number) => unknown> = {
  "1,000 certificates of PEM, parsed": parsing(1000),
  "1,000 certificates, parsed with every value": () => {
    const sources = files(1000);
    return () => sources.map(({ text }) => parseCertificates(text, { mode: "kubernetes" }).map(everything));
  },
  "1,000 certificates, audited": auditing(1000),
  "1,000 certificates, audited and written as JSON": () => {
    const sources = files(1000);
    return async () => JSON.stringify(await auditClusterPki(sources, { checkSignatures: false })).length;
  },
  "10,000 certificates of PEM, parsed": parsing(10_000),
  "10,000 certificates, audited": auditing(10_000),
};
