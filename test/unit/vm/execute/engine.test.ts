/** What the engine throws, on the engine at hand: which of it is the contract's trap, and which a fault of the node. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NodeError } from "../../../../vm/errors.ts";
import { compile, engineFault, instantiate, isTrap } from "../../../../vm/execute/engine.ts";
import { wat } from "../wat.ts";

function thrownBy(text: string): unknown {
  const run = instantiate(compile(wat(`(module ${text})`)), {}).exports.run as () => void;
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("what the engine throws", () => {
  const traps: Readonly<Record<string, string>> = {
    unreachable: '(func (export "run") (unreachable))',
    "a division by zero": '(func (export "run") (drop (i32.div_u (i32.const 1) (i32.const 0))))',
    "an address outside": '(memory 1 1) (func (export "run") (drop (i32.load (i32.const 65533))))',
    "no function in the table": '(table 1 1 funcref) (func (export "run") (call_indirect (i32.const 0)))',
  };
  for (const [cause, text] of Object.entries(traps)) {
    it(`is a trap: ${cause}`, () => assert.ok(isTrap(thrownBy(text))));
  }

  it("is a fault of the node when its stack is exhausted", () => {
    // Unmetered: a contract's frames are counted long before.
    const error = thrownBy('(func $deep (export "run") (call $deep))');
    assert.ok(error !== undefined && !isTrap(error));
    const fault = engineFault(error);
    assert.ok(fault instanceof NodeError);
    assert.equal(fault.code, "engine.exhausted");
  });
});
