/**
 * Rules broken one by one. Each entry changes one place of the product so that a rule of the design no longer holds;
 * the named tests must notice. `find` stands exactly once in the file. Run them with `npm run mutate`; that every entry
 * still finds its place is a test of its own (test/unit/mutation.test.ts).
 */

export interface Mutation {
  readonly id: string;
  /** The rule that is broken. */
  readonly rule: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Parts of paths of the test files that are to notice. */
  readonly tests: readonly string[];
}

const ADMISSION: readonly Mutation[] = [
  {
    id: "float",
    rule: "no float opcode or type anywhere",
    file: "vm/admission/features.ts",
    find: 'new Set<Feature>(["core", "signExtension", "bulkMemory"])',
    replace: 'new Set<Feature>(["core", "signExtension", "bulkMemory", "float"])',
    tests: ["unit/vm/admission/opcodes"],
  },
  {
    id: "start-section",
    rule: "no code runs before gas is armed",
    file: "vm/admission/sections/start.ts",
    find: 'module.useFeature("startSection"',
    replace: 'if (index < 0) module.useFeature("startSection"',
    tests: ["unit/vm/admission/reasons"],
  },
  {
    id: "import-signature",
    rule: "imports by exact signature",
    file: "vm/admission/sections/imports.ts",
    find: 'module.refuse("import.signature"',
    replace: 'if (module.importedFunctionCount < 0) module.refuse("import.signature"',
    tests: ["unit/vm/admission/reasons"],
  },
  {
    id: "import-duplicate",
    rule: "each import once",
    file: "vm/admission/sections/imports.ts",
    find: 'if (seen.has(key)) module.refuse("import.duplicate"',
    replace: 'if (seen.size < 0) module.refuse("import.duplicate"',
    tests: ["unit/vm/admission/reasons"],
  },
  {
    id: "data-bounds",
    rule: "data segments lie inside the memory",
    file: "vm/admission/sections/data.ts",
    find: "offset + length > memoryBytes",
    replace: "offset > memoryBytes",
    tests: ["unit/vm/admission/reasons"],
  },
  {
    id: "loop-nesting",
    rule: "nested loops are bounded, so that compile time is linear",
    file: "vm/admission/validate-body.ts",
    find: "if (loops > limits.loopNesting) depths.loopsOffset",
    replace: "if (loops > limits.blockNesting) depths.loopsOffset",
    tests: ["unit/vm/admission/reasons"],
  },
  {
    id: "operand-types",
    rule: "our own reader checks the type of every operand",
    file: "vm/admission/instructions.ts",
    find: "i32Const: constant((body) => body.cursor.s32()),",
    replace: "i32Const: (body) => { body.cursor.s32(); body.stack.push(UNKNOWN_TYPE); },",
    tests: ["conformance/wasm-admission", "unit/vm/admission"],
  },
  {
    id: "static-loop",
    rule: "a function with a loop carries meters",
    file: "vm/admission/validate-body.ts",
    find: 'codesOf("loop call_indirect',
    replace: 'codesOf("call_indirect',
    tests: ["unit/vm/instrument/gas", "unit/vm/admission"],
  },
];

