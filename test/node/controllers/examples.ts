/** What the tests of the controllers ask for and sign: one request, and one certificate that says in the text before it whose it is. */
import { generateKeyPairSync } from "node:crypto";
import {
  caTemplate,
  createCertificateRequestSync,
  encodePem,
  issueSelfSignedSync,
} from "../../../src/index.ts";
import { keyObjectSigner } from "../../../src/node/index.ts";

const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" } }), signer);

export const signerName = "example.com/web";
/** The `spec` of a request for that signer. */
export const spec = {
  request: btoa(createCertificateRequestSync({ subject: { commonName: "web" } }, signer).pem),
  signerName,
  usages: ["client auth"],
} as const;

export const certificateOf = (name: string | undefined): string =>
  `certificate of ${name}\n${encodePem("CERTIFICATE", certificate.der)}`;
