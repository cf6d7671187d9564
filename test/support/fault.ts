import { type ErrorCode, PkiError } from "../../src/errors.ts";

/** What a refusal says to a program: the fields of a PkiError that are API. */
export interface Fault {
  readonly code: ErrorCode;
  readonly offset?: number;
  readonly path?: string;
}

/** Runs what must be refused and returns the refusal; any other error, or none, fails the test. */
export function fault(run: () => unknown): Fault {
  const error = refusal(run);
  return {
    code: error.code,
    ...(error.offset === undefined ? {} : { offset: error.offset }),
    ...(error.path === undefined ? {} : { path: error.path }),
  };
}

/** As {@link fault}, the whole error. */
export function refusal(run: () => unknown): PkiError {
  try {
    run();
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
