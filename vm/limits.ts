/**
 * Every bound of the vm room, in one place, each with its reason and its source.
 *
 * The bounds of a module keep every later step linear in its bytes: reading, instrumenting, compiling in either tier of
 * the engine, instantiating. They were chosen at or below what other chains with WebAssembly contracts allow (named
 * beside each where known), and far below the engine's own limits, so that the engine's are never observable. Changing
 * one of them changes which modules a chain admits or how a call ends: it needs a new protocol version.
 */
import { REVERT_MESSAGE_BYTES_MAX } from "./outcome.ts";

/** The bounds of one module; admission refuses with the code `limit.<name of the bound>`. All are "at most". */
export interface ModuleLimits {
  readonly moduleBytes: number;
  readonly types: number;
  readonly functions: number;
  readonly imports: number;
  readonly exports: number;
  readonly nameBytes: number;
  readonly functionParams: number;
  readonly totalParams: number;
  readonly functionResults: number;
  readonly functionLocals: number;
  readonly totalLocals: number;
  readonly functionOps: number;
  readonly brTableTargets: number;
  readonly totalBrTableTargets: number;
  readonly functionLoops: number;
  readonly functionBlocks: number;
  readonly functionCalls: number;
  readonly loopNesting: number;
  readonly blockNesting: number;
  readonly expressionDepth: number;
  readonly heldOperands: number;
  readonly globals: number;
  readonly dataSegments: number;
  readonly elementSegments: number;
  readonly tableEntries: number;
  readonly memoryInitialPages: number;
  readonly memoryMaximumPages: number;
  readonly customBytes: number;
}

