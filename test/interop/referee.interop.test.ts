import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { isRefused } from "./referee.ts";
import { describeWithReferee } from "./suite.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
const notBefore = 1_700_000_000;
const notAfter = 1_800_000_000;
const base = { serialNumber: "1", notBefore, notAfter, key };
const ca = { ...base, isCA: true, basicConstraintsValid: true, keyUsage: 32 };

await describeWithReferee("the referee itself", (referee) => {
  test("answers with Go's verdict and with the API server's identity", async () => {
    const { der } = await referee.demand("create", {
      ...base,
      subject: { commonName: "alice", organization: ["dev", "ops"] },
    });
    const { certificate, identity } = await referee.demand("identity", { leaf: der });
    expect(certificate.subject.commonName).toBe("alice");
    expect(identity).toMatchObject({ ok: true, user: "alice", groups: ["dev", "ops"], uid: "" });
  });

  test("answers with Go's refusal, and keeps questions and answers in step", async () => {
    const answers = await Promise.all([
      referee.ask("identity", { leaf: "MAA=" }),
      referee.ask("about", {}),
      referee.ask("url", { url: "http://[::1" }),
    ]);
    expect(answers.map(isRefused)).toEqual([true, false, true]);
  });

  test("runs the API server's authenticator over a chain and a clock", async () => {
    const root = await referee.demand("create", { ...ca, subject: { commonName: "root" } });
    const leaf = await referee.demand("create", {
      ...base,
      subject: { commonName: "bob" },
      extKeyUsage: ["clientAuth"],
      parent: root.der,
    });
    const question = { roots: [root.der], peers: [leaf.der] };
    const good = await referee.demand("authenticate", { ...question, time: notAfter });
    expect(good).toMatchObject({ ok: true, user: "bob" });
    const late = await referee.demand("authenticate", { ...question, time: notAfter + 1 });
    expect(late.error).toContain("certificate has expired");
    const barred = await referee.demand("authenticate", {
      ...question,
      time: notAfter,
      allowedNames: ["front-proxy"],
    });
    expect(barred.error).toContain("not in the allowed list");
  });

  test("is built without Go's old leniencies", async () => {
    const { der } = await referee.demand("create", { ...base, subject: { commonName: "x" } });
    const negative = Buffer.from(der, "base64");
    const serial = negative.indexOf(Buffer.from("020101", "hex"));
    negative[serial + 2] = 0x81;
    const answer = await referee.ask("identity", { leaf: negative.toString("base64") });
    expect(answer).toEqual({ error: "x509: negative serial number" });
  });

  test("rejects a question it does not understand instead of calling it refused", async () => {
    const unknown = "no-such-operation" as "about";
    await expect(referee.ask(unknown, {})).rejects.toThrow("unknown operation");
  });
});
