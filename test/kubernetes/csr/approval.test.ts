/** Approval of kubelets' requests: rows of `TestRecognizers` and `TestHandle`, and what a node would try that wants another's name. */
import { describe, expect, test } from "vitest";
import {
  approveKubeletClient,
  approveKubeletServing,
  approveUserClient,
  CertificateError,
  createCertificateRequest,
  generateKeyPair,
} from "kubepki";
import type {
  ApprovalQuestion,
  CertificateRequestTemplate,
  KubeletServingPolicy,
  UserClientPolicy,
} from "kubepki";

const { signer } = await generateKeyPair("ECDSA-P256");
const kubelet = { subject: { commonName: "system:node:foo", organizations: ["system:nodes"] } };

async function question(
  template: CertificateRequestTemplate,
  parts: Partial<ApprovalQuestion> = {},
): Promise<ApprovalQuestion> {
  const { request } = await createCertificateRequest(template, signer);
  return {
    request,
    signerName: "kubernetes.io/kube-apiserver-client-kubelet",
    usages: ["key encipherment", "digital signature", "client auth"],
    requester: { username: "system:node:foo", groups: ["system:nodes"] },
    expirationSeconds: undefined,
    ...parts,
  };
}

/** A request for a name that Go passes over. */
const unseen = (value: string, ...others: readonly { readonly type: "dns"; readonly value: string }[]) => ({
  extraExtensions: [
    { id: "subjectAltName", critical: false, value: [...others, { type: "registeredId", value }] } as const,
  ],
});

describe("client certificates of kubelets", () => {
  const name = (commonName: string, ...organizations: string[]) => ({
    subject: { commonName, organizations },
  });
  test.for<[string, CertificateRequestTemplate, Partial<ApprovalQuestion>, string[]]>([
    ["its own", kubelet, {}, ["selfnodeclient", "nodeclient"]],
    [
      "its own, without key encipherment",
      kubelet,
      { usages: ["digital signature", "client auth"] },
      ["selfnodeclient", "nodeclient"],
    ],
    ["asked for by somebody else", kubelet, { requester: { username: "joe", groups: [] } }, ["nodeclient"]],
    ["of another node", name("system:node:bar", "system:nodes"), {}, ["nodeclient"]],
    ["of another name", name("mike", "system:nodes"), {}, []],
    ["without groups", { subject: { commonName: "system:node:foo" } }, {}, []],
    ["of another group", name("system:node:foo", "system:master"), {}, []],
    [
      "that serves",
      kubelet,
      { usages: ["key encipherment", "digital signature", "client auth", "server auth"] },
      [],
    ],
    ["for another signer", kubelet, { signerName: "example.com/not-correct" }, []],
    ["for the signer of serving certificates", kubelet, { signerName: "kubernetes.io/kubelet-serving" }, []],
    ["of a node without a name", name("system:node:", "system:nodes"), {}, []],
    ["of a node that cannot be", name("system:node:A_b", "system:nodes"), {}, []],
    ["with a name of a kind that Kubernetes does not see", { ...kubelet, ...unseen("1.2.3") }, {}, []],
  ])("%s", async ([, template, parts, recognised]) => {
    const asked: string[] = [];
    const verdict = await approveKubeletClient(await question(template, parts), async (_, attributes) => {
      expect(attributes).toMatchObject({
        group: "certificates.k8s.io",
        version: "*",
        resource: "certificatesigningrequests",
        verb: "create",
      });
      asked.push(attributes.subresource);
      return false;
    });
    expect(asked).toEqual(recognised);
    expect(verdict).toMatchObject({ decision: "none", objections: [expect.any(String) as string] });
  });

  test.for([
    ["selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."],
    ["nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."],
  ])("are approved if %s is allowed", async ([allowed, message]) => {
    const verdict = await approveKubeletClient(
      await question(kubelet),
      async (_, { subresource }) => subresource === allowed,
    );
    expect(verdict).toEqual({ decision: "approve", reason: "AutoApproved", message, objections: [] });
  });

  test("are not decided if the API server cannot be asked", async () => {
    const failing = async () => Promise.reject(new Error("no answer"));
    await expect(approveKubeletClient(await question(kubelet), failing)).rejects.toThrow("no answer");
  });
});

