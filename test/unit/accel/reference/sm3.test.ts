import assert from "node:assert/strict";
import { createHmac, getHashes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { hmacSm3, sm3 } from "../../../../accel/reference/sm3.ts";

const NEEDS_OPENSSL_SM3 = { skip: getHashes().includes("sm3") ? false : "this OpenSSL is built without SM3" };

test(
  "HMAC-SM3 agrees with OpenSSL for keys shorter than, as long as and longer than a block",
  NEEDS_OPENSSL_SM3,
  () => {
    const key = fc.uint8Array({ maxLength: 130 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 200 }), (secret, message) => {
        const want = createHmac("sm3", secret).update(message).digest();
        assert.deepEqual(hmacSm3(secret, message), Uint8Array.from(want));
      }),
      { numRuns: 100, examples: [63, 64, 65].map((length) => [new Uint8Array(length).fill(1), Uint8Array.of(2)]) },
    );
  },
);

test("SM3 does not change its message", () => {
  const message = new Uint8Array(200).fill(9);
  sm3(message);
  assert.deepEqual(message, new Uint8Array(200).fill(9));
});
