/** PEM files, requests and keys that readers disagree about. */
import {
  attributes,
  attribute,
  certificate,
  certificationRequest,
  cn,
  dnsName,
  ecAlgorithm,
  extension,
  extensionIds,
  name,
  o,
  p256Point,
} from "../../support/certificate.ts";
import {
  bits,
  bool,
  ctx,
  ctxPrimitive,
  hex,
  int,
  join,
  latin1,
  nul,
  octets,
  oid,
  printable,
  seq,
  set,
  tlv,
  utf8,
} from "../../support/tlv.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const wrapped = (text: string, width = 64, end = "\n"): string =>
  text.replace(new RegExp(`.{1,${width}}`, "gu"), (line) => line + end);

const der = certificate();
const body = wrapped(base64(der));
const block = (contents: string, label = "CERTIFICATE", endLabel = label): string =>
  `-----BEGIN ${label}-----\n${contents}-----END ${endLabel}-----\n`;
const good = block(body);
const small = block("AQID\n", "X");
const lines = body.split("\n");

export const pemTexts: Readonly<Record<string, string>> = {
  "one block": good,
  "two blocks": good + good,
  "text before and after": `before\n${good}after\n`,
  "text between": `${good}text\n${good}`,
  CRLF: good.replaceAll("\n", "\r\n"),
  "CR only": good.replaceAll("\n", "\r"),
  "no final newline": good.trimEnd(),
  "lines of 76": block(wrapped(base64(der), 76)),
  "lines of 1": block(wrapped("AQID", 1), "X"),
  "one long line": block(`${base64(der)}\n`),
  "spaces and tabs in the base64": block("A Q\tI D\n", "X"),
  "empty lines in the base64": block("\n\nAQ\n\nID\n\n", "X"),
  "form feed in the base64": block("AQ\fID\n", "X"),
  "spaces after BEGIN": small.replace("-----\n", "-----  \t\n"),
  "text after BEGIN": small.replace("-----\n", "----- x\n"),
  "spaces after END": `${small.trimEnd()}  \n`,
  "text after END": `${small.trimEnd()} x\n`,
  "dash after END": `${small.trimEnd()}-\n`,
  "indented BEGIN": ` ${small}`,
  "text before BEGIN on its line": `x${small}`,
  "byte order mark": `\ufeff${small}`,
  "END of another type": block("AQID\n", "X", "Y"),
  "END of another type, then a block": block("AQID\n", "X", "Y") + small,
  "lower case": small.toLowerCase(),
  "lower-case type": block("AQID\n", "certificate"),
  "four dashes": small.replaceAll("-----", "----"),
  "six dashes": small.replaceAll("-----", "------"),
  "no END": "-----BEGIN X-----\nAQID\n",
  "no END, then a block": `-----BEGIN X-----\nAQID\n${small}`,
  "END before BEGIN": `-----END X-----\n${small}`,
  "END directly after BEGIN": "-----BEGIN X----------END X-----\n",
  "END on the BEGIN line": "-----BEGIN X----- -----END X-----\n",
  "END not at line start": "-----BEGIN X-----\nAQID-----END X-----\n",
  "END not at line start, after spaces": "-----BEGIN X-----\nAQID\n  -----END X-----\n",
  "empty body": block("", "X"),
  "body of an empty line": block("\n", "X"),
  "no padding": block("AQ\n", "X"),
  "too much padding": block("AQID=\n", "X"),
  "padding in the middle": block("AQ==ID==\n", "X"),
  "trailing bits set": block("AR==\n", "X"),
  "padding split over lines": block("AQ=\n=\n", "X"),
  "padding alone": block("====\n", "X"),
  "URL-safe alphabet": block("-_8=\n", "X"),
  "illegal character": block("AQ!D\n", "X"),
  "illegal character, then a block": block("AQ!D\n", "X") + small,
  "non-ASCII in the base64": block("AQÄD\n", "X"),
  "NUL in the base64": block("AQ\0ID\n", "X"),
  header: block("Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,1\n\nAQID\n", "X"),
  "header without empty line": block("A: b\nAQID\n", "X"),
  "header with empty value": block("A:\n\nAQID\n", "X"),
  "header with empty name": block(": b\n\nAQID\n", "X"),
  "header twice": block("A: b\nA: c\n\nAQID\n", "X"),
  "header and empty body": block("A: b\n\n", "X"),
  "header only": block("A: b\n", "X"),
  "header with a colon in its value": block("A: b:c\n\nAQID\n", "X"),
  "header on a certificate": block(`A: b\n\n${body}`),
  "header after the base64": block("AQID\nA: b\n", "X"),
  "empty type": "-----BEGIN -----\nAQID\n-----END -----\n",
  "type of a space": "-----BEGIN  -----\nAQID\n-----END  -----\n",
  "no space before the type": "-----BEGINX-----\nAQID\n-----ENDX-----\n",
  "type with dashes": block("AQID\n", "A-B--C"),
  "type with five dashes": block("AQID\n", "A-----B"),
  "type with trailing space": "-----BEGIN X -----\nAQID\n-----END X -----\n",
  "END with trailing space in the type": "-----BEGIN X-----\nAQID\n-----END X -----\n",
  "type with non-ASCII": block("AQID\n", "Ü"),
  "nested BEGIN": "-----BEGIN X-----\n-----BEGIN Y-----\nAQID\n-----END Y-----\n-----END X-----\n",
  "BEGIN twice": `-----BEGIN X-----\n${small}`,
  "TRUSTED CERTIFICATE": block(body, "TRUSTED CERTIFICATE"),
  "X509 CERTIFICATE": block(body, "X509 CERTIFICATE"),
  "two certificates in one block": block(wrapped(base64(join(der, der)))),
  "a byte after the certificate in its block": block(wrapped(base64(join(der, hex("00"))))),
  "a broken certificate": block("AQID\n"),
  "a good and a broken certificate": good + block("AQID\n"),
  "a broken base64 block, then a certificate": block("A\n") + good,
  "a key before the certificate": block("AQID\n", "PRIVATE KEY") + good,
  "one line missing": block(lines.filter((_, i) => i !== 1).join("\n")),
  "blocks without newline between": good.trimEnd() + good,
  "blocks on one line": small.trimEnd() + small,
  "vertical tab after BEGIN": small.replace("-----\n", "-----\v\n"),
  "CR after BEGIN and then text": small.replace("-----\n", "-----\rx\n"),
  nothing: "",
  "only text": "hello\n",
  "a thousand BEGIN lines": `${"-----BEGIN X-----\n".repeat(1000)}${small}`,
};

