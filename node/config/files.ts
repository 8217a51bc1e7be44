/** Files that stand whole or not at all. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * A new file of this text stands at `path`, on disk; false when there is one already, which is left alone. The text is
 * written and synced under another name first and linked to its own, so that no crash and no race leaves half a file.
 */
export function createFileWhole(path: string, text: string, mode: number): boolean {
  const temporary = writeTemporary(path, text, mode);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncFolder(dirname(path));
  return true;
}

/** The file at `path` has this text, on disk; at every moment it has the old one or this. */
export function replaceFileWhole(path: string, text: string, mode: number): void {
  renameSync(writeTemporary(path, text, mode), path);
  syncFolder(dirname(path));
}

/** True when `error` is one of the operating system with this code. */
export function isSystemError(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && error.code === code;
}

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["EACCES", "permission is denied"],
  ["EEXIST", "there is already something of this name"],
  ["EISDIR", "it is a folder"],
  ["ENOENT", "there is no such file or folder"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["EPERM", "permission is denied"],
  ["EROFS", "the file system is read-only"],
]);

/** Why a path cannot be used, in words; undefined for an error that is not about the path, as a full disk. */
export function pathReason(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? REASONS.get(error.code) : undefined;
}

/** True when a write failed because there is no room: on the disk, or in the user's share of it. */
export function isDiskFull(error: unknown): boolean {
  return isSystemError(error, "ENOSPC") || isSystemError(error, "EDQUOT");
}

function writeTemporary(path: string, text: string, mode: number): string {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString("hex")}`);
  const descriptor = openSync(temporary, "wx", mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

/** The folder's own entry of a new name is on disk. Windows has no such thing and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
