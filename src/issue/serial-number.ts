import { fromHex } from "../bytes.ts";
import { TemplateError } from "../errors.ts";

/** Fills an array with random bytes and returns it; `crypto.getRandomValues` by default. Inject another only in tests. */
export type RandomSource = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

const SERIALS_AT_ONCE = 256;
const OCTETS = 20;

/** Random bytes, drawn for many serial numbers at a time, for the call costs more than the bytes; nobody has had those from `taken` on. */
const pool = { bytes: /* @__PURE__ */ new Uint8Array(0), taken: 0 };

/**
 * Draws a serial number: 159 random bits, so positive and 20 octets at most (RFC 5280 4.1.2.2; the CA/Browser Forum asks for 64 bits, kubeadm
 * has 63, kube-controller-manager 128). Never zero in practice, and checked. Big-endian, without zeros in front.
 */
export function drawSerialNumber(random?: RandomSource): Uint8Array {
  const octets = random === undefined ? takeOctets() : random(new Uint8Array(OCTETS));
  octets[0]! &= 0x7f;
  if (octets[0] !== 0) return octets;
  const first = octets.findIndex((octet) => octet !== 0);
  if (first < 0) throw new TypeError("the random source gave nothing but zeros");
  return octets.subarray(first);
}

function takeOctets(): Uint8Array<ArrayBuffer> {
  if (pool.taken >= pool.bytes.length) {
    pool.bytes = crypto.getRandomValues(new Uint8Array(OCTETS * SERIALS_AT_ONCE));
    pool.taken = 0;
  }
  const start = pool.taken;
  pool.taken += OCTETS;
  return pool.bytes.subarray(start, pool.taken); // nobody else's, and read before anybody could ask for more
}

/**
 * Octets of a serial number given as hex, for those who keep their own: positive and 20 octets at most.
 *
 * @throws TemplateError `ERR_TEMPLATE_SERIAL_NUMBER`
 */
export function parseSerialNumber(hex: string): Uint8Array {
  const digits = /^[0-9A-Fa-f]{1,40}$/.test(hex) ? fromHex(hex.length % 2 ? `0${hex}` : hex) : undefined;
  const first = digits?.findIndex((octet) => octet !== 0) ?? -1;
  if (digits === undefined || first < 0 || (digits.length - first === OCTETS && digits[first]! >= 0x80)) {
    const message = "a serial number must be hex, above zero and at most 20 octets long";
    throw new TemplateError("ERR_TEMPLATE_SERIAL_NUMBER", message, { path: "serialNumber" });
  }
  return digits.subarray(first);
}
