import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/errors.ts";
import {
  apiServerNames,
  etcdNames,
  firstServiceIpAddress,
  serviceDnsNames,
} from "../../../src/kubernetes/cluster/subject-alt-names.ts";
import { validateDnsName, validateIpAddress } from "../../../src/x509/dns-name.ts";
import { parseIpAddress, parseIpPrefix } from "../../../src/x509/ip-address.ts";

const advertiseAddress = "1.2.3.4";
const code = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error.code;
    throw error;
  }
};

describe("names of the API server", () => {
  // kubeadm's pki_helpers_test.go, TestGetAPIServerAltNames: endpoint, DNS name and address that it adds.
  test.each<[string, string[], string[]]>([
    ["api.k8s.io:6443", ["api.k8s.io"], []],
    ["4.5.6.7:6443", [], ["4.5.6.7"]],
  ])("are kubeadm's with the endpoint %s", (controlPlaneEndpoint, dns, ip) => {
    const names = apiServerNames({
      nodeName: "valid-hostname",
      serviceSubnet: "10.96.0.0/12",
      dnsDomain: "cluster.local",
      advertiseAddress,
      controlPlaneEndpoint,
      certSANs: ["10.1.245.94", "10.1.245.95", "1.2.3.L", "invalid,commas,in,DNS"],
    });
    expect(names).toEqual({
      dnsNames: [
        ...dns,
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "valid-hostname",
      ],
      ipAddresses: ["10.96.0.1", "1.2.3.4", ...ip, "10.1.245.94", "10.1.245.95"],
      ignored: ["1.2.3.L", "invalid,commas,in,DNS"],
    });
  });

  test("have no localhost, no loopback, and none of a second service subnet", () => {
    const names = apiServerNames({
      advertiseAddress,
      serviceSubnet: "10.96.0.0/12,fd00::/108",
      dnsDomain: "",
    });
    expect(names.dnsNames).toEqual(["kubernetes", "kubernetes.default", "kubernetes.default.svc"]);
    expect(names.ipAddresses).toEqual(["10.96.0.1", "1.2.3.4"]);
  });

  test("stand there once each, DNS names sorted, addresses in order and as Go writes them", () => {
    const names = apiServerNames({
      nodeName: "kubernetes",
      advertiseAddress: "::ffff:1.2.3.4",
      controlPlaneEndpoint: "1.2.3.4:6443",
      certSANs: ["z", "a", "a", "1.2.3.04", "FD00:0::1", "fd00::1"],
    });
    expect(names.dnsNames.slice(0, 2)).toEqual(["a", "kubernetes"]);
    expect(names.dnsNames.filter((name) => name === "kubernetes")).toHaveLength(1);
    expect(names.ipAddresses).toEqual(["10.96.0.1", "1.2.3.4", "fd00::1"]);
  });

  // kubeadm's pki_helpers_test.go, TestAppendSANsToAltNames.
  test.each([
    ["abc", true],
    ["*.abc", true],
    ["**.abc", false],
    ["a.*.bc", false],
    ["a*.bc", false],
  ])("the extra name %s is taken: %j", (text, taken) => {
    const names = apiServerNames({ advertiseAddress, certSANs: [text] });
    expect([names.dnsNames.includes(text), names.ignored]).toEqual([taken, taken ? [] : [text]]);
  });

  test.each<[string, string[]]>([
    ["api", ["api"]],
    ["fd00::1", ["fd00::1"]],
    ["[fd00::1]:6443", ["fd00::1"]],
    ["1.2.3.5", ["1.2.3.5"]],
  ])("the endpoint %j gives %j", (controlPlaneEndpoint, expected) => {
    const { dnsNames, ipAddresses } = apiServerNames({ advertiseAddress, controlPlaneEndpoint });
    expect([...dnsNames, ...ipAddresses]).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    "API:6443",
    "a:0",
    "a:65536",
    "a:1e3",
    "a:",
    "a:b",
    ":6443",
    "[a]:1",
    "fd00::1:99999",
    "a b",
    "[fd00::1]",
    "https://a:1",
  ])("the endpoint %j is refused", (controlPlaneEndpoint) => {
    expect(code(() => apiServerNames({ advertiseAddress, controlPlaneEndpoint }))).toBe(
      "ERR_CLUSTER_NETWORK",
    );
  });

  test.each(["", "a", "010.0.0.1", "10.0.0.1:6443"])("the advertised address %j is refused", (address) => {
    expect(code(() => apiServerNames({ advertiseAddress: address }))).toBe("ERR_CLUSTER_NETWORK");
    expect(code(() => etcdNames({ advertiseAddress: address }))).toBe("ERR_CLUSTER_NETWORK");
  });

  test("are all fit for a certificate if the node's name is", () => {
    const texts = fc
      .array(fc.constantFrom("a", "B", "1", ".", "*", ",", " ", ":", "-"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(texts), (certSANs) => {
        const { dnsNames, ipAddresses } = apiServerNames({ advertiseAddress, certSANs });
        // kubeadm lets numbers such as 1.1 pass as DNS names.
        expect(
          dnsNames.map(validateDnsName).filter((fault) => fault && !fault.includes("ends in a number")),
        ).toEqual([]);
        expect(ipAddresses.map(validateIpAddress).filter(Boolean)).toEqual([]);
      }),
    );
  });
});

