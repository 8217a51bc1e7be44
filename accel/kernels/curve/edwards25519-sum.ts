/**
 * Is the sum of many points, each times a number, of small order? The batch equation of ed25519.
 *
 * Bucket method (Pippenger; Bernstein, Doumen, Lange, Oosterwijk 2012): a number is written with signed digits of c
 * bits; for each digit place, every point goes to the bucket of its digit, buckets are summed, and sum of b S[b] comes
 * from two running sums. What is unusual here: points are not added to buckets one by one as they come. They are first
 * sorted by (place, bucket), and the lists are sorted by length, so that two lists of the same length are summed in
 * the two lanes of the field arithmetic with nothing gathered or scattered but the points themselves, and the first
 * point of a list costs no addition.
 *
 * Terms 0 .. long - 1 have numbers of 253 bits, the terms after them of 128 bits (biased, see `scalarOfTerm`), and so
 * no digits in the upper places.
 */
import {
  IDENTITY_ENTRY,
  IDENTITY_LANE,
  LANE_POINT_BYTES,
  POINT_BYTES,
  pointAdd,
  pointAddEntries,
  pointFromEntries,
  pointGather,
  pointScatter,
} from "./edwards25519";
import { isSoloOfSmallOrder, soloAdd, soloDouble, soloFromLane, soloToEntry } from "./edwards25519-solo";

/** Terms that one sum may have. */
export const SUM_TERMS_MAX: u32 = 2112;
const SCALAR_STRIDE: usize = 40;
const LISTS_MAX: u32 = 1024;
const ENTRIES_MAX: u32 = 32768;
const LENGTHS_MAX: u32 = SUM_TERMS_MAX + 1;

const ADDRESSES: usize = memory.data(8448, 16);
const SCALARS: usize = memory.data(84480, 16);
const ENTRIES: usize = memory.data(131072, 16);
/** First entry of each list, and the end of the last. */
const STARTS: usize = memory.data(4112, 16);
const CURSORS: usize = memory.data(4096, 16);
const ORDER: usize = memory.data(4096, 16);
const LENGTHS: usize = memory.data(8456, 16);
const BUCKETS: usize = memory.data(163840, 16);
const PLACE_SUMS: usize = memory.data(10400, 16);
const LONG_BIAS: usize = memory.data(40, 16);
const SHORT_BIAS: usize = memory.data(40, 16);
const SUM: usize = memory.data(320, 16);
const RUNNING: usize = memory.data(320, 16);
const BUCKET: usize = memory.data(320, 16);
const JOINED: usize = memory.data(160, 16);
const PLACE: usize = memory.data(160, 16);

/** Where the address of the table entry of a term is to be written. */
// @ts-ignore: decorator
@inline
export function addressOfTerm(term: u32): usize {
  return ADDRESSES + 4 * (term as usize);
}

/**
 * Where the number of a term is to be written: 32 bytes below 2^253 for a long term; for a short one 16 bytes w, which
 * stand for w - SHORT_OFFSET: all w are one number each, and its digits of 8 bits are w's bytes less 128.
 */
// @ts-ignore: decorator
@inline
export function scalarOfTerm(term: u32): usize {
  return SCALARS + SCALAR_STRIDE * (term as usize);
}

/** Each of the two words of the number that is taken off what is written for a short term. */
export const SHORT_OFFSET: u64 = 0x8080808080808080;

// Digits: with the bias 2^(c-1) (1 + 2^c + 2^2c + ...) added, a signed digit is a field of c bits less 2^(c-1).

function setBias(bias: usize, bits: u32, places: u32): void {
  memory.fill(bias, 0, SCALAR_STRIDE);
  for (let place: u32 = 0; place < places; place++) {
    const bit = bits * place + bits - 1;
    const at = bias + (bit >> 3);
    store<u8>(at, load<u8>(at) | (1 << ((bit as u8) & 7)));
  }
}

/** number += bias, over 40 bytes. */
function addBias(number: usize, bias: usize): void {
  let carry: u64 = 0;
  for (let offset: usize = 0; offset < SCALAR_STRIDE; offset += 4) {
    const sum = (load<u32>(number + offset) as u64) + (load<u32>(bias + offset) as u64) + carry;
    store<u32>(number + offset, sum as u32);
    carry = sum >> 32;
  }
}

