import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    acquireFolderLock(process.argv[1]);
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

test("a folder has one lock in a process, and is free after its release", () => {
  const folder = folderOf("own");
  const lock = acquireFolderLock(folder);
  assert.throws(() => acquireFolderLock(folder), lockedBy(process.pid));
  lock.release();
  lock.release();
  acquireFolderLock(folder).release();
  assert.deepEqual(readdirSync(join(folder, "lock")), []);
});

test("a lock of a living process holds, and one of a killed process is taken over", async () => {
  const folder = folderOf("child");
  const claimant = claimantOf(folder);
  assert.equal(await claimant.answer, "held");
  assert.throws(() => acquireFolderLock(folder), lockedBy(claimant.child.pid!));
  await claimant.kill();
  acquireFolderLock(folder).release();
  assert.deepEqual(readdirSync(join(folder, "lock")), []);
});

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
  assert.throws(() => acquireFolderLock(folder), lockedBy(pid));
  process.kill(pid, "SIGKILL");
  while (!readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")) await new Promise(setImmediate);
  acquireFolderLock(folder).release();
  parent.kill("SIGKILL");
});

test("of processes that start together at most one gets the folder", async () => {
  const folder = folderOf("race");
  const claimants = Array.from({ length: 4 }, () => claimantOf(folder));
  const answers = await Promise.all(claimants.map(({ answer }) => answer));
  assert.ok(answers.filter((answer) => answer === "held").length <= 1, answers.join(" "));
  assert.ok(answers.every((answer) => answer === "held" || answer === "data.locked"));
  await Promise.all(claimants.map((claimant) => claimant.kill()));
  acquireFolderLock(folder).release();
});

test("a process number that was given to another process, or is of another boot, does not hold", () => {
  const folder = folderOf("reused");
  const probe = acquireFolderLock(folder);
  const [own] = readdirSync(join(folder, "lock"));
  const content = readFileSync(join(folder, "lock", own!), "utf8");
  probe.release();
  const [pid, ticks] = own!.split("-");
  // The same number, begun at another tick; and exactly this process, but of another boot.
  writeFileSync(join(folder, "lock", `${process.ppid}-1`), content);
  writeFileSync(join(folder, "lock", `${pid}-${Number(ticks) + 1}`), content);
  writeFileSync(join(folder, "lock", own!), content.replace(/^\S+/, "another-boot"));
  acquireFolderLock(folder).release();
});

test("a claim from another process namespace of this boot cannot be judged, and holds", () => {
  const folder = folderOf("container");
  const probe = acquireFolderLock(folder);
  const [own] = readdirSync(join(folder, "lock"));
  const content = readFileSync(join(folder, "lock", own!), "utf8");
  probe.release();
  writeFileSync(join(folder, "lock", "4000000-1"), content.replace(/ .*/, " pid:[1]"));
  assert.throws(() => acquireFolderLock(folder), { code: "data.locked" });
});