describe("serving certificates of kubelets", () => {
  const policy: KubeletServingPolicy = {
    findNode: async (name) =>
      name === "foo"
        ? {
            name,
            addresses: [
              { type: "InternalIP", address: "192.0.2.1" },
              { type: "InternalIP", address: "2001:db8::1" },
              { type: "ExternalIP", address: "203.0.113.1" },
              { type: "InternalIP", address: "127.0.0.1" },
              { type: "InternalIP", address: "10.96.0.1" },
              { type: "Hostname", address: "foo.example" },
            ],
          }
        : undefined,
    reservedNames: ["api.example.com", "::ffff:10.96.0.1"],
    allowsAddress: (address) => !address.startsWith("203."),
  };
  const serving: Partial<ApprovalQuestion> = {
    signerName: "kubernetes.io/kubelet-serving",
    usages: ["digital signature", "server auth"],
  };
  const bar = { subject: { commonName: "system:node:bar", organizations: ["system:nodes"] } };

  test.for<
    [
      string,
      CertificateRequestTemplate,
      Partial<ApprovalQuestion>,
      Partial<KubeletServingPolicy>,
      string | undefined,
    ]
  >([
    [
      "its name and addresses",
      { ...kubelet, dnsNames: ["foo", "FOO.example"], ipAddresses: ["192.0.2.1", "2001:db8:0::1"] },
      {},
      {},
      undefined,
    ],
    [
      "another's address",
      { ...kubelet, ipAddresses: ["192.0.2.2"] },
      {},
      {},
      "192.0.2.2 is no address of node foo",
    ],
    [
      "an address that no node may have",
      { ...kubelet, ipAddresses: ["203.0.113.1"] },
      {},
      {},
      "no node may have the address 203.0.113.1",
    ],
    [
      "loopback, although the kubelet has written it into its Node",
      { ...kubelet, ipAddresses: ["127.0.0.1"] },
      {},
      {},
      "127.0.0.1 is every machine's own",
    ],
    ["another's name", { ...kubelet, dnsNames: ["bar"] }, {}, {}, "bar is no name of node foo"],
    ["a wildcard", { ...kubelet, dnsNames: ["*.example"] }, {}, {}, "*.example is a wildcard"],
    [
      "the API server's name",
      { ...kubelet, dnsNames: ["API.example.com"] },
      {},
      {},
      "API.example.com is reserved",
    ],
    [
      "the API server's address, although the kubelet has written it into its Node",
      { ...kubelet, ipAddresses: ["10.96.0.1"] },
      {},
      {},
      "10.96.0.1 is reserved",
    ],
    [
      "the API server's service name",
      { ...kubelet, dnsNames: ["kubernetes.default.svc.cluster.local"] },
      {},
      {},
      "kubernetes.default.svc.cluster.local is reserved",
    ],
    [
      "a node that does not exist",
      { ...bar, dnsNames: ["bar"] },
      { requester: { username: "system:node:bar", groups: [] } },
      {},
      'there is no node "bar"',
    ],
    [
      "another node's certificate",
      { ...bar, dnsNames: ["bar"] },
      {},
      {},
      "system:node:foo asks for a certificate of system:node:bar",
    ],
    ["no names", kubelet, {}, {}, "DNS or IP subjectAltName is required"],
    [
      "a URI",
      { ...kubelet, dnsNames: ["foo"], uris: ["spiffe://a/b"] },
      {},
      {},
      "URI subjectAltNames are not allowed",
    ],
    [
      "client auth",
      { ...kubelet, dnsNames: ["foo"] },
      { usages: ["digital signature", "server auth", "client auth"] },
      {},
      "usages did not match [digital signature key encipherment server auth]",
    ],
    [
      "ten years",
      { ...kubelet, dnsNames: ["foo"] },
      { expirationSeconds: 315_360_000 },
      {},
      "a lifetime of 315360000 seconds is wanted, at most 31622400 are allowed",
    ],
    [
      "a name that leads to the node",
      { ...kubelet, dnsNames: ["alias.example"] },
      {},
      { resolve: async () => ["192.0.2.1"] },
      undefined,
    ],
    [
      "a name that leads elsewhere",
      { ...kubelet, dnsNames: ["foo"] },
      {},
      { resolve: async () => ["192.0.2.1", "192.0.2.9"] },
      "foo leads to 192.0.2.9, which is no address of node foo",
    ],
    [
      "a name without address",
      { ...kubelet, dnsNames: ["alias.example"] },
      {},
      { resolve: async () => [] },
      "alias.example has no address",
    ],
    [
      "a name of a kind that Kubernetes does not see",
      {
        ...kubelet,
        ...unseen("1.2.3", { type: "dns", value: "foo" }),
      },
      {},
      {},
      "an alternative name of kind registeredId is wanted",
    ],
  ])("with %s", async ([, template, parts, rules, objection]) => {
    const verdict = await approveKubeletServing(await question(template, { ...serving, ...parts }), {
      ...policy,
      ...rules,
    });
    if (objection === undefined) expect(verdict).toMatchObject({ decision: "approve", objections: [] });
    else expect(verdict).toMatchObject({ decision: "deny", message: objection, objections: [objection] });
  });

  test("are denied with all reasons", async () => {
    const template = { ...kubelet, dnsNames: ["bar", "*.example"], ipAddresses: ["192.0.2.2"] };
    const { objections } = await approveKubeletServing(await question(template, serving), policy);
    expect(objections).toEqual([
      "192.0.2.2 is no address of node foo",
      "bar is no name of node foo",
      "*.example is a wildcard",
    ]);
  });

  test("of other signers, known and unknown, are left alone", async () => {
    for (const signerName of ["example.com/any", "kubernetes.io/legacy-unknown"])
      expect(
        await approveKubeletServing(
          await question({ ...kubelet, dnsNames: ["foo"] }, { ...serving, signerName }),
          policy,
        ),
      ).toMatchObject({ decision: "none" });
    const verdict = await approveKubeletServing(await question({ ...kubelet, dnsNames: ["foo"] }), policy);
    expect(verdict.decision).toBe("none");
  });
});

