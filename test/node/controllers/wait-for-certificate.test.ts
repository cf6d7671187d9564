/** Waiting for the answer to a request. */
import { describe, expect, test } from "vitest";
import {
  ApiError,
  awaitedCertificates,
  caTemplate,
  encodePem,
  generateKeyPair,
  issueSelfSigned,
} from "kubepki";
import { waitForCertificate } from "kubepki/node";
import type { RequestObject, Timing } from "kubepki/node";

const { signer } = await generateKeyPair("ECDSA-P256");
const stranger = await generateKeyPair("ECDSA-P256");
const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName: "ca" } }), signer);
const signed = btoa(encodePem("CERTIFICATE", certificate.der));
const { subjectPublicKeyInfo } = signer;
const awaited = { name: "jane", uid: "1", subjectPublicKeyInfo };

type Status = NonNullable<RequestObject["status"]>;
const objectWith = (status: Status | undefined, uid = "1"): RequestObject => ({
  metadata: { name: "jane", uid },
  spec: { request: "", signerName: "example.com/a" },
  ...(status && { status }),
});
const approved = { type: "Approved", status: "True" };
const issued = objectWith({ conditions: [approved], certificate: signed });
const refusal = (type: string): Status => ({
  conditions: [approved, { type, status: "True", reason: "Why", message: "line\none\u202e" }],
});

/** Answers one after the other, the last for ever; the clock only notes how long it was to wait. */
function script(...answers: (RequestObject | Error)[]) {
  const waits: number[] = [];
  const timing: Timing = {
    now: () => 0,
    sleep: async (milliseconds) => void waits.push(milliseconds),
    random: () => 1,
  };
  let reads = 0;
  const read = async (): Promise<RequestObject> => {
    const answer = answers[Math.min(reads++, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: { read }, timing, waits, reads: () => reads };
}

describe("waiting", () => {
  test("ends with the certificates", async () => {
    const { client, timing, waits } = script(
      objectWith(undefined),
      objectWith({ conditions: [approved] }),
      issued,
    );
    const [first] = await waitForCertificate(client, awaited, { timing });
    expect(first?.der).toEqual(certificate.der);
    expect(waits).toEqual([1000, 2000]);
  });

  test("does not take what nobody approved", async () => {
    expect(awaitedCertificates(objectWith({ certificate: signed }), awaited)).toEqual([]);
  });

  test.for<[string, string]>([
    ["Denied", "ERR_SIGNER_DENIED"],
    ["Failed", "ERR_SIGNER_FAILED"],
  ])("ends when the request is %s, with what was said, in one printable line", async ([type, code]) => {
    const { client, timing } = script(objectWith(undefined), objectWith(refusal(type)));
    const error = await waitForCertificate(client, awaited, { timing }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, path: "status.conditions" });
    expect(String(error)).toMatch(/Why/);
    expect(String(error)).not.toMatch(/[\n\u202e]/);
  });

  test("ends when the request is gone, or is another one", async () => {
    const gone = script(objectWith(undefined), new ApiError("ERR_API_STATUS", "not found", { status: 404 }));
    const { timing } = gone;
    await expect(waitForCertificate(gone.client, awaited, { timing })).rejects.toMatchObject({
      code: "ERR_SIGNER_REPLACED",
    });
    const other = script(objectWith({ conditions: [approved], certificate: signed }, "2"));
    await expect(waitForCertificate(other.client, awaited, { timing })).rejects.toMatchObject({
      code: "ERR_SIGNER_REPLACED",
    });
  });

  test("does not take a certificate for another key", async () => {
    const { client, timing } = script(issued);
    const { subjectPublicKeyInfo: foreign } = stranger.signer;
    await expect(
      waitForCertificate(client, { ...awaited, subjectPublicKeyInfo: foreign }, { timing }),
    ).rejects.toMatchObject({ code: "ERR_KEY_MISMATCH" });
  });

  test.for([408, 429, 500, 503])("asks again after status %i, and where nobody answers", async (status) => {
    const failure = new ApiError("ERR_API_STATUS", "no", { status });
    const { client, timing, reads } = script(failure, new TypeError("fetch failed"), issued);
    await waitForCertificate(client, awaited, { timing });
    expect(reads()).toBe(3);
  });

  test.for([400, 401, 403])("ends with status %i", async (status) => {
    const { client, timing, reads } = script(new ApiError("ERR_API_STATUS", "no", { status }));
    await expect(waitForCertificate(client, awaited, { timing })).rejects.toMatchObject({ status });
    expect(reads()).toBe(1);
  });

  test("waits no longer than ten seconds between two looks", async () => {
    const pending = Array.from({ length: 40 }, () => objectWith(undefined));
    const { client, timing, waits } = script(...pending, issued);
    await waitForCertificate(client, awaited, { timing });
    expect(Math.max(...waits)).toBe(10_000);
    expect(waits.length).toBe(40);
  });

  test("ends with the signal, during a pause and during a question", async () => {
    const { client } = script(objectWith(undefined));
    const signal = AbortSignal.timeout(30);
    const ended: unknown = await waitForCertificate(client, awaited, { signal }).catch(
      (error: unknown) => error,
    );
    expect(ended).toBe(signal.reason);
    const stopped = new AbortController();
    const reason = new Error("enough");
    const hanging = {
      read: (_: string, during?: AbortSignal) =>
        new Promise<RequestObject>((_resolve, reject) => {
          during?.addEventListener("abort", () => reject(new Error("aborted")));
          stopped.abort(reason);
        }),
    };
    await expect(waitForCertificate(hanging, awaited, { signal: stopped.signal })).rejects.toBe(reason);
  });
});
