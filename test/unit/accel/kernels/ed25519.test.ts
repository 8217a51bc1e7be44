/**
 * The ed25519 kernel gives the verdicts of the reference: published vectors, hostile and turned signatures, alone and in
 * batches of all sizes, on the integer module and, where the engine has it, the relaxed one.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import {
  honestItem,
  itemsOfOneKey,
  mutantOf,
  randomBytesOf,
  SMALL_ORDER,
  torsionItem,
  withBitTurned,
} from "../../../fuzz/ed25519-mutants.ts";
import { Random } from "../../../fuzz/random.ts";
import { bytesOf, needsVectors, readVectors, utf8 } from "../../../vectors/vector-files.ts";
import { type Ed25519Item, Ed25519Kernel } from "./ed25519-kernel.ts";
import { variantsOf } from "./kernel-modules.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const ZIP_215 = "zip215/zip215.json";
const WYCHEPROOF = "wycheproof/ed25519_test.json";
const reference = createReferenceVerifier();

function wanted({ publicKey, signature, message }: Ed25519Item): boolean {
  return reference.verify(ALGORITHMS.ed25519, publicKey, signature, message);
}

function zip215Items(): (Ed25519Item & { readonly isValid: boolean })[] {
  const cases = JSON.parse(readVectors(ZIP_215)) as { vk_bytes: string; sig_bytes: string; valid_zip215: boolean }[];
  return cases.map(({ vk_bytes, sig_bytes, valid_zip215 }) => ({
    publicKey: bytesOf(vk_bytes),
    signature: bytesOf(sig_bytes),
    message: utf8("Zcash"),
    isValid: valid_zip215,
  }));
}

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly { readonly msg: string; readonly sig: string }[];
  }[];
}

/** Cases whose signature has another length never reach a kernel: the arrays of a batch have 64 bytes for each. */
function wycheproofItems(): Ed25519Item[] {
  const { testGroups } = JSON.parse(readVectors(WYCHEPROOF)) as WycheproofFile;
  return testGroups
    .flatMap(({ publicKey, tests }) =>
      tests.map(({ msg, sig }) => ({
        publicKey: bytesOf(publicKey.pk),
        signature: bytesOf(sig),
        message: bytesOf(msg),
      })),
    )
    .filter(({ signature }) => signature.length === 64);
}