function subtractShortOffset(bias: usize): void {
  const low = load<u64>(bias);
  const middle = load<u64>(bias, 8);
  store<u64>(bias, low - SHORT_OFFSET);
  const borrow: u64 = low < SHORT_OFFSET ? 1 : 0;
  store<u64>(bias, middle - SHORT_OFFSET - borrow, 8);
  if (middle < SHORT_OFFSET + borrow) store<u64>(bias, load<u64>(bias, 16) - 1, 16);
}

// @ts-ignore: decorator
@inline
function digitOf(term: u32, place: u32, bits: u32): i32 {
  const bit = place * bits;
  const field = load<u32>(scalarOfTerm(term) + (bit >> 3)) >> (bit & 7);
  return ((field & ((1 << bits) - 1)) as i32) - (1 << (bits - 1));
}

function placesFor(bitCount: u32, bits: u32): u32 {
  return (bitCount + bits - 1) / bits;
}

/** The width of digits that costs least, found by measurement; with 8, no digit place is wasted. */
function widthFor(terms: u32): u32 {
  if (terms <= 110) return 4;
  if (terms <= 220) return 5;
  if (terms <= 440) return 6;
  return 8;
}

/**
 * True when eight times the sum of the terms is the identity. Terms 0 .. `long` - 1 are long ones, those up to
 * `terms` - 1 short ones; their addresses and numbers are written before, and the numbers are changed.
 */
export function isSumOfSmallOrder(long: u32, terms: u32): bool {
  const bits = widthFor(terms);
  const places = placesFor(254, bits);
  const shortPlaces = bits == 8 ? 16 : placesFor(129, bits);
  setBias(LONG_BIAS, bits, places);
  setBias(SHORT_BIAS, bits, shortPlaces);
  subtractShortOffset(SHORT_BIAS);
  for (let term: u32 = 0; term < terms; term++) {
    if (term >= long) memory.fill(scalarOfTerm(term) + 16, 0, 24);
    else store<u64>(scalarOfTerm(term), 0, 32);
    addBias(scalarOfTerm(term), term < long ? LONG_BIAS : SHORT_BIAS);
  }
  const group = groupSize(bits, terms);
  for (let first: u32 = 0; first < places; first += group) {
    const end = min(first + group, places);
    sortIntoLists(first, end, bits, long, terms, shortPlaces);
    sumLists((end - first) << (bits - 1));
    sumPlaces(first, end, bits);
  }
  return isJoinOfSmallOrder(places, bits);
}

/** Digit places that are worked on at once, for the lists and entries that there is memory for; an even number. */
function groupSize(bits: u32, terms: u32): u32 {
  const byLists = LISTS_MAX >> (bits - 1);
  const byEntries = ENTRIES_MAX / terms;
  const size = min(byLists, byEntries);
  return size - (size & 1);
}

// Sorting.

