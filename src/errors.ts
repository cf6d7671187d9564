/**
 * Every error this library throws on bad input, with the reason for each code.
 *
 * A class says what the caller does about it, a code says what happened. Codes are API: they never change their meaning.
 */

/** Which class reports which code; each code's comment is the source of `docs/errors.md`. */
export interface ErrorCodes {
  // --- DER: the bytes are not the encoding that X.690 asks for ------------------------------------------------
  /** An element ends beyond the bytes that hold it. Fix: fetch the whole file again; it was cut or its length octets were changed. Source: X.690 8.1.3. */
  ERR_DER_TRUNCATED: "DerError";
  /** Another element stands where the schema asks for a certain one. Fix: check that the input is the kind of object that you parse. Source: X.690 8.1.2. */
  ERR_DER_UNEXPECTED_TAG: "DerError";
  /** The length is indefinite, not minimal, or too large. Fix: re-encode the object as DER; BER tools write such lengths. Source: X.690 8.1.3, 10.1. */
  ERR_DER_LENGTH: "DerError";
  /** The tag uses the long form, which no certificate structure needs. Fix: re-encode the object as DER. Source: X.690 8.1.2.4, Go cryptobyte. */
  ERR_DER_TAG: "DerError";
  /** Something follows where a structure must end. Fix: cut what follows, or find out who added it. Source: RFC 5280 4.1, X.690 8.9. */
  ERR_DER_TRAILING_DATA: "DerError";
  /** Elements are nested deeper than the limit. Fix: none, no real object is that deep. Source: limit of 32, see docs/strictness.md. */
  ERR_DER_DEPTH: "DerError";
  /** The object is larger than the limit. Fix: raise `maxBytes` if you trust the source. Source: limits in docs/strictness.md. */
  ERR_DER_SIZE: "DerError";
  /** A BOOLEAN is not one octet of 00 or FF. Fix: re-encode the object as DER. Source: X.690 11.1. */
  ERR_DER_BOOLEAN: "DerError";
  /** A value equal to its DEFAULT is written out. Fix: re-encode the object as DER. Source: X.690 11.5. */
  ERR_DER_DEFAULT_ENCODED: "DerError";
  /** An INTEGER is empty, not minimal, or outside of the range of its field. Fix: re-encode the object as DER. Source: X.690 8.3. */
  ERR_DER_INTEGER: "DerError";
  /** A BIT STRING has no first octet, more than 7 unused bits, or unused bits that are not zero. Fix: re-encode the object as DER. Source: X.690 8.6, 11.2. */
  ERR_DER_BIT_STRING: "DerError";
  /** A named bit list has trailing zero bits. Fix: re-encode the object as DER. Source: X.690 11.2.2. */
  ERR_DER_NAMED_BITS: "DerError";
  /** An OBJECT IDENTIFIER is empty, cut, padded, or beyond the limit of 64 octets. Fix: none, the encoder is broken. Source: X.690 8.19. */
  ERR_DER_OID: "DerError";
  /** An arc of an OBJECT IDENTIFIER is larger than Go reads (31 bits) or than the limit (128 bits). Fix: use an OID with smaller arcs. Source: Go cryptobyte `readBase128Int`. */
  ERR_DER_OID_ARC: "DerError";
  /** A NULL has contents. Fix: re-encode the object as DER. Source: X.690 8.8. */
  ERR_DER_NULL: "DerError";
  /** A UTCTime or GeneralizedTime is not in the form that RFC 5280 asks for, or names a moment that does not exist. Fix: issue the certificate again with `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. Source: RFC 5280 4.1.2.5, X.690 11.7. */
  ERR_DER_TIME: "DerError";
  /** A string has characters that its type does not allow, or is not valid UTF-8. Fix: issue the object again with UTF8String. Source: X.680 41, RFC 5280 4.1.2.4. */
  ERR_DER_STRING: "DerError";
  /** The elements of a SET OF are not in ascending order. Fix: re-encode the object as DER. Source: X.690 11.6. */
  ERR_DER_SET_ORDER: "DerError";

  // --- PEM ----------------------------------------------------------------------------------------------------
  /** No PEM block of the wanted kind is in the text. Fix: check the file; DER input must be given as bytes, not as text. Source: RFC 7468 2. */
  ERR_PEM_NO_BLOCK: "PemError";
  /** A block has a label that is not the wanted one. Fix: pass the right file, or convert it (`NEW CERTIFICATE REQUEST`, `TRUSTED CERTIFICATE`). Source: RFC 7468 2, 4. */
  ERR_PEM_LABEL: "PemError";
  /** A block begins but has no matching end line. Fix: fetch the whole file again. Source: RFC 7468 2. */
  ERR_PEM_BOUNDARY: "PemError";
  /** The base64 text has a character outside of the alphabet, wrong padding, or spare bits that are not zero. Fix: write the file again; it was edited or cut. Source: RFC 4648 3.3, 3.5. */
  ERR_PEM_BASE64: "PemError";
  /** A block has RFC 1421 headers, which certificates must not have. Fix: remove the header lines; a `Proc-Type` header means an encrypted key. Source: RFC 7468 2. */
  ERR_PEM_HEADERS: "PemError";
  /** The text is longer, or has more blocks, than the limit. Fix: raise `maxCharacters` or `maxBlocks` if you trust the source. Source: limits in docs/strictness.md. */
  ERR_PEM_SIZE: "PemError";
  /** There is more than one block where exactly one is wanted. Fix: use the function for bundles, or pass one block. Source: RFC 7468 2. */
  ERR_PEM_MULTIPLE: "PemError";