const requestedExtensions = (...list: Uint8Array[]): Uint8Array =>
  seq(oid("1.2.840.113549.1.9.14"), set(seq(...list)));
const sanExtension = extension(extensionIds.subjectAltName, seq(dnsName("a.example")));
const alice = name(cn("alice"));
const challenge = seq(oid("1.2.840.113549.1.9.7"), set(printable("pw")));

/** A request, with its parts replaced: RFC 2986 section 4. */
const request = (info: Uint8Array, ...rest: Uint8Array[]): Uint8Array => seq(info, ...rest);
const plain = certificationRequest(alice);
const spki = seq(ecAlgorithm, bits(p256Point));
const signatureAlgorithm = seq(oid("1.2.840.10045.4.3.2"));
const signature = bits(seq(int(1), int(1)));
const info = (...parts: Uint8Array[]): Uint8Array => request(seq(...parts), signatureAlgorithm, signature);

const time = (text: string): Uint8Array => tlv(0x18, latin1(text));

/** What may stand in a subject where a string is expected: Go looks at what it knows, and reads on. */
const values: Readonly<Record<string, Uint8Array>> = {
  TRUE: bool(true),
  "a BOOLEAN of 01": hex("010101"),
  "a BOOLEAN of two octets": hex("0102ffff"),
  "an INTEGER": int(5),
  "an INTEGER of 64 bits": int(-(2n ** 63n)),
  "an INTEGER of 65 bits": int(2n ** 64n),
  "an INTEGER with padding": hex("02020001"),
  "an INTEGER without octets": hex("0200"),
  "a BIT STRING": bits(hex("f0"), 4),
  "a BIT STRING with set unused bits": bits(hex("ff"), 4),
  "a BIT STRING without octets": hex("0300"),
  "an OCTET STRING": octets(hex("ff")),
  "a NULL": nul,
  "a NULL with contents": hex("0501ff"),
  "an identifier": oid("1.2.3"),
  "an identifier with padding": hex("06032a8001"),
  "an identifier without octets": hex("0600"),
  "an ENUMERATED without octets": hex("0a00"),
  "an identifier of zero, end of contents": hex("0000"),
  "a UTCTime": tlv(0x17, latin1("300101000000Z")),
  "a UTCTime without seconds": tlv(0x17, latin1("3001010000Z")),
  "a UTCTime with an offset": tlv(0x17, latin1("300101000000+0100")),
  "a UTCTime with a fraction": tlv(0x17, latin1("300101000000.5Z")),
  "a UTCTime of a day that is not": tlv(0x17, latin1("300230000000Z")),
  "a GeneralizedTime": time("20300101000000Z"),
  "a GeneralizedTime without seconds": time("203001010000Z"),
  "a GeneralizedTime with a fraction": time("20300101000000.5Z"),
  "a GeneralizedTime with a fraction and an offset": time("20300101000000.050-0130"),
  "a GeneralizedTime with nine digits and an offset": time("20300101000000.123456789-0130"),
  "a GeneralizedTime with ten digits": time("20300101000000.1234567891Z"),
  "a GeneralizedTime with a fraction that ends in 0": time("20300101000000.50Z"),
  "a GeneralizedTime with a comma": time("20300101000000,5Z"),
  "a GeneralizedTime with a point alone": time("20300101000000.Z"),
  "a GeneralizedTime of 271 octets": time(`20300101000000Z${"0".repeat(256)}`),
  "a GeneralizedTime of no zone": time("20300101000000.5"),
  "a VisibleString": tlv(0x1a, latin1("u")),
  "a GeneralString above 7F": tlv(0x1b, hex("ff")),
  "a UniversalString": tlv(0x1c, hex("00000075")),
  "a CHARACTER STRING": tlv(0x1d, hex("75")),
  "a SEQUENCE": seq(utf8("u")),
  "a SEQUENCE of nonsense": tlv(0x30, hex("ff")),
  "a constructed UTF8String": tlv(0x2c, utf8("u")),
  "a constructed INTEGER of nonsense": tlv(0x22, hex("ff")),
  "a [0]": ctxPrimitive(0, latin1("u")),
  "a constructed [0] of nonsense": tlv(0xa0, hex("ff")),
  "an application's [12]": tlv(0x4c, hex("ff")),
  "a UTF8String that is none": tlv(0x0c, hex("ff")),
  "a BMPString of odd length": tlv(0x1e, hex("007500")),
};

