/** Ten thousand requests through an approver and a signer in one process; each is gone when it is signed. Tells its parent the heap after so many. */
import { generateKeyPairSync } from "node:crypto";
import {
  ApiError,
  approvalQuestion,
  approveKubeletClient,
  caTemplate,
  certificateSigningRequest,
  createCertificateRequestSync,
  issueSelfSignedSync,
  KUBELET_CLIENT_SIGNER,
  kubeletClientTemplate,
  rememberRequests,
  signRequest,
} from "../../../src/index.ts";
import { keyObjectSigner, runApprover, runSigner, verifySignatureSync } from "../../../src/node/index.ts";
import type { CertificatesClient, RequestObject, WatchEvent } from "../../../src/node/index.ts";

const COUNT = 10_000;
const PENDING = 100;
const { signerName } = KUBELET_CLIENT_SIGNER;
const objects = new Map<string, RequestObject>();
const stop = new AbortController();
const watchers = new Set<(event: WatchEvent) => void>();
let version = 0;
let made = 0;
let signed = 0;

function put(type: string, object: RequestObject): RequestObject {
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
  if (type === "DELETED") objects.delete(stored.metadata.name!);
  else objects.set(stored.metadata.name!, stored);
  for (const watcher of watchers) watcher({ type, object: stored });
  return stored;
}

function makeOne(): void {
  const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const { pem } = createCertificateRequestSync(kubeletClientTemplate(`n${made}`), signer, {
    allowPrivileged: true,
  });
  const { spec } = certificateSigningRequest({
    pem,
    signerName,
    usages: ["digital signature", "client auth"],
  });
  const requester = { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] };
  put("ADDED", { metadata: { name: `csr-${made}`, uid: `uid-${made++}` }, spec: { ...spec, ...requester } });
}

const client = {
  list: async () => ({ metadata: { resourceVersion: String(version) }, items: [...objects.values()] }),
  async *watch(_version: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    let mine: WatchEvent[] = [];
    let wakeMine = (): void => undefined;
    watchers.add((event) => {
      mine.push(event);
      wakeMine();
    });
    signal.addEventListener("abort", () => wakeMine());
    while (!signal.aborted) {
      if (mine.length === 0) await new Promise<void>((resolve) => (wakeMine = resolve));
      const batch = mine;
      mine = [];
      yield* batch;
    }
  },
  async read(name: string) {
    const object = objects.get(name);
    if (object) return object;
    throw new ApiError("ERR_API_STATUS", "it is gone", { status: 404 });
  },
  replaceApproval: async (object: RequestObject) => put("MODIFIED", object),
  replaceStatus: async (object: RequestObject) => put("DELETED", object),
} as unknown as CertificatesClient;

const heap = (): number => {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const key = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "kubernetes" } }), key);
const readRequest = rememberRequests({ verifySignature: verifySignatureSync });
const options = { issuer: { certificate, signer: key }, policy: KUBELET_CLIENT_SIGNER, readRequest };
for (let i = 0; i < PENDING; i++) makeOne();
await Promise.all([
  runApprover(client, {
    signal: stop.signal,
    approve: async (object) =>
      approveKubeletClient(await approvalQuestion(object, { readRequest }), async () => true),
  }),
  runSigner(client, {
    signal: stop.signal,
    signers: [{ signerName, sign: (object) => signRequest(object, options) }],
    hooks: {
      onDone: () => {
        signed++;
        if (signed % 2000 === 0) process.send!({ signed, heap: heap() });
        if (signed === COUNT) stop.abort();
        if (made < COUNT) makeOne();
      },
    },
  }),
]);
process.disconnect();
