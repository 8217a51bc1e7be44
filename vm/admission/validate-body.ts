/**
 * Reads and checks one function body: locals, then instruction by instruction with the types of all operands.
 *
 * It is one linear pass without recursion. The first error of types in a body is listed and the stack is in doubt from
 * there, while instructions outside the profile, indices and limits are still listed to the end of the body.
 */

import type { ModuleLimits } from "../limits.ts";
import { BodyReading } from "./body-reading.ts";
import type { FunctionFact } from "./facts.ts";
import { HANDLERS } from "./instructions.ts";
import type { ModuleReading } from "./module-reading.ts";
import type { Opcode } from "./opcode-row.ts";
import { codesOf, NAMED_PREFIXES, OPCODES, PREFIX_MISC, PREFIX_SIMD, prefixed } from "./opcodes.ts";
import type { ByteCursor } from "./reader.ts";
import { readValueType } from "./value-types.ts";

const LOCALS_MAX = 0xffff_ffff;
/** Vector instructions from here on are of the relaxed proposal. */
const RELAXED_SIMD_FIRST = 0x100;
/** The class free of the gas schedule. */
const FREE = codesOf("block loop else end nop drop");
/** What a static function may not contain (docs/gas.md). */
const NOT_STRAIGHT = codesOf("loop call_indirect memory.grow memory.copy memory.fill memory.init table.grow");

/** What is bounded in one function. */
type FunctionBound = Extract<
  keyof ModuleLimits,
  | "functionOps"
  | "functionBlocks"
  | "functionLoops"
  | "functionCalls"
  | "blockNesting"
  | "loopNesting"
  | "expressionDepth"
  | "heldOperands"
>;

/**
 * Every reason of the body is listed in `module`.
 * @param cursor the body, behind its size
 * @returns the sizes of the function's frame, exact when the body is valid
 */
export function validateBody(cursor: ByteCursor, module: ModuleReading, functionIndex: number): FunctionFact {
  const body = new BodyReading(cursor, module, functionIndex);
  const type = module.functions.get(functionIndex)?.type ?? null;
  for (const param of type?.params ?? []) body.locals.add(1, param);
  const params = body.locals.count;
  readLocals(body);
  const locals = body.locals.count - params;
  body.areLocalsKnown = type !== null;
  body.stack.isDoubtful = type === null;
  body.stack.open("function", [], type?.results ?? []);
  readInstructions(body);
  module.totalBrTableTargets += body.brTableTargets;
  const { instructions, isStraight, callsIndirectly, callees } = body;
  const operandHeightMax = body.stack.heightMax;
  return { params, locals, operandHeightMax, instructions, isStraight, callsIndirectly, callees };
}

function readLocals(body: BodyReading): void {
  const { cursor, module } = body;
  const start = cursor.position;
  const runs = cursor.u32();
  let total = 0;
  for (let run = 0; run < runs && cursor.ok; run++) {
    const offset = cursor.position;
    const count = cursor.u32();
    const type = readValueType(cursor, module);
    total += count;
    // The sum of counts stays exact: a body has fewer than 2^31 runs of fewer than 2^32 locals.
    if (total > LOCALS_MAX) {
      const where = `function ${body.functionIndex}`;
      cursor.fail("body.localsOverflow", offset, `${where}: value ${total}, limit ${LOCALS_MAX}`);
    } else body.locals.add(count, type);
  }
  if (!cursor.ok) return;
  module.totalLocals += total;
  module.isWithin("functionLocals", total, start, `function ${body.functionIndex}`);
}

function readInstructions(body: BodyReading): void {
  const { cursor, stack, module } = body;
  const bounds = new FunctionBounds(body);
  while (cursor.ok && !body.isCut && stack.frameCount > 0 && cursor.remaining > 0) {
    stack.depth.beginInstruction();
    readInstruction(body);
    stack.depth.endInstruction();
    bounds.note();
  }
  bounds.list();
  if (!module.accepts(cursor) || body.isCut) return;
  if (stack.frameCount > 0) {
    module.refuse("body.sizeMismatch", cursor.end, `function ${body.functionIndex}: ${stack.frameCount} ends missing`);
  } else if (cursor.remaining > 0) {
    module.refuse(
      "body.sizeMismatch",
      cursor.position,
      `function ${body.functionIndex}: ${cursor.remaining} bytes left`,
    );
  }
}

function readInstruction(body: BodyReading): void {
  body.offset = body.cursor.position;
  const row = readOpcode(body);
  if (row === null) return;
  body.row = row;
  // The words are made only where they are needed: this line runs for every instruction.
  if (row.feature !== "core") body.module.useFeature(row.feature, body.offset, body.where());
  if (!FREE.has(row.code)) body.instructions += 1;
  if (NOT_STRAIGHT.has(row.code)) body.isStraight = false;
  HANDLERS[row.kind](body, row);
}

/** The row of the next instruction; null when it is none that the reader knows, and then the body ends here. */
function readOpcode(body: BodyReading): Opcode | null {
  const { cursor } = body;
  const byte = cursor.u8();
  const isPrefix = byte === PREFIX_MISC || byte === PREFIX_SIMD;
  const code = isPrefix ? prefixed(byte, cursor.u32()) : byte;
  const row = OPCODES.get(code);
  if (row !== undefined || !cursor.ok) return row ?? null;
  refuseUnknown(body, byte, code);
  body.isCut = true;
  return null;
}

function refuseUnknown(body: BodyReading, byte: number, code: number): void {
  const { module } = body;
  const shown = `function ${body.functionIndex}, 0x${code.toString(16)}: the rest of the body was not read`;
  const feature = NAMED_PREFIXES.get(byte);
  if (feature !== undefined) module.useFeature(feature, body.offset, shown);
  else if (code >= prefixed(PREFIX_SIMD, RELAXED_SIMD_FIRST)) module.useFeature("relaxedSimd", body.offset, shown);
  else module.refuse("body.opcode", body.offset, shown);
}

interface Breach {
  /** Where the bound was first passed. */
  readonly offset: number;
  /** What it came to in the end. */
  value: number;
}

/** What of a function is beyond its bound. */
class FunctionBounds {
  readonly #body: BodyReading;
  readonly #limits: ModuleLimits;
  readonly #breaches = new Map<FunctionBound, Breach>();
  #ops = 0;

  constructor(body: BodyReading) {
    this.#body = body;
    this.#limits = body.module.rules.limits;
  }

  /** Another instruction was read. */
  note(): void {
    const { stack, calls } = this.#body;
    this.#ops += 1;
    this.#check("functionOps", this.#ops);
    this.#check("functionBlocks", stack.blockTotal);
    this.#check("functionLoops", stack.loopTotal);
    this.#check("functionCalls", calls);
    this.#check("blockNesting", stack.frameCount - 1);
    this.#check("loopNesting", stack.loopCount);
    this.#check("expressionDepth", stack.depth.max);
    this.#check("heldOperands", stack.depth.held);
  }

  /** Everything beyond its bound is listed. */
  list(): void {
    const { module, functionIndex } = this.#body;
    for (const [bound, { value, offset }] of this.#breaches) {
      module.isWithin(bound, value, offset, `function ${functionIndex}`);
    }
  }

  #check(bound: FunctionBound, value: number): void {
    if (value <= this.#limits[bound]) return;
    const breach = this.#breaches.get(bound);
    if (breach === undefined) this.#breaches.set(bound, { offset: this.#body.offset, value });
    else if (value > breach.value) breach.value = value;
  }
}
