import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodePublicKeyPem, generateKeyPair } from "kubepki";
import { readPkiDirectory, recoverPkiDirectory, writePkiDirectory } from "kubepki/node";
import type { PkiFileInput } from "kubepki/node";
import { commitJournal, digestOf, stageFile } from "../../../src/node/pki-directory/journal.ts";
import { abandonWorkFolder, makeWorkFolder } from "../../../src/node/pki-directory/work-folder.ts";
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
const textOf = (files: readonly PkiFileInput[], path: string): string =>
  files.find((file) => file.path === path)!.text;

async function texts(): Promise<Map<string, string>> {
  const { files } = await readPkiDirectory(root);
  return new Map(files.map((file) => [file.path, file.exportText()]));
}

async function findingsOf(): Promise<string[]> {
  return (await readPkiDirectory(root)).findings.map(
    ({ code, severity, path }) => `${severity} ${code} ${path}`,
  );
}

describe("writePkiDirectory", () => {
  test("writes kubeadm's modes under an umask of 0, and leaves nothing else", async () => {
    const old = process.umask(0);
    try {
      await writePkiDirectory(root, [...one, { path: "jane.crt", text: "x", mode: 0o600 }]);
    } finally {
      process.umask(old);
    }
    const { files, findings } = await readPkiDirectory(root);
    expect(findings).toEqual([]);
    expect(files.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([
      "600 admin.conf",
      "600 jane.crt",
      "644 pki/apiserver.crt",
      "600 pki/apiserver.key",
      "644 pki/ca.crt",
      "600 pki/ca.key",
      "644 pki/etcd/ca.crt",
      "600 pki/etcd/ca.key",
      "644 pki/etcd/server.crt",
      "600 pki/etcd/server.key",
    ]);
    expect((await readdir(root)).sort()).toEqual(["admin.conf", "jane.crt", "pki"]);
    expect((await stat(join(root, "pki", "etcd"))).mode & 0o777).toBe(0o755);
  });

  test("does nothing about what is there already, and tightens what others could read", async () => {
    await writePkiDirectory(root, one);
    await chmod(join(root, "pki", "ca.key"), 0o644);
    const inode = (await stat(join(root, "pki", "ca.crt"))).ino;
    const { written, unchanged } = await writePkiDirectory(root, one);
    expect(written).toEqual(["pki/ca.key"]);
    expect(unchanged).toHaveLength(one.length - 1);
    expect((await stat(join(root, "pki", "ca.key"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, "pki", "ca.crt"))).ino).toBe(inode);
  });

  test("leaves files that it was not given", async () => {
    await writePkiDirectory(root, one);
    await writeFile(join(root, "pki", "notes.txt"), "mine");
    await writePkiDirectory(root, two, replace);
    expect(await readFile(join(root, "pki", "notes.txt"), "utf8")).toBe("mine");
    expect(await texts()).toEqual(
      new Map([...two].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, text }) => [path, text])),
    );
  });

  test("replaces no key of a CA without an explicit word", async () => {
    await writePkiDirectory(root, one);
    await expect(writePkiDirectory(root, two)).rejects.toThrow(fault("ERR_FILE_CA_KEY"));
    expect((await texts()).get("admin.conf")).toBe(textOf(one, "admin.conf"));
    await writePkiDirectory(root, two, replace);
    expect((await texts()).get("pki/ca.key")).toBe(textOf(two, "pki/ca.key"));
  });

  test("knows keys of CAs by their certificates, whatever they are called; and the key of service accounts", async () => {
    const named = (files: PkiFileInput[]): PkiFileInput[] =>
      ["crt", "key"].map((end) => ({ path: `issuer.${end}`, text: textOf(files, `pki/ca.${end}`) }));
    await writePkiDirectory(root, named(one));
    await expect(writePkiDirectory(root, named(two))).rejects.toThrow(fault("ERR_FILE_CA_KEY"));
    const serviceAccount = async (): Promise<PkiFileInput[]> => {
      const { privateKey } = await generateKeyPair("ECDSA-P256");
      return [
        { path: "pki/sa.key", text: await privateKey.exportPem() },
        { path: "pki/sa.pub", text: encodePublicKeyPem(privateKey) },
      ];
    };
    await writePkiDirectory(root, await serviceAccount());
    await expect(writePkiDirectory(root, await serviceAccount())).rejects.toThrow(fault("ERR_FILE_CA_KEY"));
  });

  test("writes no certificate and no public key beside a key that is not theirs, be it new or there already", async () => {
    const mixed = [
      one.find(({ path }) => path === "pki/apiserver.crt")!,
      two.find(({ path }) => path === "pki/apiserver.key")!,
    ];
    await expect(writePkiDirectory(root, mixed)).rejects.toThrow(fault("ERR_KEY_MISMATCH"));
    await writePkiDirectory(root, one);
    for (const file of mixed.slice(1))
      await expect(writePkiDirectory(root, [file])).rejects.toThrow(fault("ERR_KEY_MISMATCH"));
    const crt = { path: "pki/apiserver.crt", text: textOf(two, "pki/apiserver.crt") };
    await expect(writePkiDirectory(root, [crt])).rejects.toThrow(fault("ERR_KEY_MISMATCH"));
    await expect(writePkiDirectory(root, [{ ...crt, text: "no PEM" }])).rejects.toThrow(
      fault("ERR_KEY_MISMATCH"),
    );
    const { publicKey } = await generateKeyPair("ECDSA-P256");
    const pub = { path: "pki/ca.pub", text: encodePublicKeyPem(publicKey) };
    await expect(writePkiDirectory(root, [pub])).rejects.toThrow(fault("ERR_KEY_MISMATCH"));
  });

  test.for([
    "",
    "/etc/ca.crt",
    "../ca.crt",
    "pki/../../ca.crt",
    "pki//ca.crt",
    "./ca.crt",
    ".ca.crt",
    "pki\\ca.crt",
    "a\0.crt",
    "ca.crt/",
    "ca.crt.",
    "ca",
    "ca.txt",
    ".crt",
    "C:ca.crt",
    `${"a/".repeat(16)}ca.crt`,
  ])("refuses the path %j", async (path) => {
    await expect(writePkiDirectory(root, [{ path, text: "" }])).rejects.toThrow(fault("ERR_FILE_PATH"));
  });

  test("refuses paths that are one, also where case does not count", async () => {
    const files = ["pki/a.conf", "PKI/A.conf"].map((path) => ({ path, text: "" }));
    await expect(writePkiDirectory(root, files)).rejects.toThrow(fault("ERR_FILE_PATH"));
  });

  test("follows and replaces no symbolic link below the directory", async () => {
    const elsewhere = join(base, "elsewhere");
    await mkdir(elsewhere, { recursive: true });
    await mkdir(root);
    await symlink(elsewhere, join(root, "pki"));
    await expect(writePkiDirectory(root, one)).rejects.toThrow(fault("ERR_FILE_LINK"));
    await rm(join(root, "pki"));
    await symlink(join(elsewhere, "stolen.conf"), join(root, "admin.conf"));
    await expect(writePkiDirectory(root, one)).rejects.toThrow(fault("ERR_FILE_LINK"));
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readdir(root)).toEqual(["admin.conf"]);
  });

  test("refuses to write through a file, or over a folder", async () => {
    await mkdir(join(root, "admin.conf"), { recursive: true });
    await expect(writePkiDirectory(root, one)).rejects.toThrow(fault("ERR_FILE_READ"));
    await writeFile(join(root, "pki"), "");
    await expect(writePkiDirectory(root, one.slice(0, 2))).rejects.toThrow(fault("ERR_FILE_WRITE"));
    expect((await readdir(root)).sort()).toEqual(["admin.conf", "pki"]);
  });

  test("stops if it is told to, and leaves nothing", async () => {
    const signal = AbortSignal.abort(new RangeError("enough"));
    await expect(writePkiDirectory(root, one, { signal })).rejects.toThrow(RangeError);
    expect(await readdir(root)).toEqual([]);
  });
});

