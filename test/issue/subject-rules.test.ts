import { expect, test } from "vitest";
import { Report } from "../../src/issue/report.ts";
import { checkSubject } from "../../src/issue/subject-rules.ts";
import { parseIdentity } from "../../src/kubernetes/identity.ts";
import { PkiError } from "../../src/errors.ts";
import { certificate, cn, name } from "../support/certificate.ts";

/** Every character that could have no shape of its own, and all of the first plane. */
function* characters(): Generator<string> {
  for (let code = 0; code <= 0xffff; code++)
    if (code < 0xd800 || code > 0xdfff) yield String.fromCodePoint(code);
  for (let code = 0xe0000; code <= 0xe0fff; code++) yield String.fromCodePoint(code);
}

const isIssued = (commonName: string): boolean => {
  const report = new Report(false);
  checkSubject({ commonName }, {}, report);
  return report.findings.length === 0;
};
const isRead = (commonName: string): boolean => {
  try {
    return parseIdentity(certificate({ subject: name(cn(commonName)) }))?.user === commonName;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
};

test("a character may be in a name that is issued if, and only if, it may be in one that is read", () => {
  const differing = [...characters()].filter((character) => {
    const text = `a${character}b`;
    return isIssued(text) !== isRead(text);
  });
  expect(differing.map((character) => character.codePointAt(0)!.toString(16))).toEqual([]);
});
