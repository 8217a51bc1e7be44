/**
 * Random contracts as text: nested blocks, loops that end, tables, early exits, calls down a chain of functions,
 * memory that is mostly in bounds, division that is mostly possible. Every program ends by itself; not every one ends
 * well.
 */
import fc from "fast-check";

/** Where a statement stands: labels it may branch to (innermost last), functions it may call, loops around it. */
interface Place {
  readonly labels: readonly string[];
  readonly callable: number;
  readonly loops: number;
}

type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

const I32_BINARY = "add sub mul and or xor shl shr_s shr_u rotl rotr eq ne lt_s lt_u gt_s gt_u le_s ge_u".split(" ");
const I64_BINARY = "add sub mul and or xor shl shr_s shr_u rotl rotr".split(" ");
const DIVISIONS = "div_s div_u rem_s rem_u".split(" ");
const LOOPS_MAX = 2;

/** Locals of every function: 0 its parameter, 1 and 2 scratch, 3 and 4 of type i64, 5.. counters of loops. */
class ProgramWriter {
  readonly #draw: Draw;
  #labels = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  module(): string {
    const functions = [0, 1, 2].map((index) => this.#function(index));
    return `(module (memory (export "memory") 1 3)
      (global $g (mut i64) (i64.const 7)) (type $f (func (param i32) (result i32)))
      (table 4 4 funcref) (elem (i32.const 0) $f0 $f1 $f2)
      ${functions.join("\n")}
      (func (export "call_run") (global.set $g (i64.extend_i32_s (call $f2 (i32.const ${this.#number()}))))))`;
  }