  // --- certificates: DER, but not what RFC 5280 and Go allow ---------------------------------------------------
  /** The version is none of v1, v2, v3. Fix: issue the certificate again as v3. Source: RFC 5280 4.1.2.1. */
  ERR_CERTIFICATE_VERSION: "CertificateError";
  /** A certificate that is not v3 has extensions, or a v1 certificate has unique identifiers. Fix: issue the certificate again as v3. Source: RFC 5280 4.1.2.1, 4.1.2.8, 4.1.2.9. */
  ERR_CERTIFICATE_VERSION_FIELDS: "CertificateError";
  /** The serial number is negative or longer than 20 octets. Fix: issue the certificate again with a positive serial number. Source: RFC 5280 4.1.2.2, Go `x509negativeserial`. */
  ERR_CERTIFICATE_SERIAL_NUMBER: "CertificateError";
  /** The signature algorithm inside the signed part differs from the one beside the signature. Fix: none, the certificate is broken or was tampered with. Source: RFC 5280 4.1.1.2. */
  ERR_CERTIFICATE_SIGNATURE_ALGORITHM: "CertificateError";
  /** A name attribute has a value that is no string type Go reads. Fix: issue the certificate again with UTF8String or PrintableString. Source: Go crypto/x509 `parseASN1String`. */
  ERR_CERTIFICATE_NAME_VALUE: "CertificateError";
  /** A name has more attributes, or a longer value, than the limit, or an RDN without any attribute. Fix: raise the limit if you trust the source. Source: limits in docs/strictness.md, RFC 5280 4.1.2.4. */
  ERR_CERTIFICATE_NAME: "CertificateError";
  /** The public key does not fit its algorithm: wrong parameters, curve, length or encoding. Fix: make a new key of a supported kind. Source: RFC 3279 2.3, RFC 5480, RFC 8410, Go `parsePublicKey`. */
  ERR_CERTIFICATE_PUBLIC_KEY: "CertificateError";
  /** The same extension stands in the certificate twice. Fix: issue the certificate again. Source: RFC 5280 4.2. */
  ERR_CERTIFICATE_DUPLICATE_EXTENSION: "CertificateError";
  /** An extension is critical that must not be, or the other way round where Go insists. Fix: issue the certificate again. Source: RFC 5280 4.2.1.1, 4.2.1.2, 4.2.2.1, Go `processExtensions`. */
  ERR_CERTIFICATE_EXTENSION_CRITICALITY: "CertificateError";
  /** The value of an extension is DER, but not what its definition allows. Fix: issue the certificate again. Source: RFC 5280 4.2. */
  ERR_CERTIFICATE_EXTENSION: "CertificateError";
  /** A subject alternative name has a form that Go refuses: a wrong address length, a URI that does not parse. Fix: issue the certificate again. Source: RFC 5280 4.2.1.6, Go `parseSANExtension`. */
  ERR_CERTIFICATE_GENERAL_NAME: "CertificateError";
  /** A name constraint is malformed: a mask that is not contiguous, a name that is none. Fix: issue the CA certificate again. Source: RFC 5280 4.2.1.10, Go `parseNameConstraintsExtension`. */
  ERR_CERTIFICATE_NAME_CONSTRAINTS: "CertificateError";

  // --- certification requests (PKCS#10) -----------------------------------------------------------------------
  /** The version of a request is not 0. Fix: make the request again; there is but one version. Source: RFC 2986 4.1. */
  ERR_REQUEST_VERSION: "CertificateRequestError";
  /** The attributes of a request are missing, without a value, too many, or ask for extensions twice. Fix: make the request again with one extensionRequest. Source: RFC 2986 4.1, RFC 2985 5.4.2. */
  ERR_REQUEST_ATTRIBUTE: "CertificateRequestError";
  /** The signature of a request was not made by the key in it, or not by an algorithm that is taken. Fix: sign the request again with SHA-256 or better; somebody may have put another key into it. Source: RFC 2986 3, Go `CertificateRequest.CheckSignature`. */
  ERR_REQUEST_SIGNATURE: "CertificateRequestError";

  // --- certificate revocation lists: DER, but not what RFC 5280 and Go allow ----------------------------------
  /** The list is not of version 2, so it can have no number and no reasons. Fix: issue it as v2; OpenSSL does once it has a `crlnumber` file. Source: RFC 5280 5.1.2.1, Go `ParseRevocationList`. */
  ERR_CRL_VERSION: "CertificateListError";
  /** The signature algorithm inside the signed part differs from the one beside the signature. Fix: none, the list is broken or was tampered with. Source: RFC 5280 5.1.1.2. */
  ERR_CRL_SIGNATURE_ALGORITHM: "CertificateListError";
  /** The serial number of an entry is negative or longer than 20 octets. Fix: issue the list again. Source: RFC 5280 4.1.2.2, 5.1.2.6. */
  ERR_CRL_SERIAL_NUMBER: "CertificateListError";
  /** The list of entries is there but empty. Fix: leave it out where nothing is revoked. Source: RFC 5280 5.1.2.6. */
  ERR_CRL_EMPTY: "CertificateListError";
  /** The value of an extension of the list or of an entry is not what its definition allows: an unknown reason, a scope of two kinds. Fix: issue the list again. Source: RFC 5280 5.2, 5.3. */
  ERR_CRL_EXTENSION: "CertificateListError";
  /** An extension of the list or of an entry is critical that must not be. Fix: issue the list again. Source: RFC 5280 5.2.3, 5.3.1, Go `parseAuthorityKeyIdentifier`. */
  ERR_CRL_EXTENSION_CRITICALITY: "CertificateListError";
  /** The same extension stands in the list, or in an entry, twice. Fix: issue the list again. Source: RFC 5280 4.2. */
  ERR_CRL_DUPLICATE_EXTENSION: "CertificateListError";

  // --- certificate revocation lists: well formed, but nothing to rely on --------------------------------------
  /** The list is not of this issuer: another name or key, no CA, or a key usage without cRLSign. Fix: give the list of the CA that issued the certificate; issue that CA with cRLSign. Source: RFC 5280 6.3.3 (f), Go `CheckSignatureFrom`. */
  ERR_CRL_ISSUER: "CertificateListError";
  /** The signature does not hold, or was made with an algorithm or key that is not taken. Fix: fetch the list again; sign with SHA-256 or better. Source: RFC 5280 6.3.3 (g). */
  ERR_CRL_SIGNATURE: "CertificateListError";
  /** The list is of the future. Fix: check the clock. Source: RFC 5280 5.1.2.4. */
  ERR_CRL_NOT_YET_VALID: "CertificateListError";
  /** A newer list should have come by now, or the list does not say when. Fix: fetch or issue the next one. Source: RFC 5280 5.1.2.5. */
  ERR_CRL_EXPIRED: "CertificateListError";
  /** A file of lists cannot be read, or is none. Fix: check the path and the file; until then the lists from before count. Source: RFC 7468 7. */
  ERR_CRL_FILE: "CertificateListError";
  /** The list is a delta, is indirect, covers only some reasons or only attribute certificates, has a critical extension that is not understood, or has no number. Fix: issue full lists. Source: RFC 5280 5.2, 6.3. */
  ERR_CRL_UNSUPPORTED: "CertificateListError";

