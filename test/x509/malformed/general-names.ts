/** Faults of the extensions with names: subjectAltName and nameConstraints. */
import { attribute, cn, dnsName, ipAddress, name, rfc822Name, uri } from "../../support/certificate.ts";
import {
  ctx,
  ctxPrimitive,
  hex,
  ia5,
  join,
  latin1,
  nul,
  oid,
  printable,
  seq,
  set,
} from "../../support/tlv.ts";
import { type MalformedCertificate, zeros, truncated, extensionFaults } from "./row.ts";

const rows: MalformedCertificate[] = [];

export const text = (tag: number, content: string): Uint8Array => ctxPrimitive(tag, latin1(content));

rows.push(
  ...extensionFaults("subjectAltName", [
    ["a name without its list", dnsName("a"), "ERR_DER_UNEXPECTED_TAG", ""],
    ["no name", seq(), "ERR_CERTIFICATE_EXTENSION", "", "accepts"],
    ["an octet follows", join(seq(dnsName("a")), zeros(1)), "ERR_DER_TRAILING_DATA", "", "accepts"],
    ["the second name is cut", seq(dnsName("a"), truncated(0x82)), "ERR_DER_TRUNCATED", "[1]"],
    ["a name with a long tag", seq(hex("9f 22 01 61")), "ERR_DER_TAG", "[0]"],
    ["dNSName above 7F", seq(text(2, "\xe9")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    [
      "dNSName in UTF-8",
      seq(ctxPrimitive(2, new TextEncoder().encode("é"))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0]",
    ],
    ["constructed dNSName", seq(ctx(2, ia5("a"))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]", "accepts"],
    ["rfc822Name above 7F", seq(dnsName("a"), text(1, "\xe9@x")), "ERR_CERTIFICATE_GENERAL_NAME", "[1]"],
    ["URI above 7F", seq(text(6, "https://\xe9/")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI with a broken escape", seq(uri("spiffe://td/%zz")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI with an open bracket", seq(uri("http://[::1")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI without scheme before the colon", seq(uri("://x")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI with a control character", seq(uri("https://a/\n")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI with an empty label", seq(uri("https://a..b/")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["URI with a dot after the host", seq(uri("https://a.b./")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress of no octets", seq(ipAddress(zeros(0))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress of 3 octets", seq(ipAddress(zeros(3))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress of 5 octets", seq(ipAddress(zeros(5))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress with a mask", seq(ipAddress(zeros(8))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress of 17 octets", seq(ipAddress(zeros(17))), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["iPAddress as text", seq(text(7, "10.0.0.1")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]"],
    ["otherName without a type", seq(ctx(0)), "ERR_DER_TRUNCATED", "[0].type-id", "accepts"],
    ["otherName without a value", seq(ctx(0, oid("1.2.3"))), "ERR_DER_TRUNCATED", "[0].value", "accepts"],
    [
      "otherName with two values",
      seq(ctx(0, oid("1.2.3"), ctx(0, nul, nul))),
      "ERR_DER_TRAILING_DATA",
      "[0].value",
      "accepts",
    ],
    [
      "directoryName without its tag made explicit",
      seq(ctx(4, set(cn("u")))),
      "ERR_DER_UNEXPECTED_TAG",
      "[0].directoryName",
      "accepts",
    ],
    [
      "directoryName with a broken text",
      seq(ctx(4, name(attribute("2.5.4.3", printable("@"))))),
      "ERR_DER_STRING",
      "[0].directoryName[0][0].value",
      "accepts",
    ],
    ["registeredID with padding", seq(ctxPrimitive(8, hex("2a 80 03"))), "ERR_DER_OID", "[0]", "accepts"],
    [
      "a kind of name that does not exist",
      seq(ctxPrimitive(9, zeros(1))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      "[0]",
      "accepts",
    ],
    ["an IA5String", seq(ia5("a.example")), "ERR_CERTIFICATE_GENERAL_NAME", "[0]", "accepts"],
  ]),
);

const permitted = (...bases: Uint8Array[]): Uint8Array => seq(ctx(0, ...bases.map((base) => seq(base))));
const excluded = (...bases: Uint8Array[]): Uint8Array => seq(ctx(1, ...bases.map((base) => seq(base))));

rows.push(
  ...extensionFaults("nameConstraints", [
    ["a SET", set(ctx(0, seq(dnsName("a")))), "ERR_DER_UNEXPECTED_TAG", ""],
    ["neither permitted nor excluded", seq(), "ERR_CERTIFICATE_NAME_CONSTRAINTS", ""],
    [
      "permitted, but nothing in it",
      seq(ctx(0)),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees",
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
    ],
    [
      "both, but nothing in them",
      seq(ctx(0), ctx(1)),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees",
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
    ],
    [
      "permitted with nothing in it beside excluded",
      seq(ctx(0), ctx(1, seq(dnsName("a")))),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees",
      "accepts",
    ],
    [
      "excluded before permitted",
      seq(ctx(1, seq(dnsName("a"))), ctx(0, seq(dnsName("b")))),
      "ERR_DER_TRAILING_DATA",
      "",
    ],
    ["an element after excluded", seq(ctx(1, seq(dnsName("a"))), nul), "ERR_DER_TRAILING_DATA", ""],
    ["an octet follows", join(permitted(dnsName("a")), zeros(1)), "ERR_DER_TRAILING_DATA", ""],
    [
      "a name without its SEQUENCE",
      seq(ctx(0, dnsName("a"))),
      "ERR_DER_UNEXPECTED_TAG",
      ".permittedSubtrees[0]",
    ],
    ["a subtree without a name", permitted(zeros(0)), "ERR_DER_TRUNCATED", ".permittedSubtrees[0].base"],
    [
      "a minimum",
      permitted(join(dnsName("a"), ctxPrimitive(0, zeros(1)))),
      "ERR_DER_TRAILING_DATA",
      ".permittedSubtrees[0]",
      "accepts",
    ],
    [
      "a maximum",
      permitted(join(dnsName("a"), ctxPrimitive(1, hex("05")))),
      "ERR_DER_TRAILING_DATA",
      ".permittedSubtrees[0]",
      "accepts",
    ],
    [
      "dNSName with a dot at the end",
      permitted(dnsName("a.example.")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "dNSName with an empty label",
      excluded(dnsName("a..example")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".excludedSubtrees[0]",
    ],
    [
      "dNSName with a space",
      excluded(dnsName("a b")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".excludedSubtrees[0]",
    ],
    [
      "dNSName above 7F",
      permitted(text(2, "\xe9")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "rfc822Name with a space",
      permitted(rfc822Name("a b@x")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "rfc822Name without a mailbox",
      permitted(rfc822Name("@a.example")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "rfc822Name above 7F",
      permitted(text(1, "\xe9@a")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "URI that is an address",
      permitted(uri("10.0.0.1")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "URI with an empty label",
      excluded(uri("a..b")),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".excludedSubtrees[0]",
    ],
    [
      "iPAddress without a mask",
      permitted(ipAddress(zeros(4))),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "iPAddress of 9 octets",
      permitted(ipAddress(zeros(9))),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "a mask with a hole",
      permitted(ipAddress(hex("0a000000 ff00ff00"))),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".permittedSubtrees[0]",
    ],
    [
      "a mask with a hole within an octet",
      excluded(ipAddress(hex("0a000000 f7000000"))),
      "ERR_CERTIFICATE_NAME_CONSTRAINTS",
      ".excludedSubtrees[0]",
    ],
    [
      "a broken directoryName",
      permitted(ctx(4, nul)),
      "ERR_DER_UNEXPECTED_TAG",
      ".permittedSubtrees[0].base.directoryName",
      "accepts",
    ],
    [
      "a kind of name that does not exist",
      permitted(ctxPrimitive(9, zeros(1))),
      "ERR_CERTIFICATE_GENERAL_NAME",
      ".permittedSubtrees[0].base",
      "accepts",
    ],
  ]),
);

export const generalNames: readonly MalformedCertificate[] = rows;
