import { describe, expect, test } from "vitest";
import { CertificateError, DerError, IdentityError, PemError, PkiError, safely } from "../src/errors.ts";
import * as errors from "../src/errors.ts";
import { parseErrorCodes } from "../docs/tools/error-codes.ts";
import { readText } from "./source-tree.ts";

const cut = () =>
  new DerError("ERR_DER_TRUNCATED", "the element is cut", { offset: 7, path: "tbsCertificate.issuer[0]" });

describe("an error", () => {
  test("is an Error, a PkiError and of the class that says what to do", () => {
    const error = cut();
    expect([error instanceof Error, error instanceof PkiError, error instanceof DerError]).toEqual([
      true,
      true,
      true,
    ]);
    expect([error.name, error.code]).toEqual(["DerError", "ERR_DER_TRUNCATED"]);
    expect(error instanceof PemError).toBe(false);
  });

  test.for<[string, PkiError]>([
    ["DerError", cut()],
    ["PemError", new PemError("ERR_PEM_LABEL", "m")],
    ["CertificateError", new CertificateError("ERR_CERTIFICATE_VERSION", "m")],
    ["IdentityError", new IdentityError("ERR_IDENTITY_NO_USER", "m")],
  ])("%s has its name in `name`, in the stack and in String()", ([name, error]) => {
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });

  test("says where in the message and in fields, as far as it knows", () => {
    expect(cut()).toMatchObject({
      message: "the element is cut (tbsCertificate.issuer[0], offset 7)",
      offset: 7,
      path: "tbsCertificate.issuer[0]",
    });
    expect(new PemError("ERR_PEM_BASE64", "a bad character", { line: 3 }).message).toBe(
      "a bad character (line 3)",
    );
    expect(new DerError("ERR_DER_TAG", "m", { offset: 0 }).message).toBe("m (offset 0)");
    const bare = new DerError("ERR_DER_TAG", "m");
    expect(bare.message).toBe("m");
    expect(["offset", "path", "line", "certificateIndex", "cause"].filter((field) => field in bare)).toEqual(
      [],
    );
  });

  test("keeps the error that led to it and the index in a bundle", () => {
    const cause = new Error("why");
    expect(new DerError("ERR_DER_TAG", "m", { cause, certificateIndex: 2 })).toMatchObject({
      cause,
      certificateIndex: 2,
    });
  });

  test("has a message of at most 1,024 characters", () => {
    const { message } = new DerError("ERR_DER_TAG", "x".repeat(5000), { path: "y".repeat(5000) });
    expect([message.length, message.endsWith("x...")]).toEqual([1024, true]);
    expect(new DerError("ERR_DER_TAG", "x".repeat(1024)).message).toBe("x".repeat(1024));
  });
});

describe("the registry of codes", () => {
  const entries = parseErrorCodes(readText("src/errors.ts"));

  test("names classes that exist", () => {
    expect(entries.filter(({ className }) => !(className in errors))).toEqual([]);
  });

  test("has codes of the form ERR_SUBJECT_FAULT", () => {
    expect(entries.filter(({ code }) => !/^ERR(_[A-Z0-9]+){2,}$/.test(code))).toEqual([]);
  });
});

describe("safely", () => {
  test("hands out the value, or the PkiError", () => {
    expect(safely(() => 5)).toEqual({ ok: true, value: 5 });
    const error = cut();
    const result = safely(() => {
      throw error;
    });
    expect(result).toEqual({ ok: false, error });
  });

  test("makes no stack trace for input, and leaves those of the program alone", () => {
    const limit = Error.stackTraceLimit;
    const result = safely(() => {
      throw cut();
    });
    expect(result.ok || result.error.stack).not.toMatch(/\n\s+at /);
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new Error("after").stack).toContain("errors.test");
  });

  test("does not hide a mistake in the program, and restores the limit then too", () => {
    const limit = Error.stackTraceLimit;
    const mistake = () => {
      throw new TypeError("a bug");
    };
    expect(() => safely(mistake)).toThrow(TypeError);
    expect(Error.stackTraceLimit).toBe(limit);
  });
});
