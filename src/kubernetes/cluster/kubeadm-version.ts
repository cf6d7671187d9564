/** What kubeadm's minor and patch versions do differently, as far as certificates show it. */
import type { KeyAlgorithmName } from "../../keys/algorithms.ts";

/** What one version of kubeadm does. */
export interface KubeadmVersion {
  /** The minor version, 36 for Kubernetes 1.36. */
  readonly minor: number;
  /** The values of its `encryptionAlgorithm`, or the one that it always takes. */
  readonly keyAlgorithms: readonly KeyAlgorithmName[];
  /** Whether its configuration has `certificateValidityPeriod` and `caCertificateValidityPeriod`. */
  readonly hasValidityPeriods: boolean;
  /** Whether `apiserver-kubelet-client` is in the group `kubeadm:cluster-admins`, or is known by its user name alone. */
  readonly kubeletClientIsAdmin: boolean;
}

const OLDEST_MINOR = 29;
const NEWEST_MINOR = 36;

/** From which patch version on `apiserver-kubelet-client` has no group; minor versions that are not here always write it. */
const FIRST_WITHOUT_GROUP: Readonly<Record<number, number>> = { 33: 12, 34: 8, 35: 5, 36: 1 };

/**
 * What a version of kubeadm does; undefined for one that is not known. Without a patch number, the latest patch of the minor version is meant.
 *
 * Sources: kubeadm `cmd/kubeadm/app/apis/kubeadm/v1beta3` and `v1beta4` (from 1.31), `cmd/kubeadm/app/phases/certs/certlist.go`, the change logs of
 * 1.33.12, 1.34.8, 1.35.5 and 1.36.1.
 */
export function kubeadmVersion(text: string): KubeadmVersion | undefined {
  const found = /^v?1\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text);
  if (!found) return undefined;
  const minor = Number(found[1]);
  const patch = found[2] === undefined ? Infinity : Number(found[2]);
  if (minor < OLDEST_MINOR || minor > NEWEST_MINOR) return undefined;
  const first = FIRST_WITHOUT_GROUP[minor];
  return {
    minor,
    keyAlgorithms: keyAlgorithmsOf(minor),
    hasValidityPeriods: minor >= 31,
    kubeletClientIsAdmin: first === undefined || patch < first,
  };
}

function keyAlgorithmsOf(minor: number): readonly KeyAlgorithmName[] {
  if (minor < 31) return ["RSA-2048", "ECDSA-P256"]; // P-256 by the feature gate PublicKeysECDSA
  const from31: readonly KeyAlgorithmName[] = ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256"];
  return minor < 34 ? from31 : [...from31, "ECDSA-P384"];
}
