import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  encodePem,
  issueCertificate,
  kubeletClientTemplate,
  kubeletServingTemplate,
  kubeletUsages,
  parseCertificateRequest,
  servingTemplate,
} from "kubepki";
import { createCertificateManager, requestCertificate } from "kubepki/node";
import type {
  CertificateManager,
  CertificateManagerOptions,
  CertificatePair,
  RequestObject,
} from "kubepki/node";
import { fastTiming } from "../../support/fast-timing.ts";
import type { FastTiming } from "../../support/fast-timing.ts";
import { clientOptions, FakeCluster, MemoryStore } from "./fake-cluster.ts";

let timing: FastTiming;
let cluster: FakeCluster;
let stop: AbortController;
let errors: unknown[];
const running: Promise<void>[] = [];

beforeEach(() => {
  timing = fastTiming(2000);
  cluster = new FakeCluster(timing);
  stop = new AbortController();
  errors = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running.splice(0));
});

const template = kubeletClientTemplate("worker-1");
const create = (options: Partial<CertificateManagerOptions> = {}): Promise<CertificateManager> =>
  createCertificateManager({
    ...clientOptions,
    store: new MemoryStore(),
    template,
    client: () => cluster,
    onError: (error) => void errors.push(error),
    timing,
    signal: stop.signal,
    ...options,
  });
const start = async (options: Partial<CertificateManagerOptions> = {}): Promise<CertificateManager> => {
  const manager = await create(options);
  running.push(manager.run());
  return manager;
};
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 2 }).toBe(true);
const codes = (): unknown[] => errors.map((error) => (error as { code?: unknown }).code);
/** So many seconds before its end a pair of a day is past every deadline. */
const LATE = 82_000;
/** A pair that the cluster signed so many seconds ago. */
const pairOf = async (age = 0, lifetimeSeconds = 86_400): Promise<CertificatePair> => {
  const before = fastTiming(2000, 0.5, timing.now() - age * 1000);
  const past = new FakeCluster(before);
  past.lifetimeSeconds = lifetimeSeconds;
  return requestCertificate(past, template, { ...clientOptions, timing: before });
};

