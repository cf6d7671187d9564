/**
 * Issues the certificates of a highly available control plane, starts a server with them and calls it as every component:
 *
 *     npm run quickstart
 *
 * or explains certificates that you have:
 *
 *     npm run quickstart -- /etc/kubernetes/pki/apiserver.crt ...
 */
import process from "node:process";
import { explainFiles } from "./quickstart/explain.ts";
import { tour } from "./quickstart/tour.ts";

const paths = process.argv.slice(2);
if (paths.length === 0) await tour();
else if (!(await explainFiles(paths))) process.exitCode = 1;
