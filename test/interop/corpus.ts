/** Good certificates of several makers, and everything odd that the vectors hold. */
import { readFileSync } from "node:fs";
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

/** Written by OpenSSL: one RDN per attribute, and every extension that it writes. */
export const opensslMade = (): Uint8Array[] =>
  (readVectors("openssl-certificates") as { certificates: string[] }).certificates.map(fromBase64);

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