  // --- identities -----------------------------------------------------------------------------------------------
  /** The subject has more than one common name; readers differ in which they take. Fix: issue the certificate with one CN, or ask for `mode: "kubernetes"`, where the last counts. Source: Go pkix `FillFromRDNSequence`. */
  ERR_IDENTITY_MULTIPLE_COMMON_NAMES: "IdentityError";
  /** A user, group or uid has a control character (C0, DEL or C1), which logs and headers would interpret. Fix: issue the certificate with a plain name. Source: CVE-2009-2408, CWE-113. */
  ERR_IDENTITY_CONTROL_CHARACTER: "IdentityError";
  /** A user, group or uid has an invisible or direction-changing character, so that it looks like another. Fix: issue the certificate with a plain name, or pass `allowInvisible: true`. Source: CVE-2021-42574. */
  ERR_IDENTITY_INVISIBLE_CHARACTER: "IdentityError";
  /** The user or a group is one that stands for callers who were not authenticated. Fix: issue the certificate with another name. Source: Kubernetes `user.Anonymous`, `user.AllUnauthenticated`. */
  ERR_IDENTITY_UNAUTHENTICATED_NAME: "IdentityError";
  /** The subject has more than one UID attribute (1.3.6.1.4.1.57683.2). Fix: issue the certificate with at most one. Source: Kubernetes `parseUIDFromCert`. */
  ERR_IDENTITY_MULTIPLE_UIDS: "IdentityError";
  /** The UID attribute is there but empty. Fix: leave it out, or give it a value. Source: Kubernetes `parseUIDFromCert`. */
  ERR_IDENTITY_EMPTY_UID: "IdentityError";
  /** A group name is empty. Fix: issue the certificate without the empty O, or ask for `mode: "kubernetes"`, where it counts. Source: Kubernetes `CommonNameUserConversion`. */
  ERR_IDENTITY_EMPTY_GROUP: "IdentityError";
  /** There is no user name to write into a certificate. Fix: give `user`; an empty common name does not authenticate. Source: Kubernetes `CommonNameUserConversion`. */
  ERR_IDENTITY_NO_USER: "IdentityError";

  // --- SPIFFE: names of workloads -----------------------------------------------------------------------------
  /** The text is no SPIFFE ID, or none that may stand there. Fix: write `spiffe://<trust domain>/<path>` with a lower-case trust domain. Source: SPIFFE-ID 2. */
  ERR_SPIFFE_ID: "IdentityError";
  /** The certificate is no X.509-SVID of a workload. Fix: issue it with one SPIFFE ID as its only URI and with the usages of the standard. Source: SPIFFE X509-SVID 2 to 5. */
  ERR_SPIFFE_SVID: "IdentityError";
  /** The workload is of a trust domain that is not accepted, or a CA of another domain signed for it. Fix: federate with that domain by adding its bundle, if it is to be trusted. Source: SPIFFE Trust Domain and Bundle 5. */
  ERR_SPIFFE_TRUST_DOMAIN: "IdentityError";
  /** The text is no SPIFFE bundle. Fix: fetch the JSON of the bundle endpoint again. Source: SPIFFE Trust Domain and Bundle 4. */
  ERR_SPIFFE_BUNDLE: "IdentityError";

  // --- headers of proxies -------------------------------------------------------------------------------------
  /** A request has headers that speak for somebody else, and its sender is none of the peers who may. Fix: name the proxy in `trustedPeers`; if a client sent them, have the proxy remove them. Source: ingress-nginx #8299, Kubernetes `x509.Verifier`. */
  ERR_HEADER_UNTRUSTED_PEER: "HeaderError";
  /** A header that may be there once is there twice: one of them is from somebody else than the proxy. Fix: have the proxy replace the header instead of adding to it. Source: CWE-290. */
  ERR_HEADER_DUPLICATE: "HeaderError";
  /** A header has the name of one that counts, with underscores or dots for hyphens, which other servers take for the same. Fix: have the proxy remove it. Source: CVE-2025-64484. */
  ERR_HEADER_ALIAS: "HeaderError";
  /** Several values may have been joined with commas before they came here, so that nobody can tell how many there were. Fix: pass Node's request itself, or pairs, instead of `headers`. Source: RFC 9110 5.3. */
  ERR_HEADER_AMBIGUOUS: "HeaderError";
  /** A value has characters that HTTP does not carry or that nobody sees, or is no UTF-8; or a value to send is empty or would lose its spaces. Fix: use plain names. Source: RFC 9110 5.5, CWE-113. */
  ERR_HEADER_VALUE: "HeaderError";
  /** The key of an extra field would arrive as another one, because header names have no case. Fix: use a lower-case key. Source: Kubernetes `newExtra`. */
  ERR_HEADER_NAME: "HeaderError";
  /** A header is longer, or has more parts, than the limit. Fix: raise the limit if the proxy is known to write so much. Source: limits in docs/strictness.md. */
  ERR_HEADER_SIZE: "HeaderError";
  /** A header does not have the form that this proxy writes: quotes, escapes, base64 or separators are wrong. Fix: check that the right proxy is named, and how it is configured. Source: the proxy's documentation. */
  ERR_HEADER_SYNTAX: "HeaderError";
  /** The header has as many elements as proxies that added one, and that is not as many as was said. Fix: have the first proxy replace the header (`SANITIZE_SET`), or say with `hop` which element counts. Source: Envoy x-forwarded-client-cert. */
  ERR_HEADER_HOP: "HeaderError";
  /** There is no certificate in the header, only text about one, which proves nothing. Fix: have the proxy send the certificate itself (`cert: true`). Source: Envoy x-forwarded-client-cert. */
  ERR_HEADER_NO_CERTIFICATE: "HeaderError";
  /** Two things that the proxy says about one certificate are not the same: the hash, or the first of the chain. Fix: look for who else can write the header. Source: Envoy x-forwarded-client-cert. */
  ERR_HEADER_MISMATCH: "HeaderError";
  /** The proxy does not say, in the one word it has for that, that it has verified the client's certificate. Fix: configure it to verify and to say so. Source: nginx `$ssl_client_verify`, HAProxy `ssl_c_verify`. */
  ERR_HEADER_VERIFY: "HeaderError";
  /** The configuration of the front proxy cannot be read: no JSON list of names, an empty name, or none where one is needed. Fix: correct the flags of the API server. Source: Kubernetes ConfigMap `extension-apiserver-authentication`. */
  ERR_HEADER_CONFIG: "HeaderError";

