/** Rules of the codec that hold for every value and every byte string. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Algorithm } from "../../accel/device.ts";
import { decodeValue, encodeValue } from "../../runtime/format/abi-codec.ts";
import { decodeBlock, encodeBlock } from "../../runtime/format/block.ts";
import { compareBytes } from "../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import { decodeReceipt, encodeReceipt } from "../../runtime/format/receipt.ts";
import { decodeSettings, encodeSettings } from "../../runtime/format/settings.ts";
import { decodeTransaction, encodeTransaction } from "../../runtime/format/transaction.ts";
import type { Block, ChainSettings, Header, Receipt, Transaction } from "../../runtime/format/types.ts";
import { Rejected } from "../../vm/errors.ts";
import type { OutcomeCode } from "../../vm/outcome.ts";

const RUNS = { numRuns: 150, seed: 20_240_802 };
const LIMITS = { bytesMax: 100_000 };

/** Records with the prototype of literals, as decoders make them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number) => fixed(length).map((bytes) => Buffer.from(bytes).toString("hex"));
const safe = fc.maxSafeNat();
const chainId = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const contract = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);
const key = fc.oneof(
  fixed(32).map((publicKey) => ({ algorithm: 1 as Algorithm, publicKey })),
  fc.tuple(fc.constantFrom<Algorithm>(2, 3, 4), fixed(33)).map(([algorithm, publicKey]) => ({ algorithm, publicKey })),
);

const transactions: fc.Arbitrary<Transaction> = record({
  chainId,
  key,
  contract,
  method: name,
  args: fc.uint8Array({ maxLength: 100 }),
  gasLimit: safe,
  expiryHeight: safe,
  salt: fixed(16),
  signature: fixed(64),
}).map(({ key: signer, ...rest }) => ({ ...rest, ...signer }));

const receipts: fc.Arbitrary<Receipt> = record({
  transactionId: fixed(32),
  outcome: fc.integer({ min: 0, max: 6 }).map((value) => value as OutcomeCode),
  revertCode: fc.nat({ max: 0xffff_ffff }),
  output: fc.uint8Array({ maxLength: 60 }),
  gasUsed: safe,
  events: fc.array(
    record({
      contract,
      name,
      topics: fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 4 }),
      data: fc.uint8Array({ maxLength: 40 }),
    }),
    { maxLength: 4 },
  ),
});

const headers: fc.Arbitrary<Header> = record({
  protocolVersion: fc.nat({ max: 0xffff_ffff }),
  chainId,
  height: safe,
  timeSeconds: safe,
  previousHash: fixed(32),
  transactionsRoot: fixed(32),
  receiptsRoot: fixed(32),
  stateRoot: fixed(32),
  scheduleHash: fixed(32),
  gasUsed: safe,
});

const blocks: fc.Arbitrary<Block> = record({
  header: headers,
  seal: fc.tuple(key, fixed(64)).map(([signer, signature]) => ({ ...signer, signature })),
  transactions: fc.array(transactions, { maxLength: 3 }),
});

const settings: fc.Arbitrary<ChainSettings> = record({
  chainId,
  protocolVersion: fc.nat({ max: 0xffff_ffff }),
  hash: fc.constantFrom("sha256", "sm3"),
  sm2UserId: fc.string({ unit: "binary", maxLength: 60 }),
  genesisTimeSeconds: safe,
  admins: fc
    .uniqueArray(fixed(32), { maxLength: 4, selector: (admin) => String(admin) })
    .map((admins) => admins.sort(compareBytes)),
  sealer: key,
  transactionGasMax: safe,
  blockGasMax: safe,
  expiryHeightsMax: safe,
  transactionBytesMax: safe,
});

const abi: ContractAbi = {
  abi: 1,
  contract: "any",
  version: 1,
  types: {
    Inner: {
      fields: [
        { name: "wide", type: "i64" },
        { name: "text", type: "string?" },
      ],
    },
    Outer: {
      fields: [
        { name: "inners", type: "Inner[]" },
        { name: "flags", type: "bool?[]" },
        { name: "raw", type: "bytes[]?" },
        { name: "who", type: "address" },
        { name: "small", type: "u16" },
      ],
    },
  },
  methods: [],
  events: [],
  storage: [],
  errors: [],
};
const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
});
const values = record({
  inners: fc.array(record({ wide, text: fc.option(fc.string({ unit: "binary" })) }), { maxLength: 3 }),
  flags: fc.array(fc.option(fc.boolean()), { maxLength: 3 }),
  raw: fc.option(fc.array(fc.nat({ max: 9 }).chain(hex), { maxLength: 2 })),
  who: hex(32),
  small: fc.nat({ max: 0xffff }),
});

interface Format {
  readonly id: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly encode: (value: unknown) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function format<T>(
  id: string,
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): Format {
  return { id, values: arbitrary, encode: encode as (value: unknown) => Uint8Array, decode };
}

const FORMATS: readonly Format[] = [
  format("transaction", transactions, encodeTransaction, (bytes) => decodeTransaction(bytes, LIMITS)),
  format("receipt", receipts, encodeReceipt, decodeReceipt),
  format("block", blocks, encodeBlock, (bytes) => decodeBlock(bytes, LIMITS)),
  format("settings", settings, encodeSettings, decodeSettings),
  format(
    "ABI value",
    values,
    (value) => encodeValue(abi, "Outer", value),
    (bytes) => decodeValue(abi, "Outer", bytes),
  ),
];

/** Decoding gives a value that encodes to the same bytes, or is Rejected with a code of the codec. */
function isTotalAndBijective({ encode, decode }: Format, bytes: Uint8Array): void {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    assert.ok(error instanceof Rejected && error.code.startsWith("codec."), String(error));
    return;
  }
  assert.deepEqual(encode(value), bytes);
}

/** Bytes near good ones: one byte changed, put in or taken out, or the end cut off. */
const mutation = record({
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  byte: fc.nat({ max: 255 }),
  kind: fc.nat(3),
});
function mutated(bytes: Uint8Array, { at, byte, kind }: { at: number; byte: number; kind: number }): Uint8Array {
  const offset = Math.floor(at * bytes.length);
  const copy = [...bytes];
  if (kind === 0) copy[offset] = byte;
  else if (kind === 1) copy.splice(offset, 0, byte);
  else if (kind === 2) copy.splice(offset, 1);
  else copy.length = offset;
  return Uint8Array.from(copy);
}

for (const each of FORMATS) {
  test(`decoding the encoding of a ${each.id} gives it back (seed ${RUNS.seed})`, () => {
    const property = fc.property(each.values, (value) => {
      assert.deepEqual(each.decode(each.encode(value)), value);
    });
    fc.assert(property, RUNS);
  });

  test(`bytes near a ${each.id} are refused or are another's only encoding (seed ${RUNS.seed})`, () => {
    const property = fc.property(
      each.values,
      fc.array(mutation, { minLength: 8, maxLength: 8 }),
      (value, mutations) => {
        const bytes = each.encode(value);
        for (const one of mutations) isTotalAndBijective(each, mutated(bytes, one));
      },
    );
    fc.assert(property, RUNS);
  });

  test(`every prefix of a ${each.id} is refused (seed ${RUNS.seed})`, () => {
    const [value] = fc.sample(each.values, { seed: RUNS.seed, numRuns: 1 });
    const bytes = each.encode(value);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => each.decode(bytes.subarray(0, length)), Rejected, `length ${length}`);
    }
  });

  test(`random bytes never make the decoder of a ${each.id} throw anything else (seed ${RUNS.seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => isTotalAndBijective(each, bytes)),
      RUNS,
    );
  });
}
