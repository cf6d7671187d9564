/** What a cluster says about its front proxy: the ConfigMap `kube-system/extension-apiserver-authentication`, and the rules of kube-apiserver's flags. */
import type { Finding } from "../../finding.ts";
import { equalBytes } from "../../bytes.ts";
import type { SafeResult } from "../../errors.ts";
import { safeParseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { failHeader, lowerCase } from "./header-fields.ts";
import type { RequestHeaderNames } from "./request-header.ts";
import type { TrustedProxyCertificates } from "./trusted-peers.ts";

/** The flags `--requestheader-*` and `--client-ca-file` of kube-apiserver, as it publishes them. */
export interface RequestHeaderConfig extends RequestHeaderNames {
  /** PEM of the front proxy's CAs (`requestheader-client-ca-file`). */
  readonly requestHeaderCaBundle?: string;
  /** Common names that may speak for others (`requestheader-allowed-names`). Empty: every certificate of those CAs may. */
  readonly allowedNames: readonly string[];
  /** PEM of the CAs of ordinary clients (`client-ca-file`). */
  readonly clientCaBundle?: string;
}

/** Longest list of names that is read. */
const MAX_LIST_LENGTH = 65_536;

/**
 * Reads the `data` of the ConfigMap `extension-apiserver-authentication` in `kube-system`, from which an extension API server learns whom to believe.
 * What is missing is an empty list. Nothing is judged: see {@link validateRequestHeaderConfig}.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest/requestheader_controller.go`.
 *
 * @throws HeaderError `ERR_HEADER_CONFIG` if a list is no JSON array of texts
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRequestHeaderConfig } from "kubepki";
 *
 * const config = parseRequestHeaderConfig({
 *   "requestheader-username-headers": '["X-Remote-User"]',
 *   "requestheader-group-headers": '["X-Remote-Group"]',
 *   "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
 *   "requestheader-allowed-names": '["front-proxy-client"]',
 * });
 * assert.deepEqual(config.allowedNames, ["front-proxy-client"]);
 * ```
 */
export function parseRequestHeaderConfig(
  data: Readonly<Record<string, string | undefined>>,
): RequestHeaderConfig {
  const list = (key: string): readonly string[] => parseList(data[key] ?? "", key);
  const requestHeaderCaBundle = data["requestheader-client-ca-file"];
  const clientCaBundle = data["client-ca-file"];
  return {
    usernameHeaders: list("requestheader-username-headers"),
    uidHeaders: list("requestheader-uid-headers"),
    groupHeaders: list("requestheader-group-headers"),
    extraHeaderPrefixes: list("requestheader-extra-headers-prefix"),
    allowedNames: list("requestheader-allowed-names"),
    ...(requestHeaderCaBundle !== undefined && { requestHeaderCaBundle }),
    ...(clientCaBundle !== undefined && { clientCaBundle }),
  };
}

function parseList(json: string, key: string): readonly string[] {
  if (json === "") return [];
  const value = json.length <= MAX_LIST_LENGTH ? parseJson(json) : undefined;
  if (value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  return failHeader("ERR_HEADER_CONFIG", "expected a JSON array of texts", key);
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with the configuration of a front proxy, by the rules with which kube-apiserver starts or does not, and what they leave open.
 *
 * An error: kube-apiserver refuses it, or nobody could ever be authenticated by it. The most dangerous: no allowed names, and one of the CAs also
 * certifies ordinary clients, so that each of them may name itself anything (`FINDING_REQUEST_HEADER_ANY_CLIENT`). Certificates are compared whole, as
 * in Kubernetes; a CA certificate that was issued again for the same key is not found.
 *
 * Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/server/options/authentication.go` (`Validate`), `pkg/kubeapiserver/options/authentication.go`
 * (`certificatesOverlap`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { REQUEST_HEADER_NAMES, validateRequestHeaderConfig } from "kubepki";
 *
 * const findings = validateRequestHeaderConfig({ ...REQUEST_HEADER_NAMES, allowedNames: [" "] });
 * assert.deepEqual(findings.map(({ code }) => code), [
 *   "FINDING_REQUEST_HEADER_EMPTY_NAME",
 *   "FINDING_REQUEST_HEADER_NO_CA",
 * ]);
 * ```
 */
export function validateRequestHeaderConfig(config: RequestHeaderConfig): Finding[] {
  return [...nameFindings(config), ...bundleFindings(config), ...trustFindings(config)];
}

/** Lists of names, with the flag, the standard name, and whether kube-apiserver insists on it. */
const LISTS = [
  ["usernameHeaders", "--requestheader-username-headers", "X-Remote-User", false],
  ["uidHeaders", "--requestheader-uid-headers", "X-Remote-Uid", true],
  ["groupHeaders", "--requestheader-group-headers", "X-Remote-Group", false],
  ["extraHeaderPrefixes", "--requestheader-extra-headers-prefix", "X-Remote-Extra-", false],
  ["allowedNames", "--requestheader-allowed-names", undefined, false],
] as const;

function nameFindings(config: RequestHeaderConfig): Finding[] {
  const findings: Finding[] = [];
  for (const [path, flag, standard, insists] of LISTS) {
    const names = config[path];
    if (names.some((name) => name.trim() === ""))
      findings.push({
        code: "FINDING_REQUEST_HEADER_EMPTY_NAME",
        severity: "error",
        path,
        message: `${flag} has an empty name; kube-apiserver does not start with it`,
      });
    if (standard === undefined || names.length === 0) continue;
    if (names.some((name) => lowerCase(name) === lowerCase(standard))) continue;
    findings.push({
      code: "FINDING_REQUEST_HEADER_NOT_STANDARD",
      severity: insists ? "error" : "warning",
      path,
      message: `${flag} does not name ${standard}, which kube-apiserver sends: API aggregation will not work`,
      found: JSON.stringify(names.slice(0, 10)),
      expected: standard,
    });
  }
  if (config.usernameHeaders.length === 0)
    findings.push({
      code: "FINDING_REQUEST_HEADER_NO_USER",
      severity: "error",
      path: "usernameHeaders",
      message: "no header has the user name, so nobody is ever authenticated by headers",
      expected: "X-Remote-User",
    });
  return findings;
}

function trustFindings(config: RequestHeaderConfig): Finding[] {
  const { requestHeaderCaBundle, allowedNames } = config;
  if (!requestHeaderCaBundle)
    return [
      {
        code: "FINDING_REQUEST_HEADER_NO_CA",
        severity: "error",
        path: "requestHeaderCaBundle",
        message: "there is no CA for front proxies, so that none of them is believed",
      },
    ];
  if (allowedNames.length > 0) return [];
  const overlap = certificatesOverlap(config);
  return [
    {
      code: overlap ? "FINDING_REQUEST_HEADER_ANY_CLIENT" : "FINDING_REQUEST_HEADER_ANY_NAME",
      severity: overlap ? "error" : "warning",
      path: "allowedNames",
      message: overlap
        ? "a CA of front proxies also certifies ordinary clients, and every name may speak for others: every client may name itself anything"
        : "every certificate of the front proxies' CAs may speak for everybody",
      fix: "name the front proxies, as kubeadm does with front-proxy-client",
    },
  ];
}

const BUNDLES = ["requestHeaderCaBundle", "clientCaBundle"] as const;

function readBundle(config: RequestHeaderConfig, path: (typeof BUNDLES)[number]): SafeResult<Certificate[]> {
  const bundle = config[path];
  return bundle ? safeParseCertificates(bundle) : { ok: true, value: [] };
}

function bundleFindings(config: RequestHeaderConfig): Finding[] {
  return BUNDLES.flatMap((path) => {
    const result = readBundle(config, path);
    if (result.ok) return [];
    const message = `the bundle does not parse: ${result.error.message}`;
    return [{ code: "FINDING_REQUEST_HEADER_BUNDLE", severity: "error", path, message }];
  });
}

/** Whether a CA of front proxies is one of clients too. What does not parse is a finding of its own. */
function certificatesOverlap(config: RequestHeaderConfig): boolean {
  const proxies = readBundle(config, "requestHeaderCaBundle");
  const clients = readBundle(config, "clientCaBundle");
  if (!proxies.ok || !clients.ok) return false;
  return proxies.value.some((ca) => clients.value.some((other) => equalBytes(ca.der, other.der)));
}

/**
 * The statement of who may speak for others that a cluster's configuration makes.
 *
 * @throws HeaderError `ERR_HEADER_CONFIG` for the first error of {@link validateRequestHeaderConfig}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { REQUEST_HEADER_NAMES, trustedFrontProxies } from "kubepki";
 *
 * const config = { ...REQUEST_HEADER_NAMES, allowedNames: ["front-proxy-client"] };
 * assert.throws(() => trustedFrontProxies(config), { code: "ERR_HEADER_CONFIG" }); // whose certificate?
 * ```
 */
export function trustedFrontProxies(config: RequestHeaderConfig): TrustedProxyCertificates {
  const problem = validateRequestHeaderConfig(config).find(({ severity }) => severity === "error");
  if (problem) failHeader("ERR_HEADER_CONFIG", problem.message, problem.path);
  const [first, ...others] = config.allowedNames;
  return {
    trustAnchors: config.requestHeaderCaBundle!,
    allowedNames: first === undefined ? "any" : [first, ...others],
  };
}
