/** Base64 (RFC 4648 section 4), read strictly; the decoders of the runtimes forgive what must not be forgiven in a key. */

/**
 * Decodes base64 with padding; spaces, tabs and line breaks may stand anywhere. `strict` refuses spare bits that are not zero
 * (RFC 4648 section 3.5). The runtime's decoder does the work; what it forgives and Go does not is looked at afterwards.
 */
export function decodeBase64(text: string, strict: boolean): Uint8Array | undefined {
  let binary;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  let last = text.length;
  let padding = 0;
  for (let code = 0; code <= 0x20 && last > 0;) {
    code = text.charCodeAt(--last);
    if (code === 0x3d) {
      padding++;
      code = 0;
    }
  }
  const rest = binary.length % 3;
  if (padding !== (3 - rest) % 3 || text.includes("\f")) return undefined;
  if (strict && rest && text[last] !== btoa(binary.slice(-rest))[rest]) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** As many arguments as every runtime takes; one string of many octets costs a quarter of a string for each. */
const CHUNK = 8192;

/** Base64 with padding, in one line. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

/** Base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