  // --- peers of a server --------------------------------------------------------------------------------------
  /** The connection is not TLS, so there is no certificate to identify the peer by. Fix: serve with `node:https`; behind a proxy use `fromProxy`. Source: RFC 8446 4.4.2. */
  ERR_PEER_NOT_TLS: "PeerError";
  /** The connection, or the stream of HTTP/2, is over, so the peer's certificate cannot be asked for any more. Fix: none, nobody waits for the answer. Source: Node `TLSSocket.getPeerX509Certificate`. */
  ERR_PEER_GONE: "PeerError";
  /** The peer has shown no certificate. Fix: give the client one; start the server with `requestCert: true`. Source: RFC 8446 4.4.2. */
  ERR_PEER_NO_CERTIFICATE: "PeerError";
  /** TLS has not verified the peer's certificate. Fix: give the server the client CA as `ca`; or verify by an authenticator, see `fromSocket`. Source: Node `TLSSocket.authorized`. */
  ERR_PEER_UNAUTHORIZED: "PeerError";
  /** A file of client CAs cannot be read, or is too large; the `cause` says why. Fix: check the path and who may read it. Source: Kubernetes `dynamic_cafile_content.go`. */
  ERR_PEER_CA_FILE: "PeerError";

  // --- keys and signatures -------------------------------------------------------------------------------------
  /** The key is of a kind that is not used here: DSA, another curve, explicit curve parameters, X25519. Fix: make a key of a supported algorithm, such as ECDSA P-256. Source: RFC 5480 2.1.1, Go `parsePublicKey`, CVE-2020-0601. */
  ERR_KEY_UNSUPPORTED_ALGORITHM: "KeyError";
  /** The algorithm is known, but the WebCrypto of this runtime does not have it. Fix: use a newer runtime, or a key of another algorithm. Source: W3C Web Cryptography API, `NotSupportedError`. */
  ERR_KEY_UNSUPPORTED_BY_RUNTIME: "KeyError";
  /** The bytes are no key of their algorithm: a wrong length, a point off its curve, a number out of range. Fix: export the key again from where it was made. Source: RFC 5208, RFC 5915, RFC 8017, RFC 8410. */
  ERR_KEY_FORMAT: "KeyError";
  /** The key is too weak, or so large that using it stalls the reader. Fix: make an RSA key of 2048 to 8192 bits with exponent 65537, or an ECDSA key. Source: CVE-2023-29409, RFC 8017 3.1. */
  ERR_KEY_WEAK: "KeyError";
  /** Private key and public key, or key and certificate, do not belong together. Fix: find the key that the certificate was issued for. Source: Go `tls.X509KeyPair`. */
  ERR_KEY_MISMATCH: "KeyError";
  /** The private key is encrypted with a passphrase. Fix: decrypt it first. Source: RFC 5958 3, RFC 1421 4.6. */
  ERR_KEY_ENCRYPTED: "KeyError";
  /** The private key was made or read as not extractable. Fix: make or read it with `extractable: true` if it must be written. Source: W3C Web Cryptography API, `CryptoKey.extractable`. */
  ERR_KEY_NOT_EXTRACTABLE: "KeyError";
  /** The signature algorithm is unknown, insecure (MD5, SHA-1), oddly encoded, or not one of the key's. Fix: sign again with SHA-256 or better. Source: RFC 5280 4.1.1.2, Go `getSignatureAlgorithmFromAI`. */
  ERR_SIGNATURE_ALGORITHM: "KeyError";
  /** A signature value is not what its algorithm makes: a wrong length, or r or s out of range. Fix: an external signer must give ECDSA signatures as DER. Source: RFC 3279 2.2.3, RFC 8032 5.1.7. */
  ERR_SIGNATURE_FORMAT: "KeyError";