describe("the lock", () => {
  test("of writers at the same time, one at most writes, and nothing is mixed", async () => {
    await writePkiDirectory(root, one);
    const sets = [one, two, one, two, one, two];
    const outcomes = await Promise.allSettled(sets.map((set) => writePkiDirectory(root, set, replace)));
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toEqual(fault("ERR_FILE_LOCKED"));
    const now = await texts();
    expect([one, two].some((set) => set.every(({ path, text }) => now.get(path) === text))).toBe(true);
    expect((await readdir(root)).sort()).toEqual(["admin.conf", "pki"]);
  });

  test("a writer that is alive keeps others out; one that is dead does not, and one that cannot be known does", async () => {
    await mkdir(root);
    const { path } = await makeWorkFolder(root);
    await expect(writePkiDirectory(root, one)).rejects.toThrow(fault("ERR_FILE_LOCKED"));
    await expect(recoverPkiDirectory(root)).rejects.toThrow(fault("ERR_FILE_LOCKED"));
    const parts = basename(path).split("-");
    const as = (changes: Record<number, string>): string =>
      join(root, parts.map((part, index) => changes[index] ?? part).join("-"));
    for (const [changes, isLocked] of [
      [{ 5: "99" }, false], // began at another time: another process with the same number
      [{ 4: "999999999" }, false],
      [{ 1: "00000000" }, true], // another host
      [{ 2: "00000000" }, false], // before the last boot
    ] as [Record<number, string>, boolean][]) {
      const renamed = as(changes);
      await rename(path, renamed);
      const result = await writePkiDirectory(root, one).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(result).toEqual(isLocked ? fault("ERR_FILE_LOCKED") : undefined);
      if (isLocked) await rename(renamed, path);
      else await mkdir(path);
    }
  });
});

