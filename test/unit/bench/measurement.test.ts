/** What the bench makes of figures: medians, ratios, goals on the right side. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { searchBlocks } from "../../bench/calibration/block-search.ts";
import { assemble } from "../../bench/calibration/program.ts";
import { measurementOf } from "../../bench/harness.ts";
import { Player, type TapeEntry } from "../../bench/metering/tape.ts";

const figures = { suite: "s", name: "n", unit: "u", ours: [3, 2, 9], baseline: [2, 1, 8] };

for (const { better, goal, met } of [
  { better: "higher", goal: 1.4, met: true },
  { better: "higher", goal: 1.6, met: false },
  { better: "lower", goal: 1.4, met: false },
  { better: "lower", goal: 1.6, met: true },
] as const) {
  test(`a ratio of 1.5 is ${met ? "" : "not "}good enough where ${better} is better and ${goal} is wanted`, () => {
    const measured = measurementOf({ ...figures, better, goal });
    assert.deepEqual([measured.ours, measured.baseline, measured.ratio, measured.met], [3, 2, 1.5, met]);
  });
}

test("without a baseline the goal bounds the figure itself", () => {
  const alone = (goal: number | null) => measurementOf({ ...figures, baseline: [], better: "lower", goal });
  const { ours } = alone(null);
  assert.deepEqual([alone(null).ratio, alone(null).met], [null, null]);
  assert.deepEqual([alone(ours).ratio, alone(ours).met], [null, true]);
  assert.equal(alone(ours - 1).met, false);
});

const SENDER: TapeEntry = { name: "sender", result: null, bytes: "01".repeat(32) };
const HEIGHT: TapeEntry = { name: "block_height", result: "7", bytes: null };

/** A module that asks for the height, then for the sender. */
const MODULE = new WebAssembly.Module(
  assemble(`(module
    (import "cinnabar" "block_height" (func $height (result i64)))
    (import "cinnabar" "sender" (func $sender (param i32)))
    (memory (export "memory") 1 1)
    (func (export "run") (drop (call $height)) (call $sender (i32.const 16))))`) as Uint8Array<ArrayBuffer>,
);

function play(tape: readonly TapeEntry[]): WebAssembly.Memory {
  const guest: { memory: WebAssembly.Memory | null } = { memory: null };
  const player = new Player(tape, guest);
  const { exports } = new WebAssembly.Instance(MODULE, player.imports(MODULE));
  guest.memory = exports.memory as WebAssembly.Memory;
  player.watch();
  (exports.run as () => void)();
  assert.match(player.seen(), /^[0-9a-f]{64}$/);
  return guest.memory;
}

test("a tape gives the answers that were written down, in their order", () => {
  const bytes = new Uint8Array(play([HEIGHT, SENDER]).buffer, 16, 33);
  assert.deepEqual([...bytes], [...new Array(32).fill(1), 0]);
});

test("a guest that asks for something else than was written down ends the bench", () => {
  assert.throws(() => play([SENDER, HEIGHT]), { code: "bench.tape" });
});

test("the search for dear blocks finds admitted blocks, the same first ones for the same seed", () => {
  const instant = 1e-9;
  const first = searchBlocks(5, instant);
  assert.equal(first.length, 2);
  assert.ok(first.every(({ gas, nanoseconds }) => gas > 0 && nanoseconds > 0));
  assert.deepEqual(
    searchBlocks(5, instant).map(({ text }) => text),
    first.map(({ text }) => text),
  );
  assert.notDeepEqual(
    searchBlocks(6, instant).map(({ text }) => text),
    first.map(({ text }) => text),
  );
});
