/**
 * A contract for tests of the node, put together byte by byte, so that they need no compiler: a register of numbers by
 * number.
 *
 *   put(key, value)   stores and emits `Put`
 *   get(key)          the value, or error 7 `register.absent`
 *   fail()            error 7
 *   trap()            an instruction that traps
 *   spin()            a loop without end
 *
 * Memory: 0 the storage's name as its key begins, 8 the key, 32 the event's name, 40 the error's text, 64 input and
 * results.
 */
import { encodeAbi } from "../../../runtime/format/abi.ts";
import { ABI_SECTION, type ContractAbi } from "../../../runtime/format/contract-abi.ts";
import {
  body,
  bytesOf,
  contract,
  custom,
  EMPTY,
  END,
  exportOf,
  functionType,
  I32,
  importOf,
  UNREACHABLE,
} from "../../unit/vm/admission/module-builder.ts";

export const REGISTER_ABI: ContractAbi = {
  abi: 1,
  contract: "register",
  version: 1,
  types: {},
  methods: [
    method("put", "call", ["key", "value"], null, ["key"]),
    method("get", "view", ["key"], "u64", ["key"]),
    method("fail", "call", [], null, []),
    method("trap", "call", [], null, []),
    method("spin", "call", [], null, []),
  ],
  events: [
    {
      name: "Put",
      fields: [
        { name: "key", type: "u64", indexed: true },
        { name: "value", type: "u64", indexed: false },
      ],
    },
  ],
  storage: [{ name: "entries", kind: "map", key: ["u64"], value: "u64" }],
  errors: [{ code: 7, name: "register.absent", text: "there is no entry under the key" }],
};

function method(
  name: string,
  kind: "call" | "view",
  params: readonly string[],
  returns: string | null,
  object: readonly string[],
) {
  return { name, kind, params: params.map((param) => ({ name: param, type: "u64" })), returns, object };
}

/** The module's bytes. */
export function registerModule(): Uint8Array {
  const [nothing, one, three, four] = [0, 1, 2, 3];
  const getStored = 4;
  return contract({
    types: [
      functionType([], []),
      functionType([I32], []),
      functionType([I32, I32, I32], []),
      functionType([I32, I32, I32, I32], []),
      functionType([I32, I32], [I32]),
      functionType([I32, I32], []),
    ],
    imports: [
      importOf("cinnabar", "input_read", [0, one]),
      importOf("cinnabar", "storage_put", [0, four]),
      importOf("cinnabar", "event_emit", [0, four]),
      importOf("cinnabar", "revert", [0, three]),
      importOf("cinnabar", "storage_get", [0, getStored]),
      importOf("cinnabar", "result_read", [0, one]),
      importOf("cinnabar", "output_write", [0, 5]),
    ],
    functions: [nothing, nothing, nothing, nothing, nothing],
    exports: [
      exportOf("memory", 2, 0),
      ...["put", "get", "fail", "trap", "spin"].map((name, i) => exportOf(`call_${name}`, 0, 7 + i)),
    ],
    code: [
      body([...READ_KEY, ...call(1, 0, 16, 72, 8), ...call(2, 32, 3, 64, 16)]),
      body([
        ...READ_KEY,
        ...call(4, 0, 16),
        ...constant(0),
        0x48,
        0x04,
        EMPTY,
        ...REVERT,
        END,
        ...call(5, 64),
        ...call(6, 64, 8),
      ]),
      body(REVERT),
      body([UNREACHABLE]),
      body([0x03, EMPTY, 0x0c, 0, END]),
    ],
    data: [segment(0, [7, ...ascii("entries")]), segment(32, ascii("Put")), segment(40, ascii("no such entry"))],
    behind: [custom(ABI_SECTION, [...encodeAbi(REGISTER_ABI)])],
  });
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** `i32.const` of a number below 8192, which LEB128 writes in two bytes at most. */
function constant(value: number): number[] {
  return value < 64 ? [0x41, value] : [0x41, (value & 0x7f) | 0x80, value >> 7];
}

function call(index: number, ...args: readonly number[]): number[] {
  return [...args.flatMap(constant), 0x10, index];
}

function segment(offset: number, bytes: readonly number[]): number[] {
  return [0, ...constant(offset), END, ...bytesOf(bytes)];
}

/** The input stands at 64, its first 8 bytes behind the storage's name: i64.store (8) (i64.load (64)). */
const READ_KEY = [...call(0, 64), ...constant(8), ...constant(64), 0x29, 3, 0, 0x37, 3, 0];
const REVERT = [...constant(7), ...constant(40), ...constant(13), 0x10, 3];
