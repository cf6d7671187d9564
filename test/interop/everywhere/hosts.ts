/** Where the work is done: pages and workers of browsers that are installed, and workerd. Everything listens on loopback alone. */
import { execFile, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { alias } from "../../../vitest.config.ts";
import { cacheFolder, exclusively, explain } from "../debian.ts";
import type { Unavailable } from "../debian.ts";
import type { Answers } from "./work.ts";

const WORKERD = "1.20261023.1";
const PATIENCE = 120_000;

/** One place where the work can be done. */
export interface Host {
  readonly name: string;
  work(inputs: readonly string[]): Promise<Answers>;
}

/** Every place, or why it cannot be had here. */
export async function findHosts(): Promise<(Host | (Unavailable & { readonly name: string }))[]> {
  return [
    ...browser("Chromium", ["chromium", "chromium-browser", "google-chrome"], chromiumFlags),
    ...browser("Firefox", ["firefox-esr", "firefox"], firefoxFlags),
    await workerd(),
    runtime("Deno", "deno", ["run", "-A"]),
    runtime("Bun", "bun", ["run"]),
  ];
}

/** The work and what comes after it as one module, as a bundler makes it. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["node:*"],
    plugins: [
      {
        name: "source",
        setup: ({ onResolve }) =>
          alias.forEach(({ find, replacement }) =>
            onResolve({ filter: find }, ({ path }) => ({ path: path.replace(find, replacement) })),
          ),
      },
    ],
    write: false,
  });
  return outputFiles[0]!.text;
}

/** In a page or in a worker: fetches the inputs, does the work, and posts what came out. */
const POSTING = `import { work } from "./work.ts";
  const inputs = await (await fetch("/inputs")).json();
  const answers = await work(inputs).catch((error) => ({ error: String(error?.stack ?? error) }));
  await fetch("/answers", { method: "POST", body: JSON.stringify(answers) });`;
const PAGE = '<!doctype html><script type="module" src="/work.js"></script>';
const WORKER = '<!doctype html><script>new Worker("/work.js", { type: "module" })</script>';

type Flags = (profile: string, url: string) => string[];
const chromiumFlags: Flags = (profile, url) => [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--user-data-dir=${profile}`,
  url,
];
const firefoxFlags: Flags = (profile, url) => ["--headless", "--no-remote", "--profile", profile, url];

function browser(
  name: string,
  commands: string[],
  flags: Flags,
): (Host | (Unavailable & { readonly name: string }))[] {
  const command = commands.find((one) => spawnSync(one, ["--version"], { timeout: 20_000 }).status === 0);
  return Object.entries({ page: PAGE, worker: WORKER }).map(([place, html]) => {
    const title = `a ${place} of ${name}`;
    if (command === undefined) return { name: title, reason: `${commands[0]} is not installed` };
    return { name: title, work: (inputs) => workInBrowser(command, flags, html, inputs) };
  });
}

async function workInBrowser(
  command: string,
  flags: Flags,
  html: string,
  inputs: readonly string[],
): Promise<Answers> {
  const files: Record<string, readonly [type: string, body: string]> = {
    "/": ["text/html", html],
    "/work.js": ["text/javascript", await bundle(POSTING)],
    "/inputs": ["application/json", JSON.stringify(inputs)],
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ""];
    if (request.method === "POST") server.emit("posted", request);
    else if (file) response.writeHead(200, { "content-type": file[0] }).end(file[1]);
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const profile = await mkdtemp(join(tmpdir(), "kubepki-browser-"));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(command, flags(profile, url), { stdio: "ignore" });
  try {
    const [request] = (await before(once(server, "posted"), child, command)) as [IncomingMessage];
    return answersOf(await json(request));
  } finally {
    await end(child);
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function workerd(): Promise<Host | (Unavailable & { readonly name: string })> {
  const name = "workerd";
  const program = await installWorkerd();
  if (typeof program !== "string") return { name, ...program };
  return { name, work: (inputs) => workInWorkerd(program, inputs) };
}

/** The program of npm's package, in the cache; it has no part in the project's own packages because of its size. */
async function installWorkerd(): Promise<string | Unavailable> {
  if (process.platform !== "linux" || process.arch !== "x64") return { reason: "only on Linux, x64" };
  const folder = join(cacheFolder, `workerd-${WORKERD}`);
  const program = join(folder, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");
  const options = ["--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const parts = ["install", ...options, `@cloudflare/workerd-linux-64@${WORKERD}`];
  try {
    return await exclusively(async () => {
      if (!existsSync(program)) await promisify(execFile)("npm", parts, { timeout: PATIENCE });
      return program;
    });
  } catch (error) {
    return { reason: `cannot get workerd from npm: ${explain(error, PATIENCE / 60_000)}` };
  }
}

const ANSWERING = `import { work } from "./work.ts";
  export default { fetch: async (request) => Response.json(await work(await request.json()).catch((error) => ({ error: String(error?.stack ?? error) }))) };`;
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "work", worker = .work)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "work")],
);
const work :Workerd.Worker = (
  modules = [(name = "work.js", esModule = embed "work.js")],
  compatibilityDate = "2026-10-01",
);
`;

async function workInWorkerd(program: string, inputs: readonly string[]): Promise<Answers> {
  const folder = await mkdtemp(join(tmpdir(), "kubepki-workerd-"));
  await writeFile(join(folder, "work.js"), await bundle(ANSWERING));
  await writeFile(join(folder, "config.capnp"), CONFIG);
  // The fourth channel says at which port it listens.
  const child = spawn(program, ["serve", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  try {
    const lines = createInterface(child.stdio[3] as Readable);
    const [line] = (await before(once(lines, "line"), child, "workerd")) as [string];
    const { port } = JSON.parse(line) as { port: number };
    const body = JSON.stringify(inputs);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
    return answersOf(await response.json());
  } finally {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints what came out; the inputs are the file that its argument names. */
const PRINTING = `import { readFileSync } from "node:fs"; import process from "node:process"; import { work } from "./work.ts";
  const answers = await work(JSON.parse(readFileSync(process.argv[2], "utf8"))).catch((error) => ({ error: String(error?.stack ?? error) }));
  process.stdout.write(JSON.stringify(answers));`;

/** A runtime of test/runtimes, if that is installed. */
function runtime(
  name: string,
  command: string,
  flags: readonly string[],
): Host | (Unavailable & { readonly name: string }) {
  const program = fileURLToPath(new URL(`../../runtimes/node_modules/.bin/${command}`, import.meta.url));
  if (!existsSync(program)) return { name, reason: "npm run test:runtimes has not installed it" };
  return { name, work: (inputs) => workInRuntime(program, flags, inputs) };
}

async function workInRuntime(
  program: string,
  flags: readonly string[],
  inputs: readonly string[],
): Promise<Answers> {
  const folder = await mkdtemp(join(tmpdir(), "kubepki-runtime-"));
  const [code, file] = [join(folder, "work.mjs"), join(folder, "inputs.json")];
  await writeFile(code, await bundle(PRINTING));
  await writeFile(file, JSON.stringify(inputs));
  try {
    const options = { timeout: PATIENCE, maxBuffer: 1 << 28 };
    const { stdout } = await promisify(execFile)(program, [...flags, code, file], options);
    return answersOf(JSON.parse(stdout));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function answersOf(posted: unknown): Answers {
  const { error } = posted as { error?: string };
  if (error !== undefined) throw new Error(error);
  return posted as Answers;
}

/** Waits for it, but not longer than the program lives or than patience lasts. */
async function before<T>(wanted: Promise<T>, child: ChildProcess, name: string): Promise<T> {
  const stop = new AbortController();
  const failing = (event: string): Promise<never> =>
    once(child, event, { signal: stop.signal }).then(() => {
      throw new Error(`${name} ended without an answer`);
    });
  const late = once(AbortSignal.timeout(PATIENCE), "abort", { signal: stop.signal }).then(() => {
    throw new Error(`${name} gave no answer in ${PATIENCE / 1000} seconds`);
  });
  const endings = [failing("exit"), late];
  for (const ending of endings) ending.catch(() => undefined);
  try {
    return await Promise.race([wanted, ...endings]);
  } finally {
    stop.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