const METERING: readonly Mutation[] = [
  {
    id: "loop-look",
    rule: "the counter is looked at at every loop head",
    file: "vm/instrument/rewrite.ts",
    find: "const head = [...look, ",
    replace: "const head = [",
    tests: ["unit/vm/execute/machine", "unit/vm/instrument"],
  },
  {
    id: "entry-look",
    rule: "the counter is looked at where a function begins",
    file: "vm/instrument/rewrite.ts",
    find: "stackBytes === null ? this.#gas() : i64.or(this.#gas(), stackLeft(stackBytes))",
    replace: "stackLeft(stackBytes ?? 0)",
    tests: ["unit/vm/execute/machine", "unit/vm/instrument"],
  },
  {
    id: "frame-bytes",
    rule: "every frame takes its bytes of stack",
    file: "vm/instrument/rewrite.ts",
    find: "i64.sub(this.#stack(), i64.const(BigInt(bytes)))",
    replace: "i64.sub(this.#stack(), i64.const(BigInt(bytes) * 0n))",
    tests: ["unit/vm/execute", "unit/vm/instrument"],
  },
  {
    id: "charge-behind-call",
    rule: "what follows a call is charged",
    file: "vm/instrument/rewrite.ts",
    find: "(gas) => this.#setGas(this.#code.less(gas, behind)),",
    replace: "(gas) => this.#setGas(this.#code.less(gas, behind * 0)),",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "unlikely-arm",
    rule: "the dearer arm of an if is paid by who takes it",
    file: "vm/instrument/charges.ts",
    find: "const gas = need.gas - charged.gas;",
    replace: "const gas = Math.min(0, need.gas - charged.gas);",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "dearest-way",
    rule: "the price of a static function is its dearest way",
    file: "vm/instrument/static-functions.ts",
    find: "own + Math.max(...arms)",
    replace: "own + Math.min(...arms)",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "static-price",
    rule: "the caller of a static function pays its price",
    file: "vm/instrument/plan.ts",
    find: "?.price ?? 0;",
    replace: "?.price && 0 || 0;",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "static-entry-price",
    rule: "a static function costs its price by way of a table",
    file: "vm/instrument/rewrite.ts",
    find: "...this.#charge(this.#parts.entryGas), this.#returned(body)]);",
    replace: "this.#returned(body)]);",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "bulk-length",
    rule: "memory.copy and memory.fill are charged by length before the work",
    file: "vm/instrument/meters.ts",
    find: "schedule.costs.bulkBytes.gas);",
    replace: "schedule.costs.bulkBytes.gas * 0);",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "grow-pages",
    rule: "memory.grow is charged by pages",
    file: "vm/instrument/meters.ts",
    find: "module.if(hasRoom, local.set(1, i64.sub(gas(), work)))",
    replace: "module.if(hasRoom, local.set(1, i64.sub(gas(), module.i64.and(work, i64.const(0n)))))",
    tests: ["unit/vm/instrument/gas"],
  },
  {
    id: "host-look",
    rule: "no host effect is reached with a negative counter",
    file: "vm/instrument/host-calls.ts",
    find: "    code.endIf(code.isNegative(gas()), gas()),\n",
    replace: "",
    tests: ["unit/vm/execute/machine", "unit/vm/host"],
  },
  {
    id: "host-length",
    rule: "host calls are charged by length",
    file: "vm/instrument/host-calls.ts",
    find: "code.times(code.unitsOf(parameter(name), 0), gas)",
    replace: "code.times(code.unitsOf(parameter(name), 0), gas * 0)",
    tests: ["unit/vm/host"],
  },
  {
    id: "globals-reset",
    rule: "an instance is as new after each call: its globals",
    file: "vm/instrument/meters.ts",
    find: "    ...sets,\n",
    replace: "",
    tests: ["unit/vm/execute"],
  },
];

const HOST: readonly Mutation[] = [
  {
    id: "memory-bounds",
    rule: "an address and its length lie in the contract's memory",
    file: "vm/host/memory.ts",
    find: "if (start + (length >>> 0) > frame.memory.length)",
    replace: "if (start > frame.memory.length)",
    tests: ["unit/vm/host/guest-memory"],
  },
  {
    id: "target-first",
    rule: "a target is looked at before the work",
    file: "vm/host/crypto.ts",
    find: "guestView(frame, target, RECOVERED_KEY_LENGTH);",
    replace: "",
    tests: ["unit/vm/host/guest-memory"],
  },
  {
    id: "host-fault",
    rule: "what a call out of the machine throws stops the node, whatever it is",
    file: "vm/host/guard.ts",
    find: "if (error instanceof NodeError) return error;",
    replace: "if (error instanceof Error) return error as NodeError;",
    tests: ["unit/vm/host/nth-call-throws"],
  },
  {
    id: "list-charge",
    rule: "a list of signatures is paid before any of it is verified",
    file: "vm/host/signature-list.ts",
    find: "frame.charge(list.reduce((gas, { algorithm }) => gas + ITEM_GAS[algorithm]!, 0));",
    replace: "void ITEM_GAS;",
    tests: ["unit/vm/host/signature-list"],
  },
  {
    id: "list-bound",
    rule: "a list of signatures is bounded",
    file: "vm/host/signature-list.ts",
    find: "if (items.length === LIMITS.verifyManyItems)",
    replace: "if (items.length > LIMITS.verifyManyItems)",
    tests: ["unit/vm/host/signature-list"],
  },
  {
    id: "recover-low-s",
    rule: "a key is recovered only from a signature that the verifier accepts",
    file: "accel/reference/recover.ts",
    find: " || s > HALF_ORDER",
    replace: "",
    tests: ["unit/accel/reference/recover"],
  },
  {
    id: "bls-infinity",
    rule: "no BLS key or signature is infinity",
    file: "accel/reference/bls.ts",
    find: "return point.is0() ? undefined : point;",
    replace: "return point;",
    tests: ["unit/accel/reference/bls"],
  },
  {
    id: "bls-sum",
    rule: "the keys of a fast aggregate do not cancel out",
    file: "accel/reference/bls.ts",
    find: "if (sum.is0()) return false;",
    replace: "",
    tests: ["unit/accel/reference/bls"],
  },
  {
    id: "bls-tag",
    rule: "a proof of possession is no signature, and a signature no proof",
    file: "accel/reference/bls.ts",
    find: "hashToSignatureCurve(publicKey, BLS_POSSESSION_TAG)",
    replace: "hashToSignatureCurve(publicKey, BLS_SIGNATURE_TAG)",
    tests: ["unit/accel/reference/bls"],
  },
];

export const MUTATIONS: readonly Mutation[] = [...ADMISSION, ...METERING, ...HOST];
