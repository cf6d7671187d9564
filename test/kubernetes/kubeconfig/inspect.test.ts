import { once } from "node:events";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  encodePem,
  generateKeyPair,
  inspectKubeconfig,
  issueCertificate,
  issueSelfSigned,
  kubeconfig,
  servingTemplate,
} from "kubepki";
import type { Certificate, CertificateAuthority, InspectKubeconfigOptions, KeyPair } from "kubepki";
import { fetchServerCertificates } from "kubepki/node";

const now = new Date("2026-01-01T00:00:00Z");
const day = 86_400;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const pem = (...certificates: readonly Certificate[]): string =>
  certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");

let ca: CertificateAuthority;
let otherCa: CertificateAuthority;
let keys: KeyPair;
let otherKeys: KeyPair;
let jane: Certificate;
let server: Certificate;
let privateKey: string;
beforeAll(async () => {
  const authority = async (commonName: string): Promise<CertificateAuthority> => {
    const { signer } = await generateKeyPair("ECDSA-P256");
    const template = caTemplate({ subject: { commonName }, now, lifetimeSeconds: 100 * day });
    return { certificate: (await issueSelfSigned(template, signer, { now })).certificate, signer };
  };
  [ca, otherCa, keys, otherKeys] = await Promise.all([
    authority("kubernetes"),
    authority("other"),
    generateKeyPair("ECDSA-P256"),
    generateKeyPair("ECDSA-P256"),
  ]);
  const subject = { commonName: "jane", organizations: ["developers", "system:masters"] };
  const issue = async (template: Parameters<typeof issueCertificate>[0]): Promise<Certificate> =>
    (await issueCertificate(template, { publicKey: keys.publicKey, issuer: ca, now, allowPrivileged: true }))
      .certificate;
  jane = await issue(clientTemplate({ subject, now, lifetimeSeconds: 60 * day }));
  server = await issue(
    servingTemplate({
      subject: {},
      dnsNames: ["api.example.com"],
      ipAddresses: ["127.0.0.1", "::1"],
      now,
      lifetimeSeconds: 60 * day,
    }),
  );
  privateKey = await keys.privateKey.exportPem();
});

const config = (parts: { user?: object; cluster?: object } = {}): object => ({
  clusters: [
    {
      name: "c",
      cluster: {
        server: "https://api.example.com:6443",
        "certificate-authority-data": base64(pem(ca.certificate)),
        ...parts.cluster,
      },
    },
  ],
  users: [
    {
      name: "u",
      user: {
        "client-certificate-data": base64(pem(jane)),
        "client-key-data": base64(privateKey),
        ...parts.user,
      },
    },
  ],
  contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
  "current-context": "x",
});
const after = (days: number): InspectKubeconfigOptions => ({ at: now.getTime() + days * day * 1000 });
const inspect = async (parts: Parameters<typeof config>[0], options: InspectKubeconfigOptions = after(1)) => {
  const { contexts, findings } = await inspectKubeconfig(config(parts), options);
  const codes = findings.map(({ code, severity, path }) => `${severity} ${code} ${path}`);
  return { context: contexts[0]!, codes: codes.filter((code) => !code.includes("SYSTEM_MASTERS")) };
};

