/** Held by `npm run typecheck`: the objects of a client library fit, and ours fit there. */
import type { CertificatesV1beta1Api, V1beta1PodCertificateRequest } from "@kubernetes/client-node";
import {
  podCertificateRequest,
  signPodCertificateRequest,
  validatePodCertificateRequest,
} from "../../src/index.ts";
import type { PodCertificateRequestOptions, SignPodCertificateOptions, StubProof } from "../../src/index.ts";

declare const api: CertificatesV1beta1Api;
declare const options: SignPodCertificateOptions;
declare const wishes: PodCertificateRequestOptions & { readonly key: StubProof };

export async function answer(object: V1beta1PodCertificateRequest): Promise<void> {
  await validatePodCertificateRequest(object);
  const status = await signPodCertificateRequest(object, options);
  const { name = "", namespace = "" } = object.metadata ?? {};
  await api.replaceNamespacedPodCertificateRequestStatus({ name, namespace, body: { ...object, status } });
}

export async function ask(): Promise<void> {
  const body = podCertificateRequest(wishes);
  await api.createNamespacedPodCertificateRequest({ namespace: body.metadata.namespace, body });
}
