/** PodCertificateRequests as kube-apiserver keeps them: written through `/status`, once, and then never again. */
import type { PodCertificateObject } from "kubepki/node";
import { Refusal } from "./rules.ts";

/** Namespace, name and subresource; all of them, where there is no name. */
export const podPath =
  /^\/apis\/certificates\.k8s\.io\/v1(?:beta1|alpha1)?\/(?:namespaces\/([^/]+)\/)?podcertificaterequests(?:\/([^/]+)(?:\/(\w+))?)?$/;

const FINAL = ["Issued", "Denied", "Failed"];
const ISSUED = ["certificateChain", "notBefore", "beginRefreshAt", "notAfter"] as const;

export class PodCertificates {
  /** By `namespace/name`. */
  readonly objects = new Map<string, PodCertificateObject>();

  /** What the API server makes of an object that is created: a name, an identity, and no status. */
  made({ metadata, spec }: PodCertificateObject, uid: string): PodCertificateObject {
    const { namespace = "default", name = `req-${this.objects.size}` } = metadata;
    if (this.objects.has(`${namespace}/${name}`)) throw new Refusal(409, `${name} already exists`);
    const creationTimestamp = new Date().toISOString();
    return { metadata: { ...metadata, namespace, name, uid, creationTimestamp }, spec, status: {} };
  }

  store(type: string, object: PodCertificateObject, resourceVersion: string): PodCertificateObject {
    const { namespace, name } = object.metadata;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } };
    if (type === "DELETED") this.objects.delete(`${namespace}/${name}`);
    else this.objects.set(`${namespace}/${name}`, stored);
    return stored;
  }

  read(key: string): PodCertificateObject {
    const object = this.objects.get(key);
    if (!object) throw new Refusal(404, `podcertificaterequests "${key}" not found`);
    return object;
  }

  /** The stored object with the new status, if the server takes it. */
  checked(
    old: PodCertificateObject,
    next: PodCertificateObject,
    subresource: string | undefined,
  ): PodCertificateObject {
    if (next.metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new Refusal(409, "the object has been modified; please apply your changes to the latest version");
    if (JSON.stringify(next.spec) !== JSON.stringify(old.spec)) throw new Refusal(422, "field is immutable");
    if (subresource !== "status") return old;
    checkStatus(old.status ?? {}, next.status ?? {});
    return { ...old, status: next.status ?? {} };
  }
}

type Status = NonNullable<PodCertificateObject["status"]>;

function checkStatus(old: Status, next: Status): void {
  const refuse = (message: string): never => {
    throw new Refusal(422, message);
  };
  if (old.conditions?.length) refuse("immutable after PodCertificateRequest is issued, denied, or failed");
  const [condition, ...more] = next.conditions ?? [];
  if (condition === undefined || more.length > 0 || !FINAL.includes(condition.type))
    return refuse("there must be one of the conditions Issued, Denied, Failed");
  if (condition.status !== "True" || !condition.reason || !condition.lastTransitionTime)
    refuse("the condition must be True, with a reason and a time");
  const missing = ISSUED.filter((field) => next[field] === undefined);
  if (condition.type === "Issued" ? missing.length > 0 : missing.length < ISSUED.length)
    refuse("a chain and its times stand there if it was issued, and only then");
}