describe("inspectKubeconfig", () => {
  test("says who the caller is, in which groups, until when, and what is dangerous about it", async () => {
    const { contexts, findings } = await inspectKubeconfig(
      config({ user: { as: "joe", token: "t" } }),
      after(1),
    );
    expect(contexts).toEqual([
      {
        name: "x",
        isCurrent: true,
        cluster: "c",
        user: "u",
        server: "https://api.example.com:6443",
        namespace: "default",
        methods: ["client-certificate", "token"],
        identity: expect.objectContaining({
          username: "jane",
          groups: ["developers", "system:masters", "system:authenticated"],
        }),
        certificate: expect.objectContaining({ notAfter: jane.notAfter }),
        isKeyMatching: true,
        ca: [expect.objectContaining({ der: ca.certificate.der })],
        actsAs: "joe",
      },
    ]);
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ["FINDING_SYSTEM_MASTERS", "users[0].user.client-certificate-data: groups[1]"],
    ]);
  });

  test.for<[string, () => Parameters<typeof config>[0], InspectKubeconfigOptions, string[]]>([
    [
      "an expired certificate",
      () => ({}),
      after(61),
      ["error FINDING_KUBECONFIG_EXPIRED users[0].user.client-certificate-data"],
    ],
    [
      "one that is not valid yet",
      () => ({}),
      after(-1),
      ["error FINDING_KUBECONFIG_NOT_YET_VALID users[0].user.client-certificate-data"],
    ],
    [
      "one that ends soon",
      () => ({}),
      after(31),
      ["warning FINDING_KUBECONFIG_EXPIRES_SOON users[0].user.client-certificate-data"],
    ],
    ["one that ends soon, which nobody wants to know", () => ({}), { ...after(31), warnSeconds: 0 }, []],
    [
      "a key of another certificate",
      () => ({ user: { "client-key-data": base64(otherPem) } }),
      after(1),
      ["error FINDING_KUBECONFIG_KEY_MISMATCH users[0].user.client-key-data"],
    ],
    [
      "a certificate that does not parse",
      () => ({ user: { "client-certificate-data": base64("x") } }),
      after(1),
      ["error FINDING_KUBECONFIG_CERTIFICATE users[0].user.client-certificate-data"],
    ],
    [
      "a key that does not parse",
      () => ({ user: { "client-key-data": base64("x") } }),
      after(1),
      ["error FINDING_KUBECONFIG_KEY users[0].user.client-key-data"],
    ],
    [
      "a CA that does not parse",
      () => ({ cluster: { "certificate-authority-data": base64("x") } }),
      after(1),
      ["error FINDING_KUBECONFIG_CA clusters[0].cluster.certificate-authority-data"],
    ],
    [
      "a CA that has expired",
      () => ({}),
      { ...after(101), warnSeconds: 0 },
      [
        "error FINDING_KUBECONFIG_EXPIRED users[0].user.client-certificate-data",
        "error FINDING_KUBECONFIG_CA_EXPIRED clusters[0].cluster.certificate-authority-data",
      ],
    ],
  ])("reports %s", async ([, parts, options, expected]) => {
    const { codes } = await inspect(parts(), options);
    expect(codes).toEqual(expected);
  });
  let otherPem: string;
  beforeAll(async () => {
    otherPem = await otherKeys.privateKey.exportPem();
  });

  test("reads files by the function that it is given, and says which it could not read", async () => {
    const user = {
      "client-certificate-data": "",
      "client-key-data": "",
      "client-certificate": "jane.crt",
      "client-key": "/pki/jane.key",
    };
    const cluster = { "certificate-authority-data": "", "certificate-authority": "ca.crt" };
    const files = new Map([
      ["jane.crt", pem(jane)],
      ["/pki/jane.key", privateKey],
    ]);
    const readFile = async (path: string): Promise<Uint8Array> => {
      const text = files.get(path);
      if (text === undefined) throw new Error("ENOENT");
      return new TextEncoder().encode(text);
    };
    const { context, codes } = await inspect({ user, cluster }, { ...after(1), readFile });
    expect(context).toMatchObject({ isKeyMatching: true, identity: { username: "jane" } });
    expect(codes).toEqual(["error FINDING_KUBECONFIG_FILE clusters[0].cluster.certificate-authority"]);
    const blind = await inspect({ user, cluster });
    expect(blind.context).not.toHaveProperty("identity");
    expect(blind.codes).toEqual([
      "warning FINDING_KUBECONFIG_FILE users[0].user.client-certificate",
      "warning FINDING_KUBECONFIG_FILE users[0].user.client-key",
      "warning FINDING_KUBECONFIG_FILE clusters[0].cluster.certificate-authority",
    ]);
  });

  test.for<[string, object, () => readonly Certificate[] | undefined, boolean | undefined]>([
    ["a server of this CA and name", {}, () => [server], true],
    ["a server that has this CA among its certificates", {}, () => [server, ca.certificate], true],
    ["an address", { server: "https://127.0.0.1:6443" }, () => [server], true],
    ["an IPv6 address", { server: "https://[::1]:6443" }, () => [server], true],
    ["another name", { server: "https://api.example.org" }, () => [server], false],
    [
      "another name that is not to be compared",
      { server: "https://api.example.org", "tls-server-name": "api.example.com" },
      () => [server],
      true,
    ],
    ["a server with a client's certificate", {}, () => [jane], false],
    ["a server of another CA", {}, () => [otherCa.certificate], false],
    ["a server without a certificate", {}, () => [], false],
    ["a server that cannot be asked", {}, () => undefined, undefined],
  ])("says whether the CA covers %s", async ([, cluster, shown, expected]) => {
    const { context, codes } = await inspect({ cluster }, { ...after(1), serverCertificates: () => shown() });
    expect(context.isServerTrusted).toBe(expected);
    expect(codes).toEqual(
      expected === false ? ["error FINDING_KUBECONFIG_SERVER_CERTIFICATE clusters[0].cluster.server"] : [],
    );
  });

  test("asks no server that is not to be verified", async () => {
    const cluster = { "certificate-authority-data": "", "insecure-skip-tls-verify": true };
    const serverCertificates = (): never => expect.fail("asked");
    expect((await inspect({ cluster }, { ...after(1), serverCertificates })).context).not.toHaveProperty(
      "isServerTrusted",
    );
  });

  test("takes anything, and shows no secret", async () => {
    const result = await inspectKubeconfig({
      contexts: [{ name: "x", context: { user: "nobody" } }],
      users: 5,
    });
    expect(result.contexts).toEqual([
      { name: "x", isCurrent: false, cluster: "", user: "nobody", namespace: "default" },
    ]);
    const whole = await inspectKubeconfig(
      config({ user: { token: "s3cret", "client-key-data": base64("s3cret") } }),
    );
    expect(JSON.stringify(whole)).not.toMatch(/s3cret|czNjcmV0/);
    await expect(inspectKubeconfig({}, { at: NaN })).rejects.toThrow(TypeError);
  });

  test("reads what kubeconfig() has made", async () => {
    const credentials = { certificates: [jane], privateKey: keys.privateKey };
    const made = await kubeconfig({ server: "https://a", ca: [ca.certificate], userName: "me", credentials });
    const { contexts } = await inspectKubeconfig(made, after(1));
    expect(contexts[0]).toMatchObject({
      name: "me@kubernetes",
      isKeyMatching: true,
      identity: { username: "jane" },
    });
  });
});

describe("fetchServerCertificates", () => {
  test("gets the chain of a server that nobody trusts", async () => {
    const tls = createServer({ cert: pem(server, ca.certificate), key: privateKey });
    await once(tls.listen(0, "127.0.0.1"), "listening");
    const { port } = tls.address() as AddressInfo;
    const cluster = { server: `https://127.0.0.1:${port}` };
    const shown = await fetchServerCertificates(cluster);
    expect(shown?.map(({ der }) => der)).toEqual([server.der, ca.certificate.der]);
    const { context } = await inspect(
      { cluster },
      { ...after(1), serverCertificates: fetchServerCertificates },
    );
    expect(context.isServerTrusted).toBe(true);
    tls.close();
  });

  test.for(["not a URL", "http://127.0.0.1", "https://127.0.0.1:1"])("has nothing of %s", async (address) => {
    expect(await fetchServerCertificates({ server: address })).toBeUndefined();
  });
});
