/** A process that does nothing but replace the pair of a store, until somebody kills it. Says a line when it begins. */
import { readFileSync } from "node:fs";
import { openCertificateStore, parseCertificatePair } from "kubepki/node";

const [directory = "", ...files] = process.argv.slice(2);
const pairs = files.map((file) => readFileSync(file, "utf8")).map((pem) => parseCertificatePair(pem, pem));
const store = await openCertificateStore({ directory, prefix: "kubelet-client", keep: 3 });
process.stdout.write("ready\n");
for (let round = 0; ; round++)
  // Another second each time, so that each pair is a file of its own.
  await store.update(pairs[round % pairs.length]!, new Date(Date.now() + round * 1000));
