/** The newest OpenSSL, which has ML-DSA, and GnuTLS's `certtool`: they read what we write, and we what they write. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  createCertificateRequest,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueCertificateList,
  issueSelfSigned,
  keyMatchesCertificate,
  parseCertificate,
  parseCertificateList,
  parseCertificateRequest,
  parsePrivateKey,
  parsePublicKey,
  supportsKeyAlgorithm,
  verifyCertificateChain,
  verifyCertificateList,
} from "kubepki";
import type { KeyAlgorithmName } from "kubepki";
import {
  createCmsBundle,
  createPkcs12,
  decryptPrivateKey,
  encryptPrivateKey,
  parseCmsBundle,
  parsePkcs12,
} from "kubepki/formats";
import { unpackFromSid } from "./debian.ts";

const folder = mkdtempSync(join(tmpdir(), "kubepki-tools-"));
afterAll(() => rmSync(folder, { recursive: true }));
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const write = (name: string, contents: string | Uint8Array): void =>
  writeFileSync(join(folder, name), contents, { mode: 0o600 });

const platforms: Partial<Record<string, readonly [folder: string, loader: string]>> = {
  x64: ["x86_64-linux-gnu", "ld-linux-x86-64.so.2"],
  arm64: ["aarch64-linux-gnu", "ld-linux-aarch64.so.1"],
};

/** A program of Debian's sid with the libraries of sid; or why there is none. */
async function programOf(program: string, packages: readonly string[]) {
  const platform = platforms[process.arch];
  if (!platform) return { reason: `no Debian packages are named for ${process.arch}` };
  const unpacked = await unpackFromSid([...packages, "libc6"]);
  if ("reason" in unpacked) return unpacked;
  const libraries = join(unpacked.root, "usr/lib", platform[0]);
  const start = ["--library-path", libraries, join(unpacked.root, "usr/bin", program)];
  const env = { ...process.env, OPENSSL_CONF: "/dev/null", OPENSSL_MODULES: join(libraries, "ossl-modules") };
  return (...args: string[]): string =>
    execFileSync(join(libraries, platform[1]), [...start, ...args], {
      encoding: "utf8",
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
}

/** A chain, a request, a list and the keys of them, as files whose names begin with the algorithm's. */
async function writeAll(name: KeyAlgorithmName) {
  const ca = await generateKeyPair(name);
  const pair = await generateKeyPair(name);
  const root = (await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), ca.signer))
    .certificate;
  const issuer = { certificate: root, signer: ca.signer };
  const subject = { commonName: "jane", organizations: ["developers"] };
  const { certificate } = await issueCertificate(clientTemplate({ subject }), {
    publicKey: pair.publicKey,
    issuer,
  });
  const { pem } = await createCertificateRequest({ subject, dnsNames: ["jane.example.com"] }, pair.signer);
  const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
  const list = await issueCertificateList(
    {
      entries: [
        { serialNumber: certificate.serialNumber, revocationDate: thisUpdate, reasonCode: "keyCompromise" },
      ],
      crlNumber: "01",
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + 86_400_000),
    },
    { issuer },
  );
  write(`${name}-root.pem`, encodePem("CERTIFICATE", root.der));
  write(`${name}-user.pem`, encodePem("CERTIFICATE", certificate.der));
  write(`${name}-user.csr`, pem);
  write(`${name}.crl`, encodePem("X509 CRL", list.der));
  write(`${name}-user.key`, await pair.privateKey.exportPem("pkcs8"));
  return { root, certificate, list, ...pair };
}

