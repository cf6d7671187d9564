/** The referee's questions and answers; `referee/*.go` is the other side. Binary is base64. */

export interface NameView {
  readonly commonName: string;
  readonly organization: readonly string[];
  readonly organizationalUnit: readonly string[];
  readonly country: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
  readonly serialNumber: string;
  /** In encoded order; `null` where Go holds no string. */
  readonly attributes: readonly { readonly oid: string; readonly value: string | null }[];
  readonly raw: string;
}

export interface ExtensionView {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: string;
}

export interface NamesView {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** Go's text, in which an IPv4-mapped IPv6 address looks like the IPv4 address. */
  readonly ipAddresses: readonly string[];
  /** Hexadecimal. */
  readonly ipAddressBytes: readonly string[];
  /** As Go writes them again after reading them: not always the encoded text. */
  readonly uris: readonly string[];
}

export interface SubtreesView {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** Hexadecimal `address/mask`. */
  readonly ipRanges: readonly string[];
  readonly uriDomains: readonly string[];
}

export interface CertificateView extends NamesView {
  readonly version: number;
  /** Hexadecimal without leading zeros. */
  readonly serialNumber: string;
  readonly signatureAlgorithm: string;
  readonly issuer: NameView;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: NameView;
  readonly subjectPublicKeyInfo: string;
  /** `RSA-bits/exponent`, `ECDSA-curve`, `Ed25519`, a Go type, or `unknown`. */
  readonly publicKey: string;
  readonly extensions: readonly ExtensionView[];
  readonly unhandledCritical: readonly string[];
  readonly basicConstraintsValid: boolean;
  readonly isCA: boolean;
  readonly maxPathLen: number;
  readonly keyUsage: number;
  /** OIDs of the usages that Go has a name for; the others are in `unknownExtKeyUsage`. */
  readonly extKeyUsage: readonly string[];
  readonly unknownExtKeyUsage: readonly string[];
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
  readonly permitted: SubtreesView;
  readonly excluded: SubtreesView;
  readonly policies: readonly string[];
  readonly policyMappings: readonly (readonly [issuer: string, subject: string])[];
  /** `null` where absent. */
  readonly requireExplicitPolicy: number | null;
  readonly inhibitPolicyMapping: number | null;
  readonly inhibitAnyPolicy: number | null;
  /** Hexadecimal, since Go does not look at the characters. */
  readonly ocspServer: readonly string[];
  readonly issuingCertificateUrl: readonly string[];
  readonly crlDistributionPoints: readonly string[];
  readonly tbsCertificate: string;
  readonly signature: string;
}

/** An authenticator's answer: yes (`ok`), no opinion (neither) or `error`. */
export interface UserView {
  readonly ok: boolean;
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>> | null;
  readonly error?: string;
}

export interface RequestView extends NamesView {
  readonly version: number;
  readonly subject: NameView;
  readonly subjectPublicKeyInfo: string;
  readonly publicKey: string;
  readonly signatureAlgorithm: string;
  readonly signature: string;
  /** Empty when the request's own signature holds. */
  readonly signatureError: string;
  readonly extensions: readonly ExtensionView[];
}

export type Usage =
  | "any"
  | "serverAuth"
  | "clientAuth"
  | "codeSigning"
  | "emailProtection"
  | "timeStamping"
  | "OCSPSigning";

export interface ChainVerdict {
  readonly ok: boolean;
  /** SHA-256 of each certificate in hexadecimal, leaf first. */
  readonly chains: readonly (readonly string[])[];
  readonly error?: string;
  /** Go's error type or reason, whose text carries names and numbers. */
  readonly refusal?: string;
}

export interface GoName {
  readonly country?: readonly string[];
  readonly organization?: readonly string[];
  readonly organizationalUnit?: readonly string[];
  readonly locality?: readonly string[];
  readonly province?: readonly string[];
  readonly streetAddress?: readonly string[];
  readonly postalCode?: readonly string[];
  readonly commonName?: string;
  readonly serialNumber?: string;
}

