import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodePem } from "kubepki";
import { openCertificateStore, parseCertificatePair } from "kubepki/node";
import type { CertificatePair, FileStoreOptions } from "kubepki/node";
import { alias } from "../../../vitest.config.ts";
import { newCa, newClient } from "../../support/mtls.ts";
import type { Ca } from "../../support/mtls.ts";

let ca: Ca;
let pairs: CertificatePair[];
const pairOf = async (commonName: string): Promise<CertificatePair> => {
  const { cert, key } = await newClient(ca, commonName);
  return parseCertificatePair(cert, key);
};
beforeAll(async () => {
  ca = await newCa("kubernetes");
  pairs = await Promise.all(["node-a", "node-b"].map(pairOf));
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kubepki-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const prefix = "kubelet-client";
const at = (name: string): string => join(directory, name);
const open = (options: Partial<FileStoreOptions> = {}) =>
  openCertificateStore({ directory, prefix, ...options });
const moment = new Date(2026, 0, 31, 12, 5, 9);
const refused = (message: string) =>
  expect.objectContaining({ code: "ERR_KUBELET_STORE", message: expect.stringContaining(message) });

describe("a certificate pair", () => {
  test("shows its certificate and not its key", () => {
    const [pair] = pairs;
    for (const shown of [JSON.stringify(pair), inspect(pair, { showHidden: true }), String(pair)])
      expect(shown).not.toContain("PRIVATE KEY");
    expect(pair!.exportPem()).toMatch(/^-----BEGIN CERTIFICATE-----[^]+-----END (EC )?PRIVATE KEY-----\n$/);
  });

  test("is refused if the key is another's", () => {
    const [one, two] = pairs;
    expect(() => parseCertificatePair(one!.certificatePem, two!.exportTlsOptions().key)).toThrow(
      expect.objectContaining({ code: "ERR_KEY_MISMATCH" }),
    );
  });

  test("keeps the chain in its order, and nothing between", () => {
    const [pair] = pairs;
    const chain = `text\n${pair!.certificatePem}more\n${encodePem("CERTIFICATE", ca.certificate.der)}`;
    const read = parseCertificatePair(chain, `text\n${pair!.exportTlsOptions().key}`);
    expect(read.certificates.map(({ der }) => der)).toEqual([pair!.certificate.der, ca.certificate.der]);
    expect(read.exportPem()).not.toContain("text");
  });
});

describe("the files of a store", () => {
  test("are a link and a dated file of mode 0600, certificates first, as a kubelet writes them", async () => {
    const umask = process.umask(0o277);
    const store = await open();
    await store.update(pairs[0]!, moment);
    process.umask(umask);
    expect(readdirSync(directory).sort()).toEqual([
      `${prefix}-2026-01-31-12-05-09.pem`,
      `${prefix}-current.pem`,
    ]);
    expect(readlinkSync(store.currentPath)).toBe(at(`${prefix}-2026-01-31-12-05-09.pem`));
    expect(statSync(store.currentPath).mode & 0o777).toBe(0o600);
    expect(readFileSync(store.currentPath, "utf8")).toBe(pairs[0]!.exportPem());
  });

  test("lead to the newest pair; the others stay, or as many of them as are wanted", async () => {
    const store = await open({ keep: 2 });
    for (let second = 0; second < 4; second++)
      await store.update(pairs[second % 2]!, new Date(moment.getTime() + second * 1000));
    expect((await store.current())?.certificate.der).toEqual(pairs[1]!.certificate.der);
    const dated = () => readdirSync(directory).filter((name) => name.includes("2026"));
    expect(dated()).toEqual([`${prefix}-2026-01-31-12-05-11.pem`, `${prefix}-2026-01-31-12-05-12.pem`]);
    writeFileSync(at(`${prefix}-2026-notes.pem`), "");
    await (await open()).update(pairs[0]!, new Date(moment.getTime() + 9000));
    expect(dated()).toHaveLength(4);
  });

  test("of one second replace each other", async () => {
    const store = await open({ keep: 1 });
    for (const pair of pairs) await store.update(pair, moment);
    expect((await store.current())?.toString()).toBe(String(pairs[1]));
    expect(readdirSync(directory)).toHaveLength(2);
  });

  test("are looked for in the kubelet's order", async () => {
    const [one, two] = pairs;
    const write = (name: string, pair: CertificatePair) => {
      const { cert, key } = pair.exportTlsOptions();
      writeFileSync(at(`${name}.crt`), cert);
      writeFileSync(at(`${name}.key`), key);
    };
    const files = { certFile: at("given.crt"), keyFile: at("given.key") };
    const found = async () => (await (await open(files)).current())?.toString();
    expect(await found()).toBeUndefined();
    write(prefix, one!);
    expect(await found()).toBe(String(one));
    write("given", two!);
    expect(await found()).toBe(String(two));
    rmSync(files.keyFile); // half a pair is none
    expect(await found()).toBe(String(one));
    await (await open()).update(two!);
    expect(await found()).toBe(String(two));
  });

  test("are finished when a kubelet was stopped between removing its link and renaming the new one", async () => {
    await (await open()).update(pairs[0]!, moment);
    rmSync(at(`${prefix}-current.pem`));
    symlinkSync(at(`${prefix}-2026-01-31-12-05-09.pem`), at(`${prefix}-updated.pem`));
    expect((await (await open()).current())?.toString()).toBe(String(pairs[0]));
    expect(readdirSync(directory).sort()).toEqual([
      `${prefix}-2026-01-31-12-05-09.pem`,
      `${prefix}-current.pem`,
    ]);
  });

  test("are not written over what is no link", async () => {
    const store = await open();
    writeFileSync(store.currentPath, "mine");
    await expect(store.update(pairs[0]!)).rejects.toEqual(refused("must be a symbolic link"));
    rmSync(store.currentPath);
    writeFileSync(at(`${prefix}-updated.pem`), "mine");
    await expect(store.update(pairs[0]!)).rejects.toEqual(refused("must be a symbolic link"));
    await expect(open()).rejects.toEqual(refused("must be a symbolic link"));
  });

  test("that are there and wrong are an error, not nothing", async () => {
    const store = await open();
    writeFileSync(store.currentPath, pairs[0]!.certificatePem);
    await expect(store.current()).rejects.toEqual(refused("there is no private key in the text"));
    writeFileSync(store.currentPath, pairs[0]!.certificatePem + pairs[1]!.exportTlsOptions().key);
    await expect(store.current()).rejects.toEqual(refused("not that of the first certificate"));
    await expect(open({ directory: join(store.currentPath, "below") })).rejects.toEqual(refused("ENOTDIR"));
    rmSync(store.currentPath);
    const below = await open({ directory: at("below") });
    writeFileSync(at("below"), "no directory");
    await expect(below.update(pairs[0]!)).rejects.toEqual(refused("EEXIST"));
  });

  test.each(["", "a/b"])("have no names that begin with %j", async (bad) => {
    await expect(open({ prefix: bad })).rejects.toThrow(TypeError);
  });

  test("keep at least the current one", async () => {
    await expect(open({ keep: 0 })).rejects.toThrow(TypeError);
  });
});

describe("a writer that is killed", () => {
  const KILLS = 100;
  const LANES = 4;
  let script: string;
  let files: string[];
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kubepki-writer-"));
    files = pairs.map((_, index) => join(folder, `${index}.pem`));
    for (const [index, file] of files.entries()) writeFileSync(file, pairs[index]!.exportPem());
    script = join(folder, "writer.mjs");
    await build({
      entryPoints: [new URL("store-writer.ts", import.meta.url).pathname],
      outfile: script,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      packages: "bundle",
      alias: { kubepki: alias[0]!.replacement, "kubepki/node": alias[1]!.replacement.replace("$1", "node") },
      external: ["yaml"],
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = async (into: string) => {
    const child = spawn(process.execPath, [script, into, ...files], { stdio: ["ignore", "pipe", "inherit"] });
    const failed = once(child, "exit").then(() => Promise.reject(new Error("the writer did not start")));
    await Promise.race([once(child.stdout, "data"), failed]);
    failed.catch(() => undefined);
    return child;
  };

  test(`leaves a whole pair behind at every one of ${KILLS} moments, and readers see nothing else`, async () => {
    const whole = new Set(pairs.map((pair) => pair.exportPem()));
    const seen = new Set<string | undefined>();
    let reads = 0;
    const lane = async (number: number): Promise<void> => {
      const into = join(directory, String(number));
      const store = await openCertificateStore({ directory: into, prefix });
      await store.update(pairs[0]!);
      for (let kill = number; kill < KILLS; kill += LANES) {
        const child = await start(into);
        const gone = once(child, "exit");
        const stop = sleep((kill / KILLS) * 20).then(() => child.kill("SIGKILL"));
        for (let over = false; !over; over = await Promise.race([gone.then(() => true), sleep(1, false)])) {
          const found = (await store.current())?.exportPem();
          expect([...whole]).toContain(found);
          seen.add(found);
          reads++;
        }
        await stop;
        const after = await openCertificateStore({ directory: into, prefix, keep: 3 });
        expect([...whole]).toContain((await after.current())?.exportPem());
        expect(lstatSync(after.currentPath).isSymbolicLink()).toBe(true);
        const left = readdirSync(into).map((name) => lstatSync(join(into, name)));
        expect(left.filter((file) => file.isFile() && file.mode & 0o077)).toEqual([]);
        await after.update(pairs[kill % 2]!); // whatever was left behind is in nobody's way
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
    expect(seen).toEqual(whole); // the writers did write
    expect(reads).toBeGreaterThan(KILLS);
  }, 120_000);
});
