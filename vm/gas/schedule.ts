/**
 * The gas schedule: what every instruction and every piece of the host's own work costs, as data.
 *
 * One gas is about one nanosecond of the slower tier of the engine on the machine in docs/gas.md, rounded up; what
 * the host does for the guest is priced from measured worst cases with a margin of two or more. The costs of host
 * functions stand beside their signatures in vm/abi.ts. Both together have one canonical text and one hash, and the
 * hash is in every block header: two nodes that charge differently cannot agree on a block. A changed number is a new
 * version, never an edit.
 */
import { HOST_FUNCTIONS, type HostFunction } from "../abi.ts";

export interface Cost {
  readonly gas: number;
  /** What one `gas` is charged for. */
  readonly unit: string;
  /** The instructions or work it covers, in the words of the WebAssembly specification. */
  readonly covers: string;
  readonly reason: string;
}

const COSTS_1 = {
  free: {
    gas: 0,
    unit: "instruction",
    covers: "block loop else end nop drop",
    reason: "Neither tier emits code for them; a loop that does nothing still pays its branch.",
  },
  simple: {
    gas: 1,
    unit: "instruction",
    covers:
      "i32.const i64.const local.get local.set local.tee br return unreachable, and of i32 and i64 " +
      "eqz eq ne lt gt le ge clz ctz popcnt add sub and or xor shl shr wrap extend",
    reason: "At most one or two machine instructions and one stack slot in the baseline tier.",
  },
  branchIf: {
    gas: 2,
    unit: "instruction",
    covers: "br_if if",
    reason: "A comparison and a jump that the processor may predict wrongly.",
  },
  branchTable: {
    gas: 6,
    unit: "instruction",
    covers: "br_table",
    reason: "The baseline tier searches the targets by halves: at most 8 comparisons under our limit.",
  },
  branchTableTargets: {
    gas: 1,
    unit: "8 targets begun, the default not counted",
    covers: "br_table",
    reason: "Its code grows with the targets, so its price does.",
  },
  select: {
    gas: 2,
    unit: "instruction",
    covers: "select",
    reason: "Three operands, and a jump in the baseline tier.",
  },
  rotate: {
    gas: 5,
    unit: "instruction",
    covers: "rotl rotr of i32 and i64",
    reason: "4 nanoseconds in the baseline tier, which moves the count to a fixed register.",
  },
  multiply: {
    gas: 3,
    unit: "instruction",
    covers: "i32.mul i64.mul",
    reason: "Three to four cycles of latency.",
  },
  divide: {
    gas: 15,
    unit: "instruction",
    covers: "div_s div_u rem_s rem_u of i32 and i64",
    reason: "Up to 14 nanoseconds measured, 10 to 40 cycles on the processors of the last ten years.",
  },
  global: {
    gas: 2,
    unit: "instruction",
    covers: "global.get global.set",
    reason: "A load or store through the instance.",
  },
  memory: {
    gas: 4,
    unit: "instruction",
    covers: "every load and store of an integer and memory.size, where the memory's maximum is at most memoryNearPages",
    reason:
      "1 nanosecond from the first cache; 3 to 5 in a walk through 512 KiB, each load waiting for the one before.",
  },
  memoryFar: {
    gas: 30,
    unit: "instruction",
    covers: "the same where the memory's maximum is larger",
    reason:
      "A walk takes 8 to 14 nanoseconds a step through 1 to 8 MiB, and several times that when others use the cache.",
  },
  memoryNearPages: {
    gas: 8,
    unit: "pages, at most",
    covers: "which loads and stores cost memory, and which memoryFar",
    reason: "512 KiB stay in the second cache of the processors of the last ten years.",
  },
  fill: {
    gas: 200,
    unit: "instruction",
    covers: "memory.fill",
    reason: "110 nanoseconds measured for no bytes at all, 8 for eight.",
  },
  bulk: {
    gas: 30,
    unit: "instruction",
    covers: "memory.copy, and in conformance mode memory.init and table.grow",
    reason: "The engine calls out of the compiled code.",
  },
  bulkBytes: {
    gas: 1,
    unit: "8 bytes begun, of the length operand",
    covers: "memory.copy memory.fill, and memory.init in conformance mode",
    reason: "Memory that left the caches moves at no less than 8 bytes in a nanosecond.",
  },
  memoryGrow: {
    gas: 120_000,
    unit: "instruction",
    covers: "memory.grow, whether or not it succeeds",
    reason: "An instance that has grown cannot be used again, and a new one takes 60 to 110 microseconds.",
  },
  memoryGrowPages: {
    gas: 20_000,
    unit: "page of 64 KiB really added",
    covers: "memory.grow",
    reason: "16 pages of the operating system to be mapped and cleared: 11 microseconds.",
  },
  call: {
    gas: 8,
    unit: "instruction",
    covers: "call",
    reason: "The frame is built and torn down, and the two meters are looked at.",
  },
  callIndirect: {
    gas: 12,
    unit: "instruction",
    covers: "call_indirect",
    reason: "A call behind a bounds check, a signature check and two loads.",
  },
  entryLocals: {
    gas: 1,
    unit: "declared local, parameters not counted",
    covers: "entering a function",
    reason: "Each is set to zero.",
  },
  staticMax: {
    gas: 200,
    unit: "price of a static function, at most",
    covers: "which functions carry no meters (docs/gas.md, Static functions)",
    reason:
      "An accessor with its bounds check costs 20, a multiplication of 128 bits 60; more bears a meter of its own.",
  },
  frame: {
    gas: 2_000,
    unit: "call of a contract's method",
    covers: "taking an instance, resetting it, entering and leaving it",
    reason: "0.6 microseconds, 2 with the least a block does for a transaction, when an instance is at hand.",
  },
  framePages: {
    gas: 2_000,
    unit: "page of 64 KiB the memory starts with",
    covers: "resetting an instance",
    reason: "The whole memory is written to give the next call a fresh one: 0.6 to 1.8 microseconds a page.",
  },
  instance: {
    gas: 120_000,
    unit: "call of a contract's method that did not have so much above its frame: out of gas before it runs",
    covers: "a new instance after a trap",
    reason: "A trap costs the whole limit, so a limit of at least this pays for what follows: 60 to 110 microseconds.",
  },
  float: {
    gas: 4,
    unit: "instruction",
    covers: "instructions on f32 and f64; only in conformance mode, a contract has none",
    reason: "Four cycles and more.",
  },
  other: {
    gas: 10,
    unit: "instruction",
    covers: "every instruction not named; only in conformance mode",
    reason: "An upper bound that never reaches a chain.",
  },
  otherHostCall: {
    gas: 100,
    unit: "call",
    covers: "a call of an import that is not in the table of host functions; only in conformance mode",
    reason: "An upper bound that never reaches a chain.",
  },
} as const satisfies Readonly<Record<string, Cost>>;

