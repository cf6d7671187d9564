/** Secrets, Ingresses and webhooks: what the API server takes, and what clients will say. */
import { createServer } from "node:https";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import type { V1Ingress, V1Secret } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  issueWebhookPki,
  isWebhookRenewalDue,
  keyMatchesCertificate,
  planWebhookRotation,
  readTlsSecret,
  servingTemplate,
  tlsSecret,
  validateIngressTls,
  validateTlsSecret,
} from "kubepki";
import type { IngressObject, SecretObject } from "kubepki";

const now = new Date("2030-01-01T00:00:00Z");
const at = new Date("2030-01-02T00:00:00Z");
const ca = await generateKeyPair("ECDSA-P256");
const root = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" }, now }), ca.signer, { now });
const server = await generateKeyPair("ECDSA-P256");
const issue = async (first: string, ...others: string[]) =>
  (
    await issueCertificate(servingTemplate({ subject: {}, dnsNames: [first, ...others], now }), {
      publicKey: server.publicKey,
      issuer: { certificate: root.certificate, signer: ca.signer },
      now,
    })
  ).certificate;
const shop = await issue("shop.example.com", "*.cdn.example.com");
const secretOf = (name: string) =>
  tlsSecret({
    name,
    namespace: "shop",
    certificates: [shop],
    privateKey: server.privateKey,
    ca: [root.certificate],
  });
const good = await secretOf("shop-tls");

const other = btoa(await ca.privateKey.exportPem());

describe("a TLS Secret", () => {
  test("holds what was put into it", async () => {
    const { certificates, privateKey, ca: trusted } = await readTlsSecret(good);
    expect(certificates.map(({ der }) => der)).toEqual([shop.der]);
    expect(trusted.map(({ der }) => der)).toEqual([root.certificate.der]);
    expect(keyMatchesCertificate(privateKey, shop)).toBe(true);
    expect(await validateTlsSecret(good)).toEqual([]);
    const fits = (secret: V1Secret): SecretObject => secret;
    expect(fits(good)).toBe(good);
  });

  test("is not made of another's key, or of nothing", async () => {
    await expect(
      tlsSecret({ name: "a", certificates: [shop], privateKey: ca.privateKey }),
    ).rejects.toMatchObject({ code: "ERR_KEY_MISMATCH" });
    await expect(
      tlsSecret({ name: "a", certificates: [], privateKey: ca.privateKey }),
    ).rejects.toBeInstanceOf(TypeError);
  });

  test.for<[string, SecretObject, string[]]>([
    [
      "without data",
      { type: "kubernetes.io/tls" },
      ["FINDING_SECRET_KEYS", "FINDING_SECRET_KEYS", "FINDING_SECRET_CERTIFICATE", "FINDING_SECRET_KEY"],
    ],
    [
      "with empty values, which the API server takes",
      { type: "kubernetes.io/tls", data: { "tls.crt": "", "tls.key": "" } },
      ["FINDING_SECRET_CERTIFICATE", "FINDING_SECRET_KEY"],
    ],
    ["of another type", { ...good, type: "Opaque" }, ["FINDING_SECRET_TYPE"]],
    [
      "with another's key",
      { ...good, data: { ...good.data, "tls.key": other } },
      ["FINDING_SECRET_MISMATCH"],
    ],
    [
      "that is no base64",
      { ...good, data: { ...good.data, "tls.crt": "***" } },
      ["FINDING_SECRET_CERTIFICATE"],
    ],
    [
      "that is too large",
      { ...good, data: { ...good.data, more: "A".repeat(1_400_000) } },
      ["FINDING_SECRET_SIZE"],
    ],
  ])("%s", async ([, secret, codes]) => {
    expect((await validateTlsSecret(secret)).map(({ code }) => code)).toEqual(codes);
  });
});