  // --- trust ------------------------------------------------------------------------------------------------------
  /** No path leads from the certificate to a trust anchor. Fix: add the issuing CA to the trust anchors, or send the missing intermediate. Source: RFC 5280 6.1, Go `UnknownAuthorityError`. */
  ERR_CHAIN_UNKNOWN_AUTHORITY: "ChainError";
  /** A certificate of the path is past its end. Fix: renew it. Source: RFC 5280 6.1.3 (a)(2), Go `isValid`. */
  ERR_CHAIN_EXPIRED: "ChainError";
  /** A certificate of the path is not valid yet. Fix: check the clock, or wait. Source: RFC 5280 6.1.3 (a)(2), Go `isValid`. */
  ERR_CHAIN_NOT_YET_VALID: "ChainError";
  /** An issuer may not sign certificates: no basic constraints with cA TRUE, a key usage without keyCertSign, or an intermediate before v3. Fix: issue from a CA certificate. Source: RFC 5280 6.1.4 (k), (n), Go `CheckSignatureFrom`. */
  ERR_CHAIN_NOT_A_CA: "ChainError";
  /** More intermediates stand below a CA than its path length allows; self-issued ones count. Fix: issue from a CA higher up. Source: RFC 5280 6.1.4 (l), (m), Go `TooManyIntermediates`. */
  ERR_CHAIN_PATH_LENGTH: "ChainError";
  /** A certificate of the path may not be used for this, CAs and trust anchors included. Fix: issue it again with the wanted extended key usage. Source: RFC 5280 4.2.1.12, Go `checkChainForKeyUsage`. */
  ERR_CHAIN_USAGE: "ChainError";
  /** A name is outside of what a CA above may certify. Fix: use another name or another CA. Source: RFC 5280 6.1.3 (b), (c), Go `checkChainConstraints`. */
  ERR_CHAIN_NAME_CONSTRAINTS: "ChainError";
  /** A policy is required and the certificates have none in common, or a mapping is invalid. Fix: issue the certificates under one policy. Source: RFC 9618, Go `policiesValid`. */
  ERR_CHAIN_POLICY: "ChainError";
  /** A certificate of the path has a critical extension that is not understood. Fix: issue it again without. Source: RFC 5280 6.1.4 (o), 6.1.5 (f), Go `UnhandledCriticalExtension`. */
  ERR_CHAIN_CRITICAL_EXTENSION: "ChainError";
  /** A signature does not hold: the issuer has the right name and another key, or the certificate was changed. Fix: trust the CA whose key signed it. Source: RFC 5280 6.1.3 (a)(1). */
  ERR_CHAIN_SIGNATURE: "ChainError";
  /** A signature was made with an algorithm that is unknown, insecure (MD5, SHA-1) or none of the issuer's key. Fix: issue the certificate again with SHA-256 or better. Source: Go `checkSignature`. */
  ERR_CHAIN_SIGNATURE_ALGORITHM: "ChainError";
  /** A key of the path is weak, malformed, of an unknown kind, or known to be in wrong hands. Fix: make a new key. Source: Go `parsePublicKey`, CVE-2020-0601. */
  ERR_CHAIN_KEY: "ChainError";
  /** Finding a path costs more than a verification may: 100 signature checks, 8 intermediates, 10,000 steps, 250,000 name comparisons. Fix: send only the certificates of the path. Source: Go `maxChainSignatureChecks`, CVE-2018-16875, CVE-2025-58187. */
  ERR_CHAIN_BUDGET: "ChainError";
  /** A certificate of the path was revoked, or is on the deny list. Fix: get a new certificate with a new key. Source: RFC 5280 6.1.3 (a)(3), 6.3. */
  ERR_CHAIN_REVOKED: "ChainError";
  /** Nothing says whether a certificate of the path was revoked, and the policy is to refuse then. Fix: give a current list of its issuer, or accept what is unknown by `onUnknown: "accept"`. Source: RFC 5280 6.3.3. */
  ERR_CHAIN_REVOCATION_UNKNOWN: "ChainError";
  /** The certificate is not valid for the host that was asked for; browsers call it `NET::ERR_CERT_COMMON_NAME_INVALID`. Fix: connect by a name in the certificate, or issue it again with that name in `dnsNames`, that address in `ipAddresses`; the CN does not count. Source: RFC 9525 6, Go `VerifyHostname`. */
  ERR_SERVER_NAME_MISMATCH: "ChainError";

  // --- clusters ---------------------------------------------------------------------------------------------------
  /** An address, a service subnet or an endpoint of the cluster is malformed, or the subnet has no room for a service. Fix: correct the value; subnets read `10.96.0.0/12`, endpoints `host:port`. Source: kubeadm `GetAPIServerAltNames`. */
  ERR_CLUSTER_NETWORK: "ClusterError";
  /** The name of a service, namespace, pod or DNS domain is none that Kubernetes takes. Fix: use lower-case letters, digits and hyphens. Source: Kubernetes `IsDNS1123Label`, `IsDNS1123Subdomain`. */
  ERR_CLUSTER_NAME: "ClusterError";
  /** The configuration or the inventory of a cluster contradicts itself: no control-plane node, a lifetime of nothing, a CA that is not there. Fix: correct the field that the error names. Source: kubeadm `validation.go`. */
  ERR_CLUSTER_CONFIG: "ClusterError";

  // --- kubeconfig files -------------------------------------------------------------------------------------------
  /** The kubeconfig is not what kubectl can read: a field of another type, no base64, a name that stands there twice. Fix: correct the field that the error names. Source: client-go `tools/clientcmd/loader.go` (`Load`). */
  ERR_KUBECONFIG_FORMAT: "KubeconfigError";
  /** The text of a kubeconfig is no YAML, or YAML with aliases, tags, keys that stand there twice, deep nesting or several documents. Fix: look at the line; `kubectl config view --raw` writes plain YAML. Source: YAML 1.1, docs/strictness.md. */
  ERR_KUBECONFIG_YAML: "KubeconfigError";
  /** The text of a kubeconfig is longer than the limit. Fix: raise `maxCharacters` if you trust the source. Source: limits in docs/strictness.md. */
  ERR_KUBECONFIG_SIZE: "KubeconfigError";

  // --- files ------------------------------------------------------------------------------------------------------
  /** A file cannot be read, or is a folder, a pipe or a device; the `cause` says why. Fix: check the path and who may read it. Source: POSIX `open`. */
  ERR_FILE_READ: "FileError";
  /** A file cannot be written; the `cause` says why. What was there is untouched. Fix: check the path, who may write there, and the space. Source: POSIX `open`, `rename`. */
  ERR_FILE_WRITE: "FileError";
  /** A file is larger than the limit. Fix: check that it is the right file, or raise the limit. Source: limits in docs/strictness.md. */
  ERR_FILE_SIZE: "FileError";
  /** A symbolic link stands where a file or a folder of secrets must be; it is not followed. Fix: give the path that it leads to. Source: CWE-59. */
  ERR_FILE_LINK: "FileError";
  /** Another process is writing, or was killed while it did. Fix: try again; if nobody writes, remove what the message names. Source: client-go `tools/clientcmd/loader.go` (`lockFile`). */
  ERR_FILE_LOCKED: "FileError";
  /** The files of a certificate and its private key do not parse, or do not belong together; the `cause` says why. What was read before goes on to count. Fix: replace both files at once, as Kubernetes does with the files of a volume. Source: Go crypto/tls `X509KeyPair`. */
  ERR_FILE_CREDENTIALS: "FileError";
  /** The name of a file to be written leads out of its directory, is hidden, stands there twice, or does not say what the file is. Fix: use plain names that end in `.crt`, `.key`, `.pub`, `.csr`, `.conf`, `.kubeconfig` or `.pem`. Source: CWE-22. */
  ERR_FILE_PATH: "FileError";
  /** The key of a CA, or of service account tokens, would be replaced by another. Fix: leave it out; or pass `allowReplacingCaKeys: true` if everything that it has signed is to be worth nothing. Source: kubeadm `cmd/kubeadm/app/phases/certs/certs.go`, which reuses what is there. */
  ERR_FILE_CA_KEY: "FileError";
  /** Somebody else changes files at the same time, or has changed what an interrupted writer was about to replace. Fix: try again; else move or remove the folder that the message names. Source: docs/guide/kubeconfig.md. */
  ERR_FILE_CHANGED: "FileError";