export interface GoNames {
  readonly dnsNames?: readonly string[];
  readonly emailAddresses?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

/** The fields of Go's `x509.Certificate` that `CreateCertificate` reads. */
export interface GoTemplate extends GoNames {
  readonly serialNumber: string;
  readonly subject: GoName;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Go's bits: 1 digitalSignature, 4 keyEncipherment, 32 keyCertSign ... */
  readonly keyUsage?: number;
  readonly extKeyUsage?: readonly Usage[];
  readonly basicConstraintsValid?: boolean;
  readonly isCA?: boolean;
  readonly maxPathLen?: number;
  readonly maxPathLenZero?: boolean;
  readonly subjectKeyId?: string;
  readonly authorityKeyId?: string;
  /** DER of the issuer's certificate; absent: self-signed. */
  readonly parent?: string;
  /** SubjectPublicKeyInfo; absent: the signer's own. */
  readonly publicKey?: string;
  /** PKCS#8 of the signer. */
  readonly key: string;
}

type Text = { readonly text: string } | { readonly bytes: string };

/** A refusal of the code under question. */
export interface Refused {
  readonly error: string;
}

export interface ListView {
  readonly issuer: NameView;
  readonly thisUpdate: number;
  /** 0 where there is none. */
  readonly nextUpdate: number;
  /** Hexadecimal; "" where there is none. */
  readonly number: string;
  readonly authorityKeyId: string;
  readonly signature: string;
  readonly signatureError: string;
  readonly extensions: readonly ExtensionView[];
  readonly entries: readonly {
    /** Hexadecimal, with a minus if negative. */
    readonly serialNumber: string;
    readonly time: number;
    readonly reason: number;
    readonly extensions: readonly ExtensionView[] | null;
  }[];
}

/** Every operation: what is asked, and what comes back when it is not refused. */
export interface Operations {
  about: [Record<string, never>, { readonly go: string }];
  /** Parses and converts without any chain; refused when Go does not parse it. */
  identity: [
    { readonly leaf: string; readonly uidGateOff?: boolean },
    { readonly certificate: CertificateView; readonly identity: UserView },
  ];
  /** The API server's authenticator; refused when Go does not parse one of the certificates. */
  authenticate: [
    {
      readonly roots: readonly string[];
      readonly peers: readonly string[];
      readonly time: number;
      readonly uidGateOff?: boolean;
      readonly allowedNames?: readonly string[];
    },
    UserView,
  ];
  verify: [
    {
      readonly leaf: string;
      readonly roots: readonly string[];
      readonly intermediates?: readonly string[];
      readonly dnsName?: string;
      readonly time: number;
      /** Go's default, when empty, is serverAuth. */
      readonly usages?: readonly Usage[];
    },
    ChainVerdict,
  ];
  /** Per host: `null` when the certificate is valid for it, else Go's error text. */
  hostname: [
    { readonly leaf: string; readonly hosts: readonly string[] },
    { readonly verdicts: readonly (string | null)[] },
  ];
  csr: [{ readonly der: string }, RequestView];
  /** Parses a certificate list; with an issuer, `signatureError` says what Go finds of its signature. */
  crl: [{ readonly der: string; readonly issuer?: string }, ListView];
  createcrl: [
    {
      readonly number: string;
      readonly thisUpdate: number;
      readonly nextUpdate: number;
      readonly issuer: string;
      readonly key: string;
      readonly entries: readonly {
        readonly serialNumber: string;
        readonly time: number;
        readonly reason: number;
      }[];
    },
    { readonly der: string; readonly tbs: string },
  ];
  pem: [
    Text,
    {
      readonly blocks: readonly {
        readonly type: string;
        readonly headers: readonly (readonly [string, string])[];
        readonly bytes: string;
      }[];
      readonly rest: string | null;
    },
  ];
  /** The aggregation layer's authenticator and kube-apiserver's group adder; refused when Go does not take the request or the names. */
  requestheader: [
    {
      /** A whole request of HTTP/1.1, as it comes over the wire. */
      readonly http: string;
      readonly usernameHeaders: readonly string[];
      readonly uidHeaders: readonly string[];
      readonly groupHeaders: readonly string[];
      readonly extraHeaderPrefixes: readonly string[];
      /** Only a verified front proxy is believed; everybody if absent. */
      readonly proxy?: {
        readonly roots: readonly string[];
        readonly peers: readonly string[];
        readonly time: number;
        readonly allowedNames: readonly string[];
      };
    },
    {
      readonly user: UserView;
      /** What is left, by the canonical name. */
      readonly remaining: Readonly<Record<string, readonly string[]>>;
    },
  ];
  /** A certificate file as Kubernetes components read it. */
  certspem: [Text, { readonly certificates: readonly string[] }];
  /** A key file as Kubernetes components read it. */
  keypem: [Text, { readonly publicKey: string; readonly spki: string }];
  create: [GoTemplate, { readonly der: string; readonly tbs: string }];
  signcsr: [
    {
      readonly der: string;
      readonly parent: string;
      readonly key: string;
      readonly usages: readonly string[];
      readonly now: number;
      readonly seconds: number;
      readonly serialNumber: number;
    },
    { readonly tbs: string },
  ];
  createcsr: [GoNames & { readonly subject: GoName; readonly key: string }, { readonly der: string }];
  /** Always the same signature for the same question. */
  sign: [
    {
      readonly key: string;
      readonly data: string;
      readonly hash?: "MD5" | "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
    },
    { readonly signature: string },
  ];
  name: [{ readonly name: GoName }, { readonly der: string }];
  url: [
    { readonly url: string },
    Readonly<
      Record<
        "text" | "scheme" | "host" | "hostname" | "port" | "path" | "query" | "fragment" | "opaque",
        string
      >
    >,
  ];
  parsekey: [
    { readonly der: string; readonly format: "pkcs1" | "sec1" | "pkcs8" | "spki" },
    { readonly publicKey: string; readonly spki: string },
  ];
}
