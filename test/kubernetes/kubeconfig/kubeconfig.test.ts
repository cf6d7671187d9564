import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  kubeconfig,
  mergeKubeconfigs,
  parseCertificates,
  parseKubeconfig,
  parsePrivateKey,
  validateKubeconfig,
} from "kubepki";
import type { Kubeconfig } from "kubepki";

const text = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();

describe("parseKubeconfig", () => {
  test("fills in what Go fills in, and leaves out what is null", () => {
    expect(parseKubeconfig({ clusters: null, users: [{ name: "a", user: null }] })).toEqual({
      apiVersion: "v1",
      kind: "Config",
      clusters: [],
      users: [{ name: "a", user: {} }],
      contexts: [],
      "current-context": "",
    });
    expect(parseKubeconfig(undefined)).toEqual(parseKubeconfig({}));
  });

  test.for<[string, unknown, string]>([
    ["a list", [], ""],
    ["text", "apiVersion: v1", ""],
    ["another kind", { kind: "Secret" }, "kind"],
    ["another version", { apiVersion: "v2" }, "apiVersion"],
    ["clusters that are no list", { clusters: {} }, "clusters"],
    ["a cluster that is no object", { clusters: ["a"] }, "clusters[0]"],
    ["a name that is a number", { users: [{ name: 1 }] }, "users[0].name"],
    ["a token that is a number", { users: [{ user: { token: 1 } }] }, "users[0].user.token"],
    [
      "a flag that is text",
      { clusters: [{ cluster: { "insecure-skip-tls-verify": "yes" } }] },
      "clusters[0].cluster.insecure-skip-tls-verify",
    ],
    [
      "data that is no base64",
      { users: [{ user: { "client-key-data": "-----BEGIN" } }] },
      "users[0].user.client-key-data",
    ],
    [
      "data without padding",
      { users: [{ user: { "client-key-data": "YQ" } }] },
      "users[0].user.client-key-data",
    ],
    ["groups that are text", { users: [{ user: { "as-groups": "a" } }] }, "users[0].user.as-groups"],
    [
      "extra that are texts",
      { users: [{ user: { "as-user-extra": { a: "b" } } }] },
      "users[0].user.as-user-extra",
    ],
    ["arguments that are numbers", { users: [{ user: { exec: { args: [1] } } }] }, "users[0].user.exec.args"],
    [
      "variables that are texts",
      { users: [{ user: { exec: { env: ["A=B"] } } }] },
      "users[0].user.exec.env[0]",
    ],
    [
      "settings that are numbers",
      { users: [{ user: { "auth-provider": { config: { a: 1 } } } }] },
      "users[0].user.auth-provider.config",
    ],
    ["one name twice", { users: [{ name: "a" }, { name: "a" }] }, "users[1].name"],
    ["no name twice", { contexts: [{}, {}] }, "contexts[1].name"],
  ])("refuses %s", ([, input, path]) => {
    expect(() => parseKubeconfig(input)).toThrow(
      expect.objectContaining({ code: "ERR_KUBECONFIG_FORMAT", ...(path !== "" && { path }) }),
    );
    expect(validateKubeconfig(input)[0]).toMatchObject({ code: "ERR_KUBECONFIG_FORMAT", path });
  });

  test("shows no secret in its errors", () => {
    const input = { users: [{ name: "a", user: { "client-key-data": "s3cret!", token: ["s3cret"] } }] };
    expect(JSON.stringify(validateKubeconfig(input))).not.toContain("s3cret");
    expect(() => parseKubeconfig(input)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("s3cret") }),
    );
  });

  test("keeps fields that Kubernetes does not have, also those with the name of a prototype", () => {
    const input: unknown = JSON.parse(
      '{ "__proto__": { "kind": "x" }, "users": [{ "name": "a", "user": { "tokn": 1, "constructor": 2 } }] }',
    );
    const config = parseKubeconfig(input);
    expect(config.kind).toBe("Config");
    expect(Object.keys(config)).toContain("__proto__");
    expect(config.users[0]!.user).toEqual({ tokn: 1, constructor: 2 });
    expect(validateKubeconfig(input).map(({ code, path }) => [code, path])).toEqual([
      ["FINDING_KUBECONFIG_UNKNOWN_FIELD", "__proto__"],
      ["FINDING_KUBECONFIG_UNKNOWN_FIELD", "users[0].user.tokn"],
      ["FINDING_KUBECONFIG_UNKNOWN_FIELD", "users[0].user.constructor"],
    ]);
  });

  test("is a copy, and reads what it has read", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (input) => {
        const isRead = !validateKubeconfig(input).some(({ code }) => code === "ERR_KUBECONFIG_FORMAT");
        if (isRead) {
          const config = parseKubeconfig(input);
          expect(parseKubeconfig(config)).toEqual(config);
        } else
          expect(() => parseKubeconfig(input)).toThrow(
            expect.objectContaining({ code: "ERR_KUBECONFIG_FORMAT" }),
          );
      }),
    );
  });
});

