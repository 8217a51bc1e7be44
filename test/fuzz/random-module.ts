/**
 * Random modules of the profile, byte by byte: several functions of every kind, a table with holes, globals, data, host
 * functions. Every one is a valid contract; the same seed gives the same bytes.
 *
 * Exports: `call_run` and `call_again` (methods), `f<i>` every function with its own type, `g<i>` the value of global i.
 */
import { HOST_FUNCTIONS, type HostFunction } from "../../vm/abi.ts";
import {
  type Bytes,
  body,
  bytesOf,
  contract,
  exportOf,
  functionType,
  importOf,
  u,
} from "../unit/vm/admission/module-builder.ts";
import { Random } from "./random.ts";
import { BodyWriter, type Signature, type Surroundings, s, type Type } from "./random-body.ts";

const BYTE: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e };
const TYPES = ["i32", "i64"] as const;
const METHOD: Signature = { params: [], result: null };
const PARAMS_MAX = 16;
const LOCALS_MAX = 64;
const DEPLOYABLE = HOST_FUNCTIONS.filter((row) => row.debugOnly !== true);

interface Global {
  readonly type: Type;
  readonly isMutable: boolean;
  readonly initial: bigint;
}

/** One function of the module before its body is written. */
interface Plan {
  readonly signature: Signature;
  readonly kind: "leaf" | "plain" | "large" | "method" | "getter";
}

class ModuleWriter implements Surroundings {
  readonly imports: readonly HostFunction[];
  readonly functions: readonly Signature[];
  readonly globals: readonly Global[];
  readonly table: readonly (Signature | null)[];
  readonly #random: Random;
  readonly #plans: readonly Plan[];
  readonly #tableFunctions: readonly (number | null)[];
  readonly #types: Signature[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.imports = random.once(3) ? [] : this.#some(DEPLOYABLE, random.between(1, 5));
    this.globals = Array.from({ length: random.once(40) ? 64 : random.below(6) }, () => this.#global());
    this.#plans = this.#planFunctions();
    this.functions = this.#plans.map(({ signature }) => signature);
    this.#tableFunctions = random.once(4) ? [] : this.#tableOf(random.once(30) ? 1024 : random.between(1, 12));
    this.table = this.#tableFunctions.map((index) => (index === null ? null : this.#signatureOf(index)));
  }

  typeIndex({ params, result }: Signature): number {
    const known = this.#types.findIndex((each) => each.result === result && each.params.join() === params.join());
    if (known >= 0) return known;
    this.#types.push({ params, result });
    return this.#types.length - 1;
  }

