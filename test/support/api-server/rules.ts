/**
 * What kube-apiserver lets nobody write. The rules of objects are the library's own, which test/cluster compares with a real kube-apiserver; those of
 * metadata and the times of conditions are here.
 */
import { validateCertificateSigningRequest, validateRequestUpdate } from "kubepki";
import type { RequestCondition, RequestObject } from "kubepki/node";

/** An answer that is a `Status` of failure. */
export class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const refuse = (findings: readonly { readonly path: string; readonly message: string }[]): void => {
  if (findings.length > 0)
    throw new Refusal(422, findings.map(({ path, message }) => `${path}: ${message}`).join("; "));
};

export async function checkCreation(object: RequestObject): Promise<void> {
  // The name that the server makes of generateName is a good one.
  const { name = "generated" } = object.metadata;
  refuse(await validateCertificateSigningRequest({ ...object, metadata: { name } }));
}

/** The object as it is stored: only the subresource's part of it is the writer's. */
export async function checkUpdate(
  stored: RequestObject,
  written: RequestObject,
  subresource: string | undefined,
): Promise<RequestObject> {
  const { name, uid, resourceVersion } = written.metadata;
  if (name !== stored.metadata.name)
    throw new Refusal(400, "the name of the object is not the name on the URL");
  if (uid !== undefined && uid !== stored.metadata.uid) throw new Refusal(409, "Precondition failed: UID");
  if (resourceVersion !== stored.metadata.resourceVersion)
    throw new Refusal(409, "the object has been modified; please apply your changes to the latest version");
  if (subresource !== "approval" && subresource !== "status") throw new Refusal(405, "no such write");
  const next = { ...stored, status: written.status ?? {} };
  refuse(await validateRequestUpdate(next, stored, subresource));
  return { ...next, status: { ...next.status, ...dated(next, stored) } };
}

/** A time that is missing is now, or that of before where the condition has not changed its status. Source: `populateConditionTimestamps`. */
function dated(next: RequestObject, stored: RequestObject): { conditions?: RequestCondition[] } {
  const now = new Date().toISOString();
  const before = (condition: RequestCondition): string | undefined =>
    stored.status?.conditions?.find(
      ({ type, status }) => type === condition.type && status === condition.status,
    )?.lastTransitionTime;
  const conditions = next.status?.conditions?.map((condition) => ({
    ...condition,
    lastUpdateTime: condition.lastUpdateTime ?? now,
    lastTransitionTime: condition.lastTransitionTime ?? before(condition) ?? now,
  }));
  return conditions ? { conditions } : {};
}
