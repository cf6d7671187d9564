/** Files that hold secrets: read within limits, written with their mode from the first moment, and replaced whole. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { FileError } from "../errors.ts";

/** Whether the system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** The system's name of what went wrong. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** What a file that was read looks like. */
export interface ReadFile {
  /** Its contents. */
  readonly bytes: Buffer;
  /** Its permissions, for example 0o600. */
  readonly mode: number;
}

/**
 * Reads a regular file of limited size. Neither a pipe that nobody writes to nor a device can hold it up.
 *
 * @throws FileError `ERR_FILE_READ`, `ERR_FILE_SIZE`; and `ERR_FILE_LINK` for a symbolic link if they are not to be followed
 */
export async function readRegularFile(
  path: string,
  { maxBytes, followLinks }: { readonly maxBytes: number; readonly followLinks: boolean },
): Promise<ReadFile> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  const file = await open(path, flags).catch((cause: unknown) => {
    if (codeOf(cause) === "ELOOP" && !followLinks)
      throw new FileError("ERR_FILE_LINK", `${path} is a symbolic link`, { cause });
    throw unreadable(path, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new FileError("ERR_FILE_READ", `${path} is no regular file`);
    if (stats.size > maxBytes)
      throw new FileError("ERR_FILE_SIZE", `${path} has ${stats.size} bytes, at most ${maxBytes} are read`);
    return { bytes: await file.readFile(), mode: stats.mode & 0o7777 };
  } catch (error) {
    throw error instanceof FileError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): FileError {
  return new FileError("ERR_FILE_READ", `${path} cannot be read: ${codeOf(cause) ?? "unknown"}`, { cause });
}

/** Makes a file that must not be there yet, with its mode from the first moment, and waits until it is on the disk. */
export async function createFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the names in a folder are on the disk. Systems that cannot do this for a folder need it not. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!["EISDIR", "EPERM", "EINVAL", "EBADF", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
  }
}
