import { beforeEach, describe, expect, test } from "vitest";
import { ApiError, generateKeyPair, kubeletClientTemplate, nodeCsrName } from "kubepki";
import type { PrivateKey } from "kubepki";
import { requestCertificate } from "kubepki/node";
import type { RequestingClient, RequestObject } from "kubepki/node";
import { fastTiming } from "../../support/fast-timing.ts";
import { clientOptions, FakeCluster } from "./fake-cluster.ts";

const template = kubeletClientTemplate("worker-1");
const timing = fastTiming(2000);
let cluster: FakeCluster;
let privateKey: PrivateKey;
let name: string;
beforeEach(async () => {
  cluster = new FakeCluster(timing);
  ({ privateKey } = await generateKeyPair("ECDSA-P256"));
  name = nodeCsrName({
    subjectPublicKeyInfo: privateKey.subjectPublicKeyInfo,
    commonName: "system:node:worker-1",
    organizations: ["system:nodes"],
    usages: clientOptions.usages,
  });
});

/** A cluster in which a request of the name is there already. */
const occupied = (object: RequestObject): RequestingClient => ({
  create: () => Promise.reject(new ApiError("ERR_API_STATUS", "already exists", { status: 409 })),
  read: async () => object,
});
/** What was made before a restart. */
const made = async (of = template, key = privateKey): Promise<RequestObject> => {
  await requestCertificate(cluster, of, { ...clientOptions, privateKey: key, name, timing });
  return cluster.objects.get("csr-1")!;
};
const again = (client: RequestingClient) =>
  requestCertificate(client, template, { ...clientOptions, privateKey, name, timing });

describe("a request with a name", () => {
  test("has that name and that key", async () => {
    const pair = await requestCertificate(cluster, template, { ...clientOptions, privateKey, name, timing });
    expect(cluster.requests[0]!.object.metadata).toEqual({ name });
    expect(pair.certificate.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
  });

  test("is taken up again after a restart", async () => {
    const pair = await again(occupied(await made()));
    expect(pair.certificate.subjectPublicKeyInfo).toEqual(privateKey.subjectPublicKeyInfo);
  });

  test.each<[string, () => Promise<RequestObject>]>([
    ["another key", async () => made(template, (await generateKeyPair("ECDSA-P256")).privateKey)],
    ["another subject", () => made(kubeletClientTemplate("worker-2"))],
    [
      "another signer",
      async () => {
        const object = await made();
        return { ...object, spec: { ...object.spec, signerName: "example.com/other" } };
      },
    ],
    ["a certificate that is past its end", async () => cluster.sign(await made(), timing.now() - 90_000_000)],
  ])("is refused if there is one with %s", async (what, object) => {
    await expect(again(occupied(await object()))).rejects.toEqual(
      expect.objectContaining({ code: "ERR_KUBELET_NAME_TAKEN", message: expect.stringContaining(what) }),
    );
  });
});

test("without a name, a conflict is the API server's", async () => {
  const client = occupied(await made());
  const asked = requestCertificate(client, template, { ...clientOptions, timing });
  await expect(asked).rejects.toEqual(expect.objectContaining({ code: "ERR_API_STATUS", status: 409 }));
});