describe("a manager", () => {
  test("asks for a certificate at once if there is none, stores it and hands it on", async () => {
    const store = new MemoryStore();
    const manager = await create({ store });
    expect(manager.current()).toBeUndefined();
    const followed: CertificatePair[] = [];
    manager.follow((pair) => void followed.push(pair));
    running.push(manager.run());
    const pair = await manager.ready();
    expect(store.pairs).toEqual([pair]);
    expect(followed).toEqual([pair]);
    expect(manager.current()).toBe(pair);
    expect(manager.serverHealthy).toBe(true);
    expect(cluster.requests[0]!.object).toMatchObject({
      metadata: { generateName: "csr-" },
      spec: { signerName: clientOptions.signerName, usages: ["digital signature", "client auth"] },
    });
  });

  test("goes on with what the store has, and replaces it after its deadline", async () => {
    const stored = await pairOf(0, 600);
    cluster.lifetimeSeconds = 600;
    const manager = await start({ store: new MemoryStore(stored), timing: { ...timing, random: () => 0 } });
    expect(manager.current()).toBe(stored);
    await until(() => cluster.requests.length === 2);
    const { notBefore, notAfter } = stored.certificate;
    const deadline = notBefore.getTime() + (notAfter.getTime() - notBefore.getTime()) * 0.7;
    expect(cluster.requests[0]!.at).toBeGreaterThanOrEqual(deadline);
    const keys = cluster.requests.map(({ object }) => object.spec.request);
    expect(keys[0]).not.toBe(keys[1]); // a new key each time
  });

  test("does not sleep longer than Node's timers can, nor past a change of the clock", async () => {
    cluster.lifetimeSeconds = 365 * 86_400;
    const manager = await start();
    await manager.ready();
    await until(() => timing.waits.length > 10);
    expect(Math.max(...timing.waits.filter((wait) => wait !== 900_000))).toBeLessThanOrEqual(60_000);
  });

  test("tries again as client-go does, with the old certificate, and says why", async () => {
    const stored = await pairOf(LATE);
    cluster.fates = [500, 503, 403, 500, 500, 500, 500, "sign"];
    const manager = await create({ store: new MemoryStore(stored) });
    const health: boolean[] = [];
    running.push(manager.run());
    for (let count = 1; count <= 7; count++) {
      await until(() => errors.length >= count);
      health.push(manager.serverHealthy);
    }
    await until(() => manager.current() !== stored && manager.current() !== undefined);
    expect(timing.waits.slice(0, 7)).toEqual([2100, 4200, 8400, 16_800, 32_000, 32_000, 32_000]);
    expect(codes()).toEqual(Array.from({ length: 7 }, () => "ERR_API_STATUS"));
    expect(health.slice(0, 2)).toEqual([false, false]);
  });

  test.each([
    [401, true],
    [403, true],
    [404, true],
    [409, false],
    [500, false],
  ])("takes status %s for an API server that works: %s", async (status, healthy) => {
    cluster.fates = [status];
    const manager = await start();
    await until(() => errors.length > 0);
    expect(manager.serverHealthy).toBe(healthy);
  });

  test("makes another request when one is denied, failed, deleted, taken over or never answered", async () => {
    const ended = (type: string) => (object: object) =>
      ({ ...object, status: { conditions: [{ type, status: "True", reason: "Test" }] } }) as never;
    cluster.fates = [
      ended("Denied"),
      ended("Failed"),
      (object) => ({ ...object, metadata: { ...object.metadata, uid: "another" } }),
      "wait",
      "sign",
    ];
    const manager = await start({ timeoutSeconds: 2000 });
    await manager.ready();
    expect(codes()).toEqual([
      "ERR_SIGNER_DENIED",
      "ERR_SIGNER_FAILED",
      "ERR_SIGNER_REPLACED",
      "ERR_KUBELET_TIMEOUT",
    ]);
    expect(cluster.requests).toHaveLength(5);
  });

  test("does not take a certificate that is past its end", async () => {
    cluster.fates = [(object) => cluster.sign(object, timing.now() - 90_000_000), "sign"];
    const store = new MemoryStore();
    await (await start({ store })).ready();
    expect(codes()).toEqual(["ERR_KUBELET_CERTIFICATE"]);
    expect(store.pairs).toHaveLength(1);
  });

  test("does not take a certificate of another key", async () => {
    cluster.fates = [
      async (object) => {
        const other = await pairOf();
        const signed = await cluster.sign(object);
        return { ...signed, status: { ...signed.status, certificate: btoa(other.certificatePem) } };
      },
      "sign",
    ];
    await (await start()).ready();
    expect(codes()).toEqual(["ERR_KEY_MISMATCH"]);
  });

  test("keeps the old pair when the new one cannot be stored", async () => {
    const stored = await pairOf(LATE);
    const store = new MemoryStore(stored);
    store.broken = new Error("the disk is full");
    const manager = await start({ store });
    await until(() => errors.length > 1);
    expect(errors[0]).toBe(store.broken);
    expect(manager.current()).toBe(stored);
    store.broken = undefined;
    await until(() => store.pairs.length === 2);
  });

  test("has no current certificate once it is past its end", async () => {
    cluster.fates = [500];
    const manager = await start({ store: new MemoryStore(await pairOf(86_000)) });
    expect(manager.current()).toBeDefined();
    await until(() => manager.current() === undefined);
    cluster.fates = ["sign"];
    await until(() => manager.current() !== undefined);
  });

  test("gives the current pair to whoever makes the client", async () => {
    const stored = await pairOf(LATE);
    const given: unknown[] = [];
    const client = (current: CertificatePair | undefined) => {
      given.push(current);
      return cluster;
    };
    const manager = await start({ store: new MemoryStore(stored), client });
    await until(() => manager.current() !== stored && manager.current() !== undefined);
    expect(given[0]).toBe(stored);
  });

  test("says that it was given a template that throws", async () => {
    const broken = (): never => {
      throw new Error("no template");
    };
    await expect((await create({ template: broken })).run()).rejects.toThrow("no template");
  });

  test("stops while a request waits, and its waiters hear of it", async () => {
    cluster.fates = ["wait"];
    const manager = await start();
    const waiter = expect(manager.ready()).rejects.toThrow("enough");
    await until(() => cluster.requests.length === 1);
    stop.abort(new Error("enough"));
    await waiter;
    await expect(manager.ready()).rejects.toThrow("enough");
    await Promise.all(running);
    expect(errors).toEqual([]);
  });
});

