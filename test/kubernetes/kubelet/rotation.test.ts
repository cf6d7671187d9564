import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientTemplate, issueCertificateSync, rotationDeadline, templateGap } from "kubepki";
import type { AlternativeNames, Certificate, ManagedTemplate } from "kubepki";
import { authority, leafKey, NOW } from "../../issue/fixtures.ts";

const HOUR = 3_600_000;
const now = Date.parse("2026-07-01T00:00:00Z");
const lifetime = (from: number, to: number) => ({
  notBefore: new Date(now + from * HOUR),
  notAfter: new Date(now + to * HOUR),
});

describe("the deadline of a rotation", () => {
  // Rows of client-go's TestSetRotationDeadline, where the jitter is 0.7 of the lifetime.
  test.each([
    ["just issued, still good", -1, 99, false],
    ["half way expired, still good", -24, 24, false],
    ["mostly expired, still good", -69, 31, false],
    ["just about expired, should rotate", -91, 9, true],
    ["nearly expired, should rotate", -99, 1, true],
    ["already expired, should rotate", -10, -1, true],
    ["long duration", -4320, 4320, false],
    ["short duration", -1 / 120, 1 / 120, false],
  ])("%s", (_, from, to, rotates) => {
    const deadline = rotationDeadline(lifetime(from, to), 0).getTime();
    expect(deadline).toBe(now + from * HOUR + (to - from) * HOUR * 0.7);
    expect(deadline <= now).toBe(rotates);
  });

  test("is after 70 % of the lifetime and before 90 %, and later for a larger chance", () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 10 ** 9 }), chance, chance, (seconds, one, two) => {
        const certificate = { notBefore: new Date(now), notAfter: new Date(now + seconds * 1000) };
        const [early, late] = [one, two].sort((a, b) => a - b).map((c) => rotationDeadline(certificate, c));
        expect(early!.getTime()).toBeGreaterThanOrEqual(now + seconds * 700 - 1);
        expect(late!.getTime()).toBeLessThanOrEqual(now + seconds * 900);
        expect(early!.getTime()).toBeLessThanOrEqual(late!.getTime());
      }),
    );
  });

  test("counts a lifetime without end as the longest that Go can count", () => {
    const endless = { notBefore: new Date(0), notAfter: new Date("9999-12-31T23:59:59Z") };
    expect(rotationDeadline(endless, 0).getUTCFullYear()).toBe(2174);
  });

  test.each([-0.1, 1, Number.NaN])("needs a chance from 0 to 1, not %s", (chance) => {
    expect(() => rotationDeadline(lifetime(0, 1), chance)).toThrow(RangeError);
  });
});

describe("what a certificate lacks of a template", () => {
  const issuer = authority();
  interface Subject extends AlternativeNames {
    readonly commonName?: string;
    readonly organizations?: readonly string[];
  }
  const template = ({ commonName, organizations, ...names }: Subject): ManagedTemplate => ({
    subject: { ...(commonName && { commonName }), ...(organizations && { organizations }) },
    ...names,
  });
  const certificate = (of: Subject): Certificate => {
    const { subject, ...names } = template(of);
    const shape = clientTemplate({ subject, ...names, now: NOW });
    return issueCertificateSync(shape, { publicKey: leafKey, issuer, now: NOW, allowPrivileged: true })
      .certificate;
  };
  const [foo, bar] = ["foo.example.com", "bar.example.com"];
  const [one, two] = ["192.168.1.1", "192.168.1.2"];
  const node = { commonName: "system:node:a", organizations: ["system:nodes"] };

  // Rows of client-go's TestCertSatisfiesTemplate; those without a certificate or a template do not come here.
  test.each<[string, Subject, Subject, object | undefined]>([
    ["another common name", { ...node, commonName: "system:node:b" }, node, { commonName: "system:node:a" }],
    [
      "a missing organization",
      node,
      { ...node, organizations: ["system:nodes", "x"] },
      { organizations: ["x"] },
    ],
    ["no organization too many", { ...node, organizations: ["system:nodes", "x"] }, node, undefined],
    [
      "a missing DNS name",
      { ...node, dnsNames: [foo] },
      { ...node, dnsNames: [foo, bar] },
      { dnsNames: [bar] },
    ],
    ["no DNS name too many", { ...node, dnsNames: [foo, bar] }, { ...node, dnsNames: [foo] }, undefined],
    [
      "a missing address",
      { ...node, ipAddresses: [one] },
      { ...node, ipAddresses: [one, two] },
      { ipAddresses: [two] },
    ],
    ["no address too many", { ...node, ipAddresses: [one, two] }, { ...node, ipAddresses: [one] }, undefined],
    [
      "nothing",
      { ...node, dnsNames: [foo], ipAddresses: [one] },
      { ...node, dnsNames: [foo], ipAddresses: [one] },
      undefined,
    ],
    [
      "a name under a wildcard",
      { ...node, dnsNames: ["*.example.com"] },
      { ...node, dnsNames: [foo] },
      { dnsNames: [foo] },
    ],
    [
      "no address in another spelling",
      { ...node, ipAddresses: ["fd00::1"] },
      { ...node, ipAddresses: ["FD00:0::1"] },
      undefined,
    ],
    [
      "no mapped address",
      { ...node, ipAddresses: [one] },
      { ...node, ipAddresses: [`::ffff:${one}`] },
      undefined,
    ],
    ["a common name that is not wanted", node, { organizations: ["system:nodes"] }, { commonName: "" }],
  ])("%s", (_, has, wanted, gap) => {
    const found = templateGap(certificate(has), template(wanted));
    expect(found).toEqual(gap && { organizations: [], dnsNames: [], ipAddresses: [], ...gap });
  });
});
