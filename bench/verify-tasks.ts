/** What is measured of verifying: a leaf, an intermediate and a root, all of P-256, and the two signature checks that they take. */
import { strict as assert } from "node:assert";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { verifySignature } from "../src/keys/verifier.ts";
import { createAuthenticator } from "../src/kubernetes/authenticate.ts";
import { verifySignatureSync } from "../src/node/signer.ts";
import { CertificatePool } from "../src/verify/certificate-pool.ts";
import { verifyCertificateChain, verifyCertificateChainSync } from "../src/verify/verify-chain.ts";
import { parseCertificate } from "../src/x509/certificate.ts";
import type { Certificate } from "../src/x509/certificate.ts";
import {
  basicConstraints,
  certificate,
  cn,
  dnsName,
  ecdsaWithSha256,
  extendedKeyUsage,
  extension,
  extensionIds,
  keyUsage,
  name,
  o,
  subjectAltName,
  tbsCertificate,
} from "../test/support/certificate.ts";
import { bits, ctxPrimitive, hex, int, octets, seq } from "../test/support/tlv.ts";

interface Party {
  readonly subject: Uint8Array;
  readonly key: KeyObject;
  readonly spki: Uint8Array;
  readonly keyIdentifier: Uint8Array;
}

function party(...subject: Uint8Array[]): Party {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const keyIdentifier = new Uint8Array(createHash("sha1").update(spki).digest());
  return { subject: name(...subject), key: privateKey, spki, keyIdentifier };
}

function signed(about: Party, by: Party, serial: number, extensions: readonly Uint8Array[]): Uint8Array {
  const authority = extension(extensionIds.authorityKeyIdentifier, seq(ctxPrimitive(0, by.keyIdentifier)));
  const tbs = tbsCertificate({
    serialNumber: int(serial),
    issuer: by.subject,
    subject: about.subject,
    subjectPublicKeyInfo: about.spki,
    extensions: [...extensions, authority],
  });
  const signature = bits(new Uint8Array(sign("sha256", tbs, by.key)));
  return certificate({ tbs, outerAlgorithm: ecdsaWithSha256, signature });
}

function signedCa(about: Party, by: Party): Uint8Array {
  const { subjectKeyIdentifier } = extensionIds;
  const own = extension(subjectKeyIdentifier, octets(about.keyIdentifier));
  return signed(about, by, 1, [basicConstraints(), keyUsage(hex("06"), 1), own]);
}

/** How many useless certificates there are where there are many. */
const STRANGERS = 1000;
const VARIETY = 64;
const at = Date.UTC(2026, 0);

function inputs(strangers = 0) {
  const root = party(cn("kubernetes"));
  const intermediate = party(cn("kubernetes intermediate"));
  const useless = Array.from({ length: strangers }, (_, i) =>
    signedCa({ ...intermediate, subject: name(cn(`kubernetes stranger ${i}`)) }, root),
  );
  const leaves = Array.from({ length: VARIETY }, (_, i) => {
    const client = party(o("developers"), cn(`jane ${i}`));
    return signed(client, intermediate, i + 1, [keyUsage(hex("80"), 7), extendedKeyUsage("clientAuth")]);
  });
  const rootDer = signedCa(root, root);
  const intermediateDer = signedCa(intermediate, root);
  return {
    leaves,
    root: parseCertificate(rootDer),
    intermediate: parseCertificate(intermediateDer),
    options: {
      trustAnchors: new CertificatePool([...useless, rootDer]),
      intermediates: new CertificatePool([...useless, intermediateDer]),
      usage: "clientAuth",
      at,
    } as const,
  };
}

type Parts = [key: Uint8Array, algorithm: Uint8Array, signature: Uint8Array, data: Uint8Array];

/** The two questions about signatures that a chain asks, ready to be put. */
function questions(): (index: number) => readonly [Parts, Parts] {
  const { leaves, intermediate, root } = inputs();
  const parts = (child: Certificate, issuer: Certificate): Parts => [
    issuer.subjectPublicKeyInfo,
    child.signatureAlgorithm.der,
    child.signature,
    child.tbsCertificate,
  ];
  const upper = parts(intermediate, root);
  const ready = leaves.map((der) => [parts(parseCertificate(der), intermediate), upper] as const);
  return (index) => ready[index % VARIETY]!;
}

function chainSync(strangers?: number): (index: number) => unknown {
  const { leaves, options } = inputs(strangers);
  const all = { ...options, verifySignature: verifySignatureSync };
  assert.equal(verifyCertificateChainSync(leaves[0]!, all).certificates.length, 3);
  return (index) => verifyCertificateChainSync(leaves[index % VARIETY]!, all);
}

/** CAs of a stranger, all with the name of the trust anchor, so that each could be the issuer of each; with many alternative names, or with none. */
function hostileSync(members: number, names: number): (index: number) => unknown {
  const { root } = inputs();
  const own = Array.from({ length: members }, () => party(cn("kubernetes")));
  const many = subjectAltName(
    ...Array.from({ length: names }, (_, i) => dnsName(`name-${i}.some.long.example.com`)),
  );
  const intermediates = own.map((about) => signed(about, own[0]!, 1, [basicConstraints(), many]));
  const leaf = parseCertificate(signed(party(cn("mallory")), own[0]!, 1, [extendedKeyUsage("clientAuth")]));
  const options = {
    trustAnchors: new CertificatePool([root]),
    intermediates: new CertificatePool(intermediates),
    usage: "clientAuth",
    at,
    verifySignature: verifySignatureSync,
  } as const;
  return () => {
    try {
      return verifyCertificateChainSync(leaf, options);
    } catch (error) {
      return error;
    }
  };
}

/** By name, as in tasks.ts. */
export const verifying: Record<string, () => (index: number) => unknown> = {
  "two signature checks by WebCrypto": () => {
    const ask = questions();
    return async (index) => {
      const [first, second] = ask(index);
      return (await verifySignature(...first)) && (await verifySignature(...second));
    };
  },
  verifyCertificateChain: () => {
    const { leaves, options } = inputs();
    return (index) => verifyCertificateChain(leaves[index % VARIETY]!, options);
  },
  "two signature checks by node:crypto": () => {
    const ask = questions();
    return (index) => {
      const [first, second] = ask(index);
      return verifySignatureSync(...first) && verifySignatureSync(...second);
    };
  },
  verifyCertificateChainSync: () => chainSync(),
  "verifyCertificateChainSync among 1,000 strangers": () => chainSync(STRANGERS),
  "8 hostile CAs of one name": () => hostileSync(8, 1),
  "16 hostile CAs of one name": () => hostileSync(16, 1),
  "16 hostile CAs of one name and 400 names": () => hostileSync(16, 400),
  "an authenticator that knows the certificate": () => {
    const { leaves, options } = inputs();
    const authenticator = createAuthenticator(options);
    return (index) => authenticator.authenticate(leaves[index % VARIETY]!, at);
  },
};
