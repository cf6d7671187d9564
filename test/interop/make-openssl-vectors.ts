/**
 * Keeps certificates that OpenSSL writes as a vector: `node test/interop/make-openssl-vectors.ts`.
 * They are the third maker beside Go and this project's own, and differ in the shape of names.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vectorPath } from "./make-vectors.ts";

const extensions = [
  "subjectAltName=DNS:a.example,IP:10.0.0.1,IP:fd00::1,email:m@example.com,URI:spiffe://td/x,RID:1.2.3,dirName:directory,otherName:1.2.3;UTF8:x",
  "keyUsage=critical,digitalSignature,keyEncipherment",
  "extendedKeyUsage=clientAuth,serverAuth,1.2.3.4",
  "basicConstraints=critical,CA:TRUE,pathlen:2",
  "nameConstraints=critical,permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0,excluded;email:bad.example,permitted;URI:.td",
  "certificatePolicies=1.2.3.4,2.23.140.1.2.1",
  "policyConstraints=requireExplicitPolicy:3,inhibitPolicyMapping:1",
  "inhibitAnyPolicy=2",
  "authorityInfoAccess=OCSP;URI:http://o.example,caIssuers;URI:http://i.example",
  "crlDistributionPoints=URI:http://c.example/1.crl,URI:http://c.example/2.crl",
  "subjectKeyIdentifier=hash",
  "authorityKeyIdentifier=keyid:always,issuer:always",
];

const keyOptions: readonly (readonly string[])[] = [
  ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  ["-newkey", "rsa:2048"],
  ["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"],
  ["-newkey", "ed25519"],
];

/** Different keys on every run, hence kept. */
function opensslMade(): string[] {
  const config = fileURLToPath(new URL("openssl.cnf", import.meta.url));
  const common = [
    "req",
    "-x509",
    "-nodes",
    "-keyout",
    "/dev/null",
    "-outform",
    "DER",
    "-days",
    "30",
    "-config",
    config,
  ];
  const subjects = ["/CN=alice/O=dev/O=ops", "/C=DE/O=system:masters/CN=bob/UID=u", "/O=a+CN=multi"];
  return keyOptions.flatMap((key, i) =>
    [extensions, extensions.slice(0, 3), extensions.slice(3)].map((list, j) => {
      const added = list.flatMap((line) => ["-addext", line]);
      const subject = ["-multivalue-rdn", "-subj", subjects[(i + j) % subjects.length]!];
      const output = execFileSync("openssl", [...common, ...key, ...subject, ...added], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return output.toString("base64");
    }),
  );
}

const version = execFileSync("openssl", ["version"]).toString().trim();
const note = `Self-signed certificates written by ${version}, see test/interop/make-openssl-vectors.ts. Base64 of DER.`;
const vectors = { note, certificates: opensslMade() };
writeFileSync(vectorPath("openssl-certificates"), `${JSON.stringify(vectors, undefined, 1)}\n`);
