import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS } from "../../../../vm/abi.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { SmallChain, testHashes, testMachine, testVerifier } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const OUTPUT_HASH = "(call $output (i32.const 8) (i32.const 32))";

type Refusal = keyof typeof HOST_REFUSALS;

function expectRefusal(chain: SmallChain, method: string, refusal: Refusal, options = {}): void {
  const result = chain.run("a", method, options);
  assert.deepEqual([result.outcome, result.revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS[refusal]], method);
}

describe("storage", () => {
  const chain = new SmallChain().deploy(
    "a",
    contractWat(
      `(func $put_of (param $key i32) (param $value i32)
         (call $put (i32.const 0) (local.get $key) (i32.const 0) (local.get $value)))
       (func (export "call_longest") (call $put_of (i32.const 512) (i32.const 65536)))
       (func (export "call_key") (call $put_of (i32.const 513) (i32.const 1)))
       (func (export "call_value") (call $put_of (i32.const 1) (i32.const 65537)))
       (func (export "call_empty") (call $put_of (i32.const 0) (i32.const 1)))
       (func (export "call_no_value") (call $put_of (i32.const 1) (i32.const 0)))
       (func (export "call_get") (i32.store (i32.const 4) (call $get (i32.const 0) (i32.const 1)))
         (call $result_read (i32.const 8)) (call $output (i32.const 4) (i32.const 8)))
       (func (export "call_stale") (call $put_of (i32.const 1) (i32.const 1))
         (drop (call $get (i32.const 0) (i32.const 1))) (drop (call $get (i32.const 0) (i32.const 2)))
         (i32.store (i32.const 4) (i32.const 0x5a5a5a5a))
         (call $result_read (i32.const 4)) (call $output (i32.const 4) (i32.const 4)))
       (func (export "call_delete") (call $put_of (i32.const 1) (i32.const 1))
         (i32.store8 (i32.const 4) (call $delete (i32.const 0) (i32.const 1)))
         (i32.store8 (i32.const 5) (call $delete (i32.const 0) (i32.const 1)))
         (i32.store8 (i32.const 6) (call $has (i32.const 0) (i32.const 1)))
         (call $output (i32.const 4) (i32.const 3)))`,
      [
        HOST.put,
        HOST.get,
        HOST.resultRead,
        HOST.output,
        `"cinnabar" "storage_has" (func $has (param i32 i32) (result i32))`,
        `"cinnabar" "storage_delete" (func $delete (param i32 i32) (result i32))`,
      ],
    ),
  );

  it("takes keys up to 512 bytes and values up to 65536, and none longer", () => {
    assert.equal(chain.run("a", "longest").outcome, OUTCOMES.ok);
    expectRefusal(chain, "key", "keyTooLong");
    expectRefusal(chain, "value", "valueTooLong");
    expectRefusal(chain, "empty", "emptyKey");
  });

  it("tells an empty value from none", () => {
    assert.equal(new DataView(chain.run("a", "get").output.buffer).getInt32(0, true), -1);
    assert.equal(chain.run("a", "no_value").outcome, OUTCOMES.ok);
    assert.equal(new DataView(chain.run("a", "get").output.buffer).getInt32(0, true), 0);
    chain.state.clear();
  });

  it("leaves nothing of an older result in the register when there is no value", () => {
    assert.deepEqual([...chain.run("a", "stale").output], [0x5a, 0x5a, 0x5a, 0x5a]);
  });

  it("says whether there was something to delete", () => {
    assert.deepEqual([...chain.run("a", "delete").output], [1, 0, 0]);
  });

  it("keeps a copy of what it is given", () => {
    chain.state.clear();
    chain.run("a", "longest");
    const [value] = chain.state.values();
    assert.equal(value!.buffer.byteLength, 65_536);
  });

  it("refuses a read-only frame to write before anything else", () => {
    for (const method of ["longest", "key", "empty"]) expectRefusal(chain, method, "readOnly", { readOnly: true });
    assert.equal(chain.run("a", "get", { readOnly: true }).outcome, OUTCOMES.ok);
  });
});

