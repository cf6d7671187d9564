import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeName,
  formatCertificate,
  formatCertificateCard,
  safeParseCertificate,
} from "../../src/index.ts";
import * as make from "../support/certificate.ts";
import { hostileCertificates } from "../support/hostile-certificates.ts";
import { seq, utcTime } from "../support/tlv.ts";

const at = Date.UTC(2030, 0, 6);
const tenDays = seq(utcTime("300101000000Z"), utcTime("300111000000Z"));
const client = [make.extendedKeyUsage("clientAuth")];
const card = (parts: make.CertificateParts, moment = at): string =>
  formatCertificateCard(make.certificate({ validity: tenDays, extensions: client, ...parts }), {
    at: moment,
  });
/** What a person reads. */
const words = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
/** Tags and the names of their attributes, without values. */
const markup = (html: string): string =>
  [...html.matchAll(/<[^>]*>/gu)].map(([tag]) => tag.replaceAll(/"[^"]*"/gu, "")).join("");

describe("formatCertificateCard", () => {
  test("says whom it names, what it is good for, and how long still", () => {
    const subject = make.name(make.o("system:nodes"), make.cn("system:node:node-1"));
    expect(words(card({ subject }))).toBe(
      "O = system:nodes, CN = system:node:node-1 current " +
        "user system:node:node-1 groups system:nodes who that is the kubelet of node node-1 " +
        "good for client: to a kube-apiserver that trusts its CA, its holder is system:node:node-1 " +
        "issuer CN = ca serial 01 key ECDSA-P256 2030-01-01 expires in 5 days 2030-01-11",
    );
  });

  test.for([
    ["not yet valid", Date.UTC(2029, 0), "0"],
    ["current", Date.UTC(2030, 0, 6), "50"],
    ["expires soon", Date.UTC(2030, 0, 10), "90"],
    ["expired", Date.UTC(2030, 0, 12), "100"],
  ] as const)("shows a certificate that is %s", ([badge, moment, percent]) => {
    const html = card({}, moment);
    expect(words(html)).toContain(`CN = alice ${badge} `);
    expect(html).toMatch(new RegExp(`<rect width="${percent}" height="3" fill="#`, "u"));
  });

  test("shows of long lists and texts the beginning", () => {
    const names = Array.from({ length: 9 }, (_, i) => make.dnsName(`host-${i}.example`));
    const subject = make.name(make.cn("\u{1f600}".repeat(200)));
    const html = card({
      subject,
      extensions: [make.extendedKeyUsage("serverAuth"), make.subjectAltName(...names)],
    });
    expect(words(html)).toContain("host-4.example and 4 more");
    expect(html).not.toContain("host-5");
    expect(words(html)).toContain(`CN = ${"\u{1f600}".repeat(115)}… current`);
  });

  test("puts errors before warnings", () => {
    const subject = make.name(make.o("system:masters"), make.o(""), make.cn("jane"));
    expect(words(card({ subject }))).toMatch(
      /error the group is empty warning system:masters may do everything/u,
    );
  });

  test("no name changes the markup, or steers who reads it", () => {
    const markups = markup(card({ subject: make.name(make.cn("jane")) }));
    const unit = fc.oneof(
      fc.constantFrom(
        ..."<>\"'&`=/;{}\\",
        "\u202e",
        "\u001b",
        "\n",
        "</bdi>",
        "<!--",
        "]]>",
        "&lt;",
        "\u{1f600}",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 20 }), (text) => {
        const subject = encodeName([[{ type: "2.5.4.3", value: text.replaceAll(/\p{C}/gu, ""), tag: 12 }]]);
        const html = card({ subject });
        // A reserved or an empty name adds findings, which have tags of their own.
        if (!html.includes("<ul")) expect(markup(html)).toBe(markups);
        expect(html).not.toMatch(/<script|<!--|\p{Bidi_Control}|\p{Cc}(?<!\n)/u);
      }),
    );
    const hostile = card({ subject: make.name(make.cn(`"><script>alert(1)</script>\u202e'`)) });
    expect(hostile).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&#39;");
  });

  test("is small, whatever the certificate holds", () => {
    let shown = 0;
    for (const make64k of Object.values(hostileCertificates)) {
      const der = make64k(65_000);
      if (!safeParseCertificate(der, { mode: "kubernetes" }).ok) continue;
      expect(formatCertificateCard(der, { at }).length).toBeLessThan(16_384);
      expect(formatCertificate(der, { at }).length).toBeLessThan(65_000 * 20);
      shown++;
    }
    expect(shown).toBeGreaterThan(8);
  });

  test("needs nothing from elsewhere", () => {
    const uri = make.subjectAltName(make.uri("https://tracker.example/pixel"));
    expect(card({ extensions: [...client, uri] })).not.toMatch(/ (src|href|srcset|on\w+)=|url\(|@import/u);
  });
});