describe("client certificates of users", () => {
  const policy: UserClientPolicy = { allows: ({ user }, requester) => user === requester.username };
  const client: Partial<ApprovalQuestion> = {
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["digital signature", "client auth"],
    requester: { username: "jane", groups: ["developers"] },
  };
  const of = (commonName: string, ...organizations: string[]) => ({ subject: { commonName, organizations } });
  const decide = async (
    template: CertificateRequestTemplate,
    rules: Partial<UserClientPolicy> = {},
    parts: Partial<ApprovalQuestion> = {},
  ) => approveUserClient(await question(template, { ...client, ...parts }), { ...policy, ...rules });

  test("are approved if the policy allows this user, these groups, and this key", async () => {
    let asked: unknown;
    const allows: UserClientPolicy["allows"] = (...all) => ((asked = all), Promise.resolve(true));
    expect(await decide(of("jane", "a", "b"), { allows })).toEqual({
      decision: "approve",
      reason: "AutoApproved",
      message: '"jane" may become "jane".',
      objections: [],
    });
    const { subjectPublicKeyInfo } = signer;
    expect(asked).toEqual([{ user: "jane", groups: ["a", "b"], subjectPublicKeyInfo }, client.requester]);
  });

  test("are left to people if the policy does not", async () => {
    expect(await decide(of("joe"))).toMatchObject({
      decision: "none",
      objections: ['the policy does not let "jane" become "joe"'],
    });
  });

  test("of other signers are left alone", async () => {
    for (const signerName of ["kubernetes.io/kube-apiserver-client-kubelet", "example.com/a"])
      expect((await decide(of("jane"), {}, { signerName })).decision).toBe("none");
  });

  const rdns = (...list: [type: string, value: string][]) => ({
    subject: list.map(([type, value]) => [{ type, value }]),
  });
  const MASTERS = /is wanted, which may do everything$/;
  test.for<[string, CertificateRequestTemplate, RegExp]>([
    ["the group of masters", of("jane", "dev", "system:masters"), MASTERS],
    ["another spelling of it", of("jane", "System:Masters"), MASTERS],
    ["white space around it", of("jane", " system:masters "), MASTERS],
    ["other forms of its letters", of("jane", "\uff53ystem:masters"), MASTERS],
    ["a user of its name", of("system:masters"), MASTERS],
    ["a unit of its name", rdns(["2.5.4.11", "system:masters"], ["2.5.4.3", "jane"]), MASTERS],
    [
      "a node",
      of("system:node:a"),
      /^the user "system:node:a" has privileges, and the policy does not name it$/,
    ],
    ["the nodes", of("jane", "system:nodes"), /^the group "system:nodes" has privileges/],
    ["kubeadm's administrators", of("jane", "kubeadm:cluster-admins"), /^the group .* has privileges/],
    ["no user", rdns(["2.5.4.10", "dev"]), /^no user is wanted/],
    [
      "a name of a kind that Kubernetes does not see",
      { ...of("jane"), ...unseen("1.2.3") },
      /kind registeredId/,
    ],
  ])("are denied with %s, whatever the policy allows", async ([, template, objection]) => {
    const verdict = await decide(template, { allows: () => true });
    expect(verdict).toMatchObject({ decision: "deny", message: verdict.objections.join("; ") });
    expect(verdict.objections).toEqual([expect.stringMatching(objection)]);
  });

  test("are denied with names that hide characters", async () => {
    const { request } = await createCertificateRequest(of("jane", "system:\u200bmasters"), signer, {
      allowInvisible: true,
    });
    const { decision, objections } = await approveUserClient(
      { ...(await question(of("jane"), client)), request },
      { allows: () => true },
    );
    expect([decision, objections]).toEqual([
      "deny",
      ['"system:\\\\u{200b}masters" has characters that nobody sees'],
    ]);
  });

  test("may have privileges that the policy names to the letter, but not those of masters", async () => {
    const privilegedNames = ["system:monitoring", "system:masters"];
    const rules = { allows: () => true, privilegedNames };
    expect((await decide(of("jane", "system:monitoring"), rules)).decision).toBe("approve");
    expect((await decide(of("jane", "System:monitoring"), rules)).decision).toBe("deny");
    expect((await decide(of("jane", "system:masters"), rules)).decision).toBe("deny");
  });

  test("are denied with all reasons", async () => {
    const parts = { usages: ["server auth"], expirationSeconds: 40_000_000 };
    expect((await decide(of("jane", "system:nodes"), {}, parts)).objections).toEqual([
      "invalid usage for client certificate: server auth",
      "missing required usage for client certificate: client auth",
      'the group "system:nodes" has privileges, and the policy does not name it',
      "a lifetime of 40000000 seconds is wanted, at most 31622400 are allowed",
    ]);
  });

  test("that ask for no lifetime count as those of a year", async () => {
    const year = 31_536_000;
    expect((await decide(of("jane"), { maxExpirationSeconds: year })).decision).toBe("approve");
    expect((await decide(of("jane"), { maxExpirationSeconds: year - 1 })).decision).toBe("deny");
  });

  test("are not decided if the policy cannot say", async () => {
    const allows = () => Promise.reject(new Error("no answer"));
    await expect(decide(of("jane"), { allows })).rejects.toThrow("no answer");
  });
});

