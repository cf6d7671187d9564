/** Runs the first command of the README and holds its words to be true. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createCertificateRequest, generateKeyPair, issueClusterPki } from "kubepki";
import { writePki } from "../docs/quickstart/folder.ts";
import { auditPkiDirectory } from "../src/node/index.ts";
import { projectRoot } from "./source-tree.ts";

/**
 * Made by OpenSSL 3.0.19: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj
 * "/O=system:masters/O=developers/CN=jane" -addext "subjectAltName=DNS:web.example.com,IP:192.0.2.7,URI:spiffe://cluster.local/ns/default/sa/web"
 * -addext extendedKeyUsage=clientAuth -addext basicConstraints=critical,CA:FALSE`
 */
const OPENSSL = `-----BEGIN CERTIFICATE-----
MIICMDCCAdWgAwIBAgIUHJpRTVcZmpfzzrxamunwcTE9pAMwCgYIKoZIzj0EAwIw
PTEXMBUGA1UECgwOc3lzdGVtOm1hc3RlcnMxEzARBgNVBAoMCmRldmVsb3BlcnMx
DTALBgNVBAMMBGphbmUwHhcNMjYxMTIzMjMyNDQ1WhcNMzYxMTIwMjMyNDQ1WjA9
MRcwFQYDVQQKDA5zeXN0ZW06bWFzdGVyczETMBEGA1UECgwKZGV2ZWxvcGVyczEN
MAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEDWbmIcIHHa
mY0mTwBay4Eorpr7+pdnj3hOR4+IDhnDgT4tOFNjePz+t59dFmVBu94nRhWINjnc
PZXrvZXg7GGjgbIwga8wHQYDVR0OBBYEFHJxFMOhVlwXi5DBo6lihlyIkPNdMB8G
A1UdIwQYMBaAFHJxFMOhVlwXi5DBo6lihlyIkPNdMEoGA1UdEQRDMEGCD3dlYi5l
eGFtcGxlLmNvbYcEwAACB4Yoc3BpZmZlOi8vY2x1c3Rlci5sb2NhbC9ucy9kZWZh
dWx0L3NhL3dlYjATBgNVHSUEDDAKBggrBgEFBQcDAjAMBgNVHRMBAf8EAjAAMAoG
CCqGSM49BAMCA0kAMEYCIQC4o8IAWaF/D/HZGNnVj/R19DSwjPzZ5dzno9gNQxj+
KgIhALnZxejwjLon5ZNC1XN08gd1WqOXO/d1nblkYVMM8Uur
-----END CERTIFICATE-----
`;

