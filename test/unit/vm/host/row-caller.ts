/**
 * Contracts that call one host function, made from its row of the ABI table, so that a new row is tested by the tests of
 * all rows without a word.
 */
import { DIGEST_LENGTH, type HashName } from "../../../../accel/device.ts";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { contractWat, HOST } from "../wat.ts";

export const MEMORY_BYTES = 65_536;
/** An argument in the input of `inputCaller`: an i32 fills the lower half. */
const ARGUMENT_BYTES = 8;
const METHOD = "run";

export type Argument = number | bigint;

export function rowOf(name: string): HostFunction {
  const row = HOST_FUNCTIONS.find((each) => each.name === name);
  if (row === undefined) throw new TypeError(`no host function ${name}`);
  return row;
}

function importLine(row: HostFunction): string {
  const params = row.params.map((parameter) => ` ${parameter.type}`).join("");
  const result = row.result === null ? "" : ` (result ${row.result})`;
  return `"${row.module}" "${row.name}" (func $f (param${params})${result})`;
}

function callLine(row: HostFunction, args: readonly string[]): string {
  const call = `(call $f ${args.join(" ")})`;
  return row.result === null ? call : `(drop ${call})`;
}

/** The functions that `inputCaller` needs itself: their row, and what `HOST` calls them. */
const HELPERS = { input_read: "inputRead", output_write: "output", result_read: "resultRead" } as const;

/** The name of a helper in a contract where the row's function is `$f`: a function may be imported only once. */
function helper(row: HostFunction, name: keyof typeof HELPERS): string {
  return row.name === name ? "$f" : /\$\w+/.exec(HOST[HELPERS[name]])![0];
}

function importsWithHelpers(row: HostFunction): readonly string[] {
  const names = (Object.keys(HELPERS) as (keyof typeof HELPERS)[]).filter((name) => name !== row.name);
  return [importLine(row), ...names.map((name) => HOST[HELPERS[name]])];
}

/**
 * `run` puts its input at 0, calls the function with the arguments that stand there, and returns the whole memory as it
 * is then; `value` returns the result of the call as 8 bytes, and `register` the given number of bytes of the result
 * register. `inputOf` makes the input.
 */
export function inputCaller(row: HostFunction, registerBytes = 0): Uint8Array {
  const args = row.params.map(({ type }, i) => `(${type}.load (i32.const ${ARGUMENT_BYTES * i}))`);
  const read = `(call ${helper(row, "input_read")} (i32.const 0))`;
  const output = (bytes: number): string => `(call ${helper(row, "output_write")} (i32.const 0) (i32.const ${bytes}))`;
  const register = `(call ${helper(row, "result_read")} (i32.const 0))`;
  return contractWat(
    `(func (export "call_${METHOD}") ${read} ${callLine(row, args)} ${output(MEMORY_BYTES)})
     (func (export "call_value") (local $value i64) ${read} ${valueLine(row, args)}
       (i64.store (i32.const 0) (local.get $value)) ${output(8)})
     (func (export "call_register") ${read} ${callLine(row, args)} ${register} ${output(registerBytes)})`,
    importsWithHelpers(row),
    1,
  );
}

/** The call, and its result as an i64 in `$value`. */
function valueLine(row: HostFunction, args: readonly string[]): string {
  if (row.result === null) return callLine(row, args);
  const call = `(call $f ${args.join(" ")})`;
  return `(local.set $value ${row.result === "i32" ? `(i64.extend_i32_s ${call})` : call})`;
}

/** Input for `inputCaller`: the arguments, and behind them data, which then stands at `dataAddress(row)`. */
export function inputOf(
  row: HostFunction,
  args: readonly Argument[],
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const input = new Uint8Array(dataAddress(row) + data.length);
  const view = new DataView(input.buffer);
  for (const [i, arg] of args.entries()) view.setBigUint64(ARGUMENT_BYTES * i, BigInt.asUintN(64, BigInt(arg)), true);
  input.set(data, dataAddress(row));
  return input;
}

export function dataAddress(row: HostFunction): number {
  return ARGUMENT_BYTES * row.params.length;
}

/** Turns of a loop that uses gas in front of the call, so that a limit that ends at the call is one that a frame takes. */
const TURNS = 30_000;
/** A local, its value, and each turn: get, const, sub, tee, br_if. */
const LOOP_GAS = 1 + 1 + 1 + TURNS * 6;

