/** The signer of users' certificates, and the one of the time before there were signers. */
import { objection } from "./policy.ts";
import type { SignerPolicy } from "./policy.ts";

const ALLOWED: readonly string[] = ["digital signature", "key encipherment", "client auth"];

/** `kubernetes.io/kube-apiserver-client`: certificates by which anybody logs in to the API server. Never approved automatically. Source: `pkg/controller/certificates/signer/signer.go`, `validAPIServerClientUsages`. */
export const CLIENT_SIGNER: SignerPolicy = {
  signerName: "kubernetes.io/kube-apiserver-client",
  validate: ({ usages }) => {
    const odd = usages.filter((usage) => !ALLOWED.includes(usage));
    const findings = odd.map((usage) =>
      objection("spec.usages", `invalid usage for client certificate: ${usage}`, `leave ${usage} out`),
    );
    const message = "missing required usage for client certificate: client auth";
    return usages.includes("client auth")
      ? findings
      : [...findings, objection("spec.usages", message, "ask for client auth")];
  },
};

/** `kubernetes.io/legacy-unknown`: signs whatever is approved; objects of v1 cannot ask for it. Source: `pkg/controller/certificates/signer/signer.go`. */
export const LEGACY_UNKNOWN_SIGNER: SignerPolicy = {
  signerName: "kubernetes.io/legacy-unknown",
  validate: () => [],
};
