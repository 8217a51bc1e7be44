import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { changedCounter, counterOf } from "../../../../vm/host/counter-value.ts";
import { HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { type RunOptions, SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const KEY = 32;

/** The input: delta, minimum, maximum, length of the key; the key is as many zeros. */
const chain = new SmallChain().deploy(
  "a",
  contractWat(
    `(func $add_input (result i32) (call $input_read (i32.const 0))
       (call $add (i32.const ${KEY}) (i32.load (i32.const 24)) (i32.const 0)))
     (func (export "call_add") (i32.store8 (i32.const 8) (call $add_input)) (call $output (i32.const 8) (i32.const 1)))
     (func (export "call_fail") (drop (call $add_input)) (unreachable))
     (func (export "call_read") (call $input_read (i32.const 0))
       (call $read (i32.const ${KEY}) (i32.load (i32.const 24)) (i32.const 8))
       (call $output (i32.const 8) (i32.const 8)))`,
    [
      HOST.inputRead,
      HOST.output,
      `"cinnabar" "counter_add" (func $add (param i32 i32 i32) (result i32))`,
      `"cinnabar" "counter_read" (func $read (param i32 i32 i32))`,
    ],
  ),
);

interface Change extends RunOptions {
  readonly minimum?: bigint;
  readonly maximum?: bigint;
  readonly keyLength?: number;
}

function inputOf(delta: bigint, { minimum = MIN, maximum = MAX, keyLength = 1 }: Change): Uint8Array {
  const input = new DataView(new ArrayBuffer(28));
  for (const [index, number] of [delta, minimum, maximum].entries()) input.setBigInt64(8 * index, number, true);
  input.setUint32(24, keyLength, true);
  return new Uint8Array(input.buffer);
}

const run = (method: string, delta: bigint, change: Change = {}) =>
  chain.run("a", method, { input: inputOf(delta, change), ...change });

function add(delta: bigint, minimum = MIN, maximum = MAX): boolean {
  const { outcome, output } = run("add", delta, { minimum, maximum });
  assert.equal(outcome, OUTCOMES.ok);
  return output[0] === 1;
}

function read(): bigint {
  const { outcome, output } = run("read", 0n);
  assert.equal(outcome, OUTCOMES.ok);
  return new DataView(output.buffer).getBigInt64(0, true);
}

function expectRefusal(method: string, change: Change, refusal: keyof typeof HOST_REFUSALS): void {
  const { outcome, revertCode } = run(method, 1n, change);
  assert.deepEqual([outcome, revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS[refusal]], method);
}

describe("a counter", () => {
  beforeEach(() => chain.state.clear());

  it("is 0 where there is no value, and a read leaves none", () => {
    assert.equal(read(), 0n);
    assert.equal(chain.state.size, 0);
  });

  it("is the sum of what was added, kept as eight bytes", () => {
    assert.deepEqual([add(5n), add(-7n), add(2n ** 40n)], [true, true, true]);
    assert.equal(read(), 2n ** 40n - 2n);
    assert.deepEqual(
      [...chain.state.values()].map((value) => [...value]),
      [[0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]],
    );
  });

  it("stays where it is when the sum is outside the bounds, which belong to it", () => {
    assert.equal(add(10n, 0n, 10n), true);
    assert.equal(add(1n, 0n, 10n), false);
    assert.equal(add(-11n, 0n, 10n), false);
    assert.equal(read(), 10n);
    assert.equal(add(-10n, 0n, 10n), true);
    assert.equal(add(0n, 1n, 10n), false, "a sum may be outside although nothing is added");
    assert.equal(add(1n, 2n, 1n), false, "no sum is inside of empty bounds");
    assert.equal(read(), 0n);
  });

  it("comes to be with the first add that is inside, and with no other", () => {
    assert.equal(add(-1n, 0n, 10n), false);
    assert.equal(chain.state.size, 0);
    assert.equal(add(0n), true);
    assert.equal(chain.state.size, 1);
  });

  it("does not wrap at either end of an i64", () => {
    assert.equal(add(MAX), true);
    assert.equal(add(1n), false);
    assert.equal(add(MAX), false);
    assert.equal(read(), MAX);
    assert.equal(add(MIN), true);
    assert.equal(read(), -1n);
    assert.equal(add(MIN), false);
    assert.equal(add(MIN + 1n), true);
    assert.equal(read(), MIN);
    assert.equal(add(-1n), false);
  });

  it("is any value of eight bytes, whatever put it there, and no other value", () => {
    for (const [length, isCounter] of [
      [0, false],
      [7, false],
      [8, true],
      [9, false],
    ] as const) {
      chain.state.set("a/00", new Uint8Array(length).fill(1));
      if (isCounter) {
        assert.equal(read(), 0x0101_0101_0101_0101n);
        continue;
      }
      expectRefusal("add", {}, "notACounter");
      expectRefusal("read", {}, "notACounter");
      assert.equal(chain.state.get("a/00")!.length, length);
    }
  });

  it("has a key of 1 to 512 bytes", () => {
    for (const method of ["add", "read"]) {
      expectRefusal(method, { keyLength: 0 }, "emptyKey");
      expectRefusal(method, { keyLength: 513 }, "keyTooLong");
      expectRefusal(method, { keyLength: 2 ** 32 - 1, gas: 2 ** 45 }, "keyTooLong");
      assert.equal(run(method, 1n, { keyLength: 512 }).outcome, OUTCOMES.ok);
    }
  });

  it("is read and not added to by a read-only frame, which is told so before anything else", () => {
    expectRefusal("add", { readOnly: true, keyLength: 0 }, "readOnly");
    assert.equal(run("read", 0n, { readOnly: true }).outcome, OUTCOMES.ok);
  });

  it("goes back with the frame that fails", () => {
    assert.equal(run("fail", 5n).outcome, OUTCOMES.trap);
    assert.equal(chain.state.size, 0);
  });

  it("costs the same whether it was added to or not, whatever it holds", () => {
    const used = (change: Change = {}): number => run("add", 5n, change).gasUsed;
    const first = used();
    assert.equal(used({ maximum: 0n }), first);
    assert.equal(used(), first);
    assert.equal(
      used({ keyLength: 100 }) - first,
      hostGas("counter_add", { keyLength: 100 }) - hostGas("counter_add", { keyLength: 1 }),
    );
    // The frame, calls, constants, loads and stores.
    const program = (calls: number, constants: number, memory: number): number =>
      4_000 + 8 * calls + constants + 4 * memory + hostGas("input_read", {}, 28);
    const output = hostGas("output_write", { length: 1 });
    assert.equal(first, program(4, 7, 2) + output + hostGas("counter_add", { keyLength: 1 }));
    const outputOfRead = hostGas("output_write", { length: 8 });
    assert.equal(run("read", 0n).gasUsed, program(3, 6, 1) + outputOfRead + hostGas("counter_read", { keyLength: 1 }));
  });
});

describe("the value of a counter", () => {
  const i64 = (...numbers: readonly bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(numbers).buffer);

  it("is read where its bytes lie, in a part of a larger buffer too", () => {
    const buffer = new Uint8Array(20).fill(0xff);
    buffer[5] = 7;
    assert.equal(counterOf(buffer.subarray(5, 13))?.length, 8);
    assert.deepEqual(changedCounter(buffer.subarray(5, 13), i64(249n, 0n, 0n)), new Uint8Array(8));
  });

  it("is what integers without end give, for numbers at every edge of a half", () => {
    const halves = [-(2n ** 63n), -(2n ** 32n), -(2n ** 31n), 0n, 2n ** 31n, 2n ** 32n, 2n ** 63n - 1n];
    const edges = halves.flatMap((edge) => [edge - 1n, edge, edge + 1n]).filter((edge) => edge >= MIN && edge <= MAX);
    for (const value of edges) {
      for (const delta of edges) {
        for (const [minimum, maximum] of boundsNear(value + delta, edges)) {
          const sum = value + delta;
          const want = sum >= minimum && sum <= maximum ? i64(sum) : "outOfBounds";
          const found = changedCounter(i64(value), i64(delta, minimum, maximum));
          assert.deepEqual(found, want, `${value} + ${delta} in ${minimum}..${maximum}`);
        }
      }
    }
  });
});

/** Bounds that the sum is just inside and just outside of, and all the edges as bounds. */
function boundsNear(sum: bigint, edges: readonly bigint[]): (readonly [bigint, bigint])[] {
  const near = [sum - 1n, sum, sum + 1n].filter((bound) => bound >= MIN && bound <= MAX);
  return [...near, ...edges].flatMap((bound) => [[bound, MAX] as const, [MIN, bound] as const]);
}
