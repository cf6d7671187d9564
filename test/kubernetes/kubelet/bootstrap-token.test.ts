import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBootstrapToken, parseBootstrapToken } from "kubepki";

const half = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."abcxyz0189"), minLength: length, maxLength: length });

describe("a bootstrap token", () => {
  test("is an id, a dot and a secret", () => {
    expect(parseBootstrapToken("abcdef.0123456789abcdef")).toEqual({
      id: "abcdef",
      secret: "0123456789abcdef",
    });
  });

  test("comes back as it was written", () => {
    fc.assert(
      fc.property(half(6), half(16), (id, secret) => {
        expect(parseBootstrapToken(formatBootstrapToken({ id, secret }))).toEqual({ id, secret });
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["no dot", "abcdef0123456789abcdef"],
    ["two dots", "abcdef.01234567.9abcdef"],
    ["a short id", "abcde.0123456789abcdef"],
    ["a long id", "abcdefg.0123456789abcdef"],
    ["a short secret", "abcdef.0123456789abcde"],
    ["a long secret", "abcdef.0123456789abcdefg"],
    ["capitals", "ABCDEF.0123456789abcdef"],
    ["a hyphen", "abc-ef.0123456789abcdef"],
    ["a line break at the end", "abcdef.0123456789abcdef\n"],
    ["a space in front", " abcdef.0123456789abcdef"],
    ["digits of another script", "abcdef.٠١٢٣٤٥٦٧٨٩abcdef"],
  ])("is refused with %s", (_, text) => {
    expect(() => parseBootstrapToken(text)).toThrow(
      expect.objectContaining({ name: "KubeletError", code: "ERR_KUBELET_TOKEN" }),
    );
  });

  test("is never shown by the error", () => {
    const texts = ["abcdef.0123456789abcdeF", "abcde.0123456789abcdef", "abcdef0123456789abcdef"];
    for (const text of texts) {
      const message = (() => {
        try {
          return parseBootstrapToken(text).id;
        } catch (error) {
          return String(error);
        }
      })();
      expect(message).not.toMatch(/0123456|abcde/);
    }
  });

  test("is not written from halves that are none", () => {
    expect(() => formatBootstrapToken({ id: "abc", secret: "0123456789abcdef" })).toThrow("3 characters");
  });
});
