import { compare, type Difference } from "../support/go-difference.ts";
import { isRefused, type Referee } from "./referee.ts";

/** Asks the referee about many certificates, in portions so that a pipe never fills up. */
export async function differences(referee: Referee, inputs: readonly Uint8Array[]): Promise<Difference[]> {
  const judge = async (der: Uint8Array): Promise<Difference[]> => {
    const answer = await referee.ask("identity", { leaf: Buffer.from(der).toString("base64") });
    return compare(der, isRefused(answer) ? answer.error : answer);
  };
  const found: Difference[] = [];
  for (let at = 0; at < inputs.length; at += 1000) {
    found.push(...(await Promise.all(inputs.slice(at, at + 1000).map(judge))).flat());
  }
  return found;
}
