/**
 * ed25519 under ZIP-215, many signatures at a time.
 *
 * The rule (accel/reference/verify.ts): A and R are any encodings that decode, s is below L, and
 *
 *   8 (s B - R - h A) = 0,   h = SHA-512(R, A, message) of the bytes as they came, modulo L
 *
 * Because of the 8 it can be decided for many at once: with random weights z of 128 bits,
 * 8 (sum z R + sum z h A - (sum z s) B) = 0 holds when all hold, and otherwise with probability 2^-128 at most
 * (Bernstein, Duif, Lange, Schwabe, Yang 2012). An equation that fails says that something is bad, not what:
 * `search` finds it with equations of groups and exact single checks.
 *
 * Verification works on public data only: nothing here is constant in time, and signing code must not use it.
 *
 * Files: ed25519-scalar.ts (numbers modulo L), ed25519-weights.ts, ed25519-single.ts (one signature), ed25519-keys.ts
 * and ed25519-hot-keys.ts (what is kept),
 * ../curve/edwards25519-decode.ts, ../curve/edwards25519-sum.ts (the batch equation).
 */
import { setUpEdwards25519 } from "../curve/edwards25519";
import { decodeFour, decodeTwo, setUpDecode25519 } from "../curve/edwards25519-decode";
import { setUpSolo25519 } from "../curve/edwards25519-solo";
import { addressOfTerm, isSumOfSmallOrder, SHORT_OFFSET, scalarOfTerm } from "../curve/edwards25519-sum";
import { SHA512_STATE_BYTES, sha512Final, sha512Init, sha512Update } from "../hash/sha512";
import { hotTableOf } from "./ed25519-hot-keys";
import { keepKey, recallKey } from "./ed25519-keys";
import {
  isScalarBelowOrder,
  scalarAdd,
  scalarMultiply,
  scalarMultiplyAdd,
  scalarNegate,
  scalarReduce,
} from "./ed25519-scalar";
import { holdsForOne, setUpSingle25519 } from "./ed25519-single";
import { drawWeight } from "./ed25519-weights";

/** Signatures that are worked on at once. */
const CHUNK_MAX: u32 = 1024;
/** So few are faster one by one than by the batch equation. */
const SINGLES_MAX: u32 = 4;
/** The smallest group that is tried when something in a batch is bad. */
const GROUP_MIN: u32 = 16;
const KEY_STRIDE: u32 = 33;
const SIGNATURE_BYTES: u32 = 64;

/** Of the signatures of a chunk: table entries of A and R, h, where s and the key are, where the verdict goes. */
const KEY_ENTRIES: usize = memory.data(163840, 16);
const R_ENTRIES: usize = memory.data(163840, 16);
const HASHES: usize = memory.data(32768, 16);
const S_ADDRESSES: usize = memory.data(4096, 16);
const KEY_ADDRESSES: usize = memory.data(4096, 16);
const VERDICTS: usize = memory.data(4096, 16);
/** Encodings to decode: their addresses, those of their entries, whether they decoded; two more for the last group. */
const JOB_ENCODINGS: usize = memory.data(8200, 16);
const JOB_ENTRIES: usize = memory.data(8200, 16);
const JOB_RESULTS: usize = memory.data(2052, 16);
/** The jobs of each signature; none for a key that was known. */
const KEY_JOBS: usize = memory.data(4096, 16);
const R_JOBS: usize = memory.data(4096, 16);
const NO_JOB: u32 = 0xffffffff;
/** The signatures of the chunk that the equation has to decide. */
const OPEN: usize = memory.data(4096, 16);

const BASE_ENTRY: usize = memory.data(160, 16);
const BASE_ENCODING: usize = memory.data<u64>(
  [0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666],
  16,
);
const STATE: usize = memory.data(208, 16);
const DIGEST: usize = memory.data(64, 16);
const SPARE: usize = memory.data(640, 16);
const IS_READY: usize = memory.data(4, 16);

function setUp(): void {
  if (load<u32>(IS_READY) == 1) return;
  assert(SHA512_STATE_BYTES <= 208);
  setUpEdwards25519();
  setUpDecode25519();
  const base = BASE_ENCODING;
  decodeFour(base, base, base, base, BASE_ENTRY, SPARE, SPARE, SPARE);
  setUpSolo25519();
  setUpSingle25519(BASE_ENTRY);
  store<u32>(IS_READY, 1);
}

/** A byte 0 or 1 is at `verdicts + i` for each i of the `count` numbers at `items`; the arrays are those of a batch. */
export function ed25519Verify(
  count: u32,
  items: u32,
  publicKeys: u32,
  signatures: u32,
  messages: u32,
  messageOffsets: u32,
  verdicts: u32,
): void {
  setUp();
  for (let first: u32 = 0; first < count; first += CHUNK_MAX) {
    const chunk = items + 4 * first;
    const size = min(CHUNK_MAX, count - first);
    for (let at: u32 = 0; at < size; at++) {
      const item = load<u32>(chunk + 4 * at);
      store<u32>(S_ADDRESSES + 4 * at, signatures + 64 * item + 32);
      store<u32>(KEY_ADDRESSES + 4 * at, publicKeys + KEY_STRIDE * item);
      store<u32>(VERDICTS + 4 * at, verdicts + item);
      store<u8>(verdicts + item, 0);
    }
    const open = decodeChunk(size, chunk, publicKeys, signatures);
    for (let at: u32 = 0; at < open; at++) {
      const place = load<u32>(OPEN + 4 * at);
      hashItem(place, load<u32>(chunk + 4 * place), publicKeys, signatures, messages, messageOffsets);
    }
    settle(0, open);
  }
}

