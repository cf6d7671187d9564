/** What kubectl would refuse a kubeconfig for, all at once. */
import type { Finding } from "../../finding.ts";
import { isDns1123Label } from "../../x509/dns-name.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigExec, KubeconfigUser } from "./kubeconfig.ts";
import { readStructure } from "./structure.ts";

/** The codes of {@link validateKubeconfig}, each with its severity: for an error, kubectl refuses the file or the context. */
export interface KubeconfigFindings {
  /** A field is of another type than it must be, is no base64, or a name stands there twice: kubectl cannot read the file. */
  ERR_KUBECONFIG_FORMAT: "error";
  /** There is nothing in it. */
  FINDING_KUBECONFIG_EMPTY: "error";
  /** The current context is not among the contexts. */
  FINDING_KUBECONFIG_CURRENT_CONTEXT: "error";
  /** A context has no name, no user or no cluster, or names one that is not there. */
  FINDING_KUBECONFIG_CONTEXT: "error";
  /** The namespace of a context is no name of a namespace. */
  FINDING_KUBECONFIG_NAMESPACE: "error";
  /** A cluster has no server, or one that is no URL. */
  FINDING_KUBECONFIG_SERVER: "error";
  /** The proxy is no URL of http, https or socks5. */
  FINDING_KUBECONFIG_PROXY: "error";
  /** A file and embedded data are both given for the same thing. */
  FINDING_KUBECONFIG_FILE_AND_DATA: "error";
  /** CAs are given for a server whose certificate is not to be verified. */
  FINDING_KUBECONFIG_CA_AND_INSECURE: "error";
  /** A client certificate without its key. */
  FINDING_KUBECONFIG_NO_KEY: "error";
  /** An exec plugin without command, API version, name of a variable or interactive mode, or with one that there is not. */
  FINDING_KUBECONFIG_EXEC: "error";
  /** More than one way to log in. */
  FINDING_KUBECONFIG_METHODS: "error";
  /** Uid, groups or extra to act with, but no user to act as. */
  FINDING_KUBECONFIG_IMPERSONATION: "error";

  /** A field that Kubernetes does not have, perhaps misspelt; kubectl ignores it, and drops it when it writes the file. */
  FINDING_KUBECONFIG_UNKNOWN_FIELD: "warning";
  /** A client key without its certificate; kubectl ignores it, and nobody is logged in. */
  FINDING_KUBECONFIG_NO_CERTIFICATE: "warning";
  /** The server has no `https://` before it; kubectl takes it for https only if something else in the entry is about TLS. */
  FINDING_KUBECONFIG_NO_SCHEME: "warning";
  /** The server's certificate is not verified: everybody in between can read along and take over. */
  FINDING_KUBECONFIG_INSECURE: "warning";
  /** The server is called without TLS, so kubectl sends no credentials. */
  FINDING_KUBECONFIG_PLAIN_HTTP: "warning";
  /** A way to log in that Kubernetes does not have any more: passwords, and the auth providers of clouds. */
  FINDING_KUBECONFIG_REMOVED_METHOD: "warning";
}

/** The stable name of something that {@link validateKubeconfig} finds. */
export type KubeconfigFindingCode = keyof KubeconfigFindings;

/** What {@link validateKubeconfig} has to say. */
export interface KubeconfigFinding extends Finding {
  /** Stable name of the rule. */
  readonly code: KubeconfigFindingCode;
}

type Say = (code: KubeconfigFindingCode, path: string, message: string, fix?: string) => void;

const WARNINGS: ReadonlySet<KubeconfigFindingCode> = /* @__PURE__ */ new Set<KubeconfigFindingCode>([
  "FINDING_KUBECONFIG_UNKNOWN_FIELD",
  "FINDING_KUBECONFIG_NO_CERTIFICATE",
  "FINDING_KUBECONFIG_NO_SCHEME",
  "FINDING_KUBECONFIG_INSECURE",
  "FINDING_KUBECONFIG_PLAIN_HTTP",
  "FINDING_KUBECONFIG_REMOVED_METHOD",
]);

