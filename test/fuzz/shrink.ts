/**
 * Makes a failing module smaller: whole functions become their smallest, then stretches of instructions are taken out as
 * long as the module stays admitted and still fails. Not the smallest there is, but small enough to read.
 */
import { admit } from "../../vm/admission/admit.ts";
import { type FunctionBody, readModule } from "../reference/module.ts";
import { u } from "../unit/vm/admission/module-builder.ts";

export type StillFails = (candidate: Uint8Array) => Promise<boolean>;

const CODE_SECTION = 10;
const ATTEMPTS_MAX = 3_000;

interface CodeSection {
  /** Where the section's id stands, and where the next section begins. */
  readonly start: number;
  readonly end: number;
  /** The bytes of each body, its size not included. */
  readonly bodies: readonly Uint8Array[];
}

export async function shrink(bytes: Uint8Array, stillFails: StillFails): Promise<Uint8Array> {
  let best = bytes;
  let attempts = 0;
  const accept = async (candidate: Uint8Array | null): Promise<boolean> => {
    if (candidate === null || candidate.length >= best.length || attempts >= ATTEMPTS_MAX) return false;
    if (!admit(candidate).accepted) return false;
    attempts += 1;
    if (!(await stillFails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let before = Number.POSITIVE_INFINITY; best.length < before; ) {
    before = best.length;
    for (let index = readModule(best).bodies.length - 1; index >= 0; index--) {
      if (await accept(withBody(best, index, smallestBody(readModule(best).bodies[index]!)))) continue;
      await thinOut(index);
    }
  }
  return best;

  async function thinOut(index: number): Promise<void> {
    const count = (): number => readModule(best).bodies[index]!.code.length - 1;
    for (let length = count() >> 1; length >= 1; length = length > 12 ? length >> 1 : length - 1) {
      for (let from = count() - length; from >= 0; from--) await accept(withoutInstructions(best, index, from, length));
    }
  }
}

function smallestBody({ type }: FunctionBody): Uint8Array {
  const [result] = type.results;
  if (result === undefined) return Uint8Array.of(0, 0x0b);
  return Uint8Array.of(0, result === "i32" ? 0x41 : 0x42, 0, 0x0b);
}

function withoutInstructions(bytes: Uint8Array, index: number, from: number, length: number): Uint8Array | null {
  const { code } = readModule(bytes).bodies[index]!;
  const first = code[from];
  const last = code[from + length - 1];
  if (first === undefined || last === undefined || from + length >= code.length) return null;
  const { start, body } = bodyAt(bytes, index, code[0]!.start);
  const shorter = [...body.subarray(0, first.start - start), ...body.subarray(last.end - start)];
  return withBody(bytes, index, Uint8Array.from(shorter));
}

/** The body's bytes and their offset in the module; `codeStart` lies inside of it. */
function bodyAt(bytes: Uint8Array, index: number, codeStart: number): { start: number; body: Uint8Array } {
  const body = codeSection(bytes).bodies[index]!;
  const start = body.byteOffset - bytes.byteOffset;
  if (codeStart < start || codeStart >= start + body.length) throw new RangeError("a body is not where it should be");
  return { start, body };
}

function withBody(bytes: Uint8Array, index: number, body: Uint8Array): Uint8Array {
  const { start, end, bodies } = codeSection(bytes);
  const content = [...u(bodies.length)];
  for (const [other, each] of bodies.entries()) {
    const chosen = other === index ? body : each;
    content.push(...u(chosen.length), ...chosen);
  }
  return Uint8Array.from([
    ...bytes.subarray(0, start),
    CODE_SECTION,
    ...u(content.length),
    ...content,
    ...bytes.subarray(end),
  ]);
}

function codeSection(bytes: Uint8Array): CodeSection {
  let position = 8;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  for (;;) {
    const start = position;
    const id = bytes[position++]!;
    const end = number() + position;
    if (id === CODE_SECTION) {
      const bodies = Array.from({ length: number() }, () => {
        const size = number();
        position += size;
        return bytes.subarray(position - size, position);
      });
      return { start, end, bodies };
    }
    position = end;
  }
}
