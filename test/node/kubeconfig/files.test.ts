import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { mergeKubeconfigs, parseKubeconfig } from "kubepki";
import {
  encodeKubeconfigYaml,
  readKubeconfig,
  readKubeconfigFiles,
  updateKubeconfig,
  writeKubeconfig,
} from "kubepki/node";

let root: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
});
afterAll(() => rm(root, { recursive: true }));

const config = (label: string, current = label) =>
  parseKubeconfig({
    users: [
      {
        name: label,
        user: {
          "client-certificate": `${label}.crt`,
          "client-key": "/abs/key",
          tokenFile: "",
          exec: { command: "./get" },
        },
      },
    ],
    clusters: [{ name: label, cluster: { server: "https://a", "certificate-authority": "../ca.crt" } }],
    contexts: [{ name: label, context: { cluster: label, user: label } }],
    "current-context": current,
  });
const fault = (code: string): unknown => expect.objectContaining({ name: "FileError", code });

describe("writeKubeconfig", () => {
  test("makes a file with mode 0600 under any umask, and no other", async () => {
    const old = process.umask(0);
    try {
      await writeKubeconfig(join(folder, "deep", "er", "config"), config("a"));
    } finally {
      process.umask(old);
    }
    expect((await stat(join(folder, "deep", "er", "config"))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, "deep", "er"))).toEqual(["config"]);
  });

  test("replaces a file that others could read by one that they cannot", async () => {
    const path = join(folder, "config");
    await writeFile(path, "kind: Config", { mode: 0o644 });
    await writeKubeconfig(path, config("a"));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readKubeconfig(path)).toEqual(config("a"));
  });

  test("does not write through a symbolic link, and leaves it", async () => {
    const path = join(folder, "config");
    await writeFile(join(folder, "target"), "untouched");
    await symlink("target", path);
    await expect(writeKubeconfig(path, config("a"))).rejects.toThrow(fault("ERR_FILE_LINK"));
    expect(await readFile(path, "utf8")).toBe("untouched");
    expect((await readdir(folder)).sort()).toEqual(["config", "target"]);
  });

  test("does not write while another does, kubectl among them", async () => {
    const path = join(folder, "config");
    await writeFile(`${path}.lock`, "");
    await expect(writeKubeconfig(path, config("a"))).rejects.toThrow(fault("ERR_FILE_LOCKED"));
    expect(await readdir(folder)).toEqual(["config.lock"]);
  });

  test("says that it cannot write", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(writeKubeconfig(join(folder, "file", "config"), config("a"))).rejects.toThrow(
      fault("ERR_FILE_WRITE"),
    );
    await mkdir(join(folder, "config"));
    await expect(writeKubeconfig(join(folder, "config"), config("a"))).rejects.toThrow(
      fault("ERR_FILE_WRITE"),
    );
    expect((await readdir(folder)).sort()).toEqual(["config", "file"]);
  });
});

describe("updateKubeconfig", () => {
  test("changes what is there, or begins with nothing", async () => {
    const path = join(folder, "config");
    await updateKubeconfig(path, (others) => mergeKubeconfigs([others, config("b")]));
    await updateKubeconfig(path, (others) => mergeKubeconfigs([others, config("a")]));
    const { users, "current-context": current } = await readKubeconfig(path);
    expect(users.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(current).toBe("b");
  });

  test("of many at once, none loses what another has written", async () => {
    const path = join(folder, "config");
    const labels = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const insist = async (label: string): Promise<void> => {
      try {
        await updateKubeconfig(path, (others) => mergeKubeconfigs([others, config(label)]));
      } catch (error) {
        expect(error).toEqual(fault("ERR_FILE_LOCKED"));
        await insist(label);
      }
    };
    await Promise.all(labels.map(insist));
    expect((await readKubeconfig(path)).users.map(({ name }) => name)).toEqual([...labels].sort());
  });

  test("writes nothing if the change throws, or the file is broken", async () => {
    const path = join(folder, "config");
    await writeFile(path, "users: [");
    await expect(updateKubeconfig(path, () => config("a"))).rejects.toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_YAML" }),
    );
    await writeFile(path, "kind: Config");
    await expect(updateKubeconfig(path, () => Promise.reject(new RangeError("mine")))).rejects.toThrow(
      RangeError,
    );
    expect(await readFile(path, "utf8")).toBe("kind: Config");
    expect(await readdir(folder)).toEqual(["config"]);
  });
});