/** `OPEN` = the places of the signatures whose points decode and whose s is below L; returns how many. */
function decodeChunk(size: u32, items: u32, publicKeys: u32, signatures: u32): u32 {
  let jobs: u32 = 0;
  for (let at: u32 = 0; at < size; at++) {
    const item = load<u32>(items + 4 * at);
    const key = publicKeys + KEY_STRIDE * item;
    const isKnown = recallKey(KEY_ENTRIES + 160 * at, key);
    store<u32>(KEY_JOBS + 4 * at, isKnown ? NO_JOB : jobs);
    if (!isKnown) putJob(jobs++, key, KEY_ENTRIES + 160 * at);
    store<u32>(R_JOBS + 4 * at, jobs);
    putJob(jobs++, signatures + SIGNATURE_BYTES * item, R_ENTRIES + 160 * at);
  }
  decodeJobs(jobs);
  let open: u32 = 0;
  for (let at: u32 = 0; at < size; at++) {
    const keyJob = load<u32>(KEY_JOBS + 4 * at);
    if (keyJob != NO_JOB) {
      if (!isDecoded(keyJob)) continue;
      keepKey(load<u32>(JOB_ENCODINGS + 4 * keyJob), KEY_ENTRIES + 160 * at);
    }
    if (isDecoded(load<u32>(R_JOBS + 4 * at)) && isScalarBelowOrder(sOf(at))) store<u32>(OPEN + 4 * open++, at);
  }
  return open;
}

// @ts-ignore: decorator
@inline
function putJob(job: u32, encoding: usize, entry: usize): void {
  store<u32>(JOB_ENCODINGS + 4 * job, encoding as u32);
  store<u32>(JOB_ENTRIES + 4 * job, entry as u32);
}

// @ts-ignore: decorator
@inline
function isDecoded(job: u32): bool {
  return load<u8>(JOB_RESULTS + job) != 0;
}

/** Encodings become entries, four at a time. */
function decodeJobs(jobs: u32): void {
  let job: u32 = 0;
  for (; job + 2 < jobs; job += 4) {
    if (job + 3 == jobs) putJob(jobs, load<u32>(JOB_ENCODINGS + 4 * job), SPARE);
    const from = JOB_ENCODINGS + 4 * job;
    const to = JOB_ENTRIES + 4 * job;
    const decoded = decodeFour(
      load<u32>(from),
      load<u32>(from, 4),
      load<u32>(from, 8),
      load<u32>(from, 12),
      load<u32>(to),
      load<u32>(to, 4),
      load<u32>(to, 8),
      load<u32>(to, 12),
    );
    putResults(job, decoded, 4);
  }
  if (job >= jobs) return;
  if (job + 1 == jobs) putJob(jobs, load<u32>(JOB_ENCODINGS + 4 * job), SPARE);
  const from = JOB_ENCODINGS + 4 * job;
  const to = JOB_ENTRIES + 4 * job;
  putResults(job, decodeTwo(load<u32>(from), load<u32>(from, 4), load<u32>(to), load<u32>(to, 4)), 2);
}

function putResults(job: u32, decoded: u32, count: u32): void {
  for (let each: u32 = 0; each < count; each++) store<u8>(JOB_RESULTS + job + each, (decoded >> each) & 1);
}

// @ts-ignore: decorator
@inline
function sOf(place: u32): usize {
  return load<u32>(S_ADDRESSES + 4 * place);
}

/** h of a signature, modulo L. */
function hashItem(place: u32, item: u32, publicKeys: u32, signatures: u32, messages: u32, offsets: u32): void {
  const start = load<u32>(offsets + 4 * item);
  sha512Init(STATE);
  sha512Update(STATE, signatures + 64 * item, 32);
  sha512Update(STATE, publicKeys + 33 * item, 32);
  sha512Update(STATE, messages + start, load<u32>(offsets + 4 * item, 4) - start);
  sha512Final(STATE, DIGEST);
  scalarReduce(HASHES + 32 * place, DIGEST);
}

// Verdicts. An equation that holds accepts all its signatures; a single check decides one.

/** Gives the verdicts of `OPEN[from .. to)`. */
function settle(from: u32, to: u32): void {
  if (to - from <= SINGLES_MAX) decideSingly(from, to);
  else if (holdsTogether(from, to)) acceptAll(from, to);
  else search(from, to);
}

function decideSingly(from: u32, to: u32): void {
  for (let at = from; at < to; at++) if (holdsExactly(load<u32>(OPEN + 4 * at))) acceptAll(at, at + 1);
}

