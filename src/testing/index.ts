/**
 * For the tests of programs that use kubepki or client certificates: a PKI that issues to whomever a test wants, and clients that must be refused.
 *
 * @module kubepki/testing
 */
export { refusedClients } from "./refused-clients.ts";
export type { RefusedClient } from "./refused-clients.ts";
export { testPki } from "./test-pki.ts";
export type { TestCertificate, TestCertificateOptions, TestPki, TestPkiOptions } from "./test-pki.ts";
