/** Every field of an object of the API that can hold a certificate is read, however the object was got. */
import { expect, test } from "vitest";
import { auditClusterPki, encodePem } from "kubepki";
import { party, signedCa } from "../support/chain.ts";

const at = new Date("2026-06-01T00:00:00Z");
const pem = encodePem("CERTIFICATE", signedCa(party("ca")));
const base64 = btoa(pem);
const places = async (object: unknown): Promise<string[]> => {
  const { certificates } = await auditClusterPki([{ path: "x", object }], { at });
  return certificates.map(({ path }) => path);
};

const metadata = { namespace: "shop", name: "web" };
const secret = { metadata, type: "kubernetes.io/tls", data: { "tls.crt": base64, bundle: base64 } };
const map = { metadata, data: { "ca.crt": pem, bundle: pem } };
const ofSecret = ["x/shop/web#tls.crt", "x/shop/web#bundle"];
const ofMap = ["x/shop/web#ca.crt", "x/shop/web#bundle"];

test.for<[string, unknown, string[]]>([
  ["a SecretList of the API server", { apiVersion: "v1", kind: "SecretList", items: [secret] }, ofSecret],
  ["a ConfigMapList of the API server", { apiVersion: "v1", kind: "ConfigMapList", items: [map] }, ofMap],
  [
    "a list of a typed client, which says no kind",
    { kind: undefined, items: [secret, { ...map, kind: undefined }] },
    [...ofSecret, ...ofMap],
  ],
  [
    "a List of objects that say their kind",
    {
      kind: "List",
      items: [
        { ...secret, kind: "Secret" },
        { ...map, kind: "ConfigMap" },
      ],
    },
    [...ofSecret, ...ofMap],
  ],
  ["an array of lists", [{ kind: "SecretList", items: [secret] }, { items: [map] }], [...ofSecret, ...ofMap]],
  ["an array of objects", [secret, { kind: "ConfigMap", ...map }], [...ofSecret, ...ofMap]],
  ["binaryData of a ConfigMap", { kind: "ConfigMap", binaryData: { "ca.crt": base64 } }, ["x#ca.crt"]],
  ["stringData of a Secret", { kind: "Secret", stringData: { "tls.crt": pem } }, ["x#tls.crt"]],
  [
    "stringData in place of data, as the API server writes it",
    { kind: "Secret", data: { "tls.crt": btoa("old") }, stringData: { "tls.crt": pem } },
    ["x#tls.crt"],
  ],
])("%s", async ([, object, expected]) => {
  expect(await places(object)).toEqual(expected);
});

test("a Secret in a typed list that holds no certificate where one should be is said", async () => {
  const object = { kind: "SecretList", items: [{ metadata, data: { "tls.crt": btoa("nothing") } }] };
  const { findings } = await auditClusterPki([{ path: "x", object }], { at });
  expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "FINDING_AUDIT_UNREADABLE x/shop/web#tls.crt",
  ]);
});
