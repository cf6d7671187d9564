/** A real nginx and a real HAProxy from Debian, with the libraries they were built for, in front of a backend of ours. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unpackFromSid, type Unavailable, type Unpacked } from "./debian.ts";

/** Both programs, and everything that they load; sid's C library is newer than that of most systems. */
const packages = [
  "nginx",
  "haproxy",
  "libc6",
  "libssl3t64",
  "libcrypt1",
  "libpcre2-8-0",
  "zlib1g",
  "libzstd1",
  "liblua5.4-0",
  "libjemalloc2",
  "libopentracing-c-wrapper0t64",
  "libopentracing1",
  "libstdc++6",
  "libgcc-s1",
];

/** Debian's names for what Node calls `process.arch`: folder of libraries, and the loader in it. */
const platforms: Partial<Record<string, readonly [folder: string, loader: string]>> = {
  x64: ["x86_64-linux-gnu", "ld-linux-x86-64.so.2"],
  arm64: ["aarch64-linux-gnu", "ld-linux-aarch64.so.1"],
};

/** Where the programs are, or why there are none. */
export async function unpackProxies(): Promise<Unpacked | Unavailable> {
  if (!platforms[process.arch]) return { reason: `no Debian packages are named for ${process.arch}` };
  return unpackFromSid(packages);
}

/** Starts one of the programs and waits until it listens on a Unix socket. What it wrote is in the error if it does not. */
export async function startProxy(
  { root }: Unpacked,
  program: "nginx" | "haproxy",
  options: readonly string[],
  socketPath: string,
): Promise<ChildProcess> {
  const [folder, loader] = platforms[process.arch]!;
  const libraries = join(root, "usr/lib", folder);
  const file = join(root, "usr/sbin", program);
  const child = spawn(join(libraries, loader), ["--library-path", libraries, file, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += String(part)));
  for (let waited = 0; waited < 100; waited++) {
    if (child.exitCode !== null) break;
    if (await listens(socketPath)) return child;
    await sleep(100);
  }
  child.kill();
  throw new Error(`${program} does not listen: ${output}`);
}

async function listens(socketPath: string): Promise<boolean> {
  try {
    await access(socketPath);
    const socket = connect(socketPath);
    await once(socket, "connect");
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}
