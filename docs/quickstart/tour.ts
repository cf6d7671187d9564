/** The tour: issue, write, serve, call, and be refused. */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { parseIdentity, PkiError, verifyCertificateChain, verifyServerName } from "kubepki";
import type { Certificate, ClusterPki } from "kubepki";
import { call } from "./client.ts";
import {
  clusterAuthority,
  credential,
  issueCluster,
  issueDeveloper,
  issueImpostor,
  LOAD_BALANCER,
} from "./cluster.ts";
import type { Credential } from "./cluster.ts";
import { writePki } from "./folder.ts";
import { startServer } from "./server.ts";
import type { RunningServer } from "./server.ts";
import { day, done, facts, headline, paint, say, table } from "./terminal.ts";

/** Runs the whole tour; rejects if anything goes otherwise than it should. */
export async function tour(): Promise<void> {
  headline("kubepki: a highly available control plane, issued and called");
  say();
  const pki = await issueAndWrite();
  const ca = credential(pki, "ca").certificate;
  const apiServer = await serve(pki, "apiserver", "kube-apiserver");
  const kubelet = await startServer(credential(pki, "kubelet-serving", "cp-2"), ca);
  try {
    headline("Who is calling? What kube-apiserver would read from each certificate:");
    say();
    await showCallers(await callersOf(pki, apiServer, kubelet), ca);
    headline("And who is refused?");
    await refuseImpostor(apiServer, ca);
    await refuseUnknownServer(apiServer, pki);
    await refuseOtherName(apiServer, pki);
  } finally {
    await Promise.all([apiServer.stop(), kubelet.stop()]);
  }
  headline("Next: let it explain a certificate of yours");
  say();
  say(paint("cyan", "npm run quickstart -- /etc/kubernetes/pki/apiserver.crt"));
  say();
}

async function issueAndWrite(): Promise<ClusterPki> {
  const start = performance.now();
  const pki = await issueCluster();
  const milliseconds = Math.round(performance.now() - start);
  const count = pki.certificates.length;
  done(`issued ${count} certificates for ${pki.plan.config.nodes.length} nodes in ${milliseconds} ms`);
  done(`wrote them and their keys to ${await writePki(pki)}`);
  return pki;
}

async function serve(pki: ClusterPki, name: string, component: string): Promise<RunningServer> {
  const serving = credential(pki, name, "cp-1");
  const server = await startServer(serving, credential(pki, "ca").certificate);
  const { dnsNames, ipAddresses, notAfter } = serving.certificate;
  done(`${component} of cp-1 listens with mTLS on 127.0.0.1:${server.port}; its certificate has`);
  facts(
    [
      ["DNS names", dnsNames.join(", ")],
      ["addresses", ipAddresses.join(", ")],
      ["until", day(notAfter)],
    ],
    4,
  );
  return server;
}

interface Caller {
  readonly as: Credential;
  /** What it calls the server. */
  readonly host: string;
  readonly server: RunningServer;
}

/** Everybody who calls, and by which of the server's names; together they use every kind of name that its certificate has. */
async function callersOf(
  pki: ClusterPki,
  apiServer: RunningServer,
  kubelet: RunningServer,
): Promise<Caller[]> {
  const through = (host: string, as: Credential): Caller => ({ as, host, server: apiServer });
  return [
    through(LOAD_BALANCER, credential(pki, "admin")),
    through("192.0.2.10", credential(pki, "super-admin")),
    through("192.0.2.11", credential(pki, "controller-manager", "cp-1")),
    through("192.0.2.11", credential(pki, "scheduler", "cp-1")),
    through(LOAD_BALANCER, credential(pki, "kubelet", "cp-1")),
    through(LOAD_BALANCER, credential(pki, "kubelet", "cp-2")),
    through(LOAD_BALANCER, credential(pki, "kubelet", "cp-3")),
    through("kubernetes.default.svc", credential(pki, "kube-proxy")),
    through("10.96.0.1", await issueDeveloper(clusterAuthority(pki))),
    { host: "192.0.2.12", server: kubelet, as: credential(pki, "apiserver-kubelet-client", "cp-1") },
  ];
}

