/** PKCS#12 files: ours to ourselves, to OpenSSL and back. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodePem, keyMatchesCertificate, PkiError } from "kubepki";
import { createPkcs12, parsePkcs12 } from "kubepki/formats";
import { certificate as certificateDer } from "../support/certificate.ts";
import { generalizedTime, seq, utcTime } from "../support/tlv.ts";
import { authority, leaf, openSslFolder, openSslVersion, privateKey } from "./support.ts";

const FEW = { iterations: 1000, macIterations: 1000 };
const file = await createPkcs12(
  { privateKey, certificates: [leaf, authority], friendlyName: "jänes Schlüssel" },
  "secret",
  FEW,
);

describe("a file", () => {
  test("holds what was put into it, in its order and with its names", async () => {
    const { keys, certificates } = await parsePkcs12(file, "secret");
    expect(keys.map(({ friendlyName }) => friendlyName)).toEqual(["jänes Schlüssel"]);
    expect(certificates.map(({ certificate }) => certificate.der)).toEqual([leaf.der, authority.der]);
    expect(certificates.map(({ friendlyName }) => friendlyName)).toEqual(["jänes Schlüssel", undefined]);
    expect(keys[0]?.localKeyId).toBe(certificates[0]?.localKeyId);
    expect(keyMatchesCertificate(keys[0]!.privateKey, leaf)).toBe(true);
    expect(keys[0]!.privateKey.extractable).toBe(false);
  });

  test("may hold certificates alone, or a key alone", async () => {
    const store = await createPkcs12({ certificates: [authority] }, "secret", FEW);
    expect(await parsePkcs12(store, "secret")).toMatchObject({ keys: [], certificates: [{}] });
    const alone = await createPkcs12({ privateKey, certificates: [] }, "secret", FEW);
    expect((await parsePkcs12(alone, "secret", { extractable: true })).keys[0]?.privateKey.extractable).toBe(
      true,
    );
    await expect(createPkcs12({ certificates: [] }, "secret")).rejects.toBeInstanceOf(TypeError);
  });

  test("is opened by passwords of any script", async () => {
    for (const password of ["", "pässwörd", "漢字 \u{1f600}"]) {
      const made = await createPkcs12({ privateKey, certificates: [leaf] }, password, FEW);
      expect((await parsePkcs12(made, password)).keys).toHaveLength(1);
    }
  });

  test.for(["", "Secret", "secret "])("is not opened by %j", async (password) => {
    await expect(parsePkcs12(file, password)).rejects.toMatchObject({ code: "ERR_FORMAT_PASSWORD" });
  });

  test("that is opened by its password, but was changed, is told from one that another password opens", async () => {
    const changed = file.slice();
    const name = Buffer.from(file).indexOf(Buffer.from("jänes", "utf16le").swap16());
    changed[name + 1]! ^= 1; // in a name, which is not encrypted
    await expect(parsePkcs12(changed, "secret")).rejects.toMatchObject({ code: "ERR_FORMAT_INTEGRITY" });
    await expect(parsePkcs12(changed, "Secret")).rejects.toMatchObject({ code: "ERR_FORMAT_PASSWORD" });
  });

  test("that has PBMAC1 is opened alike, and its MAC is looked at", async () => {
    const made = await createPkcs12({ privateKey, certificates: [leaf, authority] }, "pässwörd", {
      iterations: 1000,
      mac: "pbmac1",
    });
    const { keys, certificates } = await parsePkcs12(made, "pässwörd");
    expect(keyMatchesCertificate(keys[0]!.privateKey, leaf)).toBe(true);
    expect(certificates).toHaveLength(2);
    await expect(parsePkcs12(made, "passwort")).rejects.toMatchObject({ code: "ERR_FORMAT_PASSWORD" });
    const digest = made.slice();
    digest[Buffer.from(made).indexOf("NOT USED") - 3]! ^= 1;
    await expect(parsePkcs12(digest, "pässwörd")).rejects.toMatchObject({ code: "ERR_FORMAT_INTEGRITY" });
  });

  test(
    "with any one octet changed is never opened, and never by another error than ours",
    { timeout: 60_000 },
    async () => {
      const small = await createPkcs12({ certificates: [leaf] }, "secret", {
        iterations: 1,
        macIterations: 1,
      });
      for (let at = 0; at < small.length; at++) {
        const changed = small.slice();
        changed[at]! ^= 1 << (at % 8);
        const opened: unknown = await parsePkcs12(changed, "secret", { maxIterations: 1000 }).catch(
          (error: unknown) => error,
        );
        if (opened instanceof PkiError) continue;
        // Only the version and NULL parameters say nothing that anybody reads.
        expect(opened, `octet ${at}`).toMatchObject({ certificates: [{}] });
      }
    },
  );

  test("of another's key is not made", async () => {
    await expect(
      createPkcs12({ privateKey, certificates: [authority] }, "secret", FEW),
    ).rejects.toMatchObject({
      code: "ERR_KEY_MISMATCH",
    });
  });

  test("that stops the process for long by the rounds of its MAC is refused, unless the caller wants that", async () => {
    const made = await createPkcs12({ certificates: [authority] }, "secret", {
      iterations: 1000,
      macIterations: 70_000,
    });
    const rounds = Buffer.from("0203011170", "hex");
    expect(Buffer.from(made).lastIndexOf(rounds)).toBeGreaterThan(0);
    made.set(Buffer.from("02030927c1", "hex"), Buffer.from(made).lastIndexOf(rounds)); // 600,001
    await expect(parsePkcs12(made, "secret")).rejects.toMatchObject({ code: "ERR_FORMAT_LIMIT" });
    await expect(parsePkcs12(made, "secret", { maxIterations: 700_000 })).rejects.not.toMatchObject({
      code: "ERR_FORMAT_LIMIT",
    });
  });

  test("that wants more rounds than are given, all together, is refused", async () => {
    await expect(parsePkcs12(file, "secret", { maxIterations: 2999 })).rejects.toMatchObject({
      code: "ERR_FORMAT_LIMIT",
    });
    await expect(parsePkcs12(file, "secret", { maxIterations: 3000 })).resolves.toBeDefined();
    await expect(parsePkcs12(file, "secret", { maxBytes: 100 })).rejects.toMatchObject({
      code: "ERR_FORMAT_LIMIT",
    });
  });

  test("that is another thing is refused", async () => {
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array([0x30, 0]),
      leaf.der,
      file.subarray(1),
      file.subarray(0, -1),
    ])
      await expect(parsePkcs12(bytes, "secret")).rejects.toMatchObject({ code: "ERR_FORMAT_STRUCTURE" });
  });

  test(
    "with an octet changed gives an error of ours, for the MAC is over all that matters",
    { timeout: 60_000 },
    async () => {
      for (let at = 0; at < file.length; at += 3) {
        const broken = file.slice();
        broken[at]! ^= 0x10;
        const answer = await parsePkcs12(broken, "secret", { maxIterations: 20_000 }).catch(
          (reason: unknown) => reason,
        );
        if (answer instanceof PkiError) continue;
        expect(answer, `octet ${at}`).toMatchObject({ certificates: [{}, {}] });
      }
    },
  );
});

describe.skipIf(!openSslVersion)("OpenSSL", () => {
  const { folder, openssl } = openSslFolder();
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content);

  test("writes stores of hundreds of CAs, also of those that only Go reads", async () => {
    const odd = certificateDer({
      validity: seq(generalizedTime("20200101000000Z"), utcTime("491231235959Z")),
    });
    write("store.pem", encodePem("CERTIFICATE", leaf.der).repeat(300) + encodePem("CERTIFICATE", odd));
    const store = ["-export", "-nokeys", "-in", "store.pem", "-out", "store.p12"];
    openssl("pkcs12", ...store, "-passout", "pass:secret", "-iter", "1000");
    const written = new Uint8Array(readFileSync(join(folder, "store.p12")));
    await expect(parsePkcs12(written, "secret")).rejects.toMatchObject({ code: "ERR_DER_TIME" });
    const { certificates } = await parsePkcs12(written, "secret", { certificates: { mode: "kubernetes" } });
    expect(certificates).toHaveLength(301);
    expect(certificates.at(-1)?.certificate.der).toEqual(odd);
  });

  test("opens our files", async () => {
    write("ours.p12", file);
    const text = openssl("pkcs12", "-in", "ours.p12", "-passin", "pass:secret", "-nodes", "-info");
    expect(text).toContain(encodePem("CERTIFICATE", leaf.der));
    expect(text).toContain(encodePem("CERTIFICATE", authority.der));
    expect(text).toContain(await privateKey.exportPem("pkcs8"));
  });

  test.for([
    [],
    ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha1"],
    ["-certpbe", "NONE", "-macalg", "sha512"],
    ["-certpbe", "NONE", "-keypbe", "NONE"],
    ["-iter", "1"],
  ])("'s files are read: %j", async (options) => {
    write("key.pem", await privateKey.exportPem());
    write("leaf.pem", encodePem("CERTIFICATE", leaf.der));
    write("ca.pem", encodePem("CERTIFICATE", authority.der));
    openssl(
      "pkcs12",
      "-export",
      "-inkey",
      "key.pem",
      "-in",
      "leaf.pem",
      "-certfile",
      "ca.pem",
      "-name",
      "jane",
      "-passout",
      "pass:gehe im",
      "-out",
      "theirs.p12",
      ...options,
    );
    const { keys, certificates } = await parsePkcs12(
      new Uint8Array(readFileSync(join(folder, "theirs.p12"))),
      "gehe im",
    );
    expect(keys.map(({ friendlyName }) => friendlyName)).toEqual(["jane"]);
    expect(keyMatchesCertificate(keys[0]!.privateKey, leaf)).toBe(true);
    expect(certificates.map(({ certificate }) => certificate.der)).toEqual([leaf.der, authority.der]);
    expect(certificates[0]?.localKeyId).toBe(keys[0]?.localKeyId);
  });

  test.for([["-nomac"], ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"]])(
    "'s files that are not read say why: %j",
    async (options) => {
      write("key.pem", await privateKey.exportPem());
      write("leaf.pem", encodePem("CERTIFICATE", leaf.der));
      openssl(
        "pkcs12",
        "-export",
        "-inkey",
        "key.pem",
        "-in",
        "leaf.pem",
        "-passout",
        "pass:secret",
        "-out",
        "old.p12",
        ...options,
      );
      const old = new Uint8Array(readFileSync(join(folder, "old.p12")));
      await expect(parsePkcs12(old, "secret")).rejects.toMatchObject({ code: "ERR_FORMAT_UNSUPPORTED" });
    },
  );
});
