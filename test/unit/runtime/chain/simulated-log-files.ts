/**
 * A disk in memory for the block log: writes go into a cache and reach the disk when they are synced, or in part, sector by
 * sector in any order, when the power goes. Operations can be made to fail, as a full or dying disk does.
 */
import type { LogFile, LogFiles } from "../../../../runtime/chain/log-files.ts";

const SECTOR_BYTES = 512;

interface Content {
  durable: Uint8Array;
  cached: Uint8Array;
}

/** What the next operations of a kind do; consulted before each. */
export type Fault = (operation: "write" | "sync" | "prepare", name: string) => Error | undefined;

export class SimulatedLogFiles implements LogFiles {
  readonly #files = new Map<string, Content>();
  fault: Fault = () => undefined;

  list(): readonly string[] {
    return [...this.#files.keys()];
  }

  open(name: string): LogFile {
    return this.#handle(name, this.#files.get(name)!);
  }

  async prepare(name: string, head: Uint8Array, size: number): Promise<LogFile> {
    const error = this.fault("prepare", name);
    if (error !== undefined) throw error;
    const cached = new Uint8Array(size);
    cached.set(head);
    const content = { durable: cached.slice(), cached };
    this.#files.set(name, content);
    return this.#handle(name, content);
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }

  /** The bytes on the disk, to be changed by a test. */
  disk(name: string): Uint8Array {
    return this.#files.get(name)!.durable;
  }

  setDisk(name: string, bytes: Uint8Array): void {
    this.#files.set(name, { durable: bytes.slice(), cached: bytes.slice() });
  }

  /** Returns the disk after power loss: each sector not synced is as `isWritten` says, old or new. */
  afterPowerLoss(isWritten: () => boolean): SimulatedLogFiles {
    const after = new SimulatedLogFiles();
    for (const [name, { durable, cached }] of this.#files) {
      const bytes = durable.slice();
      for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
        const sector = cached.subarray(at, at + SECTOR_BYTES);
        if (Buffer.compare(sector, bytes.subarray(at, at + SECTOR_BYTES)) !== 0 && isWritten()) bytes.set(sector, at);
      }
      after.setDisk(name, bytes);
    }
    return after;
  }

  #handle(name: string, content: Content): LogFile {
    return {
      name,
      size: content.cached.length,
      read: (target, position) => target.set(content.cached.subarray(position, position + target.length)),
      write: (source, position) => {
        const error = this.fault("write", name);
        // A write that fails may have written a part.
        content.cached.set(error === undefined ? source : source.subarray(0, source.length / 2), position);
        if (error !== undefined) throw error;
      },
      sync: async () => {
        const error = this.fault("sync", name);
        if (error !== undefined) throw error;
        content.durable.set(content.cached);
      },
      close: () => undefined,
    };
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}
