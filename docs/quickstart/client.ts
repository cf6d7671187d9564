/** Calls a server under any of its names, although it listens on the loopback interface. */
import { request } from "node:https";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { encodePem } from "kubepki";
import type { Certificate } from "kubepki";
import type { Answer } from "./server.ts";
import type { Credential } from "./cluster.ts";

export interface Call {
  /** What the server is called by; its certificate must have this name or address. */
  readonly host: string;
  readonly port: number;
  /** Who calls. */
  readonly as: Credential;
  /** The CA that the caller trusts; absent: those that come with Node. */
  readonly trusting?: Certificate;
}

/** Makes one call over a connection of its own; rejects if the caller does not accept the server. */
export async function call({ host, port, as, trusting }: Call): Promise<Answer> {
  const options = {
    host,
    // A name goes into the hello (SNI), an address must not (RFC 6066 3).
    ...(isIP(host) === 0 && { servername: host }),
    cert: encodePem("CERTIFICATE", as.certificate.der),
    key: await as.privateKey.exportPem(),
    ...(trusting && { ca: encodePem("CERTIFICATE", trusting.der) }),
  };
  const createConnection = () => connectTls({ ...options, socket: connectTcp(port, "127.0.0.1") });
  return new Promise((resolve, reject) => {
    const get = request({ host, port, createConnection }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("end", () => resolve(JSON.parse(body) as Answer));
      response.on("error", reject);
    });
    get.on("error", reject);
    get.end();
  });
}
