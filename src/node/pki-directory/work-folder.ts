/**
 * The folder in which a writer of a directory works. It is its lock as well.
 *
 * Its name says whose it is: host, boot, namespace of processes, process, and when the process began. So whether its writer is alive can be found out, a dead writer's folder is never
 * taken for a live one's, and removing it harms nobody: no name comes twice. A writer makes its folder and then looks for others. Of two at once at least one sees the other.
 */
import { createHash } from "node:crypto";
import { lstat, mkdtemp, readFile, readdir, readlink, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { FileError } from "../../errors.ts";

const PREFIX = ".kubepki-";
const NAME = /^\.kubepki-([\da-f]{8})-([\da-f]{8})-(\d{1,20})-(\d{1,10})-(\d{1,20})-\w{6}$/;

/** Whether a name in the directory is one of ours. */
export function isWorkFolder(name: string): boolean {
  return NAME.test(name);
}

/** No process has this number. */
const NOBODY = "0";

interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly start: string;
}

async function thisProcess(): Promise<Owner> {
  return {
    host: digest(hostname()),
    boot: digest(await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")),
    namespace: /\d+/.exec(await readlink("/proc/self/ns/pid").catch(() => ""))?.[0] ?? "0",
    pid: process.pid,
    start: (await startOf(process.pid)) ?? "0",
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** In ticks since the boot; "0" where the system does not say, nothing if there is no such process. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name of the program, in parentheses, can have spaces and parentheses in it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
}

/** Alive, as far as can be known: what runs on another host, or where this process cannot see, counts as alive. */
async function isAlive(name: string, self: Owner): Promise<boolean> {
  const [, host, boot, namespace, pid, start] = NAME.exec(name) ?? [];
  if (host !== self.host) return true;
  if (boot !== self.boot) return false;
  if (pid === NOBODY) return false;
  if (namespace !== self.namespace) return true;
  return (await startOf(Number(pid))) === start;
}

/** The work folders in a directory. Those of other users are not ours to trust, only to wait for. */
export async function workFolders(
  root: string,
): Promise<{ readonly name: string; readonly isOurs: boolean }[]> {
  const uid = process.geteuid?.();
  const folders = [];
  for (const name of (await readdir(root)).filter(isWorkFolder).sort()) {
    const stats = await lstat(join(root, name)).catch(() => undefined);
    if (stats?.isDirectory()) folders.push({ name, isOurs: uid === undefined || stats.uid === uid });
  }
  return folders;
}

/** A lock that is held: the folder to work in, and what dead writers have left. */
export interface WorkFolder {
  /** Path of the folder, mode 0700. */
  readonly path: string;
  /** Paths of the folders of writers that are no more. */
  readonly abandoned: readonly string[];
}

/**
 * Makes a work folder, if no other writer is at work.
 *
 * @throws FileError `ERR_FILE_LOCKED`
 */
export async function makeWorkFolder(root: string): Promise<WorkFolder> {
  const self = await thisProcess();
  const { host, boot, namespace, pid, start } = self;
  const path = await mkdtemp(join(root, [PREFIX + host, boot, namespace, pid, start, ""].join("-")));
  const abandoned: string[] = [];
  for (const { name, isOurs } of await workFolders(root)) {
    const other = join(root, name);
    if (other === path) continue;
    if (await isAlive(name, self)) {
      await rm(path, { recursive: true, force: true });
      throw new FileError("ERR_FILE_LOCKED", `another process is writing into ${root}, in ${name}`);
    }
    if (isOurs) abandoned.push(other);
  }
  return { path, abandoned };
}

/** Lets go of the lock although there is work left: the folder becomes that of a writer that is no more. */
export async function abandonWorkFolder(path: string): Promise<void> {
  const [, host, boot, namespace] = NAME.exec(basename(path)) ?? [];
  const name = [PREFIX + host, boot, namespace, NOBODY, NOBODY, path.slice(-6)].join("-");
  await rename(path, join(dirname(path), name));
}
