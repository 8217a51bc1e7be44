/**
 * What passes between the fuzzer and the processes that hold an engine: modules and calls one way, one line for each
 * call back. Only JSON, because the two may be of different Node versions.
 */
import type { StubRow } from "./host-stub.ts";

/** One call of an exported function. Values are `"5"` for an i32 and `"5n"` for an i64. */
export interface CallRequest {
  readonly name: string;
  readonly args: readonly string[];
  readonly gas: number;
  readonly stack: number;
}

/** One module and the calls to make of it, each on memory and globals as new. */
export interface CaseRequest {
  /** The instrumented module, base64. */
  readonly code: string;
  readonly calls: readonly CallRequest[];
  /** So many functions g0, g1, ... give the value of the global of that number. */
  readonly getters: number;
}

export interface EngineRequest {
  readonly id: number;
  readonly hostRows: readonly StubRow[];
  readonly cases: readonly CaseRequest[];
}

/** For each case one line for each call, or one line that begins with "engine:" when the engine failed. */
export interface EngineAnswer {
  readonly id: number;
  readonly lines: readonly (readonly string[])[];
}

export function valueText(value: number | bigint): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}

export function parseValue(text: string): number | bigint {
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}

/** Everything that can be seen of one call. */
export interface Observation {
  readonly ending: string;
  /** Gas left; null where it is not exact. */
  readonly gasLeft: number | null;
  readonly results: readonly (number | bigint)[];
  readonly globals: readonly (number | bigint)[];
  readonly memoryHash: string;
  readonly trace: number;
}

export function lineOf({ ending, gasLeft, results, globals, memoryHash, trace }: Observation): string {
  const shown = [`(${results.map(valueText).join()})`, `[${globals.map(valueText).join()}]`];
  return [ending, gasLeft ?? "-", ...shown, memoryHash, (trace >>> 0).toString(16)].join(" ");
}
