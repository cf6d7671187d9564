/** What Go's kubelet signs is taken, for the pod that it is for. */
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  generateKeyPair,
  issueSelfSigned,
  parseCertificate,
  podCertificateRequest,
  signPodCertificateRequest,
  validatePodCertificateRequest,
} from "../../../src/index.ts";
import type { PodCertificateProof, PodCertificateRequest } from "../../../src/index.ts";
import vectors from "../../vectors/go-pod-proofs.json" with { type: "json" };

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const object = (key: PodCertificateProof, uid: string = vectors.podUID): PodCertificateRequest =>
  podCertificateRequest({
    namespace: "shop",
    pod: { name: "web-0", uid },
    serviceAccount: { name: "web", uid: "sa" },
    node: { name: "node-1", uid: "node" },
    signerName: "example.com/workloads",
    key,
  });
const ca = await generateKeyPair("ECDSA-P256");
const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), ca.signer);

describe.for(vectors.proofs)("a kubelet's key of $name", ({ key, proof, stub }) => {
  const signature = { subjectPublicKeyInfo: bytes(key), proofOfPossession: bytes(proof) };

  test("is proven by its signature, but not for another pod", async () => {
    expect(await validatePodCertificateRequest(object(signature))).toEqual([]);
    const [finding] = await validatePodCertificateRequest(object(signature, "another"));
    expect(finding).toMatchObject({
      code: "FINDING_POD_CERTIFICATE_PROOF",
      message: "could not verify proof-of-possession signature",
    });
  });

  test("is signed by either proof", async () => {
    for (const each of [signature, { stubRequest: bytes(stub) }]) {
      const status = await signPodCertificateRequest(object(each), {
        signerName: "example.com/workloads",
        issuer: { certificate, signer: ca.signer },
        template: ({ object: { spec } }) => clientTemplate({ subject: { commonName: spec.podName } }),
      });
      expect(status.conditions[0]?.type).toBe("Issued");
      expect(parseCertificate(status.certificateChain!).subjectPublicKeyInfo).toEqual(bytes(key));
    }
  });
});