/**
 * Everything for which kubectl would refuse a kubeconfig or one of its contexts, and what is dangerous in it. Never throws; no secret is in the findings.
 *
 * Takes what {@link parseKubeconfig} takes. Files that it names are not looked at, nor certificates and keys: see {@link inspectKubeconfig}. Paths are those of the file, such as
 * `users[0].user.client-key-data`. {@link KubeconfigFindings} has all codes.
 *
 * Source: client-go `tools/clientcmd/validation.go` (`Validate`), `plugin/pkg/client/auth/exec/exec.go`, `transport/transport.go` (`TLSConfigFor`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { validateKubeconfig } from "kubepki";
 *
 * const findings = validateKubeconfig({ contexts: [{ name: "a", context: { cluster: "c", user: "" } }], "current-context": "b" });
 * assert.deepEqual(findings.map(({ path }) => path), ["current-context", "contexts[0].context.user", "contexts[0].context.cluster"]);
 * ```
 */
export function validateKubeconfig(input: unknown): KubeconfigFinding[] {
  const findings: KubeconfigFinding[] = [];
  const say: Say = (code, path, message, fix) => {
    const severity = WARNINGS.has(code) ? "warning" : "error";
    findings.push({ code, severity, path, message, ...(fix !== undefined && { fix }) });
  };
  const config = readStructure(input, (path, found, expected, isUnknownField) => {
    if (isUnknownField) say("FINDING_KUBECONFIG_UNKNOWN_FIELD", path, "Kubernetes has no such field here");
    else say("ERR_KUBECONFIG_FORMAT", path, `found ${found}, expected ${expected}`);
  });
  if (isEmpty(config)) {
    if (findings.length === 0) say("FINDING_KUBECONFIG_EMPTY", "", "there is nothing in the kubeconfig");
    return findings;
  }
  contextRules(config, say);
  config.users.forEach(({ user }, index) => userRules(user, `users[${index}].user`, say));
  config.clusters.forEach(({ cluster }, index) => clusterRules(cluster, `clusters[${index}].cluster`, say));
  return findings;
}

/** client-go `IsConfigEmpty`. */
function isEmpty(config: Kubeconfig): boolean {
  const { clusters, users, contexts, preferences, extensions = [] } = config;
  const lists = [clusters, users, contexts, extensions, preferences?.extensions ?? []];
  return (
    lists.every(({ length }) => length === 0) && config["current-context"] === "" && !preferences?.colors
  );
}

function contextRules(config: Kubeconfig, say: Say): void {
  const names = (list: readonly { readonly name: string }[]): Set<string> =>
    new Set(list.map(({ name }) => name));
  const [users, clusters, contexts] = [names(config.users), names(config.clusters), names(config.contexts)];
  const current = config["current-context"];
  if (current !== "" && !contexts.has(current))
    say("FINDING_KUBECONFIG_CURRENT_CONTEXT", "current-context", `there is no context ${quote(current)}`);
  config.contexts.forEach(({ name, context }, index) => {
    const path = `contexts[${index}]`;
    if (name === "") say("FINDING_KUBECONFIG_CONTEXT", `${path}.name`, "the context has no name");
    for (const [field, known] of [
      ["user", users],
      ["cluster", clusters],
    ] as const) {
      const wanted = context[field];
      if (known.has(wanted) && wanted !== "") continue;
      const message =
        wanted === "" ? `the context names no ${field}` : `there is no ${field} ${quote(wanted)}`;
      say("FINDING_KUBECONFIG_CONTEXT", `${path}.context.${field}`, message);
    }
    const { namespace = "" } = context;
    if (namespace !== "" && !isDns1123Label(namespace))
      say("FINDING_KUBECONFIG_NAMESPACE", `${path}.context.namespace`, `${quote(namespace)} is no namespace`);
  });
}

function clusterRules(cluster: KubeconfigCluster, path: string, say: Say): void {
  const { server, "proxy-url": proxy = "" } = cluster;
  if (server === "") say("FINDING_KUBECONFIG_SERVER", `${path}.server`, "the cluster has no server");
  else serverRules(server, path, say);
  if (proxy !== "" && !isUrl(proxy, ["http:", "https:", "socks5:"]))
    say("FINDING_KUBECONFIG_PROXY", `${path}.proxy-url`, "the proxy is no URL of http, https or socks5");
  const [file, data] = [cluster["certificate-authority"], cluster["certificate-authority-data"]];
  if (file && data) both("certificate-authority", path, say);
  if (!cluster["insecure-skip-tls-verify"]) return;
  const at = `${path}.insecure-skip-tls-verify`;
  if (file || data)
    say("FINDING_KUBECONFIG_CA_AND_INSECURE", at, "CAs are given, and the server is not to be verified");
  else
    say("FINDING_KUBECONFIG_INSECURE", at, "anybody can be this server", "give the CA of the server instead");
}

