/** Keys that the kernel recovers are the reference's: good signatures, bad ones, and sums at infinity. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recoverSecp256k1 } from "../../../../accel/reference/recover.ts";
import { Random } from "../../../fuzz/random.ts";
import { drawRecovery, infiniteRecovery } from "../../../fuzz/weierstrass-items.ts";
import { SignatureModule } from "./signature-module.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const BATCH_SIZES = [1, 2, 64, 65, 100];

describe(`recovery of secp256k1 keys (seed ${SEED})`, () => {
  const module = new SignatureModule();

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
    const items = Array.from({ length: 5 }, () => infiniteRecovery(random));
    assert.deepEqual(module.recover(items), Array(5).fill(undefined));
  });
});
