/** What is measured of controllers: pending requests of kubelets through an approver and a signer, beside the signature checks and signatures that they take. */
import { strict as assert } from "node:assert";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { encodeBase64 } from "../src/base64.ts";
import { createCertificateRequestSync } from "../src/issue/certificate-request.ts";
import { issueSelfSignedSync } from "../src/issue/issue.ts";
import { caTemplate } from "../src/issue/template.ts";
import {
  approvalQuestion,
  approveKubeletClient,
  KUBELET_CLIENT_SIGNER,
  rememberRequests,
  signRequest,
} from "../src/kubernetes/csr/index.ts";
import { runApprover } from "../src/node/controllers/approver-controller.ts";
import type { CertificatesClient, RequestObject, WatchEvent } from "../src/node/controllers/client.ts";
import { runSigner } from "../src/node/controllers/signer-controller.ts";
import { keyObjectSigner, verifySignatureSync } from "../src/node/signer.ts";
import { parseCertificateRequestSync } from "../src/verify/certificate-request.ts";

const BOOTSTRAPPER = { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] };
const USAGES = ["digital signature", "client auth"];

function pending(count: number): RequestObject[] {
  return Array.from({ length: count }, (_, i) => {
    const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
    const subject = { commonName: `system:node:n${i}`, organizations: ["system:nodes"] };
    const { pem } = createCertificateRequestSync({ subject }, signer);
    const request = encodeBase64(new TextEncoder().encode(pem));
    const { signerName } = KUBELET_CLIENT_SIGNER;
    const spec = { request, signerName, usages: USAGES, ...BOOTSTRAPPER };
    return { metadata: { name: `csr-${i}`, uid: `uid-${i}`, resourceVersion: "0" }, spec };
  });
}

/** Objects in memory, which nobody changes once they are there: what is measured is the controllers, and no server. */
class Memory implements Pick<
  CertificatesClient,
  "list" | "watch" | "read" | "replaceApproval" | "replaceStatus"
> {
  readonly #objects: Map<string, RequestObject>;
  readonly #watchers = new Set<(event: WatchEvent) => void>();
  #version = 0;
  #next: Promise<void> | undefined;

  constructor(objects: readonly RequestObject[]) {
    this.#objects = new Map(objects.map((object) => [object.metadata.name!, object]));
  }

  /** Answers come on the next turn of the event loop, as over a network: no loop of a controller runs on while the others wait. */
  #turn(): Promise<void> {
    return (this.#next ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#next = undefined;
        resolve();
      }),
    ));
  }

  async list() {
    await this.#turn();
    return { metadata: { resourceVersion: String(this.#version) }, items: [...this.#objects.values()] };
  }

  async *watch(_: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const events: WatchEvent[] = [];
    let wake = (): void => undefined;
    const onEvent = (event: WatchEvent): void => {
      events.push(event);
      wake();
    };
    this.#watchers.add(onEvent);
    signal.addEventListener("abort", () => wake());
    while (!signal.aborted) {
      if (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      yield* events.splice(0);
    }
    this.#watchers.delete(onEvent);
  }

  async read(name: string) {
    await this.#turn();
    return this.#objects.get(name)!;
  }

  readonly replaceApproval = (object: RequestObject): Promise<RequestObject> => this.#write(object);
  readonly replaceStatus = (object: RequestObject): Promise<RequestObject> => this.#write(object);

  async #write(object: RequestObject): Promise<RequestObject> {
    await this.#turn();
    const written = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#objects.set(object.metadata.name!, written);
    for (const tell of this.#watchers) tell({ type: "MODIFIED", object: written });
    return written;
  }
}

const caKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

function controllers(count: number): () => Promise<void> {
  const objects = pending(count);
  const signer = keyObjectSigner(caKey());
  const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
  return async () => {
    const readRequest = rememberRequests({ verifySignature: verifySignatureSync });
    const options = { issuer: { certificate, signer }, policy: KUBELET_CLIENT_SIGNER, readRequest };
    const client = new Memory(objects) as unknown as CertificatesClient;
    const stop = new AbortController();
    let signed = 0;
    const onDone = (): void => {
      if (++signed === count) stop.abort();
    };
    const approving = runApprover(client, {
      signal: stop.signal,
      approve: async (object) =>
        approveKubeletClient(
          await approvalQuestion(object, { readRequest }),
          async (_, { subresource }) => subresource === "nodeclient",
        ),
    });
    const { signerName } = KUBELET_CLIENT_SIGNER;
    const signing = runSigner(client, {
      signal: stop.signal,
      signers: [{ signerName, sign: (object) => signRequest(object, options) }],
      hooks: { onDone },
    });
    await Promise.all([approving, signing]);
    assert.equal(signed, count);
  };
}

/** By name, as in tasks.ts. */
export const controlling: Record<string, () => (index: number) => unknown> = {
  "1,000 requests: a signature check and a signature each": () => {
    const key = caKey();
    const ready = pending(1000).map(({ spec }) => {
      const request = parseCertificateRequestSync(atob(spec.request), {
        verifySignature: verifySignatureSync,
      });
      const { subjectPublicKeyInfo, certificationRequestInfo, signature } = request;
      return {
        spki: Buffer.from(subjectPublicKeyInfo),
        data: certificationRequestInfo.slice(),
        signature: signature.slice(),
      };
    });
    return () => {
      for (const { spki, data, signature } of ready) {
        verify("sha256", data, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
        sign("sha256", data, key);
      }
    };
  },
  "1,000 pending requests, approved and signed by controllers": () => controllers(1000),
  "10,000 pending requests, approved and signed by controllers": () => controllers(10_000),
};
