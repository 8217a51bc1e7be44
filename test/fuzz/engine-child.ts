/**
 * A process with one engine in one tier (flags on its command line): runs instrumented modules and answers what could be
 * seen. Imports nothing but its neighbours, so that any Node version can run it.
 */
import { createHash } from "node:crypto";
import { HostStub, type StubRow, type StubValue } from "./host-stub.ts";
import { type CallRequest, type CaseRequest, type EngineRequest, lineOf, parseValue } from "./protocol.ts";

const ENDED = Symbol("frame ended");
const TWO_32 = 2 ** 32;
const PLENTY = 10_000n;

type Callable = (...args: readonly StubValue[]) => StubValue | undefined;

class EngineInstance {
  readonly #module: WebAssembly.Module;
  readonly #rows: readonly StubRow[];
  readonly #stub = new HostStub(ENDED);
  readonly #getters: number;
  #exports: WebAssembly.Instance["exports"] = {};
  #image = new Uint8Array(0);

  constructor(code: Uint8Array, rows: readonly StubRow[], getters: number) {
    this.#getters = getters;
    this.#module = new WebAssembly.Module(code);
    this.#rows = rows;
    this.#instantiate();
  }

  call({ name, args, gas, stack }: CallRequest): string {
    this.#refresh();
    (this.#exports.__cinnabar_reset as (low: number, high: number, stack: number) => void)(
      gas | 0,
      Math.floor(gas / TWO_32),
      stack,
    );
    this.#stub.reset();
    let results: readonly StubValue[] = [];
    let ending = "returned";
    try {
      const result = (this.#exports[name] as Callable)(...args.map(parseValue));
      if (result !== undefined) results = [result];
    } catch (error) {
      ending = this.#endingOf(error);
    }
    const gasLeft = this.#gas.value;
    if ((ending === "returned" || ending === "hostEnded") && gasLeft < 0n) ending = "outOfGas";
    const isExact = ending === "returned" || ending === "hostEnded";
    return lineOf({
      ending,
      gasLeft: isExact ? Number(gasLeft) : null,
      results: ending === "returned" ? results : [],
      memoryHash: createHash("sha256").update(this.#memory()).digest("hex").slice(0, 16),
      trace: this.#stub.trace,
      globals: this.#globals(),
    });
  }

  get #gas(): WebAssembly.Global<"i64"> {
    return this.#exports.__cinnabar_gas as WebAssembly.Global<"i64">;
  }

  #memory(): Uint8Array {
    const memory = this.#exports.__cinnabar_memory as WebAssembly.Memory | undefined;
    return new Uint8Array(memory?.buffer ?? new ArrayBuffer(0));
  }

  /** The memory is as at the start: written over, or that of a new instance when it has grown. */
  #refresh(): void {
    const memory = this.#memory();
    if (memory.length === this.#image.length) memory.set(this.#image);
    else this.#instantiate();
  }

  #instantiate(): void {
    const imports: Record<string, Record<string, Callable>> = {};
    for (const row of this.#rows) {
      imports[row.module] ??= {};
      imports[row.module]![row.name] = (...args) => this.#stub.call(row, args, this.#guest);
    }
    this.#exports = new WebAssembly.Instance(this.#module, imports as unknown as WebAssembly.Imports).exports;
    this.#image = this.#memory().slice();
  }

  readonly #guest = {
    memory: () => this.#memory(),
    gasLeft: () => Number(this.#gas.value),
    charge: (gas: number) => {
      const charge = this.#exports.__cinnabar_charge as (low: number, high: number) => number;
      if (charge(gas | 0, Math.floor(gas / TWO_32)) !== 0) throw ENDED;
    },
  };

  #endingOf(error: unknown): string {
    if (error === ENDED) return "hostEnded";
    if (!(error instanceof WebAssembly.RuntimeError)) return `engine:${(error as Error).constructor.name}`;
    const { value } = this.#exports.__cinnabar_ending as WebAssembly.Global<"i32">;
    return ["trap", "outOfGas", "stack", "engine:memory"][value] ?? `engine:ending ${value}`;
  }

  /** Read through the functions that the generator exports for it. */
  #globals(): StubValue[] {
    const values: StubValue[] = [];
    for (let index = 0; index < this.#getters; index++) {
      this.#gas.value = PLENTY;
      (this.#exports.__cinnabar_stack as WebAssembly.Global<"i32">).value = TWO_32 / 4;
      values.push((this.#exports[`g${index}`] as Callable)()!);
    }
    return values;
  }
}

function linesOf({ code, calls, getters }: CaseRequest, rows: readonly StubRow[]): string[] {
  try {
    const instance = new EngineInstance(Buffer.from(code, "base64"), rows, getters);
    return calls.map((call) => instance.call(call));
  } catch (error) {
    return [`engine: ${error instanceof Error ? `${error.name} ${error.message}` : "thrown"}`];
  }
}

process.on("message", ({ id, hostRows, cases }: EngineRequest) => {
  process.send!({ id, lines: cases.map((each) => linesOf(each, hostRows)) });
});