describe("readKubeconfig", () => {
  test("says which file is wrong, where, and shows nothing of it", async () => {
    const path = join(folder, "config");
    await writeFile(path, "kind: Config\ntoken: *s3cret");
    await expect(readKubeconfig(path)).rejects.toThrow(
      expect.objectContaining({
        code: "ERR_KUBECONFIG_YAML",
        message: expect.stringMatching(/config: .* \(line 2\)$/),
        cause: expect.objectContaining({ line: 2 }),
      }),
    );
    await writeFile(path, Buffer.from([0x61, 0xff]));
    await expect(readKubeconfig(path)).rejects.toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_YAML" }),
    );
    await writeFile(path, "users: {}");
    await expect(readKubeconfig(path)).rejects.toThrow(
      expect.objectContaining({
        code: "ERR_KUBECONFIG_FORMAT",
        cause: expect.objectContaining({ path: "users" }),
      }),
    );
  });

  test("reads regular files alone, and none over the limit", async () => {
    await expect(readKubeconfig(folder)).rejects.toThrow(fault("ERR_FILE_READ"));
    await expect(readKubeconfig("/dev/zero")).rejects.toThrow(fault("ERR_FILE_READ"));
    await writeFile(join(folder, "config"), " ".repeat(31));
    await expect(readKubeconfig(join(folder, "config"), { maxCharacters: 10 })).rejects.toThrow(
      fault("ERR_FILE_SIZE"),
    );
  });
});

describe("readKubeconfigFiles", () => {
  test("reads the files of KUBECONFIG, each once, and makes their file names absolute", async () => {
    const [one, two] = [join(folder, "one", "config"), join(folder, "two", "config")];
    await writeKubeconfig(one, config("a", ""));
    await writeKubeconfig(two, config("b"));
    vi.stubEnv("KUBECONFIG", ["", one, join(folder, "none"), one, two].join(":"));
    const files = await readKubeconfigFiles();
    vi.unstubAllEnvs();
    expect(files.read).toEqual([one, two]);
    expect(files.missing).toEqual([join(folder, "none")]);
    expect(files.config["current-context"]).toBe("b");
    expect(files.config.users.map(({ user }) => user)).toEqual(
      ["a", "b"].map((label, index) => ({
        "client-certificate": join(folder, index ? "two" : "one", `${label}.crt`),
        "client-key": "/abs/key",
        tokenFile: "",
        exec: { apiVersion: "", command: join(folder, index ? "two" : "one", "get") },
      })),
    );
    expect(files.config.clusters[0]!.cluster["certificate-authority"]).toBe(join(folder, "ca.crt"));
  });

  test("reads .kube/config of the home folder without KUBECONFIG", async () => {
    vi.stubEnv("KUBECONFIG", "");
    vi.stubEnv("HOME", folder);
    await writeKubeconfig(join(folder, ".kube", "config"), config("home"));
    const { config: read } = await readKubeconfigFiles();
    vi.unstubAllEnvs();
    expect(read["current-context"]).toBe("home");
  });

  test("a file that is there and broken is an error, and so is one that cannot be read", async () => {
    await writeFile(join(folder, "broken"), "users: [");
    await expect(readKubeconfigFiles({ paths: [join(folder, "broken")] })).rejects.toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_YAML" }),
    );
    await expect(readKubeconfigFiles({ paths: [folder] })).rejects.toThrow(fault("ERR_FILE_READ"));
  });

  test("follows a symbolic link, as kubectl does", async () => {
    await writeFile(join(folder, "real"), encodeKubeconfigYaml(config("a")));
    await symlink("real", join(folder, "config"));
    await chmod(join(folder, "real"), 0o600);
    expect((await readKubeconfigFiles({ paths: [join(folder, "config")] })).read).toHaveLength(1);
  });
});
