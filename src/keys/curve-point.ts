/** Whether the point of an EC key is on its curve, for keys that are looked at but not imported. */

interface Field {
  readonly prime: bigint;
  readonly b: bigint;
}

/** By octets of a coordinate: P-224, P-256, P-384, P-521 (SP 800-186, 3.2.1). */
function fieldOf(size: number): Field | undefined {
  switch (size) {
    case 28:
      return {
        prime: 0xffffffffffffffffffffffffffffffff000000000000000000000001n,
        b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
      };
    case 32:
      return {
        prime: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
        b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      };
    case 48:
      return {
        prime:
          0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
        b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      };
    case 66:
      return {
        prime:
          0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
        b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
      };
    default:
      return undefined;
  }
}

/**
 * Tells whether an uncompressed point (04, x, y) of a NIST curve satisfies y² = x³ - 3x + b with both coordinates below the prime.
 *
 * Public numbers only, so it need not take constant time. Whoever verifies with a key still has it imported.
 */
export function isOnCurve(point: Uint8Array): boolean {
  const size = (point.length - 1) / 2;
  const field = fieldOf(size);
  if (!field || point[0] !== 4) return false;
  const { prime, b } = field;
  const x = toBigInt(point, 1, 1 + size);
  const y = toBigInt(point, 1 + size, point.length);
  return x < prime && y < prime && (y * y - (x * x - 3n) * x - b) % prime === 0n;
}

/** Big-endian, eight octets at a time: by way of text it takes six times as long. */
function toBigInt(bytes: Uint8Array, start: number, end: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let number = 0n;
  let at = start;
  for (; (end - at) % 8 !== 0; at++) number = (number << 8n) | BigInt(bytes[at]!);
  for (; at < end; at += 8) number = (number << 64n) | view.getBigUint64(at);
  return number;
}
