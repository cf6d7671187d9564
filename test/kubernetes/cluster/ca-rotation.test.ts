/** The change of a CA: every call succeeds at every moment, however slowly each step spreads; and it goes on where it was. */
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import {
  caTemplate,
  clientTemplate,
  encodePem,
  generateKeyPair,
  issueCertificate,
  issueSelfSigned,
  nextCaRotationStage,
  planCaRotation,
  planClusterPki,
  servingTemplate,
} from "kubepki";
import type { Certificate, CertificateTemplate } from "kubepki";

const plan = planClusterPki({
  nodes: [
    { name: "cp-1", role: "control-plane", addresses: ["192.0.2.1"] },
    { name: "w-1", role: "worker", addresses: ["192.0.2.2"] },
  ],
});
async function makeCa(commonName: string) {
  const { signer } = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueSelfSigned(caTemplate({ subject: { commonName } }), signer);
  return { certificate, signer };
}
// One name for both, as where somebody runs the same script twice: the hardest case.
const old = await makeCa("kubernetes");
const next = await makeCa("kubernetes");

interface Party {
  readonly key: string;
  readonly cert: string;
  readonly certificate: Certificate;
}
async function issue(template: CertificateTemplate, issuer: typeof old): Promise<Party> {
  const { privateKey, publicKey } = await generateKeyPair("ECDSA-P256");
  const { certificate } = await issueCertificate(template, { publicKey, issuer });
  return { key: await privateKey.exportPem(), cert: encodePem("CERTIFICATE", certificate.der), certificate };
}
const serving = servingTemplate({ subject: { commonName: "api" }, dnsNames: ["api.example"] });
const client = clientTemplate({ subject: { commonName: "jane" } });
const pemOf = (certificates: readonly Certificate[]): string =>
  certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join("");

/** Who serves or calls: what it shows, and whom it trusts. */
interface Actor {
  readonly shows: Party;
  readonly trusts: readonly Certificate[];
}

/** A real call with certificates on both sides. */
async function call(server: Actor, caller: Actor): Promise<number> {
  const web = createServer(
    {
      key: server.shows.key,
      cert: server.shows.cert,
      ca: pemOf(server.trusts),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (_, response) => response.end(),
  );
  await new Promise<void>((ready) => web.listen(0, "127.0.0.1", ready));
  const { port } = web.address() as AddressInfo;
  try {
    return await new Promise<number>((resolve, reject) => {
      const { key, cert } = caller.shows;
      const options = {
        host: "127.0.0.1",
        port,
        servername: "api.example",
        key,
        cert,
        ca: pemOf(caller.trusts),
        agent: false,
      };
      const asking = request(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asking.on("error", reject);
      asking.end();
    });
  } finally {
    web.close();
    web.closeAllConnections();
  }
}

describe("the steps", () => {
  const steps = planCaRotation(plan, "ca", old.certificate, next.certificate);

  test("fail no call, also while they reach some and not others", { timeout: 30_000 }, async () => {
    const shown = {
      server: { old: await issue(serving, old), new: await issue(serving, next) },
      caller: { old: await issue(client, old), new: await issue(client, next) },
    };
    let trusts: readonly Certificate[] = [old.certificate];
    let which: "old" | "new" = "old";
    let calls = 0;
    for (const { stage, files } of steps) {
      const after: { trusts: readonly Certificate[]; which: "old" | "new" } = {
        trusts: files[0]?.trusts ?? trusts,
        which: stage === "issue" ? "new" : which,
      };
      for (const atServer of [{ trusts, which }, after])
        for (const atCaller of [{ trusts, which }, after]) {
          const server = { shows: shown.server[atServer.which], trusts: atServer.trusts };
          const caller = { shows: shown.caller[atCaller.which], trusts: atCaller.trusts };
          expect(await call(server, caller), `${stage} ${calls}`).toBe(200);
          calls++;
        }
      ({ trusts, which } = after);
    }
    expect([calls, which, trusts]).toEqual([12, "new", [next.certificate]]);
    const late = { shows: shown.caller.old, trusts };
    await expect(call({ shows: shown.server.new, trusts }, late)).rejects.toThrow();
  });

  test("name every file that trusts the CA, every certificate of it, and who is to be restarted", () => {
    const [both, issuing, last] = steps;
    const trusted = both!.files.map(({ path }) => path);
    expect(trusted).toContain("pki/ca.crt");
    expect(trusted).toEqual(
      expect.arrayContaining(["admin.conf", "kubelet.conf", "scheduler.conf", "controller-manager.conf"]),
    );
    expect(last!.files.map(({ path }) => path)).toEqual(trusted);
    expect(issuing!.files.map(({ renew }) => renew)).toEqual(
      plan.certificates.filter(({ ca }) => ca === "ca"),
    );
    expect(both!.restarts[0]).toBe("kube-apiserver");
    expect(both!.restarts.indexOf("kubelet")).toBeGreaterThan(
      both!.restarts.indexOf("kube-controller-manager"),
    );
    expect(both!.also.join(" ")).toMatch(/not with a bundle.*--cluster-signing-cert-file/);
  });

  test("of etcd's and the front proxy's CA touch nobody else", () => {
    const etcd = planCaRotation(plan, "etcd-ca", old.certificate, next.certificate);
    expect(etcd[0]!.files.every(({ path }) => path.includes("etcd"))).toBe(true);
    expect(etcd[0]!.restarts).toEqual(["etcd", "kube-apiserver"]);
    expect(etcd[0]!.also).toEqual([]);
    const proxy = planCaRotation(plan, "front-proxy-ca", old.certificate, next.certificate);
    expect(proxy[0]!.files.map(({ path }) => path)).toEqual(["pki/front-proxy-ca.crt"]);
    expect(proxy[1]!.files.map(({ path }) => path)).toEqual(["pki/front-proxy-client"]);
  });

  test("are not made without a CA of that name, or for the same key", () => {
    const bad = [
      () => planCaRotation(plan, "apiserver", old.certificate, next.certificate),
      () => planCaRotation(plan, "ca", old.certificate, old.certificate),
    ];
    for (const make of bad)
      expect(make).toThrow(expect.objectContaining({ code: "ERR_CLUSTER_CONFIG" }) as Error);
  });
});

describe("an interrupted change", () => {
  test("goes on where it was, whatever was written", async () => {
    const [a, b] = [old.certificate, next.certificate];
    const [before, after] = [(await issue(client, old)).certificate, (await issue(client, next)).certificate];
    const stage = (trusted: Certificate[][], issued: Certificate[]) =>
      nextCaRotationStage({ trusted, issued }, a, b);
    expect(stage([[a], [a]], [before])).toBe("trust-both");
    expect(stage([[a, b], [a]], [before])).toBe("trust-both");
    expect(
      stage(
        [
          [a, b],
          [b, a],
        ],
        [before],
      ),
    ).toBe("issue");
    expect(
      stage(
        [
          [a, b],
          [a, b],
        ],
        [before, after],
      ),
    ).toBe("issue");
    expect(
      stage(
        [
          [a, b],
          [a, b],
        ],
        [after],
      ),
    ).toBe("trust-new");
    expect(stage([[b], [a, b]], [after])).toBe("trust-new");
    expect(stage([[b], [b]], [after])).toBeUndefined();
  });
});