/** A kubeconfig with one user, cluster and context, which is good; parts are replaced. */
const one = (parts: { user?: object; cluster?: object; context?: object; current?: string }): object => ({
  clusters: [{ name: "c", cluster: parts.cluster ?? { server: "https://a:6443" } }],
  users: [{ name: "u", user: parts.user ?? { token: "t" } }],
  contexts: [{ name: "x", context: parts.context ?? { cluster: "c", user: "u" } }],
  "current-context": parts.current ?? "x",
});
const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "get", interactiveMode: "Never" };

describe("validateKubeconfig", () => {
  test.for<[string, unknown, string[]]>([
    ["a good one", one({}), []],
    ["nothing", {}, ["FINDING_KUBECONFIG_EMPTY "]],
    [
      "a current context that is not there",
      one({ current: "y" }),
      ["FINDING_KUBECONFIG_CURRENT_CONTEXT current-context"],
    ],
    ["no current context", one({ current: "" }), []],
    [
      "a context without a name",
      {
        contexts: [{ context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: "https://a" } }],
        users: [{ name: "u" }],
      },
      ["FINDING_KUBECONFIG_CONTEXT contexts[0].name"],
    ],
    [
      "a context of nobody and nowhere",
      one({ context: {} }),
      [
        "FINDING_KUBECONFIG_CONTEXT contexts[0].context.user",
        "FINDING_KUBECONFIG_CONTEXT contexts[0].context.cluster",
      ],
    ],
    [
      "a context of others",
      one({ context: { cluster: "d", user: "v" } }),
      [
        "FINDING_KUBECONFIG_CONTEXT contexts[0].context.user",
        "FINDING_KUBECONFIG_CONTEXT contexts[0].context.cluster",
      ],
    ],
    [
      "a namespace that is none",
      one({ context: { cluster: "c", user: "u", namespace: "A.b" } }),
      ["FINDING_KUBECONFIG_NAMESPACE contexts[0].context.namespace"],
    ],
    ["no server", one({ cluster: {} }), ["FINDING_KUBECONFIG_SERVER clusters[0].cluster.server"]],
    [
      "a server that is no URL",
      one({ cluster: { server: "https://" } }),
      ["FINDING_KUBECONFIG_SERVER clusters[0].cluster.server"],
    ],
    [
      "a server of another scheme",
      one({ cluster: { server: "ftp://a" } }),
      ["FINDING_KUBECONFIG_SERVER clusters[0].cluster.server"],
    ],
    [
      "a server without a scheme",
      one({ cluster: { server: "a:6443" } }),
      ["FINDING_KUBECONFIG_NO_SCHEME clusters[0].cluster.server"],
    ],
    [
      "a server without TLS",
      one({ cluster: { server: "http://a" } }),
      ["FINDING_KUBECONFIG_PLAIN_HTTP clusters[0].cluster.server"],
    ],
    ["a proxy", one({ cluster: { server: "https://a", "proxy-url": "socks5://p:1" } }), []],
    [
      "a proxy of another scheme",
      one({ cluster: { server: "https://a", "proxy-url": "socks4://p" } }),
      ["FINDING_KUBECONFIG_PROXY clusters[0].cluster.proxy-url"],
    ],
    [
      "CA file and data",
      one({
        cluster: { server: "https://a", "certificate-authority": "f", "certificate-authority-data": "YQ==" },
      }),
      ["FINDING_KUBECONFIG_FILE_AND_DATA clusters[0].cluster.certificate-authority"],
    ],
    [
      "a server that is not verified",
      one({ cluster: { server: "https://a", "insecure-skip-tls-verify": true } }),
      ["FINDING_KUBECONFIG_INSECURE clusters[0].cluster.insecure-skip-tls-verify"],
    ],
    [
      "a server that is not verified, with a CA",
      one({
        cluster: { server: "https://a", "insecure-skip-tls-verify": true, "certificate-authority": "f" },
      }),
      ["FINDING_KUBECONFIG_CA_AND_INSECURE clusters[0].cluster.insecure-skip-tls-verify"],
    ],
    [
      "a certificate without key",
      one({ user: { "client-certificate": "f" } }),
      ["FINDING_KUBECONFIG_NO_KEY users[0].user"],
    ],
    [
      "a key without certificate",
      one({ user: { "client-key": "f" } }),
      ["FINDING_KUBECONFIG_NO_CERTIFICATE users[0].user"],
    ],
    [
      "files and data of a pair",
      one({
        user: {
          "client-key": "f",
          "client-key-data": "YQ==",
          "client-certificate": "f",
          "client-certificate-data": "YQ==",
        },
      }),
      [
        "FINDING_KUBECONFIG_FILE_AND_DATA users[0].user.client-certificate",
        "FINDING_KUBECONFIG_FILE_AND_DATA users[0].user.client-key",
      ],
    ],
    [
      "token and password",
      one({ user: { token: "t", password: "p" } }),
      ["FINDING_KUBECONFIG_METHODS users[0].user", "FINDING_KUBECONFIG_REMOVED_METHOD users[0].user"],
    ],
    [
      "an auth provider that is gone",
      one({ user: { "auth-provider": { name: "gcp" } } }),
      ["FINDING_KUBECONFIG_REMOVED_METHOD users[0].user.auth-provider"],
    ],
    [
      "an auth provider that is there",
      one({ user: { "auth-provider": { name: "oidc", config: { a: "b" } } } }),
      [],
    ],
    [
      "groups to act with, but nobody",
      one({ user: { "as-groups": ["g"] } }),
      ["FINDING_KUBECONFIG_IMPERSONATION users[0].user"],
    ],
    [
      "somebody to act as",
      one({ user: { as: "a", "as-groups": ["g"], "as-uid": "1", "as-user-extra": { k: ["v"] } } }),
      [],
    ],
    ["an exec plugin", one({ user: { exec } }), []],
    [
      "an exec plugin of v1beta1 without mode",
      one({ user: { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "get" } } }),
      [],
    ],
    [
      "an exec plugin of v1 without mode",
      one({ user: { exec: { ...exec, interactiveMode: "" } } }),
      ["FINDING_KUBECONFIG_EXEC users[0].user.exec.interactiveMode"],
    ],
    [
      "an exec plugin with a mode of its own",
      one({ user: { exec: { ...exec, interactiveMode: "Maybe" } } }),
      ["FINDING_KUBECONFIG_EXEC users[0].user.exec.interactiveMode"],
    ],
    [
      "an exec plugin of a version that is gone",
      one({ user: { exec: { ...exec, apiVersion: "client.authentication.k8s.io/v1alpha1" } } }),
      ["FINDING_KUBECONFIG_EXEC users[0].user.exec.apiVersion"],
    ],
    [
      "an exec plugin without command and with a nameless variable",
      one({ user: { exec: { ...exec, command: "", env: [{ value: "v" }] } } }),
      [
        "FINDING_KUBECONFIG_EXEC users[0].user.exec.command",
        "FINDING_KUBECONFIG_EXEC users[0].user.exec.env[0].name",
      ],
    ],
    [
      "exec plugin and auth provider",
      one({ user: { exec, "auth-provider": { name: "oidc" } } }),
      ["FINDING_KUBECONFIG_METHODS users[0].user.auth-provider"],
    ],
  ])("says what is to be said about %s", ([, input, expected]) => {
    expect(validateKubeconfig(input).map(({ code, path }) => `${code} ${path}`)).toEqual(expected);
  });
});