describe("events", () => {
  const code = (name: string): Uint8Array =>
    contractWat(
      `(data (i32.const 0) "${name}") (data (i32.const 256) "b") (data (i32.const 260) "c")
       (func $emit_of (param $name i32) (param $data i32)
         (call $emit (i32.const 0) (local.get $name) (i32.const 0) (local.get $data)))
       (func $emit_many (param $n i32) (loop $l (call $emit_of (i32.const 1) (i32.const 1))
         (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
       (func (export "call_name") (call $emit_of (i32.const ${name.length}) (i32.const 16384)))
       (func (export "call_long") (call $emit_of (i32.const 65) (i32.const 1)))
       (func (export "call_empty") (call $emit_of (i32.const 0) (i32.const 1)))
       (func (export "call_data") (call $emit_of (i32.const 1) (i32.const 16385)))
       (func (export "call_most") (call $emit_many (i32.const 256)))
       (func (export "call_more") (call $emit_many (i32.const 257)))
       (func (export "call_fail") (call $emit_many (i32.const 200)) (unreachable))
       (func (export "call_after") (drop (call $try_call (i32.const 256) (i32.const 1) (i32.const 264) (i32.const 4)
          (i32.const 0) (i32.const 0) (i64.const 1000000))) (call $emit_many (i32.const 256)))
       (data (i32.const 264) "fail")`,
      [HOST.emit, HOST.tryCall],
    );
  const chain = new SmallChain().deploy("a", code("Issued_2")).deploy("b", code("x"));

  it("have names of up to 64 letters, digits and underscores", () => {
    assert.equal(chain.run("a", "name").outcome, OUTCOMES.ok);
    assert.equal(chain.events.at(-1)!.name, "Issued_2");
    expectRefusal(chain, "long", "badName");
    expectRefusal(chain, "empty", "badName");
    for (const name of ["a-b", "a b", "\\ff", "a.b"]) {
      expectRefusal(new SmallChain().deploy("a", code(name)), "name", "badName");
    }
  });

  it("carry up to 16384 bytes", () => expectRefusal(chain, "data", "eventTooLong"));

  it("are at most 256 in a transaction, those of failed frames not counted", () => {
    assert.equal(chain.run("a", "most").outcome, OUTCOMES.ok);
    expectRefusal(chain, "more", "eventsTooMany");
    assert.equal(chain.run("a", "most").outcome, OUTCOMES.ok, "the next transaction starts at none");
    assert.equal(chain.run("a", "after").outcome, OUTCOMES.ok);
    assert.equal(chain.log.filter((each) => each === "emit").length, 1 + 256 + 256 + 256 + 200 + 256);
  });

  it("are refused to a read-only frame", () => expectRefusal(chain, "name", "readOnly", { readOnly: true }));
});

describe("events with topics", () => {
  /** The input: length of the topics, then the topics. */
  const chain = new SmallChain().deploy(
    "a",
    contractWat(
      `(data (i32.const 0) "Paid!") (func $emit_of (param $name i32) (param $data i32)
         (call $input_read (i32.const 16))
         (call $emit (i32.const 0) (local.get $name) (i32.const 20) (i32.load (i32.const 16))
           (i32.const 1) (local.get $data)))
       (func (export "call_run") (call $emit_of (i32.const 4) (i32.const 2)))
       (func (export "call_name") (call $emit_of (i32.const 5) (i32.const 2)))
       (func (export "call_data") (call $emit_of (i32.const 4) (i32.const 16385)))
       (func (export "call_many") (local $n i32) (loop $l (call $emit_of (i32.const 4) (i32.const 0))
         (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 257)))))`,
      [HOST.inputRead, `"cinnabar" "event_emit_indexed" (func $emit (param i32 i32 i32 i32 i32 i32))`],
    ),
  );
  const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
  const list = (...topics: readonly (readonly number[])[]): number[] => [
    ...u32(topics.length),
    ...topics.flatMap((topic) => [...u32(topic.length), ...topic]),
  ];
  const inputOf = (topics: readonly number[], length = topics.length) => Uint8Array.from([...u32(length), ...topics]);
  const filled = (length: number): number[] => Array<number>(length).fill(7);

  it("have up to four of up to 64 bytes, in their order", () => {
    for (const topics of [[], [[]], [[1], [2, 3]], [filled(64), filled(1), [], filled(64)]]) {
      assert.equal(chain.run("a", "run", { input: inputOf(list(...topics)) }).outcome, OUTCOMES.ok);
      const { name, topics: found, data } = chain.events.at(-1)!;
      assert.deepEqual([name, found.map((topic) => [...topic]), [...data]], ["Paid", topics, [0x61, 0x69]]);
    }
  });

  it("are refused when the list is not just that", () => {
    const bad: Readonly<Record<string, Uint8Array>> = {
      "no count": inputOf([]),
      "half a count": inputOf([1, 0]),
      "five topics": inputOf(list([], [], [], [], [])),
      "a topic of 65 bytes": inputOf(list(filled(65))),
      "a topic less": inputOf([...u32(2), ...u32(1), 9]),
      "half a length": inputOf([...u32(1), 1, 0]),
      "a topic cut short": inputOf([...u32(1), ...u32(3), 9, 9]),
      "a byte behind": inputOf([...list([1]), 0]),
      "a length of 2^32 - 1": inputOf([...u32(1), ...u32(2 ** 32 - 1), 1]),
      "longer than any list": inputOf(list(), 4 + 4 * 68 + 1),
    };
    for (const [what, input] of Object.entries(bad)) {
      const { outcome, revertCode } = chain.run("a", "run", { input });
      assert.deepEqual([outcome, revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS.badTopics], what);
    }
  });

  it("have the name, data, number and frames of events without", () => {
    const input = inputOf(list());
    expectRefusal(chain, "name", "badName", { input });
    expectRefusal(chain, "data", "eventTooLong", { input });
    expectRefusal(chain, "many", "eventsTooMany", { input });
    expectRefusal(chain, "run", "readOnly", { input, readOnly: true });
  });

  it("cost by the bytes of name, topics and data", () => {
    const used = (topics: readonly number[]): number => chain.run("a", "run", { input: inputOf(topics) }).gasUsed;
    const topics = list([1, 2, 3]);
    const lengths = { nameLength: 4, topicsLength: topics.length, dataLength: 2 };
    // The frame, three calls, constants and locals of both functions, one load.
    const program = 4_000 + 3 * 8 + 2 + 1 + 4 + 2 + 4;
    const input = hostGas("input_read", {}, 4 + topics.length);
    assert.equal(used(topics), program + input + hostGas("event_emit_indexed", lengths));
  });
});