/** Entries of list (place, bucket) lie one behind the other: addresses, with the sign of the digit in bit 0. */
function sortIntoLists(first: u32, end: u32, bits: u32, long: u32, terms: u32, shortPlaces: u32): void {
  const lists = (end - first) << (bits - 1);
  memory.fill(CURSORS, 0, 4 * lists);
  for (let term: u32 = 0; term < terms; term++) {
    const last = term < long ? end : min(end, shortPlaces);
    for (let place = first; place < last; place++) {
      const digit = digitOf(term, place, bits);
      if (digit == 0) continue;
      const at = CURSORS + 4 * (((place - first) << (bits - 1)) + abs(digit) - 1);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  let start: u32 = 0;
  for (let list: u32 = 0; list < lists; list++) {
    const count = load<u32>(CURSORS + 4 * list);
    store<u32>(STARTS + 4 * list, start);
    store<u32>(CURSORS + 4 * list, start);
    start += count;
  }
  store<u32>(STARTS + 4 * lists, start);
  for (let term: u32 = 0; term < terms; term++) {
    const last = term < long ? end : min(end, shortPlaces);
    const address = load<u32>(addressOfTerm(term));
    for (let place = first; place < last; place++) {
      const digit = digitOf(term, place, bits);
      if (digit == 0) continue;
      const at = CURSORS + 4 * (((place - first) << (bits - 1)) + abs(digit) - 1);
      const entry = load<u32>(at);
      store<u32>(ENTRIES + 4 * entry, address | (digit < 0 ? 1 : 0));
      store<u32>(at, entry + 1);
    }
  }
  sortByLength(lists);
}

// @ts-ignore: decorator
@inline
function lengthOf(list: u32): u32 {
  return load<u32>(STARTS + 4 * list, 4) - load<u32>(STARTS + 4 * list);
}

/** `ORDER` = the lists, the shortest first. */
function sortByLength(lists: u32): void {
  memory.fill(LENGTHS, 0, 4 * (LENGTHS_MAX + 1));
  for (let list: u32 = 0; list < lists; list++) {
    const at = LENGTHS + 4 * (lengthOf(list) + 1);
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let length: u32 = 1; length < LENGTHS_MAX; length++) {
    const at = LENGTHS + 4 * length;
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  for (let list: u32 = 0; list < lists; list++) {
    const at = LENGTHS + 4 * lengthOf(list);
    const place = load<u32>(at);
    store<u32>(ORDER + 4 * place, list);
    store<u32>(at, place + 1);
  }
}

// Summing.

// @ts-ignore: decorator
@inline
function bucketOf(list: u32): usize {
  return BUCKETS + LANE_POINT_BYTES * (list as usize);
}

/** `BUCKETS` = the sums of the lists. The number of lists is even. */
function sumLists(lists: u32): void {
  for (let index: u32 = 0; index < lists; index += 2) {
    const shorter = load<u32>(ORDER + 4 * index);
    const longer = load<u32>(ORDER + 4 * index, 4);
    sumTwoLists(shorter, longer);
    pointScatter(bucketOf(shorter), bucketOf(longer), SUM);
  }
}

// @ts-ignore: decorator
@inline
function entryAt(index: u32): u32 {
  return load<u32>(ENTRIES + 4 * index);
}

/** `SUM` = the sums of two lists; a list that is at its end gives the identity. */
function sumTwoLists(shorter: u32, longer: u32): void {
  const a = load<u32>(STARTS + 4 * shorter);
  const b = load<u32>(STARTS + 4 * longer);
  const aLength = lengthOf(shorter);
  const bLength = lengthOf(longer);
  if (bLength == 0) {
    pointGather(SUM, IDENTITY_LANE, IDENTITY_LANE);
    return;
  }
  const identity = IDENTITY_ENTRY as u32;
  pointFromEntries(SUM, aLength > 0 ? entryAt(a) : identity, entryAt(b));
  let step: u32 = 1;
  for (; step < aLength; step++) pointAddEntries(SUM, entryAt(a + step), entryAt(b + step));
  for (; step < bLength; step++) pointAddEntries(SUM, identity, entryAt(b + step));
}

/** Writes sum of b S[b] for each digit place of the group, two places at once. */
function sumPlaces(first: u32, end: u32, bits: u32): void {
  const buckets: u32 = 1 << (bits - 1);
  for (let place = first; place < end; place += 2) {
    const list = (place - first) << (bits - 1);
    const isLast = place + 1 == end;
    for (let bucket = (buckets as i32) - 1; bucket >= 0; bucket--) {
      const other = isLast ? IDENTITY_LANE : bucketOf(list + buckets + bucket);
      pointGather(BUCKET, bucketOf(list + bucket), other);
      if (bucket == (buckets as i32) - 1) {
        memory.copy(RUNNING, BUCKET, POINT_BYTES);
        memory.copy(SUM, BUCKET, POINT_BYTES);
      } else {
        pointAdd(RUNNING, BUCKET);
        pointAdd(SUM, RUNNING);
      }
    }
    pointScatter(placeSum(place), placeSum(place + 1), SUM);
  }
}

/** True when eight times the sum of 2^(bits place) times the sums of the places is the identity. */
function isJoinOfSmallOrder(places: u32, bits: u32): bool {
  soloFromLane(JOINED, placeSum(places - 1));
  for (let place = (places as i32) - 2; place >= 0; place--) {
    for (let bit: u32 = 0; bit < bits; bit++) soloDouble(JOINED, JOINED);
    soloFromLane(PLACE, placeSum(place));
    soloToEntry(PLACE, PLACE);
    soloAdd(JOINED, JOINED, PLACE, false);
  }
  return isSoloOfSmallOrder(JOINED);
}

function placeSum(place: u32): usize {
  return PLACE_SUMS + LANE_POINT_BYTES * (place as usize);
}