interface Run {
  readonly code: number;
  readonly output: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubepki-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the quickstart as `npm run quickstart` does; what it writes goes into our folder. */
function quickstart(...paths: string[]): Promise<Run> {
  const program = ["docs/tools/run.js", "docs/quickstart.ts", ...paths];
  const options = { cwd: projectRoot, env: { ...process.env, TMPDIR: folder, NO_COLOR: "1" } };
  return new Promise((resolve) => {
    execFile(process.execPath, program, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

describe("the quickstart", () => {
  let run: Run;
  beforeAll(async () => {
    run = await quickstart();
  });

  test("succeeds", () => {
    expect(run).toMatchObject({ code: 0 });
    expect(run.output).toMatch(/issued 39 certificates for 3 nodes/);
  });

  test.for([
    ["api.prod.example.com", "kubernetes-admin", "kubeadm:cluster-admins", "component"],
    ["192.0.2.10", "kubernetes-super-admin", "system:masters", "component"],
    ["192.0.2.11", "system:kube-controller-manager", "-", "component"],
    ["192.0.2.11", "system:kube-scheduler", "-", "component"],
    ["api.prod.example.com", "system:node:cp-1", "system:nodes", "node cp-1"],
    ["api.prod.example.com", "system:node:cp-2", "system:nodes", "node cp-2"],
    ["api.prod.example.com", "system:node:cp-3", "system:nodes", "node cp-3"],
    ["kubernetes.default.svc", "system:kube-proxy", "-", "component"],
    ["10.96.0.1", "jane", "developers", "user"],
    ["192.0.2.12", "kube-apiserver-kubelet-client", "-", "component"],
  ])("%s was called by %s", (cells) => {
    const row = run.output.split("\n").find((line) => line.trim().split(/ {2,}/)[1] === cells[1]);
    expect(row?.trim().split(/ {2,}/)).toEqual([...cells, expect.stringMatching(/^\d{4}-\d\d-\d\d$/)]);
  });

  test.for([
    "401 Unauthorized (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    "SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate in certificate chain",
    "x509: certificate signed by unknown authority",
    "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames",
    "x509: certificate is valid for api.prod.example.com, cp-1, kubernetes,",
    "NET::ERR_CERT_COMMON_NAME_INVALID",
    "ERR_SERVER_NAME_MISMATCH",
    "ERR_CHAIN_SIGNATURE: ",
  ])("shows what people search for: %s", (text) => {
    expect(run.output).toContain(text);
  });

  test("leaves a whole PKI: secrets that only their owner can read, and for each node a folder in which an audit finds nothing wrong", async () => {
    const pki = /wrote them and their keys to (.*)/.exec(run.output)![1]!;
    const names = await readdir(pki, { recursive: true });
    const secrets = names.filter((name) => /\.(?:key|conf)$/.test(name));
    expect(secrets).toHaveLength(58);
    for (const name of secrets) expect((await stat(join(pki, name))).mode & 0o777).toBe(0o600);
    for (const node of ["cp-1", "cp-2", "cp-3"]) {
      const { certificates, findings } = await auditPkiDirectory(join(pki, "nodes", node));
      expect(certificates.length).toBeGreaterThan(15);
      expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    }
    expect(await readdir(join(pki, ".."))).toEqual(["kubernetes"]);
  });
});

test("a PKI that cannot be written whole leaves nothing behind", async () => {
  const pki = await issueClusterPki({
    nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
  });
  const home = await mkdtemp(join(folder, "empty-"));
  vi.stubEnv("TMPDIR", home);
  try {
    const twice = { ...pki, certificates: [...pki.certificates, ...pki.certificates] };
    await expect(writePki(twice)).rejects.toMatchObject({ code: "ERR_FILE_PATH" });
    expect(await readdir(home)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});

describe("an explanation", async () => {
  test("of OpenSSL's certificate names whom it stands for and what is dangerous", async () => {
    const path = join(folder, "jane.pem");
    await writeFile(path, `some text\n${OPENSSL}${OPENSSL}`);
    const { code, output } = await quickstart(path);
    expect(code).toBe(0);
    for (const fact of [
      /certificate 2 of 2/,
      /subject +O=system:masters, O=developers, CN=jane/,
      /valid +20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d, /,
      /good for +clientAuth/,
      /DNS names +web\.example\.com\n/,
      /addresses +192\.0\.2\.7\n/,
      /URIs +spiffe:\/\/cluster\.local\/ns\/default\/sa\/web\n/,
      /key +ECDSA-P256\n/,
      /user +jane\n/,
      /groups +system:masters, developers\n/,
      /FINDING_SYSTEM_MASTERS: /,
    ])
      expect(output).toMatch(fact);
  });

  test("of a file that has no certificate, or is not there, fails and says why, and explains the others", async () => {
    const [path, empty, missing] = ["good.pem", "empty.pem", "missing.pem"].map((name) => join(folder, name));
    await writeFile(path!, OPENSSL);
    await writeFile(empty!, "no certificate");
    const { code, output } = await quickstart(empty!, missing!, path!);
    expect(code).toBe(1);
    expect(output).toMatch(/ERR_PEM_NO_BLOCK[^]*ENOENT[^]*user +jane/);
  });

  const { signer, privateKey } = await generateKeyPair("ECDSA-P256");
  const { pem: request } = await createCertificateRequest({ subject: { commonName: "john" } }, signer);
  const key = await privateKey.exportPem();
  const inBase64 = (text: string): string => Buffer.from(text).toString("base64");
  const kubeconfig = `users:\n- user: { client-certificate-data: ${inBase64(OPENSSL)}, client-key-data: ${inBase64(key)} }`;

  test("is given for what else has certificates or requests in it: a kubeconfig, text of Windows, a file with a key, a request", async () => {
    const files: [string, string | Uint8Array][] = [
      ["admin.conf", kubeconfig],
      ["utf16.crt", new Uint8Array(Buffer.from(`\ufeff${OPENSSL}`, "utf16le"))],
      ["both.pem", key + OPENSSL],
      ["john.csr", request],
    ];
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const { code, output } = await quickstart(...files.map(([name]) => join(folder, name)));
    expect(output.match(/user +jane\n/g)).toHaveLength(3);
    expect(output).toMatch(/user +john\n[^]*signature +made by the key in the request/);
    expect(output).not.toContain(key.split("\n")[1]);
    expect(code).toBe(0);
  });

  test("names what else a file is, and a block that Kubernetes would skip in silence", async () => {
    const files: [string, string | Uint8Array, string][] = [
      ["only.key", key, "ERR_PEM_NO_BLOCK: there is no CERTIFICATE in it, but EC PRIVATE KEY"],
      [
        "trusted.crt",
        OPENSSL.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
        "`openssl x509 -in FILE` writes",
      ],
      ["cut.pem", OPENSSL + OPENSSL.slice(0, 300), "ERR_PEM_BOUNDARY: the block has no end line"],
      ["key.der", new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x00]), "describe of kubepki/formats tells"],
      ["large.txt", "x".repeat(2_000_000), "ERR_PEM_SIZE: the text has 2000000 characters"],
    ];
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const { code, output } = await quickstart(...files.map(([name]) => join(folder, name)));
    for (const [name, , reason] of files) expect(output, name).toContain(reason);
    expect(output).not.toContain(key.split("\n")[1]);
    expect(code).toBe(1);
  });

  test("of a directory is its audit, which fails if there are errors", async () => {
    const directory = await mkdtemp(join(folder, "pki-"));
    await writeFile(join(directory, "jane.crt"), OPENSSL);
    const well = await quickstart(directory);
    expect(well.output).toMatch(/1 certificate: no errors[^]*O = system:masters, O = developers, CN = jane/);
    expect(well.code).toBe(0);
    await writeFile(join(directory, "cut.crt"), OPENSSL.slice(0, 300));
    const broken = await quickstart(directory);
    expect(broken.output).toMatch(/1 certificate: 1 error[^]*cut\.crt/);
    expect(broken.code).toBe(1);
  });
});
