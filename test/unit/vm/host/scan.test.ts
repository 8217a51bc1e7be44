/** storage_scan as a contract sees it, on a naive state; the runtime's own order is tested with the overlay. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, describe, it } from "node:test";
import { type CallResult, HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { machineWithoutMinimum, type RunOptions, SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

/** Bytes of the input in front of prefix and start: four numbers. */
const HEAD = 16;

/** The input: length of the prefix, length of the start, entriesMax, bytesMax, prefix, start. */
const chain = new SmallChain(machineWithoutMinimum()).deploy(
  "a",
  contractWat(
    `(func $scan_input (result i32) (call $input_read (i32.const 0))
       (call $scan (i32.const ${HEAD}) (i32.load (i32.const 0))
         (i32.add (i32.const ${HEAD}) (i32.load (i32.const 0))) (i32.load (i32.const 4))
         (i32.load (i32.const 8)) (i32.load (i32.const 12))))
     (func (export "call_drop") (drop (call $scan_input)))
     (func (export "call_page") (local $n i32) (local.set $n (call $scan_input))
       (call $result_read (i32.const 4096)) (call $output (i32.const 4096) (local.get $n)))`,
    [
      HOST.inputRead,
      HOST.resultRead,
      HOST.output,
      `"cinnabar" "storage_scan" (func $scan (param i32 i32 i32 i32 i32 i32) (result i32))`,
    ],
  ),
);

interface Request extends RunOptions {
  readonly prefix?: string;
  readonly start?: string;
  readonly entriesMax?: number;
  readonly bytesMax?: number;
}

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

function scan(method: "drop" | "page", request: Request): CallResult {
  const { prefix = "", start = "", entriesMax = 100, bytesMax = 65_536, ...options } = request;
  const numbers = Uint32Array.of(prefix.length, start.length, entriesMax, bytesMax);
  const input = new Uint8Array([...new Uint8Array(numbers.buffer), ...latin(prefix), ...latin(start)]);
  return chain.run("a", method, { input, ...options });
}

/** The page's entries as `key=value`, with `+` behind them when there is more. */
function page(request: Request): string[] {
  const { outcome, output } = scan("page", request);
  assert.equal(outcome, OUTCOMES.ok);
  const view = new DataView(output.buffer, output.byteOffset, output.length);
  const entries: string[] = [];
  let offset = 5;
  const next = (): string => {
    const length = view.getUint32(offset, true);
    const bytes = output.subarray(offset + 4, offset + 4 + length);
    offset += 4 + length;
    return Buffer.from(bytes).toString("latin1");
  };
  for (let count = view.getUint32(1, true); count > 0; count--) entries.push(`${next()}=${next()}`);
  assert.equal(offset, output.length, "nothing stands behind the entries");
  return output[0] === 1 ? [...entries, "+"] : entries;
}

function store(entries: Readonly<Record<string, string>>, contract = "a"): void {
  for (const [key, value] of Object.entries(entries)) {
    chain.state.set(`${contract}/${Buffer.from(key, "latin1").toString("hex")}`, latin(value));
  }
}

function expectRefusal(request: Request, refusal: keyof typeof HOST_REFUSALS): void {
  const { outcome, revertCode } = scan("drop", request);
  assert.deepEqual([outcome, revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS[refusal]]);
}

