/** What is measured of a whole cluster: its certificates, and the keys and signatures that these are made of. */
import { strict as assert } from "node:assert";
import { issueClusterPki } from "../src/kubernetes/cluster/issue.ts";
import { planClusterPki } from "../src/kubernetes/cluster/plan.ts";
import type { ClusterPlan } from "../src/kubernetes/cluster/plan.ts";

const NODES = 1000;

/** Three nodes of the control plane and many others. */
function bigPlan(): ClusterPlan {
  return planClusterPki({
    controlPlaneEndpoint: "api.example.com:6443",
    nodes: Array.from({ length: NODES }, (_, i) => ({
      name: `node-${i}`,
      role: i < 3 ? "control-plane" : "worker",
      addresses: [`198.18.${i >> 8}.${i & 255}`],
    })),
  });
}

const KEY = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;

/** As long as the part of a certificate that is signed. */
const TO_SIGN = new Uint8Array(400);

/** As many keys and signatures as the cluster has certificates, one after the other, with nothing around them. */
async function keysAndSignatures(count: number): Promise<void> {
  const { privateKey } = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
  for (let i = 0; i < count; i++) {
    await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
    await crypto.subtle.sign(SIGNATURE, privateKey, TO_SIGN);
  }
}

export const clusters: Record<string, () => (index: number) => Promise<unknown>> = {
  "keys and signatures alone": () => {
    const { length } = bigPlan().certificates;
    return () => keysAndSignatures(length);
  },
  issueClusterPki: () => {
    const plan = bigPlan();
    return async () => {
      const { certificates } = await issueClusterPki(plan);
      assert.equal(certificates.length, plan.certificates.length);
    };
  },
};
