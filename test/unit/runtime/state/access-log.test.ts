/** The access log keeps what it is told, however much it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessLog, ADDED, READ, WRITTEN } from "../../../../runtime/state/access-log.ts";

test("every entry has its flags, also those for which the log's arrays grow", () => {
  for (const [name, expected] of [
    ["read", READ],
    ["put", WRITTEN],
    ["add", ADDED],
  ] as const) {
    const log = new AccessLog();
    const count = 20_000;
    for (let slot = 0; slot < count; slot += 1) {
      if (name === "add") log.add(slot, true);
      else log[name](slot);
    }
    log.endTransaction();
    assert.equal(log.endOf(0), count);
    for (let entry = 0; entry < count; entry += 1) assert.equal(log.flagsAt(entry), expected, `${name} ${entry}`);
  }
});
