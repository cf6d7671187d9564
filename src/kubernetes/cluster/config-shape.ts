/** Whether a configuration has the shape of one: it may come from a file, where no compiler has looked at it. */
import type { Finding } from "../../finding.ts";
import type { SubjectFields } from "../../x509/name-writer.ts";
import { error, quote, warning } from "./cluster-finding.ts";
import type { ClusterConfig, ClusterNode, ClusterUser, EtcdConfig, ExtraCertificate } from "./config.ts";

type Shape = "text" | "number" | "boolean" | "date" | ListShape | ObjectShape;

interface ListShape {
  readonly items: Shape;
}

interface ObjectShape {
  readonly fields: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
}

/** The compiler holds each list of fields to its type: none is forgotten, none is too much. */
type FieldsOf<T> = Readonly<Record<keyof T, Shape>>;

function configShape(): ObjectShape {
  const texts: ListShape = { items: "text" };
  const node: FieldsOf<ClusterNode> = { name: "text", role: "text", addresses: texts };
  const etcd: FieldsOf<EtcdConfig> = { external: "boolean", serverCertSANs: texts, peerCertSANs: texts };
  const user: FieldsOf<ClusterUser> = { name: "text", groups: texts, lifetimeSeconds: "number" };
  const subject: FieldsOf<SubjectFields> = {
    countries: texts,
    provinces: texts,
    localities: texts,
    streetAddresses: texts,
    postalCodes: texts,
    organizations: texts,
    organizationalUnits: texts,
    commonName: "text",
    serialNumber: "text",
  };
  const extra: FieldsOf<ExtraCertificate> = {
    name: "text",
    path: "text",
    kind: "text",
    ca: "text",
    subject: { fields: subject, required: [] },
    dnsNames: texts,
    ipAddresses: texts,
    purpose: "text",
    lifetimeSeconds: "number",
  };
  const fields: FieldsOf<ClusterConfig> = {
    preset: "text",
    kubernetesVersion: "text",
    clusterName: "text",
    controlPlaneEndpoint: "text",
    certSANs: texts,
    serviceSubnet: "text",
    dnsDomain: "text",
    nodes: { items: { fields: node, required: ["name", "role", "addresses"] } },
    etcd: { fields: etcd, required: [] },
    keyAlgorithm: "text",
    lifetimeSeconds: "number",
    caLifetimeSeconds: "number",
    users: { items: { fields: user, required: ["name"] } },
    extraCertificates: { items: { fields: extra, required: ["name", "path", "kind", "subject"] } },
    now: "date",
  };
  return { fields, required: ["nodes"] };
}

/** Errors for values of another type than is expected, and for what is missing; warnings for fields that nobody reads. */
export function shapeFindings(config: ClusterConfig): Finding[] {
  return findingsOf(config, configShape(), "");
}

/** The configuration without what has another shape: left out, or empty where something must stand, so that all else can be judged and stays in its place. */
export function readableConfig(config: ClusterConfig): ClusterConfig {
  return readable(config, configShape()) as ClusterConfig;
}

function readable(value: unknown, shape: Shape): unknown {
  if (typeof shape === "string") return findingsOf(value, shape, "").length === 0 ? value : blankOf(shape);
  if ("items" in shape) return Array.isArray(value) ? value.map((item) => readable(item, shape.items)) : [];
  const given: object = typeof value === "object" && value !== null ? value : {};
  const kept = Object.entries(given).filter(
    ([name, field]) => Object.hasOwn(shape.fields, name) && hasKind(field, shape.fields[name]!),
  );
  return Object.fromEntries([
    ...shape.required.map((name) => [name, readable(undefined, shape.fields[name]!)]),
    ...kept.map(([name, field]) => [name, readable(field, shape.fields[name]!)]),
  ]);
}

/** What is of a wrong kind altogether has a default, which is better than something empty. */
function hasKind(value: unknown, shape: Shape): boolean {
  if (typeof shape === "string") return findingsOf(value, shape, "").length === 0;
  return "items" in shape
    ? Array.isArray(value)
    : typeof value === "object" && value !== null && !Array.isArray(value);
}

function blankOf(shape: Exclude<Shape, object>): unknown {
  if (shape === "text") return "";
  return shape === "number" ? 0 : shape === "boolean" ? false : new Date(0);
}

function findingsOf(value: unknown, shape: Shape, path: string): Finding[] {
  const expected = (what: string): Finding[] => [
    error("ERR_CLUSTER_CONFIG", path, `found ${typeText(value)}, expected ${what}`),
  ];
  if (shape === "text") return typeof value === "string" ? [] : expected("a text");
  if (shape === "number" || shape === "boolean") return typeof value === shape ? [] : expected(`a ${shape}`);
  if (shape === "date") return value instanceof Date ? [] : expected("a Date");
  if ("items" in shape) {
    if (!Array.isArray(value)) return expected("a list");
    return value.flatMap((item, i) => findingsOf(item, shape.items, `${path}[${i}]`));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return expected("an object");
  return fieldFindings(value, shape, path === "" ? "" : `${path}.`);
}

function fieldFindings(value: object, { fields, required }: ObjectShape, prefix: string): Finding[] {
  const given = new Map<string, unknown>(Object.entries(value));
  const missing = required.filter((name) => given.get(name) === undefined);
  return [
    ...missing.map((name) => error("ERR_CLUSTER_CONFIG", prefix + name, "it is missing")),
    ...[...given].flatMap(([name, field]) => {
      if (field === undefined) return [];
      if (Object.hasOwn(fields, name)) return findingsOf(field, fields[name]!, prefix + name);
      const message = `there is no setting ${quote(name)}; nobody reads it`;
      return [warning("WARN_CLUSTER_UNKNOWN_FIELD", prefix + name.slice(0, 64), message)];
    }),
  ];
}

function typeText(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
