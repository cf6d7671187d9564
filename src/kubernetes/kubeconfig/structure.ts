/** The structure of kubeconfig objects as a table, and the walk that holds input to it. */
import { decodeBase64 } from "../../base64.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** What a field must be. A record is walked by its own table; `named` is a list whose elements have unique names. */
type Shape =
  | "text"
  | "flag"
  | "data"
  | "texts"
  | "textMap"
  | "textsMap"
  | "any"
  | Fields
  | NamedList
  | { readonly list: Fields };

interface Fields {
  readonly fields: Readonly<Record<string, Shape>>;
  /** Texts that are always there, empty where they are not given, as Go has them. */
  readonly always?: readonly string[];
}

interface NamedList {
  readonly named: string;
  readonly of: Shape;
}

/** Is told what is wrong: the path, what was found and what was expected. Never a value, which may be a secret. */
export type SayStructure = (path: string, found: string, expected: string, isUnknownField?: boolean) => void;

const EXTENSIONS: NamedList = { named: "extension", of: "any" };

const CLUSTER: Fields = {
  always: ["server"],
  fields: {
    server: "text",
    "tls-server-name": "text",
    "insecure-skip-tls-verify": "flag",
    "certificate-authority": "text",
    "certificate-authority-data": "data",
    "proxy-url": "text",
    "disable-compression": "flag",
    extensions: EXTENSIONS,
  },
};

const EXEC: Fields = {
  always: ["apiVersion", "command"],
  fields: {
    apiVersion: "text",
    command: "text",
    args: "texts",
    env: { list: { always: ["name", "value"], fields: { name: "text", value: "text" } } },
    installHint: "text",
    provideClusterInfo: "flag",
    interactiveMode: "text",
  },
};

const USER: Fields = {
  fields: {
    "client-certificate": "text",
    "client-certificate-data": "data",
    "client-key": "text",
    "client-key-data": "data",
    token: "text",
    tokenFile: "text",
    as: "text",
    "as-uid": "text",
    "as-groups": "texts",
    "as-user-extra": "textsMap",
    username: "text",
    password: "text",
    "auth-provider": { always: ["name"], fields: { name: "text", config: "textMap" } },
    exec: EXEC,
    extensions: EXTENSIONS,
  },
};

const CONTEXT: Fields = {
  always: ["cluster", "user"],
  fields: { cluster: "text", user: "text", namespace: "text", extensions: EXTENSIONS },
};

const CONFIG: Fields = {
  fields: {
    apiVersion: "text",
    kind: "text",
    clusters: { named: "cluster", of: CLUSTER },
    users: { named: "user", of: USER },
    contexts: { named: "context", of: CONTEXT },
    "current-context": "text",
    preferences: { fields: { colors: "flag", extensions: EXTENSIONS } },
    extensions: EXTENSIONS,
  },
};

/**
 * A copy of the input in which every known field has its type; fields with faults are left out, unknown ones are kept. What Go takes for absent (null) is left out,
 * and what it fills in is filled in. Depth follows the table, never the input.
 */
export function readStructure(input: unknown, say: SayStructure): Kubeconfig {
  const config = readRecord(input, CONFIG, "", say);
  for (const [field, expected] of [
    ["apiVersion", "v1"],
    ["kind", "Config"],
  ] as const)
    if (typeof config[field] === "string" && config[field] !== "" && config[field] !== expected)
      say(field, "another", expected);
  return {
    clusters: [],
    users: [],
    contexts: [],
    "current-context": "",
    ...config,
    apiVersion: "v1",
    kind: "Config",
  };
}

type Entries = Record<string, unknown>;

function readValue(value: unknown, shape: Shape, path: string, say: SayStructure): unknown {
  if (typeof shape === "string") return readScalar(value, shape, path, say);
  if ("fields" in shape) return readRecord(value, shape, path, say);
  if ("list" in shape) return readList(value, path, say, (item, at) => readRecord(item, shape.list, at, say));
  return readNamed(value, shape, path, say);
}

/** Own, enumerable fields alone; `__proto__` is a field like any other. */
function readRecord(
  value: unknown,
  { fields, always = [] }: Fields,
  path: string,
  say: SayStructure,
): Entries {
  if (!isRecord(value)) {
    if (value !== null && value !== undefined) say(path, typeOf(value), "an object");
    return {};
  }
  const entries: [string, unknown][] = always.map((key) => [key, ""]);
  for (const [key, child] of Object.entries(value)) {
    if (child === null || child === undefined) continue;
    const at = path === "" ? key : `${path}.${key}`;
    if (Object.hasOwn(fields, key)) {
      const read = readValue(child, fields[key]!, at, say);
      if (read !== undefined) entries.push([key, read]);
    } else {
      say(at.slice(0, 128), "a field that Kubernetes does not have", "one that it has", true);
      entries.push([key, child]);
    }
  }
  return Object.fromEntries(entries);
}

function readNamed(value: unknown, { named, of }: NamedList, path: string, say: SayStructure): unknown[] {
  const names = new Set<string>();
  return readList(value, path, say, (item, at) => {
    const record = readRecord(item, { fields: { name: "text", [named]: of } }, at, say);
    const name = typeof record["name"] === "string" ? record["name"] : "";
    if (names.has(name)) say(`${at}.name`, "a name that stands there twice", "unique names");
    names.add(name);
    return { ...record, name, [named]: record[named] ?? readValue({}, of, at, say) };
  });
}

function readList(
  value: unknown,
  path: string,
  say: SayStructure,
  read: (item: unknown, path: string) => unknown,
): unknown[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => read(item, `${path}[${index}]`));
  say(path, typeOf(value), "a list");
  return [];
}

type Scalar = Extract<Shape, string>;

const EXPECTED: Readonly<Record<Scalar, string>> = {
  text: "text",
  flag: "true or false",
  data: "base64",
  texts: "a list of texts",
  textMap: "an object of texts",
  textsMap: "an object of lists of texts",
  any: "anything",
};

function readScalar(value: unknown, shape: Scalar, path: string, say: SayStructure): unknown {
  if (IS[shape](value)) return value;
  say(path, shape === "data" && isText(value) ? "other text" : typeOf(value), EXPECTED[shape]);
  return undefined;
}

const isText = (value: unknown): value is string => typeof value === "string";

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

const isRecord = (value: unknown): value is Entries =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const IS: Readonly<Record<Scalar, (value: unknown) => boolean>> = {
  text: isText,
  flag: (value) => typeof value === "boolean",
  data: (value) => isText(value) && decodeBase64(value, false) !== undefined,
  texts: isTexts,
  textMap: (value) => isRecord(value) && Object.values(value).every(isText),
  textsMap: (value) => isRecord(value) && Object.values(value).every(isTexts),
  any: () => true,
};

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return isText(value) ? "text" : `a ${typeof value}`;
}
