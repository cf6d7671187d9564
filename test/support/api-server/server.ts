/**
 * A small API server over HTTP: CertificateSigningRequests with their subresources, Leases and SubjectAccessReviews, with the conflict, list and watch
 * semantics of kube-apiserver, and faults on demand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Lease, NodeObject, PodCertificateObject, RequestCondition, RequestObject } from "kubepki/node";
import { podPath, PodCertificates } from "./pod-certificates.ts";
import { checkCreation, checkUpdate, Refusal } from "./rules.ts";

export interface Faults {
  /** Called before each request that is no watch; a number is answered as HTTP status instead of doing the work. */
  before?: (method: string, path: string) => number | undefined | Promise<number | undefined>;
  /** The same before each watch, with the version that it starts from; an answer that never comes is a server that has gone silent. */
  beforeWatch?: (version: number, url: URL) => number | undefined | Promise<number | undefined>;
  /** Each event is sent so many times. */
  copies?: number;
}

type Stored = RequestObject & { metadata: { name: string; uid: string; resourceVersion: string } };
interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}
type Watcher = (line: string) => void;
interface Watched {
  readonly response: ServerResponse;
  readonly bookmarks: boolean;
  /** Whether of the requests for pods. */
  readonly isPods: boolean;
}

const csrPath = /^\/apis\/certificates\.k8s\.io\/v1\/certificatesigningrequests(?:\/([^/]+)(?:\/(\w+))?)?$/;
const leasePath = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/;

