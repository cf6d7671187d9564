/** The packed package, judged as a stranger gets it: `npm run build` comes first. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot, readText } from "../source-tree.ts";

const root = fileURLToPath(projectRoot);
const folder = mkdtempSync(join(tmpdir(), "kubepki-package-"));
const manifest = JSON.parse(readText("package.json")) as {
  version: string;
  exports: Record<string, string | object>;
};
const specifiers = Object.keys(manifest.exports)
  .filter((key) => key !== "./package.json")
  .map((key) => key.replace(/^\./, "kubepki"));

let tarball: string;
let packedFiles: string[];

beforeAll(() => {
  const answer = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root);
  const [packed] = Object.values(JSON.parse(answer) as { filename: string; files: { path: string }[] }[]);
  tarball = join(folder, packed!.filename);
  packedFiles = packed!.files.map(({ path }) => path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it holds the build, the licence and the texts, and nothing else", () => {
  const others = packedFiles.filter((path) => !/^dist\/.+\.(js|js\.map|d\.ts)$/.test(path));
  expect(others.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
});

test("publint finds nothing", () => {
  run(tool("publint"), ["--strict", "--pack", "false", root], root);
});

test("the types resolve for every kind of importer", () => {
  run(tool("attw"), ["--profile", "esm-only", tarball], root);
});

describe("installed into an empty folder", () => {
  const consumer = join(folder, "consumer");

  beforeAll(() => {
    mkdirSync(consumer);
    writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }');
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", tarball], consumer);
  });

  test.for(specifiers)("%s can be imported", (specifier) => {
    const program = `import("${specifier}").then((all) => console.log(Object.keys(all).length))`;
    expect(Number(run(process.execPath, ["--eval", program], consumer))).toBeGreaterThan(0);
  });

  test.for(specifiers)("%s can be required where Node allows it", (specifier) => {
    const program = `console.log(Object.keys(require("${specifier}")).length)`;
    const flags = ["--no-warnings", "--input-type=commonjs", "--eval", program];
    expect(Number(run(process.execPath, flags, consumer))).toBeGreaterThan(0);
  });

  /** Compiles a program against the installed package, its declarations included. */
  function compile(name: string, code: string, types: string, lib = "es2022,dom"): void {
    writeFileSync(join(consumer, name), code);
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--types", types];
    // The types of Koa (3.0.3) do not compile themselves: they want a name that content-disposition 2 has no more.
    if (name === "koa.ts") options.push("--skipLibCheck");
    run(tool("tsc"), [...options, "--ignoreConfig", "--lib", lib, name], consumer);
  }

  const frameworks = ["express", "fastify", "hono", "koa"];
  const onNode = ["node", ...frameworks].map((name) => `kubepki/${name}`);

  test("the declarations compile without any other types, apart from those for Node", () => {
    const portable = specifiers.filter((specifier) => !onNode.includes(specifier));
    const code = portable.map((name, index) => `export * as entry${index} from "${name}";`).join("\n");
    compile("consumer.ts", code, "");
  });

  test("on a server they compile beside Node's types alone, with WebCrypto's keys by them", () => {
    for (const dependency of ["@types/node", "undici-types"]) link(dependency);
    const code = `export * as all from "kubepki"; export * as node from "kubepki/node"; export * as der from "kubepki/der";
      import { webcrypto } from "node:crypto"; import { cryptoKeySigner, type CryptoKey } from "kubepki";
      const keys = await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
      if ("privateKey" in keys) { await cryptoKeySigner(keys); const key: CryptoKey = keys.privateKey; void key.extractable; }`;
    compile("server.ts", code, "node", "es2022");
  });

  test.for(frameworks)("those of kubepki/%s compile beside the framework's, and add to them", (name) => {
    for (const dependency of [name, `@types/${name}`, "@types/node"]) link(dependency);
    compile(`${name}.ts`, programs[name]!, "node");
  });

  const programs: Record<string, string> = {
    express: `import express from "express"; import { authentication } from "kubepki/express";
      express().use(authentication({ sources: async () => undefined })).get("/", (request) => { request.identity?.groups.length; });`,
    fastify: `import { fastify } from "fastify"; import { authentication } from "kubepki/fastify";
      const app = fastify(); await app.register(authentication({ sources: async () => undefined }));
      app.get("/", async (request) => request.identity?.groups.length);`,
    hono: `import { Hono } from "hono"; import { authentication } from "kubepki/hono";
      new Hono().use(authentication({ sources: async () => undefined })).get("/", (c) => c.text(c.var.identity?.username ?? ""));`,
    koa: `import Koa from "koa"; import { authentication } from "kubepki/koa";
      new Koa().use(authentication({ sources: async () => undefined })).use((context) => { context.body = context.identity?.username; });`,
  };

  /** A package of the project for the consumer; links lead to where its own dependencies are found. */
  function link(name: string): void {
    const [target, path] = [join(root, "node_modules", name), join(consumer, "node_modules", name)];
    if (!existsSync(target) || existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }
});

function tool(name: string): string {
  return join(root, "node_modules", ".bin", name);
}

/** The output of a program; its failure shows what it printed. */
function run(command: string, parameters: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, parameters, { cwd, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${parameters.join(" ")}\n${stdout}\n${stderr}`, { cause: error });
  }
}
