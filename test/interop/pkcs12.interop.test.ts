/** PKCS#12 files that we write are opened by NSS's `pk12util` and by Java's `keytool`, and theirs by us. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  keyMatchesCertificate,
} from "kubepki";
import { createPkcs12, parsePkcs12 } from "kubepki/formats";
import { unpackFromSid } from "./debian.ts";

const PASSWORD = "a long password";
const ca = await generateKeyPair("ECDSA-P256");
const root = await issueSelfSigned(caTemplate({ subject: { commonName: "kubernetes" } }), ca.signer);
const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
const { certificate } = await issueCertificate(clientTemplate({ subject: { commonName: "jane" } }), {
  publicKey,
  issuer: { certificate: root.certificate, signer: ca.signer },
});
const file = await createPkcs12(
  { privateKey, certificates: [certificate, root.certificate], friendlyName: "jane" },
  PASSWORD,
);

const folder = mkdtempSync(join(tmpdir(), "kubepki-pkcs12-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "ours.p12"), file, { mode: 0o600 });

const platforms: Partial<Record<string, readonly [folder: string, loader: string]>> = {
  x64: ["x86_64-linux-gnu", "ld-linux-x86-64.so.2"],
  arm64: ["aarch64-linux-gnu", "ld-linux-aarch64.so.1"],
};

async function unpack(packages: readonly string[]) {
  const platform = platforms[process.arch];
  if (!platform) return { reason: `no Debian packages are named for ${process.arch}` };
  const unpacked = await unpackFromSid([...packages]);
  return "reason" in unpacked ? unpacked : { root: unpacked.root, platform };
}

const nss = await unpack(["libnss3-tools", "libnss3", "libnspr4", "libsqlite3-0", "libc6", "zlib1g"]);
if ("reason" in nss) console.warn(`skipped: NSS: ${nss.reason}`);
describe.skipIf("reason" in nss)(`NSS${"reason" in nss ? ` (skipped: ${nss.reason})` : ""}`, () => {
  const run = (program: string, ...args: string[]): string => {
    if ("reason" in nss) throw new Error(nss.reason);
    const [name, loader] = nss.platform;
    const libraries = join(nss.root, "usr/lib", name);
    const path = [
      "--library-path",
      `${libraries}:${join(libraries, "nss")}`,
      join(nss.root, "usr/bin", program),
    ];
    return execFileSync(join(libraries, loader), [...path, ...args], {
      encoding: "utf8",
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
  };

  test("imports ours, and we read what it exports", { timeout: 60_000 }, async () => {
    mkdirSync(join(folder, "db"));
    run("certutil", "-N", "-d", "sql:db", "--empty-password");
    run("pk12util", "-i", "ours.p12", "-d", "sql:db", "-W", PASSWORD, "-K", "");
    expect(run("certutil", "-L", "-d", "sql:db")).toMatch(/jane\s+u,u,u/);
    run(
      "pk12util",
      "-o",
      "theirs.p12",
      "-n",
      "jane",
      "-d",
      "sql:db",
      "-W",
      PASSWORD,
      "-K",
      "",
      "-c",
      "AES-256-CBC",
      "-C",
      "AES-128-CBC",
    );
    const { keys, certificates } = await parsePkcs12(
      new Uint8Array(readFileSync(join(folder, "theirs.p12"))),
      PASSWORD,
    );
    expect(keyMatchesCertificate(keys[0]!.privateKey, certificate)).toBe(true);
    expect(certificates.map((item) => item.certificate.serialNumber)).toContain(certificate.serialNumber);
  });
});

const java = await unpack(["openjdk-21-jre-headless", "zlib1g", "libc6", "libgcc-s1", "libstdc++6"]);
if ("reason" in java) console.warn(`skipped: Java: ${java.reason}`);
describe.skipIf("reason" in java)(`keytool${"reason" in java ? ` (skipped: ${java.reason})` : ""}`, () => {
  const keytool = (...args: string[]): string => {
    if ("reason" in java) throw new Error(java.reason);
    const [name, loader] = java.platform;
    const libraries = join(java.root, "usr/lib", name);
    const home = join(
      java.root,
      "usr/lib/jvm",
      readdirSync(join(java.root, "usr/lib/jvm")).find((entry) => entry.startsWith("java-21-openjdk-"))!,
    );
    const path = [
      "--library-path",
      `${libraries}:${join(home, "lib")}:${join(home, "lib/server")}:${join(home, "lib/jli")}`,
    ];
    // Its settings are in /etc, where nobody unpacked them.
    const settled = join(folder, "java");
    if (!existsSync(settled)) {
      mkdirSync(settled);
      symlinkSync(join(home, "lib"), join(settled, "lib"));
      symlinkSync(join(java.root, "etc/java-21-openjdk"), join(settled, "conf"));
    }
    const program = join(home, "bin/keytool");
    if (!existsSync(program)) throw new Error("the package has no keytool");
    return execFileSync(join(libraries, loader), [...path, program, `-J-Djava.home=${settled}`, ...args], {
      encoding: "utf8",
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
  };

  test("lists ours, and we read what it makes", { timeout: 120_000 }, async () => {
    const listed = keytool(
      "-list",
      "-v",
      "-storetype",
      "PKCS12",
      "-keystore",
      "ours.p12",
      "-storepass",
      PASSWORD,
    );
    expect(listed).toMatch(/PrivateKeyEntry/);
    expect(listed).toMatch(/CN=jane/);
    keytool(
      "-genkeypair",
      "-alias",
      "theirs",
      "-keyalg",
      "EC",
      "-groupname",
      "secp256r1",
      "-dname",
      "CN=theirs",
      "-storetype",
      "PKCS12",
      "-keystore",
      "java.p12",
      "-storepass",
      PASSWORD,
    );
    const { keys, certificates } = await parsePkcs12(
      new Uint8Array(readFileSync(join(folder, "java.p12"))),
      PASSWORD,
    );
    expect(keys[0]?.friendlyName).toBe("theirs");
    expect(keyMatchesCertificate(keys[0]!.privateKey, certificates[0]!.certificate)).toBe(true);
  });
});