test("a question that leaves something out does not compile", async () => {
  const whole = await question(kubelet);
  const { requester: _, ...anonymous } = whole;
  // @ts-expect-error: who asks counts
  const ask = () => approveKubeletServing(anonymous, {} as KubeletServingPolicy);
  const { expirationSeconds: __, ...endless } = whole;
  // @ts-expect-error: how long counts, even if nobody says
  const askAgain = () => approveKubeletClient(endless, async () => true);
  expect([ask, askAgain]).toHaveLength(2);
});

test("nobody gets anything approved if it is not known who asks", async () => {
  const requester = { username: "", groups: [] };
  const asked = (signerName: string, purpose: string) => ({
    signerName,
    usages: ["digital signature", purpose],
    requester,
  });
  const serving = { ...kubelet, dnsNames: ["foo"] };
  const addresses = [{ type: "Hostname", address: "foo" }];
  const policy = {
    findNode: async (name: string) => ({ name, addresses }),
    reservedNames: [],
    allowsAddress: () => true,
  };
  const verdicts = await Promise.all([
    approveKubeletClient(await question(kubelet, { requester }), async () => true),
    approveKubeletServing(
      await question(serving, asked("kubernetes.io/kubelet-serving", "server auth")),
      policy,
    ),
    approveUserClient(
      await question({ subject: {} }, asked("kubernetes.io/kube-apiserver-client", "client auth")),
      { allows: () => true },
    ),
  ]);
  for (const verdict of verdicts)
    expect(verdict).toMatchObject({
      decision: "none",
      objections: ["it is not known who asks: the object has no username"],
    });
});

