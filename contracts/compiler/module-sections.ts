/** The sections of a module, framed and not read. Total: what cannot be framed ends the list. */
import { ByteCursor } from "../../vm/admission/reader.ts";

export const HEADER_BYTES = 8;
export const CUSTOM_SECTION = 0;
export const CODE_SECTION = 10;
/** The custom section that names a module's source map (source map specification, "Linking generated code"). */
export const SOURCE_MAP_SECTION = "sourceMappingURL";

export interface FoundSection {
  readonly id: number;
  /** The offset of the section, its id included. */
  readonly start: number;
  readonly contents: ByteCursor;
}

export function* sectionsOf(wasm: Uint8Array): Generator<FoundSection> {
  const cursor = new ByteCursor(wasm, HEADER_BYTES, wasm.length);
  while (cursor.ok && cursor.remaining > 0) {
    const start = cursor.position;
    const id = cursor.u8();
    const contents = cursor.window(cursor.u32());
    if (contents === null) return;
    yield { id, start, contents };
  }
}