/**
 * As `settle`, when something is known to be bad: goes through the signatures in groups, each twice as large as the one
 * before while groups hold, and small ones after a group that does not. So a single bad one costs about one more batch,
 * and where many are bad, equations are not tried in vain: after two small groups that fail, more and more signatures
 * are decided singly before the next try.
 *
 * Measured (`npm run bench -- accel`, batch of 1,024, keys seen before): one bad signature makes the batch 2.7 times as
 * dear, half or all of them bad 5 times, one in 24 (the dearest pattern found) 7 times.
 */
function search(from: u32, to: u32): void {
  let size = GROUP_MIN;
  let failures: u32 = 0;
  for (let at = from; at < to; ) {
    const end = min(at + size, to);
    if (end - at <= SINGLES_MAX) {
      decideSingly(at, end);
      at = end;
    } else if (holdsTogether(at, end)) {
      acceptAll(at, end);
      at = end;
      size = size * 2;
      failures = 0;
    } else {
      findBad(at, end);
      failures++;
      at = end;
      if (size == GROUP_MIN && failures > 1) {
        at = min(end + (GROUP_MIN << min(failures, 5)), to);
        decideSingly(end, at);
      }
      size = max(GROUP_MIN, size >> 2);
    }
  }
}

/** As `settle`, when the equation of the whole is known to fail: halves of which one at least is bad. */
function findBad(from: u32, to: u32): void {
  if (to - from <= GROUP_MIN) {
    decideSingly(from, to);
    return;
  }
  const middle = (from + to) >> 1;
  if (holdsTogether(from, middle)) {
    acceptAll(from, middle);
    findBad(middle, to);
  } else {
    findBad(from, middle);
    settle(middle, to);
  }
}

function acceptAll(from: u32, to: u32): void {
  for (let at = from; at < to; at++) store<u8>(load<u32>(VERDICTS + 4 * load<u32>(OPEN + 4 * at)), 1);
}

/** z = w - SHORT_OFFSET as magnitude (16 bytes); returns whether it is negative. */
function magnitudeOf(out: usize, weight: usize): bool {
  const low = load<u64>(weight);
  const high = load<u64>(weight, 8);
  const isNegative = high < SHORT_OFFSET || (high == SHORT_OFFSET && low < SHORT_OFFSET);
  const borrow: u64 = isNegative ? (SHORT_OFFSET < low ? 1 : 0) : low < SHORT_OFFSET ? 1 : 0;
  store<u64>(out, isNegative ? SHORT_OFFSET - low : low - SHORT_OFFSET);
  store<u64>(out, isNegative ? SHORT_OFFSET - high - borrow : high - SHORT_OFFSET - borrow, 8);
  return isNegative;
}

const MAGNITUDE: usize = memory.data(16, 16);
/** The sums of z s for positive and negative z, not reduced. */
const PLUS: usize = memory.data(64, 16);
const MINUS: usize = memory.data(64, 16);
const TOTAL: usize = memory.data(32, 16);

/** True when the batch equation holds for `OPEN[from .. to)`. */
function holdsTogether(from: u32, to: u32): bool {
  const count = to - from;
  memory.fill(PLUS, 0, 64);
  memory.fill(MINUS, 0, 64);
  for (let at: u32 = 0; at < count; at++) {
    const place = load<u32>(OPEN + 4 * (from + at));
    const weight = scalarOfTerm(1 + count + at);
    drawWeight(weight);
    putTerms(place, 1 + at, 1 + count + at);
  }
  return equationHolds(count);
}

/** True when the equation holds for one signature. */
function holdsExactly(place: u32): bool {
  const key = KEY_ENTRIES + 160 * place;
  const hot = hotTableOf(load<u32>(KEY_ADDRESSES + 4 * place), key);
  return holdsForOne(R_ENTRIES + 160 * place, key, sOf(place), HASHES + 32 * place, hot);
}

/** Writes the terms z h A and z R of a signature, adds z s to the total; the weight is in place. */
function putTerms(place: u32, long: u32, short: u32): void {
  const isNegative = magnitudeOf(MAGNITUDE, scalarOfTerm(short));
  store<u32>(addressOfTerm(long), (KEY_ENTRIES + 160 * place) as u32);
  store<u32>(addressOfTerm(short), (R_ENTRIES + 160 * place) as u32);
  scalarMultiply(scalarOfTerm(long), MAGNITUDE, HASHES + 32 * place);
  if (isNegative) scalarNegate(scalarOfTerm(long));
  scalarMultiplyAdd(isNegative ? MINUS : PLUS, MAGNITUDE, sOf(place));
}

function equationHolds(count: u32): bool {
  scalarReduce(TOTAL, PLUS);
  scalarNegate(TOTAL);
  scalarReduce(scalarOfTerm(0), MINUS);
  scalarAdd(scalarOfTerm(0), TOTAL);
  store<u32>(addressOfTerm(0), BASE_ENTRY as u32);
  return isSumOfSmallOrder(1 + count, 1 + 2 * count);
}
