/**
 * One process at a time on a data folder.
 *
 * Each claimant makes a file of its own in `lock/`, named by its process id and start time, then looks at the others' files.
 * Is one of their processes alive, it takes its own file away and gives up; the files of dead processes it deletes. Because a
 * file is made before the others are looked at, of two claimants at least one sees the other (both may, and both give up); and
 * because no two processes ever have the same name, deleting a dead one's file can never hit a new claimant's, which is what
 * goes wrong when all share one lock file.
 *
 * Alive means: the process id exists and, where /proc says so, began at the same tick of the same boot in the same process
 * namespace. A file of another namespace of this boot (a container) cannot be judged and counts as alive.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Rejected } from "../../vm/errors.ts";

const LOCK_DIRECTORY = "lock";
const ENTRY_NAME = /^([0-9]{1,10})-([0-9]{1,20}|unknown)$/;
/** The start of a process that is gone in all but its number: equal to no claim's. */
const DEAD = "dead";

/** What tells one process from another with the same number; "unknown" where the system does not say. */
interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start. */
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

export interface FolderLock {
  /** The folder is free; calling it again does nothing. */
  release(): void;
}

/**
 * Returns the lock of a folder, which is made when it is not there.
 * @errors data.locked (Rejected) with the other process's id
 */
export function acquireFolderLock(folder: string): FolderLock {
  const directory = join(folder, LOCK_DIRECTORY);
  mkdirSync(directory, { recursive: true });
  const self = identityOf(process.pid);
  const name = `${self.pid}-${self.startTicks}`;
  const path = join(directory, name);
  writeClaim(path, self, folder);
  try {
    for (const other of readdirSync(directory)) if (other !== name) checkOther(directory, other, self, folder);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return { release: () => rmSync(path, { force: true }) };
}

function writeClaim(path: string, self: ProcessIdentity, folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx");
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    // The same number and start tick in another boot was another process. Without start times a dead process of the same
    // number may have left the file; then two openings by this process are not told apart.
    const isOurs = self.startTicks !== "unknown" && (readClaim(path)?.[0] || self.bootId) === self.bootId;
    if (isOurs) throw locked(folder, self.pid);
    descriptor = openSync(path, "w");
  }
  writeSync(descriptor, `${self.bootId} ${self.pidNamespace}\n`);
  closeSync(descriptor);
}

function checkOther(directory: string, name: string, self: ProcessIdentity, folder: string): void {
  const match = ENTRY_NAME.exec(name);
  if (match === null) return;
  const claim = readClaim(join(directory, name));
  if (claim === undefined) return;
  const [bootId, pidNamespace] = claim;
  const pid = Number(match[1]);
  if (isAlive({ pid, startTicks: match[2]!, bootId, pidNamespace }, self)) throw locked(folder, pid);
  rmSync(join(directory, name), { force: true });
}

/** Returns boot and namespace of a claim; empty texts while it is being written, undefined when it has just gone. */
function readClaim(path: string): readonly [bootId: string, pidNamespace: string] | undefined {
  try {
    const [bootId = "", pidNamespace = ""] = readFileSync(path, "utf8").trim().split(" ");
    return [bootId, pidNamespace];
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function isAlive(claim: ProcessIdentity, self: ProcessIdentity): boolean {
  const isSameBoot = claim.bootId === "" || claim.bootId === self.bootId;
  if (!isSameBoot) return false;
  if (claim.pidNamespace !== "" && claim.pidNamespace !== self.pidNamespace) return true;
  if (!processExists(claim.pid)) return false;
  const { startTicks } = identityOf(claim.pid);
  return startTicks === "unknown" || claim.startTicks === "unknown" || startTicks === claim.startTicks;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return !hasCode(error, "ESRCH");
  }
}

function identityOf(pid: number): ProcessIdentity {
  return {
    pid,
    startTicks: orUnknown(() => startTicksOf(readFileSync(`/proc/${pid}/stat`, "utf8"))),
    bootId: orUnknown(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orUnknown(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/**
 * Field 22 of proc(5) stat, counted behind the command's name, which is in brackets and may hold anything. A process that was
 * killed and not yet waited for (state Z) still has its number, and holds nothing any more.
 */
function startTicksOf(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return DEAD;
  const ticks = fields[19] ?? "";
  return /^[0-9]{1,20}$/.test(ticks) ? ticks : "unknown";
}

function orUnknown(read: () => string): string {
  try {
    return read() || "unknown";
  } catch {
    return "unknown";
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function locked(folder: string, pid: number): Rejected {
  return new Rejected("data.locked", `the data folder is in use by process ${pid}`, {
    value: folder.slice(-200),
    hint: `stop process ${pid}, or choose another folder; if it runs in no container, remove ${LOCK_DIRECTORY}/${pid}-*`,
  });
}
