/** A cluster in memory that signs what kubelets ask for, unless a test wants something else. */
import { ApiError, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER, signRequest } from "kubepki";
import type { CertificateAuthority, NewCertificateSigningRequest } from "kubepki";
import type { FastTiming } from "../../support/fast-timing.ts";
import type {
  CertificateManagerOptions,
  CertificatePair,
  CertificateStore,
  RequestingClient,
  RequestObject,
} from "kubepki/node";
import { authority } from "../../issue/fixtures.ts";

const policies = [KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER];

/** What becomes of a request: signed, left as it is, refused with a status by the API server, or whatever object the test makes of it. */
export type Fate =
  | "sign"
  | "wait"
  | number
  | ((object: RequestObject) => RequestObject | Promise<RequestObject>);

export class FakeCluster implements RequestingClient {
  readonly issuer: CertificateAuthority = authority({
    now: new Date(Date.now() - 86_400_000 * 7),
    lifetimeSeconds: 10 ** 8,
  });
  /** When each request came, and what it was. */
  readonly requests: { readonly at: number; readonly object: NewCertificateSigningRequest }[] = [];
  readonly objects = new Map<string, RequestObject>();
  readonly #timing: FastTiming;
  /** What becomes of the requests, in their order; the last one goes on for ever. */
  fates: Fate[] = ["sign"];
  /** Of what is signed; a day. */
  lifetimeSeconds = 86_400;

  constructor(timing: FastTiming) {
    this.#timing = timing;
  }

  async create(object: NewCertificateSigningRequest): Promise<RequestObject> {
    const fate = this.fates.length > 1 ? this.fates.shift()! : this.fates[0]!;
    this.requests.push({ at: this.#timing.now(), object });
    if (typeof fate === "number") throw new ApiError("ERR_API_STATUS", "injected", { status: fate });
    const name = `csr-${this.requests.length}`;
    const created = { ...object, metadata: { name, uid: `uid-${name}` } };
    this.objects.set(
      name,
      fate === "sign" ? await this.sign(created) : fate === "wait" ? created : await fate(created),
    );
    return created;
  }

  async read(name: string): Promise<RequestObject> {
    const object = this.objects.get(name);
    if (!object) throw new ApiError("ERR_API_STATUS", "not found", { status: 404 });
    return object;
  }

  async sign(object: RequestObject, at: number = this.#timing.now()): Promise<RequestObject> {
    const approved = { type: "Approved", status: "True" };
    const policy = policies.find(({ signerName }) => signerName === object.spec.signerName)!;
    const { lifetimeSeconds: expirationSeconds } = this;
    const signed = await signRequest(
      { ...object, spec: { ...object.spec, expirationSeconds }, status: { conditions: [approved] } },
      { issuer: this.issuer, policy, at },
    );
    if (!("certificate" in signed)) throw new Error(signed.message);
    return { ...object, status: { conditions: [approved], certificate: btoa(signed.certificate) } };
  }
}

/** Remembers every pair. */
export class MemoryStore implements CertificateStore {
  readonly pairs: CertificatePair[] = [];
  /** What `update` rejects with. */
  broken: Error | undefined;

  constructor(...pairs: CertificatePair[]) {
    this.pairs.push(...pairs);
  }

  async current(): Promise<CertificatePair | undefined> {
    return this.pairs.at(-1);
  }

  async update(pair: CertificatePair): Promise<void> {
    if (this.broken) throw this.broken;
    this.pairs.push(pair);
  }
}

/** Of a manager of the client certificate of `worker-1`. */
export const clientOptions = {
  signerName: "kubernetes.io/kube-apiserver-client-kubelet",
  usages: ["digital signature", "client auth"],
} satisfies Partial<CertificateManagerOptions>;
