import { Readable } from "../readable.ts";
import type { Extension, KnownExtension } from "./extension.ts";
import type { ExtensionId, ExtensionValues } from "./extensions/index.ts";

/** What certificates and requests have in common: a list of extensions, and names among them. */
export abstract class WithExtensions extends Readable {
  /** All extensions in encoded order. */
  abstract get extensions(): readonly Extension[];

  /** The extension of this name, if there is one. */
  extension<Id extends ExtensionId>(id: Id): KnownExtension<Id> | undefined {
    for (const extension of this.extensions)
      if (extension.id === id) return extension as KnownExtension<Id> & Extension;
    return undefined;
  }

  /** The value of the extension of this name, if there is one. */
  extensionValue<Id extends ExtensionId>(id: Id): ExtensionValues[Id] | undefined {
    return this.extension(id)?.value;
  }

  /** DNS names of the subject alternative name, in encoded order and as written. */
  get dnsNames(): string[] {
    return this.alternativeNames("dns");
  }

  /** IP addresses of the subject alternative name as text, see {@link formatIpAddress}. */
  get ipAddresses(): string[] {
    return this.alternativeNames("ip");
  }

  /** URIs of the subject alternative name, as written. */
  get uris(): string[] {
    return this.alternativeNames("uri");
  }

  /** E-mail addresses of the subject alternative name, as written. */
  get emailAddresses(): string[] {
    return this.alternativeNames("email");
  }

  private alternativeNames(type: "dns" | "ip" | "uri" | "email"): string[] {
    const values: string[] = [];
    for (const name of this.extensionValue("subjectAltName") ?? [])
      if (name.type === type) values.push(name.value);
    return values;
  }
}
