/** The shape of a row in the tables of malformed certificates. */
import type { ErrorCode } from "../../../src/errors.ts";
import { certificate, extension, extensionIds } from "../../support/certificate.ts";
export interface MalformedCertificate {
  readonly title: string;
  readonly der: Uint8Array;
  readonly code: ErrorCode;
  readonly path?: string;
  readonly kubernetes: "refuses" | "accepts" | ErrorCode;
  /** Go reads it: the refusal in both modes is a limit of ours. */
  readonly limit?: true;
}

export type Fault = readonly [
  title: string,
  der: Uint8Array,
  code: ErrorCode,
  path?: string | undefined,
  kubernetes?: "refuses" | "accepts" | "limit" | ErrorCode | undefined,
];

/** Rows whose paths begin with `prefix`. */
export function faults(prefix: string, list: readonly Fault[]): MalformedCertificate[] {
  return list.map(([title, der, code, path, kubernetes = "refuses"]) => ({
    title,
    der,
    code,
    ...(path === undefined ? {} : { path: prefix + path }),
    ...(kubernetes === "limit" ? { kubernetes: "refuses", limit: true } : { kubernetes }),
  }));
}

export const withExtensions = (...list: Uint8Array[]): Uint8Array => certificate({ extensions: list });

/** Rows for one extension, alone in its certificate. */
export function extensionFaults(
  id: keyof typeof extensionIds,
  list: readonly (readonly [string, Uint8Array, ErrorCode, string, Fault[4]?])[],
): MalformedCertificate[] {
  const encode = (content: Uint8Array): Uint8Array => withExtensions(extension(extensionIds[id], content));
  return faults(
    `tbsCertificate.extensions[0].${id}`,
    list.map(([title, content, code, path, kubernetes]) => [
      `${id}: ${title}`,
      encode(content),
      code,
      path,
      kubernetes,
    ]),
  );
}

export const zeros = (count: number): Uint8Array => new Uint8Array(count);
/** An element that promises 127 octets and has none. */
export const truncated = (tag: number): Uint8Array => Uint8Array.of(tag, 0x7f);
