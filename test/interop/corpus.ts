/** Good certificates of several makers, and everything odd that the vectors hold. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { vectorPath } from "./make-vectors.ts";

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

type Ders = readonly { readonly der: string }[];

const readVectors = (file: string): unknown => JSON.parse(readFileSync(vectorPath(file), "utf8"));

/** Written by Go: kubeadm's and the signing controller's shapes. */
export const goMade = (): Uint8Array[] =>
  (readVectors("go-encodings") as { certificates: Ders }).certificates.map(({ der }) => fromBase64(der));

/** Odd in one way each. */
export const oddities = (): Uint8Array[] =>
  ["go-subjects", "go-structures", "go-extensions"].flatMap((file) =>
    (readVectors(file) as { cases: Ders }).cases.map(({ der }) => fromBase64(der)),
  );

/** Signed chains, with name constraints, policies and algorithms of all sorts. */
export const chainMade = (): Uint8Array[] =>
  Object.values((readVectors("go-chains") as { certificates: Record<string, string> }).certificates).map(
    fromBase64,
  );

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

/** Written by OpenSSL, where its program is there: one RDN per attribute, and every extension it can write. */
export function opensslMade(): Uint8Array[] {
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
  try {
    return keyOptions.flatMap((key, i) =>
      [extensions, extensions.slice(0, 3), extensions.slice(3)].map((list, j) => {
        const added = list.flatMap((line) => ["-addext", line]);
        const subject = ["-multivalue-rdn", "-subj", subjects[(i + j) % subjects.length]!];
        const output = execFileSync("openssl", [...common, ...key, ...subject, ...added], {
          stdio: ["ignore", "pipe", "ignore"],
        });
        return new Uint8Array(output);
      }),
    );
  } catch {
    return [];
  }
}

/**
 * A gzipped JSON file `{ blobs: base64[] }` named by KUBEPKI_FUZZ_CORPUS, for example the fuzz corpora
 * of BoringSSL and OpenSSL: no part of this project, and nothing is skipped without it but the file.
 */
export function fuzzCorpus(): Uint8Array[] {
  const path = process.env["KUBEPKI_FUZZ_CORPUS"];
  if (path === undefined) return [];
  const { blobs } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as { blobs: string[] };
  return blobs.map(fromBase64);
}
