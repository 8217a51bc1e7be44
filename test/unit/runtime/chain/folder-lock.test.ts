import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { acquireFolderLock } from "../../../../runtime/chain/folder-lock.ts";
import { Rejected } from "../../../../vm/errors.ts";

const root = mkdtempSync(join(tmpdir(), "cinnabar-lock-"));
after(() => rmSync(root, { recursive: true, force: true }));

const LOCK_MODULE = new URL("../../../../runtime/chain/folder-lock.js", import.meta.url).href;
/** Takes the lock, says what came of it, and waits to be killed. */
const CLAIMANT = `
  const { acquireFolderLock } = await import(${JSON.stringify(LOCK_MODULE)});
  try {
    await acquireFolderLock(process.argv[1]);
    console.log("held");
  } catch (error) {
    console.log(error.code);
  }
  setInterval(() => {}, 1000);
`;

interface Claimant {
  readonly child: ChildProcess;
  readonly answer: Promise<string>;
  kill(): Promise<void>;
}

function claimantOf(folder: string): Claimant {
  const child = spawn(process.execPath, ["--input-type=module", "-e", CLAIMANT, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const answer = new Promise<string>((resolve) => {
    child.stdout!.once("data", (data: Buffer) => resolve(data.toString().trim()));
  });
  return {
    child,
    answer,
    kill: () => {
      child.kill("SIGKILL");
      return exited;
    },
  };
}

function folderOf(name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}

const lockedBy = (pid: number) => (error: unknown) => {
  assert.ok(error instanceof Rejected);
  assert.equal(error.code, "data.locked");
  assert.match(error.message, new RegExp(`process ${pid}$`));
  return true;
};

test("a folder has one lock in a process, and is free after its release", async () => {
  const folder = folderOf("own");
  const lock = await acquireFolderLock(folder);
  await assert.rejects(acquireFolderLock(folder), lockedBy(process.pid));
  lock.release();
  lock.release();
  (await acquireFolderLock(folder)).release();
  assert.deepEqual(readdirSync(join(folder, "lock")), []);
});

test("a lock of a living process holds, and one of a killed process is taken over", async () => {
  const folder = folderOf("child");
  const claimant = claimantOf(folder);
  assert.equal(await claimant.answer, "held");
  await assert.rejects(acquireFolderLock(folder), lockedBy(claimant.child.pid!));
  await claimant.kill();
  (await acquireFolderLock(folder)).release();
  assert.deepEqual(readdirSync(join(folder, "lock")), []);
});

/** The first thread may be a zombie while others still hold the files: the process is dead when it is the only one. */
function isDeadWhole(pid: number): boolean {
  const isZombie = readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  return isZombie && readdirSync(`/proc/${pid}/task`).length === 1;
}

test("a killed process that its parent has not waited for holds nothing", async (t) => {
  if (process.platform !== "linux") return t.skip("zombies are told by /proc");
  const folder = folderOf("zombie");
  // The shell becomes `sleep`, which never waits for the child it inherits.
  const command = '"$0" --input-type=module -e "$1" "$2" & exec sleep 60';
  const parent = spawn("sh", ["-c", command, process.execPath, CLAIMANT, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => {
    parent.stdout.once("data", resolve);
  });
  const pid = Number(readdirSync(join(folder, "lock"))[0]!.split("-")[0]);
  await assert.rejects(acquireFolderLock(folder), lockedBy(pid));
  process.kill(pid, "SIGKILL");
  while (!isDeadWhole(pid)) await new Promise(setImmediate);
  (await acquireFolderLock(folder)).release();
  parent.kill("SIGKILL");
});

test("of processes that start together at most one gets the folder", async () => {
  const folder = folderOf("race");
  const claimants = Array.from({ length: 4 }, () => claimantOf(folder));
  const answers = await Promise.all(claimants.map(({ answer }) => answer));
  assert.ok(answers.filter((answer) => answer === "held").length <= 1, answers.join(" "));
  assert.ok(answers.every((answer) => answer === "held" || answer === "data.locked"));
  await Promise.all(claimants.map((claimant) => claimant.kill()));
  (await acquireFolderLock(folder)).release();
});

const NAME = /^[0-9]+-[0-9]+-[0-9a-f]{16}$/;
const SUFFIX = "-0123456789abcdef";

/** What this process writes into its claim, and the name of it. */
async function ownClaim(folder: string): Promise<{ readonly name: string; readonly content: string }> {
  const probe = await acquireFolderLock(folder);
  const name = readdirSync(join(folder, "lock")).find((entry) => NAME.test(entry))!;
  const content = readFileSync(join(folder, "lock", name), "utf8");
  probe.release();
  return { name, content };
}

test("a process number that was given to another process, or is of another boot, does not hold", async () => {
  const folder = folderOf("reused");
  const { name, content } = await ownClaim(folder);
  const [pid, ticks] = name.split("-");
  // The same number, begun at another tick; and exactly this process, but of another boot.
  writeFileSync(join(folder, "lock", `${process.ppid}-1${SUFFIX}`), content);
  writeFileSync(join(folder, "lock", `${pid}-${Number(ticks) + 1}${SUFFIX}`), content);
  writeFileSync(join(folder, "lock", name), content.replace(/^\S+/, "another-boot"));
  (await acquireFolderLock(folder)).release();
  assert.deepEqual(readdirSync(join(folder, "lock")), []);
});

test("a claim without a socket of another namespace cannot be judged, and the hint names its file", async () => {
  const folder = folderOf("container");
  const { content } = await ownClaim(folder);
  const claim = `4000000-1${SUFFIX}`;
  writeFileSync(join(folder, "lock", claim), content.replace(/ .*/, " pid:[1]"));
  await assert.rejects(acquireFolderLock(folder), (error: unknown) => {
    assert.ok(error instanceof Rejected && error.code === "data.locked");
    assert.ok(error.details.hint!.endsWith(`delete lock/${claim}`));
    return true;
  });
});

test("a killed process of another namespace holds nothing, a living one does", async (t) => {
  if (process.platform !== "linux") return t.skip("process namespaces are Linux's");
  const folder = folderOf("killed-container");
  const claimant = claimantOf(folder);
  assert.equal(await claimant.answer, "held");
  const lock = join(folder, "lock");
  // As a container's claim looks from here: a number that is nobody's, and a namespace that is not this one's.
  const claim = readdirSync(lock).find((entry) => NAME.test(entry))!;
  const foreign = claim.replace(/^[0-9]+/, "4000000");
  writeFileSync(join(lock, foreign), readFileSync(join(lock, claim), "utf8").replace(/ .*/, " pid:[1]"));
  renameSync(join(lock, `${claim}.socket`), join(lock, `${foreign}.socket`));
  rmSync(join(lock, claim));
  await assert.rejects(acquireFolderLock(folder), lockedBy(4_000_000));
  await claimant.kill();
  (await acquireFolderLock(folder)).release();
  assert.deepEqual(readdirSync(lock), []);
});

test("a folder whose path is longer than a socket's address is locked like any other", async () => {
  const folder = join(folderOf("deep"), "d".repeat(120), "d".repeat(120));
  mkdirSync(folder, { recursive: true });
  const claimant = claimantOf(folder);
  assert.equal(await claimant.answer, "held");
  if (process.platform === "linux") assert.equal(readdirSync(join(folder, "lock")).length, 2);
  await assert.rejects(acquireFolderLock(folder), lockedBy(claimant.child.pid!));
  await claimant.kill();
  (await acquireFolderLock(folder)).release();
});
