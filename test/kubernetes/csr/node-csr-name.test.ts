import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeCsrName } from "../../../src/kubernetes/csr/node-csr-name.ts";
import type { CertificateUsage } from "../../../src/kubernetes/csr/usages.ts";

const parts = {
  subjectPublicKeyInfo: Buffer.from(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==",
    "base64",
  ),
  commonName: "system:node:node-a",
  organizations: ["system:nodes"],
  usages: ["digital signature", "client auth"] as CertificateUsage[],
};

// Printed by Kubernetes' digestedName for these parts.
test("a kubelet with an ECDSA key has the name that Kubernetes gives it", () => {
  expect(nodeCsrName(parts)).toBe("node-csr-DifzmegAIuuqGED7n7WcMUp-kI5peQg4AHyW7FQFG1A");
});

test("a kubelet with an RSA key has the name that Kubernetes gives it", () => {
  expect(nodeCsrName({ ...parts, usages: [...parts.usages, "key encipherment"] })).toBe(
    "node-csr-x9nUucxdmaDho3dlFFpW7m3VnN7KG6An1SxoCSJUNqc",
  );
});

test("parts cannot run into each other: another split of the same text is another name", () => {
  const name = (commonName: string, ...organizations: string[]): string =>
    nodeCsrName({ ...parts, commonName, organizations });
  expect(name("ab", "c")).not.toBe(name("a", "bc"));
  expect(name("a|", "b")).not.toBe(name("a", "|b"));
});

test("every name is the prefix and 43 characters of base64url", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { maxLength: 3 }), (commonName, organizations) => {
      expect(nodeCsrName({ ...parts, commonName, organizations })).toMatch(/^node-csr-[A-Za-z0-9_-]{43}$/);
    }),
    { numRuns: 20 },
  );
});
