/** Our certificate store and client-go's, in the same directory: each goes on with the files of the other. */
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openCertificateStore, parseCertificatePair } from "kubepki/node";
import type { CertificatePair } from "kubepki/node";
import { newCa, newClient } from "../support/mtls.ts";
import { exclusively, explain, run, unpackFromSid, type Unavailable } from "./debian.ts";
import { goEnvironment, goRelease, packages } from "./setup.ts";

const folder = mkdtempSync(join(tmpdir(), "kubepki-file-store-"));
const program = await buildProgram();

/** Compiles client-go's certificate_store.go as it is; of the manager beside it, which needs the whole client, only the types. */
async function buildProgram(): Promise<string | Unavailable> {
  const unpacked = await unpackFromSid(packages);
  if ("reason" in unpacked) return unpacked;
  const here = (name: string): string => fileURLToPath(new URL(`file-store/${name}`, import.meta.url));
  const manager = "usr/share/gocode/src/k8s.io/client-go/util/certificate/certificate_manager.go";
  const overlay = join(folder, "overlay.json");
  writeFileSync(
    overlay,
    JSON.stringify({ Replace: { [join(unpacked.root, manager)]: here("manager.go.txt") } }),
  );
  const go = join(unpacked.root, "usr/lib", `go-${goRelease}`, "bin/go");
  const path = join(folder, "file-store");
  try {
    await exclusively(() =>
      run(go, ["build", "-overlay", overlay, "-o", path, "."], {
        cwd: here("."),
        env: goEnvironment(unpacked.root),
      }),
    );
    return path;
  } catch (problem) {
    return { reason: `cannot build client-go's certificate store: ${explain(problem)}` };
  }
}

afterAll(() => rmSync(folder, { recursive: true }));

if (typeof program !== "string") {
  console.warn(`skipped: file store: ${program.reason}`);
  test.skip(`file store (skipped: ${program.reason})`);
} else {
  describe("a directory of client-go's certificate store", () => {
    let pairs: CertificatePair[];
    let directory: string;
    beforeAll(async () => {
      const ca = await newCa("kubernetes");
      const made = await Promise.all(["node-a", "node-b"].map((name) => newClient(ca, name, [], [ca])));
      pairs = made.map(({ cert, key }) => parseCertificatePair(cert, key));
    });
    beforeEach(() => {
      directory = mkdtempSync(join(folder, "pki-"));
    });
    const prefix = "kubelet-client";
    const go = (command: string, input = ""): string =>
      execFileSync(program, [command, directory], { input, encoding: "utf8" });
    const goCurrent = (): CertificatePair => {
      const text = go("current");
      return parseCertificatePair(text, text);
    };
    const open = () => openCertificateStore({ directory, prefix });

    test("is read by it when we have written it", async () => {
      const store = await open();
      for (const [index, pair] of pairs.entries()) {
        await store.update(pair, new Date(Date.now() + index * 1000));
        expect(goCurrent().certificatePem).toBe(pair.certificatePem); // that the key fits, the reading has checked
      }
    });

    test("is read by us when it has written it, and goes on from either side", async () => {
      const [one, two] = pairs as [CertificatePair, CertificatePair];
      go("update", one.exportPem());
      const store = await open();
      expect((await store.current())?.exportPem()).toBe(one.exportPem());
      await store.update(two, new Date(Date.now() + 5000));
      expect(goCurrent().certificatePem).toBe(two.certificatePem);
      go("update", one.exportPem());
      expect((await store.current())?.exportPem()).toBe(one.exportPem());
    });

    test("has the same files, modes, links and bytes from both", async () => {
      const [pair] = pairs as [CertificatePair];
      const describeFiles = (): unknown =>
        readdirSync(directory)
          .sort()
          .map((name) => {
            const [path, file] = [join(directory, name), lstatSync(join(directory, name))];
            const shape = name.replaceAll(/\d/g, "9");
            const target = file.isSymbolicLink()
              ? readlinkSync(path).replaceAll(/\d\d/g, "99")
              : file.mode.toString(8);
            return [
              shape,
              target.replace(directory.replaceAll(/\d\d/g, "99"), ""),
              readFileSync(path, "utf8"),
            ];
          });
      go("update", pair.exportPem());
      const theirs = describeFiles();
      rmSync(directory, { recursive: true });
      await (await open()).update(pair);
      expect(describeFiles()).toEqual(theirs);
    });

    test("is mended by both when the link is gone and the new one is there", async () => {
      const [pair] = pairs as [CertificatePair];
      for (const read of [async () => goCurrent(), async () => (await open()).current()]) {
        await (await open()).update(pair);
        const current = join(directory, `${prefix}-current.pem`);
        const target = readlinkSync(current);
        rmSync(current);
        symlinkSync(target, join(directory, `${prefix}-updated.pem`));
        expect((await read())?.certificatePem).toBe(pair.certificatePem);
      }
    });
  });
}
