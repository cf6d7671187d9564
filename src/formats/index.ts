/**
 * The formats that people meet next to certificates: encrypted keys, PKCS#12, CMS bundles; what stands in any DER; and the way to programs that
 * work with asn1js and pkijs. The only part that needs these two.
 *
 * @module kubepki/formats
 */
export type { CertificatesOptions, FormatLimits, PasswordLimits } from "./asn1.ts";
export { decryptPrivateKey, encryptPrivateKey } from "./encrypted-key.ts";
export type { EncryptOptions } from "./encrypted-key.ts";
export { createPkcs12 } from "./create-pkcs12.ts";
export type { NewPkcs12, Pkcs12Options } from "./create-pkcs12.ts";
export { parsePkcs12 } from "./pkcs12.ts";
export type { Pkcs12Certificate, Pkcs12Contents, Pkcs12Key, Pkcs12Names } from "./pkcs12.ts";
export { createCmsBundle, parseCmsBundle } from "./certificate-bundle.ts";
export { describe } from "./describe.ts";
export type { DescribeOptions } from "./describe.ts";
export { fromAsn1js, fromPkijs, toAsn1js } from "./objects.ts";