/**
 * The method does nothing but use some gas and make this call, in a memory that begins with `a`s: `constantCallerGas` is
 * its cost without that of the host function.
 */
export function constantCaller(row: HostFunction, args: readonly Argument[], method = METHOD): Uint8Array {
  const constants = row.params.map(({ type }, i) => `(${type}.const ${args[i]})`);
  return contractWat(
    `(data (i32.const 0) "${"a".repeat(1024)}")
     (func (export "call_${method}") (local $turns i32) (local.set $turns (i32.const ${TURNS}))
       (loop $again (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
       ${callLine(row, constants)})`,
    [importLine(row)],
    1,
  );
}

/** A frame of one page, the loop, the constants, the call. */
export function constantCallerGas(row: HostFunction): number {
  const { frame, framePages, call } = SCHEDULE_1.costs;
  return frame.gas + framePages.gas + LOOP_GAS + row.params.length + call.gas;
}

/** Where the memory is zero: an empty list of topics, a counter's change of nothing. */
const ZEROS = 4096;
/** Arguments that a call which does something small needs; any other length is 1, and anything else 0. */
const SMALL: Readonly<Record<string, number>> = {
  algorithm: 1,
  entriesMax: 1,
  bytesMax: 1,
  change: ZEROS,
  topics: ZEROS,
  topicsLength: 4,
  itemsLength: 0,
  publicKeysLength: 0,
  messagesLength: 0,
};

/** Arguments of a call that does something small. */
export function smallArguments(row: HostFunction): Argument[] {
  return row.params.map(({ name, type }) => (type === "i64" ? 0n : (SMALL[name] ?? (/length$/i.test(name) ? 1 : 0))));
}

/** A parameter that is an address: with the index of the one that is its length, or the bytes that are always meant. */
export interface Range {
  readonly address: number;
  readonly length: number | null;
  readonly bytes: number;
  /** True when the function writes there. */
  readonly isTarget: boolean;
}

const NO_ADDRESS = new Set([
  ...["code", "algorithm", "gasLimit", "line", "column", "fileName", "recoveryId"],
  ...["entriesMax", "bytesMax"],
]);

/** Bytes at addresses that have no length beside them, by function and parameter or by parameter alone. */
const FIXED_BYTES: Readonly<Record<string, number>> = {
  digest: 32,
  change: 24,
  signature: 64,
  "bls_fast_aggregate_verify.signature": 96,
  "bls_aggregate_verify.signature": 96,
  "bls_pop_verify.publicKey": 48,
  "bls_pop_verify.proof": 96,
  target: 32,
  "counter_read.target": 8,
  "secp256k1_recover.target": 33,
  // As many as the input and the register have: the callers give the rest.
  "input_read.target": 0,
  "result_read.target": 0,
  // The message of an abort at 0 is none; elsewhere its length stands in front of it.
  "abort.message": 0,
};

function fixedBytes(row: HostFunction, parameter: string): number {
  if (parameter === "target" && row.name in DIGEST_LENGTH) return DIGEST_LENGTH[row.name as HashName];
  const bytes = FIXED_BYTES[`${row.name}.${parameter}`] ?? FIXED_BYTES[parameter];
  if (bytes === undefined) throw new TypeError(`say in FIXED_BYTES how much is at ${row.name}, ${parameter}`);
  return bytes;
}

/** The addresses among the parameters. A length is the parameter of the same name with "Length", or "length". */
export function rangesOf(row: HostFunction): readonly Range[] {
  const names = row.params.map((parameter) => parameter.name);
  return row.params.flatMap(({ name, type }, address): Range[] => {
    if (type !== "i32" || NO_ADDRESS.has(name) || /length$/i.test(name)) return [];
    const own = names.indexOf(`${name}Length`);
    const isTarget = name === "target";
    const isAlone = FIXED_BYTES[`${row.name}.${name}`] !== undefined || FIXED_BYTES[name] !== undefined;
    const length = own >= 0 ? own : isAlone ? -1 : names.indexOf("length");
    if (length >= 0) return [{ address, length, bytes: 0, isTarget }];
    return [{ address, length: null, bytes: fixedBytes(row, name), isTarget }];
  });
}
