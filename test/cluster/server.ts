/** A real kube-apiserver with etcd on loopback, or the reason why there is none. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { explain, unpackFromSid, type Unavailable } from "../interop/debian.ts";

export const run = promisify(execFile);
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kubepki-cluster");

export interface Cluster {
  readonly server: string;
  /** PEM of the CA that signed the server's certificate, and of the one for clients: the same. */
  readonly ca: string;
  readonly folder: string;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function apiServerBinary(): Promise<string | Unavailable> {
  const binary = join(cache, "bin", "kube-apiserver");
  if (await stat(binary).catch(() => undefined)) return binary;
  try {
    await run("bash", [fileURLToPath(new URL("build.sh", import.meta.url)), cache], { maxBuffer: 2 ** 26 });
    return binary;
  } catch (problem) {
    return { reason: `cannot build kube-apiserver: ${explain(problem)}` };
  }
}

/** Starts both; `tokens` are lines of a token file: token, user, uid, "group,group". Further flags are the API server's. */
export async function startCluster(
  tokens: readonly string[],
  flags: readonly string[] = [],
): Promise<Cluster | Unavailable> {
  const binary = await apiServerBinary();
  if (typeof binary !== "string") return binary;
  const etcd = await unpackFromSid(["etcd-server"]);
  if ("reason" in etcd) return etcd;
  const folder = await mkdtemp(join(tmpdir(), "kubepki-cluster-"));
  const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  await writeFile(join(folder, "tokens.csv"), `${tokens.join("\n")}\n`);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
  await makeCa(folder);
  const at = (file: string): string => join(folder, file);
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const start = (file: string, options: string[]): ChildProcess =>
    spawn(file, options, { stdio: "ignore", cwd: folder });
  const children = [
    start(join(etcd.root, "usr/bin/etcd"), [
      "--data-dir",
      at("etcd"),
      "--listen-client-urls",
      client,
      "--advertise-client-urls",
      client,
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
      "--initial-cluster",
      `default=${peer}`,
    ]),
    start(binary, [
      `--etcd-servers=${client}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      "--authorization-mode=Node,RBAC",
      `--token-auth-file=${at("tokens.csv")}`,
      `--client-ca-file=${at("ca.crt")}`,
      `--tls-cert-file=${at("server.crt")}`,
      `--tls-private-key-file=${at("server.key")}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      `--service-account-key-file=${at("sa.key")}`,
      `--service-account-signing-key-file=${at("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--cert-dir=${at("run")}`,
      ...flags,
    ]),
  ];
  const close = async (): Promise<void> => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    await rm(folder, { recursive: true, force: true });
  };
  const server = `https://127.0.0.1:${port}`;
  const ca = await run("cat", [at("ca.crt")]).then(({ stdout }) => stdout);
  for (let attempt = 0; attempt < 120; attempt++) {
    const ready = await run("curl", ["-sf", "--cacert", at("ca.crt"), `${server}/readyz`]).catch(
      () => undefined,
    );
    if (ready) return { server, ca, folder, close };
    await sleep(500);
  }
  await close();
  return { reason: "kube-apiserver does not become ready" };
}

async function makeCa(folder: string): Promise<void> {
  const openssl = (...options: string[]) => run("openssl", options, { cwd: folder });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca");
  await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server");
  await writeFile(join(folder, "san"), "subjectAltName=IP:127.0.0.1,IP:10.96.0.1\n");
  await openssl(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-extfile",
    "san",
    "-out",
    "server.crt",
  );
}
