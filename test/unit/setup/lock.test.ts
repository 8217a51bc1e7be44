import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadSetup } from "./setup-module.ts";

interface Lock {
  withLock<T>(path: string, work: () => Promise<T>): Promise<T>;
}

const { withLock } = await loadSetup<Lock>("lock.mjs");
/** No process has it: above every system's largest. */
const NO_PROCESS = 2 ** 30;

describe("the builders' lock", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cinnabar-lock-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("lets one in at a time and is gone afterwards, also when the work fails", async () => {
    const path = join(folder, "new", "one");
    const order: string[] = [];
    const first = withLock(path, async () => {
      order.push("first in");
      await new Promise((wake) => setTimeout(wake, 20));
      order.push("first out");
    });
    const second = withLock(path, async () => {
      order.push("second in");
      throw new RangeError("no");
    });
    await first;
    await assert.rejects(second, RangeError);
    assert.deepEqual(order, ["first in", "first out", "second in"]);
    assert.equal(existsSync(path), false);
  });

  it("is taken over from a process that is gone", async () => {
    const path = join(folder, "stale");
    writeFileSync(path, String(NO_PROCESS));
    assert.equal(await withLock(path, async () => 7), 7);
  });
});
