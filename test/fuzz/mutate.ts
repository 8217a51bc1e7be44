/** Modules with a few bytes changed: what a compiler never writes and an attacker might. */
import type { Random } from "./random.ts";

const BYTES_OF_NOTE = [0x00, 0x01, 0x0b, 0x3f, 0x40, 0x60, 0x70, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0xfc, 0xfd, 0xff];

type Change = (bytes: number[], place: number, random: Random) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  replace: (bytes, place, random) => {
    bytes[place] = random.once(2) ? random.pick(BYTES_OF_NOTE) : random.below(256);
  },
  flip: (bytes, place, random) => {
    bytes[place]! ^= 1 << random.below(8);
  },
  insert: (bytes, place, random) => {
    bytes.splice(place, 0, random.once(2) ? random.pick(BYTES_OF_NOTE) : random.below(256));
  },
  remove: (bytes, place, random) => {
    bytes.splice(place, random.between(1, random.once(4) ? 64 : 3));
  },
  copy: (bytes, place, random) => {
    const from = random.below(bytes.length);
    bytes.splice(place, random.below(16), ...bytes.slice(from, from + random.between(1, 16)));
  },
  exchange: (bytes, place, random) => {
    const other = random.below(bytes.length);
    [bytes[place], bytes[other]] = [bytes[other]!, bytes[place]!];
  },
  truncate: (bytes, place) => {
    bytes.length = place;
  },
};

const WEIGHTS = { replace: 8, flip: 8, insert: 3, remove: 3, copy: 2, exchange: 2, truncate: 1 };

/** A changed copy. Mostly one to four changes, so that much of what is behind them is still read. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const result = [...bytes];
  for (let count = random.between(1, random.once(5) ? 20 : 3); count > 0 && result.length > 0; count--) {
    CHANGES[random.weighted(WEIGHTS)]!(result, random.below(result.length), random);
  }
  return Uint8Array.from(result);
}

/** Bytes nobody built: random ones, with or without a right beginning. */
export function randomBytes(random: Random): Uint8Array {
  const header = random.once(2) ? [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] : [];
  const rest = Array.from({ length: random.below(400) }, () => (random.once(3) ? random.below(13) : random.below(256)));
  return Uint8Array.from([...header, ...rest]);
}