export const LIMITS = {
  // One module.

  /** Bytes of a module. Deploy gas, instrumentation and compile time are linear in it. NEAR 4 MiB, Stylus 128 KiB. */
  moduleBytes: 524_288,
  /** Function types. A compiler writes each distinct one once; AssemblyScript contracts have fewer than 100. */
  types: 1_024,
  /** Functions of the module's own. The engine's cost per function is not in its bytes. Stylus 4,096, NEAR 10,000. */
  functions: 4_096,
  /** Imports: above the size of the whole ABI table; duplicates are refused anyway. CosmWasm 100. */
  imports: 64,
  /** Exports: methods of one contract, with room for a compiler's own. EOSIO and Stylus 1,024. */
  exports: 128,
  /** Bytes of an import or export name: names are kept and shown, so they must not be the bulk of a module. */
  nameBytes: 256,
  /**
   * Parameters of one function type. Many parameters on many functions is a compile bomb (CWA-2023-004). CosmWasm 100.
   */
  functionParams: 16,
  /** Parameters summed over the module's own functions. CosmWasm 10,000. */
  totalParams: 8_192,
  /** Results of one function type: the profile has no multi-value. */
  functionResults: 1,
  /**
   * Declared locals of one function, parameters not counted. An optimising engine's work grows with nested loops times
   * locals: 1,000 x 1,000 in 19,654 bytes took TurboFan 12.7 s, 32 x 64 stays at 4 ms per KB. CosmWasm 100.
   */
  functionLocals: 64,
  /** Declared locals summed over the module's own functions. CosmWasm 10,000. */
  totalLocals: 8_192,
  /** Instructions of one function, `else` and `end` counted. The optimising tier is not linear in it. Stylus 65,536. */
  functionOps: 16_384,
  /** Targets of one br_table, its default not counted. */
  brTableTargets: 256,
  /** Targets of all br_table instructions of a module: each target is an edge of the engine's control-flow graph. */
  totalBrTableTargets: 4_096,
  /**
   * Loops of one function, wherever they stand. An optimising engine's work grows with their square: 4,000 behind one
   * another in 28 KB took TurboFan 5.6 s (Node 20), 1,024 took 260 ms, 64 stay at 10 ms per KB. Contracts that
   * AssemblyScript makes have fewer than 10.
   */
  functionLoops: 64,
  /**
   * Blocks, loops and ifs of one function, wherever they stand: where each ends, an optimising engine joins every local.
   * 2,500 behind one another took it 14 ms per KB (Node 24), 1,024 take 5 to 8. Contracts that AssemblyScript makes have
   * fewer than 200.
   */
  functionBlocks: 1_024,
  /**
   * Calls of one function, direct and indirect: 15,000 took an engine that inlines 45 ms per KB (Node 24), 1,024 take
   * 5. Contracts that AssemblyScript makes have fewer than 300.
   */
  functionCalls: 1_024,
  /** Loops open at one place; the other factor of the bomb at `functionLocals`. */
  loopNesting: 32,
  /** Blocks, loops and ifs open at one place, the function's own frame not counted. EOSIO 1,024. */
  blockNesting: 64,
  /**
   * Instructions inside one another when stack code is read as a tree (vm/admission/expression-depth.ts). The
   * instrumenter's library recurses over that tree and over its own result, up to three times as deep, and fails at 870
   * to 2,500 on the engine's default stack. Contracts that AssemblyScript makes stay below 20.
   */
  expressionDepth: 128,
  /**
   * Operands of one function that wait while an instruction without a result is run: the instrumenter's library makes a
   * local for each, so that they bring back what `functionLocals` keeps out. Contracts that AssemblyScript makes have
   * fewer than 10.
   */
  heldOperands: 256,
  /** Globals: each is restored after a call. */
  globals: 64,
  /** Data segments: each is a bounds check and a copy at instantiation. Stylus 128. */
  dataSegments: 128,
  /** Element segments. A compiler writes one. Stylus 128. */
  elementSegments: 8,
  /** Entries of the table, whose minimum and maximum are equal. EOSIO 1,024, CosmWasm 2,500. */
  tableEntries: 1_024,
  /** Pages of 64 KiB a memory starts with: 2 MiB, which a pooled instance has to restore. */
  memoryInitialPages: 32,
  /**
   * Pages a memory may grow to: 4 MiB. 96 lanes x 8 frames stay at 3 GiB in the worst case, and a load that waits for
   * another at 14 nanoseconds: larger memories leave every cache, and no price of a load is right then.
   */
  memoryMaximumPages: 64,
  /** Bytes of all custom sections (contents and names): kept with the module and hashed, never executed. */
  customBytes: 65_536,

  // One call.

  /**
   * Bytes of the metered stack of a transaction, all its frames together: at most 1/4 of what either tier of the engine
   * has.
   */
  stackBytes: 262_144,
  /** Of these, bytes set aside for each call from contract to contract: the host's own frames between the two. */
  stackCallBytes: 8_192,
  /**
   * Bytes charged for one frame: 64 + 8 x (parameters + locals + operands at their highest) + 2 x instructions. Bounds
   * an engine's frame. The last term is for values that the source has nowhere and an optimising engine keeps: an
   * expression that stands in front of a call and again behind it is computed once, and waits in the frame. It takes
   * five instructions and more to make the engine keep one such value of 8 bytes.
   */
  stackFrameBytes: 64,
  stackSlotBytes: 8,
  stackInstructionBytes: 2,
  /** Frames of contracts on one another (caller, callee, ...), each with an instance and a checkpoint of its own. */
  callDepth: 8,
  /** A caller keeps 1/64 of its gas back from a callee, so that it can still act on the callee's failure. */
  callGasDivisor: 64,
  /** Bytes of a storage key, without the contract's name. Fits in a key of the store with the name in front. */
  storageKeyBytes: 512,
  /** Bytes of a storage value. */
  storageValueBytes: 65_536,
  /** Bytes of the key a scan starts at: the longest key and a zero byte are the first key behind it. */
  scanStartBytes: 513,
  /** Entries of one page of a scan: what one host call may do before the contract has a say again. */
  scanEntries: 100,
  /** Bytes of keys and values behind which a page ends; its last entry may go beyond, so that every page gets on. */
  scanBytes: 65_536,
  /** Bytes of a counter: an i64. Minor units of any currency fit (9.2e18), and a sum of two is exact in 65 bits. */
  counterBytes: 8,
  /** Bytes of what is added to a counter: delta, minimum and maximum. */
  counterChangeBytes: 24,
  /** Bytes a call returns. */
  outputBytes: 65_536,
  /** Bytes of an event's data. */
  eventDataBytes: 16_384,
  /** Bytes of an event's name: ASCII letters, digits, `_`; at least one. */
  eventNameBytes: 64,
  /** Topics of an event: what an index keeps for each event, for ever. Ethereum 4, with the name among them. */
  eventTopics: 4,
  /** Bytes of a topic: an address, an invoice number, a hash of what is longer. Ethereum 32, and hashes all but words. */
  eventTopicBytes: 64,
  /** Events of one transaction, over all its frames: receipts are kept for ever. */
  eventsPerTransaction: 256,
  /** Bytes of UTF-8 of a revert's message. */
  revertMessageBytes: REVERT_MESSAGE_BYTES_MAX,
  /** Bytes of UTF-8 of one line of a contract's debug log. */
  debugLogBytes: 1_024,
  /** Bytes of a contract's name: `[a-z][a-z0-9-]{0,31}`. */
  contractNameBytes: 32,
  /** Bytes of a method's name: `[A-Za-z][A-Za-z0-9_]{0,63}`. */
  methodNameBytes: 64,
  /** Bytes of a signature in a host call: r and s, or R and S, of 32 bytes each. */
  signatureBytes: 64,
  /** Signatures of one `signature_verify_many`: a batch of the size that devices like, some 0.5 s of the reference. */
  verifyManyItems: 256,
  /** Keys of one `bls_fast_aggregate_verify`: Ethereum's sync committee has 512. */
  blsKeys: 512,
  /** Keys, and messages, of one `bls_aggregate_verify`: some 2 s of the reference. */
  blsMessages: 128,
  /** Bytes of an address, a hash and a transaction id. */
  hashBytes: 32,

  // What admission says.

  /** Reasons listed one by one under the same code; the last of them says how many more there are. */
  reasonsPerCode: 64,
} as const satisfies ModuleLimits & Readonly<Record<string, number>>;

