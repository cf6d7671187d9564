/** What an audit is given, and the texts in it that can hold certificates and keys. */
import { decodeBase64 } from "../base64.ts";

/** A file, or an object of the Kubernetes API. */
export type AuditSource =
  | {
      /** Where it is, for example `pki/ca.crt`; findings name it. */
      readonly path: string;
      /** PEM text: certificates, keys, or both. */
      readonly text: string;
      /** The file's permissions, for example 0o600, where they are known. */
      readonly mode?: number;
    }
  | {
      /** Where it is, for example `admin.conf` or `secret/shop/web-tls`; findings name it. */
      readonly path: string;
      /** A kubeconfig, a Secret, a ConfigMap, or a list or an array of these, as plain data. */
      readonly object: unknown;
      /** The file's permissions, where it is a file. */
      readonly mode?: number;
    };

/** A text in which certificates and keys can stand. */
export interface Piece {
  /** File and field. */
  readonly path: string;
  /** What belongs together has the same: a key and its certificate. */
  readonly stem: string;
  readonly text: string;
  /** Whether it is PEM by its name, so that nothing in it is a mistake. */
  readonly isPem: boolean;
}

/** The texts of a source. */
export function piecesOf(source: AuditSource): readonly Piece[] {
  if ("text" in source) return [pieceOf(source.path, source.text)];
  return piecesOfObject(source.path, source.object, undefined, 0);
}

const PEM_NAME = /\.(?:crt|key|pem|cer|cert)$/;

/** Names without the end and without what cfssl adds to keys. */
function pieceOf(path: string, text: string): Piece {
  const name = path.replace(PEM_NAME, "");
  return { path, stem: name.replace(/-key$/, ""), text, isPem: name !== path };
}

const KUBECONFIG_FIELDS = [
  "client-certificate-data",
  "client-key-data",
  "certificate-authority-data",
] as const;

/** An array of lists, and no deeper. */
const MAX_DEPTH = 2;

/** Items of a typed list do not say their kind: the list says it for them. */
function piecesOfObject(path: string, object: unknown, listed: string | undefined, depth: number): Piece[] {
  if (Array.isArray(object)) return piecesOfItems(path, object, undefined, depth);
  if (!isRecord(object)) return [];
  const { items, clusters, users } = object;
  const kind = typeof object["kind"] === "string" ? object["kind"] : listed;
  if (Array.isArray(items)) return piecesOfItems(path, items, kind?.replace(/List$/, "") || undefined, depth);
  if (Array.isArray(clusters) || Array.isArray(users))
    return [...entriesOf(path, "clusters", clusters, "cluster"), ...entriesOf(path, "users", users, "user")];
  return [...textsOf(object, kind)].flatMap(([field, text]) => {
    const piece = pieceOf(`${path}#${field}`, text);
    return piece.isPem || text.includes(BOUNDARY) ? [piece] : [];
  });
}

function piecesOfItems(
  path: string,
  items: readonly unknown[],
  kind: string | undefined,
  depth: number,
): Piece[] {
  if (depth >= MAX_DEPTH) return [];
  return items.flatMap((item) => piecesOfObject(nameOf(path, item), item, kind, depth + 1));
}

/** How PEM begins. */
export const BOUNDARY = "-----BEGIN ";

/** The fields of a Secret or a ConfigMap; as in the API server, `stringData` stands before `data`. */
function textsOf(
  { data, stringData, binaryData }: Readonly<Record<string, unknown>>,
  kind: string | undefined,
): ReadonlyMap<string, string> {
  const decodeData = kind === "Secret" ? textOf : kind === undefined ? textOfEither : asItIs;
  return new Map([
    ...fieldsOf(data, decodeData),
    ...fieldsOf(binaryData, textOf),
    ...fieldsOf(stringData, asItIs),
  ]);
}

function fieldsOf(fields: unknown, decode: (value: string) => string): [field: string, text: string][] {
  if (!isRecord(fields)) return [];
  return Object.entries(fields).flatMap(([field, value]): [string, string][] =>
    typeof value === "string" && value !== "" ? [[field, decode(value)]] : [],
  );
}

function asItIs(text: string): string {
  return text;
}

/** Typed clients leave the kind out. PEM is never base64, for its boundaries have hyphens. */
function textOfEither(value: string): string {
  return value.includes(BOUNDARY) ? value : textOf(value);
}

/** The file in which a kubeconfig's first user has its certificate, as kubeadm leaves it in `kubelet.conf`. */
export function referenceOf(source: AuditSource): string | undefined {
  const users = "object" in source && isRecord(source.object) ? source.object["users"] : undefined;
  const first: unknown = Array.isArray(users) ? users[0] : undefined;
  const user = isRecord(first) ? first["user"] : undefined;
  const file = isRecord(user) ? user["client-certificate"] : undefined;
  return typeof file === "string" ? file : undefined;
}

/** Clusters or users of a kubeconfig: what stands in them, not what they refer to. */
function entriesOf(path: string, list: string, entries: unknown, inner: string): Piece[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, index) => {
    const fields = isRecord(entry) ? entry[inner] : undefined;
    if (!isRecord(fields)) return [];
    const stem = `${path}#${list}[${index}]`;
    return KUBECONFIG_FIELDS.flatMap((field) => {
      const value = fields[field];
      if (typeof value !== "string" || value === "") return [];
      return [{ path: `${stem}.${field}`, stem, text: textOf(value), isPem: true }];
    });
  });
}

function nameOf(path: string, item: unknown): string {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const { namespace, name } = metadata;
  return [path, namespace, name].filter((part) => typeof part === "string").join("/");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is no base64 is no PEM either. */
function textOf(base64: string): string {
  return new TextDecoder().decode(decodeBase64(base64, false));
}