export const requests: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(
    Object.entries(values).map(([title, value]) => [
      `request with ${title} as CN`,
      certificationRequest(name(cn("jane"), attribute(attributes.commonName, value), o("staff"))),
    ]),
  ),
  "request with an INTEGER and a string in one RDN": certificationRequest(
    seq(set(attribute(attributes.commonName, int(5)), cn("jane"))),
  ),
  "request with an INTEGER that is followed by something": certificationRequest(
    name(seq(oid(attributes.commonName), int(5), nul), cn("jane")),
  ),
  "request without attributes": plain,
  "request with a SAN": certificationRequest(alice, requestedExtensions(sanExtension)),
  "request with a challenge password": certificationRequest(
    alice,
    challenge,
    requestedExtensions(sanExtension),
  ),
  "request with a critical SAN": certificationRequest(
    alice,
    requestedExtensions(extension(extensionIds.subjectAltName, seq(dnsName("a")), true)),
  ),
  "request with two extension requests": certificationRequest(
    alice,
    requestedExtensions(sanExtension),
    requestedExtensions(sanExtension),
  ),
  "request with different extension requests": certificationRequest(
    alice,
    requestedExtensions(sanExtension),
    requestedExtensions(extension(extensionIds.keyUsage, hex("03020780"))),
  ),
  "request with two lists in one extension request": certificationRequest(
    alice,
    seq(oid("1.2.840.113549.1.9.14"), set(seq(sanExtension), seq(sanExtension))),
  ),
  "request with the same extension twice": certificationRequest(
    alice,
    requestedExtensions(sanExtension, sanExtension),
  ),
  "request with an empty extension request": certificationRequest(alice, requestedExtensions()),
  "request with an empty extension request set": certificationRequest(
    alice,
    seq(oid("1.2.840.113549.1.9.14"), set()),
  ),
  "request with Microsoft's extension request": certificationRequest(
    alice,
    seq(oid("1.3.6.1.4.1.311.2.1.14"), set(seq(sanExtension))),
  ),
  "request with a broken SAN": certificationRequest(
    alice,
    requestedExtensions(extension(extensionIds.subjectAltName, hex("ff"))),
  ),
  "request with bytes after the SAN": certificationRequest(
    alice,
    requestedExtensions(extension(extensionIds.subjectAltName, join(seq(dnsName("a")), nul))),
  ),
  "request with critical 01": certificationRequest(
    alice,
    requestedExtensions(seq(oid("1.2.3"), hex("010101"), octets())),
  ),
  "request with critical FALSE": certificationRequest(
    alice,
    requestedExtensions(seq(oid("1.2.3"), bool(false), octets())),
  ),
  "request with nonsense attributes": certificationRequest(alice, hex("0c0161")),
  "request with an attribute of no values": certificationRequest(alice, seq(oid("1.2.3"), set())),
  "request without the attributes field": info(int(0), alice, spki),
  "request with attributes as SET": info(int(0), alice, spki, set()),
  "request with an element after the attributes": info(int(0), alice, spki, ctx(0), nul),
  "request of version 1": info(int(1), alice, spki, ctx(0)),
  "request of version -1": info(int(-1), alice, spki, ctx(0)),
  "request of version 2^31": info(int(2n ** 31n), alice, spki, ctx(0)),
  "request of version 2^63": info(int(2n ** 63n), alice, spki, ctx(0)),
  "request with padded version": info(hex("02020000"), alice, spki, ctx(0)),
  "request without version": info(alice, spki, ctx(0)),
  "request with an empty subject": info(int(0), seq(), spki, ctx(0)),
  "request with RSA key without NULL": info(
    int(0),
    alice,
    seq(seq(oid("1.2.840.113549.1.1.1")), bits(seq(int(143), int(3)))),
    ctx(0),
  ),
  "request with an unknown key": info(int(0), alice, seq(seq(oid("1.2.3")), bits(hex("00"))), ctx(0)),
  "request with a point off the curve": info(
    int(0),
    alice,
    seq(ecAlgorithm, bits(join(p256Point.subarray(0, 64), hex("00")))),
    ctx(0),
  ),
  "request with a byte after it": join(plain, hex("00")),
  "request with an element after the signature": request(
    seq(int(0), alice, spki, ctx(0)),
    signatureAlgorithm,
    signature,
    nul,
  ),
  "request without signature": request(seq(int(0), alice, spki, ctx(0)), signatureAlgorithm),
  "request with an unknown signature algorithm": request(
    seq(int(0), alice, spki, ctx(0)),
    seq(oid("1.2.3")),
    signature,
  ),
  "request with NULL in the ECDSA algorithm": request(
    seq(int(0), alice, spki, ctx(0)),
    seq(oid("1.2.840.10045.4.3.2"), nul),
    signature,
  ),
  "request with a signature of odd bits": request(
    seq(int(0), alice, spki, ctx(0)),
    signatureAlgorithm,
    bits(hex("f0"), 4),
  ),
  "request with set unused bits": request(
    seq(int(0), alice, spki, ctx(0)),
    signatureAlgorithm,
    bits(hex("ff"), 4),
  ),
  "request truncated": plain.subarray(0, -1),
  "request, non-minimal length": join(hex("30 82 00"), plain.subarray(1)),
  "request with O": certificationRequest(name(o("system:nodes"), cn("system:node:n1"))),
  "request with two CNs": certificationRequest(name(cn("a"), cn("b"))),
  "request with a UID": certificationRequest(name(attribute(attributes.kubernetesUid, utf8("abc")), cn("a"))),
};

