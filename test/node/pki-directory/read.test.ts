import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readPkiDirectory, writePkiDirectory } from "kubepki/node";
import type { PkiFileInput } from "kubepki/node";
import { makeFiles } from "./pairs.ts";

let base: string;
let root: string;
let count = 0;
let one: PkiFileInput[];
let two: PkiFileInput[];
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "pki-"));
  [one, two] = await Promise.all([makeFiles("one"), makeFiles("two")]);
});
beforeEach(() => {
  root = join(base, String(count++));
});
afterAll(() => rm(base, { recursive: true }));

const fault = (code: string): unknown => expect.objectContaining({ code });
const replace = { allowReplacingCaKeys: true };

async function texts(): Promise<Map<string, string>> {
  const { files } = await readPkiDirectory(root);
  return new Map(files.map((file) => [file.path, file.exportText()]));
}

async function findingsOf(): Promise<string[]> {
  return (await readPkiDirectory(root)).findings.map(
    ({ code, severity, path }) => `${severity} ${code} ${path}`,
  );
}

describe("readPkiDirectory", () => {
  test("reports all that it does not read, and loses nothing", async () => {
    await writePkiDirectory(root, one);
    await writeFile(join(root, "README"), "");
    await writeFile(join(root, ".hidden.crt.swp"), "");
    await mkdir(join(root, "manifests"), { mode: 0o777 });
    await chmod(join(root, "manifests"), 0o777);
    await writeFile(join(root, "manifests", "etcd.yaml"), "");
    await symlink("ca.crt", join(root, "pki", "link.crt"));
    await symlink("/nowhere", join(root, "dead.key"));
    await mkdir(join(root, "folder.crt"));
    await writeFile(join(root, "pki", "big.crt"), "x".repeat(4096));
    await writeFile(join(root, "pki", "open.key"), "x", { mode: 0o640 });
    const { files, findings } = await readPkiDirectory(root, { maxFileBytes: 4095 });
    expect(findings.map(({ code, severity, path }) => `${severity} ${code} ${path}`)).toEqual([
      "warning FINDING_PKI_FOREIGN .hidden.crt.swp",
      "warning FINDING_PKI_FOREIGN README",
      "warning FINDING_PKI_LINK dead.key",
      "error FINDING_PKI_FOLDER_MODE manifests",
      "warning FINDING_PKI_FOREIGN manifests/etcd.yaml",
      "error FINDING_PKI_UNREADABLE pki/big.crt",
      "warning FINDING_PKI_LINK pki/link.crt",
      "error FINDING_PKI_FILE_MODE pki/open.key",
    ]);
    expect(files).toHaveLength(one.length + 1);
  });

  const isRoot = process.getuid?.() === 0;
  test.skipIf(isRoot)(
    `reports files that it may not read${isRoot ? " (skipped: root may read everything)" : ""}`,
    async () => {
      await writePkiDirectory(root, one);
      await chmod(join(root, "pki", "ca.key"), 0);
      expect(await findingsOf()).toEqual(["error FINDING_PKI_UNREADABLE pki/ca.key"]);
    },
  );

  test("has limits", async () => {
    await writePkiDirectory(root, one);
    await expect(readPkiDirectory(root, { maxFiles: 5 })).rejects.toThrow(fault("ERR_FILE_SIZE"));
    await mkdir(join(root, ...Array.from({ length: 18 }, () => "d")), { recursive: true });
    expect(await findingsOf()).toEqual([
      `error FINDING_PKI_UNREADABLE ${Array.from({ length: 17 }, () => "d").join("/")}`,
    ]);
  });

  test("says that there is no directory", async () => {
    await expect(readPkiDirectory(root)).rejects.toThrow(fault("ERR_FILE_READ"));
    await writeFile(root, "");
    await expect(readPkiDirectory(root)).rejects.toThrow(fault("ERR_FILE_READ"));
  });

  test("sees one state while another writes", async () => {
    await writePkiDirectory(root, one);
    const writers = Array.from({ length: 10 }, (_, turn) => turn).reduce(
      (before, turn) =>
        before.then(async () => void (await writePkiDirectory(root, turn % 2 ? one : two, replace))),
      Promise.resolve(),
    );
    let reads = 0;
    for (let state = "writing"; state === "writing"; reads++) {
      const now = await texts().catch((error: unknown) => {
        expect(error).toEqual(fault("ERR_FILE_CHANGED"));
        return undefined;
      });
      if (now)
        expect([one, two].some((set) => set.every(({ path, text }) => now.get(path) === text))).toBe(true);
      state = await Promise.race([writers.then(() => "done"), sleep(1, "writing")]);
    }
    expect(reads).toBeGreaterThan(1);
  });

  test("shows no contents by accident", async () => {
    await writePkiDirectory(root, one);
    const directory = await readPkiDirectory(root);
    expect(inspect(directory, { depth: 9, showHidden: true }) + JSON.stringify(directory)).not.toContain(
      "BEGIN",
    );
  });
});
