/**
 * Calls of other contracts. Arguments are written in the order of the callee's parameters; the answer is read the
 * same way.
 */
import { call as hostCall, result_read, try_call } from "./host";
import { SdkFailure } from "./failure";
import { Reader } from "./reader";
import { Writer } from "./writer";

const ALL_GAS: i64 = i64.MAX_VALUE;

function resultOf(length: i32): Reader {
  const start = heap.alloc(length);
  result_read(start as u32);
  return new Reader(start, length, SdkFailure.invalidBytes);
}

/**
 * A reader of what `method` of `contract` returned. When the callee fails this call fails too, with the callee's code
 * and message. At most `gasLimit` is spent there, and never more than 63/64 of what is left.
 */
export function call(contract: string, method: string, args: Writer, gasLimit: i64 = ALL_GAS): Reader {
  const to = new Writer().utf8(contract);
  const name = new Writer().utf8(method);
  return resultOf(hostCall(to.pointer, to.length, name.pointer, name.length, args.pointer, args.length, gasLimit));
}

/** How a caught call ended. */
@final
export class CallAnswer {
  /** 0 ok, 1 revert, 2 out of gas, 3 stack, 4 trap, 5 refused host call, 6 a callee of the callee failed. */
  outcome: u8;
  /** The callee's code when it reverted, else 0. */
  code: u32;
  /** What it returned, or its message as bytes of UTF-8. */
  output: Reader;

  constructor(register: Reader) {
    this.outcome = register.take<u8>();
    this.code = register.take<u32>();
    this.output = register;
  }

  get ok(): bool {
    return this.outcome == 0;
  }
}

/** As `call`, but a failed callee is caught: its effects are undone and the answer says how it ended. */
export function tryCall(contract: string, method: string, args: Writer, gasLimit: i64 = ALL_GAS): CallAnswer {
  const to = new Writer().utf8(contract);
  const name = new Writer().utf8(method);
  return new CallAnswer(
    resultOf(try_call(to.pointer, to.length, name.pointer, name.length, args.pointer, args.length, gasLimit)),
  );
}
