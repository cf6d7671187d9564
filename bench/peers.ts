/** Other libraries, each reading the same certificate as far as it can: user and groups for `identity`, every field for `everything`. */
import { X509Certificate } from "node:crypto";

/** Whom a certificate names; what a library leaves to its caller is absent. */
export interface Answer {
  readonly user?: string | undefined;
  readonly groups?: readonly string[];
}

/** One compared library. Its package is loaded by `load`, so that a process loads one library only. */
export interface Peer {
  /** Name of the package, whose version goes into the report. */
  readonly package?: string;
  /** What is done beyond parsing, for the report. */
  readonly note: string;
  readonly load: () => Promise<{
    identity: (der: Uint8Array<ArrayBuffer>) => Answer;
    everything?: (der: Uint8Array<ArrayBuffer>) => unknown;
  }>;
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";

export const peers: Readonly<Record<string, Peer>> = {
  "node:crypto": {
    note: "`new X509Certificate(der).subject`, a text that the caller must still take apart",
    load: async () => ({
      identity: (der) => subjectText(new X509Certificate(der).subject),
      everything: (der) => {
        const { subject, issuer, serialNumber, validFrom, validTo, subjectAltName, keyUsage, ca } =
          new X509Certificate(der);
        return [subject, issuer, serialNumber, validFrom, validTo, subjectAltName, keyUsage, ca];
      },
    }),
  },
  "pkijs 4": {
    package: "pkijs",
    note: "`Certificate.fromBER(der)`, then `subject.typesAndValues`",
    load: async () => {
      const { Certificate } = await import("pkijs");
      return {
        identity: (der) =>
          collect(Certificate.fromBER(der).subject.typesAndValues, ({ type, value }) => [
            type,
            value.valueBlock.value,
          ]),
        everything: (der) => {
          const {
            version,
            serialNumber,
            issuer,
            subject,
            notBefore,
            notAfter,
            subjectPublicKeyInfo,
            extensions,
          } = Certificate.fromBER(der);
          const values = extensions?.map(({ parsedValue }) => parsedValue);
          return [
            version,
            serialNumber,
            issuer,
            subject,
            notBefore.value,
            notAfter.value,
            subjectPublicKeyInfo,
            values,
          ];
        },
      };
    },
  },
  asn1js: {
    package: "asn1js",
    note: "`fromBER(der)` alone: a tree of ASN.1 objects, no certificate yet",
    load: async () => {
      const { fromBER } = await import("asn1js");
      return { identity: (der) => (fromBER(der).offset === -1 ? { user: "" } : {}) };
    },
  },
  "@peculiar/x509": {
    package: "@peculiar/x509",
    note: "`new X509Certificate(der)`, then `subjectName.getField`",
    load: async () => {
      await import("reflect-metadata"); // it asks for this at import
      const x509 = await import("@peculiar/x509");
      return {
        identity: (der) => {
          const name = new x509.X509Certificate(der).subjectName;
          return { user: name.getField(COMMON_NAME).at(-1), groups: name.getField(ORGANIZATION) };
        },
        everything: (der) => {
          const { subject, issuer, serialNumber, notBefore, notAfter, extensions, signature } =
            new x509.X509Certificate(der);
          return [subject, issuer, serialNumber, notBefore, notAfter, extensions, signature];
        },
      };
    },
  },
  "node-forge": {
    package: "node-forge",
    note: "`asn1.fromDer`, then `RDNAttributesAsArray` of the subject; its own certificate class reads RSA keys only",
    load: async () => {
      const { default: forge } = await import("node-forge");
      const pki = forge.pki as typeof forge.pki & {
        RDNAttributesAsArray(rdn: unknown): { type: string; value: string }[];
      };
      return {
        identity: (der) => {
          const certificate = forge.asn1.fromDer(
            forge.util.createBuffer(Buffer.from(der).toString("latin1")),
          );
          const fields = children(children(certificate)[0]);
          return collect(pki.RDNAttributesAsArray(fields[5]), ({ type, value }) => [type, value]);
        },
      };
    },
  },
  "@sigstore/core": {
    package: "@sigstore/core",
    note: "`X509Certificate.parse(der)`, then `subject`, which is bytes that the caller must still take apart",
    load: async () => {
      const { X509Certificate: Sigstore } = await import("@sigstore/core");
      return { identity: (der) => (Sigstore.parse(Buffer.from(der)).subject.length > 0 ? {} : { user: "" }) };
    },
  },
};

/** A certificate of the same shape as ours, by pkijs and WebCrypto: the only way of pkijs to sign. */
export async function issuingByPkijs(
  publicKeys: readonly Uint8Array[],
  subjectOf: (index: number) => { readonly commonName: string; readonly organizations: readonly string[] },
): Promise<(index: number) => Promise<ArrayBuffer>> {
  const { BitString, Integer, OctetString, Utf8String } = await import("asn1js");
  const pkijs = await import("pkijs");
  const engine = new pkijs.CryptoEngine({ name: "node", crypto });
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
  ]);
  const attribute = (type: string, value: string): InstanceType<typeof pkijs.AttributeTypeAndValue> =>
    new pkijs.AttributeTypeAndValue({ type, value: new Utf8String({ value }) });
  const extension = (
    extnID: string,
    critical: boolean,
    value: { toBER(): ArrayBuffer },
  ): InstanceType<typeof pkijs.Extension> =>
    new pkijs.Extension({ extnID, critical, extnValue: value.toBER() });
  const keyId = new OctetString({ valueHex: new ArrayBuffer(20) });
  return async (index) => {
    const { commonName, organizations } = subjectOf(index);
    const certificate = new pkijs.Certificate();
    certificate.version = 2;
    certificate.serialNumber = new Integer({
      valueHex: crypto.getRandomValues(new Uint8Array(20)).fill(0x4d, 0, 1).buffer,
    });
    certificate.issuer.typesAndValues.push(attribute(COMMON_NAME, "kubernetes"));
    for (const name of organizations) certificate.subject.typesAndValues.push(attribute(ORGANIZATION, name));
    certificate.subject.typesAndValues.push(attribute(COMMON_NAME, commonName));
    certificate.notBefore.value = new Date();
    certificate.notAfter.value = new Date(Date.now() + 86_400_000);
    certificate.subjectPublicKeyInfo = pkijs.PublicKeyInfo.fromBER(
      publicKeys[index % publicKeys.length]!.slice(),
    );
    certificate.extensions = [
      extension("2.5.29.15", true, new BitString({ valueHex: Uint8Array.of(0x80).buffer, unusedBits: 7 })),
      extension("2.5.29.37", false, new pkijs.ExtKeyUsage({ keyPurposes: ["1.3.6.1.5.5.7.3.2"] }).toSchema()),
      extension("2.5.29.19", true, new pkijs.BasicConstraints({ cA: false }).toSchema()),
      extension("2.5.29.35", false, new pkijs.AuthorityKeyIdentifier({ keyIdentifier: keyId }).toSchema()),
    ];
    await certificate.sign(privateKey, "SHA-256", engine);
    return certificate.toSchema(true).toBER();
  };
}

/** The two attributes that count, in the order they come. */
function collect<T>(attributes: Iterable<T>, read: (attribute: T) => readonly [string, string]): Answer {
  let user: string | undefined;
  const groups: string[] = [];
  for (const attribute of attributes) {
    const [type, value] = read(attribute);
    if (type === COMMON_NAME) user = value;
    else if (type === ORGANIZATION) groups.push(value);
  }
  return { user, groups };
}

/** As far as `node:crypto` goes: one line for each attribute; the text is made, and left as it is. */
function subjectText(subject: string): Answer {
  return subject.length > 0 ? {} : { user: "" };
}

function children(node: unknown): unknown[] {
  return (node as { value: unknown[] }).value;
}
