/**
 * Bad input on every driver, and on the two verifiers that answer contracts: alone and among good items of all
 * algorithms, whose verdicts it does not touch. What is wrong with a batch itself is in device-conformance.ts.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALGORITHMS, type ContractVerifier } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { submitWhenReady } from "../../../accel/submit.ts";
import { isAccepted } from "../../../accel/verdicts.ts";
import { createWasmVerifier } from "../../../accel/wasm/verifier.ts";
import { badCases } from "./bad-items.ts";
import { DRIVERS, type DriverOptions } from "./drivers.ts";
import { ALL_ALGORITHMS, batchOf, type SignedItem, secretKeyOf, signedItem, withOtherMessage } from "./signed-items.ts";

const LARGE = 4096;
const BAD_PLACE = 2731;
const LONG_BYTES = 64 * 1024 * 1024;
const OTHER_USER_ID = "ALICE123@YAHOO.COM";

/** A driver or a verifier as something that says yes or no to items. */
interface Judge {
  readonly ask: (items: readonly SignedItem[]) => Promise<boolean[]>;
  readonly close: () => Promise<void>;
}

interface Asked {
  readonly id: string;
  readonly open: (options: DriverOptions) => Judge;
}

function listOf(verdicts: Uint8Array, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => isAccepted(verdicts, i));
}

function ofVerifier(verifier: ContractVerifier): Judge {
  return {
    ask: async (items) => listOf(verifier.verifyMany(items), items.length),
    close: async () => undefined,
  };
}

const ASKED: readonly Asked[] = [
  ...DRIVERS.map(({ id, create }) => ({
    id,
    open: (options: DriverOptions): Judge => {
      const device = create(options);
      return {
        ask: async (items) => listOf(await submitWhenReady(device, 3, batchOf(items)), items.length),
        close: () => device.close(),
      };
    },
  })),
  { id: "contract verifier, reference", open: (options) => ofVerifier(createReferenceVerifier(options)) },
  { id: "contract verifier, kernels", open: (options) => ofVerifier(createWasmVerifier(options)) },
];

const CASES = badCases();
const GOOD = ALL_ALGORITHMS.map((algorithm) => signedItem(algorithm));

/** Every case, with a good item of one algorithm after another between each two. */
const AMONG_GOOD = CASES.flatMap((each, i) => [
  each,
  { id: `good item behind ${each.id}`, item: GOOD[i % GOOD.length]!, want: true },
]);

async function within(asked: Asked, options: DriverOptions, work: (judge: Judge) => Promise<void>): Promise<void> {
  const judge = asked.open(options);
  try {
    await work(judge);
  } finally {
    await judge.close();
  }
}

for (const asked of ASKED) {
  describe(`bad input: ${asked.id}`, () => {
    test("every kind alone", () =>
      within(asked, {}, async (judge) => {
        for (const { id, item, want } of CASES) assert.deepEqual(await judge.ask([item]), [want], id);
      }));

    test("every kind among good items, which keep their verdicts", () =>
      within(asked, {}, async (judge) => {
        const verdicts = await judge.ask(AMONG_GOOD.map(({ item }) => item));
        for (const [i, { id, want }] of AMONG_GOOD.entries()) assert.equal(verdicts[i], want, id);
      }));

    test("an SM2 signature under another user id", async () => {
      const secretKey = secretKeyOf(9);
      const { message } = GOOD[0]!;
      const algorithm = ALGORITHMS.sm2;
      const signature = sign(algorithm, secretKey, message, { sm2UserId: OTHER_USER_ID });
      const item = { algorithm, publicKey: publicKeyOf(algorithm, secretKey), signature, message };
      await within(asked, {}, async (judge) => assert.deepEqual(await judge.ask([item, GOOD[0]!]), [false, true]));
      await within(asked, { sm2UserId: OTHER_USER_ID }, async (judge) =>
        assert.deepEqual(await judge.ask([item, GOOD[0]!]), [true, true]),
      );
    });
  });
}

/** Reckoned once: the reference takes a second for it. */
function longItem(): SignedItem {
  const secretKey = secretKeyOf(11);
  const message = new Uint8Array(LONG_BYTES).fill(0x5a);
  const algorithm = ALGORITHMS.ed25519;
  return {
    algorithm,
    publicKey: publicKeyOf(algorithm, secretKey),
    signature: sign(algorithm, secretKey, message),
    message,
  };
}

describe("a message of 64 MiB, where the limits let it in", () => {
  const item = longItem();
  for (const asked of ASKED.slice(0, DRIVERS.length)) {
    test(asked.id, () =>
      within(asked, { messageBytesMax: LONG_BYTES + 64 }, async (judge) => {
        assert.deepEqual(await judge.ask([item, GOOD[0]!]), [true, true]);
      }),
    );
  }
});

/** Whom the reference decides for takes a millisecond an item: one of them has the whole batch, the others a part. */
function sizeFor(id: string): number {
  return /^wasm|kernels$/.test(id) || id === "reference, 0 workers" ? LARGE : LARGE / 16;
}

describe(`one bad signature in a batch of ${LARGE} is found, and all others are accepted`, () => {
  for (const asked of ASKED) {
    const size = sizeFor(asked.id);
    test(`${asked.id} (${size})`, () =>
      within(asked, { batchItemsMax: LARGE, queuedItemsMax: LARGE }, async (judge) => {
        const isFast = /^wasm, \d|kernels$/.test(asked.id);
        for (const good of isFast ? GOOD : GOOD.slice(0, 1)) {
          const bad = BAD_PLACE % size;
          const items = Array.from({ length: size }, (_, i) => (i === bad ? withOtherMessage(good) : good));
          const verdicts = await judge.ask(items);
          const refused = verdicts.flatMap((verdict, i) => (verdict ? [] : [i]));
          assert.deepEqual([verdicts.length, refused], [size, [bad]], `algorithm ${good.algorithm}`);
        }
      }));
  }
});
