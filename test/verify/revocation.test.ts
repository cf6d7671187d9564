/** Revocation: what a list must be to count, what happens where nobody knows, and that remembered answers end in time. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DenyList } from "../../src/verify/deny-list.ts";
import type { DenyEntry } from "../../src/verify/deny-list.ts";
import { createAuthenticator } from "../../src/kubernetes/authenticate.ts";
import { parseIdentity, CREDENTIAL_ID_KEY } from "../../src/kubernetes/identity.ts";
import { issueCertificateSync, issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate } from "../../src/issue/template.ts";
import { keyObjectSigner, verifySignatureSync } from "../../src/node/signer.ts";
import { encodePem } from "../../src/pem.ts";
import { CertificateListChecker } from "../../src/verify/certificate-list-checker.ts";
import { verifyCertificateList, verifyCertificateListSync } from "../../src/verify/certificate-list.ts";
import type { RevocationPolicy } from "../../src/verify/revocation.ts";
import { verifyCertificateChain, verifyCertificateChainSync } from "../../src/verify/verify-chain.ts";
import { parseCertificate } from "../../src/x509/certificate.ts";
import { sha256 } from "../../src/sha256.ts";
import { toHex } from "../../src/bytes.ts";
import { basicConstraints, extension, extensionIds, keyUsage } from "../support/certificate.ts";
import {
  crlNumber,
  entry,
  keyIdentifier,
  listExtensionIds,
  reasonCode,
  scope,
  signedList,
} from "../support/certificate-list.ts";
import type { ListParts } from "../support/certificate-list.ts";
import { party, signed, signedCa } from "../support/chain.ts";
import { bits, ctx, ctxPrimitive, hex, int, nul, octets, seq, utcTime } from "../support/tlv.ts";

const AT = Date.UTC(2026, 0);
const root = party("root");
const middle = party("middle");
const stranger = party("root", "another key");
const rootDer = signedCa(root);
const middleDer = signedCa(middle, root, { serialNumber: int(0x77) });
const leafDer = signed(party("leaf"), middle, { serialNumber: int(0x1234) });
const listOfRoot = signedList(root, { entries: [] });
const listOfMiddle = signedList(middle, { entries: [] });
const revoking = signedList(middle, {
  entries: [entry(0x1234, [reasonCode(1)])],
  extensions: [crlNumber(2)],
});

const policy = (lists: readonly Uint8Array[], onUnknown: RevocationPolicy["onUnknown"] = "refuse") => ({
  checker: new CertificateListChecker(lists),
  onUnknown,
});
const verdict = (revocation: RevocationPolicy, at: number = AT): string => {
  try {
    verifyCertificateChainSync(leafDer, {
      trustAnchors: [rootDer],
      intermediates: [middleDer],
      usage: "any",
      at,
      revocation,
      verifySignature: verifySignatureSync,
    });
    return "good";
  } catch (error) {
    const { code, certificateIndex } = error as { code: string; certificateIndex: number };
    return `${code} ${certificateIndex}`;
  }
};

describe("verifyCertificateList", () => {
  const verify = (der: Uint8Array, issuer: Uint8Array = rootDer, at = AT): string => {
    try {
      verifyCertificateListSync(der, issuer, { at, verifySignature: verifySignatureSync });
      return "good";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const fromRoot = (parts: ListParts) => verify(signedList(root, parts));
  const withExtensions = (...extensions: Uint8Array[]) =>
    fromRoot({ extensions: [crlNumber(), ...extensions] });

  test("takes a list that its CA signed, at once and later", async () => {
    expect(verify(listOfRoot)).toBe("good");
    expect((await verifyCertificateList(encodePem("X509 CRL", listOfRoot), rootDer, { at: AT })).size).toBe(
      0,
    );
  });

  test.for<[string, () => string, string]>([
    ["of another CA", () => verify(listOfMiddle), "ERR_CRL_ISSUER"],
    ["of a CA with the same name and another key", () => verify(signedList(stranger)), "ERR_CRL_SIGNATURE"],
    [
      "that states another key",
      () =>
        verify(
          signedList(root, { extensions: [crlNumber(), keyIdentifier(hex("01"))] }),
          signedCa(root, root, {
            extensions: [basicConstraints(), extension(extensionIds.subjectKeyIdentifier, octets(hex("02")))],
          }),
        ),
      "ERR_CRL_ISSUER",
    ],
    ["of no CA", () => verify(listOfRoot, signed(root)), "ERR_CRL_ISSUER"],
    [
      "of a CA whose key usage has no cRLSign",
      () =>
        verify(
          listOfRoot,
          signedCa(root, root, { extensions: [basicConstraints(), keyUsage(hex("04"), 2)] }),
        ),
      "ERR_CRL_ISSUER",
    ],
    ["that was changed", () => verify(changedLast(listOfRoot)), "ERR_CRL_SIGNATURE"],
    [
      "signed with an algorithm that is not the key's",
      () => fromRoot({ innerAlgorithm: seq(hex("06 08 2a8648ce3d040302")) }),
      "ERR_CRL_SIGNATURE",
    ],
    ["of the future", () => verify(listOfRoot, rootDer, Date.UTC(2024, 0)), "ERR_CRL_NOT_YET_VALID"],
    ["that is out of date", () => verify(listOfRoot, rootDer, Date.UTC(2050, 0)), "ERR_CRL_EXPIRED"],
    ["without an end", () => fromRoot({ nextUpdate: new Uint8Array() }), "ERR_CRL_EXPIRED"],
    ["without a number", () => fromRoot({ extensions: [] }), "ERR_CRL_UNSUPPORTED"],
    [
      "that is a delta",
      () => withExtensions(extension(listExtensionIds.deltaCrlIndicator, int(1), true)),
      "ERR_CRL_UNSUPPORTED",
    ],
    ["that is indirect", () => withExtensions(scope(ctxPrimitive(4, hex("ff")))), "ERR_CRL_UNSUPPORTED"],
    ["for some reasons", () => withExtensions(scope(ctxPrimitive(3, hex("0640")))), "ERR_CRL_UNSUPPORTED"],
    [
      "of attribute certificates",
      () => withExtensions(scope(ctxPrimitive(5, hex("ff")))),
      "ERR_CRL_UNSUPPORTED",
    ],
    [
      "with an unknown critical extension",
      () => withExtensions(extension("1.2.3", nul, true)),
      "ERR_CRL_UNSUPPORTED",
    ],
    [
      "with an unknown critical extension in an entry",
      () => fromRoot({ entries: [entry(1, [extension("1.2.3", nul, true)])] }),
      "ERR_CRL_UNSUPPORTED",
    ],
  ])("refuses one %s", ([, verdictOf, code]) => {
    expect(verdictOf()).toBe(code);
  });

  test("both ends of its time belong to it", () => {
    expect(verify(listOfRoot, rootDer, Date.UTC(2025, 0))).toBe("good");
    expect(verify(listOfRoot, rootDer, Date.UTC(2049, 11, 31, 23, 59, 59))).toBe("good");
    expect(() =>
      verifyCertificateListSync(listOfRoot, rootDer, { at: NaN, verifySignature: verifySignatureSync }),
    ).toThrow(TypeError);
  });
});

function changedLast(der: Uint8Array): Uint8Array {
  const copy = der.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

describe("a chain", () => {
  test("is good if lists of all its issuers say so, and refused if one has a certificate of it", () => {
    expect(verdict(policy([listOfRoot, listOfMiddle]))).toBe("good");
    expect(verdict(policy([listOfRoot, revoking]))).toBe("ERR_CHAIN_REVOKED 0");
    expect(verdict(policy([signedList(root, { entries: [entry(0x77)] }), listOfMiddle]))).toBe(
      "ERR_CHAIN_REVOKED 1",
    );
  });

  test("of which something is unknown is refused or accepted as the policy says, and there is no default", () => {
    for (const lists of [
      [],
      [listOfMiddle],
      [listOfRoot],
      [listOfRoot, signedList(party("middle", "else"))],
    ]) {
      expect(verdict(policy(lists, "refuse"))).toContain("ERR_CHAIN_REVOCATION_UNKNOWN");
      expect(verdict(policy(lists, "accept"))).toBe("good");
    }
    // @ts-expect-error onUnknown must be there; if it is not all the same, the answer is no
    expect(verdict({ checker: new CertificateListChecker([]) })).toContain("ERR_CHAIN_REVOCATION_UNKNOWN");
  });

  test("that is known to be revoked is refused by the soft policy too, also by a list that is out of date", () => {
    expect(verdict(policy([revoking], "accept"))).toBe("ERR_CHAIN_REVOKED 0");
    const old = signedList(middle, { entries: [entry(0x1234)], nextUpdate: utcTime("250201000000Z") });
    expect(verdict(policy([old], "accept"))).toBe("ERR_CHAIN_REVOKED 0");
    expect(
      verdict(
        policy([listOfRoot, signedList(middle, { entries: [], nextUpdate: utcTime("250201000000Z") })]),
      ),
    ).toBe("ERR_CHAIN_REVOCATION_UNKNOWN 0");
  });

  test("is judged by the list with the highest number, also when numbers have different lengths", () => {
    expect(
      verdict(
        policy([listOfRoot, revoking, signedList(middle, { entries: [], extensions: [crlNumber(1)] })]),
      ),
    ).toBe("ERR_CHAIN_REVOKED 0");
    const released = signedList(middle, { entries: [], extensions: [crlNumber(256)] });
    expect(verdict(policy([listOfRoot, released, revoking]))).toBe("good");
  });

  test("is not judged by lists of another kind of certificates, or of another distribution point", () => {
    const middleWith = (...parts: Uint8Array[]) =>
      signedList(middle, { entries: [], extensions: [crlNumber(), scope(...parts)] });
    const uri = ctx(0, ctx(0, ctxPrimitive(6, new TextEncoder().encode("http://ca/1"))));
    expect(verdict(policy([listOfRoot, middleWith(ctxPrimitive(1, hex("ff")))]))).toBe("good");
    expect(verdict(policy([listOfRoot, middleWith(ctxPrimitive(2, hex("ff")))]))).toBe(
      "ERR_CHAIN_REVOCATION_UNKNOWN 0",
    );
    expect(verdict(policy([listOfRoot, middleWith(uri)]))).toBe("ERR_CHAIN_REVOCATION_UNKNOWN 0");
    const point = extension(extensionIds.crlDistributionPoints, seq(seq(uri)));
    const chain = signed(party("leaf"), middle, { serialNumber: int(5), extensions: [point] });
    const options = {
      trustAnchors: [rootDer],
      intermediates: [middleDer],
      usage: "any",
      at: AT,
      verifySignature: verifySignatureSync,
    } as const;
    const revocation = policy([listOfRoot, middleWith(uri)]);
    expect(verifyCertificateChainSync(chain, { ...options, revocation }).certificates).toHaveLength(3);
  });

  test("tells until when the answer holds", async () => {
    const options = { trustAnchors: [rootDer], intermediates: [middleDer], usage: "any", at: AT } as const;
    const short = signedList(middle, { entries: [], nextUpdate: utcTime("260201000000Z") });
    const chain = await verifyCertificateChain(leafDer, {
      ...options,
      revocation: policy([listOfRoot, short]),
    });
    expect(chain.revocationCheckedUntil?.toISOString()).toBe("2026-02-01T00:00:00.000Z");
    expect((await verifyCertificateChain(leafDer, options)).revocationCheckedUntil).toBeUndefined();
  });

  test("does not ask about the trust anchor itself, nor about a leaf that is one", () => {
    const options = { usage: "any", at: AT, verifySignature: verifySignatureSync } as const;
    const revocation = policy([]);
    expect(
      verifyCertificateChainSync(rootDer, { ...options, trustAnchors: [rootDer], revocation }).certificates,
    ).toHaveLength(1);
  });

  test("the checker takes PEM with several lists, and nothing else in it", () => {
    const pem = encodePem("X509 CRL", listOfRoot) + encodePem("X509 CRL", revoking);
    expect(verdict({ checker: new CertificateListChecker(pem), onUnknown: "refuse" })).toBe(
      "ERR_CHAIN_REVOKED 0",
    );
    expect(() => new CertificateListChecker("")).toThrow(
      expect.objectContaining({ code: "ERR_PEM_NO_BLOCK" }),
    );
    expect(() => new CertificateListChecker(encodePem("CERTIFICATE", rootDer))).toThrow(
      expect.objectContaining({ code: "ERR_PEM_LABEL" }),
    );
  });
});

const NOW = new Date("2030-01-01T00:00:00Z");
const caSigner = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const ca = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" }, now: NOW }), caSigner, {
  now: NOW,
}).certificate;
const client = issueCertificateSync(clientTemplate({ subject: { commonName: "jane" }, now: NOW }), {
  publicKey: keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
  issuer: { certificate: ca, signer: caSigner },
  now: NOW,
}).certificate;

describe("a deny list", () => {
  const fingerprint = toHex(sha256(client.der));
  const entries: Record<string, DenyEntry> = {
    certificate: { certificate: client.der },
    "issuer and serial number": {
      issuer: ca.subject.der,
      serialNumber: `00${client.serialNumber.toUpperCase()}`,
    },
    fingerprint: { fingerprint: fingerprint.toUpperCase().replace(/(..)(?=.)/g, "$1:") },
    "credential id": { credentialId: parseIdentity(client)!.extra[CREDENTIAL_ID_KEY]![0]! },
  };

  test.for(Object.entries(entries))(
    "refuses by %s, the twin of the signature too, and nobody else",
    ([, item]) => {
      const denyList = new DenyList([{ ...item, reason: "lost" }]);
      const options = {
        trustAnchors: [ca],
        usage: "clientAuth",
        at: NOW,
        verifySignature: verifySignatureSync,
      } as const;
      const twin = twinOf(client.der);
      expect(verifyCertificateChainSync(twin, options).leaf.der).not.toEqual(client.der);
      for (const leaf of [client, twin])
        expect(() => verifyCertificateChainSync(leaf, { ...options, denyList })).toThrow(
          expect.objectContaining({
            code: "ERR_CHAIN_REVOKED",
            message: expect.stringContaining("deny list: lost"),
          }),
        );
      expect(denyList.find(ca)).toBeUndefined();
    },
  );

  test("refuses a CA in the path, a trust anchor, and a leaf that is one", () => {
    const options = {
      usage: "any",
      at: NOW,
      verifySignature: verifySignatureSync,
      denyList: new DenyList([{ certificate: ca }]),
    } as const;
    for (const leaf of [client, ca])
      expect(() => verifyCertificateChainSync(leaf, { ...options, trustAnchors: [ca] })).toThrow(
        expect.objectContaining({ code: "ERR_CHAIN_REVOKED" }),
      );
  });

  test("takes no entry that could never be found", () => {
    for (const item of [
      { fingerprint: "12" },
      { credentialId: fingerprint },
      { issuer: ca.subject.der, serialNumber: "x" },
    ])
      expect(() => new DenyList([item as DenyEntry])).toThrow(TypeError);
  });
});

/** The same certificate with the order less s for s: the signature still holds. */
function twinOf(der: Uint8Array): Uint8Array {
  const { signature, tbsCertificate, signatureAlgorithm } = parseCertificate(der);
  const order = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const rLength = signature[3]!;
  const r = signature.subarray(2, 4 + rLength);
  const s = BigInt(`0x${toHex(signature.subarray(6 + rLength))}`);
  return seq(tbsCertificate, signatureAlgorithm.der, bits(seq(r, int(order - s))));
}