describe("names of etcd", () => {
  // kubeadm's pki_helpers_test.go, TestGetEtcdAltNames.
  test("are kubeadm's", () => {
    const certSANs = ["user-etcd-proxy", "10.10.10.100", "1.2.3.L", "invalid,commas,in,DNS"];
    expect(etcdNames({ nodeName: "myNode", advertiseAddress, certSANs })).toEqual({
      dnsNames: ["localhost", "myNode", "user-etcd-proxy"],
      ipAddresses: ["1.2.3.4", "127.0.0.1", "::1", "10.10.10.100"],
      ignored: ["1.2.3.L", "invalid,commas,in,DNS"],
    });
  });

  test("need no node name", () => {
    expect(etcdNames({ advertiseAddress }).dnsNames).toEqual(["localhost"]);
  });
});

describe("names of services", () => {
  test("are the four that pods can use", () => {
    expect(serviceDnsNames({ name: "web", namespace: "shop", dnsDomain: "k8s.example" })).toEqual([
      "web",
      "web.shop",
      "web.shop.svc",
      "web.shop.svc.k8s.example",
    ]);
    expect(serviceDnsNames({ name: "kubernetes", dnsDomain: "" })).toEqual([
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
    ]);
  });

  test("of a headless service include its pods", () => {
    const names = serviceDnsNames({ name: "db", namespace: "shop", pods: ["db-0", "*"] });
    expect(names).toHaveLength(12);
    expect(names).toEqual(
      expect.arrayContaining(["db-0.db", "db-0.db.shop.svc.cluster.local", "*.db.shop.svc"]),
    );
    expect(names.map(validateDnsName).filter(Boolean)).toEqual([]);
  });

  test.each([
    { name: "" },
    { name: "Web" },
    { name: "a.b" },
    { name: "a".repeat(64) },
    { name: "a", namespace: "a.b" },
    { name: "a", namespace: "" },
    { name: "a", dnsDomain: ".local" },
    { name: "a", dnsDomain: "*.local" },
    { name: "a", pods: ["**"] },
    { name: "a", pods: [""] },
  ])("%j is refused", (options) => {
    expect(code(() => serviceDnsNames(options))).toBe("ERR_CLUSTER_NAME");
  });
});

describe("first address of a service subnet", () => {
  test.each([
    ["10.96.0.0/12", "10.96.0.1"],
    ["10.96.200.7/12", "10.96.0.1"],
    ["10.0.0.254/31", "10.0.0.255"],
    ["0.0.0.0/0", "0.0.0.1"],
    ["fd00:10:96::/108", "fd00:10:96::1"],
    ["fd00::/127", "fd00::1"],
    ["fd00:10:96::/108,10.96.0.0/12", "fd00:10:96::1"],
  ])("of %s is %s", (subnet, address) => {
    expect(firstServiceIpAddress(subnet)).toBe(address);
  });

  test.each(["10.96.0.0/32", "fd00::/128", "10.96.0.0", "10.96.0.0/33", "", "a/8", ",10.96.0.0/12"])(
    "%j is refused",
    (subnet) => {
      expect(code(() => firstServiceIpAddress(subnet))).toBe("ERR_CLUSTER_NETWORK");
    },
  );

  test("is one more than the masked address", () => {
    const number = (octets: Iterable<number>): bigint =>
      [...octets].reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 31 }), (address, bits) => {
        const { mask } = parseIpPrefix(`${address}/${bits}`)!;
        const base = parseIpAddress(address)!.map((octet, i) => octet & mask[i]!);
        expect(number(parseIpAddress(firstServiceIpAddress(`${address}/${bits}`))!)).toBe(number(base) + 1n);
      }),
    );
  });
});
