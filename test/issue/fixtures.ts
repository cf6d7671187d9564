/** Authorities, keys and signers for tests of issuing; all of one moment. */
import { generateKeyPairSync } from "node:crypto";
import type { CertificateAuthority } from "../../src/issue/authority.ts";
import { issueSelfSignedSync } from "../../src/issue/issue.ts";
import { caTemplate } from "../../src/issue/template.ts";
import type { CaTemplateOptions } from "../../src/issue/template.ts";
import { keyObjectSigner } from "../../src/node/signer.ts";
import type { SyncSigner } from "../../src/node/signer.ts";
import { nodeKey } from "../support/keys.ts";

export const NOW = new Date("2030-01-01T00:00:00Z");
export const HOUR = 3600;

export const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export const caSigner: SyncSigner = keyObjectSigner(nodeKey("ECDSA-P256"));
export const freshSigner = (): SyncSigner =>
  keyObjectSigner(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
/** Whose certificates the tests issue. */
export const leafKey: SyncSigner = freshSigner();

export function authority(
  options: Partial<CaTemplateOptions> = {},
  signer: SyncSigner = caSigner,
): CertificateAuthority {
  const template = caTemplate({ subject: { commonName: "test-ca" }, now: NOW, ...options });
  return { certificate: issueSelfSignedSync(template, signer, { now: NOW }).certificate, signer };
}

/** A signer that counts, and answers with one signature for everything: good in form, and cheap. */
export function countingSigner(): SyncSigner & { calls: number } {
  const signature = caSigner.sign(new Uint8Array(1));
  return {
    ...caSigner,
    calls: 0,
    sign() {
      this.calls++;
      return signature;
    },
  };
}
