/**
 * The reader against bytes nobody wrote: random, truncated, spliced and mutated modules. It never throws, and it never
 * disagrees with the engine: what it accepts the engine validates (`module.engineRefused` never appears), and what the
 * engine validates it refuses only for a feature or a limit.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type AdmissionOptions, admit, admitInstrumented } from "../../../../vm/admission/admit.ts";
import { customSection } from "../../../../vm/admission/custom-section.ts";
import type { Opcode } from "../../../../vm/admission/opcode-row.ts";
import { OPCODE_ROWS } from "../../../../vm/admission/opcodes.ts";
import {
  AT_ZERO,
  type Bytes,
  body,
  contract,
  custom,
  DROP,
  EMPTY,
  END,
  exportOf,
  FUNCREF,
  functionType,
  HEADER,
  I32,
  I64,
  importOf,
  moduleOf,
  section,
  UNREACHABLE,
  u,
} from "./module-builder.ts";

const RUNS = process.env.FULL === "1" ? 50_000 : 1_500;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

const LIFTED: AdmissionOptions = { profile: false, limits: false };
/** Later engines also accept more constant expressions, memories, tables and reference types than 2.0 has. */
const NEWER_ENGINE =
  /^(feature|limit)\.|^(constant\.(instruction|type|global)|memory\.tooMany|limits\.flag|table\.elementType)$/;

function checkAgainstEngine(bytes: Uint8Array): void {
  const lifted = admit(bytes, LIFTED);
  const codes = lifted.reasons.map((reason) => reason.code);
  const isValid = WebAssembly.validate(bytes);
  assert.ok(!codes.includes("module.engineRefused"), "accepted by the reader, refused by the engine");
  if (isValid) {
    const others = codes.filter((code) => !NEWER_ENGINE.test(code));
    assert.deepEqual(others, [], "accepted by the engine, refused by the reader");
  }
  for (const admission of [admit(bytes), admitInstrumented(bytes), admit(bytes, { limits: false })]) {
    if (admission.accepted) assert.equal(lifted.accepted, true);
    for (const reason of admission.reasons) assert.ok(reason.offset >= 0 && reason.offset <= bytes.length);
  }
  customSection(bytes, "abi");
}

function run(property: fc.IPropertyWithHooks<[Uint8Array]>, runs = RUNS): void {
  fc.assert(property, { seed: SEED, numRuns: runs });
}

const ABI_SECTION = custom("abi", [1, 2, 3]);
const RICH = contract({
  types: [functionType([], []), functionType([I32, I64], [I32]), functionType([], [I32])],
  imports: [importOf("cinnabar", "input_size", [0, 2])],
  functions: [0, 1],
  tables: [[FUNCREF, 1, 2, 2]],
  memories: [[1, 1, 4]],
  globals: [
    [I32, 0, 0x41, 7, END],
    [I64, 1, 0x42, 0x7f, END],
  ],
  exports: [exportOf("memory", 2, 0), exportOf("call_run", 0, 1)],
  elements: [[0, ...AT_ZERO, 2, 1, 2]],
  dataCount: 1,
  code: [
    body(
      [0x02, EMPTY, 0x03, EMPTY, 0x10, 0, 0x0e, 2, 0, 1, 0, END, END, 0x41, 1, 0x42, 5, 0x41, 0, 0x11, 1, 0, DROP],
      [[2, I32]],
    ),
    body([0x20, 0, 0x04, I32, 0x20, 0, 0x28, 2, 8, 0x05, 0x23, 0, END, 0x21, 2, 0x20, 2], [[1, I32]]),
  ],
  data: [[0, ...AT_ZERO, 3, 0xaa, 0xbb, 0xcc]],
  behind: [ABI_SECTION],
});

/** One change of a module: a byte replaced, put in, taken out, or a stretch copied over another place. */
type Mutation = readonly [kind: number, position: number, value: number];

function mutated(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  const result = [...bytes];
  for (const [kind, position, value] of mutations) {
    const place = position % (result.length + 1);
    if (kind === 0) result[place] = value;
    else if (kind === 1) result.splice(place, 0, value);
    else if (kind === 2) result.splice(place, 1);
    else result.splice(place, value % 8, ...result.slice(value % result.length, (value % result.length) + 8));
  }
  return Uint8Array.from(result);
}

const mutations = fc.array(fc.tuple(fc.nat(3), fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 4 });

/** Immediates for the instructions that the generator uses as they are. */
function immediatesOf(row: Opcode): Bytes {
  if (row.kind === "memoryAccess") return [0, 0];
  if (row.kind === "memoryLane") return [0, 0, 0];
  const sizes: Readonly<Record<string, number>> = {
    i32Const: 1,
    i64Const: 1,
    f32Const: 4,
    f64Const: 8,
    v128Const: 16,
    shuffle: 16,
    lane: 1,
    memorySize: 1,
    memoryCopy: 2,
  };
  return new Array<number>(sizes[row.kind] ?? 0).fill(0);
}

