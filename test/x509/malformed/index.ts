/**
 * Certificates with one fault each, made from the sound ones.
 *
 * A row says what safe mode answers, and what Kubernetes mode does: "refuses" with the same code, "accepts" and notes the same code,
 * or refuses with another code. Go's own answer is the same, but for our limits, where Go has none: those rows say `limit`.
 * `test/interop/malformed.interop.test.ts` asks Go.
 */
import { envelope } from "./envelope.ts";
import { names } from "./names.ts";
import { keys } from "./keys.ts";
import { extensions } from "./extensions.ts";
import { generalNames } from "./general-names.ts";
import { issuerInformation } from "./issuer-information.ts";
import type { MalformedCertificate } from "./row.ts";
export { soundCertificates } from "./sound.ts";

export const malformedCertificates: readonly MalformedCertificate[] = [
  ...envelope,
  ...names,
  ...keys,
  ...extensions,
  ...generalNames,
  ...issuerInformation,
];
