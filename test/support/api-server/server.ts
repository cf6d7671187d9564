/**
 * A small API server over HTTP: CertificateSigningRequests with their subresources, Leases and SubjectAccessReviews, with the conflict, list and watch
 * semantics of kube-apiserver, and faults on demand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Lease, NodeObject, RequestCondition, RequestObject } from "kubepki/node";

export interface Faults {
  /** Called before each request that is no watch; a number is answered as HTTP status instead of doing the work. */
  before?: (method: string, path: string) => number | undefined | Promise<number | undefined>;
  /** Each event is sent so many times. */
  copies?: number;
}

type Stored = RequestObject & { metadata: { name: string; uid: string; resourceVersion: string } };
interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}
type Watcher = (line: string) => void;

class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const csrPath = /^\/apis\/certificates\.k8s\.io\/v1\/certificatesigningrequests(?:\/([^/]+)(?:\/(\w+))?)?$/;
const leasePath = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/;
const final = ["Approved", "Denied", "Failed"];

export class ApiServer {
  readonly faults: Faults = {};
  readonly objects = new Map<string, Stored>();
  readonly leases = new Map<string, Lease>();
  readonly nodes = new Map<string, NodeObject>();
  /** Writes that were taken, as `PUT name/status`. */
  readonly writes: string[] = [];
  readonly #watchers = new Map<Watcher, ServerResponse>();
  readonly #log: { version: number; line: string }[] = [];
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
    for (const response of this.#watchers.values()) response.destroy();
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
    for (const watcher of this.#watchers.keys()) watcher(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
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
    const line = `${JSON.stringify({ type, object: stored })}\n`;
    this.#log.push({ version: this.#version, line });
    for (let copy = 0; copy < (this.faults.copies ?? 1); copy++)
      for (const watcher of this.#watchers.keys()) watcher(line);
    return stored;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://localhost");
    const method = request.method!;
    try {
      if (url.searchParams.get("watch") === "true") return this.#watch(url, response);
      const status = await this.faults.before?.(method, url.pathname);
      if (status !== undefined) throw new Refusal(status, "injected");
      const chunks: Uint8Array[] = [];
      for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const answer = this.#answer(method, url, this.#signed(method, url, body, request));
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

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (from < this.#oldest) {
      const object = { kind: "Status", code: 410, message: "too old resource version", metadata: {} };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    for (const { version, line } of this.#log) if (version > from) response.write(line);
    const watcher: Watcher = (line) => void response.write(line);
    this.#watchers.set(watcher, response);
    response.on("close", () => this.#watchers.delete(watcher));
  }

  #answer(method: string, url: URL, body: unknown): unknown {
    const csr = csrPath.exec(url.pathname);
    if (csr) return this.#request(method, url, csr[1], csr[2], body as RequestObject & DeleteOptions);
    const lease = leasePath.exec(url.pathname);
    if (lease) return this.#lease(method, lease[2], body as Lease);
    if (url.pathname.endsWith("/subjectaccessreviews"))
      return { status: { allowed: this.allow((body as { spec: unknown }).spec) } };
    const node = this.nodes.get(url.pathname.replace("/api/v1/nodes/", ""));
    if (node && method === "GET") return node;
    throw new Refusal(404, "no such path");
  }

  #request(
    method: string,
    url: URL,
    name: string | undefined,
    subresource: string | undefined,
    body: RequestObject & DeleteOptions,
  ): unknown {
    if (name === undefined) return method === "POST" ? this.create(body) : this.#list(url);
    const old = this.objects.get(decodeURIComponent(name));
    if (!old) throw new Refusal(404, `certificatesigningrequests "${name}" not found`);
    if (method === "GET") return old;
    if (method === "DELETE") return this.#delete(old, body);
    if (body.metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new Refusal(409, "the object has been modified; please apply your changes to the latest version");
    checkUpdate(old, body, subresource);
    this.writes.push(`${method} ${name}/${subresource}`);
    return this.#store("MODIFIED", { ...old, status: body.status ?? {} });
  }

  #delete(old: Stored, options: DeleteOptions): unknown {
    const { uid, resourceVersion } = options.preconditions ?? {};
    if ((uid ?? old.metadata.uid) !== old.metadata.uid) throw new Refusal(409, "Precondition failed: UID");
    if ((resourceVersion ?? old.metadata.resourceVersion) !== old.metadata.resourceVersion)
      throw new Refusal(409, "Precondition failed: resourceVersion");
    this.#store("DELETED", old);
    return { kind: "Status", status: "Success" };
  }

  #list(url: URL): unknown {
    const after = url.searchParams.get("continue");
    const all = [...this.objects.values()]
      .filter(({ metadata }) => after === null || metadata.name > after)
      .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
    const page = all.slice(0, Number(url.searchParams.get("limit") ?? all.length));
    const metadata = {
      resourceVersion: String(this.#version),
      ...(page.length < all.length && { continue: page.at(-1)!.metadata.name }),
    };
    return { kind: "CertificateSigningRequestList", metadata, items: page };
  }

  #lease(method: string, name: string | undefined, body: Lease): Lease {
    const key = name ?? body.metadata.name!;
    const old = this.leases.get(key);
    if (method === "POST" ? old : !old) throw new Refusal(old ? 409 : 404, `lease "${key}"`);
    if (method === "GET") return old!;
    if (old && body.metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new Refusal(409, "conflict");
    const stored = { ...body, metadata: { ...body.metadata, resourceVersion: String(++this.#version) } };
    this.leases.set(key, stored);
    return stored;
  }
}

function checkUpdate(old: RequestObject, next: RequestObject, subresource: string | undefined): void {
  const conditions = (object: RequestObject, types: string[]): string =>
    JSON.stringify((object.status?.conditions ?? []).filter(({ type }) => types.includes(type)));
  const types = (next.status?.conditions ?? []).map(({ type }) => type);
  if (new Set(types).size !== types.length) throw new Refusal(422, "Duplicate value");
  if (types.includes("Approved") && types.includes("Denied"))
    throw new Refusal(422, "Approved and Denied conditions are mutually exclusive");
  for (const type of final)
    if (old.status?.conditions?.some((condition) => condition.type === type) && !types.includes(type))
      throw new Refusal(422, `updates may not remove a condition of type "${type}"`);
  if (subresource === "approval" && old.status?.certificate !== next.status?.certificate)
    throw new Refusal(422, "updates may not set certificate content");
  if (subresource !== "status") return;
  if (old.status?.certificate && old.status.certificate !== next.status?.certificate)
    throw new Refusal(422, "updates may not modify existing certificate content");
  const decided = ["Approved", "Denied"];
  if (conditions(old, decided) !== conditions(next, decided))
    throw new Refusal(422, "conditions of approval change only through /approval");
}
