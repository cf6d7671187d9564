/** The Secret by which a cluster knows a bootstrap token. */
import { decodeBase64, encodeBase64 } from "../../base64.ts";
import type { Finding } from "../../finding.ts";
import { printable } from "../../x509/printable.ts";
import { authenticatedGroups } from "../authenticated-groups.ts";
import type { UserInfo } from "../authenticated-groups.ts";
import { BOOTSTRAPPERS_GROUP, BOOTSTRAP_USER_PREFIX } from "../well-known.ts";
import { formatBootstrapToken, parseBootstrapToken } from "./bootstrap-token.ts";
import type { BootstrapToken } from "./bootstrap-token.ts";

/** A Secret as it is read; the objects of client libraries fit. */
export interface BootstrapTokenSecret {
  /** Name, namespace, and whether it is about to go. */
  readonly metadata?: {
    /** `bootstrap-token-<id>`. */
    readonly name?: string;
    /** `kube-system`. */
    readonly namespace?: string;
    /** Set when it was deleted and still awaits its removal. */
    readonly deletionTimestamp?: string | Date;
  };
  /** `bootstrap.kubernetes.io/token`. */
  readonly type?: string;
  /** Base64 of each value. */
  readonly data?: Readonly<Record<string, string>>;
}

/** A Secret as {@link bootstrapTokenSecret} makes it: fits what client libraries take. */
export interface NewBootstrapTokenSecret {
  /** The group and version. */
  apiVersion: "v1";
  /** The kind. */
  kind: "Secret";
  /** Where it is. */
  metadata: {
    /** `bootstrap-token-<id>`. */
    name: string;
    /** `kube-system`. */
    namespace: string;
  };
  /** What the token controllers look for. */
  type: "bootstrap.kubernetes.io/token";
  /** Base64 of each value. */
  data: Record<string, string>;
}

/** What a token may be used for, and how long. */
export interface BootstrapTokenOptions {
  /** The token. */
  readonly token: BootstrapToken;
  /** From this moment it counts no more, and is removed. Kubeadm gives a day; without it, it counts until somebody deletes it. */
  readonly expiration: Date | undefined;
  /** Whether its holder may log in; true by default. */
  readonly authentication?: boolean;
  /** Whether it signs the ConfigMap `cluster-info`, by which new machines recognize the cluster; true by default. */
  readonly signing?: boolean;
  /** Further groups of its holder; that of kubeadm's nodes by default, which may ask for client certificates and have them approved. */
  readonly groups?: readonly string[];
  /** A note for people. */
  readonly description?: string;
}

/** The codes of {@link validateBootstrapTokenSecret}. */
export interface BootstrapSecretFindings {
  /** The Secret is not in `kube-system`, is not called after its token, or was deleted. */
  FINDING_BOOTSTRAP_SECRET_NAME: "error";
  /** The Secret is of another type. */
  FINDING_BOOTSTRAP_SECRET_TYPE: "error";
  /** `token-id` or `token-secret` are missing or malformed. */
  FINDING_BOOTSTRAP_SECRET_TOKEN: "error";
  /** The expiration is past, or no time that can be read, which counts as past. */
  FINDING_BOOTSTRAP_SECRET_EXPIRED: "error";
  /** An extra group is not one that a token may give. */
  FINDING_BOOTSTRAP_SECRET_GROUP: "error";
  /** Nobody can log in with this token. */
  FINDING_BOOTSTRAP_SECRET_USAGE: "error";
  /** The token counts until somebody deletes it. */
  FINDING_BOOTSTRAP_SECRET_ENDLESS: "warning";
}

/** The stable name of something that {@link validateBootstrapTokenSecret} finds. */
export type BootstrapSecretFindingCode = keyof BootstrapSecretFindings;

/** What {@link validateBootstrapTokenSecret} has to say. */
export interface BootstrapSecretFinding extends Finding {
  readonly code: BootstrapSecretFindingCode;
}

