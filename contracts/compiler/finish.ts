/**
 * From what the optimiser wrote to what is deployed: neighbouring data segments are one, and the name of the source map
 * is taken out. The map lies beside the module (NAME.wasm.map) and is found by that; a name inside would cost the
 * contract bytes on the chain.
 */
import { joinDataSegments } from "./data-segments.ts";
import { CODE_SECTION, CUSTOM_SECTION, HEADER_BYTES, SOURCE_MAP_SECTION, sectionsOf } from "./module-sections.ts";
import type { OptimisedModule } from "./optimise.ts";
import { shiftedSourceMap } from "./source-map.ts";

export function finishModule({ wasm, sourceMap }: OptimisedModule): OptimisedModule {
  const finished = joinDataSegments(withoutMapName(wasm));
  return { wasm: finished, sourceMap: shiftedSourceMap(sourceMap, codeStart(finished) - codeStart(wasm)) };
}

function withoutMapName(wasm: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [wasm.subarray(0, HEADER_BYTES)];
  for (const { id, start, contents } of sectionsOf(wasm)) {
    const { end } = contents;
    if (id !== CUSTOM_SECTION || contents.name() !== SOURCE_MAP_SECTION) parts.push(wasm.subarray(start, end));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** The offset of the first byte of the code section's contents; 0 without one. */
function codeStart(wasm: Uint8Array): number {
  for (const { id, contents } of sectionsOf(wasm)) if (id === CODE_SECTION) return contents.position;
  return 0;
}
