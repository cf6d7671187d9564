/** Audits of what others made with OpenSSL and cfssl, in the layouts of scripts, of cfssl and of k3s: what is wrong is found, and nothing else. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { auditPkiDirectory } from "kubepki/node";
import { unpackFromSid } from "./debian.ts";

const root = mkdtempSync(join(tmpdir(), "kubepki-audit-"));
afterAll(() => rmSync(root, { recursive: true }));

function folderOf(name: string): { file: (path: string, text: string, mode?: number) => string; at: string } {
  const at = join(root, name);
  const file = (path: string, text: string, mode = 0o600): string => {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
    chmodSync(join(at, path), mode);
    return join(at, path);
  };
  return { file, at };
}

const errorsIn = async (folder: string): Promise<string[]> => {
  const { findings, directory } = await auditPkiDirectory(folder);
  const all = [...findings, ...directory].filter(({ severity }) => severity === "error");
  return all.map(({ code, path }) => `${code} ${path}`);
};

function hasOpenssl(): boolean {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8" }).startsWith("OpenSSL 3");
  } catch {
    return false;
  }
}
const openssl = (...args: string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const isThere = hasOpenssl();
if (!isThere) console.warn("skipped: audits of OpenSSL's certificates: there is no OpenSSL 3");

describe.skipIf(!isThere)("made by openssl scripts", () => {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

  /** A root, or a certificate of `ca`; the extensions are lines of OpenSSL's configuration. */
  function make(folder: string, name: string, subject: string, ca?: string, ...extensions: string[]): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const at = (path: string): string => join(folder, path);
    const files = ["-keyout", at(`${name}.key`), "-subj", subject];
    if (ca === undefined) {
      openssl("req", "-x509", ...key, ...files, "-out", at(`${name}.crt`), "-days", "3650");
    } else {
      writeFileSync(join(root, "extensions"), extensions.join("\n"));
      openssl("req", ...key, ...files, "-out", join(root, "csr"));
      const issuer = ["-CA", at(`${ca}.crt`), "-CAkey", at(`${ca}.key`)];
      const more = ["-days", "365", "-extfile", join(root, "extensions"), "-out", at(`${name}.crt`)];
      openssl("x509", "-req", "-in", join(root, "csr"), ...issuer, ...more);
    }
    chmodSync(at(`${name}.key`), 0o600);
    chmodSync(at(`${name}.crt`), 0o644);
  }
  const server = ["extendedKeyUsage=serverAuth", "subjectAltName=DNS:kubernetes,IP:10.0.0.1"];
  const client = ["extendedKeyUsage=clientAuth"];

  test("a good cluster has no errors", async () => {
    const { at } = folderOf("script");
    make(at, "ca", "/CN=KUBERNETES-CA/O=Kubernetes");
    make(at, "kube-apiserver", "/CN=kube-apiserver", "ca", ...server);
    make(at, "kube-proxy", "/CN=system:kube-proxy/O=system:node-proxier", "ca", ...client);
    expect(await errorsIn(at)).toEqual([]);
  });

  test("k3s's layout: CAs after leaves in one file, a CA for each purpose, kubeconfig files with references", async () => {
    const { at, file } = folderOf("k3s");
    for (const ca of ["server", "client", "request-header", "etcd/peer"])
      make(at, `tls/${ca}-ca`, `/CN=k3s-${ca.replace("/", "-")}-ca@1700000000`);
    make(at, "tls/client-admin", "/O=system:masters/CN=system:admin", "tls/client-ca", ...client);
    make(at, "tls/serving-kube-apiserver", "/CN=kube-apiserver", "tls/server-ca", ...server);
    make(at, "tls/client-auth-proxy", "/CN=system:auth-proxy", "tls/request-header-ca", ...client);
    const leaf = join(at, "tls/client-admin.crt");
    writeFileSync(leaf, readFileSync(leaf, "utf8") + readFileSync(join(at, "tls/client-ca.crt"), "utf8"));
    const user = { "client-certificate": leaf, "client-key": join(at, "tls/client-admin.key") };
    const config = { apiVersion: "v1", kind: "Config", users: [{ name: "user", user }] };
    file("cred/admin.kubeconfig", JSON.stringify(config));
    file("tls/dynamic-cert.json", "{}");

    const { findings, directory, certificates } = await auditPkiDirectory(at);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(findings.map(({ code }) => code)).toContain("FINDING_SYSTEM_MASTERS");
    expect(directory.map(({ code, path }) => [code, path])).toEqual([
      ["FINDING_PKI_FOREIGN", "tls/dynamic-cert.json"],
    ]);
    expect(certificates.find(({ path }) => path === "tls/client-admin.crt")?.issuer).toMatch(
      /client-admin\.crt\[1\]|client-ca\.crt/,
    );

    const shared = join(at, "tls/request-header-ca.crt");
    writeFileSync(shared, readFileSync(join(at, "tls/client-ca.crt"), "utf8"));
    expect(await errorsIn(at)).toContain("FINDING_AUDIT_SHARED_FRONT_PROXY_CA tls/request-header-ca.crt");
  });

  test("what scripts do wrong is told as what it is", async () => {
    const { at, file } = folderOf("wrong");
    make(at, "ca", "/CN=ca");
    make(at, "webhook", "/CN=webhook.default.svc", "ca", "extendedKeyUsage=serverAuth");
    make(at, "any", "/CN=any", "ca");
    const sign = ["-CA", join(at, "ca.crt"), "-CAkey", join(at, "ca.key"), "-days", "30"];
    const csr = ["x509", "-req", "-in", join(root, "csr"), ...sign];
    openssl(...csr, "-sha1", "-out", join(at, "sha1.crt"));
    const pem = readFileSync(join(at, "any.crt"), "utf8");
    openssl("x509", "-in", join(at, "any.crt"), "-outform", "der", "-out", join(at, "der.crt"));
    file("empty.crt", "");
    file("torn.crt", `${pem.slice(0, 300)}\n${pem}`);
    file("text.crt", openssl("x509", "-text", "-in", join(at, "any.crt")));
    openssl(
      "pkcs8",
      "-topk8",
      "-in",
      join(at, "any.key"),
      "-passout",
      "pass:x",
      "-out",
      join(at, "locked.key"),
    );

    expect((await errorsIn(at)).toSorted()).toEqual([
      "FINDING_AUDIT_BROKEN_BLOCK torn.crt",
      "FINDING_AUDIT_UNREADABLE der.crt",
      "FINDING_AUDIT_UNREADABLE empty.crt",
      "FINDING_AUDIT_UNREADABLE locked.key",
      "FINDING_NO_SERVER_NAME webhook.crt: extensions.subjectAltName",
      "FINDING_SIGNATURE_ALGORITHM sha1.crt: signatureAlgorithm",
    ]);
    const { certificates, findings } = await auditPkiDirectory(at);
    expect(certificates.map(({ path }) => path)).toEqual(expect.arrayContaining(["torn.crt", "text.crt"]));
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toContain(
      "FINDING_NO_EXTENDED_KEY_USAGE any.crt: extensions.extendedKeyUsage",
    );
  });
});