describe("a line for the log", () => {
  const lines: string[] = [];
  const code = contractWat(
    `(data (i32.const 0) "h\\c3\\a9!\\ff")
     (func (export "call_log") (call $log (i32.const 0) (i32.const 5)))
     (func (export "call_long") (call $log (i32.const 0) (i32.const 2000)))
     (func (export "call_fail") (call $log (i32.const 0) (i32.const 1)) (unreachable))`,
    [`"cinnabar" "debug_log" (func $log (param i32 i32))`],
  );
  const machine = testMachine((contract, text) => lines.push(`${contract}: ${text}`));
  const chain = new SmallChain(machine).deploy("a", code);

  it("reaches whoever runs the test chain, also from a query and from a call that fails", () => {
    chain.run("a", "log");
    chain.run("a", "log", { readOnly: true });
    assert.equal(chain.run("a", "fail").outcome, OUTCOMES.trap);
    assert.deepEqual(lines.splice(0), ["a: hé!\ufffd", "a: hé!\ufffd", "a: h"]);
    assert.deepEqual([chain.log, chain.events], [[], []], "and nothing else");
  });

  it("is cut to 1 KiB", () => {
    chain.run("a", "long");
    const [line] = lines.splice(0);
    assert.equal(new TextEncoder().encode(line!).length, "a: ".length + 1024);
  });

  it("costs by its length, whether or not it is cut", () => {
    const used = (method: string): number => chain.run("a", method).gasUsed;
    // The frame, a call and two constants.
    assert.equal(used("log"), 4_000 + 8 + 2 + hostGas("debug_log", { length: 5 }));
    assert.equal(used("long"), 4_000 + 8 + 2 + hostGas("debug_log", { length: 2000 }));
  });

  it("is not to be had on a real chain: the module is refused with a code of its own", () => {
    const real = createMachine({ hashes: testHashes, verifier: testVerifier });
    const result = real.load(code);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.reasons.map((reason) => reason.code),
      ["import.debugOnly"],
    );
    assert.match(result.reasons[0]!.detail, /"cinnabar"\."debug_log"; leave it out of what is deployed/);
    assert.deepEqual([real.allowsDebug, machine.allowsDebug], [false, true]);
  });

  it("is a fault of the node when the log fails", () => {
    const failing = testMachine(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    });
    assert.throws(() => new SmallChain(failing).deploy("a", code).run("a", "log"), { code: "host.fault" });
  });
});

