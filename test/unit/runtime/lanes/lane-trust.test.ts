/** Lanes that rest: those whose attempts fail, for as long as they do, and no others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LaneTrust } from "../../../../runtime/lanes/lane-trust.ts";

const FAILING = 3;
const OTHER = 4;

/** Turns go round both lanes; returns the attempts that the failing one was given. */
function attemptsOf(trust: LaneTrust, turns: number): number {
  let attempts = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    trust.tick();
    if (turn % 2 === 0) {
      assert.equal(trust.rests(OTHER), false, "the lane whose attempts are taken never rests");
      trust.taken(OTHER);
    } else if (!trust.rests(FAILING)) {
      attempts += 1;
      trust.failed(FAILING);
    }
  }
  return attempts;
}

test("a lane whose attempts all fail costs some tens of attempts in 100,000 turns; the other lane rests never", () => {
  const attempts = attemptsOf(new LaneTrust(96), 100_000);
  assert.ok(attempts >= 10 && attempts <= 40, `${attempts} attempts`);
});

test("a lane is offered again after its rest, and rests shortly when it fails only now", () => {
  const trust = new LaneTrust(96);
  attemptsOf(trust, 20_000);
  while (trust.rests(FAILING)) trust.tick();
  for (let turn = 0; turn < 200; turn += 1) {
    trust.tick();
    trust.taken(FAILING);
    assert.equal(trust.rests(FAILING), false);
  }
  while (!trust.rests(FAILING)) trust.failed(FAILING);
  let rest = 0;
  for (; trust.rests(FAILING); rest += 1) trust.tick();
  assert.equal(rest, 256);
});

test("one failure in five is no reason to rest", () => {
  const trust = new LaneTrust(96);
  for (let turn = 0; turn < 10_000; turn += 1) {
    trust.tick();
    if (turn % 5 === 0) trust.failed(FAILING);
    else trust.taken(FAILING);
    assert.equal(trust.rests(FAILING), false);
  }
});