describe("mergeKubeconfigs", () => {
  const config = (label: string, names: readonly string[], current: string): Kubeconfig =>
    parseKubeconfig({
      users: names.map((name) => ({ name, user: { token: label } })),
      "current-context": current,
      preferences: { colors: label === "b", extensions: [{ name: "e", extension: label }] },
      extensions: [{ name: label, extension: 1 }],
    });

  test("the first wins, whole, and lists are sorted", () => {
    const merged = mergeKubeconfigs([
      config("a", ["z", "m"], ""),
      config("b", ["m", "c"], "here"),
      config("c", ["c"], "there"),
    ]);
    expect(merged.users.map(({ name, user }) => `${name}=${user.token}`)).toEqual(["c=b", "m=a", "z=a"]);
    expect(merged["current-context"]).toBe("here");
    expect(merged.preferences).toEqual({ colors: true, extensions: [{ name: "e", extension: "a" }] });
    expect(merged.extensions?.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  test("merging nothing is an empty kubeconfig, and merging is associative", () => {
    expect(mergeKubeconfigs([])).toEqual(parseKubeconfig({}));
    const arbitrary = fc
      .record({
        label: fc.constantFrom("a", "b"),
        names: fc.uniqueArray(fc.constantFrom("x", "y", "z")),
        current: fc.constantFrom("", "x", "y"),
      })
      .map(({ label, names, current }) => config(label, names, current));
    fc.assert(
      fc.property(arbitrary, arbitrary, arbitrary, (a, b, c) => {
        expect(mergeKubeconfigs([mergeKubeconfigs([a, b]), c])).toEqual(mergeKubeconfigs([a, b, c]));
      }),
    );
  });
});

describe("kubeconfig", async () => {
  const caKeys = await generateKeyPair("ECDSA-P256");
  const { certificate: ca } = await issueSelfSigned(
    caTemplate({ subject: { commonName: "kubernetes" } }),
    caKeys.signer,
  );
  const keys = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueCertificate(clientTemplate({ subject: { commonName: "jane" } }), {
    publicKey: keys.publicKey,
    issuer: { certificate: ca, signer: caKeys.signer },
  });
  const server = "https://api.example.com:6443";

  test("names everything as a kubelet does, whose certificate and key are one file", async () => {
    const file = "/var/lib/kubelet/pki/kubelet-client-current.pem";
    const config = await kubeconfig({
      server,
      clusterName: "default-cluster",
      userName: "default-auth",
      contextName: "default-context",
      namespace: "default",
      credentials: { certificateFile: file, keyFile: file },
    });
    expect(config).toEqual({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "default-cluster", cluster: { server } }],
      users: [{ name: "default-auth", user: { "client-certificate": file, "client-key": file } }],
      contexts: [
        {
          name: "default-context",
          context: { cluster: "default-cluster", user: "default-auth", namespace: "default" },
        },
      ],
      "current-context": "default-context",
    });
    expect(validateKubeconfig(config)).toEqual([]);
  });

  test("embeds certificates and key so that they can be read back", async () => {
    const config = await kubeconfig({
      server,
      ca: [ca],
      userName: "jane",
      clusterName: "prod",
      namespace: "shop",
      tlsServerName: "kubernetes",
      credentials: { certificates: [certificate, ca], privateKey: keys.privateKey },
    });
    expect(validateKubeconfig(config)).toEqual([]);
    expect(config.contexts).toEqual([
      { name: "jane@prod", context: { cluster: "prod", user: "jane", namespace: "shop" } },
    ]);
    const [{ user } = { user: undefined }] = config.users;
    const [{ cluster } = { cluster: undefined }] = config.clusters;
    expect(parseCertificates(text(user?.["client-certificate-data"])).map(({ der }) => der)).toEqual([
      certificate.der,
      ca.der,
    ]);
    expect(parseCertificates(text(cluster?.["certificate-authority-data"]))[0]?.der).toEqual(ca.der);
    expect(cluster).toMatchObject({ server, "tls-server-name": "kubernetes" });
    const key = await parsePrivateKey(text(user?.["client-key-data"]));
    expect(key.subjectPublicKeyInfo).toEqual(certificate.subjectPublicKeyInfo);
  });

  test.for([
    { certificateFile: "/var/lib/kubelet/pki/current.pem", keyFile: "/var/lib/kubelet/pki/current.pem" },
    { exec: { ...exec, interactiveMode: "Never" as const } },
    { token: "abc" },
    { tokenFile: "/run/token" },
  ])("takes %o", async (credentials) => {
    const config = await kubeconfig({ server, ca: { file: "pki/ca.crt" }, userName: "a", credentials });
    expect(validateKubeconfig(config)).toEqual([]);
    expect(config.clusters[0]!.cluster["certificate-authority"]).toBe("pki/ca.crt");
  });

  test("refuses a key of another certificate, and one that must not be shown", async () => {
    const make = (privateKey: typeof keys.privateKey, certificates = [certificate]) =>
      kubeconfig({ server, userName: "jane", credentials: { certificates, privateKey } });
    await expect(make(caKeys.privateKey)).rejects.toThrow(
      expect.objectContaining({ code: "ERR_KEY_MISMATCH" }),
    );
    const hidden = await parsePrivateKey(await keys.privateKey.exportPem());
    await expect(make(hidden)).rejects.toThrow(expect.objectContaining({ code: "ERR_KEY_NOT_EXTRACTABLE" }));
    await expect(make(keys.privateKey, [])).rejects.toThrow(TypeError);
  });
});