const openssl = await programOf("openssl", ["openssl", "libssl3t64", "zlib1g", "libzstd1"]);
const noOpenssl = "reason" in openssl ? openssl.reason : undefined;
if (noOpenssl !== undefined) console.warn(`skipped: the newest OpenSSL: ${noOpenssl}`);
describe.skipIf(noOpenssl !== undefined)(
  `OpenSSL of Debian sid${noOpenssl === undefined ? "" : ` (skipped: ${noOpenssl})`}`,
  () => {
    const run = (...args: string[]): string => {
      if (typeof openssl !== "function") throw new Error(noOpenssl);
      return openssl(...args);
    };
    const algorithms = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "Ed25519", "ECDSA-P384"] as const;

    test.for(algorithms)(
      "reads and verifies our certificates, requests, lists and keys of %s",
      async (name, { skip }) => {
        if (!(await supportsKeyAlgorithm(name))) skip(`this runtime has no ${name}`);
        await writeAll(name);
        expect(run("verify", "-x509_strict", "-CAfile", `${name}-root.pem`, `${name}-user.pem`)).toContain(
          "OK",
        );
        run("req", "-in", `${name}-user.csr`, "-verify", "-noout");
        run("crl", "-in", `${name}.crl`, "-CAfile", `${name}-root.pem`, "-noout");
        const theirs = run("pkey", "-in", `${name}-user.key`, "-pubout");
        expect(theirs).toBe(run("x509", "-in", `${name}-user.pem`, "-pubkey", "-noout"));
      },
    );

    test("opens our PKCS#12 files with PBMAC1, and writes such that we open", async () => {
      const { certificate, privateKey } = await writeAll("ECDSA-P256");
      write(
        "pbmac1.p12",
        await createPkcs12({ privateKey, certificates: [certificate] }, "secret", { mac: "pbmac1" }),
      );
      expect(run("pkcs12", "-in", "pbmac1.p12", "-passin", "pass:secret", "-nodes")).toContain(
        "BEGIN PRIVATE KEY",
      );
      const own = ["-inkey", "ECDSA-P256-user.key", "-in", "ECDSA-P256-user.pem", "-passout", "pass:secret"];
      for (const digest of ["SHA256", "SHA512"]) {
        run(
          "pkcs12",
          "-export",
          ...own,
          "-pbmac1_pbkdf2",
          "-pbmac1_pbkdf2_md",
          digest,
          "-macalg",
          digest,
          "-out",
          "their.p12",
        );
        const { keys } = await parsePkcs12(bytes("their.p12"), "secret");
        expect(keyMatchesCertificate(keys[0]!.privateKey, certificate)).toBe(true);
        await expect(parsePkcs12(bytes("their.p12"), "Secret")).rejects.toMatchObject({
          code: "ERR_FORMAT_PASSWORD",
        });
      }
    });

    test.for(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ED25519"] as const)(
      "writes certificates, requests and keys of %s that we read and verify",
      async (name, { skip }) => {
        if (!(await supportsKeyAlgorithm(name === "ED25519" ? "Ed25519" : name)))
          skip(`this runtime has no ${name}`);
        run("genpkey", "-algorithm", name, "-out", "their.key");
        run(
          "req",
          "-x509",
          "-new",
          "-key",
          "their.key",
          "-subj",
          "/CN=theirs",
          "-days",
          "30",
          "-out",
          "their.pem",
        );
        run("req", "-new", "-key", "their.key", "-subj", "/O=developers/CN=jane", "-out", "their.csr");
        const certificate = parseCertificate(read("their.pem"));
        const chain = await verifyCertificateChain(certificate, {
          trustAnchors: [certificate],
          usage: "any",
        });
        expect(chain.certificates).toHaveLength(1);
        expect(keyMatchesCertificate(await parsePrivateKey(read("their.key")), certificate)).toBe(true);
        expect((await parseCertificateRequest(read("their.csr"))).subjectPublicKeyInfo).toEqual(
          certificate.subjectPublicKeyInfo,
        );
      },
    );
  },
);

