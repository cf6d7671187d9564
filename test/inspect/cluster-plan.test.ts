import { describe, expect, test } from "vitest";
import { formatClusterPlan } from "../../src/inspect/cluster-plan.ts";
import { formatClusterPlanMermaid } from "../../src/inspect/cluster-plan-mermaid.ts";
import { formatClusterPlanSvg } from "../../src/inspect/cluster-plan-svg.ts";
import { CLUSTER_CERTIFICATES } from "../../src/kubernetes/cluster/certificates.ts";
import { planClusterPki } from "../../src/kubernetes/cluster/plan.ts";
import type { ClusterPlan } from "../../src/kubernetes/cluster/plan.ts";

const planWith = (workers: number, commonName = "mesh"): ClusterPlan =>
  planClusterPki({
    now: new Date("2030-01-01T00:00:00Z"),
    controlPlaneEndpoint: "api.example.com",
    nodes: [
      ...[1, 2, 3].map((n) => ({
        name: `cp-${n}`,
        role: "control-plane" as const,
        addresses: [`192.0.2.${n}`],
      })),
      ...Array.from({ length: workers }, (_, i) => ({
        name: `w-${i}`,
        role: "worker" as const,
        addresses: [`198.18.${i >> 8}.${i & 255}`],
      })),
    ],
    users: [{ name: "jane", groups: ["developers"], lifetimeSeconds: 43_200 }],
    extraCertificates: [
      { name: "mesh-ca", path: "pki/mesh-ca", kind: "ca", ca: "ca", subject: { commonName } },
      { name: "mesh", path: "pki/mesh", kind: "server", ca: "mesh-ca", subject: {}, dnsNames: ["mesh.svc"] },
    ],
  });

describe("the table", () => {
  const lines = formatClusterPlan(planWith(1)).split("\n");
  const line = (name: string): string[] => lines.find((one) => one.startsWith(`${name} `))!.split(/ {2,}/u);

  test("has a line for each certificate, with what it says and who reads it", () => {
    expect(line("apiserver")).toEqual([
      "apiserver",
      "3 nodes",
      "CN=kube-apiserver",
      "ca",
      "serverAuth",
      "api.example.com,cp-1 +6",
      "365 days",
      "pki/apiserver.{crt,key}",
      "kube-apiserver --tls-cert-file --tls-private-key-file",
    ]);
    expect(line("user:jane")).toEqual([
      "user:jane",
      "cluster",
      "O=developers, CN=jane",
      "ca",
      "clientAuth",
      "12 hours",
      "users/jane.conf",
      "kubectl --kubeconfig",
    ]);
    expect(line("service accounts").at(-1)).toBe(
      "kube-apiserver --service-account-signing-key-file --service-account-key-file; " +
        "kube-controller-manager --service-account-private-key-file",
    );
    for (const { name } of CLUSTER_CERTIFICATES) expect(line(name)[0]).toBe(name);
  });

  test("says how much there is, and what was warned of", () => {
    expect(lines).toContain("44 certificates for 4 nodes, keys of ECDSA-P256");
    const text = formatClusterPlan(
      planClusterPki({
        nodes: [1, 2].map((n) => ({ name: `n-${n}`, role: "control-plane", addresses: [`192.0.2.${n}`] })),
      }),
    );
    expect(text).toMatch(/^warning: nodes: 2 etcd members/m);
  });

  test("is as long for thousands of nodes, in all three forms", () => {
    for (const format of [formatClusterPlan, formatClusterPlanMermaid, formatClusterPlanSvg])
      expect(format(planWith(3000)).split("\n")).toHaveLength(format(planWith(1)).split("\n").length);
  });
});

test("the Mermaid tree has each certificate, and an arrow from who issues it", () => {
  const text = formatClusterPlanMermaid(planWith(2));
  const id = (name: string): string => new RegExp(`^ {2}(c\\d+)\\["${name}<br>`, "m").exec(text)![1]!;
  expect(text).toContain('["kubelet<br>O=system:nodes, CN=system:node:cp-1<br>5 nodes"]:::client');
  expect(text).toContain(`  ${id("ca")} --> ${id("apiserver")}\n`);
  expect(text).toContain(`  ${id("ca")} --> ${id("mesh-ca")}\n`);
  expect(text).toContain(`  ${id("mesh-ca")} --> ${id("mesh")}\n`);
  expect(text.match(/-->/g)).toHaveLength(CLUSTER_CERTIFICATES.length - 3 + 3);
});

describe("the picture", () => {
  test("is XML in which every element is closed, with a card for each certificate and a line from who issues it", () => {
    const svg = formatClusterPlanSvg(planWith(2));
    const open: string[] = [];
    for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!self) open.push(name!);
    }
    expect(open).toEqual([]);
    const cards = CLUSTER_CERTIFICATES.length + 3;
    expect(svg.match(/class="kp-card"/g)).toHaveLength(cards);
    expect(svg.match(/class="kp-edge"/g)).toHaveLength(cards - 3);
    expect(svg).not.toMatch(/href|url\(|<script|@import/); // nothing is fetched
    expect(svg).not.toContain("NaN");
  });

  test("cards do not lie on each other", () => {
    const places = [...formatClusterPlanSvg(planWith(2)).matchAll(/translate\((\d+) (\d+)\)/g)];
    const perColumn = new Map<string, number[]>();
    for (const [, x, y] of places) perColumn.set(x!, [...(perColumn.get(x!) ?? []), Number(y)]);
    for (const column of perColumn.values()) {
      const sorted = [...column].sort((a, b) => a - b);
      for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(66);
    }
  });
});

test("what a name says is text in every form: no markup, no line, no hidden character", () => {
  const plan = planWith(1, '"><script>alert(1)</script>\n\u202e`#');
  for (const text of [formatClusterPlanSvg(plan), formatClusterPlanMermaid(plan), formatClusterPlan(plan)])
    expect(text).not.toContain("\u202e");
  expect(formatClusterPlanSvg(plan)).not.toContain("<script");
  expect(formatClusterPlanMermaid(plan)).not.toMatch(/<script|""|`/);
  expect(
    formatClusterPlan(plan)
      .split("\n")
      .filter((line) => line.includes("script")),
  ).toHaveLength(1);
});
