import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageList } from "../../../../accel/device.ts";
import { createHashes } from "../../../../accel/hashes.ts";
import { concatBytes } from "../../../../runtime/format/bytes.ts";
import { digestsInto, manyHashesOf } from "../../../../runtime/format/many-hashes.ts";
import { seededNumbers } from "../seeded-numbers.ts";

const hashes = createHashes();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("messages of any number and length, the longest too, have their digests in their places", (t) => {
  const random = seededNumbers(t, 31);
  const prefix = Uint8Array.of(0);
  for (const lengths of [
    [],
    [0],
    [300_000],
    Array.from({ length: 700 }, () => random(900)),
    [5, 262_144, 0, 262_143, 7],
  ]) {
    const messages = lengths.map((length) => new Uint8Array(length).fill(random(256)));
    for (const name of ["sha256", "sm3"] as const) {
      for (const many of [hashes.many![name], manyHashesOf(hashes[name])]) {
        const digests = new Uint8Array(messages.length * 32);
        digestsInto(digests, messages, many, prefix);
        const want = messages.map((message) => hashes[name](concatBytes(prefix, message)));
        assert.equal(hex(digests), hex(concatBytes(...want)), `${name} of ${lengths.length} messages`);
      }
    }
  }
});

test("what is packed for one call has a bound, and a longer message goes alone", () => {
  const calls: MessageList[] = [];
  const count = (list: MessageList): number => calls.push(list);
  const messages = [100_000, 100_000, 100_000, 300_000, 1].map((length) => new Uint8Array(length));
  digestsInto(new Uint8Array(5 * 32), messages, count);
  assert.deepEqual(
    calls.map((list) => [list.count, list.bytes.length]),
    [
      [2, 200_000],
      [1, 100_000],
      [1, 300_000],
      [1, 1],
    ],
  );
});
