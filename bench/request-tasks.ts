/** What is measured of requests: requests of kubelets, each with a key of its own, as they come to a signer. */
import { strict as assert } from "node:assert";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createCertificateRequestSync } from "../src/issue/certificate-request.ts";
import { KUBELET_CLIENT_SIGNER } from "../src/kubernetes/csr/index.ts";
import { keyObjectSigner, verifySignatureSync } from "../src/node/signer.ts";
import { parseCertificateRequestSync } from "../src/verify/certificate-request.ts";
import type { CertificateRequest } from "../src/x509/certificate-request.ts";

/** More than there are keys that a verifier remembers: a request's key is new to whoever gets it. */
const VARIETY = 1024;
const USAGES = ["digital signature", "client auth"];

function requests(): CertificateRequest[] {
  return Array.from({ length: VARIETY }, (_, i) => {
    const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    const subject = { commonName: `system:node:n${i}`, organizations: ["system:nodes"] };
    return createCertificateRequestSync({ subject }, signer).request;
  });
}

/** By name, as in tasks.ts. */
export const requesting: Record<string, () => (index: number) => unknown> = {
  "a request's signature check, key import included": () => {
    const ready = requests().map((request) => ({
      key: Buffer.from(request.subjectPublicKeyInfo),
      data: request.certificationRequestInfo.slice(),
      signature: request.signature.slice(),
    }));
    return (index) => {
      const { key, data, signature } = ready[index % VARIETY]!;
      return verify("sha256", data, createPublicKey({ key, format: "der", type: "spki" }), signature);
    };
  },
  "a request parsed, checked and held to the signer's rules": () => {
    const ready = requests().map(({ der }) => der.slice());
    const judge = (der: Uint8Array): unknown => {
      const request = parseCertificateRequestSync(der, { verifySignature: verifySignatureSync });
      return KUBELET_CLIENT_SIGNER.validate({ request, usages: USAGES });
    };
    assert.deepEqual(judge(ready[0]!), []);
    return (index) => judge(ready[index % VARIETY]!);
  },
};
