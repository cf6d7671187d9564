/** Faults of the extensions that tell of the issuer and its policies. */
import { cn, uri } from "../../support/certificate.ts";
import { ctx, ctxPrimitive, hex, int, join, nul, oid, seq, set, tlv, utf8 } from "../../support/tlv.ts";
import { type MalformedCertificate, zeros, truncated, extensionFaults } from "./row.ts";
import { text } from "./general-names.ts";

const rows: MalformedCertificate[] = [];

export const point = (...names: Uint8Array[]): Uint8Array => ctx(0, ctx(0, ...names));
export const crl = uri("http://crl.example/");

rows.push(
  ...extensionFaults("crlDistributionPoints", [
    ["an empty list", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["an empty point", seq(seq()), "ERR_CERTIFICATE_EXTENSION", "[0]", "accepts"],
    ["a point without its list", point(crl), "ERR_DER_UNEXPECTED_TAG", ""],
    ["a point is a SET", seq(set(point(crl))), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    [
      "a point's name without contents",
      seq(seq(ctx(0))),
      "ERR_DER_TRUNCATED",
      "[0].distributionPoint.fullName",
    ],
    [
      "a name relative to the issuer",
      seq(seq(ctx(0, ctx(1, cn("crl"))))),
      "ERR_DER_UNEXPECTED_TAG",
      "[0].distributionPoint.fullName",
    ],
    [
      "two full names",
      seq(seq(ctx(0, ctx(0, crl), ctx(0, crl)))),
      "ERR_DER_TRAILING_DATA",
      "[0].distributionPoint",
      "accepts",
    ],
    [
      "a URI above 7F",
      seq(seq(point(text(6, "http://\xe9/")))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0].distributionPoint.fullName[0]",
      "accepts",
    ],
    [
      "a URI that is cut",
      seq(seq(point(truncated(0x86)))),
      "ERR_DER_TRUNCATED",
      "[0].distributionPoint.fullName[0]",
      "ERR_DER_TRUNCATED",
    ],
    [
      "reasons without octets",
      seq(seq(ctxPrimitive(1, zeros(0)))),
      "ERR_DER_BIT_STRING",
      "[0].reasons",
      "accepts",
    ],
    [
      "reasons with zero bits at the end",
      seq(seq(point(crl), ctxPrimitive(1, hex("05 40")))),
      "ERR_DER_NAMED_BITS",
      "[0].reasons",
      "accepts",
    ],
    [
      "a CRL issuer that is no GeneralName",
      seq(seq(ctx(2, nul))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0].cRLIssuer[0]",
      "accepts",
    ],
    ["an unknown field", seq(seq(point(crl), ctx(3))), "ERR_DER_TRAILING_DATA", "[0]", "accepts"],
    ["an octet follows", join(seq(seq(point(crl))), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

export const ocsp = oid("1.3.6.1.5.5.7.48.1");
export const responder = uri("http://ocsp.example/");

rows.push(
  ...extensionFaults("authorityInfoAccess", [
    ["an empty list", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a description without its list", seq(ocsp, responder), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    ["a SET", set(seq(ocsp, responder)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["a description without contents", seq(seq()), "ERR_DER_TRUNCATED", "[0].accessMethod"],
    [
      "a method that is a text",
      seq(seq(utf8("ocsp"), responder)),
      "ERR_DER_UNEXPECTED_TAG",
      "[0].accessMethod",
    ],
    [
      "a method with an arc of 32 bits",
      seq(seq(oid("1.2.4294967296"), responder)),
      "ERR_DER_OID_ARC",
      "[0].accessMethod",
    ],
    ["no location", seq(seq(ocsp)), "ERR_DER_TRUNCATED", "[0].accessLocation", "accepts"],
    [
      "a location that is no GeneralName",
      seq(seq(ocsp, nul)),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0].accessLocation",
      "accepts",
    ],
    [
      "a URI above 7F",
      seq(seq(ocsp, text(6, "http://\xe9/"))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0].accessLocation",
      "accepts",
    ],
    ["a URI that is cut", seq(seq(ocsp, truncated(0x86))), "ERR_DER_TRUNCATED", "[0].accessLocation"],
    ["two locations", seq(seq(ocsp, responder, responder)), "ERR_DER_TRAILING_DATA", "[0]", "accepts"],
    ["an octet follows", join(seq(seq(ocsp, responder)), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

export const policy = oid("1.2.3.4");

rows.push(
  ...extensionFaults("certificatePolicies", [
    ["an empty list", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a SET", set(seq(policy)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["a policy without its SEQUENCE", seq(policy), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    ["a policy without identifier", seq(seq()), "ERR_DER_TRUNCATED", "[0].policyIdentifier"],
    ["an empty identifier", seq(seq(tlv(6))), "ERR_DER_OID", "[0].policyIdentifier"],
    ["a padded identifier", seq(seq(hex("06 03 2a 80 03"))), "ERR_DER_OID", "[0].policyIdentifier"],
    ["a cut identifier", seq(seq(hex("06 02 2a 83"))), "ERR_DER_OID", "[0].policyIdentifier"],
    [
      "an arc of 129 bits",
      seq(seq(oid(`1.2.${2n ** 128n}`))),
      "ERR_DER_OID_ARC",
      "[0].policyIdentifier",
      "limit",
    ],
    [
      "an identifier of 65 octets",
      seq(seq(tlv(6, zeros(65)))),
      "ERR_DER_OID",
      "[0].policyIdentifier",
      "limit",
    ],
    ["the same policy twice", seq(seq(policy), seq(policy)), "ERR_CERTIFICATE_EXTENSION", "[1]"],
    [
      "qualifiers that are no SEQUENCE",
      seq(seq(policy, nul)),
      "ERR_DER_UNEXPECTED_TAG",
      "[0].policyQualifiers",
      "accepts",
    ],
    ["two lists of qualifiers", seq(seq(policy, seq(), seq())), "ERR_DER_TRAILING_DATA", "[0]", "accepts"],
    ["an octet follows", join(seq(seq(policy)), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

rows.push(
  ...extensionFaults("policyMappings", [
    ["an empty list", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["a SET", set(seq(policy, policy)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["a mapping without its SEQUENCE", seq(policy), "ERR_DER_UNEXPECTED_TAG", "[0]"],
    ["a mapping of one policy", seq(seq(policy)), "ERR_DER_TRUNCATED", "[0].subjectDomainPolicy"],
    [
      "a policy that is a text",
      seq(seq(utf8("x"), policy)),
      "ERR_DER_UNEXPECTED_TAG",
      "[0].issuerDomainPolicy",
    ],
    ["an empty identifier", seq(seq(tlv(6), policy)), "ERR_DER_OID", "[0].issuerDomainPolicy", "accepts"],
    ["a third policy", seq(seq(policy, policy, policy)), "ERR_DER_TRAILING_DATA", "[0]", "accepts"],
    ["an octet follows", join(seq(seq(policy, policy)), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

rows.push(
  ...extensionFaults("policyConstraints", [
    ["an empty list", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["an INTEGER alone", int(0), "ERR_DER_UNEXPECTED_TAG", ""],
    [
      "requireExplicitPolicy without octets",
      seq(ctxPrimitive(0, zeros(0))),
      "ERR_DER_INTEGER",
      ".requireExplicitPolicy",
    ],
    [
      "requireExplicitPolicy with a zero in front",
      seq(ctxPrimitive(0, hex("00 01"))),
      "ERR_DER_INTEGER",
      ".requireExplicitPolicy",
    ],
    [
      "requireExplicitPolicy of -1",
      seq(ctxPrimitive(0, hex("ff"))),
      "ERR_DER_INTEGER",
      ".requireExplicitPolicy",
      "accepts",
    ],
    [
      "requireExplicitPolicy of 2^63",
      seq(ctxPrimitive(0, hex("00 80 00 00 00 00 00 00 00"))),
      "ERR_DER_INTEGER",
      ".requireExplicitPolicy",
    ],
    [
      "inhibitPolicyMapping of 2^62",
      seq(ctxPrimitive(1, hex("40 00 00 00 00 00 00 00"))),
      "ERR_DER_INTEGER",
      ".inhibitPolicyMapping",
      "accepts",
    ],
    [
      "inhibitPolicyMapping first",
      seq(ctxPrimitive(1, zeros(1)), ctxPrimitive(0, zeros(1))),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
    [
      "an octet follows",
      join(seq(ctxPrimitive(0, zeros(1))), zeros(1)),
      "ERR_DER_TRAILING_DATA",
      "",
      "accepts",
    ],
  ]),
);

rows.push(
  ...extensionFaults("inhibitAnyPolicy", [
    ["a SEQUENCE", seq(int(0)), "ERR_DER_UNEXPECTED_TAG", ""],
    ["no octets", tlv(2), "ERR_DER_INTEGER", ""],
    ["-1", int(-1), "ERR_DER_INTEGER", "", "accepts"],
    ["2^63", int(2n ** 63n), "ERR_DER_INTEGER", ""],
    ["an octet follows", join(int(0), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
  ]),
);

export const issuerInformation: readonly MalformedCertificate[] = rows;
