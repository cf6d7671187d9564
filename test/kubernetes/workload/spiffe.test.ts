/** SPIFFE IDs and SVIDs, held to the standard's rules, and to what an attacker of a federation would try. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  createSvidAuthenticator,
  encodeSpiffeBundle,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  parseSpiffeBundle,
  parseSpiffeId,
  parseSvid,
  servingTemplate,
  serviceAccountOfSpiffeId,
  serviceAccountSpiffeId,
  serviceAccountUserInfo,
  signingSvidTemplate,
  svidTemplate,
  validateSvid,
} from "kubepki";
import type { CertificateAuthority, CertificateTemplate, KeyAlgorithmName } from "kubepki";

describe("a SPIFFE ID", () => {
  test.for([
    "spiffe://example.org",
    "spiffe://example.org/ns/default/sa/web",
    "spiffe://a_b-c.9/A-Z_a.z/...",
    `spiffe://${"a".repeat(255)}/x`,
    `spiffe://example.org/${"x".repeat(2048 - 21)}`,
  ])("%s is one", (uri) => {
    const id = parseSpiffeId(uri);
    expect(`spiffe://${id.trustDomain}${id.path}`).toBe(uri);
  });

  test.for([
    ["", "must begin"],
    ["http://example.org/web", "must begin"],
    ["SPIFFE://example.org/web", "must begin"],
    ["spiffe:/example.org/web", "must begin"],
    ["spiffe://", "no trust domain"],
    ["spiffe:///web", "no trust domain"],
    ["spiffe://Example.org/web", 'cannot have "E"'],
    ["spiffe://user@example.org/web", 'cannot have "@"'],
    ["spiffe://example.org:8443/web", 'cannot have ":"'],
    ["spiffe://example.org?x", 'cannot have "?"'],
    ["spiffe://example.org/web?x", 'cannot have "?"'],
    ["spiffe://example.org/web#x", 'cannot have "#"'],
    ["spiffe://example.org/w%65b", 'cannot have "%"'],
    ["spiffe://example.org/", "empty segment"],
    ["spiffe://example.org//web", "empty segment"],
    ["spiffe://example.org/web/", "empty segment"],
    ["spiffe://example.org/./web", "relative segment"],
    ["spiffe://example.org/web/..", "relative segment"],
    ["spiffe://example.org/w b", 'cannot have " "'],
    ["spiffe://example.org/w\u212ab", "cannot have"], // KELVIN SIGN, whose lower case is k
    ["spiffe://ex\u00e4mple.org/web", "cannot have"],
    [`spiffe://${"a".repeat(256)}/x`, "256 characters"],
    [`spiffe://example.org/${"x".repeat(2048 - 20)}`, "2049 characters"],
  ])("%s is none: %s", ([uri, reason]) => {
    expect(() => parseSpiffeId(uri!)).toThrow(
      expect.objectContaining({
        code: "ERR_SPIFFE_ID",
        message: expect.stringContaining(reason!) as string,
      }) as Error,
    );
  });

  test("any text is an ID that says the same again, or refused by code", () => {
    const piece = fc.constantFrom(
      "spiffe://",
      "example.org",
      "/",
      ".",
      "..",
      "a",
      "A",
      "%",
      "\u0000",
      "ns",
      "sa",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          try {
            const id = parseSpiffeId(text);
            expect(id.uri).toBe(text);
            expect(new URL(text).host).toBe(id.trustDomain);
            expect(new URL(text).pathname).toBe(id.path);
          } catch (error) {
            expect(error).toMatchObject({ code: "ERR_SPIFFE_ID" });
          }
        },
      ),
    );
  });

  test("a service account comes back out of its ID", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, (namespace, name) => {
        const id = serviceAccountSpiffeId("example.org", { namespace, name });
        expect(serviceAccountOfSpiffeId(id)).toEqual({ namespace, name });
      }),
    );
  });

  test.for([
    "/ns/default/sa",
    "/ns/default/sa/web/x",
    "/ns/De/sa/web",
    "/sa/web/ns/default",
    "/ns/a.b/sa/web",
  ])("the path %s names no service account", (path) => {
    expect(serviceAccountOfSpiffeId(parseSpiffeId(`spiffe://example.org${path}`))).toBeUndefined();
  });

  test("what is no service account gets no ID", () => {
    const make = () => serviceAccountSpiffeId("example.org", { namespace: "default", name: "web/../admin" });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_SPIFFE_ID" }) as Error);
  });

  test("a service account of another trust domain is no user of this cluster", () => {
    const id = parseSpiffeId("spiffe://elsewhere.org/ns/kube-system/sa/admin");
    expect(serviceAccountUserInfo(id, "example.org")).toBeUndefined();
    expect(serviceAccountUserInfo(id, "elsewhere.org")).toEqual({
      username: "system:serviceaccount:kube-system:admin",
      groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
      extra: {},
    });
  });
});

const web = parseSpiffeId("spiffe://example.org/web");

async function authority(trustDomain: string): Promise<CertificateAuthority> {
  const { signer } = await generateKeyPair("ECDSA-P256");
  const template = signingSvidTemplate({ trustDomain, subject: { commonName: trustDomain }, pathLength: 1 });
  return { certificate: (await issueSelfSigned(template, signer)).certificate, signer };
}

async function issue(template: CertificateTemplate, issuer: CertificateAuthority) {
  const { signer, publicKey } = await generateKeyPair("ECDSA-P256");
  return { certificate: (await issueCertificate(template, { publicKey, issuer })).certificate, signer };
}

const ours = await authority("example.org");
const theirs = await authority("partner.org");
const certificateOf = async (template: CertificateTemplate) => (await issue(template, ours)).certificate;

const leaf = clientTemplate({
  subject: { commonName: "web" },
  extendedKeyUsage: ["serverAuth", "clientAuth"],
  uris: [web.uri],
});

describe("a leaf SVID", () => {
  test("is what the template says", async () => {
    const certificate = await certificateOf(svidTemplate({ id: web, dnsNames: ["web.example.org"] }));
    expect(validateSvid(certificate, "leaf")).toEqual([]);
    expect(parseSvid(certificate).id).toEqual(web);
    expect(certificate.extension("subjectAltName")?.critical).toBe(true); // its subject is empty
  });

  const without = (id: string) =>
    leaf.extensions.filter((extension) => !("id" in extension) || extension.id !== id);
  test.for<[string, CertificateTemplate, string]>([
    ["no URI", { ...leaf, extensions: without("subjectAltName") }, "FINDING_SVID_URI"],
    [
      "two URIs",
      clientTemplate({
        subject: { commonName: "web" },
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        uris: [web.uri, "https://example.org"],
      }),
      "FINDING_SVID_URI",
    ],
    [
      "a URI of another scheme",
      clientTemplate({
        subject: { commonName: "web" },
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        uris: ["https://example.org/web"],
      }),
      "FINDING_SVID_URI",
    ],
    [
      "no path",
      clientTemplate({
        subject: { commonName: "web" },
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        uris: ["spiffe://example.org"],
      }),
      "FINDING_SVID_PATH",
    ],
    ["no key usage", { ...leaf, extensions: without("keyUsage") }, "FINDING_SVID_KEY_USAGE"],
    [
      "keyAgreement alone",
      clientTemplate({
        subject: { commonName: "web" },
        keyUsage: ["keyAgreement"],
        extendedKeyUsage: ["serverAuth", "clientAuth"],
        uris: [web.uri],
      }),
      "FINDING_SVID_KEY_USAGE",
    ],
    [
      "clientAuth alone",
      clientTemplate({ subject: { commonName: "web" }, uris: [web.uri] }),
      "FINDING_SVID_EXTENDED_KEY_USAGE",
    ],
    [
      "serverAuth alone",
      servingTemplate({ subject: {}, dnsNames: ["web.example.org"], uris: [web.uri] }),
      "FINDING_SVID_EXTENDED_KEY_USAGE",
    ],
  ])("is none with %s", async ([, template, code]) => {
    const certificate = await certificateOf(template);
    expect(validateSvid(certificate, "leaf").map((finding) => finding.code)).toEqual([code]);
    expect(() => parseSvid(certificate)).toThrow(
      expect.objectContaining({ code: "ERR_SPIFFE_SVID" }) as Error,
    );
  });

  test("is none if it is a CA", async () => {
    const certificate = await certificateOf(
      signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "CA" } }),
    );
    expect(() => parseSvid(certificate)).toThrow(
      expect.objectContaining({ code: "ERR_SPIFFE_SVID" }) as Error,
    );
  });

  test("should have extended key usages, and is taken without", async () => {
    const certificate = await certificateOf({ ...leaf, extensions: without("extendedKeyUsage") });
    expect(validateSvid(certificate, "leaf")).toMatchObject([
      { code: "FINDING_SVID_EXTENDED_KEY_USAGE", severity: "warning" },
    ]);
    expect(parseSvid(certificate).id).toEqual(web);
  });

  test("needs a path to be issued", () => {
    const make = () => svidTemplate({ id: parseSpiffeId("spiffe://example.org") });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_SPIFFE_ID" }) as Error);
  });
});

describe("a bundle", () => {
  test.for<KeyAlgorithmName>(["ECDSA-P256", "ECDSA-P384", "ECDSA-P521", "RSA-2048", "Ed25519"])(
    "of a CA with %s comes back, and its JWK is the key that WebCrypto exports",
    async (algorithm) => {
      const pair = await generateKeyPair(algorithm);
      const template = signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "CA" } });
      const { certificate } = await issueSelfSigned(template, pair.signer);
      const document = encodeSpiffeBundle({
        trustAnchors: [certificate],
        sequence: 3,
        refreshHintSeconds: 60,
      });
      const back = parseSpiffeBundle(JSON.stringify(document));
      expect(back.trustAnchors.map(({ der }) => der)).toEqual([certificate.der]);
      expect(back).toMatchObject({ sequence: 3, refreshHintSeconds: 60 });
      const { use, x5c, ...jwk } = document.keys[0]!;
      expect([use, x5c]).toEqual(["x509-svid", [Buffer.from(certificate.der).toString("base64")]]);
      const { createPublicKey } = await import("node:crypto");
      const key = createPublicKey({
        key: Buffer.from(certificate.subjectPublicKeyInfo),
        format: "der",
        type: "spki",
      });
      expect(jwk).toEqual(key.export({ format: "jwk" }));
    },
  );

  test.for<[string, unknown]>([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["no keys", "{}"],
    ["keys that are no list", '{"keys":{}}'],
    ["a key that is no object", '{"keys":[1]}'],
    ["a kid", '{"keys":[{"use":"x509-svid","kid":"1","x5c":["AA=="]}]}'],
    ["no x5c", '{"keys":[{"use":"x509-svid"}]}'],
    ["two certificates in x5c", '{"keys":[{"use":"x509-svid","x5c":["AA==","AA=="]}]}'],
    ["x5c that is no base64", '{"keys":[{"use":"x509-svid","x5c":["*"]}]}'],
    ["x5c that is no certificate", '{"keys":[{"use":"x509-svid","x5c":["AA=="]}]}'],
    ["a negative sequence", '{"keys":[],"spiffe_sequence":-1}'],
    ["a refresh hint that is text", '{"keys":[],"spiffe_refresh_hint":"60"}'],
    ["513 keys", JSON.stringify({ keys: Array.from({ length: 513 }, () => ({ use: "jwt-svid" })) })],
    ["too much text", `{"keys":[]${" ".repeat(1 << 20)}}`],
  ])("with %s is refused", ([, text]) => {
    expect(() => parseSpiffeBundle(text as string)).toThrow(
      expect.objectContaining({ code: "ERR_SPIFFE_BUNDLE" }) as Error,
    );
  });

  test("with a certificate that is no CA is refused", async () => {
    const x5c = [Buffer.from((await certificateOf(leaf)).der).toString("base64")];
    expect(() => parseSpiffeBundle({ keys: [{ use: "x509-svid", x5c }] })).toThrow(
      expect.objectContaining({ code: "ERR_SPIFFE_BUNDLE", path: "keys[0]" }) as Error,
    );
  });

  test("has no form for keys that JWK does not know here", async ({ skip }) => {
    const { supportsKeyAlgorithm } = await import("kubepki");
    skip(!(await supportsKeyAlgorithm("ML-DSA-44")), "this runtime has no ML-DSA");
    const { signer } = await generateKeyPair("ML-DSA-44");
    const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "CA" } }), signer);
    expect(() => encodeSpiffeBundle({ trustAnchors: [certificate] })).toThrow(
      expect.objectContaining({ code: "ERR_SPIFFE_BUNDLE" }) as Error,
    );
  });

  test("passes over keys of other uses", () => {
    const keys = [{ use: "jwt-svid", kid: "1" }, { kty: "EC" }, { use: "something-new", x5c: 3 }];
    expect(parseSpiffeBundle({ keys }).trustAnchors).toEqual([]);
  });
});

describe("the authenticator of SVIDs", () => {
  const svid = async (uri: string, issuer: CertificateAuthority) =>
    (await issue(svidTemplate({ id: parseSpiffeId(uri) }), issuer)).certificate;
  const authenticator = createSvidAuthenticator({
    trustDomains: { "example.org": [ours.certificate], "partner.org": [theirs.certificate] },
  });

  test("knows workloads of its own and of federated domains", async () => {
    for (const [uri, issuer] of [
      ["spiffe://example.org/web", ours],
      ["spiffe://partner.org/web", theirs],
    ] as const)
      expect((await authenticator.authenticate(await svid(uri, issuer))).id.uri).toBe(uri);
  });

  test("lets no domain vouch for another's workloads", async () => {
    const forged = await svid("spiffe://example.org/web", theirs);
    await expect(authenticator.authenticate(forged)).rejects.toMatchObject({
      code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
    });
  });

  test("refuses domains with which it does not federate", async () => {
    const stranger = await svid("spiffe://stranger.org/web", ours);
    await expect(authenticator.authenticate(stranger)).rejects.toMatchObject({
      code: "ERR_SPIFFE_TRUST_DOMAIN",
    });
  });

  test("refuses an intermediate that names another domain", async () => {
    const template = signingSvidTemplate({ trustDomain: "partner.org", subject: { commonName: "between" } });
    const between = await issue(template, ours);
    const caller = await svid("spiffe://example.org/web", between);
    await expect(authenticator.authenticate([caller, between.certificate])).rejects.toMatchObject({
      code: "ERR_SPIFFE_TRUST_DOMAIN",
    });
  });

  test("follows an intermediate of the domain, or of none", async () => {
    for (const template of [
      signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "between" } }),
      caTemplate({ subject: { commonName: "unnamed" }, pathLength: 0 }),
    ]) {
      const between = await issue(template, ours);
      const caller = await svid("spiffe://example.org/web", between);
      const { chain } = await authenticator.authenticate([caller, between.certificate]);
      expect(chain.certificates).toHaveLength(3);
    }
  });

  test("refuses a CA whose key usage is not critical", async () => {
    const template = signingSvidTemplate({ trustDomain: "example.org", subject: { commonName: "loose" } });
    const loose = {
      ...template,
      extensions: template.extensions.map((extension) =>
        "id" in extension && extension.id === "keyUsage" ? { ...extension, critical: false } : extension,
      ),
    };
    const between = await issue(loose, ours);
    const caller = await svid("spiffe://example.org/web", between);
    await expect(authenticator.authenticate([caller, between.certificate])).rejects.toMatchObject({
      code: "ERR_SPIFFE_SVID",
    });
  });

  test("refuses a certificate of the cluster that names no workload", async () => {
    const { certificate } = await issue(clientTemplate({ subject: { commonName: "jane" } }), ours);
    await expect(authenticator.authenticate(certificate)).rejects.toMatchObject({ code: "ERR_SPIFFE_SVID" });
  });

  test("refuses an SVID outside of its time", async () => {
    const caller = await svid("spiffe://example.org/web", ours);
    const later = Date.now() + 2 * 3600 * 1000;
    await expect(authenticator.authenticate(caller, later)).rejects.toMatchObject({
      code: "ERR_CHAIN_EXPIRED",
    });
  });

  test("refuses more intermediates than it looks at", async () => {
    const caller = await svid("spiffe://example.org/web", ours);
    const many = Array.from({ length: 17 }, () => ours.certificate);
    await expect(authenticator.authenticate([caller, ...many])).rejects.toMatchObject({
      code: "ERR_CHAIN_BUDGET",
    });
  });

  test("asks a source that can change at every request", async () => {
    let anchors = [theirs.certificate];
    const changing = createSvidAuthenticator({ trustDomains: { "example.org": async () => anchors } });
    const caller = await svid("spiffe://example.org/web", ours);
    await expect(changing.authenticate(caller)).rejects.toMatchObject({
      code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
    });
    anchors = [ours.certificate];
    expect((await changing.authenticate(caller)).id).toEqual(web);
    anchors = [];
    await expect(changing.authenticate(caller)).rejects.toMatchObject({
      code: "ERR_CHAIN_UNKNOWN_AUTHORITY",
    });
  });

  test("wants trust domains that are some", () => {
    const make = () => createSvidAuthenticator({ trustDomains: { "Example.org": [] } });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_SPIFFE_ID" }) as Error);
  });
});
