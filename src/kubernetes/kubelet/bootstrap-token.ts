/** Bootstrap tokens: what a machine shows before it has a certificate. */
import { KubeletError } from "../../errors.ts";

/** The two halves of a bootstrap token. */
export interface BootstrapToken {
  /** 6 characters, public: the user is `system:bootstrap:<id>`, the Secret `bootstrap-token-<id>`. */
  readonly id: string;
  /** 16 characters. Whoever has them can ask for a node's certificate, and can sign what nodes believe of the cluster. */
  readonly secret: string;
}

const ID = /^[a-z0-9]{6}$/;
const SECRET = /^[a-z0-9]{16}$/;

/**
 * Takes a bootstrap token apart: `abcdef.0123456789abcdef`. The whole text must be the token, without spaces or a line break.
 *
 * The error says where the text differs from a token, and never shows it. Not checked: whether a cluster knows the token.
 *
 * Source: Kubernetes `staging/src/k8s.io/cluster-bootstrap/util/tokens/tokens.go` (`ParseToken`), `token/api/types.go` (`BootstrapTokenPattern`).
 *
 * @throws KubeletError `ERR_KUBELET_TOKEN`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseBootstrapToken } from "kubepki";
 *
 * assert.equal(parseBootstrapToken("abcdef.0123456789abcdef").id, "abcdef");
 * assert.throws(() => parseBootstrapToken("ABCDEF.0123456789abcdef"), { code: "ERR_KUBELET_TOKEN" });
 * ```
 */
export function parseBootstrapToken(text: string): BootstrapToken {
  const dot = text.indexOf(".");
  const token = { id: text.slice(0, Math.max(dot, 0)), secret: text.slice(dot + 1) };
  if (dot < 0) throw refusal(`${text.length} characters without a dot`);
  checkToken(token);
  return token;
}

/**
 * The text of a bootstrap token. It is a secret: do not log it.
 *
 * @throws KubeletError `ERR_KUBELET_TOKEN` if a half is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatBootstrapToken } from "kubepki";
 *
 * assert.equal(formatBootstrapToken({ id: "abcdef", secret: "0123456789abcdef" }), "abcdef.0123456789abcdef");
 * ```
 */
export function formatBootstrapToken(token: BootstrapToken): string {
  checkToken(token);
  return `${token.id}.${token.secret}`;
}

/** Only lengths and kinds of characters are told: the id alone would be harmless, but who knows what was pasted here. */
function checkToken({ id, secret }: BootstrapToken): void {
  if (!ID.test(id)) throw refusal(`an id of ${describe(id)}`);
  if (!SECRET.test(secret)) throw refusal(`a secret of ${describe(secret)}`);
}

function describe(half: string): string {
  const odd = /^[a-z0-9]*$/.test(half) ? "" : ", some of them no lower-case letters or digits";
  return `${half.length} characters${odd}`;
}

function refusal(found: string): KubeletError {
  const expected = "6 lower-case letters or digits, a dot, and 16 of them";
  return new KubeletError("ERR_KUBELET_TOKEN", `a bootstrap token is ${expected}; found ${found}`);
}
