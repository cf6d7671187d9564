/**
 * What needs Node: signers that answer at once.
 *
 * @module
 */
export { keyObjectSigner, parseKeyObject, verifySignatureSync } from "./signer.ts";
export type { SyncSigner } from "./signer.ts";