const NAMESPACE = "kube-system";
const NAME_PREFIX = "bootstrap-token-";
const TYPE = "bootstrap.kubernetes.io/token";
const KUBEADM_NODES = "system:bootstrappers:kubeadm:default-node-token";
/** Its middle part has a bounded length and no repetition inside, so it takes time linear in the text. */
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
/** RFC 3339, as Go reads it but for hours of one digit: year to second, and the zone. */
const TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Makes the Secret of a bootstrap token, as `kubeadm token create` makes it. It holds the token: treat it as a secret.
 *
 * Source: kubeadm `cmd/kubeadm/app/apis/bootstraptoken/v1/utils.go` (`BootstrapTokenToSecret`).
 *
 * @throws KubeletError `ERR_KUBELET_TOKEN` if the token is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapTokenSecret, parseBootstrapToken, validateBootstrapTokenSecret } from "kubepki";
 *
 * const token = parseBootstrapToken("abcdef.0123456789abcdef");
 * const secret = bootstrapTokenSecret({ token, expiration: new Date(Date.now() + 86_400_000) });
 * assert.equal(secret.metadata.name, "bootstrap-token-abcdef");
 * assert.deepEqual(validateBootstrapTokenSecret(secret), []);
 * ```
 */
export function bootstrapTokenSecret(options: BootstrapTokenOptions): NewBootstrapTokenSecret {
  const { token, expiration, authentication = true, signing = true, description } = options;
  const { groups = [KUBEADM_NODES] } = options;
  formatBootstrapToken(token);
  const values: [string, string | undefined][] = [
    ["token-id", token.id],
    ["token-secret", token.secret],
    ["description", description],
    ["expiration", expiration?.toISOString().replace(/\.\d+Z$/, "Z")],
    ["usage-bootstrap-authentication", authentication ? "true" : undefined],
    ["usage-bootstrap-signing", signing ? "true" : undefined],
    ["auth-extra-groups", groups.length > 0 ? groups.join(",") : undefined],
  ];
  const encoder = new TextEncoder();
  const data = values.flatMap(([key, value]) =>
    value === undefined ? [] : [[key, encodeBase64(encoder.encode(value))] as const],
  );
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `${NAME_PREFIX}${token.id}`, namespace: NAMESPACE },
    type: TYPE,
    data: Object.fromEntries(data),
  };
}

/**
 * Everything that keeps the holder of a bootstrap token out, at this moment; and a warning for a token without end. The token's secret is never in a message.
 *
 * Source: Kubernetes `plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go`, `staging/src/k8s.io/cluster-bootstrap/util/secrets/secrets.go`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapTokenSecret, parseBootstrapToken, validateBootstrapTokenSecret } from "kubepki";
 *
 * const token = parseBootstrapToken("abcdef.0123456789abcdef");
 * const secret = bootstrapTokenSecret({ token, expiration: new Date("2026-01-01T00:00:00Z") });
 * const [finding] = validateBootstrapTokenSecret(secret, new Date("2026-01-01T00:00:00Z"));
 * assert.equal(finding?.code, "FINDING_BOOTSTRAP_SECRET_EXPIRED");
 * ```
 */
export function validateBootstrapTokenSecret(
  secret: BootstrapTokenSecret,
  at: Date | number = Date.now(),
): BootstrapSecretFinding[] {
  const id = valueOf(secret, "token-id");
  return [
    ...nameFindings(secret, id),
    ...(secret.type === TYPE ? [] : [error("TYPE", "type", secret.type ?? "", TYPE)]),
    ...tokenFindings(secret, id),
    ...expirationFindings(valueOf(secret, "expiration"), Number(at)),
    ...usageFindings(secret),
    ...extraGroups(secret)
      .filter((group) => !GROUP.test(group))
      .map((group) =>
        error(
          "GROUP",
          "data.auth-extra-groups",
          group,
          "system:bootstrappers: and lower-case letters, digits, colons and hyphens",
        ),
      ),
  ];
}

/**
 * Who comes with this bootstrap token, as kube-apiserver decides it by the Secret; undefined if it lets nobody in.
 *
 * The Secret is the one of the token's id, from the namespace `kube-system`. Secrets are compared without telling by the time where they differ.
 *
 * Source: Kubernetes `plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go` (`AuthenticateToken`).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authenticateBootstrapToken, bootstrapTokenSecret, parseBootstrapToken } from "kubepki";
 *
 * const token = parseBootstrapToken("abcdef.0123456789abcdef");
 * const secret = bootstrapTokenSecret({ token, expiration: undefined, groups: [] });
 * const user = authenticateBootstrapToken("abcdef.0123456789abcdef", secret);
 * assert.equal(user?.username, "system:bootstrap:abcdef");
 * assert.equal(authenticateBootstrapToken("abcdef.fedcba9876543210", secret), undefined);
 * ```
 */
