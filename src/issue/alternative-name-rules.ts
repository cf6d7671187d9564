import { toHex } from "../bytes.ts";
import { checkElement } from "../der/check-element.ts";
import { safely } from "../errors.ts";
import { validateDnsName, validateEmailAddress, validateIpAddress, validateUri } from "../x509/dns-name.ts";
import type { GeneralName } from "../x509/general-name-values.ts";
import { parseIpAddress } from "../x509/ip-address.ts";
import type { Report } from "./report.ts";

/** As many names as any cluster needs, and few enough that every reader takes them. */
export const MAX_ALTERNATIVE_NAMES = 1000;

/** What speaks against a text as a name of its kind. Kinds without a row say nothing to Kubernetes and are only encoded. */
const VALIDATORS: Partial<Record<GeneralName["type"], (text: string) => string | undefined>> = {
  dns: validateDnsName,
  ip: validateIpAddress,
  uri: validateUri,
  email: validateEmailAddress,
};

/** Every name well formed, each once, and not too many. Sources: RFC 5280 4.2.1.6, RFC 9525. */
export function checkAlternativeNames(
  names: readonly GeneralName[],
  maximum: number,
  path: string,
  report: Report,
): void {
  const fail = (at: string, message: string): void =>
    report.error("ERR_TEMPLATE_ALTERNATIVE_NAME", at, message);
  if (names.length === 0) fail(path, "there is no name, expected at least one");
  if (!(names.length <= maximum))
    return fail(path, `there are ${names.length} names, expected at most ${maximum}`);
  const seen = new Set<string>();
  names.forEach((name, i) => {
    const at = `${path}[${i}]`;
    const fault = "value" in name ? VALIDATORS[name.type]?.(name.value) : faultOfBytes(name);
    if (fault !== undefined) return fail(at, fault);
    const key = identityOf(name);
    if (seen.has(key)) fail(at, "the name stands there twice");
    seen.add(key);
  });
}

/** RFC 5280 4.2.1.6: the value of an otherName is one element. Go does not look at it, so nothing behind would find out. */
function faultOfBytes(name: GeneralName): string | undefined {
  if (name.type !== "otherName") return undefined;
  const checked = safely(() => checkElement(name.der));
  return checked.ok ? undefined : `its value must be one element of DER: ${checked.error.message}`;
}

/** Equal for names that readers take for the same. */
function identityOf(name: GeneralName): string {
  if (name.type === "ip") return `ip ${toHex(parseIpAddress(name.value)!)}`;
  if (name.type === "dns") return `dns ${name.value.toLowerCase()}`;
  if ("value" in name) return `${name.type} ${name.value}`;
  const typeId = "typeId" in name ? name.typeId : "";
  return `${name.type} ${typeId} ${toHex("name" in name ? name.name.der : name.der)}`;
}
