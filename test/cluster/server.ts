/** A real kube-apiserver with etcd on loopback, or the reason why there is none. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { inject } from "vitest";
import type { Unavailable } from "../interop/debian.ts";

export const run = promisify(execFile);

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

/** Starts both, and throws what they wrote last if they do not serve; `tokens` are lines of a token file: token, user, uid, "group,group". Further flags are the API server's. */
export async function startCluster(
  tokens: readonly string[],
  flags: readonly string[] = [],
): Promise<Cluster | Unavailable> {
  const programs = inject("programs");
  if ("reason" in programs) return programs;
  const folder = await mkdtemp(join(tmpdir(), "kubepki-cluster-"));
  const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  await writeFile(join(folder, "tokens.csv"), `${tokens.join("\n")}\n`);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
  await makeCa(folder);
  const at = (file: string): string => join(folder, file);
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const start = (name: string, file: string, options: string[]): ChildProcess =>
    spawn(file, options, { stdio: ["ignore", "ignore", openSync(at(`${name}.log`), "a")], cwd: folder });
  const children = [
    start("etcd", programs.etcd, [
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
    start("kube-apiserver", programs.apiServer, [
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
  const kill = (): void => children.forEach((child) => void child.kill("SIGKILL"));
  process.once("exit", kill); // tests that are broken off leave no server behind
  const close = async (): Promise<void> => {
    kill();
    await Promise.all(children.filter(isRunning).map((child) => once(child, "exit")));
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true });
  };
  const server = `https://127.0.0.1:${port}`;
  const curl = ["-sf", "--max-time", "5", "--cacert", at("ca.crt"), `${server}/readyz`];
  for (let attempt = 0; attempt < 240 && children.every(isRunning); attempt++) {
    if (await run("curl", curl).catch(() => undefined))
      return { server, ca: await readFile(at("ca.crt"), "utf8"), folder, close };
    await sleep(500);
  }
  const said = await Promise.all(["etcd", "kube-apiserver"].map((name) => lastLines(at(`${name}.log`))));
  await close();
  throw new Error(`the API server does not serve:\n${said.join("\n")}`);
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

const lastLines = async (file: string): Promise<string> =>
  (await readFile(file, "utf8")).trim().split("\n").slice(-5).join("\n");

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
