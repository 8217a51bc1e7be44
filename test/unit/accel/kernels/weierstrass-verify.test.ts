/** Verdicts of the Weierstrass kernels are the reference's: drawn and crafted signatures, alone and in batches. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ALGORITHMS, type SignatureItem } from "../../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { SM2_DEFAULT_USER_ID } from "../../../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { Random } from "../../../fuzz/random.ts";
import { type DrawnItem, drawItem, MAKERS, type MakerName, randomBytes } from "../../../fuzz/weierstrass-items.ts";
import { variantsOf } from "./kernel-modules.ts";
import { SignatureModule, WEIERSTRASS_NAMES, type WeierstrassName } from "./signature-module.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const BATCH_SIZES = [1, 2, 3, 63, 64, 65, 130];
/** Places for tables, and rounds after which a key that comes once a round has one (accel/kernels/scheme/key-tables.ts). */
const TABLES = 64;
const ROUNDS_TO_TABLE = 20;
const LONG_MESSAGE_BYTES = 64 * 2 ** 20;

const reference = createReferenceVerifier();
const judge = ({ algorithm, publicKey, signature, message }: SignatureItem): boolean =>
  reference.verify(algorithm, publicKey, signature, message);

function compare(drawn: readonly DrawnItem[], got: readonly boolean[], what: string): void {
  drawn.forEach(({ item, maker }, i) => {
    const hex = [item.publicKey, item.signature, item.message].map((part) => Buffer.from(part).toString("hex"));
    assert.equal(got[i], judge(item), `${what}, item ${i} (${maker}): ${hex.join(" ")}`);
  });
}

/** A good signature of a new key, and the same over another message. */
function signedTwice(random: Random, curve: WeierstrassName): [SignatureItem, SignatureItem] {
  const algorithm = ALGORITHMS[curve];
  const secretKey = randomBytes(random, 32);
  const message = randomBytes(random, 40);
  const signature = sign(algorithm, secretKey, message);
  const item = { algorithm, publicKey: publicKeyOf(algorithm, secretKey), signature, message };
  return [item, { ...item, message: randomBytes(random, 40) }];
}

for (const name of variantsOf("signatures")) {
  describe(`Weierstrass kernels, ${name}, give the reference's verdicts (seed ${SEED})`, () => {
    const module = new SignatureModule(name);
    module.setSm2UserId(SM2_DEFAULT_USER_ID);

    for (const curve of WEIERSTRASS_NAMES) {
      it(`${curve}: batches of ${BATCH_SIZES.join(", ")}`, () => {
        const random = new Random(`${SEED} ${curve}`);
        for (const size of BATCH_SIZES) {
          const drawn = Array.from({ length: size }, () => drawItem(random, curve));
          compare(
            drawn,
            module.verify(
              curve,
              drawn.map(({ item }) => item),
            ),
            `batch of ${size}`,
          );
        }
      });

      for (const maker of Object.keys(MAKERS) as MakerName[]) {
        it(`${curve}: ${maker}, each alone and all together`, () => {
          const random = new Random(`${SEED} ${curve} ${maker}`);
          const drawn = Array.from({ length: 9 }, () => ({ item: MAKERS[maker](random, curve), maker }));
          for (const each of drawn) compare([each], module.verify(curve, [each.item]), "alone");
          compare(
            drawn,
            module.verify(
              curve,
              drawn.map(({ item }) => item),
            ),
            "together",
          );
        });
      }

      it(`${curve}: keys that come back, before and after they get a table`, () => {
        const random = new Random(`${SEED} ${curve} again`);
        const fresh = new SignatureModule(name);
        fresh.setSm2UserId(SM2_DEFAULT_USER_ID);
        const drawn = Array.from({ length: 40 }, () => drawItem(random, curve));
        const wanted = drawn.map(({ item }) => judge(item));
        for (let round = 0; round < ROUNDS_TO_TABLE; round++) {
          const got = fresh.verify(
            curve,
            drawn.map(({ item }) => item),
          );
          assert.deepEqual(got, wanted, `round ${round}`);
        }
        for (const [i, { item, maker }] of drawn.entries()) {
          assert.deepEqual(fresh.verify(curve, [item]), [wanted[i]], `${maker} alone`);
        }
      });

      it(`${curve}: more keys than places for tables`, () => {
        const random = new Random(`${SEED} ${curve} many`);
        const fresh = new SignatureModule(name);
        fresh.setSm2UserId(SM2_DEFAULT_USER_ID);
        const pairs = Array.from({ length: TABLES + 16 }, () => signedTwice(random, curve));
        const items = pairs.flat();
        const wanted = pairs.flatMap(() => [true, false]);
        // Some keys come more often than others, so that places change hands.
        for (let round = 0; round < 2 * ROUNDS_TO_TABLE; round++) {
          const from = 2 * random.below(TABLES);
          const part = [...items.slice(from), ...items.slice(0, random.between(0, 2 * TABLES))];
          const want = [...wanted.slice(from), ...wanted.slice(0, part.length - (items.length - from))];
          assert.deepEqual(fresh.verify(curve, part), want, `round ${round}`);
        }
      });

      it(`${curve}: an empty list touches nothing`, () => {
        assert.deepEqual(module.verify(curve, []), []);
      });

      it(`${curve}: a message of 64 MiB`, () => {
        const secretKey = randomBytes(new Random(`${SEED} ${curve} long`), 32);
        const message = new Uint8Array(LONG_MESSAGE_BYTES).fill(7);
        const algorithm = ALGORITHMS[curve];
        const publicKey = publicKeyOf(algorithm, secretKey);
        const signature = sign(algorithm, secretKey, message);
        const item = { algorithm, publicKey, signature, message };
        assert.deepEqual(module.verify(curve, [item]), [true]);
        message[LONG_MESSAGE_BYTES - 1] = 8;
        assert.deepEqual(module.verify(curve, [item]), [false]);
      });
    }
  });
}
