import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { ApiError } from "../../errors.ts";
import type {
  ApiObject,
  ClusterClient,
  Lease,
  NodeObject,
  PodCertificateObject,
  RequestObject,
  WatchEvent,
} from "./client.ts";
import { objectEndpoint } from "./object-endpoint.ts";
import { unlessAborted } from "./timing.ts";

/** Where the API server is, and how to log in: the same things that a kubeconfig says. */
export interface ClusterAccess {
  /** URL of the API server; `http:` only makes sense on loopback. */
  readonly server: string;
  /** PEM of the CAs that may have signed the server's certificate; absent = those of Node. */
  readonly ca?: string | Uint8Array;
  /** PEM of the client certificate. */
  readonly cert?: string | Uint8Array;
  /** PEM of its private key. */
  readonly key?: string | Uint8Array;
  /** Bearer token, or where to get it anew for each request (tokens of service accounts are replaced on disk). */
  readonly token?: string | (() => string | Promise<string>);
}

/** The part of `KubeConfig` of `@kubernetes/client-node` that is needed here. */
export interface KubeConfigLike {
  /** The cluster of the current context. */
  getCurrentCluster(): {
    /** Its URL. */
    readonly server: string;
  } | null;
  /** Fills in CA, client certificate and headers. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const podRequests = "podcertificaterequests";
const reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const leases = (namespace: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;

/** Longest answer that is read, and longest line of a watch: an object is at most 3 MiB (etcd 1.5 MiB), a page 500 of them. */
const MAX_ANSWER = 268_435_456;
const MAX_LINE = 8_388_608;
/** A request other than a watch may take so long; kube-apiserver itself gives up after 60 s. */
const TIMEOUT = 60_000;
/** The server is asked to end a watch after so many seconds. Source: client-go `Reflector` (`minWatchTimeout`). */
const WATCH_SECONDS = 300;
/** A connection that is silent for so many milliseconds is probed, so that one whose other end is gone does not last. */
const PROBE_AFTER = 30_000;

/** Adds what a connection needs to the options of its requests. */
export type Access = (options: RequestOptions) => Promise<void>;

/**
 * A client for the controllers, from what a kubeconfig says. TLS is always verified.
 *
 * @throws TypeError if the server is no URL of http or https
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect } from "kubepki/node";
 *
 * const client = connect({ server: "https://127.0.0.1:6443", token: "abc" });
 * assert.equal(typeof client.replaceStatus, "function");
 * ```
 */
export function connect(access: ClusterAccess): ClusterClient {
  const { ca, cert, key, token } = access;
  return httpClient(access.server, async (options) => {
    for (const [name, value] of Object.entries({ ca, cert, key }))
      if (value !== undefined)
        Object.assign(options, { [name]: typeof value === "string" ? value : Buffer.from(value) });
    const bearer = typeof token === "function" ? await token() : token;
    if (bearer !== undefined)
      options.headers = { ...options.headers, authorization: `Bearer ${bearer.trim()}` };
  });
}

/**
 * A client for the controllers, from a `KubeConfig` of `@kubernetes/client-node`, which is not imported here: whatever its login needs (files, exec plugins)
 * is asked of it for each request.
 *
 * @throws TypeError if the current context has no cluster
 *
 * @example
 * ```ts no-run
 * import { KubeConfig } from "@kubernetes/client-node";
 * import { clientFrom } from "kubepki/node";
 *
 * const config = new KubeConfig();
 * config.loadFromDefault();
 * const client = clientFrom(config);
 * ```
 */
export function clientFrom(config: KubeConfigLike): ClusterClient {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new TypeError("the kubeconfig's current context names no cluster");
  return httpClient(cluster.server, (options) => config.applyToHTTPSOptions(options));
}

function httpClient(server: string, access: Access): ClusterClient {
  if (!/^https?:\/\//i.test(server) || !URL.canParse(server))
    throw new TypeError(`the server ${JSON.stringify(server)} is no URL of http or https`);
  const root = server.replace(/\/$/, "");
  const json = async <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => {
    const timeout = AbortSignal.timeout(TIMEOUT);
    const response = await send(root + path, access, {
      method,
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return parseAnswer(await readAll(response)) as T;
  };
  const calls = { json, watch: watchOf(root, access) };
  const requestOf = (name: string): string => `${requests}/${encodeURIComponent(name)}`;
  const named = ({ metadata }: RequestObject): string => requestOf(metadata.name ?? "");
  const lease = (namespace: string, name: string): string =>
    `${leases(namespace)}/${encodeURIComponent(name)}`;
  return {
    ...objectEndpoint<RequestObject>(calls, requests, requestOf),
    create: (object, signal) => json("POST", requests, object, signal),
    replaceApproval: (object, signal) => json("PUT", `${named(object)}/approval`, object, signal),
    async remove(object, signal) {
      const { uid, resourceVersion } = object.metadata;
      const options = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid, resourceVersion } };
      await json("DELETE", named(object), options, signal);
    },
    async reviewAccess(spec, signal) {
      const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const { status } = await json<{ status?: { allowed?: boolean; denied?: boolean } }>(
        "POST",
        reviews,
        review,
        signal,
      );
      return status?.allowed === true && status.denied !== true;
    },
    readNode: (name, signal) =>
      json<NodeObject>("GET", `/api/v1/nodes/${encodeURIComponent(name)}`, undefined, signal),
    podCertificateRequests(version = "v1beta1") {
      const group = `/apis/certificates.k8s.io/${version}`;
      const pathOf = (key: string): string => {
        const [namespace = "", name = ""] = key.split("/").map(encodeURIComponent);
        return `${group}/namespaces/${namespace}/${podRequests}/${name}`;
      };
      return objectEndpoint<PodCertificateObject>(calls, `${group}/${podRequests}`, pathOf);
    },
    readLease: (namespace, name, signal) => json<Lease>("GET", lease(namespace, name), undefined, signal),
    createLease: (object, signal) =>
      json<Lease>("POST", leases(object.metadata.namespace ?? "default"), object, signal),
    replaceLease: (object, signal) =>
      json<Lease>(
        "PUT",
        lease(object.metadata.namespace ?? "default", object.metadata.name ?? ""),
        object,
        signal,
      ),
  };
}

/** Reads one JSON value over HTTP, of at most so many bytes. */
export async function getJson(
  url: string,
  access: Access,
  { signal, maxBytes }: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<unknown> {
  return parseAnswer(await readAll(await send(url, access, { method: "GET", signal }, maxBytes), maxBytes));
}

interface Sent {
  readonly method: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

async function send(
  url: string,
  access: Access,
  { method, body, signal }: Sent,
  maxBytes = MAX_ANSWER,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = { method, signal, headers: { accept: "application/json" } };
  await unlessAborted(access(options), signal); // a plugin that logs in may hang
  // Of a DELETE, Node says neither length nor chunks by itself, and servers take the body for the next request.
  if (text !== undefined)
    options.headers = {
      ...options.headers,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    };
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, options, resolve).on("error", reject);
    outgoing.setSocketKeepAlive(true, PROBE_AFTER);
    outgoing.end(text);
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  throw new ApiError(
    "ERR_API_STATUS",
    `${method} ${new URL(url).pathname}: ${await reasonOf(response, maxBytes)}`,
    {
      status,
    },
  );
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError("ERR_API_ANSWER", "the answer is not JSON, as an API server's would be", { cause });
  }
}

async function reasonOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const text = await readAll(response, maxBytes);
  const found = `the API server answered with status ${response.statusCode}`;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? `${found}: ${message}` : found;
  } catch {
    return found; // a proxy's page: nothing for people to read
  }
}

async function readAll(response: IncomingMessage, maxBytes = MAX_ANSWER): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes)
      throw new ApiError("ERR_API_ANSWER", `the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const watchOf = (root: string, access: Access) =>
  async function* watchLines<T extends ApiObject>(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion,
    });
    const response = await send(`${root}${path}?${query}`, access, { method: "GET", signal });
    response.setEncoding("utf8");
    let rest = "";
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE)
        throw new ApiError("ERR_API_ANSWER", `a line of the watch is longer than ${MAX_LINE} bytes`);
      for (const line of lines) if (line !== "") yield parseAnswer(line) as WatchEvent<T>;
    }
  };
