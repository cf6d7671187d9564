/** Who a user of a kubeconfig is. */
import { PkiError } from "../../errors.ts";
import { parsePrivateKey } from "../../keys/private-key.ts";
import { keyMatchesCertificate } from "../../keys/public-key.ts";
import { parseCertificates } from "../../x509/certificate.ts";
import type { Certificate } from "../../x509/certificate.ts";
import { toUserInfo } from "../authenticated-groups.ts";
import type { UserInfo } from "../authenticated-groups.ts";
import { parseIdentity } from "../identity.ts";
import type { IdentityFinding } from "../identity-finding.ts";
import { lintIdentity } from "../lint-identity.ts";
import { contentOf } from "./inspection.ts";
import type { Content, SayInspection, Source } from "./inspection.ts";
import type { KubeconfigUser } from "./kubeconfig.ts";

/** A way to log in. */
export type KubeconfigMethod = "client-certificate" | "token" | "exec" | "auth-provider" | "password";

/** What a user of a kubeconfig turned out to be. */
export interface InspectedUser {
  /** The ways to log in that are given; without any, the caller is anonymous. */
  readonly methods: readonly KubeconfigMethod[];
  /** Whom the API server takes the client certificate for, if it believes it; tokens and plugins say nothing here. */
  readonly identity?: UserInfo;
  /** The client certificate. */
  readonly certificate?: Certificate;
  /** Whether the client key is that of the certificate; absent if one of them is not there. */
  readonly isKeyMatching?: boolean;
  /** What is wrong with whom it names. */
  readonly identityFindings: readonly IdentityFinding[];
}

/** When certificates count. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long before its end a certificate is reported, in seconds. */
  readonly warnSeconds: number;
}

/** Looks at how a user logs in. */
export async function inspectUser(
  user: KubeconfigUser,
  source: Source,
  moment: Moment,
): Promise<InspectedUser> {
  const methods = methodsOf(user);
  const certificateText = await contentOf(source, "client-certificate");
  const keyText = await contentOf(source, "client-key");
  const certificate = certificateText && readCertificate(certificateText, source.say);
  if (certificate && certificateText) sayValidity(certificate, certificateText.path, moment, source.say);
  const isKeyMatching = keyText && (await matchKey(keyText, certificate, source.say));
  const identity = certificate && identityOf(certificate);
  const { path = "" } = certificateText ?? {};
  const identityFindings = certificate ? lintIdentity(certificate) : [];
  return {
    methods,
    ...(identity && { identity }),
    ...(certificate && { certificate }),
    ...(isKeyMatching !== undefined && { isKeyMatching }),
    identityFindings: identityFindings.map((finding) => ({ ...finding, path: `${path}: ${finding.path}` })),
  };
}

function methodsOf(user: KubeconfigUser): KubeconfigMethod[] {
  const given: [KubeconfigMethod, unknown][] = [
    ["client-certificate", user["client-certificate-data"] || user["client-certificate"]],
    ["token", user.token || user.tokenFile],
    ["exec", user.exec],
    ["auth-provider", user["auth-provider"]],
    ["password", user.username || user.password],
  ];
  return given.flatMap(([method, value]) => (value ? [method] : []));
}

/** The first certificate counts, as in Go's `tls.X509KeyPair`. */
function readCertificate({ text, path }: Content, say: SayInspection): Certificate | undefined {
  try {
    return parseCertificates(text, { mode: "kubernetes" })[0];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    say("FINDING_KUBECONFIG_CERTIFICATE", path, `the client certificate does not parse: ${error.message}`);
    return undefined;
  }
}

function identityOf(certificate: Certificate): UserInfo | undefined {
  try {
    const identity = parseIdentity(certificate, { mode: "kubernetes" });
    return identity && toUserInfo(identity);
  } catch (error) {
    if (error instanceof PkiError) return undefined; // lintIdentity says why
    throw error;
  }
}

async function matchKey(
  { text, path }: Content,
  certificate: Certificate | undefined,
  say: SayInspection,
): Promise<boolean | undefined> {
  try {
    const key = await parsePrivateKey(text);
    if (!certificate) return undefined;
    const isMatching = keyMatchesCertificate(key, certificate);
    if (!isMatching)
      say("FINDING_KUBECONFIG_KEY_MISMATCH", path, "the key is not that of the client certificate", {
        fix: "find the key that the certificate was issued for, or have a new certificate issued",
      });
    return isMatching;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    say("FINDING_KUBECONFIG_KEY", path, `the client key does not parse: ${error.code}`);
    return undefined;
  }
}

function sayValidity(
  { notBefore, notAfter }: Certificate,
  path: string,
  { at, warnSeconds }: Moment,
  say: SayInspection,
): void {
  const fix = "have a new certificate issued, or run kubeadm certs renew";
  const [begin, end] = [notBefore.getTime(), notAfter.getTime()];
  if (at > end)
    say("FINDING_KUBECONFIG_EXPIRED", path, `the certificate ended at ${notAfter.toISOString()}`, { fix });
  else if (at < begin)
    say("FINDING_KUBECONFIG_NOT_YET_VALID", path, `the certificate begins at ${notBefore.toISOString()}`);
  else if (end - at < warnSeconds * 1000)
    say("FINDING_KUBECONFIG_EXPIRES_SOON", path, `the certificate ends at ${notAfter.toISOString()}`, {
      fix,
      severity: "warning",
    });
}
