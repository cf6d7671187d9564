/** What a peer sends before anybody knows who it is, and how much of it is looked at. */
import { ChainError } from "../errors.ts";
import { Certificate } from "../x509/certificate.ts";
import type { CertificateInput } from "../x509/certificate.ts";

/** What a peer sends: its certificate, or a list of its certificate and what may stand between it and a trust anchor. */
export type PeerCertificates = CertificateInput | readonly [CertificateInput, ...CertificateInput[]];

/** How much of what a peer sends is looked at; strangers choose it, and all of it costs time. */
export interface PeerLimits {
  /** The most certificates that a peer may send beside its own; 16 by default, twice the intermediates that a path may have. */
  readonly maxPeerIntermediates?: number;
  /** The most bytes that these may have together; 262,144 by default, as much as Go's TLS takes in one message (`maxHandshakeCertificateMsg`). */
  readonly maxPeerBytes?: number;
}

const MAX_PEER_INTERMEDIATES = 16;
const MAX_PEER_BYTES = 262_144;

/**
 * The peer's own certificate and the others, if there are not too many.
 *
 * @throws ChainError `ERR_CHAIN_BUDGET`
 */
export function peerCertificates(
  input: PeerCertificates,
  limits: PeerLimits,
): { readonly leaf: CertificateInput; readonly intermediates: readonly CertificateInput[] } {
  const [leaf, ...intermediates] = (Array.isArray(input) ? input : [input]) as [
    CertificateInput,
    ...CertificateInput[],
  ];
  const { maxPeerIntermediates = MAX_PEER_INTERMEDIATES, maxPeerBytes = MAX_PEER_BYTES } = limits;
  if (!(intermediates.length <= maxPeerIntermediates))
    fail(
      `the peer sent ${intermediates.length} intermediates, at most ${maxPeerIntermediates} are looked at`,
    );
  const bytes = intermediates.reduce((sum, certificate) => sum + sizeOf(certificate), 0);
  if (!(bytes <= maxPeerBytes))
    fail(`the peer sent intermediates of ${bytes} bytes, at most ${maxPeerBytes} are looked at`);
  return { leaf, intermediates };
}

/** In bytes, or in characters of PEM; what is neither is refused when it is parsed. */
function sizeOf(input: CertificateInput): number {
  if (input instanceof Certificate) return input.der.length;
  if (typeof input === "string") return input.length;
  if (input instanceof ArrayBuffer || input instanceof Uint8Array) return input.byteLength;
  const raw: unknown = input?.raw;
  return raw instanceof Uint8Array ? raw.length : 0;
}

function fail(message: string): never {
  throw new ChainError("ERR_CHAIN_BUDGET", message, { fix: "send only the certificates of the path" });
}
