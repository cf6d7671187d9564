/** A replica of a signer that a test kills. Its argument is a JSON file; it tells its parent when it leads, and what it signs. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CLIENT_SIGNER,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  parseCertificate,
  parsePrivateKey,
  signRequest,
} from "../../src/index.ts";
import { connect, runSigner } from "../../src/node/index.ts";

export interface ReplicaOrder {
  readonly server: string;
  readonly ca: string;
  readonly caKey: string;
  readonly identity: string;
  readonly namespace: string;
}

const { server, ca, caKey, identity, namespace } = JSON.parse(
  readFileSync(process.argv[2]!, "utf8"),
) as ReplicaOrder;
const { signer } = await parsePrivateKey(caKey);
const issuer = { certificate: parseCertificate(ca), signer };
const tell = (event: string): void => void process.send!(event);

await runSigner(connect({ server, ca, token: "signer" }), {
  signers: [CLIENT_SIGNER, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER].map((policy) => ({
    signerName: policy.signerName,
    sign: async (object) => {
      tell(`signing ${object.metadata.name}`);
      await sleep(50); // so that a kill meets it in the middle
      return signRequest(object, { issuer, policy, defaultDurationSeconds: 3600 });
    },
  })),
  concurrency: 2,
  hooks: {
    onLeading: (leads) => tell(leads ? "leads" : "follows"),
    onError: (error) => tell(`error ${String(error)}`),
  },
  leaderElection: {
    namespace,
    name: "signer",
    identity,
    leaseDuration: 3,
    renewDeadline: 2,
    retryPeriod: 0.5,
  },
  signal: AbortSignal.timeout(300_000),
});
