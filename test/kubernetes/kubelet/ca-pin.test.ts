import { createHash, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { caPublicKeyPin, caTemplate, generateKeyPair, issueSelfSigned, pinnedCertificates } from "kubepki";
import type { Certificate } from "kubepki";

const ca = async (commonName: string): Promise<Certificate> => {
  const { signer } = await generateKeyPair("ECDSA-P256");
  return (await issueSelfSigned(caTemplate({ subject: { commonName } }), signer)).certificate;
};
let own: Certificate;
let other: Certificate;
beforeAll(async () => {
  [own, other] = [await ca("kubernetes"), await ca("another")];
});

describe("the pin of a CA", () => {
  test("is what `openssl x509 -pubkey | openssl rsa -pubin -outform der | sha256sum` gives", () => {
    const spki = new X509Certificate(own.der).publicKey.export({ type: "spki", format: "der" });
    expect(caPublicKeyPin(own)).toBe(`sha256:${createHash("sha256").update(spki).digest("hex")}`);
  });

  test("lets the pinned certificates through, and the others not", () => {
    expect(pinnedCertificates([other, own], [caPublicKeyPin(own)])).toEqual([own]);
    const both = [caPublicKeyPin(own), caPublicKeyPin(other)];
    expect(pinnedCertificates([other, own], both)).toEqual([other, own]);
  });

  test("is compared without regard to capitals", () => {
    expect(pinnedCertificates([own], [caPublicKeyPin(own).toUpperCase()])).toEqual([own]);
  });

  test.each([[[]], [[`sha256:${"0".repeat(64)}`]]])("refuses a cluster without a pinned key", (pins) => {
    expect(() => pinnedCertificates([own], pins)).toThrow(
      expect.objectContaining({
        code: "ERR_KUBELET_CA_PIN",
        message: expect.stringContaining(caPublicKeyPin(own)),
      }),
    );
  });

  test.each([
    ["no algorithm", "0".repeat(64)],
    ["another algorithm", `sha512:${"0".repeat(128)}`],
    ["too few digits", `sha256:${"0".repeat(62)}`],
    ["an odd number of digits", `sha256:${"0".repeat(65)}`],
    ["other characters", `sha256:${"g".repeat(64)}`],
    ["another part", `sha256:${"0".repeat(64)}:`],
    ["a space", ` sha256:${"0".repeat(64)}`],
  ])("is refused with %s, although another one fits", (_, pin) => {
    expect(() => pinnedCertificates([own], [caPublicKeyPin(own), pin])).toThrow(
      expect.objectContaining({ code: "ERR_KUBELET_CA_PIN" }),
    );
  });
});
