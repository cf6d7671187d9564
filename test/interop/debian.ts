/**
 * Foreign programs and sources for the interop tests, unpacked from Debian's `sid` suite into a
 * cache folder. Nothing is installed and nothing of the system is changed.
 *
 * A test never fails because a stranger cannot be had: every way to fail here is a `reason`.
 */
import { execFile, spawn, type ExecFileOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** No program that is run here may take longer: the slowest, downloads and Go's compiler, take one. */
const MINUTES = 8;

/** Runs a program to its end. */
export const run = (
  file: string,
  options: readonly string[],
  { cwd, env }: Pick<ExecFileOptions, "cwd" | "env"> = {},
): Promise<{ stdout: string }> =>
  promisify(execFile)(file, options, { cwd, env, encoding: "utf8", timeout: MINUTES * 60_000 });

/** The keyring that Debian's own package installs; the suite's signature is checked against it. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where everything is kept between runs; safe to delete. */
export const cacheFolder: string = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "kubepki-referee",
);

/** Why a stranger cannot take part in the tests on this machine. */
export interface Unavailable {
  readonly reason: string;
}

export interface Unpacked {
  /** The folder that holds `usr/...` of all packages ever asked for. */
  readonly root: string;
  /** Package name to Debian version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Where a failed command says what is wrong: apt in its first line of an error, dpkg and go in the last line. `minutes` is how long it was given. */
export const explain = (problem: unknown, minutes = MINUTES): string => {
  const { stderr, message, killed } = problem as { stderr?: string; message?: string; killed?: boolean };
  if (killed === true) return `not finished after ${minutes} minutes: ${message?.split("\n")[0]}`;
  const lines = (stderr?.trim() || message || String(problem)).trim().split("\n");
  return lines.find((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "unknown";
};

/** Runs one at a time over all processes that share the cache folder; one that is killed gives the lock back, for it is the system's. */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  await mkdir(cacheFolder, { recursive: true });
  const options = [
    "--wait",
    String(2 * MINUTES * 60),
    join(cacheFolder, "lock"),
    "sh",
    "-c",
    "echo; exec cat",
  ];
  const lock = spawn("flock", options, { stdio: ["pipe", "pipe", "ignore"] });
  const ended = once(lock, "exit");
  await Promise.race([
    once(lock.stdout, "data"),
    ended.then(() => Promise.reject(new Error("another process holds the cache's lock"))),
  ]);
  try {
    return await work();
  } finally {
    lock.stdin.end();
    await ended;
  }
}

const aptOptions = (): string[] => {
  const folder = join(cacheFolder, "apt");
  return [
    `Dir::Etc::SourceList=${join(folder, "sources.list")}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::State::Status=${join(folder, "status")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "APT::Sandbox::User=root",
    "APT::Update::Error-Mode=any",
    "Acquire::Languages=none",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=20",
    "Acquire::https::Timeout=20",
  ].flatMap((option) => ["-o", option]);
};

/** The mirrors this system itself uses: no address is written in this project. */
async function mirrors(): Promise<string[]> {
  const format = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
  const { stdout } = await run("apt-get", format);
  return [...new Set(stdout.split("\n").filter((line) => line !== ""))];
}

/** Reads sid's package list from the first mirror that has one. */
async function updateLists(): Promise<void> {
  const folder = join(cacheFolder, "apt");
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  let problem: unknown = new Error("apt is not configured with any mirror");
  for (const mirror of await mirrors()) {
    const line = `deb [signed-by=${keyring}] ${mirror} sid main\n`;
    await writeFile(join(folder, "sources.list"), line);
    try {
      await run("apt-get", [...aptOptions(), "update"]);
      return;
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** `name_version_architecture.deb`, with the epoch's colon written as `%3a`. */
const versionOf = (file: string): readonly [string, string] => {
  const [name = "", version = ""] = file.split("_");
  return [name, decodeURIComponent(version)];
};

async function download(packages: readonly string[], root: string): Promise<Record<string, string>> {
  const folder = join(cacheFolder, "debs");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await mkdir(root, { recursive: true });
  await run("apt-get", [...aptOptions(), "download", ...packages], { cwd: folder });
  const files = (await readdir(folder)).sort();
  for (const file of files) await run("dpkg", ["-x", join(folder, file), root]);
  await rm(folder, { recursive: true, force: true });
  return Object.fromEntries(files.map(versionOf));
}

/**
 * Unpacks packages (not their dependencies) from Debian sid, once: a stamp file with the versions
 * says that it is done.
 */
export async function unpackFromSid(packages: readonly string[]): Promise<Unpacked | Unavailable> {
  if (process.platform !== "linux") return { reason: `no Debian packages on ${process.platform}` };
  const root = join(cacheFolder, "root");
  const digest = createHash("sha256")
    .update([...packages].sort().join(" "))
    .digest("hex");
  const stamp = join(cacheFolder, `packages-${digest.slice(0, 16)}.json`);
  try {
    return await exclusively(async () => {
      const done = await readFile(stamp, "utf8").catch(() => undefined);
      if (done !== undefined) return { root, versions: JSON.parse(done) as Record<string, string> };
      await stat(keyring);
      await updateLists();
      const versions = await download(packages, root);
      await writeFile(`${stamp}.new`, `${JSON.stringify(versions, undefined, 2)}\n`);
      await rename(`${stamp}.new`, stamp);
      return { root, versions };
    });
  } catch (problem) {
    return { reason: `cannot unpack from Debian sid: ${explain(problem)}` };
  }
}
