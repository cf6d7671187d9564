/** What the openssl command writes is read, and what we write it reads. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSignatureAlgorithm } from "../../src/keys/algorithm-identifier.ts";
import type { SignatureAlgorithmName } from "../../src/keys/algorithms.ts";
import { generateKeyPair } from "../../src/keys/generate.ts";
import { parsePrivateKey, type PrivateKeyFormat } from "../../src/keys/private-key.ts";
import { encodePublicKeyPem, keyMatchesCertificate } from "../../src/keys/public-key.ts";
import { verifySignature } from "../../src/keys/verifier.ts";
import { verifySignatureSync } from "../../src/node/signer.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";

const version = spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout as string | null;
if (!version) console.info("skipped: there is no openssl command");

const data = "the bytes that are signed";
let folder = "";
const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubepki-keys-"));
  writeFileSync(file("data"), data);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The arguments that make a key; whether the command's own text form is the traditional one depends on its version. */
const commands = [
  ["ECDSA-P256", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "pkcs8"],
  ["ECDSA-P384", ["ecparam", "-name", "secp384r1", "-genkey"], "sec1"],
  ["ECDSA-P521", ["ecparam", "-name", "secp521r1", "-genkey", "-noout"], "sec1"],
  ["RSA-2048", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "pkcs8"],
  ["Ed25519", ["genpkey", "-algorithm", "ed25519"], "pkcs8"],
] as const;

describe.skipIf(!version)("openssl", () => {
  test.for(commands)("makes a key of %s, which comes back byte for byte", async ([name, args, format]) => {
    openssl(...args, "-out", "key.pem");
    const pem = readFileSync(file("key.pem"), "utf8");
    const key = await parsePrivateKey(pem, { extractable: true });
    expect(key.algorithm).toBe(name);
    const block = pem.slice(pem.search(/-----BEGIN (EC |)PRIVATE/));
    expect(await key.exportPem(format)).toBe(block);
    expect(encodePublicKeyPem(key)).toBe(openssl("pkey", "-in", "key.pem", "-pubout"));
  });

  test("writes PKCS#1 as we do", async () => {
    openssl("genrsa", "-traditional", "-out", "rsa.pem", "2048");
    const pem = readFileSync(file("rsa.pem"), "utf8");
    const key = await parsePrivateKey(pem, { extractable: true });
    expect(await key.exportPem("kubernetes")).toBe(pem);
    expect(await key.exportPem("pkcs8")).toBe(openssl("pkcs8", "-topk8", "-nocrypt", "-in", "rsa.pem"));
  });

  test("writes ECDSA keys without their public key, which is derived", async () => {
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem");
    openssl("ec", "-in", "ec.pem", "-no_public", "-out", "short.pem");
    const [whole, short] = await Promise.all(
      ["ec.pem", "short.pem"].map((name) => parsePrivateKey(readFileSync(file(name), "utf8"))),
    );
    expect(readFileSync(file("short.pem")).length).toBeLessThan(readFileSync(file("ec.pem")).length);
    expect(short!.subjectPublicKeyInfo).toEqual(whole!.subjectPublicKeyInfo);
  });

  test.for(commands)("reads every form of our key of %s, and finds nothing wrong with it", async ([name]) => {
    const { privateKey } = await generateKeyPair(name);
    for (const format of ["kubernetes", "pkcs8"] as PrivateKeyFormat[]) {
      writeFileSync(file("ours.pem"), await privateKey.exportPem(format));
      expect(openssl("pkey", "-in", "ours.pem", "-pubout")).toBe(encodePublicKeyPem(privateKey));
      if (name !== "Ed25519") expect(openssl("pkey", "-in", "ours.pem", "-check", "-noout")).toMatch(/valid/);
    }
  });

  test.for(commands)("holds our signature of %s", async ([name]) => {
    const { privateKey, signer } = await generateKeyPair(name);
    writeFileSync(file("public.pem"), encodePublicKeyPem(privateKey));
    writeFileSync(file("signature"), await signer.sign(new TextEncoder().encode(data)));
    const digest =
      { "ECDSA-P384": "sha384", "ECDSA-P521": "sha512", Ed25519: "" }[name as string] ?? "sha256";
    const verify = [
      "pkeyutl",
      "-verify",
      "-pubin",
      "-inkey",
      "public.pem",
      "-rawin",
      "-in",
      "data",
      "-sigfile",
      "signature",
    ];
    expect(openssl(...verify, ...(digest ? ["-digest", digest] : []))).toMatch(/Verified Successfully/);
  });

  test.for([
    ["RSA-PSS-SHA256", "sha256", "32"],
    ["RSA-PSS-SHA384", "sha384", "48"],
    ["RSA-PSS-SHA512", "sha512", "64"],
  ] as const)("makes %s, which holds", async ([name, digest, salt]) => {
    openssl("genrsa", "-out", "pss.pem", "2048");
    const options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", `rsa_pss_saltlen:${salt}`];
    openssl("dgst", `-${digest}`, "-sign", "pss.pem", ...options, "-out", "pss.sig", "data");
    const { subjectPublicKeyInfo } = await parsePrivateKey(readFileSync(file("pss.pem"), "utf8"));
    const algorithm = encodeSignatureAlgorithm(name satisfies SignatureAlgorithmName);
    const signature = new Uint8Array(readFileSync(file("pss.sig")));
    expect(
      await verifySignature(subjectPublicKeyInfo, algorithm, signature, new TextEncoder().encode(data)),
    ).toBe(true);
  });

  test.for([
    ["ECDSA-P256", "sha256", []],
    ["ECDSA-P256", "sha512", []],
    ["ECDSA-P384", "sha384", []],
    ["RSA-2048", "sha256", []],
    ["RSA-2048", "sha384", ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]],
    ["Ed25519", "sha256", []],
  ] as const)("certifies our key of %s with %s %s, which holds", async ([name, digest, options]) => {
    const { privateKey } = await generateKeyPair(name);
    writeFileSync(file("ca.key"), await privateKey.exportPem());
    openssl(
      "req",
      "-x509",
      "-key",
      "ca.key",
      `-${digest}`,
      ...options,
      "-subj",
      "/CN=kubernetes",
      "-out",
      "ca.crt",
    );
    const certificate = parseCertificate(readFileSync(file("ca.crt"), "utf8"));
    const { subjectPublicKeyInfo, signatureAlgorithm, signature, tbsCertificate } = certificate;
    expect(keyMatchesCertificate(privateKey, certificate)).toBe(true);
    expect(
      await verifySignature(subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate),
    ).toBe(true);
    expect(verifySignatureSync(subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate)).toBe(
      true,
    );
  });

  test("certifies with SHA-1, which is refused", async () => {
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      "old.key",
      "-sha1",
      "-subj",
      "/CN=old",
      "-out",
      "old.crt",
    );
    const { subjectPublicKeyInfo, signatureAlgorithm, signature, tbsCertificate } = parseCertificate(
      readFileSync(file("old.crt"), "utf8"),
    );
    const run = verifySignature(subjectPublicKeyInfo, signatureAlgorithm.der, signature, tbsCertificate);
    await expect(run).rejects.toMatchObject({ code: "ERR_SIGNATURE_ALGORITHM" });
  });
});