for (const name of variantsOf("signatures")) {
  describe(`ed25519, ${name} (seed ${SEED})`, () => {
    const kernel = new Ed25519Kernel(name);
    const random = new Random(`${SEED} ed25519`);
    const honest = Array.from({ length: 300 }, (_, place) =>
      honestItem(random, [0, 1, 111, 112, 127, 128, 200][place % 7]!),
    );

    it("every ZIP-215 case, alone and in one batch", needsVectors(ZIP_215), () => {
      const items = zip215Items();
      assert.deepEqual(
        kernel.verify(items),
        items.map(({ isValid }) => isValid),
      );
      for (const item of items) assert.deepEqual(kernel.verify([item]), [item.isValid]);
    });

    it("every Wycheproof case, alone and in one batch", needsVectors(WYCHEPROOF), (t) => {
      const items = wycheproofItems();
      const verdicts = items.map(wanted);
      t.diagnostic(`${items.length} cases, ${verdicts.filter((each) => each).length} of them accepted`);
      assert.ok(items.length > 100);
      assert.deepEqual(kernel.verify(items), verdicts);
      for (const [place, item] of items.entries()) assert.deepEqual(kernel.verify([item]), [verdicts[place]]);
    });

    it("vectors inside batches of 1 to 256 honest signatures", needsVectors(WYCHEPROOF), () => {
      const special = [...wycheproofItems(), ...zip215Items()];
      const verdicts = special.map(wanted);
      let at = 0;
      for (const size of [1, 2, 3, 5, 8, 13, 21, 34, 64, 100, 128, 200, 256]) {
        const batch = honest.slice(0, size).map((item) => ({ item, isValid: true }));
        for (let count = Math.ceil(size / 9); count > 0; count--) {
          at = (at + 1) % special.length;
          batch[random.below(size)] = { item: special[at]!, isValid: verdicts[at]! };
        }
        assert.deepEqual(
          kernel.verify(
            batch.map(({ item }) => item),
            random.below(4) * 3,
          ),
          batch.map(({ isValid }) => isValid),
          `batch of ${size}`,
        );
      }
    });

    it("mutants get the verdict of the reference", (t) => {
      const items = Array.from({ length: 240 }, () => mutantOf(random.pick(honest), random.pick(honest), random));
      const verdicts = items.map(wanted);
      t.diagnostic(`${items.length} mutants, ${verdicts.filter((each) => each).length} of them accepted`);
      assert.deepEqual(kernel.verify(items), verdicts);
      for (const [place, item] of items.entries()) assert.deepEqual(kernel.verify([item]), [verdicts[place]]);
    });

    it("one turned bit anywhere in a batch is found, and nothing else", () => {
      for (let round = 0; round < 24; round++) {
        const size = random.between(1, 120);
        const items = honest.slice(0, size);
        const bad = random.below(size);
        const { signature, publicKey } = items[bad]!;
        items[bad] = random.once(2)
          ? { ...items[bad]!, signature: withBitTurned(signature, random.below(512)) }
          : { ...items[bad]!, publicKey: withBitTurned(publicKey, random.below(256)) };
        assert.deepEqual(
          kernel.verify(items),
          items.map((_, place) => place !== bad),
          `${bad} of ${size}`,
        );
      }
    });

    it("batches that are half bad, all bad, or bad at the ends", () => {
      const bad = (item: Ed25519Item): Ed25519Item => ({ ...item, message: Uint8Array.of(...item.message, 1) });
      for (const isBad of [
        (place: number): boolean => place % 2 === 0,
        (): boolean => true,
        (place: number): boolean => place === 0 || place === 255,
        (place: number): boolean => place < 128,
        (place: number): boolean => place % 16 === 3,
      ]) {
        const items = honest.slice(0, 256).map((item, place) => (isBad(place) ? bad(item) : item));
        assert.deepEqual(
          kernel.verify(items),
          items.map((_, place) => !isBad(place)),
        );
      }
    });

    it("two bad signatures whose errors cancel out without weights", () => {
      const [first, second] = honest as [Ed25519Item, Ed25519Item];
      const moved = (item: Ed25519Item, by: number): Ed25519Item => {
        const signature = item.signature.slice();
        signature[32]! += by;
        return { ...item, signature };
      };
      const items = [...honest.slice(2, 40), moved(first, 1), moved(second, -1)];
      assert.deepEqual(kernel.verify(items).slice(-3), [true, false, false]);
    });

    it("points with a part of small order, in batches", () => {
      const items = Array.from({ length: 40 }, () => torsionItem(random));
      assert.deepEqual(
        items.map(wanted),
        items.map(() => true),
      );
      assert.deepEqual(
        kernel.verify(items),
        items.map(() => true),
      );
      assert.deepEqual(kernel.verify([...items, ...honest.slice(0, 60)]), Array(100).fill(true));
    });

    it("the same key and the same signature many times", () => {
      const items = Array.from({ length: 90 }, (_, place) => honest[place % 3]!);
      assert.deepEqual(kernel.verify(items), Array(90).fill(true));
      const smallOrder = SMALL_ORDER.map((publicKey) => ({
        publicKey,
        signature: Uint8Array.from([...publicKey, ...new Uint8Array(32)]),
        message: Uint8Array.of(1),
      }));
      assert.deepEqual(kernel.verify(smallOrder), smallOrder.map(wanted));
    });

    it("keys that come again and again to single verification", () => {
      for (let key = 0; key < 30; key++) {
        const items = itemsOfOneKey(random, [0, 5, 64, 100, 3, 9, 17, 33]);
        for (const item of items) {
          assert.deepEqual(kernel.verify([item]), [true]);
          const bad = { ...item, signature: withBitTurned(item.signature, random.below(512)) };
          assert.deepEqual(kernel.verify([bad]), [false]);
        }
      }
    });

    it("more keys than the cache holds, then the first ones again", () => {
      const known = honest.slice(0, 40);
      const verdicts = known.map(() => true);
      assert.deepEqual(kernel.verify(known), verdicts);
      assert.deepEqual(kernel.verify(known), verdicts);
      // Half of these encodings are points; no signature fits them.
      const flood = Array.from({ length: 10_000 }, () => ({
        publicKey: randomBytesOf(random, 32),
        signature: honest[0]!.signature,
        message: Uint8Array.of(1),
      }));
      assert.deepEqual(new Set(kernel.verify(flood)), new Set([false]));
      const others = known.map((item, place) => ({ ...item, signature: known[(place + 1) % known.length]!.signature }));
      assert.deepEqual(kernel.verify([...known, ...others]), [...verdicts, ...verdicts.map(() => false)]);
    });

    it("any alignment, any subset of a mixed batch; what was not asked for is left alone", () => {
      for (const shift of [1, 2, 3, 5, 7]) {
        const chosen = [4, 0, 9, 2, 11].slice(0, shift);
        const verdicts = kernel.verify(honest.slice(0, 12), shift, chosen);
        assert.deepEqual(
          verdicts,
          honest.slice(0, 12).map((_, place) => (chosen.includes(place) ? true : undefined)),
        );
      }
    });

    it("an empty batch, and one that is longer than a chunk", () => {
      assert.deepEqual(kernel.verify([]), []);
      const items = Array.from({ length: 2060 }, (_, place) => honest[place % honest.length]!);
      items[1500] = { ...items[1500]!, message: Uint8Array.of(3) };
      assert.deepEqual(
        kernel.verify(items),
        items.map((_, place) => place !== 1500),
      );
    });

    it("a message of 64 MiB", () => {
      const item = honestItem(random, 0);
      const message = new Uint8Array(64 * 2 ** 20);
      assert.deepEqual(kernel.verify([{ ...item, message }, item]), [false, true]);
    });
  });
}
