/** What docs/gas.md and the core specification say of a module: calls to make, and what must be seen of each. */
import { createHash } from "node:crypto";
import { FRAME_ENDED, type HostFunction, Interpreter, STACK_BYTES } from "../reference/interpreter.ts";
import { OP, type Value, type ValueType } from "../reference/module.ts";
import { HOST_ROWS } from "./engine.ts";
import { HostStub } from "./host-stub.ts";
import { type CallRequest, lineOf, parseValue, valueText } from "./protocol.ts";
import { Random } from "./random.ts";

export interface Expectation {
  readonly calls: readonly CallRequest[];
  readonly lines: readonly string[];
  readonly endings: readonly string[];
  /** See CaseRequest. */
  readonly getters: number;
}

const LIMITS_OF_GAS = [20_000, 100_000, 100_000, 400_000];
const FUNCTIONS_CALLED = 3;
const INTERESTING = [0n, 1n, -1n, 2n, 8n, 100n, 65_536n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 63n - 1n];

class Oracle {
  readonly interpreter: Interpreter;
  readonly #stub = new HostStub(FRAME_ENDED);
  readonly getters: number;

  constructor(code: Uint8Array) {
    this.interpreter = new Interpreter(code, { host: (module, name) => this.#host(module, name) });
    this.getters = gettersOf(this.interpreter);
  }

  run({ name, args, gas, stack }: CallRequest): { line: string; ending: string; gasUsed: number } {
    this.interpreter.reset();
    this.#stub.reset();
    const { ending, results, gasUsed } = this.interpreter.call(name, args.map(parseValue), gas, stack);
    const isExact = ending === "returned" || ending === "hostEnded";
    const line = lineOf({
      ending,
      gasLeft: isExact ? gas - gasUsed : null,
      results,
      globals: this.interpreter.globals.slice(0, this.getters),
      memoryHash: createHash("sha256").update(this.interpreter.memory()).digest("hex").slice(0, 16),
      trace: this.#stub.trace,
    });
    return { line, ending, gasUsed };
  }

  #host(module: string, name: string): HostFunction | undefined {
    const row = HOST_ROWS.find((each) => each.module === module && each.name === name);
    return row === undefined ? undefined : (args, guest) => this.#stub.call(row, args, guest);
  }
}

/** The same bytes give the same calls: a case is a module and nothing else. @errors Unsupported */
export function expectationOf(code: Uint8Array): Expectation {
  const random = new Random(code);
  const oracle = new Oracle(code);
  const calls: CallRequest[] = [];
  const lines: string[] = [];
  const endings: string[] = [];
  const add = (call: CallRequest): ReturnType<Oracle["run"]> => {
    const run = oracle.run(call);
    calls.push(call);
    lines.push(run.line);
    endings.push(run.ending);
    return run;
  };
  for (const { name, args } of functionsToCall(oracle.interpreter, random)) {
    const plenty = { name, args, gas: random.pick(LIMITS_OF_GAS), stack: STACK_BYTES };
    const { ending, gasUsed } = add(plenty);
    const top = ending === "trap" || ending === "stack" ? plenty.gas / 50 : gasUsed;
    const edges = random.once(2) ? [gasUsed, gasUsed - 1] : [random.below(3)];
    for (const gas of [...edges, random.below(top + 1), random.below(Math.ceil(top / 8) + 1)]) {
      if (gas >= 0) add({ ...plenty, gas });
    }
    if (random.once(3)) add({ ...plenty, stack: random.below(random.pick([200, 1_000, 20_000])) });
  }
  return { calls, lines, endings, getters: oracle.getters };
}

/** How many exports g0, g1, ... are what the generator means by them; in a mutant they may be anything. */
function gettersOf({ module }: Interpreter): number {
  for (let count = 0; ; count++) {
    const found = module.exports.find(({ name }) => name === `g${count}`);
    const body = found?.kind === 0 ? module.bodies[found.index - module.imports.length] : undefined;
    const [first, second] = body?.code ?? [];
    const isGetter = first?.op === OP.globalGet && first.immediates[0] === count && second?.op === OP.end;
    if (!isGetter || body!.type.params.length > 0) return count;
  }
}

interface Chosen {
  readonly name: string;
  readonly args: readonly string[];
}

function functionsToCall({ module }: Interpreter, random: Random): Chosen[] {
  const own = module.exports.filter(
    ({ name, kind, index }) => kind === 0 && index >= module.imports.length && !/^g\d+$/.test(name),
  );
  const methods = own.filter(({ name }) => name.startsWith("call_"));
  const chosen = [...(methods.length > 0 ? [random.pick(methods)] : [])];
  while (chosen.length < FUNCTIONS_CALLED && own.length > 0) chosen.push(random.pick(own));
  return chosen.map(({ name, index }) => {
    const { params } = module.bodies[index - module.imports.length]!.type;
    return { name, args: params.map((type) => valueText(randomValue(type, random))) };
  });
}

function randomValue(type: ValueType, random: Random): Value {
  const value = random.once(2) ? random.i64() : random.pick(INTERESTING);
  return type === "i32" ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}