  #function(index: number): string {
    const place: Place = { labels: [], callable: index, loops: 0 };
    return `(func $f${index} (type $f) (local i32 i32 i64 i64 i32 i32)
      ${this.#statements(place, 3)} ${this.#i32(place, 2)})`;
  }

  #statements(place: Place, depth: number): string {
    const count = this.#draw(fc.integer({ min: 0, max: 4 }));
    return Array.from({ length: count }, () => this.#statement(place, depth)).join(" ");
  }

  #statement(place: Place, depth: number): string {
    const kind = this.#draw(fc.integer({ min: 0, max: depth > 0 ? 15 : 7 }));
    switch (kind) {
      case 0:
        return `(local.set ${this.#pick([0, 1, 2])} ${this.#i32(place, 2)})`;
      case 1:
        return `(local.set ${this.#pick([3, 4])} ${this.#i64(place, 2)})`;
      case 2:
        return `(global.set $g ${this.#i64(place, 2)})`;
      case 3:
        return `(i32.store8 ${this.#address(place)} ${this.#i32(place, 1)})`;
      case 4:
        return `(i64.store offset=3 ${this.#address(place)} ${this.#i64(place, 1)})`;
      case 5:
        return this.#exit(place);
      case 6:
        return this.#bulk(place);
      case 7:
        return `(drop ${this.#i32(place, 2)}) (nop)`;
      case 8:
      case 9:
        return this.#labelled(place, (inner) => `(block ${inner.labels.at(-1)} ${this.#statements(inner, depth - 1)})`);
      case 10:
        return this.#table(place, depth);
      case 11:
      case 12:
        return this.#if(place, depth);
      case 13:
        return `(block ${this.#statements(place, depth - 1)})`;
      default:
        return place.loops < LOOPS_MAX ? this.#loop(place, depth) : this.#if(place, depth);
    }
  }

  #if(place: Place, depth: number): string {
    const otherwise = this.#draw(fc.boolean()) ? `(else ${this.#statements(place, depth - 1)})` : "";
    return `(if ${this.#i32(place, 1)} (then ${this.#statements(place, depth - 1)}) ${otherwise})`;
  }

  #loop(place: Place, depth: number): string {
    const counter = 5 + place.loops;
    const label = this.#label();
    // The loop's own label is not handed on: only the counted branch goes back, so that every program ends.
    const body = this.#statements({ ...place, loops: place.loops + 1 }, depth - 1);
    return `(local.set ${counter} (i32.const ${this.#draw(fc.integer({ min: 1, max: 6 }))}))
      (loop ${label} ${body} (local.set ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))
        (br_if ${label} (i32.gt_s (local.get ${counter}) (i32.const 0))))`;
  }

  #table(place: Place, depth: number): string {
    return this.#labelled(place, (outer) =>
      this.#labelled(outer, (inner) => {
        const targets = Array.from({ length: this.#draw(fc.integer({ min: 1, max: 20 })) }, () =>
          this.#pick(inner.labels),
        );
        return `(block ${outer.labels.at(-1)} (block ${inner.labels.at(-1)}
          (br_table ${targets.join(" ")} ${this.#i32(place, 1)})) ${this.#statements(outer, depth - 1)})`;
      }),
    );
  }

  #exit(place: Place): string {
    const kind = this.#draw(fc.integer({ min: 0, max: 9 }));
    const dead = (): string => this.#statements(place, 0);
    if (kind === 0) return `(if ${this.#i32(place, 1)} (then (return ${this.#i32(place, 1)}) ${dead()}))`;
    if (kind === 1) return `(if (i32.eq ${this.#i32(place, 1)} (i32.const 77)) (then (unreachable) ${dead()}))`;
    if (kind === 2) return `(drop (memory.grow (i32.const ${this.#draw(fc.integer({ min: -1, max: 2 }))})))`;
    const label = place.labels.length === 0 ? null : this.#pick(place.labels);
    if (label === null) return "(nop)";
    return kind === 3 ? `(br ${label}) ${dead()}` : `(br_if ${label} ${this.#i32(place, 1)})`;
  }

  #bulk(place: Place): string {
    const length = `(i32.and ${this.#i32(place, 0)} (i32.const 63))`;
    const name = this.#pick(["copy", "fill"]);
    return `(memory.${name} ${this.#address(place)} ${this.#address(place)} ${length})`;
  }

  #address(place: Place): string {
    const mask = this.#draw(fc.integer({ min: 0, max: 40 })) === 0 ? 0x1_ffff : 0xfff;
    return `(i32.and ${this.#i32(place, 1)} (i32.const ${mask}))`;
  }

  #i32(place: Place, depth: number): string {
    const kind = this.#draw(fc.integer({ min: 0, max: depth > 0 ? 12 : 3 }));
    const next = (): string => this.#i32(place, depth - 1);
    switch (kind) {
      case 0:
      case 1:
        return `(i32.const ${this.#number()})`;
      case 2:
      case 3:
        return `(local.get ${this.#pick([0, 1, 2])})`;
      case 4:
        return `(i32.load8_s ${this.#address({ ...place })})`;
      case 5:
        return `(i32.wrap_i64 ${this.#i64(place, depth - 1)})`;
      case 6:
        return `(i32.${this.#pick(DIVISIONS)} ${next()} (i32.or ${next()} (i32.const ${this.#pick([0, 1, 1, 1])})))`;
      case 7:
        return `(select ${next()} ${next()} ${next()})`;
      case 8:
        return `(local.tee ${this.#pick([0, 1, 2])} ${next()})`;
      case 9:
        return this.#callOf(place, next());
      case 10:
        return `(if (result i32) ${next()} (then ${next()}) (else ${next()}))`;
      case 11:
        return this.#valueBlock(place, depth);
      default:
        return `(i32.${this.#pick(I32_BINARY)} ${next()} ${next()})`;
    }
  }

  /** A block that gives a value, on its way or at its end; what stands around the branch keeps operands waiting. */
  #valueBlock(place: Place, depth: number): string {
    const label = this.#label();
    const inside = this.#i32(place, depth - 1);
    return `(block ${label} (result i32)
      (i32.add ${inside} (br_if ${label} ${this.#i32(place, 0)} ${this.#i32(place, 0)})))`;
  }

  #callOf(place: Place, argument: string): string {
    if (place.callable === 0 || place.loops > 1) return argument;
    const target = this.#draw(fc.integer({ min: 0, max: place.callable - 1 }));
    if (this.#draw(fc.boolean())) return `(call $f${target} ${argument})`;
    const element = this.#draw(fc.integer({ min: 0, max: 60 })) === 0 ? 3 : target;
    return `(call_indirect (type $f) ${argument} (i32.const ${element}))`;
  }

  #i64(place: Place, depth: number): string {
    const kind = this.#draw(fc.integer({ min: 0, max: depth > 0 ? 6 : 2 }));
    const next = (): string => this.#i64(place, depth - 1);
    switch (kind) {
      case 0:
        return `(i64.const ${this.#number()})`;
      case 1:
        return `(local.get ${this.#pick([3, 4])})`;
      case 2:
        return "(global.get $g)";
      case 3:
        return `(i64.extend_i32_u ${this.#i32(place, depth - 1)})`;
      case 4:
        return `(i64.load32_u ${this.#address(place)})`;
      case 5:
        return `(i64.extend16_s (i64.popcnt ${next()}))`;
      default:
        return `(i64.${this.#pick(I64_BINARY)} ${next()} ${next()})`;
    }
  }

  #labelled(place: Place, write: (inner: Place) => string): string {
    return write({ ...place, labels: [...place.labels, this.#label()] });
  }

  #label(): string {
    this.#labels += 1;
    return `$l${this.#labels}`;
  }

  #number(): number {
    return this.#draw(fc.oneof(fc.integer({ min: -3, max: 100 }), fc.integer()));
  }

  #pick<T>(from: readonly T[]): T {
    return this.#draw(fc.constantFrom(...from));
  }
}

/** The text of a module with one method, `run`. */
export const randomProgram: fc.Arbitrary<string> = fc
  .gen()
  .map((draw) => new ProgramWriter((arbitrary) => draw(() => arbitrary)).module());