async function showCallers(callers: readonly Caller[], trusting: Certificate): Promise<void> {
  const rows: string[][] = [];
  for (const { as, host, server } of callers) {
    const answer = await call({ host, port: server.port, as, trusting });
    assert("user" in answer, `${host} refused a caller: ${JSON.stringify(answer)}`);
    const { user, groups, kind } = answer;
    assert.equal(user, parseIdentity(as.certificate)?.user);
    const named = groups.filter((group) => group !== "system:authenticated").join(", ");
    rows.push([host, user, named || "-", kind, day(as.certificate.notAfter)]);
  }
  table(["called", "user", "groups", "kind", "until"], rows);
  say();
  say(paint("dim", "The server adds the group system:authenticated to each of them."));
  say(paint("dim", "The last row calls the kubelet of cp-2, the others kube-apiserver."));
}

async function refuseImpostor({ port }: RunningServer, trusting: Certificate): Promise<void> {
  const as = await issueImpostor();
  const answer = await call({ host: LOAD_BALANCER, port, as, trusting });
  assert("unauthorized" in answer, "a certificate of an unknown CA was accepted");
  refused("mallory, in the group system:masters by a CA of her own that is also called kubernetes-ca", [
    ["server", `401 Unauthorized (${answer.unauthorized})`],
    ["kubectl", "error: You must be logged in to the server (Unauthorized)"],
    ["kube-apiserver's log", "x509: certificate signed by unknown authority"],
    ["kubepki", await reasonAgainst(as.certificate, trusting)],
  ]);
}

/** Why our own verification of the chain refuses it, which is not TLS. */
async function reasonAgainst(certificate: Certificate, ca: Certificate): Promise<string> {
  const verification = verifyCertificateChain(certificate, { trustAnchors: [ca], usage: "clientAuth" });
  const { code, message } = await refusalOf(verification);
  return `${String(code)}: ${message}`;
}

async function refuseUnknownServer({ port }: RunningServer, pki: ClusterPki): Promise<void> {
  const error = await refusalOf(call({ host: LOAD_BALANCER, port, as: credential(pki, "admin") }));
  refused("the server, by a client that does not have the cluster's ca.crt", [
    ["Node", `${String(error.code)}: ${error.message}`],
    ["Go and kubectl", "tls: failed to verify certificate: x509: certificate signed by unknown authority"],
  ]);
}

async function refuseOtherName({ port }: RunningServer, pki: ClusterPki): Promise<void> {
  const host = "localhost";
  const { certificate: trusting } = credential(pki, "ca");
  const error = await refusalOf(call({ host, port, as: credential(pki, "admin"), trusting }));
  const ours = mismatch(credential(pki, "apiserver", "cp-1").certificate, host);
  refused("the server, called by a name that is not in its certificate: localhost", [
    ["Node", `${String(error.code)}: Hostname/IP does not match certificate's altnames`],
    ["Go and kubectl", ours.message.replace(/ \(in browsers .*$/, "")],
    ["browsers", "NET::ERR_CERT_COMMON_NAME_INVALID"],
    ["kubepki", ours.code],
  ]);
  assert.match(error.message, /^Hostname\/IP does not match certificate's altnames/);
}

function mismatch(certificate: Certificate, host: string): PkiError {
  try {
    verifyServerName(certificate, host);
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: `the certificate is valid for ${host}` });
}

async function refusalOf(attempt: Promise<unknown>): Promise<Error & { readonly code: unknown }> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Error && "code" in error) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the client accepted a server that it must refuse" });
}

function refused(who: string, texts: readonly (readonly [reader: string, text: string])[]): void {
  say();
  say(`${paint("red", "✗")} ${who}`);
  facts(texts, 4);
}
