/** Names of object identifiers that people meet and this library does not read. */

/** Where more about the issuer is found (RFC 5280 4.2.2.1). */
export const ACCESS_METHODS: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.48.1": "OCSP",
  "1.3.6.1.5.5.7.48.2": "CA issuers",
};

/** Extensions whose bytes are shown as they are. */
export const OTHER_EXTENSIONS: Readonly<Record<string, string>> = {
  "2.5.29.9": "subjectDirectoryAttributes",
  "2.5.29.16": "privateKeyUsagePeriod",
  "2.5.29.18": "issuerAltName",
  "2.5.29.46": "freshestCRL",
  "1.3.6.1.5.5.7.1.3": "qcStatements",
  "1.3.6.1.5.5.7.1.11": "subjectInfoAccess",
  "1.3.6.1.5.5.7.1.24": "tlsFeature",
  "1.3.6.1.5.5.7.48.1.5": "ocspNoCheck",
  "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestamps",
  "1.3.6.1.4.1.11129.2.4.3": "precertificatePoison",
  "1.3.6.1.4.1.311.20.2": "microsoftCertificateTemplateName",
  "1.3.6.1.4.1.311.21.1": "microsoftCaVersion",
  "1.3.6.1.4.1.311.21.7": "microsoftCertificateTemplate",
  "1.3.6.1.4.1.45724.1.1.4": "fidoAaguid",
  "2.16.840.1.113730.1.1": "netscapeCertType",
  "2.16.840.1.113730.1.13": "netscapeComment",
};

/** Attributes of requests (RFC 2985). */
export const REQUEST_ATTRIBUTES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.9.2": "unstructuredName",
  "1.2.840.113549.1.9.7": "challengePassword",
  "1.2.840.113549.1.9.14": "extensionRequest",
  "1.3.6.1.4.1.311.2.1.14": "microsoftExtensionRequest",
};
