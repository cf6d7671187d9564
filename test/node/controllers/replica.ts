/** A replica of a signer that a test kills: argument 1 is the API server's URL, 2 its identity. It tells its parent when it leads, and each use of the CA's key. */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, runSigner } from "../../../src/node/index.ts";
import { certificateOf, signerName } from "./examples.ts";

const [, , server = "", identity = ""] = process.argv;
const tell = (event: string): void => void process.send!(event);

await runSigner(connect({ server }), {
  signers: [
    {
      signerName,
      sign: async ({ metadata }) => {
        tell(`signing ${metadata.name}`);
        await sleep(Math.random() * 4);
        tell(`signed ${metadata.name}`);
        return { certificate: certificateOf(metadata.name) };
      },
    },
  ],
  concurrency: 4,
  hooks: { onLeading: (leads) => tell(leads ? "leads" : "follows") },
  leaderElection: {
    namespace: "pki",
    name: "web",
    identity,
    leaseDuration: 1,
    renewDeadline: 0.6,
    retryPeriod: 0.1,
  },
  signal: AbortSignal.timeout(120_000),
});
