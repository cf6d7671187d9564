import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  createCertificateRequest,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  parseCertificate,
  parseCertificates,
  parseIdentity,
  podCertificateRequest,
  signPodCertificateRequest,
  stubCertificateRequest,
  validatePodCertificateStatus,
  verifyCertificateChain,
} from "../../../src/index.ts";
import type {
  PodCertificateProof,
  PodCertificateRequest,
  SignPodCertificateOptions,
} from "../../../src/index.ts";

const at = Date.UTC(2030, 0, 1);
const now = new Date(at);
const ca = await generateKeyPair("ECDSA-P256");
const { certificate: root } = await issueSelfSigned(
  caTemplate({ subject: { commonName: "root" }, now }),
  ca.signer,
);
const { signer } = await generateKeyPair("ECDSA-P256");
const key = await stubCertificateRequest(signer);
const request = (proof: PodCertificateProof = key, seconds?: number): PodCertificateRequest =>
  podCertificateRequest({
    namespace: "shop",
    pod: { name: "web-0", uid: "1" },
    serviceAccount: { name: "web", uid: "2" },
    node: { name: "node-1", uid: "3" },
    signerName: "example.com/workloads",
    key: proof,
    ...(seconds !== undefined && { maxExpirationSeconds: seconds }),
  });
const options: SignPodCertificateOptions = {
  signerName: "example.com/workloads",
  issuer: { certificate: root, signer: ca.signer },
  template: ({ namespace, object }) =>
    clientTemplate({
      subject: { commonName: `${object.spec.podName}.${namespace}` },
      dnsNames: ["web.shop.svc"],
    }),
  at,
};

describe("signPodCertificateRequest", () => {
  test("gives a status with what the template says, for the key and the time of the request", async () => {
    const status = await signPodCertificateRequest(request(), options);
    const leaf = parseCertificate(status.certificateChain!);
    expect(parseIdentity(leaf)?.user).toBe("web-0.shop");
    expect(leaf.subjectPublicKeyInfo).toEqual(signer.subjectPublicKeyInfo);
    expect(status).toMatchObject({
      conditions: [{ type: "Issued", status: "True", reason: "Issued", lastTransitionTime: now }],
      notBefore: new Date("2029-12-31T23:58:00Z"),
      beginRefreshAt: new Date("2030-01-01T15:58:00Z"),
      notAfter: new Date("2030-01-01T23:58:00Z"),
    });
    expect(validatePodCertificateStatus(request(), status, { at })).toEqual([]);
    await verifyCertificateChain(leaf, { trustAnchors: [root], usage: "clientAuth", at });
    expect(new X509Certificate(status.certificateChain!).subject).toBe("CN=web-0.shop");
  });

  test("gives no longer lifetime than the request or the signer allows, and not past the issuer's end", async () => {
    const hours = async (seconds: number, more: Partial<SignPodCertificateOptions> = {}): Promise<number> => {
      const { notBefore, notAfter } = await signPodCertificateRequest(request(key, seconds), {
        ...options,
        ...more,
      });
      return (Number(notAfter) - Number(notBefore)) / 3_600_000;
    };
    expect(await hours(3600)).toBe(1);
    expect(await hours(7_862_400)).toBe(2184);
    expect(await hours(7_862_400, { lifetimeSeconds: 7200 })).toBe(2);
    const short = caTemplate({ subject: { commonName: "root" }, now, lifetimeSeconds: 7200 });
    const { certificate } = await issueSelfSigned(short, ca.signer);
    expect(await hours(86_400, { issuer: { certificate, signer: ca.signer } })).toBeCloseTo(2 + 2 / 60);
  });

  test.for([
    [0, "2029-12-31T23:58:00Z", 600],
    [1, "2029-12-31T23:58:00Z", 3000],
    [0.5, "2029-12-31T23:58:00Z", 1800],
  ] as const)(
    "begins to refresh after %d of an hour, within what the API server takes",
    async ([part, begin, seconds]) => {
      const status = await signPodCertificateRequest(request(key, 3600), { ...options, refreshAfter: part });
      expect(status.beginRefreshAt).toEqual(new Date(Date.parse(begin) + seconds * 1000));
    },
  );

  test("adds the intermediates", async () => {
    const middle = await generateKeyPair("ECDSA-P256");
    const { certificate } = await issueCertificate(caTemplate({ subject: { commonName: "middle" }, now }), {
      publicKey: middle.publicKey,
      issuer: { certificate: root, signer: ca.signer },
    });
    const issuer = { certificate, signer: middle.signer };
    const status = await signPodCertificateRequest(request(), {
      ...options,
      issuer,
      intermediates: [certificate],
    });
    const [leaf, ...intermediates] = parseCertificates(status.certificateChain!);
    expect(intermediates).toHaveLength(1);
    await verifyCertificateChain(leaf!, { trustAnchors: [root], intermediates, usage: "clientAuth", at });
  });

  test("denies what the template denies, a broken proof, and a stub that asks for more", async () => {
    const deny = { deny: "UnsupportedKeyType", message: "use Ed25519" };
    const status = await signPodCertificateRequest(request(), { ...options, template: async () => deny });
    expect(status).toEqual({
      conditions: [
        {
          type: "Denied",
          status: "True",
          reason: "UnsupportedKeyType",
          message: "use Ed25519",
          lastTransitionTime: now,
        },
      ],
    });
    expect(validatePodCertificateStatus(request(), status, { at })).toEqual([]);
    const broken = key.stubRequest.slice();
    broken[broken.length - 1]! ^= 1;
    const { request: wish } = await createCertificateRequest({ subject: { commonName: "admin" } }, signer);
    const reasons = [];
    for (const stubRequest of [broken, wish.der]) {
      const { conditions } = await signPodCertificateRequest(request({ stubRequest }), options);
      reasons.push(conditions?.[0]?.reason);
    }
    expect(reasons).toEqual(["InvalidRequest", "InvalidStubRequest"]);
  });

  test("gives the question to the template", async () => {
    let asked: unknown;
    await signPodCertificateRequest(request(), {
      ...options,
      template: (question) => ((asked = question), options.template(question)),
    });
    expect(asked).toMatchObject({ namespace: "shop", publicKey: { algorithm: "ECDSA-P256" } });
  });

  test("does not answer for others, twice, or without a namespace", async () => {
    const answered = { ...request(), status: await signPodCertificateRequest(request(), options) };
    const { spec } = request();
    for (const [object, signerName] of [
      [request(), "example.com/other"],
      [answered, options.signerName],
      [{ spec }, options.signerName],
    ] as const) {
      const answer = signPodCertificateRequest(object, { ...options, signerName });
      await expect(answer).rejects.toMatchObject({ code: "ERR_SIGNER_STATE" });
    }
  });

  test.for(["", "not now", "4xx"])("does not deny with the reason %j, which is no word", async (deny) => {
    const template = () => ({ deny, message: "" });
    await expect(signPodCertificateRequest(request(), { ...options, template })).rejects.toMatchObject({
      code: "ERR_SIGNER_STATUS",
      path: "status.conditions[0].reason",
    });
  });

  test("writes nothing that the API server would refuse", async () => {
    const ending = caTemplate({ subject: { commonName: "root" }, now, lifetimeSeconds: 1800 });
    const { certificate } = await issueSelfSigned(ending, ca.signer);
    const answer = signPodCertificateRequest(request(), {
      ...options,
      issuer: { certificate, signer: ca.signer },
    });
    await expect(answer).rejects.toMatchObject({
      code: "ERR_SIGNER_STATUS",
      message: expect.stringContaining("leaf certificate lifetime must be >= 1 hour") as string,
    });
  });
});
