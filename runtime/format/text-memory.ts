/**
 * Short texts by their bytes, those read lately: the same few names stand in every transaction, and to make a string of bytes
 * costs ten times what it costs to see that it is the one from before. What is remembered changes no result.
 */

/** A power of two. */
const PLACES = 64;

interface Remembered {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class TextMemory {
  readonly #places: (Remembered | undefined)[] = Array.from({ length: PLACES });

  /** Returns the text of `length` bytes at `start`, undefined when it is not remembered. The range may pass the end. */
  find(bytes: Uint8Array, start: number, length: number): string | undefined {
    const known = this.#places[placeOf(bytes, start, length)];
    return known !== undefined && standsAt(known.bytes, bytes, start, length) ? known.text : undefined;
  }

  /** The text is remembered until another takes its place. @param bytes kept */
  remember(bytes: Uint8Array, text: string): void {
    this.#places[placeOf(bytes, 0, bytes.length)] = { bytes, text };
  }
}

/** Any place will do: what stands there is compared. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  if (start + length > bytes.length || length === 0) return 0;
  return (31 * length + 7 * bytes[start]! + bytes[start + length - 1]!) & (PLACES - 1);
}

function standsAt(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length || start + length > bytes.length) return false;
  for (let at = 0; at < length; at += 1) {
    if (known[at] !== bytes[start + at]) return false;
  }
  return true;
}