export function authenticateBootstrapToken(
  token: string,
  secret: BootstrapTokenSecret,
  at: Date | number = Date.now(),
): UserInfo | undefined {
  const given = tryToParse(token);
  if (!given || given.id !== valueOf(secret, "token-id")) return undefined;
  if (!equalSecrets(given.secret, valueOf(secret, "token-secret"))) return undefined;
  if (validateBootstrapTokenSecret(secret, at).some(({ severity }) => severity === "error")) return undefined;
  const username = `${BOOTSTRAP_USER_PREFIX}${given.id}`;
  const groups = [...new Set([BOOTSTRAPPERS_GROUP, ...extraGroups(secret)])].sort();
  return { username, groups: authenticatedGroups({ user: username, groups }), extra: {} };
}

function valueOf({ data = {} }: BootstrapTokenSecret, key: string): string {
  const bytes = Object.hasOwn(data, key) ? decodeBase64(data[key]!, false) : undefined;
  return bytes ? new TextDecoder().decode(bytes) : "";
}

function extraGroups(secret: BootstrapTokenSecret): readonly string[] {
  const text = valueOf(secret, "auth-extra-groups");
  return text === "" ? [] : text.split(",");
}

function nameFindings({ metadata = {} }: BootstrapTokenSecret, id: string): BootstrapSecretFinding[] {
  const { name = "", namespace = "", deletionTimestamp } = metadata;
  const findings: BootstrapSecretFinding[] = [];
  if (namespace !== NAMESPACE) findings.push(error("NAME", "metadata.namespace", namespace, NAMESPACE));
  if (name !== `${NAME_PREFIX}${id}`)
    findings.push(error("NAME", "metadata.name", name, `${NAME_PREFIX}${id}`));
  if (deletionTimestamp !== undefined)
    findings.push(
      error("NAME", "metadata.deletionTimestamp", String(deletionTimestamp), "a Secret that was not deleted"),
    );
  return findings;
}

function tokenFindings(secret: BootstrapTokenSecret, id: string): BootstrapSecretFinding[] {
  if (tryToParse(`${id}.${valueOf(secret, "token-secret")}`)) return [];
  const expected = "a token-id of 6 and a token-secret of 16 lower-case letters or digits";
  return [error("TOKEN", "data.token-secret", "something else", expected)];
}

function expirationFindings(text: string, at: number): BootstrapSecretFinding[] {
  const path = "data.expiration";
  if (text === "") {
    const [code, message] = ["FINDING_BOOTSTRAP_SECRET_ENDLESS", "the token has no expiration"] as const;
    return [{ code, severity: "warning", path, message, fix: "give it a day, as kubeadm does" }];
  }
  return parseTime(text) > at ? [] : [error("EXPIRED", path, text, "an RFC 3339 time to come")];
}

/** Milliseconds since the epoch, or NaN. JavaScript takes February 30 for a day in March; nobody shall gain a day by that. */
function parseTime(text: string): number {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const isDay = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day)).getUTCDate() === day;
  return TIME.test(text) && isDay ? Date.parse(text.replace(",", ".")) : Number.NaN;
}

function usageFindings(secret: BootstrapTokenSecret): BootstrapSecretFinding[] {
  const key = "usage-bootstrap-authentication";
  const usage = valueOf(secret, key);
  return usage === "true" ? [] : [error("USAGE", `data.${key}`, usage, "true")];
}

function error(
  what: "NAME" | "TYPE" | "TOKEN" | "EXPIRED" | "GROUP" | "USAGE",
  path: string,
  value: string,
  expected: string,
): BootstrapSecretFinding {
  const found = printable(value, 128);
  const message = `${path} is ${JSON.stringify(found)}, expected ${expected}`;
  return { code: `FINDING_BOOTSTRAP_SECRET_${what}`, severity: "error", path, message, found, expected };
}

function tryToParse(text: string): BootstrapToken | undefined {
  try {
    return parseBootstrapToken(text);
  } catch {
    return undefined;
  }
}

/** The time depends on the length alone, which is no secret. */
function equalSecrets(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}