/** Source: client-go `rest/url_utils.go` (`DefaultServerURL`). */
function serverRules(server: string, path: string, say: Say): void {
  const at = `${path}.server`;
  if (!server.includes("://") && isUrl(`https://${server}`, ["https:"]))
    say("FINDING_KUBECONFIG_NO_SCHEME", at, "the server is no URL", `write https://${server.slice(0, 64)}`);
  else if (!isUrl(server, ["http:", "https:"]))
    say("FINDING_KUBECONFIG_SERVER", at, "the server is no URL of https", "write https://host:port");
  else if (server.startsWith("http:"))
    say("FINDING_KUBECONFIG_PLAIN_HTTP", at, "without TLS, no credentials are sent");
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

function userRules(user: KubeconfigUser, path: string, say: Say): void {
  pairRules(user, path, say);
  if (user.exec) execRules(user.exec, `${path}.exec`, say);
  if (user.exec && user["auth-provider"])
    say("FINDING_KUBECONFIG_METHODS", `${path}.auth-provider`, "there is an exec plugin as well");
  const basic = Boolean(user.username) || Boolean(user.password);
  if (user.token && basic)
    say("FINDING_KUBECONFIG_METHODS", path, "there are a token and a password, only one is allowed");
  if (basic)
    say("FINDING_KUBECONFIG_REMOVED_METHOD", path, "API servers take no passwords since Kubernetes 1.19");
  const provider = user["auth-provider"]?.name;
  if (provider === "gcp" || provider === "azure")
    say(
      "FINDING_KUBECONFIG_REMOVED_METHOD",
      `${path}.auth-provider`,
      `the auth provider ${provider} is gone since Kubernetes 1.26`,
      "use the exec plugin of that cloud",
    );
  const more = user["as-uid"] || user["as-groups"]?.length || Object.keys(user["as-user-extra"] ?? {}).length;
  if (more && !user.as)
    say("FINDING_KUBECONFIG_IMPERSONATION", path, "uid, groups or extra to act with, but no user to act as");
}

function pairRules(user: KubeconfigUser, path: string, say: Say): void {
  const given = (name: "client-certificate" | "client-key"): boolean => {
    const [file, data] = [user[name], user[`${name}-data`]];
    if (file && data) both(name, path, say);
    return Boolean(file) || Boolean(data);
  };
  const [certificate, key] = [given("client-certificate"), given("client-key")];
  if (certificate && !key)
    say("FINDING_KUBECONFIG_NO_KEY", path, "there is a client certificate without its key");
  if (key && !certificate)
    say("FINDING_KUBECONFIG_NO_CERTIFICATE", path, "there is a client key without its certificate");
}

function both(name: string, path: string, say: Say): void {
  const message = `${name} and ${name}-data are both given`;
  say("FINDING_KUBECONFIG_FILE_AND_DATA", `${path}.${name}`, message, "remove the one that is out of date");
}

const EXEC_GROUP = "client.authentication.k8s.io";

function execRules(exec: KubeconfigExec, path: string, say: Say): void {
  const { apiVersion, command, env = [], interactiveMode = "" } = exec;
  const fault = (field: string, message: string): void =>
    say("FINDING_KUBECONFIG_EXEC", `${path}.${field}`, message);
  if (command === "") fault("command", "the exec plugin has no command");
  if (apiVersion !== `${EXEC_GROUP}/v1` && apiVersion !== `${EXEC_GROUP}/v1beta1`)
    fault("apiVersion", `the API version is neither ${EXEC_GROUP}/v1 nor v1beta1`);
  env.forEach(({ name }, index) => {
    if (name === "") fault(`env[${index}].name`, "the variable has no name");
  });
  if (interactiveMode === "" && apiVersion !== `${EXEC_GROUP}/v1beta1`)
    fault("interactiveMode", "it must be Never, IfAvailable or Always");
  if (interactiveMode !== "" && !["Never", "IfAvailable", "Always"].includes(interactiveMode))
    fault("interactiveMode", `${quote(interactiveMode)} is not Never, IfAvailable or Always`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