/** Requests that our own functions do not make, as far as the policies look at them. */
describe("requests of other programs", () => {
  const change = async (
    parts: Partial<ApprovalQuestion>,
    template: CertificateRequestTemplate,
    fields: Partial<Record<"dnsNames" | "deviations", unknown>>,
  ): Promise<ApprovalQuestion> => {
    const asked = await question(template, parts);
    const properties = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }]));
    return { ...asked, request: Object.create(asked.request, properties) as ApprovalQuestion["request"] };
  };
  const serving = {
    signerName: "kubernetes.io/kubelet-serving",
    usages: ["digital signature", "server auth"],
  };
  const policy = (...reservedNames: string[]): KubeletServingPolicy => ({
    findNode: async (name) => ({
      name,
      addresses: ["127.0.0.1", "10.96.0.1", "api.example.com", "foo.localhost"].map((address) => ({
        type: "InternalIP",
        address,
      })),
    }),
    reservedNames,
    allowsAddress: () => true,
  });

  test.for<[dnsName: string, reserved: string[], objection: string]>([
    ["127.0.0.1", [], "127.0.0.1 is an address and no name"],
    ["10.96.0.1", ["::ffff:10.96.0.1"], "10.96.0.1 is an address and no name"],
    ["10.96.0.1.", [], "10.96.0.1. is an address and no name"],
    ["api.example.com", ["API.example.com."], "api.example.com is reserved"],
    ["foo.localhost", [], "foo.localhost is reserved"],
  ])("get no serving certificate for the DNS name %s", async ([dnsName, reserved, objection]) => {
    const asked = await change(serving, { ...kubelet, dnsNames: ["foo"] }, { dnsNames: [dnsName] });
    const { decision, objections } = await approveKubeletServing(asked, policy(...reserved));
    expect([decision, objections]).toEqual(["deny", [objection]]);
  });

  test("get nothing for values that are no strings to Go, and are to others", async () => {
    const deviations = [new CertificateError("ERR_CERTIFICATE_NAME_VALUE", "UniversalString is no string")];
    const client = {
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["digital signature", "client auth"],
    };
    const template = { subject: { commonName: "jane" } };
    const verdict = await approveUserClient(await change(client, template, { deviations }), {
      allows: () => true,
    });
    expect(verdict.objections).toEqual([
      "the subject has a value that others may read: UniversalString is no string",
    ]);
    expect(verdict.decision).toBe("deny");
    const own = await change({}, kubelet, { deviations });
    expect((await approveKubeletClient(own, async () => true)).decision).toBe("none");
  });
});

describe("limits that are no numbers", () => {
  const wish = { expirationSeconds: 2_000_000_000 };

  test("let nobody have a client certificate", async () => {
    const client = {
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["digital signature", "client auth"],
    };
    const asked = await question({ subject: { commonName: "jane" } }, { ...client, ...wish });
    const rules = { allows: () => true, maxExpirationSeconds: Number.NaN };
    expect((await approveUserClient(asked, rules)).decision).toBe("deny");
  });

  test("let no kubelet serve", async () => {
    const serving = {
      signerName: "kubernetes.io/kubelet-serving",
      usages: ["digital signature", "server auth"],
    };
    const asked = await question({ ...kubelet, dnsNames: ["foo"] }, { ...serving, ...wish });
    const verdict = await approveKubeletServing(asked, {
      findNode: async (name) => ({ name, addresses: [] }),
      reservedNames: [],
      allowsAddress: () => true,
      maxExpirationSeconds: Number.NaN,
      maxNames: Number.NaN,
    });
    expect(verdict.objections).toHaveLength(2);
  });
});

test("a request that wishes for no lifetime counts as what its signer gives", async () => {
  const client = {
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["digital signature", "client auth"],
  };
  const asked = await question({ subject: { commonName: "jane" } }, client);
  const decide = async (defaultDurationSeconds?: number) =>
    (
      await approveUserClient(asked, {
        allows: () => true,
        ...(defaultDurationSeconds && { defaultDurationSeconds }),
      })
    ).decision;
  expect([await decide(), await decide(5 * 31_536_000)]).toEqual(["approve", "deny"]);
});