describe("a bootstrap pair", () => {
  test("counts until there is another, is stored, and is replaced at once", async () => {
    const bootstrap = await pairOf();
    const store = new MemoryStore();
    const manager = await create({ store, bootstrap });
    expect([manager.current(), store.pairs]).toEqual([bootstrap, [bootstrap]]);
    running.push(manager.run());
    await until(() => manager.current() !== bootstrap);
    expect(store.pairs).toHaveLength(2);
  });

  test("does not count beside a stored one that is current, but instead of one that is past its end", async () => {
    const [bootstrap, stored, old] = [await pairOf(), await pairOf(), await pairOf(90_000)];
    expect((await create({ store: new MemoryStore(stored), bootstrap })).current()).toBe(stored);
    expect((await create({ store: new MemoryStore(old), bootstrap })).current()).toBe(bootstrap);
    expect((await create({ store: new MemoryStore(old) })).current()).toBeUndefined();
  });

  test("is replaced as soon as it is known what to ask for", async () => {
    const bootstrap = await pairOf();
    const wanted: (typeof template)[] = [];
    const manager = await start({ bootstrap, template: () => wanted[0] });
    await until(() => timing.waits.length > 3);
    expect(cluster.requests).toEqual([]);
    wanted.push(template);
    await until(() => manager.current() !== bootstrap);
  });

  test("counts even where it cannot be stored", async () => {
    const [bootstrap, store] = [await pairOf(), new MemoryStore()];
    store.broken = new Error("read-only");
    expect((await create({ store, bootstrap })).current()).toBe(bootstrap);
    expect(errors).toEqual([store.broken]);
  });
});

describe("a template that changes", () => {
  const serving = {
    signerName: "kubernetes.io/kubelet-serving",
    usages: (algorithm: Parameters<typeof kubeletUsages>[1]) => kubeletUsages("server auth", algorithm),
  };
  const at = (...addresses: string[]) =>
    kubeletServingTemplate(
      "worker-1",
      addresses.map((address) => ({ type: "InternalIP", address })),
    );
  const addressesOf = (manager: CertificateManager) => manager.current()?.certificate.ipAddresses;

  test("asks for nothing as long as there is no address, then at once, and again only for a new one", async () => {
    let wanted = at();
    const manager = await start({ ...serving, template: () => wanted });
    await until(() => timing.waits.length > 3);
    expect(cluster.requests).toEqual([]);
    wanted = at("192.0.2.1", "192.0.2.2");
    await until(() => addressesOf(manager)?.length === 2);
    wanted = at("192.0.2.1"); // what is there too much is no reason
    const waits = timing.waits.length;
    await until(() => timing.waits.length > waits + 5);
    expect(cluster.requests).toHaveLength(1);
    wanted = at("192.0.2.1", "192.0.2.3");
    await until(() => addressesOf(manager)?.includes("192.0.2.3") === true);
    expect(cluster.requests).toHaveLength(2);
  });

  test("ends the wait for what is not wanted any more", async () => {
    cluster.fates = ["wait", "sign"];
    let wanted = at("192.0.2.1");
    const manager = await start({ ...serving, template: () => wanted });
    await until(() => cluster.requests.length === 1);
    wanted = at("192.0.2.2");
    await manager.ready();
    expect(addressesOf(manager)).toEqual(["192.0.2.2"]);
    expect(errors).toEqual([]);
  });

  test("is asked for with patience of a signer that leaves names out", async () => {
    const partial = async (object: RequestObject): Promise<RequestObject> => {
      const publicKey = await parseCertificateRequest(atob(object.spec.request));
      const now = new Date(timing.now());
      const shape = servingTemplate({ subject: publicKey.subject, ipAddresses: ["192.0.2.1"], now });
      const options = { publicKey, issuer: cluster.issuer, allowPrivileged: true, now };
      const { certificate } = await issueCertificate(shape, options);
      const pem = btoa(encodePem("CERTIFICATE", certificate.der));
      return { ...object, status: { conditions: [{ type: "Approved", status: "True" }], certificate: pem } };
    };
    cluster.fates = [partial];
    const manager = await start({ ...serving, template: at("192.0.2.1", "192.0.2.2")! });
    await until(() => errors.length >= 3);
    expect(new Set(codes())).toEqual(new Set(["ERR_KUBELET_CERTIFICATE"]));
    expect(addressesOf(manager)).toEqual(["192.0.2.1"]); // better than none
    expect(timing.waits).toEqual(expect.arrayContaining([2100, 4200]));
  });
});
