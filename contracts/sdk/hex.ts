/** The `length` bytes at `source` as lower-case hex digits. */
export function hexDigits(source: usize, length: u32): string {
  const text = __new((<usize>length) << 2, idof<string>());
  for (let i: u32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(source + i);
    store<u16>(text + (i << 2), digit(byte >> 4));
    store<u16>(text + (i << 2), digit(byte & 15), 2);
  }
  return changetype<string>(text);
}

function digit(value: u32): u16 {
  return (value < 10 ? 0x30 + value : 0x57 + value) as u16;
}
