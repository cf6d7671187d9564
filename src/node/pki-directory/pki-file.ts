/** What is kept in a directory of certificates and keys, and how it is recognised. */
import { FileError } from "../../errors.ts";

/** What a file holds, which its name says, as in kubeadm. */
export type PkiFileKind =
  | "certificate"
  | "private-key"
  | "public-key"
  | "request"
  | "kubeconfig"
  | "certificate-and-key";

/** A file to be written. */
export interface PkiFileInput {
  /** Where, below the directory, with `/` between: `pki/ca.crt`. The end says what it is: `.crt`, `.key`, `.pub`, `.csr`, `.conf`, `.kubeconfig`, `.pem`. */
  readonly path: string;
  /** PEM, or the YAML of a kubeconfig. */
  readonly text: string;
  /** Its permissions; by default kubeadm's, 0644 for certificates and 0600 for all others. A umask takes from them. */
  readonly mode?: number;
}

/** A file that was read. Its contents can be a secret: nothing shows them but `exportText`. */
export class PkiFile {
  /** Where, below the directory, with `/` between. */
  readonly path: string;
  /** What its name says that it is. The contents are not looked at. */
  readonly kind: PkiFileKind;
  /** Its permissions, for example 0o600. */
  readonly mode: number;
  readonly #text: string;

  /** Not for callers: {@link readPkiDirectory} makes these. */
  constructor(path: string, kind: PkiFileKind, mode: number, text: string) {
    this.path = path;
    this.kind = kind;
    this.mode = mode;
    this.#text = text;
  }

  /** The contents: PEM, or the YAML of a kubeconfig. Octets that are no UTF-8 come out as U+FFFD. */
  exportText(): string {
    return this.#text;
  }
}

const KINDS: ReadonlyMap<string, { readonly kind: PkiFileKind; readonly mode: number }> =
  /* @__PURE__ */ new Map([
    [".crt", { kind: "certificate", mode: 0o644 }],
    [".key", { kind: "private-key", mode: 0o600 }],
    [".pub", { kind: "public-key", mode: 0o600 }],
    [".csr", { kind: "request", mode: 0o600 }],
    [".conf", { kind: "kubeconfig", mode: 0o600 }],
    [".kubeconfig", { kind: "kubeconfig", mode: 0o600 }],
    [".pem", { kind: "certificate-and-key", mode: 0o600 }],
  ]);

/** What the name of a file says; nothing for files that are somebody else's. */
export function kindOf(path: string): { readonly kind: PkiFileKind; readonly mode: number } | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? KINDS.get(name.slice(dot)) : undefined;
}

/** Whether others than the owner must not read such a file. */
export function isSecret(kind: PkiFileKind): boolean {
  return kind === "private-key" || kind === "kubeconfig" || kind === "certificate-and-key";
}

const MAX_SEGMENTS = 16;

/** A name that leads nowhere but below the directory, on every system, and is none of ours: letters and what `encodeURIComponent` makes. */
export function checkPath(path: string): void {
  const segments = path.split("/");
  const isBad = (segment: string): boolean =>
    segment.startsWith(".") || !/^[\w.@+%~!'()*-]{1,200}$/.test(segment) || segment.endsWith(".");
  if (segments.length > MAX_SEGMENTS || segments.some(isBad))
    throw new FileError("ERR_FILE_PATH", `${quote(path)} is no plain path below the directory`);
  if (!kindOf(path))
    throw new FileError("ERR_FILE_PATH", `${quote(path)} ends in none of ${[...KINDS.keys()].join(" ")}`);
}

/** Throws if two files would be one, on systems that do not tell upper from lower case too. */
export function checkPaths(files: readonly PkiFileInput[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    checkPath(path);
    const key = path.toLowerCase();
    if (seen.has(key)) throw new FileError("ERR_FILE_PATH", `${quote(path)} stands there twice`);
    seen.add(key);
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 128));
}
