import { ApiError } from "../../errors.ts";
import type { ApiObject, ObjectList, ObjectSource, WatchEvent } from "./client.ts";
import { backoff, type Timing } from "./timing.ts";

/** Who is told of the objects, and of trouble. */
export interface ListWatchOptions<T extends ApiObject> {
  /** Called with each object that is there or has changed; also again for those already known. */
  readonly onObject: (object: T) => void;
  /** Called with each object that was deleted while watched. */
  readonly onGone: (object: T) => void;
  /** Told of each list or watch that failed. */
  readonly onError: (error: unknown) => void;
  /** Clock and chance. */
  readonly timing: Timing;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Objects in one page of a list. Source: client-go `pager.defaultPageSize`. */
const PAGE = 500;
/** Waits after failures, in milliseconds. Source: client-go `Reflector` (800 ms to 30 s). */
const FIRST_WAIT = 800;
const LONGEST_WAIT = 30_000;
/** A server that is there was asked to end a watch after five minutes: half a minute later, in milliseconds, it is gone, or the connection is. */
const LONGEST_WATCH = 330_000;

/**
 * Lists all objects, then watches from the list's version. A watch that ends is resumed from the last version seen (of an object or a bookmark); only when the
 * server no longer knows that version (410 Gone) is everything listed again. A watch that has gone silent is given up after a time. Never rejects; resolves
 * after the signal.
 */
export async function listWatch<T extends ApiObject>(
  source: ObjectSource<T>,
  options: ListWatchOptions<T>,
): Promise<void> {
  const { onError, timing, signal } = options;
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      version ??= await listAll(source, options);
      await watchFrom(source, version, options, (event) => {
        version = takeEvent(event, options) ?? version;
        failures = 0;
      });
      failures++; // a server that ends every watch at once must not be asked without a pause
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      if (error instanceof ApiError && error.status === 410) version = undefined;
      onError(error);
    }
    if (!signal.aborted) await timing.sleep(backoff(failures, FIRST_WAIT, LONGEST_WAIT, timing), signal);
  }
}

/** One watch, to its end. */
async function watchFrom<T extends ApiObject>(
  source: ObjectSource<T>,
  version: string,
  { timing, signal }: ListWatchOptions<T>,
  onEvent: (event: WatchEvent<T>) => void,
): Promise<void> {
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  void timing.sleep(LONGEST_WATCH, limit).then(() => over.abort());
  try {
    for await (const event of source.watch(version, limit)) onEvent(event);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    over.abort();
  }
}

async function listAll<T extends ApiObject>(
  source: ObjectSource<T>,
  options: ListWatchOptions<T>,
): Promise<string> {
  let version = "0";
  for await (const page of listPages(source, options.signal)) {
    for (const object of page.items) options.onObject(object);
    version = page.metadata.resourceVersion ?? version;
  }
  return version;
}

/** All objects, page by page; each page is gone before the next is asked for. */
export async function* listPages<T extends ApiObject>(
  source: Pick<ObjectSource<T>, "list">,
  signal: AbortSignal,
): AsyncGenerator<ObjectList<T>> {
  let token: string | undefined;
  do {
    const page = await source.list({ limit: PAGE, signal, ...(token && { continue: token }) });
    yield page;
    token = page.metadata.continue;
  } while (token);
}

/** Tells of the object and returns the version to resume from. */
function takeEvent<T extends ApiObject>(
  { type, object }: WatchEvent<T>,
  options: ListWatchOptions<T>,
): string | undefined {
  if (type === "ERROR") {
    const status = object.code ?? 500;
    throw new ApiError("ERR_API_STATUS", `the watch ended with status ${status}: ${object.message ?? ""}`, {
      status,
    });
  }
  if (type === "DELETED") options.onGone(object);
  else if (type !== "BOOKMARK") options.onObject(object);
  return object.metadata.resourceVersion;
}
