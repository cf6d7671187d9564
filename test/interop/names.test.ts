/** Texts inside of certificates as Go reads them: URIs, domain names, mailboxes, addresses. Each question goes through a whole certificate. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isDomainNameValid } from "../../src/x509/domain-name.ts";
import { formatIpAddress, parseIpAddress } from "../../src/x509/ip-address.ts";
import { parseMailbox } from "../../src/x509/mailbox.ts";
import { parseUriHost } from "../../src/x509/uri.ts";
import {
  certificate,
  dnsName,
  extension,
  extensionIds,
  ipAddress,
  rfc822Name,
  subjectAltName,
  uri,
} from "../support/certificate.ts";
import { ctx, seq } from "../support/tlv.ts";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const pick = (pieces: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength }).map((parts) => parts.join(""));
const ascii = fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code));
const oddly = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    texts,
    fc.tuple(texts, ascii, fc.nat(40)).map(([text, odd, at]) => text.slice(0, at) + odd + text.slice(at)),
  );

const hosts = pick(
  [..."a.:@[]%!<", "::1", "%25", "%41", "%2e", "%c3", "80", "[::1", "]", "1.2.3.4", "fe80::1%25e"],
  7,
);
const uris = oddly(
  fc
    .tuple(
      fc.constantFrom("http://", "https://", "HTTPS://", "spiffe://", "//", "///", "x:", "a/", "", ":", "1:"),
      hosts,
      pick([..."/?#%:a *", "%41", "%zz"], 5),
    )
    .map((parts) => parts.join("")),
);
const domains = oddly(pick([..."a..-*: ", "example"], 8));
const locals = fc.constantFrom("a", '"a b"', "a.b", "\\a", '"\\@"', "");
const mailboxes = oddly(
  fc.oneof(
    pick([...'aa"\\@@. (', "\t", "\0", "example.com"], 10),
    fc.tuple(locals, pick([..."a.-:"], 5)).map((parts) => parts.join("@")),
  ),
);

const base = (name: Uint8Array): string =>
  Buffer.from(
    certificate({ extensions: [extension(extensionIds.nameConstraints, seq(ctx(0, seq(name))), true)] }),
  ).toString("base64");
const alternative = (name: Uint8Array): string =>
  Buffer.from(certificate({ extensions: [subjectAltName(name)] })).toString("base64");

await describeWithReferee("names in certificates", (referee) => {
  const isRead = async (leaf: string): Promise<boolean> =>
    !isRefused(await referee.ask("identity", { leaf }));

  /** Holds that Go accepts exactly what we accept, and that the generator makes enough of both. */
  const agree = async (
    texts: fc.Arbitrary<string>,
    question: (text: string) => string,
    accepts: (text: string) => boolean,
  ): Promise<void> => {
    const seen = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const accepted = accepts(text);
        seen[`${accepted}`]++;
        expect(await isRead(question(text))).toBe(accepted);
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(200);
  };

  test("Go accepts the URIs that have a host or need none", async () => {
    await agree(
      uris,
      (text) => alternative(uri(text)),
      (text) => parseUriHost(text) !== undefined,
    );
  });

  test("Go finds the same host", async () => {
    await fc.assert(
      fc.asyncProperty(uris, async (text) => {
        const host = parseUriHost(text);
        if (host === undefined) return;
        expect((await referee.demand("url", { url: text })).host).toBe(host);
      }),
      { numRuns: 4000 },
    );
  });

  test("Go accepts the domain names as constraints", async () => {
    await agree(
      domains,
      (text) => base(dnsName(text)),
      (text) => isDomainNameValid(text, true),
    );
  });

  test("Go accepts the mailboxes as constraints", async () => {
    const withAt = mailboxes.filter((text) => text.includes("@"));
    await agree(
      withAt,
      (text) => base(rfc822Name(text)),
      (text) => parseMailbox(text) !== undefined,
    );
  });

  test("Go refuses addresses as constraints on URIs", async () => {
    const texts = pick(["1", "0", "ff", ":", "::", ".", "1.2.3.4"], 10).filter((text) =>
      isDomainNameValid(text, true),
    );
    await agree(
      texts,
      (text) => base(uri(text)),
      (text) => parseIpAddress(text) === undefined,
    );
  });

  test("Go writes addresses alike, but for the mapped ones", async () => {
    const groups = fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(groups, async (octets) => {
        const address = new Uint8Array(octets);
        const answer = await referee.demand("identity", { leaf: alternative(ipAddress(address)) });
        expect(answer.certificate.ipAddresses).toEqual([
          formatIpAddress(address).replace(/^::ffff:(?=.*\.)/, ""),
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
