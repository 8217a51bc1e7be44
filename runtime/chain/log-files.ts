/**
 * The files of the block log, as little of a file system as the log needs: what a test puts a failing disk behind.
 *
 * All but preparing a segment is synchronous: a write goes into the page cache (about 0.3 ms a MiB) and only the sync waits
 * for the disk, on a thread of the pool. A failed write or sync is thrown as the system gave it; the log knows what it means.
 */
import { closeSync, fdatasync, fstatSync, mkdirSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { NodeError } from "../../vm/errors.ts";

const PREPARE_CHUNK_BYTES = 1024 * 1024;
/** Ends the name of a file whose preparation did not finish. */
export const UNFINISHED_SUFFIX = ".unfinished";
const fdatasyncAsync = promisify(fdatasync);

export interface LogFile {
  readonly name: string;
  /** Length of the file, bytes; fixed when it was prepared. */
  readonly size: number;
  /** Fills `target` with the bytes from `position` on; both lie inside the file. @errors log.readFailed (NodeError) */
  read(target: Uint8Array, position: number): void;
  /** `source` stands at `position`, as far as readers of this machine can see. */
  write(source: Uint8Array, position: number): void;
  /** Resolves when everything written is durable. */
  sync(): Promise<void>;
  close(): void;
}

export interface LogFiles {
  /** Names of the files, in no order. */
  list(): readonly string[];
  open(name: string): LogFile;
  /** Resolves when a file of `size` zero bytes that begins with `head` is durable under `name`, and open. */
  prepare(name: string, head: Uint8Array, size: number): Promise<LogFile>;
  remove(name: string): Promise<void>;
}

/** Returns the files in `directory`, making it when it is not there. */
export function diskLogFiles(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true });
  return { ...readOnlyLogFiles(directory), ...writableLogFiles(directory) };
}

/** Returns the files in `directory` for reading: what is written to them is refused by the system. */
export function readOnlyLogFiles(directory: string): Pick<LogFiles, "list" | "open"> {
  return {
    list: () => readdirSync(directory),
    open: (name) => new DiskLogFile(name, openSync(join(directory, name), "r")),
  };
}

function writableLogFiles(directory: string): Omit<LogFiles, "list"> {
  return {
    open: (name) => new DiskLogFile(name, openSync(join(directory, name), "r+")),
    prepare: (name, head, size) => prepareFile(directory, name, head, size),
    remove: (name) => unlink(join(directory, name)),
  };
}

class DiskLogFile implements LogFile {
  readonly name: string;
  readonly size: number;
  readonly #descriptor: number;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.#descriptor = descriptor;
    this.size = fstatSync(descriptor).size;
  }

  read(target: Uint8Array, position: number): void {
    for (let done = 0; done < target.length; ) {
      const count = this.#readSome(target, done, position + done);
      if (count === 0) {
        // A file shorter than it was when opened: what is not there reads as zeros, and fails its checksum.
        target.fill(0, done);
        return;
      }
      done += count;
    }
  }

  #readSome(target: Uint8Array, at: number, position: number): number {
    try {
      return readSync(this.#descriptor, target, at, target.length - at, position);
    } catch (error) {
      throw new NodeError("log.readFailed", `the block log cannot read ${this.name} at byte ${position}`, {
        cause: error,
      });
    }
  }

  write(source: Uint8Array, position: number): void {
    for (let done = 0; done < source.length; ) {
      done += writeSync(this.#descriptor, source, done, source.length - done, position + done);
    }
  }

  sync(): Promise<void> {
    return fdatasyncAsync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * Writes the zeros instead of asking for holes, so that a later write changes no metadata and cannot run out of space; that
 * is what makes an append 0.1 ms (a file that grows: up to 12.8 ms). It is written under another name and renamed when it is
 * durable: what bears a segment's name is whole.
 */
async function prepareFile(directory: string, name: string, head: Uint8Array, size: number): Promise<LogFile> {
  const path = join(directory, name);
  const unfinished = path + UNFINISHED_SUFFIX;
  await writeZeros(unfinished, head, size);
  await rename(unfinished, path);
  await syncDirectory(directory);
  return new DiskLogFile(name, openSync(path, "r+"));
}

async function writeZeros(path: string, head: Uint8Array, size: number): Promise<void> {
  const handle = await open(path, "w");
  try {
    const zeros = new Uint8Array(Math.min(size, PREPARE_CHUNK_BYTES));
    for (let at = 0; at < size; at += zeros.length) await writeFully(handle, zeros.subarray(0, size - at), at);
    await writeFully(handle, head, 0);
    await handle.sync();
  } catch (error) {
    // The space is given back at once; if even that fails, the next start removes the file.
    await handle.truncate(0).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/** A full disk may first show as a short write; the next one then names the cause. */
async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
