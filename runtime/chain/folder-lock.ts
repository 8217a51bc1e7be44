/**
 * One process at a time on a data folder.
 *
 * Each claimant makes a file of its own in `lock/`, named by its process id, start time and a random number, then looks at the
 * others' files. Is one of their processes alive, it takes its own file away and gives up; the files of dead processes it
 * deletes. Because a file is made before the others are looked at, of two claimants at least one sees the other (both may, and
 * both give up); and because no two claims ever have the same name, deleting a dead one's file can never hit a new
 * claimant's, which is what goes wrong when all share one lock file.
 *
 * Alive means: a Unix domain socket beside the claim, bound before the claim is made, accepts a connection. The kernel closes
 * it with its process, whatever ends that, and answers for processes of other namespaces (containers) too. Where a claim has
 * no socket (the file system or the system has none), alive means: the process id exists and, where /proc says so, began at
 * the same tick; a claim without socket of another namespace of this boot cannot be judged and counts as alive. A claim of
 * another boot is dead.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { Rejected } from "../../vm/errors.ts";

const LOCK_DIRECTORY = "lock";
const ENTRY_NAME = /^([0-9]{1,10})-([0-9]{1,20}|unknown)-[0-9a-f]{16}$/;
const SOCKET_SUFFIX = ".socket";
/** What the field of a socket's address holds on the system that has least room: 104 on macOS, with a zero at the end. */
const SOCKET_PATH_BYTES_MAX = 103;
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
 * Resolves to the lock of a folder, which is made when it is not there.
 * @errors data.locked (Rejected) with the other process's id
 */
export async function acquireFolderLock(folder: string): Promise<FolderLock> {
  const directory = join(folder, LOCK_DIRECTORY);
  mkdirSync(directory, { recursive: true });
  const self = identityOf(process.pid);
  const name = `${self.pid}-${self.startTicks}-${randomBytes(8).toString("hex")}`;
  const server = await listenBeside(directory, name);
  const release = (): void => {
    removeClaim(directory, name);
    server?.close();
  };
  try {
    writeClaim(join(directory, name), self);
    for (const other of readdirSync(directory)) if (other !== name) await checkOther(directory, other, self, folder);
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function writeClaim(path: string, self: ProcessIdentity): void {
  const descriptor = openSync(path, "wx");
  writeSync(descriptor, `${self.bootId} ${self.pidNamespace}\n`);
  closeSync(descriptor);
}

/** The claim goes before its socket: a claim whose socket is gone might be taken for one that never had any. */
function removeClaim(directory: string, name: string): void {
  rmSync(join(directory, name), { force: true });
  rmSync(join(directory, name + SOCKET_SUFFIX), { force: true });
}

async function checkOther(directory: string, name: string, self: ProcessIdentity, folder: string): Promise<void> {
  const match = ENTRY_NAME.exec(name);
  if (match === null) return;
  const answer = await askSocket(directory, name);
  const claim = readClaim(join(directory, name));
  if (claim === undefined) return;
  const [bootId, pidNamespace] = claim;
  const pid = Number(match[1]);
  const identity = { pid, startTicks: match[2]!, bootId, pidNamespace };
  if (answer === "accepts" || (answer === "none" && isAlive(identity, self))) throw locked(folder, pid, name);
  removeClaim(directory, name);
}

/** Resolves to a server whose socket stands beside the claim, undefined where there can be none. It keeps no process alive. */
async function listenBeside(directory: string, name: string): Promise<Server | undefined> {
  const place = socketPlace(directory, name);
  if (place === undefined) return undefined;
  const server = createServer((socket) => socket.destroy()).unref();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once("listening", () => resolve(true));
    server.on("error", () => resolve(false));
    server.listen({ path: place.path, exclusive: true });
  });
  place.close();
  return isListening ? server : undefined;
}

/** Resolves to what became of a connection to a claim's socket; "none" when there is no socket. */
async function askSocket(directory: string, name: string): Promise<"accepts" | "refuses" | "none"> {
  if (!existsSync(join(directory, name + SOCKET_SUFFIX))) return "none";
  const place = socketPlace(directory, name);
  if (place === undefined) return "none";
  const answer = await new Promise<"accepts" | "refuses" | "none">((resolve) => {
    const socket = connect({ path: place.path });
    socket.once("connect", () => {
      resolve("accepts");
      socket.destroy();
    });
    // Any other error (a full queue, no permission) comes from a socket that someone may still hold.
    socket.once("error", (error) =>
      resolve(hasCode(error, "ECONNREFUSED") ? "refuses" : hasCode(error, "ENOENT") ? "none" : "accepts"),
    );
  });
  place.close();
  return answer;
}

interface SocketPlace {
  readonly path: string;
  close(): void;
}

/**
 * Returns a path of a claim's socket that fits a socket's address: on Linux through the open folder, however deep it is;
 * elsewhere the path itself. Undefined when that is too long.
 */
function socketPlace(directory: string, name: string): SocketPlace | undefined {
  if (existsSync("/proc/self/fd")) {
    const descriptor = openSync(directory, "r");
    const path = `/proc/self/fd/${descriptor}/${name}${SOCKET_SUFFIX}`;
    return { path, close: () => closeSync(descriptor) };
  }
  const path = join(directory, name + SOCKET_SUFFIX);
  return Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX ? undefined : { path, close: () => {} };
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

function locked(folder: string, pid: number, name: string): Rejected {
  const stop = `stop process ${pid} (in a container: stop that), or choose another folder`;
  return new Rejected("data.locked", `the data folder is in use by process ${pid}`, {
    value: folder.slice(-200),
    hint: `${stop}; if it is gone, delete ${LOCK_DIRECTORY}/${name}`,
  });
}
