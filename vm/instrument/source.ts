/**
 * The bytes of a module without its custom sections, as the instrumenter reads them: names that a contract gives its
 * functions must not meet ours, and must not change a byte of the result.
 */

const HEADER_BYTES = 8;
const CUSTOM_SECTION = 0;

/** The same module, its custom sections left out. `bytes` is a valid module. */
export function withoutCustomSections(bytes: Uint8Array): Uint8Array {
  const kept = [bytes.subarray(0, HEADER_BYTES)];
  for (let position = HEADER_BYTES; position < bytes.length; ) {
    const start = position;
    const size = readSize(bytes, position + 1);
    position = size.end + size.value;
    if (bytes[start] !== CUSTOM_SECTION) kept.push(bytes.subarray(start, position));
  }
  const result = new Uint8Array(kept.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of kept) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** An unsigned LEB128 of at most 5 bytes. */
function readSize(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  let position = start;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[position++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, end: position };
}