export type CostName = keyof typeof COSTS_1;

export interface GasSchedule {
  readonly version: number;
  readonly costs: Readonly<Record<CostName, Cost>>;
}

export const SCHEDULE_1: GasSchedule = { version: 1, costs: COSTS_1 };

/**
 * The schedule as text, one cost a line, in byte order of the names: exactly the numbers that decide what a call
 * costs, and none of the words around them. ASCII, lines end in LF.
 */
export function scheduleText(schedule: GasSchedule, hostFunctions: readonly HostFunction[] = HOST_FUNCTIONS): string {
  const costs = Object.entries(schedule.costs).map(([name, cost]) => `cost ${name} ${cost.gas}\n`);
  const host = hostFunctions.map((row) => `host ${row.module}.${row.name}${hostCostText(row)}\n`);
  const lines = [...costs.sort(compareAscii), ...host.sort(compareAscii)];
  return `cinnabar gas schedule ${schedule.version}\n${lines.join("")}`;
}

/** The hash of the canonical text by the given SHA-256: 32 bytes. */
export function scheduleHash(
  sha256: (message: Uint8Array) => Uint8Array,
  schedule: GasSchedule = SCHEDULE_1,
): Uint8Array {
  return sha256(new TextEncoder().encode(scheduleText(schedule)));
}

function hostCostText(row: HostFunction): string {
  const { base, perByte, perResultByte, perResultEntry, byValue, perItem } = row.cost;
  const bytes = Object.entries(perByte ?? {}).sort(([a], [b]) => compareAscii(a, b));
  const values = Object.entries(byValue?.gas ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  const items = Object.entries(perItem ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  return [
    ` base ${base}`,
    ...bytes.map(([parameter, gas]) => ` byte ${parameter} ${gas}`),
    ...(perResultByte === undefined ? [] : [` result ${perResultByte}`]),
    ...(perResultEntry === undefined ? [] : [` entry ${perResultEntry}`]),
    ...values.map(([value, gas]) => ` value ${byValue!.parameter} ${value} ${gas}`),
    ...items.map(([algorithm, gas]) => ` item ${algorithm} ${gas}`),
  ].join("");
}

function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
