/** Keys that the kernel recovers are the reference's: good signatures, bad ones, and sums at infinity. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recoverSecp256k1 } from "../../../../accel/reference/recover.ts";
import { Random } from "../../../fuzz/random.ts";
import { drawRecovery, infiniteRecovery, meetingRecovery } from "../../../fuzz/weierstrass-items.ts";
import { variantsOf } from "./kernel-modules.ts";
import { SignatureModule } from "./signature-module.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const BATCH_SIZES = [1, 2, 64, 65, 100];

for (const name of variantsOf("signatures")) {
  describe(`recovery of secp256k1 keys, ${name} (seed ${SEED})`, () => {
    const module = new SignatureModule(name);

    for (const size of BATCH_SIZES) {
      it(`batch of ${size}`, () => {
        const random = new Random(`${SEED} recover ${size}`);
        const items = Array.from({ length: size }, () => drawRecovery(random));
        const got = module.recover(items);
        items.forEach(({ digest, signature, recoveryId }, i) => {
          const want = recoverSecp256k1(digest, signature, recoveryId);
          const what = `${Buffer.from(digest).toString("hex")} ${Buffer.from(signature).toString("hex")} ${recoveryId}`;
          assert.deepEqual(got[i], want, what);
        });
        if (size >= 64) assert.ok(got.some((key) => key !== undefined) && got.some((key) => key === undefined));
      });
    }

    it("points that meet in a window do not hide the key", () => {
      const random = new Random(`${SEED} meeting`);
      const items = Array.from({ length: 12 }, () => meetingRecovery(random));
      const want = items.map(({ digest, signature, recoveryId }) => recoverSecp256k1(digest, signature, recoveryId));
      assert.ok(want.every((key) => key !== undefined));
      assert.deepEqual(module.recover(items), want);
    });

    it("a sum at infinity has no key", () => {
      const random = new Random(`${SEED} infinity`);
      const items = Array.from({ length: 5 }, () => infiniteRecovery(random));
      assert.deepEqual(module.recover(items), Array(5).fill(undefined));
    });
  });
}
