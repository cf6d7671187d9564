/** Which clients of a cluster would complain about a certificate: names that are wanted, and names that are there. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apiServerClients,
  apiServerNames,
  etcdClients,
  etcdNames,
  isServerNameMatch,
  lintServerNames,
  missingSans,
  serviceClients,
  serviceDnsNames,
} from "kubepki";

const none = { dnsNames: [], ipAddresses: [] };

describe("missing names", () => {
  test.for<[string, string[], string[], string[], [string[], string[]]]>([
    ["a name", ["a.example"], [], ["a.example", "b.example"], [["b.example"], []]],
    ["an address is no name", ["192.0.2.1"], [], ["192.0.2.1"], [[], ["192.0.2.1"]]],
    [
      "an address in brackets",
      [],
      ["2001:db8::1"],
      ["[2001:db8::1]", "[2001:db8::2]"],
      [[], ["2001:db8::2"]],
    ],
    ["another form of an address", [], ["2001:db8::1"], ["2001:db8:0::1"], [[], []]],
    [
      "a wildcard covers one label",
      ["*.example"],
      [],
      ["a.example", "b.a.example", "example"],
      [["b.a.example", "example"], []],
    ],
    ["the case of letters does not count", ["API.example"], [], ["api.EXAMPLE"], [[], []]],
    ["each is named once", [], [], ["a", "a", "192.0.2.1", "192.0.2.1"], [["a"], ["192.0.2.1"]]],
  ])("%s", ([, dnsNames, ipAddresses, wanted, [names, addresses]]) => {
    expect(missingSans({ dnsNames, ipAddresses }, wanted)).toEqual({
      dnsNames: names,
      ipAddresses: addresses,
    });
  });

  test("once added, nothing is missing", () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(fc.array(host), fc.array(fc.domain()), (wanted, dnsNames) => {
        const certificate = { dnsNames, ipAddresses: [] };
        const missing = missingSans(certificate, wanted);
        const mended = { dnsNames: [...dnsNames, ...missing.dnsNames], ipAddresses: missing.ipAddresses };
        expect(missingSans(mended, wanted)).toEqual({ dnsNames: [], ipAddresses: [] });
        for (const name of [...missing.dnsNames, ...missing.ipAddresses])
          expect(isServerNameMatch(certificate, name)).toBe(false);
      }),
    );
  });
});

describe("a certificate with kubeadm's names", () => {
  const node = { name: "cp-1", addresses: ["192.0.2.1"] };

  test("serves every client of its API server", () => {
    const names = apiServerNames({
      nodeName: "cp-1",
      advertiseAddress: "192.0.2.1",
      controlPlaneEndpoint: "api.example.com:6443",
    });
    const clients = apiServerClients({ endpoints: ["api.example.com:6443"], node });
    expect(lintServerNames(names, clients)).toEqual([]);
  });

  test("serves every client of its etcd member", () => {
    const names = etcdNames({ nodeName: "cp-1", advertiseAddress: "192.0.2.1" });
    expect(lintServerNames(names, etcdClients(node))).toEqual([]);
  });

  test("lacks the load balancer that came later", () => {
    const names = apiServerNames({ nodeName: "cp-1", advertiseAddress: "192.0.2.1" });
    const findings = lintServerNames(
      names,
      apiServerClients({ endpoints: ["lb.example.com:443", "203.0.113.9"], node }),
    );
    expect(findings.map(({ found, path, severity }) => [found, path, severity])).toEqual([
      ["lb.example.com", "extensions.subjectAltName.dnsNames", "error"],
      ["203.0.113.9", "extensions.subjectAltName.ipAddresses", "error"],
    ]);
    expect(findings[0]?.message).toMatch(
      /^whoever goes through the load balancer: .* cannot connect: x509: certificate is valid for cp-1, kubernetes, .*, not lb\.example\.com \(in browsers NET::ERR_CERT_COMMON_NAME_INVALID\)$/,
    );
    expect(findings[0]?.fix).toBe('add "lb.example.com" to dnsNames; with kubeadm to apiServer.certSANs');
  });
});

test("pods complain about another service subnet or domain", () => {
  const names = apiServerNames({ nodeName: "cp-1", advertiseAddress: "192.0.2.1" });
  const clients = apiServerClients({ serviceSubnet: "10.100.0.0/16", dnsDomain: "corp.internal" });
  expect(lintServerNames(names, clients).map(({ found }) => found)).toEqual([
    "10.100.0.1",
    "kubernetes.default.svc.corp.internal",
  ]);
});

test("the second subnet of a dual-stack cluster is a warning, as no client library calls it", () => {
  const clients = apiServerClients({ serviceSubnet: "10.96.0.0/12,fd00:10:96::/112" });
  const findings = lintServerNames(apiServerNames({ advertiseAddress: "192.0.2.1" }), clients);
  expect(findings).toMatchObject([{ severity: "warning", found: "fd00:10:96::1" }]);
});

test("a webhook must have the name that the API server calls", () => {
  const clients = serviceClients({ name: "hook", namespace: "tools" });
  expect(
    lintServerNames(
      { dnsNames: serviceDnsNames({ name: "hook", namespace: "tools" }), ipAddresses: [] },
      clients,
    ),
  ).toEqual([]);
  const errors = lintServerNames(none, clients).filter(({ severity }) => severity === "error");
  expect(errors.map(({ found }) => found)).toEqual(["hook.tools.svc"]);
});

test("a certificate of the time when the CN counted is told in Go's words", () => {
  const subject = { der: new Uint8Array(), rdns: [[{ type: "2.5.4.3", value: "api.example.com", tag: 12 }]] };
  const [finding] = lintServerNames({ ...none, subject }, [{ host: "api.example.com", who: "kubectl" }]);
  expect(finding?.message).toContain("certificate relies on legacy Common Name field, use SANs instead");
});

test("a host that several clients call is told once, by the most severe", () => {
  const clients = [
    { host: "a.example", who: "some", severity: "warning" },
    { host: "a.example", who: "most" },
    { host: "a.example", who: "others", severity: "warning" },
  ] as const;
  expect(lintServerNames(none, clients)).toMatchObject([
    { severity: "error", message: expect.stringMatching(/^most/) as string },
  ]);
});
