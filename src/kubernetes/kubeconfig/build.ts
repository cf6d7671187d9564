import { encodeBase64 } from "../../base64.ts";
import { KeyError } from "../../errors.ts";
import { encodePem } from "../../pem.ts";
import type { PrivateKey } from "../../keys/private-key.ts";
import { keyMatchesCertificate } from "../../keys/public-key.ts";
import type { Certificate } from "../../x509/certificate.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigExec, KubeconfigUser } from "./kubeconfig.ts";

/** The CAs of the API server's certificate: certificates, which are embedded, or a file. */
export type KubeconfigCa =
  | readonly Certificate[]
  | {
      /** Path of a PEM file; relative ones count from the folder of the kubeconfig. */
      readonly file: string;
    };

/** How to log in: one of these. */
export type KubeconfigCredentials =
  | {
      /** The client certificate, and after it those between it and its CA; embedded. Absent where it is yet to come, as in the files of `kubeadm certs generate-csr`. */
      readonly certificates?: readonly Certificate[];
      /** Its key, which must be extractable; embedded. */
      readonly privateKey: PrivateKey;
    }
  | {
      /** Path of the client certificate; that of kubelets has certificate and key in one file. */
      readonly certificateFile: string;
      /** Path of its key. */
      readonly keyFile: string;
    }
  | {
      /** A program that is asked. */
      readonly exec: KubeconfigExec;
    }
  | {
      /** A bearer token. */
      readonly token: string;
    }
  | {
      /** Path of a bearer token. */
      readonly tokenFile: string;
    };

/** What {@link kubeconfig} puts together. */
export interface KubeconfigOptions {
  /** URL of the API server. */
  readonly server: string;
  /** The CAs of the API server's certificate; without them the client's own ones count. */
  readonly ca?: KubeconfigCa;
  /** The name that the server's certificate must be valid for, where it is not that of the URL. */
  readonly tlsServerName?: string;
  /** What the cluster is called in the file; `kubernetes` by default, as in kubeadm. */
  readonly clusterName?: string;
  /** What the user is called in the file; kubeadm takes the name that the certificate has. */
  readonly userName: string;
  /** What the context is called in the file; `<user>@<cluster>` by default, as in kubeadm. */
  readonly contextName?: string;
  /** Namespace where none is given. */
  readonly namespace?: string;
  /** How to log in. */
  readonly credentials: KubeconfigCredentials;
}

/**
 * Makes a kubeconfig of one cluster, user and context, which is the current one. With embedded credentials it is what kubeadm writes.
 *
 * Guaranteed: an embedded key is that of its certificate. Not checked: anything else; see {@link validateKubeconfig}. **With embedded credentials the result is a secret.**
 *
 * Source: kubeadm `cmd/kubeadm/app/util/kubeconfig/kubeconfig.go` (`CreateWithCerts`).
 *
 * @throws KeyError `ERR_KEY_MISMATCH`; `ERR_KEY_NOT_EXTRACTABLE`
 * @throws TypeError if `certificates` is empty
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { kubeconfig, validateKubeconfig } from "kubepki";
 *
 * const config = await kubeconfig({
 *   server: "https://api.example.com:6443",
 *   ca: { file: "pki/ca.crt" },
 *   userName: "jane",
 *   credentials: { certificateFile: "jane.crt", keyFile: "jane.key" },
 * });
 * assert.equal(config["current-context"], "jane@kubernetes");
 * assert.deepEqual(validateKubeconfig(config), []);
 * ```
 */
export async function kubeconfig(options: KubeconfigOptions): Promise<Kubeconfig> {
  const { userName, clusterName = "kubernetes", namespace, credentials } = options;
  const { contextName: name = `${userName}@${clusterName}` } = options;
  const context = { cluster: clusterName, user: userName, ...(namespace !== undefined && { namespace }) };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: clusterName, cluster: clusterOf(options) }],
    users: [{ name: userName, user: await userOf(credentials) }],
    contexts: [{ name, context }],
    "current-context": name,
  };
}

function clusterOf({ server, ca, tlsServerName }: KubeconfigOptions): KubeconfigCluster {
  return {
    server,
    ...(tlsServerName !== undefined && { "tls-server-name": tlsServerName }),
    ...(ca &&
      ("file" in ca ? { "certificate-authority": ca.file } : { "certificate-authority-data": embed(ca) })),
  };
}

async function userOf(credentials: KubeconfigCredentials): Promise<KubeconfigUser> {
  if ("certificateFile" in credentials)
    return { "client-certificate": credentials.certificateFile, "client-key": credentials.keyFile };
  if (!("privateKey" in credentials)) return credentials;
  const { certificates, privateKey } = credentials;
  if (certificates?.length === 0) throw new TypeError("there is no client certificate");
  if (certificates && !keyMatchesCertificate(privateKey, certificates[0]!))
    throw new KeyError("ERR_KEY_MISMATCH", "the key is not that of the client certificate");
  return {
    ...(certificates && { "client-certificate-data": embed(certificates) }),
    "client-key-data": encodeText(await privateKey.exportPem()),
  };
}

function embed(certificates: readonly Certificate[]): string {
  return encodeText(certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join(""));
}

function encodeText(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}
