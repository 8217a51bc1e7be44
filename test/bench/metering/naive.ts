/**
 * Two metering schemes as they are usually written, to measure ours against: the charge stands at the head of every
 * basic block, one gas an instruction.
 *
 *   counter in a global    gas -= N; if (gas < 0) unreachable
 *   host call              call $gas(N)
 *
 * A basic block ends behind `loop`, `if`, `else`, `end`, `br_if` and what never falls through; calls do not end one.
 * That is the scheme of wasm-instrument, with its injected function inlined.
 */
import binaryen from "binaryen";
import { NodeError } from "../../../vm/errors.ts";
import { GAS_FUNCTION, GAS_GLOBAL, GAS_MODULE, GAS_START } from "./naive-names.ts";
import {
  cursorOf,
  SECTION,
  sectionsOf,
  signedLeb,
  skipInstruction,
  unsignedLeb,
  withSection,
} from "./wasm-sections.ts";

type Charge = (gas: number) => number[];

/** The module with a counter in a global that is looked at in every block. */
export function meterByGlobal(wasm: Uint8Array): Uint8Array {
  const prepared = changed(wasm, (module) => {
    module.addGlobal(GAS_GLOBAL, binaryen.i64, true, module.i64.const(GAS_START));
    module.addGlobalExport(GAS_GLOBAL, GAS_GLOBAL);
  });
  const index = unsignedLeb(globalCountOf(prepared) - 1);
  const [get, set, constant, subtract, lessThan] = [0x23, 0x24, 0x42, 0x7d, 0x53];
  const [branch, unreachable, end, empty] = [0x04, 0x00, 0x0b, 0x40];
  return withCharges(prepared, (gas) => [
    ...[get, ...index, constant, ...signedLeb(gas), subtract, set, ...index],
    ...[get, ...index, constant, 0, lessThan, branch, empty, unreachable, end],
  ]);
}

/** The module that calls the host in every block. */
export function meterByHostCall(wasm: Uint8Array): Uint8Array {
  const prepared = changed(wasm, (module) => {
    module.addFunctionImport(GAS_FUNCTION, GAS_MODULE, GAS_FUNCTION, binaryen.i32, binaryen.none);
  });
  const index = unsignedLeb(functionImportIndex(prepared));
  return withCharges(prepared, (gas) => [0x41, ...signedLeb(gas), 0x10, ...index]);
}

function changed(wasm: Uint8Array, change: (module: binaryen.Module) => void): Uint8Array {
  const { MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt } = binaryen.Features;
  const module = binaryen.readBinaryWithFeatures(wasm, MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt);
  try {
    change(module);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

function globalCountOf(wasm: Uint8Array): number {
  const section = sectionsOf(wasm).find(({ id }) => id === SECTION.global);
  return section === undefined ? 0 : cursorOf(section.contents).u32();
}

/** Every import of the profile is a function. */
function functionImportIndex(wasm: Uint8Array): number {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
  const index = imports.findIndex(({ module, name }) => module === GAS_MODULE && name === GAS_FUNCTION);
  if (index < 0) throw new NodeError("bench.import", "the gas function is not imported");
  return index;
}

function withCharges(wasm: Uint8Array, charge: Charge): Uint8Array {
  return withSection(wasm, SECTION.code, (contents) => {
    const cursor = cursorOf(contents);
    const count = cursor.u32();
    const bodies = Array.from({ length: count }, () => {
      const length = cursor.u32();
      const start = cursor.position;
      cursor.skip(length);
      const body = chargedBody(contents.subarray(start, start + length), charge);
      return Buffer.concat([Buffer.from(unsignedLeb(body.length)), body]);
    });
    return Buffer.concat([Buffer.from(unsignedLeb(count)), ...bodies]);
  });
}

const STRUCTURE: ReadonlySet<number> = new Set([0x02, 0x03, 0x05, 0x0b]);
const BLOCK_ENDS: ReadonlySet<number> = new Set([0x00, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]);

/** The body of one function with the charge of each basic block in front of it. */
function chargedBody(body: Uint8Array, charge: Charge): Uint8Array {
  const cursor = cursorOf(body);
  for (let groups = cursor.u32(); groups > 0; groups--) {
    cursor.u32();
    cursor.u8();
  }
  const parts: Uint8Array[] = [body.subarray(0, cursor.position)];
  let start = cursor.position;
  let gas = 0;
  while (cursor.remaining > 0) {
    const opcode = skipInstruction(cursor);
    if (!STRUCTURE.has(opcode)) gas += 1;
    if (!BLOCK_ENDS.has(opcode)) continue;
    if (gas > 0) parts.push(Buffer.from(charge(gas)));
    parts.push(body.subarray(start, cursor.position));
    start = cursor.position;
    gas = 0;
  }
  return Buffer.concat(parts);
}