  // --- signers of certificates.k8s.io -------------------------------------------------------------------------
  /** A request is not to be signed: it is not approved, or denied, failed, signed, or for another signer. Fix: leave it alone, or wait for its approval. Source: Kubernetes `pkg/controller/certificates/signer/signer.go` (`handle`). */
  ERR_SIGNER_STATE: "SignerError";
  /** The CA that is to sign has expired. Fix: give the signer a new CA; the request can wait. Source: Kubernetes `pkg/controller/certificates/authority/policies.go`. */
  ERR_SIGNER_EXPIRED: "SignerError";
  /** kube-apiserver would refuse the certificate that a signer of pods made: it lives for less than an hour because its issuer ends, or has names that it does not take. Nothing was written. Fix: give the signer an issuer that lives longer, or correct the template. Source: Kubernetes `pkg/apis/certificates/validation/validation.go` (`ValidatePodCertificateRequestStatusUpdate`). */
  ERR_SIGNER_STATUS: "SignerError";
  /** Somebody denied the request that one waits for, which is final. Fix: read the reason, make another request. Source: client-go `WaitForCertificate`. */
  ERR_SIGNER_DENIED: "SignerError";
  /** The signer found the request that one waits for to be against its rules, which is final. Fix: look at it with `validateForSigner`, make another request. Source: client-go `WaitForCertificate`. */
  ERR_SIGNER_FAILED: "SignerError";
  /** The request that one waits for was deleted, or another was made under its name. Fix: make a new request under a name of its own. Source: client-go `WaitForCertificate`. */
  ERR_SIGNER_REPLACED: "SignerError";

  // --- kubelets: joining a cluster, and staying in it ---------------------------------------------------------------
  /** The text is no bootstrap token. Fix: copy it again, `abcdef.0123456789abcdef`, or make one with `kubeadm token create`. Source: Kubernetes `BootstrapTokenPattern`. */
  ERR_KUBELET_TOKEN: "KubeletError";
  /** A pin of the cluster's CA is malformed, or the cluster shows no certificate with a pinned key. Fix: compute the pin again on the control plane; if it is right, somebody else answered. Source: kubeadm `pubkeypin.go`. */
  ERR_KUBELET_CA_PIN: "KubeletError";
  /** What a cluster says of itself has no signature by the token, a wrong one, or is not what it was before; or is no kubeconfig of one cluster with CAs. Fix: make a new token on the control plane; if it is right, somebody else answered. Source: kubeadm `discovery/token/token.go`. */
  ERR_KUBELET_CLUSTER_INFO: "KubeletError";
  /** A file or link of the certificate store cannot be read or written, or is not what must stand there; `path` is the file, the `cause` says why. Fix: correct its mode or owner, or remove what stands in the way. Source: client-go `certificate_store.go`. */
  ERR_KUBELET_STORE: "KubeletError";
  /** The certificate that was signed cannot be used: it is past its end, or lacks names that were asked for. Fix: check the clocks, and what the signer leaves out. Source: client-go `certificate_manager.go`, which would ask again at once. */
  ERR_KUBELET_CERTIFICATE: "KubeletError";
  /** There is a request of this name, and it is not the one that would be made: somebody took the name, or an old one stands there. Fix: look at it, and delete it if it is nobody's. Source: client-go `util/certificate/csr/csr.go` (`ensureCompatible`). */
  ERR_KUBELET_NAME_TAKEN: "KubeletError";
  /** A request for a certificate was not signed in time. Fix: approve it with `kubectl certificate approve`, or see whether an approver and a signer are running. Source: client-go `certificateWaitTimeout`. */
  ERR_KUBELET_TIMEOUT: "KubeletError";

  // --- the API server ---------------------------------------------------------------------------------------------
  /** The API server refused a request, with an HTTP status. Fix: look at the status: 401 and 403 want other rights, 409 a newer object, 410 a new list. Source: Kubernetes API concepts, HTTP status codes. */
  ERR_API_STATUS: "ApiError";
  /** The answer is not JSON, or longer than an answer of an API server can be. Fix: check that the address is that of an API server. Source: etcd request limits. */
  ERR_API_ANSWER: "ApiError";

  // --- formats around X.509 ---------------------------------------------------------------------------------------
  /** The bytes are not of the format: no BER, another structure, or damaged. Fix: check that the right file was given, whole. Source: RFC 5958, RFC 7292, RFC 5652. */
  ERR_FORMAT_STRUCTURE: "FormatError";
  /** The password does not open the file, or the file is damaged so that nobody can tell. Fix: check the password, then the file. Source: RFC 7292 5.1, RFC 8018 6.2.2. */
  ERR_FORMAT_PASSWORD: "FormatError";
  /** The password opens what is encrypted, but the MAC over the file does not hold. Fix: fetch the file again; somebody changed it, or it was damaged. Source: RFC 7292 5.1. */
  ERR_FORMAT_INTEGRITY: "FormatError";
  /** The file is protected by an algorithm that is not read: RC2, 3DES and RC4 of old tools, scrypt, or by none. Fix: write it again with AES, for example by `openssl pkcs12 -legacy` followed by `openssl pkcs12 -export`. Source: RFC 8018, RFC 7292. */
  ERR_FORMAT_UNSUPPORTED: "FormatError";
  /** The file is larger, or wants more work, than is done for a stranger. Fix: raise the option that the message names, if the file can be trusted. Source: RFC 8018 4.2. */
  ERR_FORMAT_LIMIT: "FormatError";