describe("a scan", () => {
  beforeEach(() => {
    chain.state.clear();
    chain.log.length = 0;
    store({ b: "2", a: "1", "a\xff": "", ab: "12", "a\x00": "0" });
    store({ aa: "another contract's" }, "b");
  });

  it("gives the contract's own entries in byte order of their keys", () => {
    assert.deepEqual(page({}), ["a=1", "a\x00=0", "ab=12", "a\xff=", "b=2"]);
  });

  it("gives the bytes of the codec's vectors", () => {
    const { values } = JSON.parse(readFileSync("test/vectors-own/codec.json", "utf8")) as {
      values: readonly { readonly id: string; readonly bytes: string }[];
    };
    const bytesOf = (id: string): string | undefined => values.find((vector) => vector.id === id)?.bytes;
    const pageOf = (request: Request): string => Buffer.from(scan("page", request).output).toString("hex");
    chain.state.clear();
    store({ a: "1", "a\xff": "", "a\x00": "0", b: "" });
    assert.equal(pageOf({ entriesMax: 3 }), bytesOf("page of a scan with more behind it"));
    assert.equal(pageOf({ prefix: "c" }), bytesOf("empty page of a scan"));
  });

  it("gives those with the prefix, from the start on", () => {
    assert.deepEqual(page({ prefix: "a" }), ["a=1", "a\x00=0", "ab=12", "a\xff="]);
    assert.deepEqual(page({ prefix: "a", start: "ab" }), ["ab=12", "a\xff="]);
    assert.deepEqual(page({ prefix: "a", start: "ac" }), ["a\xff="]);
    assert.deepEqual(page({ start: "b\x00" }), []);
    assert.deepEqual(page({ prefix: "c" }), []);
  });

  it("comes back to where a page ended by the last key and a zero byte", () => {
    assert.deepEqual(page({ entriesMax: 2 }), ["a=1", "a\x00=0", "+"]);
    assert.deepEqual(page({ entriesMax: 2, start: "a\x00\x00" }), ["ab=12", "a\xff=", "+"]);
    assert.deepEqual(page({ entriesMax: 2, start: "a\xff\x00" }), ["b=2"]);
  });

  it("says that there is more when the last entry of the page is the last of all: it has not looked", () => {
    assert.deepEqual(page({ prefix: "b", entriesMax: 1 }), ["b=2", "+"]);
    assert.deepEqual(page({ prefix: "b", start: "b\x00", entriesMax: 1 }), []);
  });

  it("ends a page behind the entry that makes it full, so that a long one gets on too", () => {
    assert.deepEqual(page({ bytesMax: 1 }), ["a=1", "+"]);
    assert.deepEqual(page({ bytesMax: 2 }), ["a=1", "+"]);
    assert.deepEqual(page({ bytesMax: 3 }), ["a=1", "a\x00=0", "+"]);
    store({ a: "x".repeat(65_536) });
    assert.equal(scan("drop", { bytesMax: 1 }).outcome, OUTCOMES.ok);
  });

  it("takes at most 100 entries and 65536 bytes, and not none", () => {
    for (const request of [{ entriesMax: 0 }, { entriesMax: 101 }, { bytesMax: 0 }, { bytesMax: 65_537 }]) {
      expectRefusal(request, "badPage");
      expectRefusal({ ...request, readOnly: true }, "badPage");
    }
    expectRefusal({ entriesMax: 2 ** 32 - 1 }, "badPage");
    store(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`n${String(index).padStart(3, "0")}`, ""])));
    assert.equal(page({ prefix: "n" }).length, 101, "a hundred and the sign of more");
  });

  it("takes a prefix up to 512 bytes and a start up to 513", () => {
    assert.deepEqual(page({ prefix: "k".repeat(512), start: "k".repeat(513) }), []);
    expectRefusal({ prefix: "k".repeat(513) }, "keyTooLong");
    expectRefusal({ start: "k".repeat(514) }, "keyTooLong");
  });

  it("may be made by a read-only frame", () => {
    assert.equal(scan("page", { readOnly: true }).outcome, OUTCOMES.ok);
  });

  it("costs by the bytes it is given, and by the entries and bytes it finds", () => {
    const used = (request: Request): number => scan("drop", request).gasUsed;
    const given = { prefixLength: 1, startLength: 3 };
    const nothing = used({ prefix: "c", start: "cde" });
    const inputGas = (bytes: number): number => hostGas("input_read", {}, HEAD + bytes);
    // The frame, three calls, the constants and loads of the program, and its one addition.
    const program = 4_000 + 3 * 8 + 9 + 5 * 4 + 1 - 1;
    assert.equal(nothing, program + inputGas(4) + hostGas("storage_scan", given));
    const prefixByte =
      inputGas(5) - inputGas(4) + hostGas("storage_scan", { prefixLength: 1 }) - hostGas("storage_scan");
    assert.equal(used({ prefix: "cc", start: "cde" }) - nothing, prefixByte);
    // Keys and values of the five entries: 1+1, 2+1, 2+2, 2+0, 1+1.
    assert.equal(
      used({}) - used({ prefix: "c" }),
      hostGas("storage_scan", {}, 13, 5) - hostGas("storage_scan", {}) - prefixByte,
    );
  });

  it("looks at no entry that is not paid for but one", () => {
    const all = scan("drop", {}).gasUsed;
    chain.log.length = 0;
    const poor = scan("drop", { gas: all - 1 });
    assert.equal(poor.outcome, OUTCOMES.outOfGas);
    assert.equal(chain.log.filter((each) => each === "entry").length, 5);
    chain.log.length = 0;
    const [, , , , last] = [2, 3, 4, 2, 2];
    const poorer = scan("drop", { gas: all - 1 - (2000 + 2 * last!) });
    assert.equal(poorer.outcome, OUTCOMES.outOfGas);
    assert.equal(chain.log.filter((each) => each === "entry").length, 4);
    assert.equal(scan("drop", { gas: all }).outcome, OUTCOMES.ok);
  });

  it("is a fault of the node when the state fails, at the first entry and later", () => {
    for (const failing of [0, 1]) {
      chain.onEffect = (name) => {
        if (name === "scan" && failing === 0) throw new TypeError("no state");
      };
      chain.onEntry = (index) => {
        if (index === 2 && failing === 1) throw new TypeError("no entry");
      };
      assert.throws(() => scan("drop", {}), { name: "NodeError", code: "host.fault" });
    }
    chain.onEffect = () => {};
    chain.onEntry = () => {};
  });
});
