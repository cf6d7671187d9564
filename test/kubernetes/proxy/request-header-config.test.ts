import { describe, expect, test } from "vitest";
import { REQUEST_HEADER_NAMES } from "../../../src/kubernetes/proxy/request-header.ts";
import {
  parseRequestHeaderConfig,
  trustedFrontProxies,
  validateRequestHeaderConfig,
} from "../../../src/kubernetes/proxy/request-header-config.ts";
import { verifyTrustedPeer } from "../../../src/kubernetes/proxy/trusted-peers.ts";
import { makeCa } from "./fixtures.ts";

const clients = await makeCa("kubernetes");
const proxies = await makeCa("front-proxy-ca");

/** The ConfigMap of a cluster of kubeadm. */
const kubeadm = {
  "client-ca-file": clients.pem,
  "requestheader-client-ca-file": proxies.pem,
  "requestheader-username-headers": '["X-Remote-User"]',
  "requestheader-uid-headers": "[]",
  "requestheader-group-headers": '["X-Remote-Group"]',
  "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
  "requestheader-allowed-names": '["front-proxy-client"]',
};
const config = parseRequestHeaderConfig(kubeadm);
const codes = (changes: object): string[] =>
  validateRequestHeaderConfig({ ...config, ...changes }).map(({ code }) => code);

test("kubeadm's configuration is read, and nothing is wrong with it", () => {
  expect(config).toEqual({
    ...REQUEST_HEADER_NAMES,
    uidHeaders: [],
    allowedNames: ["front-proxy-client"],
    requestHeaderCaBundle: proxies.pem,
    clientCaBundle: clients.pem,
  });
  expect(codes({})).toEqual([]);
});

test("what is missing, empty or null is an empty list, as to Kubernetes", () => {
  expect(
    parseRequestHeaderConfig({ "requestheader-username-headers": "", "requestheader-group-headers": "null" }),
  ).toEqual({
    usernameHeaders: [],
    uidHeaders: [],
    groupHeaders: [],
    extraHeaderPrefixes: [],
    allowedNames: [],
  });
});

test("what is no JSON array of texts is refused", () => {
  for (const list of [
    "X-Remote-User",
    '"X-Remote-User"',
    "{}",
    "[1]",
    "[null]",
    '["a"',
    '["a"] x',
    `["${"a".repeat(65_536)}"]`,
  ])
    expect(() => parseRequestHeaderConfig({ "requestheader-allowed-names": list })).toThrow(
      expect.objectContaining({ code: "ERR_HEADER_CONFIG", path: "requestheader-allowed-names" }) as Error,
    );
});

describe("the rules of kube-apiserver", () => {
  test("an empty name", () => {
    for (const list of ["usernameHeaders", "uidHeaders", "groupHeaders", "extraHeaderPrefixes"])
      expect(codes({ [list]: [...REQUEST_HEADER_NAMES[list as "uidHeaders"], " "] })).toEqual([
        "FINDING_REQUEST_HEADER_EMPTY_NAME",
      ]);
    expect(codes({ allowedNames: ["", "a"] })).toEqual(["FINDING_REQUEST_HEADER_EMPTY_NAME"]);
  });

  test("the standard names in any case, an error for the uid and a warning for the others", () => {
    expect(codes({ usernameHeaders: ["x-remote-USER"], uidHeaders: ["X-REMOTE-UID"] })).toEqual([]);
    const severity = (changes: object) =>
      validateRequestHeaderConfig({ ...config, ...changes }).map((finding) => finding.severity);
    expect(severity({ uidHeaders: ["X-Uid"] })).toEqual(["error"]);
    for (const list of ["usernameHeaders", "groupHeaders", "extraHeaderPrefixes"])
      expect(severity({ [list]: ["X-Other"] })).toEqual(["warning"]);
  });

  test("no header for the user", () => {
    expect(codes({ usernameHeaders: [] })).toEqual(["FINDING_REQUEST_HEADER_NO_USER"]);
  });

  test("no CA, and a bundle that does not parse", () => {
    expect(codes({ requestHeaderCaBundle: undefined })).toEqual(["FINDING_REQUEST_HEADER_NO_CA"]);
    expect(codes({ requestHeaderCaBundle: "no PEM" })).toEqual(["FINDING_REQUEST_HEADER_BUNDLE"]);
    expect(codes({ clientCaBundle: "no PEM", allowedNames: [] })).toEqual([
      "FINDING_REQUEST_HEADER_BUNDLE",
      "FINDING_REQUEST_HEADER_ANY_NAME",
    ]);
  });

  test("no allowed names: a warning, and an error if a CA of clients is among the CAs", () => {
    expect(codes({ allowedNames: [] })).toEqual(["FINDING_REQUEST_HEADER_ANY_NAME"]);
    expect(codes({ allowedNames: [], clientCaBundle: undefined })).toEqual([
      "FINDING_REQUEST_HEADER_ANY_NAME",
    ]);
    const shared = { requestHeaderCaBundle: proxies.pem + clients.pem };
    expect(codes({ ...shared, allowedNames: [] })).toEqual(["FINDING_REQUEST_HEADER_ANY_CLIENT"]);
    expect(codes(shared)).toEqual([]);
  });
});

describe("who may speak for others", () => {
  const peer = async (ca: typeof proxies, commonName: string) => ({
    certificates: (await ca.client({ commonName })).certificate,
  });

  test("is what the configuration says", async () => {
    const trusted = trustedFrontProxies(config);
    await verifyTrustedPeer(await peer(proxies, "front-proxy-client"), trusted);
    await expect(verifyTrustedPeer(await peer(proxies, "other"), trusted)).rejects.toThrow("other");
    await expect(verifyTrustedPeer(await peer(clients, "front-proxy-client"), trusted)).rejects.toThrow();
  });

  test("is every certificate of the CA, if there are no names", async () => {
    await verifyTrustedPeer(
      await peer(proxies, "other"),
      trustedFrontProxies({ ...config, allowedNames: [] }),
    );
  });

  test("is nobody where every client could be meant, or no CA is", () => {
    for (const wrong of [
      { requestHeaderCaBundle: clients.pem, allowedNames: [] },
      { requestHeaderCaBundle: "" },
      { requestHeaderCaBundle: "x" },
      { allowedNames: ["front-proxy-client", ""] },
      { usernameHeaders: [] },
    ])
      expect(() => trustedFrontProxies({ ...config, ...wrong })).toThrow(
        expect.objectContaining({ code: "ERR_HEADER_CONFIG" }) as Error,
      );
  });
});
