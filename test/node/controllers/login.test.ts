/** A login that never ends: a token's source, or an exec plugin, that hangs. */
import { afterEach, expect, test, vi } from "vitest";
import { clientFrom, connect } from "kubepki/node";

const server = "http://127.0.0.1:1";
const never = new Promise<never>(() => undefined);
const clients = {
  "a token": connect({ server, token: () => never }),
  "a KubeConfig": clientFrom({ getCurrentCluster: () => ({ server }), applyToHTTPSOptions: () => never }),
};
afterEach(() => void vi.restoreAllMocks());

test.for(Object.entries(clients))("that of %s ends with the signal", async ([, client]) => {
  const stop = new AbortController();
  const asked = [
    client.read("a", stop.signal),
    client.watch("1", stop.signal)[Symbol.asyncIterator]().next(),
  ];
  const ends = Promise.all(asked.map((each) => expect(each).rejects.toThrow("stopped")));
  stop.abort(new Error("stopped"));
  await ends;
});

test.for(Object.entries(clients))("that of %s ends when a request's time is over", async ([, client]) => {
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort(new Error("time is over")));
  await expect(client.read("a")).rejects.toThrow("time is over");
});
