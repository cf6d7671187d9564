/** The ConfigMap `cluster-info`: what a cluster says of itself to machines that know a bootstrap token. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "../../base64.ts";
import { KubeletError, PkiError } from "../../errors.ts";
import type { BootstrapToken } from "../../kubernetes/kubelet/bootstrap-token.ts";
import { formatBootstrapToken } from "../../kubernetes/kubelet/bootstrap-token.ts";
import { pinnedCertificates } from "../../kubernetes/kubelet/ca-pin.ts";
import { encodePem } from "../../pem.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { parseKubeconfigYaml } from "../kubeconfig/yaml.ts";

/** A cluster that was recognized. */
export interface DiscoveredCluster {
  /** URL of its API server, as the cluster itself gives it. */
  readonly server: string;
  /** Its CAs, those with a pinned key alone. */
  readonly certificates: readonly Certificate[];
  /** The same as PEM, for `connect` and `https.Agent`. */
  readonly ca: string;
}

/**
 * The signature by which a kubeconfig of `cluster-info` is recognized: the value of `jws-kubeconfig-<id>`, a JWS without its content (HS256, keyed with the token's secret).
 *
 * Source: Kubernetes `staging/src/k8s.io/cluster-bootstrap/token/jws/jws.go` (`ComputeDetachedSignature`), RFC 7515 appendix F.
 *
 * @throws KubeletError `ERR_KUBELET_TOKEN` if the token is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { signClusterInfo } from "kubepki/node";
 *
 * const jws = signClusterInfo("apiVersion: v1\nkind: Config\n", { id: "abcdef", secret: "0123456789abcdef" });
 * assert.match(jws, /^[\w-]+\.\.[\w-]{43}$/);
 * ```
 */
export function signClusterInfo(kubeconfig: string, token: BootstrapToken): string {
  formatBootstrapToken(token);
  return detachedJws(kubeconfig, token);
}

/** Header and signature; the header is written as go-jose writes it, for the two are compared as text. */
export function detachedJws(content: string, { id, secret }: BootstrapToken): string {
  const base64Url = (text: string): string => Buffer.from(text).toString("base64url");
  const header = base64Url(JSON.stringify({ alg: "HS256", kid: id }));
  const signature = createHmac("sha256", secret).update(`${header}.${base64Url(content)}`);
  return `${header}..${signature.digest("base64url")}`;
}

/**
 * Reads the data of the ConfigMap `kube-public/cluster-info`: checks the token's signature, and which of the CAs are pinned.
 *
 * The signature says that somebody wrote it who knows the token, and every machine that was to join does; the pin says which key is the cluster's. Nothing is returned without both.
 * Not checked: whether the server that sent it is the cluster's, see {@link discoverCluster}.
 *
 * Source: kubeadm `cmd/kubeadm/app/discovery/token/token.go` (`validateClusterInfoToken`, `validateClusterCA`).
 *
 * @throws KubeletError `ERR_KUBELET_CLUSTER_INFO`, `ERR_KUBELET_CA_PIN`, `ERR_KUBELET_TOKEN`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { caPublicKeyPin, caTemplate, generateKeyPair, issueSelfSigned, kubeconfig } from "kubepki";
 * import { encodeKubeconfigYaml, signClusterInfo, verifyClusterInfo } from "kubepki/node";
 *
 * const { signer } = await generateKeyPair("ECDSA-P256");
 * const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), signer);
 * const token = { id: "abcdef", secret: "0123456789abcdef" };
 * const config = await kubeconfig({ server: "https://192.0.2.1:6443", ca: [certificate], userName: "", credentials: { token: "" } });
 * const text = encodeKubeconfigYaml({ ...config, users: [], contexts: [], "current-context": "" });
 *
 * const data = { kubeconfig: text, "jws-kubeconfig-abcdef": signClusterInfo(text, token) };
 * assert.equal(verifyClusterInfo(data, token, [caPublicKeyPin(certificate)]).server, "https://192.0.2.1:6443");
 * ```
 */
export function verifyClusterInfo(
  data: Readonly<Record<string, string>>,
  token: BootstrapToken,
  pins: readonly string[],
): DiscoveredCluster {
  const kubeconfig = Object.hasOwn(data, "kubeconfig") ? data["kubeconfig"]! : "";
  if (kubeconfig === "")
    throw refused("it has no kubeconfig: the cluster is not set up for bootstrap tokens");
  const key = `jws-kubeconfig-${token.id}`;
  const jws = Object.hasOwn(data, key) ? data[key]! : "";
  if (jws === "")
    throw refused(`the token ${token.id} has not signed it: the cluster does not know it, or not any more`);
  if (!isSame(jws, signClusterInfo(kubeconfig, token)))
    throw refused(`the signature is not that of the token ${token.id}; do not trust this server`);
  const { server, certificates } = readCluster(kubeconfig);
  const pinned = pinnedCertificates(certificates, pins);
  return {
    server,
    certificates: pinned,
    ca: pinned.map(({ der }) => encodePem("CERTIFICATE", der)).join(""),
  };
}

function isSame(a: string, b: string): boolean {
  const [one, two] = [Buffer.from(a), Buffer.from(b)];
  return one.length === two.length && timingSafeEqual(one, two);
}

function readCluster(text: string): Pick<DiscoveredCluster, "server" | "certificates"> {
  try {
    const [first, second] = parseKubeconfigYaml(text).clusters;
    if (!first || second) throw refused("its kubeconfig must have one cluster");
    const { server, "certificate-authority-data": base64 = "" } = first.cluster;
    if (!URL.canParse(server) || new URL(server).protocol !== "https:")
      throw refused("the server in its kubeconfig is no URL of https");
    const bytes = decodeBase64(base64, false);
    if (!bytes) throw refused("the CAs in its kubeconfig are no base64");
    return { server, certificates: parseCertificates(new TextDecoder().decode(bytes)) };
  } catch (cause) {
    if (cause instanceof KubeletError || !(cause instanceof PkiError)) throw cause;
    throw refused(`its kubeconfig cannot be read: ${cause.message}`, cause);
  }
}

/** The error for a ConfigMap that is not to be believed. */
export function refused(why: string, cause?: unknown): KubeletError {
  return new KubeletError(
    "ERR_KUBELET_CLUSTER_INFO",
    `cluster-info: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
