/**
 * Builds the referee: a small Go program over Go's `crypto/x509` and the API server's own
 * client-certificate authenticator, both from Debian's source packages.
 *
 * `node test/interop/setup.ts` builds it beforehand and prints what it is made of.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, exclusively, explain, run, unpackFromSid, type Unavailable } from "./debian.ts";

const sources = join(dirname(fileURLToPath(import.meta.url)), "referee");
export const goRelease = "1.26";

/** Go itself, the Kubernetes libraries and what those import. */
export const packages: readonly string[] = [
  `golang-${goRelease}-go`,
  `golang-${goRelease}-src`,
  "golang-github-beorn7-perks-dev",
  "golang-github-blang-semver-dev",
  "golang-github-cespare-xxhash-v2-dev",
  "golang-github-go-logr-logr-dev",
  "golang-github-munnerz-goautoneg-dev",
  "golang-github-prometheus-client-golang-dev",
  "golang-github-prometheus-client-model-dev",
  "golang-github-prometheus-common-dev",
  "golang-github-prometheus-procfs-dev",
  "golang-github-spf13-pflag-dev",
  "golang-golang-x-sys-dev",
  "golang-google-protobuf-dev",
  "golang-gopkg-yaml.v2-dev",
  "golang-k8s-apimachinery-dev",
  "golang-k8s-apiserver-dev",
  "golang-k8s-client-go-dev",
  "golang-k8s-component-base-dev",
  "golang-k8s-klog-dev",
  "golang-k8s-utils-dev",
  "golang-opentelemetry-otel-dev",
];

export interface RefereeProgram {
  readonly path: string;
  /** Debian package name to version: what the answers are the answers of. */
  readonly versions: Readonly<Record<string, string>>;
}

/** No modules and no network: the sources are the ones just unpacked. */
export const goEnvironment = (root: string): NodeJS.ProcessEnv => ({
  ...process.env,
  GOROOT: join(root, "usr/lib", `go-${goRelease}`),
  GOPATH: `${join(cacheFolder, "go")}:${join(root, "usr/share/gocode")}`,
  GOCACHE: join(cacheFolder, "gocache"),
  GOENV: "off",
  GOFLAGS: "",
  GO111MODULE: "off",
  GOTOOLCHAIN: "local",
  GOPROXY: "off",
  CGO_ENABLED: "0",
});

/** Changes with the sources and with the packages, so an old program is never asked. */
async function fingerprint(versions: Readonly<Record<string, string>>): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(versions));
  for (const file of (await readdir(sources)).sort()) {
    hash.update(file).update(await readFile(join(sources, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * A file of the API server that is left out of the program: it follows a ConfigMap with informers, which would need some thirty packages more, and
 * what it gives to the authenticator is asked for by the tests.
 */
async function writeOverlay(root: string): Promise<string> {
  const folder = join(root, "usr/share/gocode/src/k8s.io/apiserver/pkg/authentication/request/headerrequest");
  const path = join(cacheFolder, "overlay.json");
  await writeFile(path, JSON.stringify({ Replace: { [join(folder, "requestheader_controller.go")]: "" } }));
  return path;
}

/** Builds the referee if it is not in the cache yet; a `reason` when that cannot be done here. */
export async function buildReferee(): Promise<RefereeProgram | Unavailable> {
  const unpacked = await unpackFromSid(packages);
  if ("reason" in unpacked) return unpacked;
  const { root, versions } = unpacked;
  const path = join(cacheFolder, "bin", `referee-${await fingerprint(versions)}`);
  try {
    return await exclusively(async () => {
      const built = await stat(path).catch(() => undefined);
      if (built) return { path, versions };
      const env = goEnvironment(root);
      await mkdir(dirname(path), { recursive: true });
      await mkdir(join(cacheFolder, "go"), { recursive: true });
      const go = join(root, "usr/lib", `go-${goRelease}`, "bin/go");
      const overlay = await writeOverlay(root);
      await run(go, ["build", "-overlay", overlay, "-o", `${path}.new`, "."], { cwd: sources, env });
      await rename(`${path}.new`, path);
      return { path, versions };
    });
  } catch (problem) {
    return { reason: `cannot build the Go referee: ${explain(problem)}` };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await buildReferee(), undefined, 2));
}
