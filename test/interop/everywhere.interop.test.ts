/** The same code in browsers and workers: it reads as in Node, and Node and its OpenSSL judge what it made. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseCertificateRequest } from "kubepki";
import { mutate } from "../support/mutate.ts";
import { Random } from "../support/random.ts";
import { malformedCertificates, soundCertificates } from "../x509/malformed/index.ts";
import { findHosts } from "./everywhere/hosts.ts";
import { work } from "./everywhere/work.ts";
import type { Answers } from "./everywhere/work.ts";

const random = new Random(20_260_301);
const sound = Object.values(soundCertificates);
const inputs = [
  ...sound,
  ...malformedCertificates.map(({ der }) => der),
  ...Array.from({ length: 2000 }, () => mutate(random.pick(sound), random, sound)),
].map((der) => Buffer.from(der).toString("base64"));

/** What every runtime has, whatever it is. */
const common = ["ECDSA-P256", "ECDSA-P384", "ECDSA-P521", "Ed25519", "RSA-2048"] as const;

let own: Answers;
beforeAll(async () => {
  own = await work(inputs);
});

const hosts = await findHosts();
test("Node itself does the work", () => {
  expect(own.faults).toEqual([]);
  expect(Object.keys(own.chains)).toEqual(expect.arrayContaining([...common]));
});

describe.for(hosts)("$name", (host) => {
  if ("reason" in host) {
    console.warn(`skipped: ${host.name}: ${host.reason}`);
    test.skip(`does what Node does (skipped: ${host.reason})`);
    return;
  }

  let answers: Answers;
  beforeAll(async () => {
    answers = await host.work(inputs);
  });

  test("reads sound and damaged certificates as Node does, to the letter of each message", () => {
    expect(answers.readings.length).toBe(inputs.length);
    const differing = answers.readings.findIndex((reading, index) => reading !== own.readings[index]);
    expect(answers.readings[differing]).toBe(own.readings[differing]);
  });

  test("holds every law of keys, requests, lists, formats and clusters", () => {
    expect(answers.faults).toEqual([]);
  });

  test("has the keys that every runtime has", () => {
    expect(Object.keys(answers.chains)).toEqual(expect.arrayContaining([...common]));
  });

  test("makes certificates, requests and keys that Node takes", async () => {
    for (const [algorithm, { leaf, root, keys, request }] of Object.entries(answers.chains)) {
      // Node 20's OpenSSL has no ML-DSA.
      if (algorithm.startsWith("ML-DSA") && !(algorithm in own.chains)) continue;
      const certificate = new X509Certificate(leaf);
      const { publicKey } = new X509Certificate(root);
      expect(certificate.verify(publicKey), algorithm).toBe(true);
      for (const key of keys)
        expect(certificate.checkPrivateKey(createPrivateKey(key)), algorithm).toBe(true);
      const { subjectPublicKeyInfo } = await parseCertificateRequest(request);
      const spki = certificate.publicKey.export({ type: "spki", format: "der" });
      expect(Buffer.from(subjectPublicKeyInfo), algorithm).toEqual(spki);
    }
  });
});
