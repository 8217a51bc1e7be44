/**
 * One builder at a time: two commands started together in a fresh clone must not install or compile over each other.
 * The lock is a file with the holder's process id; it appears whole or not at all, by a link to a finished file, and a
 * lock whose holder is gone is taken over.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { say } from "./progress.mjs";

const POLL_MS = 200;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function tryTake(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function holderOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
}

/** Runs `work` while no other process holds the lock file `path`; resolves to its result. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryTake(path)) {
    const holder = holderOf(path);
    if (holder > 0 && !isAlive(holder)) rmSync(path, { force: true });
    else {
      if (!told && holder > 0) say(`waiting for process ${holder}, which is building`);
      told = told || holder > 0;
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