  // --- templates: nothing was signed ------------------------------------------------------------------------------
  /** A name cannot be encoded: an empty RDN, ill-formed Unicode, or a value that does not fit its string type. Fix: correct the value. Source: RFC 5280 4.1.2.4. */
  ERR_TEMPLATE_NAME: "TemplateError";
  /** The validity makes no sense: an invalid date, an end before the start, or outside of the issuer's. Fix: correct the dates, or renew the issuer. Source: RFC 5280 4.1.2.5, Kubernetes `policies.go`. */
  ERR_TEMPLATE_VALIDITY: "TemplateError";
  /** The serial number is not hex, zero, or longer than 20 octets. Fix: leave it out, so that one is drawn. Source: RFC 5280 4.1.2.2. */
  ERR_TEMPLATE_SERIAL_NUMBER: "TemplateError";
  /** Subject and alternative names are both empty, or a name has control characters, so that the certificate is about nobody. Fix: give a name. Source: RFC 5280 4.1.2.6, CWE-113. */
  ERR_TEMPLATE_SUBJECT: "TemplateError";
  /** An alternative name is malformed, or is an IP address where a DNS name is wanted. Fix: correct the name; addresses go into `ipAddresses`. Source: RFC 5280 4.2.1.6, RFC 9525. */
  ERR_TEMPLATE_ALTERNATIVE_NAME: "TemplateError";
  /** The name would have privileges in Kubernetes: it starts with `system:`, or is one of kubeadm's administrators. Fix: pass `allowPrivileged: true` if that is what you want. Source: Kubernetes RBAC default roles. */
  ERR_TEMPLATE_PRIVILEGED_NAME: "TemplateError";
  /** An extension stands there twice, or says what contradicts the others. Fix: correct the template. Source: RFC 5280 4.2. */
  ERR_TEMPLATE_EXTENSION: "TemplateError";
  /** The issuer must not issue this: it is no CA, may not sign certificates, its path length is used up, or its key is another. Fix: use another issuer. Source: RFC 5280 4.2.1.3, 4.2.1.9. */
  ERR_TEMPLATE_ISSUER: "TemplateError";
  /** A name is outside of the name constraints of the issuer, so nobody would accept it. Fix: use another name or another issuer. Source: RFC 5280 4.2.1.10. */
  ERR_TEMPLATE_NAME_CONSTRAINTS: "TemplateError";
  /** The key is that of the issuer. Fix: make a key for each certificate. Source: CA practice, see docs/strictness.md. */
  ERR_TEMPLATE_KEY: "TemplateError";
  /** What came out is not what was asked for: the signer gave a wrong signature, or a wrong key. Nothing is returned. Fix: check the signer. Source: Go `CreateCertificate`, which checks its own signature too. */
  ERR_TEMPLATE_RESULT: "TemplateError";
}

/** The stable name of what went wrong; see `docs/errors.md` for cause and fix of each. */
export type ErrorCode = keyof ErrorCodes;

/** The codes that an error class reports. */
export type CodesOf<Name extends string> = {
  [Code in ErrorCode]: ErrorCodes[Code] extends Name ? Code : never;
}[ErrorCode];

/** Where it happened; every field is optional because not every error has a place. */
export interface ErrorPlace {
  /** Byte offset into the DER input. */
  readonly offset?: number;
  /** Path of the field, for example `tbsCertificate.subject[0]`. */
  readonly path?: string;
  /** Index of the certificate in a bundle or chain, from 0. */
  readonly certificateIndex?: number;
  /** Line in a text input, from 1. */
  readonly line?: number;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

const MAX_MESSAGE = 1024;

/**
 * Base class of every error that input can provoke.
 *
 * The message names what was found, what was expected and where. It holds no key material and is at most 1,024 characters long.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCertificate, PkiError } from "kubepki";
 *
 * try {
 *   parseCertificate(new Uint8Array([0x30, 0x80]));
 * } catch (error) {
 *   assert(error instanceof PkiError);
 *   assert.equal(error.code, "ERR_DER_LENGTH");
 * }
 * ```
 */
export abstract class PkiError extends Error {
  /** What happened, as a stable name. */
  declare readonly code: ErrorCode;
  /** Byte offset into the DER input, where there is one. */
  declare readonly offset?: number;
  /** Path of the field, for example `tbsCertificate.subject[0]`, where there is one. */
  declare readonly path?: string;
  /** Index of the certificate in a bundle or chain, where there is one. */
  declare readonly certificateIndex?: number;
  /** Line in a text input, from 1, where there is one. */
  declare readonly line?: number;

  /** Not for callers: errors are made where the fault is found. */
  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}) {
    super(shorten(message + describePlace(place)));
    Object.assign(this, { code }, place);
  }
}