describe("the context", () => {
  const hashes = ["sender", "caller", "self", "transaction_id"];
  const chain = new SmallChain().deploy(
    "a",
    contractWat(
      `${hashes.map((name) => `(func (export "call_${name}") (call $${name} (i32.const 8)) ${OUTPUT_HASH})`).join("")}
       (func (export "call_chain") (local $n i32) (local.set $n (call $chain_id)) (call $result_read (i32.const 8))
         (call $output (i32.const 8) (local.get $n)))
       (func (export "call_from")
         (i32.store8 (i32.const 0) (call $caller_contract)) (call $output (i32.const 0) (i32.const 1)))
       (func (export "call_numbers")
         (i64.store (i32.const 0) (call $block_height)) (i64.store (i32.const 8) (call $block_time))
         (i64.store (i32.const 16) (call $gas_left)) (call $output (i32.const 0) (i32.const 24)))`,
      [
        ...hashes.map((name) => `"cinnabar" "${name}" (func $${name} (param i32))`),
        `"cinnabar" "chain_id" (func $chain_id (result i32))`,
        `"cinnabar" "caller_contract" (func $caller_contract (result i32))`,
        `"cinnabar" "block_height" (func $block_height (result i64))`,
        `"cinnabar" "block_time" (func $block_time (result i64))`,
        HOST.gasLeft,
        HOST.resultRead,
        HOST.output,
      ],
    ),
  );

  it("gives addresses and ids of 32 bytes", () => {
    const firstOf = (method: string): number[] => [...new Set(chain.run("a", method).output)];
    assert.deepEqual(hashes.map(firstOf), [[1], [1], [3], [4]]);
  });

  it("gives texts through the result register", () => {
    assert.equal(Buffer.from(chain.run("a", "chain").output).toString(), "small-chain");
    assert.deepEqual([...chain.run("a", "from").output], [0]);
  });

  it("gives height, time and the gas left behind the call that asks", () => {
    const result = chain.run("a", "numbers", { gas: 200_000 });
    const view = new DataView(result.output.buffer);
    assert.equal(view.getBigInt64(0, true), 77n);
    assert.equal(view.getBigInt64(8, true), 1_700_000_000n);
    // Paid by then: the frame, three calls, three constants, two stores.
    const asked = ["block_height", "block_time", "gas_left"].reduce((sum, name) => sum + 8 + hostGas(name), 0);
    assert.equal(view.getBigInt64(16, true), BigInt(200_000 - 4_000 - asked - 3 - 2 * 4));
  });
});

describe("hashes and signatures", () => {
  const names = ["sha256", "sm3", "keccak256"] as const;
  const chain = new SmallChain().deploy(
    "a",
    contractWat(
      `(data (i32.const 0) "message") (data (i32.const 200) "\\01")
       ${names
         .map(
           (name) => `(func (export "call_${name}")
         (call $${name} (i32.const 0) (i32.const 7) (i32.const 8)) ${OUTPUT_HASH})`,
         )
         .join("")}
       (func $check (param $algorithm i32) (param $length i32) (param $signature i32)
         (i32.store8 (i32.const 8) (call $verify (local.get $algorithm) (i32.const 100) (local.get $length)
           (local.get $signature) (i32.const 0) (i32.const 7)))
         (call $output (i32.const 8) (i32.const 1)))
       (func (export "call_good") (call $check (i32.const 1) (i32.const 32) (i32.const 200)))
       (func (export "call_bad") (call $check (i32.const 1) (i32.const 32) (i32.const 300)))
       (func (export "call_length") (call $check (i32.const 1) (i32.const 33) (i32.const 200)))
       (func (export "call_compressed") (call $check (i32.const 4) (i32.const 33) (i32.const 200)))
       (func (export "call_zero") (call $check (i32.const 0) (i32.const 32) (i32.const 200)))
       (func (export "call_five") (call $check (i32.const 5) (i32.const 32) (i32.const 200)))`,
      [
        ...names.map((name) => `"cinnabar" "${name}" (func $${name} (param i32 i32 i32))`),
        `"cinnabar" "signature_verify" (func $verify (param i32 i32 i32 i32 i32 i32) (result i32))`,
        HOST.output,
      ],
    ),
  );

  it("are those of the machine, over the source even where the target covers it", () => {
    const message = new TextEncoder().encode("message");
    for (const name of names) assert.deepEqual(chain.run("a", name).output, testHashes[name](message), name);
  });

  it("give one bit for a signature, and refuse an algorithm there is not", () => {
    const gas = 10_000_000;
    const answer = (method: string): number => chain.run("a", method, { gas }).output[0]!;
    assert.deepEqual(["good", "bad", "length", "compressed"].map(answer), [1, 0, 0, 1]);
    for (const method of ["zero", "five"]) expectRefusal(chain, method, "badAlgorithm", { gas });
  });

  it("cost by algorithm, and the dearest for one that is not listed", () => {
    const least = (method: string): number => {
      let low = 0;
      let high = 10_000_000;
      while (low < high) {
        const gas = (low + high) >> 1;
        if (chain.run("a", method, { gas }).outcome === OUTCOMES.outOfGas) low = gas + 1;
        else high = gas;
      }
      return low;
    };
    const { gas } = HOST_FUNCTIONS.find((row) => row.name === "signature_verify")!.cost.byValue!;
    assert.equal(least("compressed") - least("good"), gas[4]! - gas[1]!);
    assert.equal(least("five"), least("zero"));
    assert.ok(least("five") >= Math.max(...Object.values(gas)));
  });
});