export class ApiServer {
  readonly faults: Faults = {};
  readonly objects = new Map<string, Stored>();
  readonly leases = new Map<string, Lease>();
  readonly nodes = new Map<string, NodeObject>();
  readonly pods = new PodCertificates();
  /** Writes that were taken, as `PUT name/status`. */
  readonly writes: string[] = [];
  /** Lists and watches that were asked for, as `list`, `list NAME` (the page after that name) and `watch VERSION`. */
  readonly reads: string[] = [];
  readonly #watchers = new Map<Watcher, Watched>();
  readonly #log: { version: number; line: string; isPods: boolean }[] = [];
  #oldest = 0;
  #version = 0;
  #names = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  allow: (spec: unknown) => boolean = () => true;
  /** Who makes a request, by its Authorization header. */
  identify: (authorization: string) => Partial<RequestObject["spec"]> | undefined = () => undefined;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Cuts all watches. */
  dropWatches(): void {
    for (const { response } of this.#watchers.values()) response.destroy();
  }

  /** Ends all watches as the server does when their time is over. */
  endWatches(): void {
    for (const watcher of this.#watchers.keys()) this.#end(watcher);
  }

  #end(watcher: Watcher): void {
    this.#watchers.get(watcher)?.response.end();
    this.#watchers.delete(watcher);
  }

  /** Says something in all watches. */
  say(line: string): void {
    for (const watcher of this.#watchers.keys()) watcher(line);
  }

  /** Forgets the past: a watch from before is answered with 410. */
  compact(): void {
    this.#version++;
    this.#oldest = this.#version;
    this.#log.length = 0;
  }

  bookmark(): void {
    const object = {
      kind: "CertificateSigningRequest",
      metadata: { resourceVersion: String(++this.#version) },
    };
    for (const [watcher, { bookmarks }] of this.#watchers)
      if (bookmarks) watcher(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  get watches(): number {
    return this.#watchers.size;
  }

  create(object: {
    metadata: { name?: string; generateName?: string };
    spec: RequestObject["spec"];
  }): Stored {
    const { name = `${object.metadata.generateName}${(this.#names++).toString(36).padStart(5, "0")}` } =
      object.metadata;
    if (this.objects.has(name)) throw new Refusal(409, `certificatesigningrequests "${name}" already exists`);
    const metadata = { name, uid: `uid-${this.#version}`, creationTimestamp: new Date().toISOString() };
    return this.#store("ADDED", { ...object, metadata, status: {} });
  }

  /** As `kubectl certificate approve` or `deny`. */
  decide(name: string, type: "Approved" | "Denied"): void {
    const object = this.objects.get(name)!;
    const condition: RequestCondition = { type, status: "True", reason: "Test" };
    this.#store("MODIFIED", {
      ...object,
      status: { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] },
    });
  }

  #store(type: string, object: RequestObject): Stored {
    const resourceVersion = String(++this.#version);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } } as Stored;
    if (type === "DELETED") this.objects.delete(stored.metadata.name);
    else this.objects.set(stored.metadata.name, stored);
    this.#tell(type, stored, false);
    return stored;
  }

  /** As a kubelet makes it: `namespace/name` is the key. */
  createPod(object: PodCertificateObject): PodCertificateObject {
    return this.#storePod("ADDED", this.pods.made(object, `uid-${this.#version}`));
  }

  #storePod(type: string, object: PodCertificateObject): PodCertificateObject {
    const stored = this.pods.store(type, object, String(++this.#version));
    this.#tell(type, stored, true);
    return stored;
  }

  #tell(type: string, object: unknown, isPods: boolean): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#log.push({ version: this.#version, line, isPods });
    for (let copy = 0; copy < (this.faults.copies ?? 1); copy++)
      for (const [watcher, watched] of this.#watchers) if (watched.isPods === isPods) watcher(line);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://localhost");
    const method = request.method!;
    try {
      if (url.searchParams.get("watch") === "true") return await this.#watch(url, response);
      const status = await this.faults.before?.(method, url.pathname);
      if (status !== undefined) throw new Refusal(status, "injected");
      const chunks: Uint8Array[] = [];
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const answer = await this.#answer(method, url, this.#signed(method, url, body, request));
      response
        .writeHead(method === "POST" ? 201 : 200, { "content-type": "application/json" })
        .end(JSON.stringify(answer));
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 500;
      const message = (error as Error).message;
      response
        .writeHead(code, { "content-type": "application/json" })
        .end(JSON.stringify({ kind: "Status", code, message }));
    }
  }

  /** A request that is made says who makes it. */
  #signed(method: string, url: URL, body: unknown, { headers }: IncomingMessage): unknown {
    const caller = this.identify(headers.authorization ?? "");
    if (method !== "POST" || caller === undefined || !csrPath.test(url.pathname)) return body;
    const object = body as RequestObject;
    return { ...object, spec: { ...object.spec, ...caller } };
  }

  async #watch(url: URL, response: ServerResponse): Promise<void> {
    const from = Number(url.searchParams.get("resourceVersion"));
    this.reads.push(`watch ${from}`);
    const status = await this.faults.beforeWatch?.(from, url);
    if (status !== undefined) throw new Refusal(status, "injected");
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (from < this.#oldest) {
      const object = { kind: "Status", code: 410, message: "too old resource version", metadata: {} };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    const isPods = podPath.test(url.pathname);
    for (const event of this.#log)
      if (event.version > from && event.isPods === isPods) response.write(event.line);
    const watcher: Watcher = (line) => void response.write(line);
    const bookmarks = url.searchParams.get("allowWatchBookmarks") === "true";
    this.#watchers.set(watcher, { response, bookmarks, isPods });
    const seconds = Number(url.searchParams.get("timeoutSeconds") ?? 1800);
    const end = setTimeout(() => this.#end(watcher), 1000 * seconds);
    response.on("close", () => {
      clearTimeout(end);
      this.#watchers.delete(watcher);
    });
  }

  #answer(method: string, url: URL, body: unknown): unknown {
    const csr = csrPath.exec(url.pathname);
    if (csr) return this.#request(method, url, csr[1], csr[2], body as RequestObject & DeleteOptions);
    const pod = podPath.exec(url.pathname);
    if (pod) return this.#pod(method, url, pod, body as PodCertificateObject);
    const lease = leasePath.exec(url.pathname);
    if (lease) return this.#lease(method, lease[1]!, lease[2], body as Lease);
    if (url.pathname.endsWith("/subjectaccessreviews"))
      return { status: { allowed: this.allow((body as { spec: unknown }).spec) } };
    const node = this.nodes.get(url.pathname.replace("/api/v1/nodes/", ""));
    if (node && method === "GET") return node;
    throw new Refusal(404, "no such path");
  }

  async #request(
    method: string,
    url: URL,
    name: string | undefined,
    subresource: string | undefined,
    body: RequestObject & DeleteOptions,
  ): Promise<unknown> {
    if (name === undefined && method === "GET") return this.#list(url, this.objects);
    if (name === undefined) {
      await checkCreation(body);
      return this.create(body);
    }
    const old = this.objects.get(decodeURIComponent(name));
    if (!old) throw new Refusal(404, `certificatesigningrequests "${name}" not found`);
    if (method === "GET") return old;
    if (method === "DELETE") return this.#delete(old, body);
    const next = await checkUpdate(old, body, subresource);
    if (this.objects.get(old.metadata.name) !== old) throw new Refusal(409, "the object has been modified");
    this.writes.push(`${method} ${name}/${subresource}`);
    return this.#store("MODIFIED", next);
  }

  #pod(method: string, url: URL, match: RegExpExecArray, body: PodCertificateObject): unknown {
    const [, namespace, name, subresource] = match.map((part) => part && decodeURIComponent(part));
    if (name === undefined) return this.#list(url, this.pods.objects);
    const old = this.pods.read(`${namespace}/${name}`);
    if (method === "GET") return old;
    const next = this.pods.checked(old, body, subresource);
    this.writes.push(`${method} ${namespace}/${name}/${subresource}`);
    return this.#storePod("MODIFIED", next);
  }

  #delete(old: Stored, options: DeleteOptions): unknown {
    const { uid, resourceVersion } = options.preconditions ?? {};
    if ((uid ?? old.metadata.uid) !== old.metadata.uid) throw new Refusal(409, "Precondition failed: UID");
    if ((resourceVersion ?? old.metadata.resourceVersion) !== old.metadata.resourceVersion)
      throw new Refusal(409, "Precondition failed: resourceVersion");
    this.#store("DELETED", old);
    return { kind: "Status", status: "Success" };
  }

  /** All pages of a list are of the version of the first one, and cannot be had once that is forgotten. */
  #list(url: URL, objects: ReadonlyMap<string, unknown>): unknown {
    const token = url.searchParams.get("continue");
    const [version, after] = token
      ? (JSON.parse(token) as [number, string])
      : ([this.#version, undefined] as const);
    this.reads.push(`list ${after ?? ""}`.trim());
    if (version < this.#oldest) throw new Refusal(410, "The provided continue parameter is too old");
    const all = [...objects]
      .filter(([key]) => after === undefined || key > after)
      .toSorted(([left], [right]) => (left < right ? -1 : 1));
    const page = all.slice(0, Number(url.searchParams.get("limit") ?? all.length));
    const metadata = {
      resourceVersion: String(version),
      ...(page.length < all.length && { continue: JSON.stringify([version, page.at(-1)![0]]) }),
    };
    return { kind: "List", metadata, items: page.map(([, object]) => object) };
  }

  #lease(method: string, namespace: string, name: string | undefined, body: Lease | undefined): Lease {
    const key = `${namespace}/${name ?? body!.metadata.name}`;
    const old = this.leases.get(key);
    if (method === "POST" ? old : !old) throw new Refusal(old ? 409 : 404, `lease "${key}"`);
    if (method === "GET") return old!;
    if (body === undefined) throw new Refusal(405, "no such write");
    if (old && body.metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new Refusal(409, "conflict");
    const stored = { ...body, metadata: { ...body.metadata, resourceVersion: String(++this.#version) } };
    this.leases.set(key, stored);
    return stored;
  }
}
