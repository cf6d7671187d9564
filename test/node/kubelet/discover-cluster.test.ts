import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { caPublicKeyPin, encodePem } from "kubepki";
import { discoverCluster, signClusterInfo, verifyClusterInfo } from "kubepki/node";
import { detachedJws } from "../../../src/node/kubelet/cluster-info.ts";
import { fastTiming } from "../../support/fast-timing.ts";
import { newCa, newServer } from "../../support/mtls.ts";
import type { Ca } from "../../support/mtls.ts";

const text = "abcdef.0123456789abcdef";
const token = { id: "abcdef", secret: "0123456789abcdef" };
const key = "jws-kubeconfig-abcdef";
let ca: Ca;
let other: Ca;
let pins: string[];
beforeAll(async () => {
  [ca, other] = [await newCa("kubernetes"), await newCa("kubernetes")];
  pins = [caPublicKeyPin(ca.certificate)];
});

const kubeconfigOf = (cas: readonly Ca[], server = "https://192.0.2.1:6443"): string => {
  const pem = cas.map(({ certificate }) => encodePem("CERTIFICATE", certificate.der)).join("");
  return `apiVersion: v1\nkind: Config\nclusters:\n- name: ""\n  cluster: { server: "${server}", certificate-authority-data: ${btoa(pem)} }\n`;
};
const infoOf = (kubeconfig: string) => ({ kubeconfig, [key]: signClusterInfo(kubeconfig, token) });
const refusal = (code: string, message = "") =>
  expect.objectContaining({ name: "KubeletError", code, message: expect.stringContaining(message) });

describe("what a cluster says of itself", () => {
  test("is signed as Kubernetes signs it", () => {
    // The row of Kubernetes' TestComputeDetachedSignature; its id and secret are none of a token.
    const content = "Hello from the other side. I must have called a thousand times.";
    const jws = detachedJws(content, { id: "joshua", secret: "my voice is my passcode" });
    expect(jws).toBe("eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8");
  });

  test("counts with the pinned CAs alone", () => {
    const cluster = verifyClusterInfo(infoOf(kubeconfigOf([other, ca])), token, pins);
    expect(cluster.server).toBe("https://192.0.2.1:6443");
    expect(cluster.certificates.map(({ der }) => der)).toEqual([ca.certificate.der]);
    expect(cluster.ca).toBe(ca.pem);
  });

  test.each<[string, () => Record<string, string>, string]>([
    ["without a kubeconfig", () => ({ [key]: "x" }), "not set up"],
    ["without a signature", () => ({ kubeconfig: kubeconfigOf([ca]) }), "has not signed it"],
    [
      "with another's signature",
      () => ({
        ...infoOf(kubeconfigOf([ca])),
        [key]: signClusterInfo(kubeconfigOf([ca]), { ...token, secret: "f".repeat(16) }),
      }),
      "not that of the token",
    ],
    [
      "with the signature of another text",
      () => ({ ...infoOf(kubeconfigOf([ca])), kubeconfig: kubeconfigOf([ca, other]) }),
      "not that of the token",
    ],
    [
      "with a signature of another length",
      () => ({ ...infoOf(kubeconfigOf([ca])), [key]: "e30..x" }),
      "not that of the token",
    ],
    ["that is no YAML", () => infoOf("{"), "cannot be read"],
    ["without a cluster", () => infoOf("apiVersion: v1\nkind: Config\n"), "one cluster"],
    ["without CAs", () => infoOf(kubeconfigOf([])), "cannot be read"],
    ["with a server without TLS", () => infoOf(kubeconfigOf([ca], "http://192.0.2.1")), "no URL of https"],
  ])("is refused %s", (_, data, message) => {
    expect(() => verifyClusterInfo(data(), token, pins)).toThrow(
      refusal("ERR_KUBELET_CLUSTER_INFO", message),
    );
  });

  test("is refused if its CA is not pinned, or nothing is", () => {
    const info = infoOf(kubeconfigOf([other]));
    for (const none of [pins, []])
      expect(() => verifyClusterInfo(info, token, none)).toThrow(refusal("ERR_KUBELET_CA_PIN"));
  });
});

describe("a machine that joins", () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  /** A server that answers with the data one after another, the last one for ever. */
  const serve = async (of: Ca, ...answers: unknown[]): Promise<string> => {
    const server = createServer({ ...(await newServer(of)) }, (request, response) => {
      seen.push(String(request.headers.authorization));
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (typeof answer === "number") response.writeHead(answer);
      response.end(JSON.stringify(typeof answer === "number" ? {} : { kind: "ConfigMap", data: answer }));
    });
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const seen: string[] = [];
  const discover = (server: string, options: object = {}) =>
    discoverCluster({
      server,
      token: text,
      caPins: pins,
      timeoutSeconds: 60,
      timing: fastTiming(2000),
      ...options,
    });

  test("recognizes its cluster, and has not sent its token", async () => {
    const server = await serve(ca, infoOf(kubeconfigOf([ca])));
    expect(await discover(server)).toMatchObject({ server: "https://192.0.2.1:6443", ca: ca.pem });
    expect(seen).toEqual(["undefined", "undefined"]);
  });

  test("waits for a server that is not ready, and for the signature", async () => {
    const info = infoOf(kubeconfigOf([ca]));
    const server = await serve(ca, 503, { kubeconfig: info.kubeconfig }, info);
    expect((await discover(server, { timeoutSeconds: 40_000 })).ca).toBe(ca.pem);
  });

  test("is not deceived by somebody who hands on what the cluster says", async () => {
    const server = await serve(other, infoOf(kubeconfigOf([ca])));
    await expect(discover(server)).rejects.toEqual(refusal("ERR_KUBELET_CLUSTER_INFO", "certificate"));
  });

  test("is not deceived by somebody with the token and another CA beside the right one", async () => {
    const server = await serve(other, infoOf(kubeconfigOf([ca, other])));
    await expect(discover(server)).rejects.toEqual(refusal("ERR_KUBELET_CLUSTER_INFO"));
  });

  test("refuses what changes between the first word and the second", async () => {
    const server = await serve(ca, infoOf(kubeconfigOf([ca])), infoOf(kubeconfigOf([ca, other])));
    await expect(discover(server)).rejects.toEqual(refusal("ERR_KUBELET_CLUSTER_INFO", "something else"));
  });

  test("gives up when nobody signs", async () => {
    const server = await serve(ca, { kubeconfig: kubeconfigOf([ca]) });
    await expect(discover(server)).rejects.toEqual(refusal("ERR_KUBELET_CLUSTER_INFO", `no ${key}`));
    await expect(discover(await serve(ca, { kubeconfig: 1 }))).rejects.toEqual(
      refusal("ERR_KUBELET_CLUSTER_INFO", "no ConfigMap"),
    );
  });

  test("stops when it is told to", async () => {
    const server = await serve(ca, 503);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(discover(server, { signal })).rejects.toThrow("enough");
  });

  test("needs a token, a pin and an address of https", async () => {
    await expect(discover("https://192.0.2.1", { token: "x" })).rejects.toEqual(refusal("ERR_KUBELET_TOKEN"));
    await expect(discover("http://192.0.2.1")).rejects.toThrow(TypeError);
    const server = await serve(ca, infoOf(kubeconfigOf([ca])));
    await expect(discover(server, { caPins: [] })).rejects.toEqual(refusal("ERR_KUBELET_CA_PIN"));
  });
});
