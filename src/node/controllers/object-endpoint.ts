/** The calls of the API that are the same for every kind of objects. */
import { keyOf } from "./client.ts";
import type { ApiObject, ObjectSource, WatchEvent } from "./client.ts";

/** How calls are made. */
export interface HttpCalls {
  /** Sends and reads JSON. */
  readonly json: <T>(method: string, path: string, body?: unknown, signal?: AbortSignal) => Promise<T>;
  /** Reads the lines of a watch. */
  readonly watch: <T extends ApiObject>(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
  ) => AsyncIterable<WatchEvent<T>>;
}

/** The objects of one kind: `list` is the path of all of them, `pathOf` that of one by its key. */
export function objectEndpoint<T extends ApiObject>(
  { json, watch }: HttpCalls,
  list: string,
  pathOf: (key: string) => string,
): ObjectSource<T> {
  return {
    list({ limit, continue: token, signal }) {
      const query = new URLSearchParams({ limit: String(limit), ...(token && { continue: token }) });
      return json("GET", `${list}?${query}`, undefined, signal);
    },
    watch: (resourceVersion, signal) => watch(list, resourceVersion, signal),
    read: (key, signal) => json("GET", pathOf(key), undefined, signal),
    replaceStatus: (object, signal) => json("PUT", `${pathOf(keyOf(object))}/status`, object, signal),
  };
}