const unpacked = await unpackFromSid(["golang-cfssl"]);
if ("reason" in unpacked) console.warn(`skipped: audits of cfssl's certificates: ${unpacked.reason}`);

describe.skipIf("reason" in unpacked)("made by cfssl", () => {
  const { at, file } = folderOf("cfssl");
  interface Made {
    readonly cert: string;
    readonly key: string;
    readonly csr: string;
  }
  const cfssl = (...args: string[]): Made => {
    const program = join("root" in unpacked ? unpacked.root : "", "usr/bin/cfssl");
    return JSON.parse(
      execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    ) as Made;
  };
  /** As `cfssljson -bare` does: certificates that everybody may read, beside their keys. */
  const save = (name: string, { cert, key, csr }: Made): void => {
    file(`${name}.pem`, cert, 0o644);
    file(`${name}-key.pem`, key);
    file(`${name}.csr`, csr, 0o644);
  };
  const wish = (CN: string, O?: string, ...hosts: string[]): string => {
    const names = O === undefined ? [] : [{ O }];
    const text = JSON.stringify({ CN, hosts, names, key: { algo: "ecdsa", size: 256 } });
    const path = join(root, "wish.json");
    writeFileSync(path, text);
    return path;
  };

  test("a good cluster has no errors, and a key of another certificate is found", async () => {
    const profile = (...usages: string[]) => ({
      expiry: "8760h",
      usages: ["signing", "key encipherment", ...usages],
    });
    const profiles = { server: profile("server auth"), client: profile("client auth") };
    const config = file(
      "ca-config.json",
      JSON.stringify({ signing: { default: { expiry: "8760h" }, profiles } }),
    );
    save("ca", cfssl("gencert", "-initca", wish("Kubernetes")));
    const ca = ["-ca", join(at, "ca.pem"), "-ca-key", join(at, "ca-key.pem"), "-config", config];
    save("admin", cfssl("gencert", ...ca, "-profile=client", wish("admin", "system:masters")));
    save(
      "kubernetes",
      cfssl("gencert", ...ca, "-profile=server", wish("kubernetes", "Kubernetes", "10.0.0.1", "kubernetes")),
    );
    expect(await errorsIn(at)).toEqual([]);

    file("admin-key.pem", readFileSync(join(at, "kubernetes-key.pem"), "utf8"));
    expect(await errorsIn(at)).toEqual(["FINDING_AUDIT_KEY_MISMATCH admin-key.pem"]);
    chmodSync(join(at, "ca-key.pem"), 0o644);
    expect(await errorsIn(at)).toContain("FINDING_AUDIT_KEY_MODE ca-key.pem");
  });
});