describe("an authenticator", () => {
  const listed = (parts: ListParts) => signedList(root, parts);
  const leaf = signed(party("jane"), root, { serialNumber: int(9) });
  const name = async (authenticator: ReturnType<typeof createAuthenticator>, at: number = AT) => {
    try {
      return (await authenticator.authenticate(leaf, at))?.username;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test("stops to know a certificate as soon as a list or the deny list has it", async () => {
    const checker = new CertificateListChecker([listed({ entries: [] })]);
    const denyList = new DenyList([]);
    const authenticator = createAuthenticator({
      trustAnchors: [rootDer],
      revocation: { checker, onUnknown: "refuse" },
      denyList,
    });
    expect(await name(authenticator)).toBe("jane");
    expect(await name(authenticator)).toBe("jane");
    checker.replace([listed({ entries: [entry(9)] })]);
    expect(await name(authenticator)).toBe("ERR_CHAIN_REVOKED");
    checker.replace([listed({ entries: [] })]);
    expect(await name(authenticator)).toBe("jane");
    denyList.replace([{ certificate: leaf }]);
    expect(await name(authenticator)).toBe("ERR_CHAIN_REVOKED");
  });

  test("does not remember longer than the lists are current", async () => {
    const checker = new CertificateListChecker([
      listed({ entries: [], nextUpdate: utcTime("260201000000Z") }),
    ]);
    const authenticator = createAuthenticator({
      trustAnchors: [rootDer],
      revocation: { checker, onUnknown: "refuse" },
    });
    expect(await name(authenticator)).toBe("jane");
    expect(await name(authenticator, Date.UTC(2026, 1, 1))).toBe("jane");
    expect(await name(authenticator, Date.UTC(2026, 1, 1) + 1)).toBe("ERR_CHAIN_REVOCATION_UNKNOWN");
    expect(await name(authenticator, Date.UTC(2024, 5))).toBe("ERR_CHAIN_REVOCATION_UNKNOWN");
  });

  test("accepts what is unknown only until a list that is of the future begins", async () => {
    const checker = new CertificateListChecker([
      listed({ entries: [entry(9)], thisUpdate: utcTime("260201000000Z") }),
    ]);
    const authenticator = createAuthenticator({
      trustAnchors: [rootDer],
      revocation: { checker, onUnknown: "accept" },
    });
    expect(await name(authenticator)).toBe("jane");
    expect(await name(authenticator, Date.UTC(2026, 1, 1))).toBe("ERR_CHAIN_REVOKED");
  });

  test("keeps the old lists if a new one does not parse", async () => {
    const checker = new CertificateListChecker([listed({ entries: [entry(9)] })]);
    expect(() => checker.replace([new Uint8Array(2)])).toThrow();
    expect(checker.generation).toBe(0);
    const authenticator = createAuthenticator({
      trustAnchors: [rootDer],
      revocation: { checker, onUnknown: "refuse" },
    });
    expect(await name(authenticator)).toBe("ERR_CHAIN_REVOKED");
  });
});
