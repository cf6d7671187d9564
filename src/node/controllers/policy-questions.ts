/** What policies ask the API server. */
import { ApiError } from "../../errors.ts";
import type { AccessReview } from "../../kubernetes/csr/approval.ts";
import type { ServingNode } from "../../kubernetes/csr/approve-serving.ts";
import type { CertificatesClient } from "./client.ts";

/**
 * The `findNode` of a `KubeletServingPolicy`: a Node as the API server has it now, undefined if there is none. What a Node says of its addresses, its kubelet
 * has written.
 *
 * @throws ApiError from the function that is returned, for every answer but 200 and 404
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect, nodeFinder } from "kubepki/node";
 *
 * const findNode = nodeFinder(connect({ server: "https://127.0.0.1:6443", token: "abc" }));
 * assert.equal(typeof findNode, "function");
 * ```
 */
export function nodeFinder(
  client: Pick<CertificatesClient, "readNode">,
): (name: string) => Promise<ServingNode | undefined> {
  return async (name) => {
    try {
      const { metadata, status } = await client.readNode(name);
      return { name: metadata.name ?? "", addresses: status?.addresses ?? [] };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  };
}

/**
 * The SubjectAccessReviews of `approveKubeletClient`: the API server is asked whether the maker of a request may do something, with all that is known of the maker.
 *
 * @throws ApiError from the function that is returned, if the API server does not say
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { accessReviewer, connect } from "kubepki/node";
 *
 * const mayCreate = accessReviewer(connect({ server: "https://127.0.0.1:6443", token: "abc" }));
 * assert.equal(typeof mayCreate, "function");
 * ```
 */
export function accessReviewer(client: Pick<CertificatesClient, "reviewAccess">): AccessReview {
  return ({ username, groups, uid, extra }, attributes) =>
    client.reviewAccess({
      user: username,
      groups,
      ...(uid !== undefined && { uid }),
      ...(extra && { extra }),
      resourceAttributes: { ...attributes },
    });
}