describe("what an interrupted writer has left", () => {
  /** A writer that has died after the journal was on the disk. */
  async function interrupted(files: readonly PkiFileInput[], before: string | null = null): Promise<void> {
    const { path: folder } = await makeWorkFolder(root);
    for (const { path, text } of files) await stageFile(folder, path, text, 0o600);
    const entries = files.map(({ path, text }) => ({ path, before, after: digestOf(text) }));
    await commitJournal(root, folder, entries);
    await abandonWorkFolder(folder);
  }

  test("counts for readers at once, and is moved by the next writer", async () => {
    await mkdir(root);
    await interrupted(one);
    expect((await texts()).get("pki/ca.key")).toBe(textOf(one, "pki/ca.key"));
    expect((await findingsOf())[0]).toBe("warning FINDING_PKI_PENDING admin.conf");
    expect(await readdir(root)).toHaveLength(1);
    await recoverPkiDirectory(root);
    expect((await readdir(root)).sort()).toEqual(["admin.conf", "pki"]);
    expect(await findingsOf()).toEqual([]);
  });

  test("does not replace what somebody else has written since then", async () => {
    await mkdir(root);
    const conf = { path: "admin.conf", text: "new" };
    await interrupted([conf], digestOf("old"));
    await writeFile(join(root, "admin.conf"), "another");
    await expect(recoverPkiDirectory(root)).rejects.toThrow(fault("ERR_FILE_CHANGED"));
    expect(await readFile(join(root, "admin.conf"), "utf8")).toBe("another");
    await writeFile(join(root, "admin.conf"), "old");
    await recoverPkiDirectory(root);
    expect(await readFile(join(root, "admin.conf"), "utf8")).toBe("new");
  });

  test("is not moved through a link that was put there since then", async () => {
    await mkdir(root);
    await interrupted(one);
    await mkdir(join(base, "trap"), { recursive: true });
    await symlink(join(base, "trap"), join(root, "pki"));
    await expect(recoverPkiDirectory(root)).rejects.toThrow(fault("ERR_FILE_LINK"));
    expect(await readdir(join(base, "trap"))).toEqual([]);
  });
});