const scalar = hex("c0ffee".repeat(10) + "c0ff");
const publicPoint = ctx(1, bits(p256Point));
const curve = ctx(0, oid("1.2.840.10045.3.1.7"));
const sec1 = (...parts: Uint8Array[]): Uint8Array => seq(int(1), octets(scalar), ...parts);
const pkcs8 = (inner: Uint8Array, algorithm = ecAlgorithm, version = 0, ...more: Uint8Array[]): Uint8Array =>
  seq(int(version), algorithm, octets(inner), ...more);
const ed = seq(oid("1.3.101.112"));

type KeyCase = readonly [format: "pkcs1" | "sec1" | "pkcs8" | "spki", der: Uint8Array];

/** Private keys; the scalars are no secret. */
export const keys: Readonly<Record<string, KeyCase>> = {
  SEC1: ["sec1", sec1(curve)],
  "SEC1 with a public key that is not its own": ["sec1", sec1(curve, publicPoint)],
  "SEC1 without curve": ["sec1", sec1()],
  "SEC1 version 0": ["sec1", seq(int(0), octets(scalar), curve)],
  "SEC1 with a short scalar": ["sec1", seq(int(1), octets(scalar.subarray(1)), curve)],
  "SEC1 with a scalar with a leading zero": ["sec1", seq(int(1), octets(hex("00"), scalar), curve)],
  "SEC1 with a long scalar": ["sec1", seq(int(1), octets(hex("01"), scalar), curve)],
  "SEC1 with scalar 0": ["sec1", seq(int(1), octets(new Uint8Array(32)), curve)],
  "SEC1 with the group order as scalar": [
    "sec1",
    seq(int(1), octets(hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")), curve),
  ],
  "SEC1 with scalar 1": ["sec1", seq(int(1), octets(new Uint8Array(31), hex("01")), curve)],
  "SEC1 on secp256k1": ["sec1", sec1(ctx(0, oid("1.3.132.0.10")))],
  "SEC1 with a byte after it": ["sec1", join(sec1(curve), hex("00"))],
  "SEC1 as PKCS8": ["pkcs8", sec1(curve)],
  "PKCS8 EC": ["pkcs8", pkcs8(sec1())],
  "PKCS8 EC with curve twice": ["pkcs8", pkcs8(sec1(curve))],
  "PKCS8 EC with a different inner curve": ["pkcs8", pkcs8(sec1(ctx(0, oid("1.3.132.0.34"))))],
  "PKCS8 EC without curve": ["pkcs8", pkcs8(sec1(curve), seq(oid("1.2.840.10045.2.1")))],
  "PKCS8 EC with a foreign public key": ["pkcs8", pkcs8(sec1(publicPoint))],
  "PKCS8 EC, version 1": ["pkcs8", pkcs8(sec1(), ecAlgorithm, 1)],
  "PKCS8 EC, version 7": ["pkcs8", pkcs8(sec1(), ecAlgorithm, 7)],
  "PKCS8 EC with attributes": ["pkcs8", pkcs8(sec1(), ecAlgorithm, 0, ctx(0))],
  "PKCS8 EC with the public key of version 2": [
    "pkcs8",
    pkcs8(sec1(), ecAlgorithm, 1, ctxPrimitive(1, join(hex("00"), p256Point))),
  ],
  "PKCS8 EC with a byte after it": ["pkcs8", join(pkcs8(sec1()), hex("00"))],
  "PKCS8 Ed25519": ["pkcs8", pkcs8(octets(scalar), ed)],
  "PKCS8 Ed25519 with NULL": ["pkcs8", pkcs8(octets(scalar), seq(oid("1.3.101.112"), nul))],
  "PKCS8 Ed25519 of 31 bytes": ["pkcs8", pkcs8(octets(scalar.subarray(1)), ed)],
  "PKCS8 Ed25519 not wrapped": ["pkcs8", pkcs8(scalar, ed)],
  "PKCS8 Ed25519 with public key": [
    "pkcs8",
    pkcs8(octets(scalar), ed, 1, ctxPrimitive(1, join(hex("00"), scalar))),
  ],
  "PKCS8 X25519": ["pkcs8", pkcs8(octets(scalar), seq(oid("1.3.101.110")))],
  "PKCS8 of an unknown algorithm": ["pkcs8", pkcs8(octets(scalar), seq(oid("1.2.3")))],
  "PKCS1 of small numbers": ["pkcs1", seq(...[0, 143, 7, 103, 11, 13, 3, 7, 6].map(int))],
  "PKCS1 that does not multiply": ["pkcs1", seq(...[0, 145, 7, 103, 11, 13, 3, 7, 6].map(int))],
  "PKCS1 version 2": ["pkcs1", seq(...[2, 143, 7, 103, 11, 13, 3, 7, 6].map(int))],
  "PKCS1 with a negative prime": ["pkcs1", seq(...[0, 143, 7, 103, -11, -13, 3, 7, 6].map(int))],
  "SPKI EC": ["spki", spki],
  "SPKI with a byte after it": ["spki", join(spki, hex("00"))],
  "SPKI with a third element": ["spki", seq(ecAlgorithm, bits(p256Point), nul)],
  "SPKI of an unknown algorithm": ["spki", seq(seq(oid("1.2.3")), bits(tlv(5)))],
};
