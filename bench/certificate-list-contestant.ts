/**
 * The program of a process that reads one certificate list and looks for one certificate. Arguments: what reads it, and the list's folder. Prints how long it took until the first answer, what it
 * holds beside the list's bytes, and how long a look-up takes after that.
 */
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeStreamingVerifier } from "../src/node/streaming-verifier.ts";
import { readCertificateList } from "../src/verify/read-certificate-list.ts";
import { parseCertificateList } from "../src/x509/certificate-list.ts";

/** What is known of a list that was read. */
interface Opened {
  /** Whether it has this serial number, given as hex. */
  readonly has: (serialNumber: string) => boolean;
  /** Bytes of the list that the answer keeps anyway. */
  readonly keptBytes: number;
}

/** What a contestant answers. */
export interface ListAnswer {
  readonly milliseconds: number;
  readonly heldBytes: number;
  /** Nanoseconds; absent where a look-up would go through the whole list. */
  readonly lookUp?: number;
}

const [, , name = "", folder = ""] = process.argv;
const path = join(folder, "list");
const readList = (): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));
const serialNumbers = readFileSync(join(folder, "serial-numbers"), "utf8").split("\n");
const ABSENT = "7f".repeat(16);

const stream = async (wanted?: readonly string[]): Promise<Opened> => {
  const issuer = new Uint8Array(readFileSync(join(folder, "ca")));
  const options = { issuer, verifier: nodeStreamingVerifier, ...(wanted && { serialNumbers: wanted }) };
  const list = await readCertificateList(createReadStream(path), options);
  return { has: (serialNumber) => list.find(serialNumber) !== undefined, keptBytes: 0 };
};

const contestants: Readonly<Record<string, () => Promise<Opened>>> = {
  parsed: async () => {
    const bytes = readList();
    const list = parseCertificateList(bytes, { maxBytes: 2 ** 28 });
    return { has: (serialNumber) => list.find(serialNumber) !== undefined, keptBytes: bytes.length };
  },
  streamed: () => stream(),
  "streamed for one": () => stream([ABSENT]),
  sum: async () => {
    const bytes = readList();
    let total = 0;
    for (let i = 0; i < bytes.length; i++) total += bytes[i]!;
    return { has: () => total < 0, keptBytes: bytes.length };
  },
  "@peculiar/x509": async () => {
    await import("reflect-metadata");
    const { X509Crl } = await import("@peculiar/x509");
    const bytes = readList();
    const list = new X509Crl(bytes);
    return { has: (serialNumber) => list.findRevoked(serialNumber) !== null, keptBytes: bytes.length };
  },
  pkijs: async () => {
    const { fromBER } = await import("asn1js");
    const { CertificateRevocationList } = await import("pkijs");
    const bytes = readList();
    // Its own limits are for smaller lists.
    const { result: schema } = fromBER(bytes, { maxNodes: 2 ** 30, maxContentLength: 2 ** 30 });
    const { revokedCertificates = [] } = new CertificateRevocationList({ schema });
    const hex = (value: ArrayBuffer): string => Buffer.from(value).toString("hex");
    return {
      has: (serialNumber) =>
        revokedCertificates.some(
          ({ userCertificate }) =>
            hex(userCertificate.valueBlock.valueHexView.slice().buffer) === serialNumber,
        ),
      keptBytes: bytes.length,
    };
  },
  Map: async () => {
    const known = new Map(serialNumbers.map((serialNumber, at) => [serialNumber, at]));
    return { has: (serialNumber) => known.has(serialNumber), keptBytes: 0 };
  },
};

function used(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const LOOK_UPS = 200_000;

/** Of serial numbers that are there, in an order that no cache knows, and of one that is not. */
function timeLookUps(has: Opened["has"]): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    let found = 0;
    const start = performance.now();
    for (let i = 0, at = round; i < LOOK_UPS; i++, at = (at + 7919) % serialNumbers.length)
      if (has(serialNumbers[at]!)) found++;
    best = Math.min(best, ((performance.now() - start) * 1e6) / LOOK_UPS);
    if (found !== LOOK_UPS) throw new Error(`${found} of ${LOOK_UPS} were found`);
  }
  return best;
}

const before = used();
const start = performance.now();
const opened = await contestants[name]!();
opened.has(ABSENT);
const milliseconds = performance.now() - start;
opened.has(ABSENT); // who makes an index at the second question has made it now
const answer: ListAnswer = {
  milliseconds,
  heldBytes: used() - before - opened.keptBytes,
  ...(["parsed", "streamed", "Map"].includes(name) && { lookUp: timeLookUps(opened.has) }),
};
console.log(JSON.stringify(answer));
