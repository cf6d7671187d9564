/** How a machine recognizes the cluster that it is to join. */
import { ApiError } from "../../errors.ts";
import type { KubeletError } from "../../errors.ts";
import { parseBootstrapToken } from "../../kubernetes/kubelet/bootstrap-token.ts";
import type { Access } from "../controllers/http-client.ts";
import { getJson } from "../controllers/http-client.ts";
import { systemTiming } from "../controllers/timing.ts";
import type { Timing } from "../controllers/timing.ts";
import { refused, verifyClusterInfo } from "./cluster-info.ts";
import type { DiscoveredCluster } from "./cluster-info.ts";

/** What a machine knows of the cluster that it is to join: the arguments of `kubeadm join`. */
export interface DiscoverClusterOptions {
  /** URL of an API server, `https://192.0.2.1:6443`. */
  readonly server: string;
  /** The bootstrap token. */
  readonly token: string;
  /** Pins of the cluster's CA, see `caPublicKeyPin`: at least one. */
  readonly caPins: readonly string[];
  /** How long to wait for a server that does not answer, or a signature that is not there yet, in seconds; 300 by default. */
  readonly timeoutSeconds?: number;
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** Clock and timers; default: this machine's. */
  readonly timing?: Timing;
}

/** A ConfigMap has at most 1 MiB of data; as JSON it can be twice as long. */
const MAX_BYTES = 4_194_304;
/** Between two looks, in milliseconds. Source: kubeadm `DiscoveryRetryInterval`. */
const INTERVAL = 5000;
/** One look may take so long, in milliseconds. */
const LOOK = 10_000;
const PATH = "/api/v1/namespaces/kube-public/configmaps/cluster-info";

/**
 * Finds out which CAs to trust of a cluster of which a machine knows a token and the pin of its CA, as `kubeadm join` does.
 *
 * The ConfigMap `cluster-info` is fetched without any trust in the server; its signature must be the token's, and the CA in it pinned. Then it is fetched again from a server that has a
 * certificate of that CA, and must say the same. The token is not sent. Without pins nothing is trusted: there is no `--discovery-token-unsafe-skip-ca-verification` here.
 *
 * Source: kubeadm `cmd/kubeadm/app/discovery/token/token.go` (`RetrieveValidatedConfigInfo`).
 *
 * @throws KubeletError `ERR_KUBELET_CLUSTER_INFO`, `ERR_KUBELET_CA_PIN`, `ERR_KUBELET_TOKEN`
 * @throws TypeError if the server is no URL of https; and the signal's reason if it aborts
 *
 * @example
 * ```ts no-run
 * import { connect, discoverCluster } from "kubepki/node";
 *
 * const token = "abcdef.0123456789abcdef";
 * const caPins = ["sha256:2f1bd5a3f0f3..."];
 * const { server, ca } = await discoverCluster({ server: "https://192.0.2.1:6443", token, caPins });
 * const client = connect({ server, ca, token });
 * console.log(typeof client.create);
 * ```
 */
export async function discoverCluster(options: DiscoverClusterOptions): Promise<DiscoveredCluster> {
  const { server, caPins } = options;
  const token = parseBootstrapToken(options.token);
  if (!URL.canParse(server) || new URL(server).protocol !== "https:")
    throw new TypeError(`the server ${JSON.stringify(server)} is no URL of https`);
  const url = new URL(PATH, server).href;
  const signature = `jws-kubeconfig-${token.id}`;
  const first = await fetchClusterInfo(url, { rejectUnauthorized: false }, signature, options);
  const cluster = verifyClusterInfo(first, token, caPins);
  const second = await fetchClusterInfo(url, { ca: cluster.ca }, signature, options);
  if (first["kubeconfig"] !== second["kubeconfig"])
    throw refused("the server of the pinned CA says something else than was heard at first");
  return cluster;
}

type Trust = { readonly rejectUnauthorized: false } | { readonly ca: string };

/** Asks until there is an answer with a signature: it comes a little later than the ConfigMap itself. */
async function fetchClusterInfo(
  url: string,
  trust: Trust,
  key: string,
  options: DiscoverClusterOptions,
): Promise<Readonly<Record<string, string>>> {
  const { timeoutSeconds = 300, signal = new AbortController().signal, timing = systemTiming } = options;
  const end = timing.now() + timeoutSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    const answer = await look(url, trust, signal).catch((error: unknown) => error);
    signal.throwIfAborted();
    if (!(answer instanceof Error) && Object.hasOwn(answer as object, key))
      return answer as Record<string, string>;
    if (timing.now() + INTERVAL > end) throw giveUp(answer, key, timeoutSeconds);
    await timing.sleep(INTERVAL, signal);
  }
}

async function look(url: string, trust: Trust, signal: AbortSignal): Promise<Record<string, string>> {
  // A connection of its own: none that was made without trust is used again.
  const access: Access = async (request) => void Object.assign(request, { agent: false, ...trust });
  const limits = { signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK)]), maxBytes: MAX_BYTES };
  const { data } = (await getJson(url, access, limits)) as { data?: unknown };
  const isText = (value: unknown): value is string => typeof value === "string";
  if (typeof data !== "object" || data === null || !Object.values(data).every(isText))
    throw new ApiError("ERR_API_ANSWER", "the answer is no ConfigMap");
  return data as Record<string, string>;
}

function giveUp(answer: unknown, key: string, seconds: number): KubeletError {
  const cause = answer instanceof Error ? answer : undefined;
  const why = cause
    ? `the last answer was: ${cause.message}`
    : `there is no ${key} in it; the token may be unknown or expired`;
  return refused(`nothing to go by within ${seconds} seconds; ${why}`, cause);
}
