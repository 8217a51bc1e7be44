import { ByteCursor } from "./reader.ts";

const HEADER_BYTES = 8;
const CUSTOM_ID = 0;

/**
 * The contents of the first custom section of that name, as a view of the module's bytes; undefined when there is none
 * before the end or before the first section that cannot be framed. Never throws; meant for a module that was admitted.
 */
export function customSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const cursor = new ByteCursor(bytes, 0, bytes.length);
  cursor.skip(HEADER_BYTES);
  while (cursor.ok && cursor.remaining > 0) {
    const id = cursor.u8();
    const contents = cursor.window(cursor.u32());
    if (contents === null) return undefined;
    if (id === CUSTOM_ID && contents.name() === name && contents.ok) {
      return bytes.subarray(contents.position, contents.end);
    }
  }
  return undefined;
}
