import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLUSTER_CERTIFICATES } from "../../src/kubernetes/cluster/certificates.ts";
import { planClusterPki } from "../../src/kubernetes/cluster/plan.ts";

const talk = readFileSync(new URL("../../docs/talk.md", import.meta.url), "utf8");
const { certificates, serviceAccountKeys } = planClusterPki({
  nodes: [{ name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] }],
});

describe("the table of the talk says what the code does about", () => {
  test.each(CLUSTER_CERTIFICATES.map((row) => [row.name, row] as const))("%s", (name, row) => {
    const line = talk.split("\n").find((one) => one.includes(`| \`${name}\` |`));
    const { subject, usedBy } = certificates.find((planned) => planned.name === name)!;
    expect(line).toContain(`| ${row.purpose} |`);
    expect(line).toContain(row.ca === undefined ? "| itself |" : `| \`${row.ca}\` |`);
    for (const { component, flag } of usedBy) {
      expect(line).toContain(component);
      expect(line).toContain(`\`${flag}\``);
    }
    if (row.kind !== "ca") expect(line).toContain(`CN ${subject.commonName!.replace("cp-1", "<node>")}\``);
    for (const group of subject.organizations ?? []) expect(line).toContain(`O ${group}`);
  });

  test("the keys for service accounts", () => {
    for (const { flag } of serviceAccountKeys.usedBy) expect(talk).toContain(`\`${flag}\``);
  });
});
