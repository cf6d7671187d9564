/** kubectl reads the kubeconfigs that are written here, and what it writes is read here as it means it. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  encodePem,
  generateKeyPair,
  inspectKubeconfig,
  issueCertificate,
  issueSelfSigned,
  kubeconfig,
  mergeKubeconfigs,
  parseKubeconfig,
  validateKubeconfig,
} from "kubepki";
import type { Kubeconfig } from "kubepki";
import {
  encodeKubeconfigYaml,
  parseKubeconfigYaml,
  readKubeconfig,
  readKubeconfigFiles,
  writeKubeconfig,
} from "kubepki/node";
import { explain, unpackFromSid } from "./debian.ts";

const run = promisify(execFile);

async function findKubectl(): Promise<{ readonly program: string } | { readonly reason: string }> {
  const unpacked = await unpackFromSid(["kubectl"]);
  if ("reason" in unpacked) return unpacked;
  const program = join(unpacked.root, "usr", "bin", "kubectl");
  try {
    await run(program, ["version", "--client"]);
    return { program };
  } catch (problem) {
    return { reason: `kubectl does not run here: ${explain(problem)}` };
  }
}

const found = await findKubectl();
if ("reason" in found) console.warn(`skipped: kubectl: ${found.reason}`);

describe.skipIf("reason" in found)(`kubectl${"reason" in found ? ` (skipped: ${found.reason})` : ""}`, () => {
  const program = "program" in found ? found.program : "";
  let folder: string;
  let jane: Kubeconfig;
  let pem: { ca: string; certificate: string; key: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubectl-"));
    const authority = await generateKeyPair("ECDSA-P256");
    const { certificate: ca } = await issueSelfSigned(
      caTemplate({ subject: { commonName: "kubernetes" } }),
      authority.signer,
    );
    const { publicKey, privateKey } = await generateKeyPair("ECDSA-P256");
    const { certificate } = await issueCertificate(
      clientTemplate({ subject: { commonName: "jane", organizations: ["developers"] } }),
      { publicKey, issuer: { certificate: ca, signer: authority.signer } },
    );
    const credentials = { certificates: [certificate], privateKey };
    jane = await kubeconfig({
      server: "https://api.example.com:6443",
      ca: [ca],
      userName: "jane",
      credentials,
    });
    pem = {
      ca: encodePem("CERTIFICATE", ca.der),
      certificate: encodePem("CERTIFICATE", certificate.der),
      key: await privateKey.exportPem(),
    };
  });
  afterAll(() => rm(folder, { recursive: true }));

  const kubectl = async (files: readonly string[], ...args: string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: files.join(":"), HOME: folder };
    return (await run(program, ["config", ...args], { env, cwd: folder })).stdout;
  };
  const view = async (...files: readonly string[]): Promise<unknown> =>
    JSON.parse(await kubectl(files, "view", "--raw", "-o", "json"));
  const place = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };

  test("writes what it reads here byte for byte as it stands", async () => {
    const path = join(folder, "jane");
    await writeKubeconfig(path, jane);
    expect(await kubectl([path], "view", "--raw")).toBe(await readFile(path, "utf8"));
    expect(await kubectl([path], "current-context")).toBe("jane@kubernetes\n");
  });

  test("makes kubeconfigs that are read here", async () => {
    const files = await Promise.all(
      (["ca", "certificate", "key"] as const).map((name) => place(`${name}.pem`, pem[name])),
    );
    const path = join(folder, "made");
    await kubectl(
      [path],
      "set-cluster",
      "c",
      "--server=https://api.example.com",
      `--certificate-authority=${files[0]}`,
      "--embed-certs",
    );
    await kubectl(
      [path],
      "set-credentials",
      "u",
      `--client-certificate=${files[1]}`,
      `--client-key=${files[2]}`,
      "--embed-certs",
    );
    await kubectl(
      [path],
      "set-credentials",
      "e",
      "--exec-command=get",
      "--exec-api-version=client.authentication.k8s.io/v1beta1",
      "--exec-env=A=B",
      "--exec-arg=x",
    );
    await kubectl([path], "set-context", "x", "--cluster=c", "--user=u", "--namespace=shop");
    await kubectl([path], "use-context", "x");
    const config = await readKubeconfig(path);
    expect(validateKubeconfig(config)).toEqual([]);
    const { contexts, findings } = await inspectKubeconfig(config);
    expect(findings).toEqual([]);
    expect(contexts).toMatchObject([
      {
        name: "x",
        isCurrent: true,
        namespace: "shop",
        isKeyMatching: true,
        identity: { username: "jane", groups: ["developers", "system:authenticated"] },
      },
    ]);
    // And as it is read it can be written: kubectl sees no difference.
    const again = join(folder, "again");
    await writeKubeconfig(again, config);
    expect(await view(again)).toEqual(await view(path));
  });

  test("names that other readers of YAML mistake are the same for both", async () => {
    const names = [
      "yes",
      "No",
      "on",
      "y",
      "~",
      "null",
      " ",
      "0x1f",
      "0777",
      "0o17",
      "1_000",
      "1e3",
      ".inf",
      "12:30:45",
      "2026-11-24",
      "<<",
      "=",
      "- a",
      "a: b",
      "#",
      "a #b",
      "|",
      "a\nb",
      "\t",
      "'",
      '"',
      "*a",
      "&a",
      "!a",
      "%a",
      "@a",
      "`a",
      "---",
      "é",
      "\u0085",
      "\u2028",
      "\uFEFF",
      "😀",
    ];
    const config = parseKubeconfig({
      users: names.map((name) => ({ name, user: { token: name, "as-groups": [name], as: "a" } })),
    });
    const path = await place("names", encodeKubeconfigYaml(config));
    const seen = parseKubeconfig(await view(path));
    const byName = (one: Kubeconfig): unknown => new Map(one.users.map(({ name, user }) => [name, user]));
    expect(byName(seen)).toEqual(byName(config));
    // What kubectl itself writes as YAML has lost the line breaks of YAML 1.1.
    const plain = { ...config, users: config.users.filter(({ name }) => !/[\u0085\u2028\ufeff]/.test(name)) };
    await writeKubeconfig(path, plain);
    expect(byName(parseKubeconfigYaml(await kubectl([path], "view", "--raw")))).toEqual(byName(plain));
  });

  test("merges as is merged here", async () => {
    const make = (label: string, names: readonly string[], current: string): Kubeconfig =>
      parseKubeconfig({
        users: names.map((name) => ({ name, user: { token: label } })),
        clusters: names.map((name) => ({ name, cluster: { server: `https://${label}` } })),
        contexts: names.map((name) => ({ name, context: { cluster: name, user: name, namespace: label } })),
        "current-context": current,
        extensions: names.map((name) => ({ name, extension: { label } })),
      });
    const configs = [make("a", ["z", "m"], ""), make("b", ["m", "c"], "c"), make("c", ["z", "c", "a"], "a")];
    const paths = await Promise.all(
      configs.map((config, index) => place(`merge-${index}`, encodeKubeconfigYaml(config))),
    );
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 1, 2], [1]]) {
      const files = [...order.map((index) => paths[index]!), join(folder, "missing")];
      const { config } = await readKubeconfigFiles({ paths: files });
      expect(parseKubeconfig(await view(...files))).toEqual(config);
      expect(config).toEqual(mergeKubeconfigs([...new Set(order)].map((index) => configs[index]!)));
    }
  });

  test.for([
    "users: {}",
    "users: [{ name: 1 }]",
    "users: [{ name: a, user: { token: 5 } }]",
    "users: [{ name: a }, { name: a }]",
    "users: [{ name: a, user: { client-key-data: '-----' } }]",
    "users: [{ name: a, user: { client-key-data: YQ } }]",
    "clusters: [{ name: a, cluster: { insecure-skip-tls-verify: 'yes' } }]",
    "current-context: yes",
    "current-context: 0o17",
    "current-context: 1_000",
    "current-context: 1e3",
    "kind: Secret",
    "apiVersion: v2",
    "users: [",
    "[]",
  ])("refuses %j, as is done here", async (text) => {
    const path = await place("broken", text);
    await expect(view(path)).rejects.toThrow("error");
    await expect(readKubeconfig(path)).rejects.toThrow(expect.objectContaining({ name: "KubeconfigError" }));
  });

  test.for([
    "",
    "kind: Config",
    "users: null",
    "users: [{ name: a, user: null }]",
    "users: [{}]",
    "current-context: 12:30:45",
    "current-context: 2026-11-24",
    "preferences: {}",
    "clusters: [{ name: a, cluster: { insecure-skip-tls-verify: yes, server: 's' } }]",
    "users: [{ name: a, user: { tokn: 1 } }]",
  ])("reads %j, as is done here", async (text) => {
    const path = await place("good", text);
    expect(withoutUnknown(await readKubeconfig(path))).toEqual(parseKubeconfig(await view(path)));
  });

  /** kubectl drops fields that it does not have, and objects with nothing in them. */
  function withoutUnknown(config: Kubeconfig): Kubeconfig {
    const known = JSON.stringify(config, (key, value: unknown) => (key === "tokn" ? undefined : value));
    return mergeKubeconfigs([parseKubeconfig(JSON.parse(known))]);
  }
});
