/** Whether a certificate could be issued, without a signature. */
import { PkiError } from "../errors.ts";
import type { Signer } from "../keys/signer.ts";
import type { CertificateAuthority } from "./authority.ts";
import { prepare, prepareFor } from "./issue.ts";
import type { IssueOptions, SelfSignOptions } from "./issue.ts";
import { encodeName } from "../x509/name-writer.ts";
import type { CertificateTemplate } from "./template.ts";

/** The first fault for which {@link issueCertificate} would not ask the signer; without an issuer, as far as it can be told. */
export function findFault(
  template: CertificateTemplate,
  options: SelfSignOptions & Pick<IssueOptions, "publicKey"> & { readonly issuer?: CertificateAuthority },
): PkiError | undefined {
  const { publicKey, issuer } = options;
  const key = publicKey instanceof Uint8Array ? publicKey : publicKey.subjectPublicKeyInfo;
  try {
    if (issuer) prepareFor(template, { ...options, issuer });
    else prepare(template, key, { name: encodeName(SOMEBODY), signer: NOBODY, faults: [] }, options);
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

/** Where nobody is known who issues: what stands for the issuer's name, and for a signer that is not asked. */
const SOMEBODY = { commonName: "kubernetes" };
const NOBODY: Signer = {
  subjectPublicKeyInfo: /* @__PURE__ */ new Uint8Array(),
  signatureAlgorithm: /* @__PURE__ */ new Uint8Array([0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]),
  sign: (data) => data,
};
