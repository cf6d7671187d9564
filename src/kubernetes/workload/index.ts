/** Workloads: SPIFFE IDs, X.509-SVIDs and their trust bundles. */
export { parseSpiffeId, serviceAccountOfSpiffeId, serviceAccountSpiffeId } from "./spiffe-id.ts";
export type { ServiceAccountName, SpiffeId } from "./spiffe-id.ts";
export { encodeSpiffeBundle, parseSpiffeBundle } from "./spiffe-bundle.ts";
export type { SpiffeBundle, SpiffeBundleDocument } from "./spiffe-bundle.ts";
export { parseSvid, signingSvidTemplate, svidTemplate, validateSvid } from "./svid.ts";
export type {
  SigningSvidTemplateOptions,
  Svid,
  SvidFinding,
  SvidFindingCode,
  SvidKind,
  SvidTemplateOptions,
} from "./svid.ts";
export { createSvidAuthenticator, serviceAccountUserInfo, SvidAuthenticator } from "./svid-authenticator.ts";
export type { SvidAuthenticatorOptions, TrustBundleSource, VerifiedSvid } from "./svid-authenticator.ts";
export { clusterTrustBundle, encodeTrustBundle, validateClusterTrustBundle } from "./cluster-trust-bundle.ts";
export type {
  ClusterTrustBundle,
  ClusterTrustBundleOptions,
  TrustBundleFinding,
  TrustBundleFindingCode,
} from "./cluster-trust-bundle.ts";
