/** A real etcd cluster of three gets another CA, step by step, member by member, while a client writes and reads all the time: no request fails, and no handshake. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { encodePem, issueClusterPki, nextCaRotationStage, planCaRotation } from "kubepki";
import type { Certificate, ClusterPki } from "kubepki";
import { unpackFromSid } from "./debian.ts";

const unpacked = await unpackFromSid(["etcd-server"]);
if ("reason" in unpacked) console.warn(`skipped: etcd: ${unpacked.reason}`);

const NAMES = ["cp-1", "cp-2", "cp-3"] as const;
const config = {
  nodes: NAMES.map((name, i) => ({ name, role: "control-plane" as const, addresses: [`192.0.2.${i + 1}`] })),
};

interface Credentials {
  readonly cert: string;
  readonly key: string;
  readonly certificate: Certificate;
}

/** Certificate and key of a planned name, on a node or in the whole cluster. */
async function credentialsOf(
  { certificates }: ClusterPki,
  name: string,
  node?: string,
): Promise<Credentials> {
  const found = certificates.find((one) => one.name === name && (node === undefined || one.node === node))!;
  return {
    cert: encodePem("CERTIFICATE", found.certificate.der),
    key: await found.privateKey!.exportPem(),
    certificate: found.certificate,
  };
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

describe.skipIf("reason" in unpacked)(
  `etcd${"reason" in unpacked ? ` (skipped: ${unpacked.reason})` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "kubepki-etcd-"));
    const members = new Map<string, Member>();
    afterAll(async () => {
      await Promise.all([...members.values()].map((member) => member.stop()));
      rmSync(folder, { recursive: true });
    });

    /** One member, which reads its files when it starts. */
    class Member {
      readonly name: string;
      readonly client: number;
      readonly peer: number;
      #child: ChildProcess | undefined;
      #log = "";

      constructor(name: string, client: number, peer: number) {
        this.name = name;
        this.client = client;
        this.peer = peer;
        mkdirSync(join(folder, name));
      }

      write(file: string, text: string): void {
        writeFileSync(join(folder, this.name, file), text, { mode: 0o600 });
      }

      start(cluster: string): void {
        const at = (file: string): string => join(folder, this.name, file);
        const [client, peer] = [`https://127.0.0.1:${this.client}`, `https://127.0.0.1:${this.peer}`];
        const flags = {
          name: this.name,
          "data-dir": at("data"),
          "listen-client-urls": client,
          "advertise-client-urls": client,
          "listen-peer-urls": peer,
          "initial-advertise-peer-urls": peer,
          "initial-cluster": cluster,
          "cert-file": at("server.crt"),
          "key-file": at("server.key"),
          "trusted-ca-file": at("ca.crt"),
          "peer-cert-file": at("peer.crt"),
          "peer-key-file": at("peer.key"),
          "peer-trusted-ca-file": at("ca.crt"),
          "client-cert-auth": "true",
          "peer-client-cert-auth": "true",
          "log-level": "warn",
        };
        const program = join("root" in unpacked ? unpacked.root : "", "usr/bin/etcd");
        const child = spawn(
          program,
          Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
          {
            stdio: ["ignore", "pipe", "pipe"],
          },
        );
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", (part) => (this.#log += String(part)));
        this.#child = child;
      }

      async stop(): Promise<void> {
        const child = this.#child;
        if (!child || child.exitCode !== null) return;
        child.kill("SIGTERM");
        await Promise.race([once(child, "exit"), sleep(10_000)]);
        child.kill("SIGKILL");
      }

      /** What it said of certificates that it did not believe. */
      get refusals(): string[] {
        return this.#log
          .split("\n")
          .filter((line) => /x509:|bad certificate|unknown certificate authority/.test(line));
      }
    }

    /** What the client shows, and whom it trusts; it changes with the steps. */
    let shown: Credentials;
    let trusted: readonly Certificate[] = [];
    const pemOf = (certificates: readonly Certificate[]): string =>
      certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");

    /** One question to one member through etcd's JSON gateway. */
    const ask = (port: number, path: string, body: object): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const { cert, key } = shown;
        const options = {
          host: "127.0.0.1",
          port,
          path,
          method: "POST",
          cert,
          key,
          ca: pemOf(trusted),
          agent: false,
          timeout: 5000,
        };
        const asking = request(options, (response) => {
          let text = "";
          response.on("data", (part) => (text += String(part)));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        });
        asking.on("timeout", () =>
          asking.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
        );
        asking.on("error", reject);
        asking.end(JSON.stringify(body));
      });

    const broken: string[] = [];
    /** As clients of etcd do: the next member where one is away; but what TLS refuses is noted, and is a failure. */
    async function askAny(path: string, body: object): Promise<string> {
      for (let tries = 0; tries < 60; tries++) {
        const { client } = [...members.values()][tries % members.size]!;
        try {
          const { status, text } = await ask(client, path, body);
          if (status === 200) return text;
        } catch (error) {
          const code = String((error as { code?: string }).code);
          if (!["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code))
            broken.push(`${code}: ${String(error)}`);
        }
        await sleep(100);
      }
      throw new Error(`no member answers ${path}`);
    }
    const base64 = (text: string): string => Buffer.from(text).toString("base64");

    test("changes its CA, and nobody notices", { timeout: 240_000 }, async () => {
      const before = await issueClusterPki(config);
      const after = await issueClusterPki(config);
      const caOf = (pki: ClusterPki): Certificate =>
        pki.certificates.find(({ name }) => name === "etcd-ca")!.certificate;
      const [old, next] = [caOf(before), caOf(after)];
      const steps = planCaRotation(before.plan, "etcd-ca", old, next);

      for (const name of NAMES) members.set(name, new Member(name, await freePort(), await freePort()));
      const cluster = [...members.values()]
        .map(({ name, peer }) => `${name}=https://127.0.0.1:${peer}`)
        .join(",");
      const install = async (member: Member, pki: ClusterPki): Promise<void> => {
        for (const [file, name] of [
          ["server", "etcd-server"],
          ["peer", "etcd-peer"],
        ] as const) {
          const { cert, key } = await credentialsOf(pki, name, member.name);
          member.write(`${file}.crt`, cert);
          member.write(`${file}.key`, key);
        }
      };
      shown = await credentialsOf(before, "apiserver-etcd-client", "cp-1");
      trusted = [old];
      for (const member of members.values()) {
        await install(member, before);
        member.write("ca.crt", pemOf(trusted));
        member.start(cluster);
      }
      await askAny("/v3/kv/put", { key: base64("count"), value: base64("0") });

      let written = 0;
      const over = new AbortController();
      const work = (async () => {
        while (!over.signal.aborted) {
          written++;
          await askAny("/v3/kv/put", { key: base64("count"), value: base64(String(written)) });
          const answer = JSON.parse(await askAny("/v3/kv/range", { key: base64("count") })) as {
            kvs: { value: string }[];
          };
          expect(Buffer.from(answer.kvs[0]!.value, "base64").toString()).toBe(String(written));
        }
      })();
      const isHealthy = async (member: Member): Promise<boolean> =>
        ask(member.client, "/v3/kv/range", { key: base64("count") }).then(
          ({ status }) => status === 200,
          () => false,
        );

      const bundles = new Map<string, readonly Certificate[]>(NAMES.map((name) => [name, [old]]));
      for (const { stage, files, restarts } of steps) {
        expect(restarts[0]).toBe("etcd");
        const trusts = files.find((file) => file.trusts)?.trusts;
        for (const member of members.values()) {
          if (trusts) {
            member.write("ca.crt", pemOf(trusts));
            bundles.set(member.name, trusts);
          } else await install(member, after);
          await member.stop();
          member.start(cluster);
          for (let waited = 0; !(await isHealthy(member)); waited++) {
            if (waited > 200) throw new Error(`${member.name} does not come back in ${stage}`);
            await sleep(100);
          }
        }
        // Then its clients: the API server.
        if (trusts) trusted = trusts;
        else shown = await credentialsOf(after, "apiserver-etcd-client", "cp-1");
        const state = { trusted: [trusted, ...bundles.values()], issued: [shown.certificate] };
        const following = { "trust-both": "issue", issue: "trust-new", "trust-new": undefined } as const;
        expect(nextCaRotationStage(state, old, next)).toBe(following[stage]);
      }
      over.abort();
      await work;

      expect(broken).toEqual([]);
      expect([...members.values()].flatMap((member) => member.refusals)).toEqual([]);
      expect(written).toBeGreaterThan(20);
      // And it was worth it: who has a certificate of the old CA is no longer believed.
      shown = await credentialsOf(before, "apiserver-etcd-client", "cp-1");
      await expect(
        ask(members.get("cp-1")!.client, "/v3/kv/range", { key: base64("count") }),
      ).rejects.toThrow();
    });
  },
);
