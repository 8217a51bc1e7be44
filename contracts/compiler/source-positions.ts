/** From a byte of a module to the line it was made from. */
import { CODE_SECTION, sectionsOf } from "./module-sections.ts";
import type { SourceMap, SourcePosition } from "./source-map.ts";

/** The bytes of one function body, its size not included. */
interface Body {
  readonly from: number;
  readonly to: number;
}

export class SourcePositions {
  readonly #map: SourceMap;
  readonly #bodies: readonly Body[];

  constructor(wasm: Uint8Array, map: SourceMap) {
    this.#map = map;
    this.#bodies = bodiesOf(wasm);
  }

  /** Where the instruction at `offset` comes from; undefined outside of function bodies and in one that has no source. */
  at(offset: number): SourcePosition | undefined {
    const body = this.#bodies.find(({ from, to }) => offset >= from && offset < to);
    return body === undefined ? undefined : this.#map.positionAt(offset, body.from, body.to);
  }
}

/** Total: a code section that is cut short has the bodies in front of the cut. */
function bodiesOf(wasm: Uint8Array): Body[] {
  const bodies: Body[] = [];
  for (const { id, contents } of sectionsOf(wasm)) {
    if (id !== CODE_SECTION) continue;
    for (let left = contents.u32(); left > 0 && contents.ok; left--) {
      const body = contents.window(contents.u32());
      if (body === null) break;
      bodies.push({ from: body.position, to: body.end });
    }
  }
  return bodies;
}
