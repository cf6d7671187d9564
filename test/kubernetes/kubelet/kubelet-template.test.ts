import { describe, expect, test } from "vitest";
import {
  certificateSigningRequest,
  createCertificateRequest,
  generateKeyPair,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  kubeletClientTemplate,
  kubeletServingTemplate,
  kubeletUsages,
  nodeNames,
  validateCertificateSigningRequest,
} from "kubepki";
import type { NodeAddress, SignerPolicy } from "kubepki";

const at = (type: string, ...addresses: string[]): NodeAddress[] =>
  addresses.map((address) => ({ type, address }));

describe("the names of a node", () => {
  // Rows of Kubernetes' TestAddressesToHostnamesAndIPs, and further ones below.
  test.each<[string, NodeAddress[], string[], string[]]>([
    ["nothing gives nothing", [], [], []],
    ["empty values are passed over", [...at("Hostname", ""), ...at("InternalDNS", "")], [], []],
    ["IP addresses that are none too", [...at("InternalIP", "1.2"), ...at("ExternalIP", "3.4")], [], []],
    [
      "each is there once",
      [
        ...at("Hostname", "hostname"),
        ...at("ExternalDNS", "hostname"),
        ...at("InternalDNS", "hostname"),
        ...at("InternalIP", "1.1.1.1"),
        ...at("ExternalIP", "1.1.1.1"),
      ],
      ["hostname"],
      ["1.1.1.1"],
    ],
    [
      "they are sorted",
      [
        ...at("Hostname", "hostname-2"),
        ...at("ExternalDNS", "hostname-1"),
        ...at("InternalDNS", "hostname-3"),
        ...at("InternalIP", "2.2.2.2"),
        ...at("ExternalIP", "1.1.1.1"),
        ...at("InternalIP", "3.3.3.3"),
      ],
      ["hostname-1", "hostname-2", "hostname-3"],
      ["1.1.1.1", "2.2.2.2", "3.3.3.3"],
    ],
    ["a host name may be an IP address", at("Hostname", "hostname", "1.1.1.1"), ["hostname"], ["1.1.1.1"]],
    ["IP addresses are sorted as text", at("InternalIP", "9.1.1.1", "10.1.1.1"), [], ["10.1.1.1", "9.1.1.1"]],
    ["leading zeros are decimal", at("InternalIP", "010.1.1.1"), [], ["10.1.1.1"]],
    ["mapped addresses are IPv4", at("InternalIP", "::ffff:192.0.2.1"), [], ["192.0.2.1"]],
    ["two spellings are two", at("InternalIP", "::1", "0:0::1"), [], ["::1", "::1"]],
    ["DNS types take addresses as names", at("ExternalDNS", "1.1.1.1"), ["1.1.1.1"], []],
    ["unknown types are passed over", at("Other", "1.1.1.1", "name"), [], []],
  ])("%s", (_, addresses, dnsNames, ipAddresses) => {
    expect(nodeNames(addresses)).toEqual({ dnsNames, ipAddresses });
  });
});

describe("what a kubelet asks for to serve", () => {
  const [name, ip] = [at("Hostname", "fake-node"), at("InternalIP", "192.168.1.1")];
  // Rows of Kubernetes' TestNewCertificateManagerConfigGetTemplate.
  test.each<[string, NodeAddress[], boolean, { dnsNames: string[]; ipAddresses: string[] } | undefined]>([
    ["nothing without addresses", [], true, undefined],
    ["nothing without addresses", [], false, undefined],
    ["a host name where that is enough", name, true, { dnsNames: ["fake-node"], ipAddresses: [] }],
    ["nothing with a host name alone", name, false, undefined],
    ["an IP address", ip, true, { dnsNames: [], ipAddresses: ["192.168.1.1"] }],
    ["an IP address", ip, false, { dnsNames: [], ipAddresses: ["192.168.1.1"] }],
    ["both", [...name, ...ip], true, { dnsNames: ["fake-node"], ipAddresses: ["192.168.1.1"] }],
    ["both", [...name, ...ip], false, { dnsNames: ["fake-node"], ipAddresses: ["192.168.1.1"] }],
  ])("is %s (%#)", (_, addresses, allowDnsOnly, wanted) => {
    const subject = { commonName: "system:node:fake-node", organizations: ["system:nodes"] };
    expect(kubeletServingTemplate("fake-node", addresses, { allowDnsOnly })).toEqual(
      wanted && { subject, ...wanted },
    );
  });
});

describe("a request made from a template", () => {
  const serving = kubeletServingTemplate("worker-1", at("InternalIP", "192.0.2.7"))!;
  const cases: [SignerPolicy, typeof serving, "client auth" | "server auth"][] = [
    [KUBELET_CLIENT_SIGNER, kubeletClientTemplate("worker-1"), "client auth"],
    [KUBELET_SERVING_SIGNER, serving, "server auth"],
  ];
  const rows = cases.flatMap((row) =>
    (["ECDSA-P256", "RSA-2048"] as const).map((name) => [...row, name] as const),
  );

  test.each(rows)("is one that $signerName signs, %#", async (policy, template, purpose, algorithm) => {
    const { signer, publicKey } = await generateKeyPair(algorithm);
    const { pem, request } = await createCertificateRequest(template, signer);
    const usages = kubeletUsages(purpose, publicKey.algorithm);
    expect(policy.validate({ request, usages })).toEqual([]);
    const object = certificateSigningRequest({ pem, signerName: policy.signerName, usages });
    expect(await validateCertificateSigningRequest(object)).toEqual([]);
  });

  test("asks for key encipherment with RSA alone", () => {
    expect(kubeletUsages("server auth", "RSA-3072")).toEqual([
      "digital signature",
      "key encipherment",
      "server auth",
    ]);
    expect(kubeletUsages("server auth", "Ed25519")).toEqual(["digital signature", "server auth"]);
  });
});
