/** Private keys under a password: ours to ourselves, to OpenSSL and back. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FormatError, generateKeyPair, keyMatchesCertificate, PkiError } from "kubepki";
import { decryptPrivateKey, encryptPrivateKey } from "kubepki/formats";
import { privateKey as own } from "./support.ts";
import { openSslFolder, openSslVersion } from "./support.ts";

const FEW = { iterations: 1000 };
const pem = await encryptPrivateKey(own, "secret", FEW);
const der = new Uint8Array(Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64"));

describe("an encrypted key", () => {
  test.for(["ECDSA-P256", "ECDSA-P521", "Ed25519", "RSA-2048"] as const)(
    "of %s comes back",
    { timeout: 60_000 },
    async (algorithm) => {
      const { privateKey } = await generateKeyPair(algorithm);
      for (const password of ["secret", "", "pässwörd 漢 \u{1f600}"]) {
        const text = await encryptPrivateKey(privateKey, password, FEW);
        const again = await decryptPrivateKey(text, password);
        expect(keyMatchesCertificate(again, privateKey)).toBe(true);
        expect(again.extractable).toBe(false);
      }
    },
  );

  test("may be made extractable again, and is read as DER too", async () => {
    const again = await decryptPrivateKey(der, "secret", { extractable: true });
    expect(await again.exportPem()).toBe(await own.exportPem());
  });

  test("is another text each time", async () => {
    expect(await encryptPrivateKey(own, "secret", FEW)).not.toBe(pem);
  });

  test.for(["", "Secret", "secret ", "geheim"])("is not opened by %j", async (password) => {
    await expect(decryptPrivateKey(pem, password)).rejects.toMatchObject({
      name: "FormatError",
      code: "ERR_FORMAT_PASSWORD",
    });
  });

  test("of a key that must not leave is not made", async () => {
    const fixed = await decryptPrivateKey(pem, "secret");
    await expect(encryptPrivateKey(fixed, "secret", FEW)).rejects.toMatchObject({
      code: "ERR_KEY_NOT_EXTRACTABLE",
    });
  });

  test("that wants more rounds than are given is refused before the work", async () => {
    await expect(decryptPrivateKey(pem, "secret", { maxIterations: 999 })).rejects.toMatchObject({
      code: "ERR_FORMAT_LIMIT",
    });
    await expect(decryptPrivateKey(der, "secret", { maxBytes: 10 })).rejects.toMatchObject({
      code: "ERR_FORMAT_LIMIT",
    });
  });

  test.for<[string, string, string]>([
    ["no PEM", "hello", "ERR_PEM_NO_BLOCK"],
    ["two keys", pem + pem, "ERR_PEM_MULTIPLE"],
    [
      "no DER",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "ERR_FORMAT_STRUCTURE",
    ],
  ])("is refused if it is %s", async ([, text, code]) => {
    await expect(decryptPrivateKey(text, "secret")).rejects.toMatchObject({ code });
  });

  test("is refused if it is not encrypted", async () => {
    await expect(decryptPrivateKey(await own.exportPem("pkcs8"), "secret")).rejects.toMatchObject({
      code: "ERR_FORMAT_STRUCTURE",
    });
  });

  test("with any octet changed, or cut, gives an error of ours", async () => {
    for (let at = 0; at < der.length; at++) {
      const broken = der.slice();
      broken[at]! ^= 0x01;
      const error = await decryptPrivateKey(broken, "secret", { maxIterations: 20_000 }).catch(
        (reason: unknown) => reason,
      );
      if (!(error instanceof PkiError))
        expect(keyMatchesCertificate(error as typeof own, own), `octet ${at}`).toBe(true);
    }
    for (let length = 0; length < der.length; length += 7)
      await expect(decryptPrivateKey(der.subarray(0, length), "secret")).rejects.toBeInstanceOf(FormatError);
  });

  test("never shows key or password in its errors", async () => {
    const error = await decryptPrivateKey(pem, "hunter2").catch((reason: unknown) => reason);
    expect(String((error as Error).stack)).not.toContain("hunter2");
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });
});

describe.skipIf(!openSslVersion)("OpenSSL", () => {
  const { folder, openssl } = openSslFolder();

  test("opens what we encrypt", async () => {
    writeFileSync(join(folder, "ours.pem"), pem);
    const opened = openssl("pkcs8", "-in", "ours.pem", "-passin", "pass:secret");
    expect(opened).toBe(await own.exportPem("pkcs8"));
  });

  test.for([
    ["ec", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"],
    ["ec", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"],
    ["rsa", "-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"],
  ])("is read: %j", { timeout: 60_000 }, async ([kind, ...options]) => {
    const parameters =
      kind === "ec" ? ["-pkeyopt", "ec_paramgen_curve:P-256"] : ["-pkeyopt", "rsa_keygen_bits:2048"];
    openssl("genpkey", "-algorithm", kind!, ...parameters, "-out", "key.pem");
    openssl(
      "pkcs8",
      "-topk8",
      "-in",
      "key.pem",
      "-out",
      "theirs.pem",
      "-passout",
      "pass:gehe im",
      ...options,
    );
    const key = await decryptPrivateKey(readFileSync(join(folder, "theirs.pem"), "utf8"), "gehe im");
    openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.pub");
    expect(key.subjectPublicKeyInfo).toEqual(new Uint8Array(readFileSync(join(folder, "key.pub"))));
  });

  test.for([["-v2", "des3"], ["-scrypt"]])("names what is not read: %j", async (options) => {
    writeFileSync(join(folder, "plain.pem"), await own.exportPem("pkcs8"));
    openssl("pkcs8", "-topk8", "-in", "plain.pem", "-out", "old.pem", "-passout", "pass:secret", ...options);
    await expect(
      decryptPrivateKey(readFileSync(join(folder, "old.pem"), "utf8"), "secret"),
    ).rejects.toMatchObject({
      code: "ERR_FORMAT_UNSUPPORTED",
    });
  });
});
