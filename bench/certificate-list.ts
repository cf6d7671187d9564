/**
 * What a certificate list of a million entries costs until the first answer, in time and in memory as multiples of its bytes.
 *
 *     node bench/certificate-list.ts [entries]
 *
 * Each library has a process of its own, so that what one keeps is not counted for another.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueCertificateListSync } from "../src/issue/certificate-list.ts";
import { issueSelfSignedSync } from "../src/issue/issue.ts";
import { caTemplate } from "../src/issue/template.ts";
import { keyObjectSigner } from "../src/node/signer.ts";
import { nodeStreamingVerifier } from "../src/node/streaming-verifier.ts";
import { readCertificateList } from "../src/verify/read-certificate-list.ts";
import { parseCertificateList } from "../src/x509/certificate-list.ts";

/** A serial number that the list does not have. */
const ABSENT = "7f".repeat(16);

/** Reads the list and looks for one certificate; what it returns is kept until memory is measured. */
type Contestant = (folder: string) => Promise<unknown>;

const readList = (folder: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(folder, "list")));
const stream = async (folder: string, serialNumbers?: string[]): Promise<unknown> => {
  const issuer = new Uint8Array(readFileSync(join(folder, "ca")));
  const options = { issuer, verifier: nodeStreamingVerifier, ...(serialNumbers && { serialNumbers }) };
  const list = await readCertificateList(createReadStream(join(folder, "list")), options);
  return [list, list.find(ABSENT)];
};

const contestants: Readonly<Record<string, Contestant>> = {
  "kubepki, parsed": async (folder) => {
    const list = parseCertificateList(readList(folder), { maxBytes: 2 ** 28 });
    return [list, list.find(ABSENT)];
  },
  "kubepki, streamed and verified": async (folder) => stream(folder),
  "kubepki, streamed for one certificate": async (folder) => stream(folder, [ABSENT]),
  "@peculiar/x509": async (folder) => {
    await import("reflect-metadata");
    const { X509Crl } = await import("@peculiar/x509");
    const list = new X509Crl(readList(folder));
    return [list, list.findRevoked(ABSENT)];
  },
  pkijs: async (folder) => {
    const { CertificateRevocationList } = await import("pkijs");
    const list = CertificateRevocationList.fromBER(readList(folder));
    return [list, list.revokedCertificates?.length];
  },
};

async function measure(name: string, folder: string): Promise<void> {
  const start = performance.now();
  const kept = await contestants[name]!(folder);
  const milliseconds = performance.now() - start;
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(JSON.stringify({ milliseconds, held: heapUsed + arrayBuffers, kept: kept !== undefined }));
}

function write(folder: string, count: number): number {
  const signer = keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const { certificate } = issueSelfSignedSync(caTemplate({ subject: { commonName: "ca" } }), signer);
  const thisUpdate = new Date();
  const entries = Array.from({ length: count }, (_, i) => ({
    serialNumber: (((BigInt(i) + 1n) * 0x9e3779b97f4a7c15f39cc0605cedc835n) & ((1n << 150n) - 1n)).toString(
      16,
    ),
    revocationDate: thisUpdate,
    ...(i % 2 === 0 && { reasonCode: "keyCompromise" as const }),
  }));
  const dates = { thisUpdate, nextUpdate: new Date(thisUpdate.getTime() + 86_400_000) };
  const { der } = issueCertificateListSync(
    { entries, crlNumber: "1", ...dates },
    { issuer: { certificate, signer } },
  );
  writeFileSync(join(folder, "list"), der);
  writeFileSync(join(folder, "ca"), certificate.der);
  return der.length;
}

function compare(count: number): void {
  const folder = mkdtempSync(join(tmpdir(), "kubepki-bench-"));
  const size = write(folder, count);
  console.log(`${count} entries, ${size} bytes`);
  for (const name of Object.keys(contestants)) {
    const run = (file: string): { milliseconds: number; held: number } => {
      const args = ["--expose-gc", "--max-old-space-size=8000", import.meta.filename, name, file];
      return JSON.parse(
        execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      );
    };
    try {
      const { milliseconds, held } = run(folder);
      const multiple = (held / size).toFixed(2);
      console.log(
        `${name}: ${milliseconds.toFixed(0)} ms, holds ${multiple} times the bytes (with the library itself)`,
      );
    } catch {
      console.log(`${name}: gives no answer`);
    }
  }
  const start = performance.now();
  const { status } = spawnSync("openssl", [
    "crl",
    "-inform",
    "DER",
    "-in",
    join(folder, "list"),
    "-noout",
    "-crlnumber",
  ]);
  if (status === 0)
    console.log(`openssl crl, parsed: ${(performance.now() - start).toFixed(0)} ms, as a process`);
  rmSync(folder, { recursive: true });
}

const [, , first = "1000000", folder] = process.argv;
if (folder === undefined) compare(Number(first));
else await measure(first, folder);
