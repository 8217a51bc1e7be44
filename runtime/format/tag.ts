/** The text that opens a format and names its version; no length, so that the bytes begin with it. */
import type { ByteReader, ByteWriter } from "./codec.ts";

export function writeTag(writer: ByteWriter, tag: Uint8Array): void {
  writer.fixed(tag, tag.length);
}

/** @errors codec.tag, codec.truncated */
export function readTag(reader: ByteReader, tag: Uint8Array): void {
  const offset = reader.offset;
  if (!reader.matches(tag)) {
    reader.refuse("tag", `the bytes do not begin with "${String.fromCharCode(...tag)}"`, offset);
  }
}
