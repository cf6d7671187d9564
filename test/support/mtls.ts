/** Certificates for TLS on loopback, and clients that use them. */
import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { request } from "node:https";
import type { Agent } from "node:https";
import {
  caTemplate,
  clientTemplate,
  encodePem,
  issueCertificate,
  issueSelfSigned,
  servingTemplate,
} from "kubepki";
import type { Certificate } from "kubepki";
import { keyObjectSigner } from "kubepki/node";

/** As Node's TLS takes it. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** Somebody who issues. */
export interface Ca {
  readonly certificate: Certificate;
  readonly pem: string;
  readonly key: KeyObject;
}

const newKey = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });
const pkcs8 = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: "spki", format: "der" }));
const certificatePem = ({ der }: Certificate): string => encodePem("CERTIFICATE", der);

export async function newCa(commonName: string, parent?: Ca): Promise<Ca> {
  const { privateKey, publicKey } = newKey();
  const template = caTemplate({ subject: { commonName } });
  const { certificate } = parent
    ? await issueCertificate(template, { publicKey: spki(publicKey), issuer: issuerOf(parent) })
    : await issueSelfSigned(template, keyObjectSigner(privateKey));
  return { certificate, pem: certificatePem(certificate), key: privateKey };
}

const issuerOf = ({ certificate, key }: Ca) => ({ certificate, signer: keyObjectSigner(key) });

/** A client certificate for a day; above it, the intermediates that are sent with it. */
export async function newClient(
  ca: Ca,
  commonName: string,
  organizations: readonly string[] = [],
  intermediates: readonly Ca[] = [],
): Promise<Credentials> {
  const { privateKey, publicKey } = newKey();
  const template = clientTemplate({ subject: { commonName, organizations }, lifetimeSeconds: 86_400 });
  const { certificate } = await issueCertificate(template, {
    publicKey: spki(publicKey),
    issuer: issuerOf(ca),
  });
  return {
    cert: [certificatePem(certificate), ...intermediates.map(({ pem }) => pem)].join(""),
    key: pkcs8(privateKey),
  };
}

export async function newServer(ca: Ca, ...dnsNames: readonly string[]): Promise<Credentials> {
  const { privateKey, publicKey } = newKey();
  const template = servingTemplate({ subject: {}, dnsNames, ipAddresses: ["127.0.0.1"] });
  const { certificate } = await issueCertificate(template, {
    publicKey: spki(publicKey),
    issuer: issuerOf(ca),
  });
  return { cert: certificatePem(certificate), key: pkcs8(privateKey) };
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** One request over TLS; an agent keeps the connection. */
export function call(
  port: number,
  options: Partial<Credentials> & { ca: string; agent?: Agent; path?: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