const certtool = await programOf("certtool", [
  "gnutls-bin",
  "libgnutls30t64",
  "libgnutls-dane0t64",
  "libopts25",
  "libtasn1-6",
  "libnettle8t64",
  "libhogweed6t64",
  "libp11-kit0",
  "libffi8",
  "libidn2-0",
  "libunistring5",
  "libgmp10",
]);
const noCerttool = "reason" in certtool ? certtool.reason : undefined;
if (noCerttool !== undefined) console.warn(`skipped: certtool: ${noCerttool}`);
describe.skipIf(noCerttool !== undefined)(
  `certtool of GnuTLS${noCerttool === undefined ? "" : ` (skipped: ${noCerttool})`}`,
  () => {
    const run = (...args: string[]): string => {
      if (typeof certtool !== "function") throw new Error(noCerttool);
      return certtool(...args);
    };
    const PASSWORD = "a long password";

    test.for(["ECDSA-P256", "RSA-2048", "Ed25519"] as const)(
      "reads and verifies what we write with %s",
      async (name) => {
        const { root, certificate, privateKey } = await writeAll(name);
        expect(
          run("--verify", "--load-ca-certificate", `${name}-root.pem`, "--infile", `${name}-user.pem`),
        ).toContain("Verified.");
        expect(
          run("--verify-crl", "--load-ca-certificate", `${name}-root.pem`, "--infile", `${name}.crl`),
        ).toContain("Verified");
        expect(run("--crq-info", "--infile", `${name}-user.csr`)).toContain("DNSname: jane.example.com");
        expect(run("--crq-info", "--infile", `${name}-user.csr`)).toContain("Self signature: verified");
        write("ours.p7b", createCmsBundle([certificate, root]));
        expect(run("--p7-info", "--infile", "ours.p7b")).toContain("Number of certificates: 2");
        write("ours.key", await encryptPrivateKey(privateKey, PASSWORD));
        const opened = run("--pubkey-info", "--load-privkey", "ours.key", "--password", PASSWORD);
        const theirs = parsePublicKey(opened.slice(opened.indexOf("-----BEGIN PUBLIC KEY")));
        expect(theirs.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
        write(
          "ours.p12",
          await createPkcs12(
            { privateKey, certificates: [certificate, root], friendlyName: "jane" },
            PASSWORD,
          ),
        );
        const listed = run("--p12-info", "--inder", "--password", PASSWORD, "--infile", "ours.p12");
        expect(listed.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
        expect(listed).toMatch(/BEGIN (?:ENCRYPTED )?PRIVATE KEY/);
      },
    );

    test.for(["ecdsa", "rsa", "ed25519"] as const)(
      "writes what we read and verify, with %s",
      async (type) => {
        write("ca.cfg", 'cn = "theirs"\nca\ncert_signing_key\ncrl_signing_key\nexpiration_days = 30\n');
        write(
          "user.cfg",
          'cn = "jane"\norganization = "developers"\ntls_www_client\nsigning_key\nexpiration_days = 30\ndns_name = "jane.example.com"\n',
        );
        write("crl.cfg", "crl_next_update = 30\ncrl_number = 5\n");
        const key = ["--generate-privkey", "--key-type", type, "--no-text", "--outfile"];
        run(...key, "ca.key");
        run(...key, "user.key");
        run(
          "--generate-self-signed",
          "--load-privkey",
          "ca.key",
          "--template",
          "ca.cfg",
          "--outfile",
          "ca.pem",
          "--no-text",
        );
        run(
          "--generate-request",
          "--load-privkey",
          "user.key",
          "--template",
          "user.cfg",
          "--outfile",
          "user.csr",
          "--no-text",
        );
        const signer = ["--load-ca-certificate", "ca.pem", "--load-ca-privkey", "ca.key"];
        run(
          "--generate-certificate",
          "--load-request",
          "user.csr",
          ...signer,
          "--template",
          "user.cfg",
          "--outfile",
          "user.pem",
          "--no-text",
        );
        run(
          "--generate-crl",
          ...signer,
          "--load-certificate",
          "user.pem",
          "--template",
          "crl.cfg",
          "--outfile",
          "their.crl",
          "--no-text",
        );
        const root = parseCertificate(read("ca.pem"));
        const certificate = parseCertificate(read("user.pem"));
        await verifyCertificateChain(certificate, { trustAnchors: [root], usage: "clientAuth" });
        // Kubernetes, as we, takes requests with the label of RFC 7468 alone.
        const request = read("user.csr").replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
        expect((await parseCertificateRequest(request)).dnsNames).toEqual(["jane.example.com"]);
        const list = await verifyCertificateList(parseCertificateList(read("their.crl")), root);
        expect(list.der.length).toBeGreaterThan(100);
        const secret = [
          "--load-privkey",
          "user.key",
          "--load-certificate",
          "user.pem",
          "--password",
          PASSWORD,
        ];
        run(
          "--to-p12",
          ...secret,
          "--p12-name",
          "jane",
          "--pkcs-cipher",
          "aes-256",
          "--outder",
          "--outfile",
          "their.p12",
        );
        const { keys } = await parsePkcs12(bytes("their.p12"), PASSWORD);
        expect(keyMatchesCertificate(keys[0]!.privateKey, certificate)).toBe(true);
        run(
          "--to-p8",
          "--load-privkey",
          "user.key",
          "--password",
          PASSWORD,
          "--pkcs-cipher",
          "aes-256",
          "--outfile",
          "user.p8",
        );
        expect(keyMatchesCertificate(await decryptPrivateKey(read("user.p8"), PASSWORD), certificate)).toBe(
          true,
        );
        run("--p7-generate", "--load-certificate", "user.pem", "--outfile", "their.p7b");
        expect(parseCmsBundle(read("their.p7b")).map(({ serialNumber }) => serialNumber)).toEqual([
          certificate.serialNumber,
        ]);
      },
    );
  },
);
