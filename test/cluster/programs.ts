/** The programs of a real cluster, made before the first test: kube-apiserver, which is built once into a cache, and etcd. */
import { execFile, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { unpackFromSid, type Unavailable } from "../interop/debian.ts";

/** Paths of the programs. */
export interface Programs {
  readonly apiServer: string;
  readonly etcd: string;
}

declare module "vitest" {
  interface ProvidedContext {
    programs: Programs | Unavailable;
  }
}

const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kubepki-cluster");
/** It took three minutes on two idle cores. What is done by then is not done again. */
const MINUTES = 40;
/** So many lines at the end of its output say why a build failed; the last one is the reason. */
const LINES = 6;

/** Called by vitest before the tests of the project. */
export async function setup(project: TestProject): Promise<void> {
  project.provide("programs", await findPrograms());
}

async function findPrograms(): Promise<Programs | Unavailable> {
  if (process.platform !== "linux") return { reason: `no Debian packages on ${process.platform}` };
  for (const tool of ["bash", "curl", "flock", "openssl", "timeout"]) {
    const missing = await promisify(execFile)("sh", ["-c", `command -v ${tool}`]).catch(() => true);
    if (missing === true) return { reason: `${tool} is not installed` };
  }
  const etcd = await unpackFromSid(["etcd-server"]);
  if ("reason" in etcd) return etcd;
  const apiServer = join(cache, "bin/kube-apiserver");
  const built = await access(apiServer, constants.X_OK).then(
    () => undefined,
    () => build(),
  );
  return built ?? { apiServer, etcd: join(etcd.root, "usr/bin/etcd") };
}

/** Undefined when it is built. */
async function build(): Promise<Unavailable | undefined> {
  console.info("building kube-apiserver, once: some minutes");
  const script = fileURLToPath(new URL("build.sh", import.meta.url));
  const child = spawn("timeout", ["--kill-after=10", `${MINUTES}m`, "bash", script, cache], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  // It ends all that it started, and is not left behind when the tests are broken off.
  const stop = (): void => void child.kill();
  process.once("exit", stop);
  let output = "";
  const keep = (text: string): void => void (output = (output + text).slice(-10_000));
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const code = await new Promise((resolve) => child.once("close", resolve));
  process.off("exit", stop);
  if (code === 0) return undefined;
  if (code === 124) keep(`\nnot finished after ${MINUTES} minutes; the next run goes on from here`);
  const lines = output.trim().split("\n").slice(-LINES);
  console.warn(`cannot build kube-apiserver:\n${lines.join("\n")}`);
  return { reason: `cannot build kube-apiserver: ${lines.at(-1)}` };
}
