/** The deny rule for certificates, judged by what kube-apiserver compiles and evaluates it with. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  credentialIds,
  denyCertificatesConfiguration,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  parseIdentity,
} from "kubepki";
import type { AuthorizationConfiguration } from "kubepki";
import { exclusively, explain, run, unpackFromSid, type Unavailable } from "./debian.ts";
import { goEnvironment, goRelease, packages } from "./setup.ts";

const folder = mkdtempSync(join(tmpdir(), "kubepki-deny-rule-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the API server's configuration and CEL import beside the packages of the referee. */
const more: readonly string[] = [
  "golang-cel-cel-go-dev",
  "golang-cel-expr-dev",
  "golang-github-antlr4-go-antlr-dev",
  "golang-github-emicklei-go-restful-dev",
  "golang-github-fxamacker-cbor-dev",
  "golang-github-go-logr-zapr-dev",
  "golang-github-go-openapi-jsonpointer-dev",
  "golang-github-go-openapi-jsonreference-dev",
  "golang-github-go-openapi-swag-dev",
  "golang-github-gogo-protobuf-dev",
  "golang-github-google-gnostic-models-dev",
  "golang-github-google-uuid-dev",
  "golang-github-json-iterator-go-dev",
  "golang-github-modern-go-concurrent-dev",
  "golang-github-modern-go-reflect2-dev",
  "golang-github-spf13-cobra-dev",
  "golang-github-stoewer-go-strcase-dev",
  "golang-github-x448-float16-dev",
  "golang-go.uber-zap-dev",
  "golang-golang-x-exp-dev",
  "golang-golang-x-net-dev",
  "golang-golang-x-sync-dev",
  "golang-golang-x-text-dev",
  "golang-golang-x-time-dev",
  "golang-google-genproto-dev",
  "golang-google-grpc-dev",
  "golang-gopkg-inf.v0-dev",
  "golang-gopkg-yaml.v3-dev",
  "golang-k8s-api-dev",
  "golang-k8s-kube-openapi-dev",
  "golang-k8s-sigs-json-dev",
  "golang-k8s-sigs-randfill-dev",
  "golang-k8s-sigs-structured-merge-diff-v6-dev",
  "golang-k8s-sigs-yaml-dev",
  "golang-k8s-streaming-dev",
  "golang-opentelemetry-contrib-dev",
];

async function buildJudge(): Promise<string | Unavailable> {
  const unpacked = await unpackFromSid([...packages, ...more]);
  if ("reason" in unpacked) return unpacked;
  const go = join(unpacked.root, "usr/lib", `go-${goRelease}`, "bin/go");
  const path = join(folder, "judge");
  const cwd = fileURLToPath(new URL("deny-rule", import.meta.url));
  try {
    await exclusively(() => run(go, ["build", "-o", path, "."], { cwd, env: goEnvironment(unpacked.root) }));
    return path;
  } catch (problem) {
    return { reason: `cannot build the judge of deny rules: ${explain(problem)}` };
  }
}

const judge = await buildJudge();
const reason = typeof judge === "string" ? undefined : judge.reason;
if (reason !== undefined) console.warn(`skipped: deny rule: ${reason}`);

interface Review {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  readonly nonResourceAttributes?: Readonly<Record<string, string>>;
}

function ask(configuration: AuthorizationConfiguration, reviews: readonly Review[]) {
  const input = JSON.stringify({ configuration, reviews });
  const answer = execFileSync(judge as string, { input, encoding: "utf8" });
  return JSON.parse(answer) as { readonly faults: readonly string[]; readonly outcomes: readonly string[] };
}

describe.skipIf(reason !== undefined)(
  `kube-apiserver${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  async () => {
    const ca = await generateKeyPair("ECDSA-P256");
    const root = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), ca.signer);
    const issue = async (commonName: string) => {
      const { publicKey } = await generateKeyPair("ECDSA-P256");
      const issuer = { certificate: root.certificate, signer: ca.signer };
      return (await issueCertificate(clientTemplate({ subject: { commonName } }), { publicKey, issuer }))
        .certificate;
    };
    const [lost, other, third] = [await issue("jane"), await issue("jane"), await issue("mallory")];
    const kubeConfigFile = join(folder, "deny.kubeconfig");
    writeFileSync(kubeConfigFile, "apiVersion: v1\nkind: Config\n");
    const deny = (...certificates: (typeof lost)[]): AuthorizationConfiguration =>
      denyCertificatesConfiguration({
        credentialIds: certificates.flatMap((one) => credentialIds(one)),
        kubeConfigFile,
      });
    const pods = { resourceAttributes: { verb: "get", resource: "pods", namespace: "default" } };
    const review = (certificate: typeof lost): Review => {
      const { user, groups, extra } = parseIdentity(certificate)!;
      return { user, groups, extra, ...pods };
    };

    test("takes the configuration as it is", () => {
      expect(ask(deny(lost), [review(lost)]).faults).toEqual([]);
      expect(ask(deny(lost, other, third), [review(lost)]).faults).toEqual([]);
      expect(ask(denyCertificatesConfiguration({ credentialIds: [], kubeConfigFile }), []).faults).toEqual(
        [],
      );
    });

    test("finds fault with another one, so that the judge is awake", () => {
      const configuration = deny(lost);
      const broken = JSON.parse(
        JSON.stringify(configuration).replace("request.extra &&", "request.extras &&"),
      ) as typeof configuration;
      expect(ask(broken, []).faults.join()).toMatch(/undefined field 'extras'/);
    });

    test("denies the holders of listed certificates everything, and nobody else anything", () => {
      const { outcomes } = ask(deny(lost, third), [
        review(lost),
        review(third),
        { ...review(lost), resourceAttributes: {}, nonResourceAttributes: { path: "/healthz", verb: "get" } },
        { ...review(lost), groups: ["system:masters", "system:authenticated"] },
        { ...review(lost), extra: { ...review(lost).extra, "example.com/more": ["a", "b"] } },
        review(other), // of the same name
        { user: "jane", ...pods },
        { user: "jane", extra: {}, ...pods },
        { user: "jane", extra: { "authentication.kubernetes.io/credential-id": [] }, ...pods },
        { user: "jane", extra: { "authentication.kubernetes.io/credential-id": ["JTI=1234"] }, ...pods },
        { user: "system:serviceaccount:default:app", groups: ["system:serviceaccounts"], ...pods },
        { user: "system:anonymous", groups: ["system:unauthenticated"], ...pods },
      ]);
      expect(outcomes.map((outcome) => outcome.split(":")[0])).toEqual([
        ...Array.from({ length: 5 }, () => "denied"),
        ...Array.from({ length: 7 }, () => "skipped"),
      ]);
    });

    test("denies one of several credentials, and of the most that a list may have", () => {
      const ids = Array.from({ length: 1000 }, (_, i) => `X509SHA256=${i.toString(16).padStart(64, "0")}`);
      const configuration = denyCertificatesConfiguration({ credentialIds: ids, kubeConfigFile });
      const holder = (...values: string[]): Review => ({
        user: "jane",
        extra: { "authentication.kubernetes.io/credential-id": values },
        ...pods,
      });
      const { faults, outcomes } = ask(configuration, [
        holder(ids[999]!),
        holder("JTI=1", ids[0]!),
        holder(`X509SHA256=${"f".repeat(64)}`),
      ]);
      expect(faults).toEqual([]);
      expect(outcomes.map((outcome) => outcome.split(":")[0])).toEqual(["denied", "denied", "skipped"]);
    });
  },
);