const SIMPLE_ROWS = OPCODE_ROWS.filter((row) => {
  const kinds = ["plain", "lane", "shuffle", "memoryAccess", "memoryLane", "memorySize", "memoryCopy"];
  return kinds.includes(row.kind) || row.kind.endsWith("Const");
});

function encoded(row: Opcode): Bytes {
  return [...(row.code < 0x100 ? [row.code] : [row.code >>> 16, ...u(row.code & 0xffff)]), ...immediatesOf(row)];
}

/**
 * A body whose types fit: each choice picks among the instructions whose operands are on the stack, or opens or closes.
 */
function wellTypedCode(choices: readonly number[]): number[] {
  const code: number[] = [];
  const frames: number[][] = [[]];
  for (const choice of choices) {
    const stack = frames.at(-1)!;
    if (choice % 17 === 0) {
      code.push(0x02, EMPTY);
      frames.push([]);
    } else if (choice % 19 === 0 && frames.length > 1) {
      code.push(...stack.map(() => DROP), END);
      frames.pop();
    } else if (choice % 97 === 0) code.push(UNREACHABLE);
    else {
      const row = fitting(stack, choice);
      stack.length -= row.params.length;
      stack.push(...row.results);
      code.push(...encoded(row));
    }
  }
  while (frames.length > 0) {
    code.push(...frames.pop()!.map(() => DROP));
    if (frames.length > 0) code.push(END);
  }
  return code;
}

function fitting(stack: readonly number[], choice: number): Opcode {
  const fits = SIMPLE_ROWS.filter((row) => {
    const top = stack.slice(stack.length - row.params.length);
    return stack.length >= row.params.length && row.params.every((type, index) => type === top[index]);
  });
  return fits[choice % fits.length]!;
}

describe(`hostile bytes (seed ${SEED})`, () => {
  it("are never too much for the reader: random bytes", () => {
    run(fc.property(fc.uint8Array({ maxLength: 200 }), checkAgainstEngine));
  });

  it("are never too much for the reader: random bytes behind a right header", () => {
    run(
      fc.property(
        fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array([...HEADER, ...bytes])),
        checkAgainstEngine,
      ),
    );
  });

  it("are never too much for the reader: random contents in framed sections", () => {
    const anySection = fc
      .tuple(fc.nat(14), fc.uint8Array({ maxLength: 40 }))
      .map(([id, content]) => section(id, [...content]));
    run(
      fc.property(
        fc.array(anySection, { maxLength: 12 }).map((sections) => moduleOf(...sections)),
        checkAgainstEngine,
      ),
    );
  });

  it("are judged as the engine does: every truncation of a module", () => {
    const accepted: number[] = [];
    for (let length = 0; length <= RICH.length; length++) {
      const bytes = RICH.subarray(0, length);
      checkAgainstEngine(bytes);
      if (admit(bytes).accepted) accepted.push(length);
    }
    // The custom section stands last, and a module without it is whole.
    assert.deepEqual(accepted, [RICH.length - ABI_SECTION.length, RICH.length]);
  });

  it("are judged as the engine does: every byte of a module replaced by a few others", () => {
    for (let offset = 0; offset < RICH.length; offset++) {
      for (const value of [0, 1, 0x0b, 0x40, 0x7d, 0x7f, 0x80, 0xff, RICH[offset]! ^ 1, RICH[offset]! ^ 0x80]) {
        const bytes = RICH.slice();
        bytes[offset] = value;
        checkAgainstEngine(bytes);
      }
    }
  });

  it("are judged as the engine does: mutations of a module", () => {
    const arbitrary = mutations.map((each) => mutated(RICH, each));
    run(fc.property(arbitrary, checkAgainstEngine));
  });

  it("are judged as the engine does: bodies whose types fit", () => {
    const choices = fc.array(fc.nat(1_000_000), { maxLength: 40 });
    const arbitrary = choices.map((each) => contract({ code: [body(wellTypedCode(each))] }));
    const accepts = (bytes: Uint8Array): void => {
      assert.deepEqual(admit(bytes, LIFTED).reasons, []);
      checkAgainstEngine(bytes);
    };
    run(fc.property(arbitrary, accepts), RUNS / 3);
  });

  it("are judged as the engine does: bodies whose types almost fit", () => {
    const arbitrary = fc.tuple(fc.array(fc.nat(1_000_000), { maxLength: 30 }), mutations).map(([choices, changes]) => {
      const code = [...mutated(Uint8Array.from(wellTypedCode(choices)), changes)];
      return contract({ code: [body(code)] });
    });
    run(fc.property(arbitrary, checkAgainstEngine), RUNS / 3);
  });
});
