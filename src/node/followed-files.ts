/** Files that are read again when they change. */
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PkiError } from "../errors.ts";

/** How files are followed; all fields have defaults. */
export interface FollowOptions {
  /** How often the files are read without notice of a change, in milliseconds; 60,000 by default, as in kube-apiserver. */
  readonly resyncMilliseconds?: number;
  /** Is told why a file could not be taken; what was read before goes on to count. Without it nobody is told. */
  readonly onError?: (error: PkiError) => void;
  /** Stops watching. */
  readonly signal?: AbortSignal;
}

/** What becomes of the files. */
export interface FileReading {
  /** The error for a file that cannot be read. */
  readonly unreadable: (path: string, cause: unknown) => PkiError;
  /** Takes the contents, in the order of the paths, which are others than the last time; whatever it throws, the old ones go on to count. */
  readonly take: (contents: readonly Buffer[]) => void;
}

/** A change of a mounted Secret is several notices; they are waited for this long, in milliseconds. */
const SETTLE = 50;

/** Reads files, and again after each change, which is noticed by the system's word for it or by time. */
export class FollowedFiles {
  readonly #paths: readonly string[];
  readonly #options: FollowOptions;
  readonly #reading: FileReading;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #stop = (): void => this.close();
  #contents: readonly Buffer[] = [];
  #resync: ReturnType<typeof setInterval> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(paths: readonly string[], reading: FileReading, options: FollowOptions) {
    this.#paths = paths;
    this.#reading = reading;
    this.#options = options;
  }

  /** Reads for the first time, where an error is thrown, and begins to watch. */
  async start(): Promise<void> {
    const { signal, resyncMilliseconds = 60_000 } = this.#options;
    signal?.throwIfAborted();
    await this.#read();
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#stop, { once: true });
    this.#watch();
    this.#resync = setInterval(() => {
      this.#watch();
      void this.reload();
    }, resyncMilliseconds).unref();
  }

  /** Reads now. What is wrong goes to `onError`; this resolves in any case. */
  async reload(): Promise<void> {
    // One after the other, so that an older text never replaces a newer one.
    this.#turn = this.#turn.then(async () => {
      if (this.#closed) return;
      try {
        await this.#read();
      } catch (error) {
        if (!(error instanceof PkiError)) throw error;
        this.#options.onError?.(error);
      }
    });
    const done = this.#turn;
    this.#turn = done.catch(() => undefined); // what a callback has thrown is its caller's, and no reason to stop
    return done;
  }

  /** Stops watching. Again does nothing. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#resync);
    clearTimeout(this.#settle);
    this.#options.signal?.removeEventListener("abort", this.#stop);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #read(): Promise<void> {
    const contents = await Promise.all(this.#paths.map((path) => this.#readFile(path)));
    const [first] = this.#contents;
    if (first && contents.every((content, index) => content.equals(this.#contents[index]!))) return;
    this.#reading.take(contents);
    this.#contents = contents;
  }

  async #readFile(path: string): Promise<Buffer> {
    try {
      return await readFile(path);
    } catch (cause) {
      throw this.#reading.unreadable(path, cause);
    }
  }

  /**
   * The folders are watched, not the files: a file that is replaced is another file, and Kubernetes replaces the link `..data` beside it. Where nothing
   * can be watched, time alone counts, and the next try is at the next round.
   */
  #watch(): void {
    for (const folder of new Set(this.#paths.map((path) => dirname(path)))) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#noticed());
        this.#watchers.set(folder, watcher);
        watcher.on("error", () => {
          watcher.close();
          this.#watchers.delete(folder);
        });
      } catch {
        // A system without such notices, or without room for more of them.
      }
    }
  }

  #noticed(): void {
    clearTimeout(this.#settle);
    if (this.#closed) return;
    this.#settle = setTimeout(() => void this.reload(), SETTLE).unref();
  }
}