function describePlace({ path, offset, line }: ErrorPlace): string {
  const parts = [];
  if (path) parts.push(path);
  if (offset !== undefined) parts.push(`offset ${offset}`);
  if (line !== undefined) parts.push(`line ${line}`);
  return parts.length ? ` (${parts.join(", ")})` : "";
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 3)}...` : message;
}

/** The bytes are not DER. Get the object again from its source, or have it encoded as DER. */
export class DerError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "DerError";
  /** Not for callers: the reader makes these. */
  constructor(code: CodesOf<"DerError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The text is not the PEM that was asked for. Check that the right file was given, whole. */
export class PemError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "PemError";
  /** Not for callers: the PEM reader makes these. */
  constructor(code: CodesOf<"PemError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The bytes are DER, but not a certificate that RFC 5280 and Kubernetes allow. Have it issued again. */
export class CertificateError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "CertificateError";
  /** Not for callers: the certificate reader makes these. */
  constructor(code: CodesOf<"CertificateError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The list of revoked certificates is malformed, or cannot be relied on. Get the current list of that CA; until then nothing is known. */
export class CertificateListError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "CertificateListError";
  /** Not for callers: the reader of lists makes these. */
  constructor(code: CodesOf<"CertificateListError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The certificate is fine, but it names no one whom it is safe to let in. Refuse the caller. */
export class IdentityError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "IdentityError";
  /** Not for callers: {@link parseIdentity} makes these. */
  constructor(code: CodesOf<"IdentityError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The certificate is fine, but there is no reason to trust it for this purpose. Refuse the peer. */
export class ChainError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ChainError";
  /** Everything that stood against it, the most useful first; empty where there is but one thing to say. */
  declare readonly reasons: readonly ChainError[];
  /** What would make it work. */
  declare readonly fix?: string;
  /** Not for callers: the verifying functions make these. */
  constructor(code: CodesOf<"ChainError">, message: string, place: ChainErrorPlace = {}) {
    const details = { reasons: [], ...place };
    super(code, message, details);
  }
}

/** As {@link ErrorPlace}, with what else is known of a refusal; `certificateIndex` is 0 for the leaf. */
export interface ChainErrorPlace extends ErrorPlace {
  /** All reasons, the most useful first. */
  readonly reasons?: readonly ChainError[];
  /** What would make it work. */
  readonly fix?: string;
}

/** A key cannot be read, made or used here. Use a key of a supported kind, or a runtime that has the algorithm. */
export class KeyError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "KeyError";
  /** Not for callers: the key functions make these. */
  constructor(code: CodesOf<"KeyError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A template asks for a certificate that must not be issued. Change the template; nothing was signed. */
export class TemplateError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "TemplateError";
  /** Not for callers: the issuing functions make these. */
  constructor(code: CodesOf<"TemplateError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** Codes of faults that a reader of DER finds. */
export type InputCode = CodesOf<
  "DerError" | "CertificateError" | "CertificateListError" | "CertificateRequestError"
>;

/** The error for a fault in DER input; its class follows from the code. */
export type InputErrorMaker = (code: InputCode, message: string, place: ErrorPlace) => PkiError;

/** The error for a fault in a certificate. */
export function inputError(code: InputCode, message: string, place: ErrorPlace): PkiError {
  return code.startsWith("ERR_D")
    ? new DerError(code as CodesOf<"DerError">, message, place)
    : new CertificateError(code as CodesOf<"CertificateError">, message, place);
}

/** The error for a fault in a request, which has parts that certificates have as well. Apart, so that a bundle that reads certificates alone has none of it. */
export function requestInputError(code: InputCode, message: string, place: ErrorPlace): PkiError {
  return code.startsWith("ERR_R")
    ? new CertificateRequestError(code as CodesOf<"CertificateRequestError">, message, place)
    : inputError(code, message, place);
}

/** The error for a fault in a certificate list. Apart, as {@link requestInputError}. */
export function listInputError(code: InputCode, message: string, place: ErrorPlace): PkiError {
  return code.startsWith("ERR_CRL")
    ? new CertificateListError(code as CodesOf<"CertificateListError">, message, place)
    : inputError(code, message, place);
}

/** The bytes are DER, but no request for a certificate that can be answered. Ask for another; nothing was signed. */
export class CertificateRequestError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "CertificateRequestError";
  /** Not for callers: the functions for requests make these. */
  constructor(code: CodesOf<"CertificateRequestError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A signer cannot answer, or must not: nothing was signed. */
export class SignerError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "SignerError";
  /** Not for callers: the signing functions make these. */
  constructor(code: CodesOf<"SignerError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A file of a format around X.509 cannot be read, or not with this password. */
export class FormatError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "FormatError";
  /** Not for callers: the functions of `kubepki/formats` make these. */
  constructor(code: CodesOf<"FormatError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The description of the cluster makes no sense. Correct it; nothing was issued. */
export class ClusterError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ClusterError";
  /** Not for callers: the cluster functions make these. */
  constructor(code: CodesOf<"ClusterError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A kubelet, or what acts as one, cannot use what it was given or finds on its disk. Nothing was replaced; correct what the message names. */
export class KubeletError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "KubeletError";
  /** Not for callers: the functions for kubelets make these. */
  constructor(code: CodesOf<"KubeletError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A file cannot be read or written as it must be. Nothing was changed; look at the path that the message names. */
export class FileError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "FileError";
  /** Not for callers: the functions for files make these. */
  constructor(code: CodesOf<"FileError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A kubeconfig cannot be understood. Correct the file; `path` is the field. */
export class KubeconfigError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "KubeconfigError";
  /** Not for callers: the readers of kubeconfigs make these. */
  constructor(code: CodesOf<"KubeconfigError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** The API server refused or could not be understood. Look at the status; the controllers try again by themselves. */
export class ApiError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "ApiError";
  /** HTTP status, where there was an answer with one. */
  declare readonly status?: number;
  /** Not for callers: the API client makes these. */
  constructor(code: CodesOf<"ApiError">, message: string, place: ErrorPlace & { status?: number } = {}) {
    super(code, message, place);
  }
}

/** What a proxy says, or is said to say, about a client must not be believed. Refuse the request; `path` is the header. */
export class HeaderError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "HeaderError";
  /** Not for callers: the readers and writers of headers make these. */
  constructor(code: CodesOf<"HeaderError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** A server cannot tell who is at the other end of a connection, or whom to believe. Refuse the peer. */
export class PeerError extends PkiError {
  /** The name of the class, also in minified bundles. */
  override readonly name = "PeerError";
  /** Not for callers: what looks at connections makes these. */
  constructor(code: CodesOf<"PeerError">, message: string, place?: ErrorPlace) {
    super(code, message, place);
  }
}

/** What a `safeParse*` function returns: the value, or the error that its throwing twin would have thrown. */
export type SafeResult<T> =
  | {
      /** It worked. */
      readonly ok: true;
      /** What was parsed. */
      readonly value: T;
    }
  | {
      /** It did not work. */
      readonly ok: false;
      /** Why not. */
      readonly error: PkiError;
    };

/**
 * Runs a synchronous parser and returns its `PkiError` instead of throwing it.
 *
 * A stack trace costs many times a parse, and hostile input must not buy it: errors made here have none.
 */
export function safely<T>(parse: () => T): SafeResult<T> {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit");
  Reflect.set(Error, "stackTraceLimit", 0); // Reflect: with frozen intrinsics this does nothing instead of throwing
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof PkiError) return { ok: false, error };
    throw error;
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
