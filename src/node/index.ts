/**
 * What needs Node: signers that answer at once, the certificates of sockets, middleware, files that are followed, controllers, and what keeps a
 * program's own certificate current.
 *
 * @module kubepki/node
 */
export { keyObjectSigner, parseKeyObject, verifySignatureSync } from "./signer.ts";
export type { SyncSigner } from "./signer.ts";
export { nodeStreamingVerifier } from "./streaming-verifier.ts";
export { WatchedCertificateLists, watchCertificateLists } from "./certificate-lists.ts";
export type { ListFilesOptions } from "./certificate-lists.ts";
export type { FollowOptions } from "./followed-files.ts";
export { CredentialBundle, watchCredentialBundle } from "./credential-bundle.ts";
export type { CredentialBundleOptions, CredentialBundlePath } from "./credential-bundle.ts";
export { connect, clientFrom } from "./controllers/http-client.ts";
export type { ClusterAccess, KubeConfigLike } from "./controllers/http-client.ts";
export { runSigner } from "./controllers/signer-controller.ts";
export type { ControlledSigner, RunSignerOptions, SigningOutcome } from "./controllers/signer-controller.ts";
export { runPodCertificateSigner } from "./controllers/pod-certificate-controller.ts";
export type {
  ControlledPodSigner,
  RunPodCertificateSignerOptions,
} from "./controllers/pod-certificate-controller.ts";
export { accessReviewer, nodeFinder } from "./controllers/policy-questions.ts";
export { runApprover } from "./controllers/approver-controller.ts";
export type { ApprovalPolicy, RunApproverOptions, Verdict } from "./controllers/approver-controller.ts";
export { runCleaner } from "./controllers/cleaner.ts";
export type { RunCleanerOptions } from "./controllers/cleaner.ts";
export type { ControllerHooks, ControllerOptions } from "./controllers/controller.ts";
export type { LeaderElectionOptions } from "./controllers/leader-election.ts";
export type { Timing } from "./controllers/timing.ts";
export type {
  AccessReviewSpec,
  ApiObject,
  CertificatesClient,
  ClusterClient,
  Lease,
  LeaseClient,
  NodeObject,
  ListOptions,
  ObjectList,
  ObjectMeta,
  ObjectSource,
  PodCertificateObject,
  PodCertificatesClient,
  PodCertificateVersion,
  RequestCondition,
  RequestingClient,
  RequestList,
  RequestObject,
  WatchEvent,
} from "./controllers/client.ts";
export { waitForCertificate } from "./controllers/wait-for-certificate.ts";
export type { WaitOptions } from "./controllers/wait-for-certificate.ts";
export {
  approverManifests,
  cleanerManifests,
  podCertificateSignerManifests,
  signerManifests,
} from "./controllers/manifests.ts";
export type { CleanerAccount, ControllerAccount, Manifest } from "./controllers/manifests.ts";
export { clearRequestHeader, peerOfSocket, proxiedRequest } from "./proxied-request.ts";
export type { NodeRequest } from "./proxied-request.ts";
export { certificatesFromSocket, identityFromSocket } from "./socket.ts";
export type { PeerSocket, ShownCertificates } from "./socket.ts";
export { fromProxy, fromSocket } from "./middleware/source.ts";
export type {
  CertificateAuthenticator,
  HttpRequest,
  HttpSession,
  HttpStream,
  IdentitySource,
  ProxyAuthenticator,
} from "./middleware/source.ts";
export { createAuthentication } from "./middleware/authentication.ts";
export type {
  Admission,
  Authentication,
  AuthenticationOptions,
  Refusal,
} from "./middleware/authentication.ts";
export { withAuthentication } from "./middleware/handler.ts";
export type { HttpResponse, Identified } from "./middleware/handler.ts";
export type { Status } from "./middleware/status.ts";
export { clusterFiles } from "./cluster-files.ts";
export type { ClusterFilesInput, ClusterFilesOptions } from "./cluster-files.ts";
export { PkiFile } from "./pki-directory/pki-file.ts";
export type { PkiFileInput, PkiFileKind } from "./pki-directory/pki-file.ts";
export { readPkiDirectory } from "./pki-directory/read.ts";
export type {
  PkiDirectory,
  PkiDirectoryFinding,
  PkiDirectoryFindings,
  ReadPkiDirectoryOptions,
} from "./pki-directory/read.ts";
export { recoverPkiDirectory, writePkiDirectory } from "./pki-directory/write.ts";
export type { WritePkiDirectoryOptions, WrittenPkiDirectory } from "./pki-directory/write.ts";
export { ClientCa, watchClientCa } from "./client-ca.ts";
export type { ClientCaOptions, TrustAnchorsUser } from "./client-ca.ts";
export { CertificatePair, parseCertificatePair } from "./kubelet/certificate-pair.ts";
export type { TlsKeyPair } from "./kubelet/certificate-pair.ts";
export { FileCertificateStore, openCertificateStore } from "./kubelet/certificate-store.ts";
export type { CertificateStore, FileStoreOptions } from "./kubelet/certificate-store.ts";
export {
  readKubeconfig,
  readKubeconfigFiles,
  updateKubeconfig,
  writeKubeconfig,
} from "./kubeconfig/files.ts";
export type { KubeconfigFiles, KubeconfigFilesOptions } from "./kubeconfig/files.ts";
export { fetchServerCertificates } from "./kubeconfig/server-certificates.ts";
export { encodeKubeconfigYaml, parseKubeconfigYaml } from "./kubeconfig/yaml.ts";
export type { KubeconfigTextOptions } from "./kubeconfig/yaml.ts";
export { CertificateManager, createCertificateManager } from "./kubelet/certificate-manager.ts";
export type { CertificateManagerOptions } from "./kubelet/certificate-manager.ts";
export { followCertificate } from "./kubelet/follow-certificate.ts";
export type { ReloadableServer } from "./kubelet/follow-certificate.ts";
export { requestCertificate } from "./kubelet/request-certificate.ts";
export type { RequestCertificateOptions } from "./kubelet/request-certificate.ts";
export { signClusterInfo, verifyClusterInfo } from "./kubelet/cluster-info.ts";
export type { DiscoveredCluster } from "./kubelet/cluster-info.ts";
export { discoverCluster } from "./kubelet/discover-cluster.ts";
export type { DiscoverClusterOptions } from "./kubelet/discover-cluster.ts";
export { auditPkiDirectory } from "./audit-directory.ts";
export type { DirectoryAudit } from "./audit-directory.ts";
