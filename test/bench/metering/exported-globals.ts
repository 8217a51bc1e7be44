/**
 * A module whose mutable globals can be set from outside, so that a run can be repeated from the same start: names in the
 * export section, and not a byte of code changed.
 */
import { cursorOf, END, SECTION, sectionsOf, skipInstruction, unsignedLeb, withSection } from "./wasm-sections.ts";

export const EXPORT_PREFIX = "bench_global_";
const GLOBAL_KIND = 3;

/** The indices of globals that are mutable. The profile imports none. */
function mutableGlobals(wasm: Uint8Array): number[] {
  const section = sectionsOf(wasm).find(({ id }) => id === SECTION.global);
  if (section === undefined) return [];
  const cursor = cursorOf(section.contents);
  const count = cursor.u32();
  const found: number[] = [];
  for (let index = 0; index < count && cursor.ok; index++) {
    cursor.u8();
    if (cursor.u8() === 1) found.push(index);
    while (skipInstruction(cursor) !== END);
  }
  return found;
}

export function withGlobalsExported(wasm: Uint8Array): Uint8Array {
  const globals = mutableGlobals(wasm);
  return withSection(wasm, SECTION.export, (contents) => {
    const cursor = cursorOf(contents);
    const count = cursor.u32();
    const added = globals.map((index) => {
      const name = Buffer.from(`${EXPORT_PREFIX}${index}`);
      return Buffer.from([...unsignedLeb(name.length), ...name, GLOBAL_KIND, ...unsignedLeb(index)]);
    });
    const head = Buffer.from(unsignedLeb(count + added.length));
    return Buffer.concat([head, contents.subarray(cursor.position), ...added]);
  });
}