describe("an Ingress", () => {
  const ingress = (hosts: string[], rules: string[] = [], secretName = "shop-tls"): IngressObject => ({
    spec: { tls: [{ hosts, secretName }], rules: rules.map((host) => ({ host })) },
  });
  test.for<[string, IngressObject, string[]]>([
    ["whose certificate has its hosts", ingress(["shop.example.com"], ["shop.example.com"]), []],
    ["with a host of the certificate's wildcard", ingress(["a.cdn.example.com"]), []],
    [
      "with the certificate's wildcard",
      ingress(["*.cdn.example.com"], ["b.cdn.example.com", "*.cdn.example.com"]),
      [],
    ],
    [
      "with a wildcard that the certificate has only some hosts of",
      ingress(["*.example.com"]),
      ["FINDING_INGRESS_NAME spec.tls[0].hosts[0]"],
    ],
    [
      "with another host",
      ingress(["shop.example.com", "www.example.com"]),
      ["FINDING_INGRESS_NAME spec.tls[0].hosts[1]"],
    ],
    [
      "with a host two labels below",
      ingress(["a.b.cdn.example.com"]),
      ["FINDING_INGRESS_NAME spec.tls[0].hosts[0]"],
    ],
    [
      "without the Secret",
      ingress(["shop.example.com"], [], "gone"),
      ["FINDING_INGRESS_SECRET spec.tls[0].secretName"],
    ],
    [
      "with a Secret that cannot be used",
      ingress(["shop.example.com"], [], "broken"),
      ["FINDING_INGRESS_SECRET spec.tls[0].secretName"],
    ],
    [
      "with a rule without TLS",
      ingress(["shop.example.com"], ["plain.example.com"]),
      ["FINDING_INGRESS_PLAIN spec.rules[0].host"],
    ],
    [
      "with a rule two labels below a wildcard",
      ingress(["*.cdn.example.com"], ["a.b.cdn.example.com"]),
      ["FINDING_INGRESS_PLAIN spec.rules[0].host"],
    ],
    [
      "with the controller's certificate for all",
      { spec: { tls: [{}], rules: [{ host: "any.example.com" }, {}] } },
      [],
    ],
    [
      "with a host that is none",
      ingress(["Shop.example.com"]),
      ["FINDING_INGRESS_HOST spec.tls[0].hosts[0]"],
    ],
    [
      "with a star in the middle",
      { spec: { rules: [{ host: "a.*.example.com" }], tls: [{}] } },
      ["FINDING_INGRESS_HOST spec.rules[0].host"],
    ],
    [
      "with an address",
      { spec: { rules: [{ host: "192.0.2.1" }], tls: [{}] } },
      ["FINDING_INGRESS_HOST spec.rules[0].host"],
    ],
    ["with nothing", {}, []],
  ])("%s", async ([, object, codes]) => {
    const broken = { ...good, metadata: { name: "broken" }, data: {} };
    const findings = await validateIngressTls(object, [good, broken], { at });
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual(codes);
    const fits = (one: V1Ingress): IngressObject => one;
    expect(fits).toBeTypeOf("function");
  });

  test("whose certificate has expired, in words that a search finds", async () => {
    const late = await validateIngressTls(ingress(["www.example.com"]), [good], {
      at: new Date("2040-01-01T00:00:00Z"),
    });
    expect(late.map(({ code }) => code)).toEqual(["FINDING_INGRESS_EXPIRED", "FINDING_INGRESS_NAME"]);
    expect(late[1]?.message).toContain("NET::ERR_CERT_COMMON_NAME_INVALID");
  });
});

describe("a webhook", () => {
  const options = { secretName: "policy-tls", service: "policy", namespace: "guard" };

  test("is renewed after two thirds of its life, and when it cannot be read", async () => {
    const { secret } = await issueWebhookPki({ ...options, now, lifetimeSeconds: 90 * 86_400 });
    const day = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
    expect(await isWebhookRenewalDue(secret, day(59))).toBe(false);
    expect(await isWebhookRenewalDue(secret, day(61))).toBe(true);
    expect(await isWebhookRenewalDue({ data: {} }, day(1))).toBe(true);
  });

  test("keeps its CA if it is given", async () => {
    const first = await issueWebhookPki(options);
    const second = await issueWebhookPki(options, first.ca);
    expect(second.caBundle).toBe(first.caBundle);
    expect(second.secret.data["tls.key"]).not.toBe(first.secret.data["tls.key"]);
  });

  test(
    "changes its CA without a failed call, however slowly each step spreads",
    { timeout: 30_000 },
    async () => {
      const old = await issueWebhookPki(options);
      const next = await issueWebhookPki(options);
      const pem = (base64: string): string => Buffer.from(base64, "base64").toString();
      const steps = planWebhookRotation(old.caBundle, next);
      let [bundle, secret] = [old.caBundle, old.secret];
      let calls = 0;
      const call = async (trusted: string, shown: typeof secret): Promise<number> => {
        const web = createServer(
          { key: pem(shown.data["tls.key"]!), cert: pem(shown.data["tls.crt"]!) },
          (_, response) => response.end("ok"),
        );
        await new Promise<void>((ready) => web.listen(0, "127.0.0.1", ready));
        const { port } = web.address() as AddressInfo;
        try {
          return await new Promise<number>((resolve, reject) => {
            const client = request(
              { host: "127.0.0.1", port, servername: "policy.guard.svc", ca: pem(trusted), agent: false },
              (response) => {
                response.resume();
                resolve(response.statusCode ?? 0);
              },
            );
            client.on("error", reject);
            client.end();
          });
        } finally {
          web.close();
        }
      };
      for (const step of steps) {
        const after =
          step.write === "caBundle" ? { bundle: step.caBundle, secret } : { bundle, secret: step.secret };
        // While the step spreads, some have seen it and some have not.
        for (const trusted of [bundle, after.bundle])
          for (const shown of [secret, after.secret]) {
            expect(await call(trusted, shown)).toBe(200);
            calls++;
          }
        ({ bundle, secret } = after);
      }
      expect(calls).toBe(12);
      expect(bundle).toBe(next.caBundle);
      await expect(call(bundle, old.secret)).rejects.toThrow(/certificate|self.signed/i);
    },
  );
});
