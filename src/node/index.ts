/**
 * What needs Node: signers that answer at once.
 *
 * @module kubepki/node
 */
export { keyObjectSigner, parseKeyObject, verifySignatureSync } from "./signer.ts";
export type { SyncSigner } from "./signer.ts";
