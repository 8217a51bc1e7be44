/** Keys that the kernel recovers are the reference's: good signatures, bad ones, and sums at infinity. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { recoverSecp256k1 } from "../../../../accel/reference/recover.ts";
import { Random } from "../../../fuzz/random.ts";
import { edgeNumber, randomBits } from "../../../fuzz/weierstrass-fields.ts";
import { bytes32, MAKERS, randomBytes } from "../../../fuzz/weierstrass-items.ts";
import { loadSignatureModule, type RecoveryItem } from "./signature-module.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const { BASE, Fn } = secp256k1.Point;
const BATCH_SIZES = [1, 2, 64, 65, 100];

/** A digest for which Q = r^-1 (s R - e G) is infinity, R = k G: e = s k. */
function infiniteItem(random: Random): RecoveryItem {
  const k = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
  const s = (randomBits(random, 250) % (Fn.ORDER >> 1n)) + 1n;
  const { x, y } = BASE.multiplyUnsafe(k).toAffine();
  const signature = Uint8Array.from([...bytes32(x), ...bytes32(s)]);
  return { digest: bytes32(Fn.mul(s, k)), signature, recoveryId: Number(y & 1n) };
}

function drawRecovery(random: Random): RecoveryItem {
  const recoveryId = random.pick([0, 1, 0, 1, 0, 1, 2, 3, 27, 255]);
  switch (random.below(6)) {
    case 0:
      return infiniteItem(random);
    case 1:
      return { digest: bytes32(edgeNumber(random, Fn.ORDER)), signature: randomBytes(random, 64), recoveryId };
    case 2: {
      const [r, s] = [edgeNumber(random, Fn.ORDER), edgeNumber(random, Fn.ORDER)];
      const signature = Uint8Array.from([...bytes32(r), ...bytes32(s)]);
      return { digest: randomBytes(random, 32), signature, recoveryId };
    }
    default: {
      const digest = random.once(4) ? bytes32(edgeNumber(random, Fn.ORDER)) : randomBytes(random, 32);
      return { digest, signature: MAKERS.good(random, "secp256k1").signature, recoveryId };
    }
  }
}

describe(`recovery of secp256k1 keys (seed ${SEED})`, () => {
  const module = loadSignatureModule();

  for (const size of BATCH_SIZES) {
    it(`batch of ${size}`, () => {
      const random = new Random(`${SEED} recover ${size}`);
      const items = Array.from({ length: size }, () => drawRecovery(random));
      const got = module.recover(items);
      items.forEach(({ digest, signature, recoveryId }, i) => {
        const want = recoverSecp256k1(digest, signature, recoveryId);
        const name = `${Buffer.from(digest).toString("hex")} ${Buffer.from(signature).toString("hex")} ${recoveryId}`;
        assert.deepEqual(got[i], want, name);
      });
      if (size >= 64) assert.ok(got.some((key) => key !== undefined) && got.some((key) => key === undefined));
    });
  }

  it("a sum at infinity has no key", () => {
    const random = new Random(`${SEED} infinity`);
    const items = Array.from({ length: 5 }, () => infiniteItem(random));
    assert.deepEqual(module.recover(items), Array(5).fill(undefined));
  });
});