  module(): Uint8Array {
    const random = this.#random;
    const code = this.#plans.map((plan, index) => this.#body(plan, index));
    const pages = random.once(10) ? random.between(2, 4) : 1;
    const parts = {
      imports: this.imports.map((row) =>
        importOf(row.module, row.name, [0, ...u(this.typeIndex({ params: typesOf(row), result: row.result }))]),
      ),
      functions: this.functions.map((signature) => this.typeIndex(signature)),
      tables: this.#tableFunctions.length === 0 ? [] : [this.#tableType()],
      memories: [[1, pages, pages + random.below(4)]],
      globals: this.globals.map(({ type, isMutable, initial }) => [
        BYTE[type],
        isMutable ? 1 : 0,
        type === "i32" ? 0x41 : 0x42,
        ...s(initial),
        0x0b,
      ]),
      exports: this.#exports(),
      elements: this.#elements(),
      code,
      data: this.#data(pages),
    };
    const types = this.#types.map(({ params, result }) =>
      functionType(
        params.map((each) => BYTE[each]),
        result === null ? [] : [BYTE[result]],
      ),
    );
    return contract({ ...parts, types });
  }

  #some<T>(from: readonly T[], count: number): T[] {
    const rest = [...from];
    return Array.from({ length: count }, () => rest.splice(this.#random.below(rest.length), 1)[0]!);
  }

  #type(): Type {
    return this.#random.pick(TYPES);
  }

  #global(): Global {
    const type = this.#type();
    const initial = BigInt.asIntN(type === "i32" ? 32 : 64, this.#random.i64());
    return { type, isMutable: !this.#random.once(5), initial };
  }

  #planFunctions(): Plan[] {
    const random = this.#random;
    const leaves = Array.from({ length: random.below(5) }, () => this.#plan("leaf"));
    const plain = Array.from({ length: random.between(1, 5) }, () => this.#plan(random.once(10) ? "large" : "plain"));
    const methods: Plan[] = [1, 2].map(() => ({ signature: METHOD, kind: "method" }));
    const getters: Plan[] = this.globals.map(({ type }) => ({
      signature: { params: [], result: type },
      kind: "getter",
    }));
    return [...leaves, ...plain, ...methods, ...getters];
  }

  #plan(kind: Plan["kind"]): Plan {
    const random = this.#random;
    const count = random.once(25) ? random.between(0, PARAMS_MAX) : random.below(5);
    const params = Array.from({ length: count }, () => this.#type());
    const result = random.once(4) ? null : this.#type();
    return { signature: { params, result }, kind };
  }

  #signatureOf(index: number): Signature {
    const row = this.imports[index];
    if (row !== undefined) return { params: typesOf(row), result: row.result };
    return this.#plans[index - this.imports.length]!.signature;
  }

  #tableOf(length: number): (number | null)[] {
    const functions = this.imports.length + this.#plans.filter(({ kind }) => kind !== "getter").length;
    return Array.from({ length }, () => (this.#random.once(6) ? null : this.#random.below(functions)));
  }

  #body(plan: Plan, index: number): Bytes {
    if (plan.kind === "getter") {
      const global = index - this.#plans.findIndex(({ kind }) => kind === "getter");
      return body([0x23, ...u(global)]);
    }
    const locals = this.#locals(plan.kind);
    const writer = new BodyWriter(this.#random, this, {
      self: index,
      signature: plan.signature,
      locals,
      size: this.#size(plan.kind),
      isLeaf: plan.kind === "leaf",
      callees: this.#calleesOf(index, plan.kind),
    });
    return body(
      writer.write().code,
      locals.map((type) => [1, BYTE[type]]),
    );
  }

  #size(kind: Plan["kind"]): number {
    if (kind === "leaf") return this.#random.between(1, 40);
    return kind === "large" ? this.#random.between(300, 1_500) : this.#random.between(5, 150);
  }

  /** The last ones are of type i32, for loops to count with. */
  #locals(kind: Plan["kind"]): Type[] {
    const random = this.#random;
    const count = random.once(25) ? random.between(10, LOCALS_MAX - 4) : random.below(kind === "leaf" ? 3 : 6);
    const counters = kind === "leaf" ? 0 : random.between(1, 4);
    return [...Array.from({ length: count }, () => this.#type()), ...new Array<Type>(counters).fill("i32")];
  }

  /** Functions in front of it, so that most programs end; sometimes any, itself included. */
  #calleesOf(index: number, kind: Plan["kind"]): number[] {
    const inFront = [...this.#plans.keys()].filter((each) => each < index);
    if (kind !== "leaf" && this.#random.once(12)) return [...inFront, index, ...inFront.slice(0, 2)];
    if (kind !== "leaf" && this.#random.once(20)) return [...this.#plans.keys()];
    return inFront;
  }

  #tableType(): Bytes {
    const size = u(this.#tableFunctions.length);
    return [0x70, 1, ...size, ...size];
  }

  /** One segment for each run of entries without a hole, at most eight. */
  #elements(): Bytes[] {
    const runs: { offset: number; entries: number[] }[] = [];
    for (const [offset, entry] of this.#tableFunctions.entries()) {
      const last = runs.at(-1);
      if (entry === null) continue;
      if (last !== undefined && last.offset + last.entries.length === offset) last.entries.push(entry);
      else runs.push({ offset, entries: [entry] });
    }
    return runs
      .slice(0, 8)
      .map(({ offset, entries }) => [0, 0x41, ...s(BigInt(offset)), 0x0b, ...u(entries.length), ...entries.flatMap(u)]);
  }

  #data(pages: number): Bytes[] {
    return Array.from({ length: this.#random.below(4) }, () => {
      const length = this.#random.below(100);
      const isAtEnd = this.#random.once(10);
      const offset = isAtEnd ? pages * 65_536 - length : this.#random.below(4_096);
      const content = Array.from({ length }, () => this.#random.below(256));
      return [0, 0x41, ...s(BigInt(offset)), 0x0b, ...bytesOf(content)];
    });
  }

  #exports(): Bytes[] {
    const own = this.imports.length;
    const getters = this.#plans.findIndex(({ kind }) => kind === "getter");
    const methods = this.#plans.findIndex(({ kind }) => kind === "method");
    const names = this.#plans.map(({ kind }, index) => (kind === "getter" ? `g${index - getters}` : `f${index}`));
    return [
      exportOf("memory", 2, 0),
      exportOf("call_run", 0, own + methods),
      exportOf("call_again", 0, own + methods + 1),
      ...names.map((name, index) => exportOf(name, 0, own + index)),
    ];
  }
}

function typesOf(row: HostFunction): Type[] {
  return row.params.map(({ type }) => type);
}

/** The bytes of a valid contract. */
export function randomModule(seed: string | Uint8Array): Uint8Array {
  return new ModuleWriter(new Random(seed)).module();
}