/** Bytes of a page of WebAssembly memory (core specification, 4.2.8). */
export const PAGE_BYTES = 65_536;

/** Names that begin so belong to the instrumenter: a module that imports or exports one is refused. */
export const RESERVED_NAME_PREFIX = "__cinnabar_";

/** A function exported as this followed by a method's name is that method; its type is () -> (). */
export const METHOD_EXPORT_PREFIX = "call_";

/**
 * The bounds of an instrumented module. The instrumenter adds checks, locals and a few functions to a module that was
 * inside LIMITS; these bounds show that it added no more than it should: a rewriting that multiplied a function's
 * locals would bring back the compile bomb that LIMITS keeps out.
 */
export const INSTRUMENTED_LIMITS: ModuleLimits = {
  ...LIMITS,
  moduleBytes: 8 * LIMITS.moduleBytes,
  types: 2 * LIMITS.types + 64,
  // Each function, an adapter where a segment names it (segments may lie over one another), a door for each export, the
  // wrappers of the imports.
  functions: 2 * LIMITS.functions + LIMITS.exports + 3 * LIMITS.imports + 64,
  imports: LIMITS.imports + 16,
  exports: LIMITS.exports + 16,
  functionParams: LIMITS.functionParams + 2,
  // Two meters for each function.
  totalParams: 4 * LIMITS.totalParams + 4 * LIMITS.functions,
  functionResults: LIMITS.functionResults + 1,
  functionLocals: 512,
  totalLocals: 16 * LIMITS.totalLocals,
  functionOps: 16 * LIMITS.functionOps,
  functionBlocks: 16 * LIMITS.functionOps,
  functionCalls: 16 * LIMITS.functionOps,
  blockNesting: 4 * LIMITS.blockNesting,
  expressionDepth: 8 * LIMITS.expressionDepth,
  heldOperands: 16 * LIMITS.functionOps,
  globals: LIMITS.globals + 16,
  customBytes: LIMITS.customBytes + 1_024,
};

/**
 * The bounds when a caller lifts ours: those every engine of the JavaScript API shares (WebAssembly JavaScript
 * Interface, "Implementation-defined Limits"). Infinity: the engines agree on none. They keep the reader linear for any
 * bytes.
 */
export const ENGINE_LIMITS: ModuleLimits = {
  moduleBytes: 1_073_741_824,
  types: 1_000_000,
  functions: 1_000_000,
  imports: 100_000,
  exports: 100_000,
  nameBytes: 100_000,
  functionParams: 1_000,
  totalParams: Number.POSITIVE_INFINITY,
  functionResults: 1_000,
  functionLocals: 50_000,
  totalLocals: Number.POSITIVE_INFINITY,
  functionOps: Number.POSITIVE_INFINITY,
  brTableTargets: 65_520,
  totalBrTableTargets: Number.POSITIVE_INFINITY,
  functionLoops: Number.POSITIVE_INFINITY,
  functionBlocks: Number.POSITIVE_INFINITY,
  functionCalls: Number.POSITIVE_INFINITY,
  loopNesting: Number.POSITIVE_INFINITY,
  blockNesting: Number.POSITIVE_INFINITY,
  expressionDepth: Number.POSITIVE_INFINITY,
  heldOperands: Number.POSITIVE_INFINITY,
  globals: 1_000_000,
  dataSegments: 100_000,
  elementSegments: 10_000_000,
  tableEntries: Number.POSITIVE_INFINITY,
  memoryInitialPages: 65_536,
  memoryMaximumPages: 65_536,
  customBytes: Number.POSITIVE_INFINITY,
};
