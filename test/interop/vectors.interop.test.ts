import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { makeVectors, vectorPath } from "./make-vectors.ts";
import { describeWithReferee } from "./suite.ts";

const files = [
  "go-chains",
  "go-encodings",
  "go-extensions",
  "go-hostnames",
  "go-keys",
  "go-pem",
  "go-requests",
  "go-structures",
  "go-subjects",
];

await describeWithReferee("the answers kept in test/vectors", (referee) => {
  let fresh: Readonly<Record<string, object>> = {};
  beforeAll(async () => {
    fresh = await makeVectors(referee);
  });

  test("are all the files there are", () => {
    expect(Object.keys(fresh).sort()).toEqual(files);
  });

  test.each(files)("%s still holds what Go and Kubernetes answer", async (file) => {
    const kept = JSON.parse(await readFile(vectorPath(file), "utf8")) as Record<string, unknown>;
    const { note: _note, go: _go, kubernetes: _kubernetes, ...answers } = kept;
    // Through JSON, as the file was: members that are undefined do not exist there.
    expect(JSON.parse(JSON.stringify(fresh[file]))).toEqual(answers);
  });
});
