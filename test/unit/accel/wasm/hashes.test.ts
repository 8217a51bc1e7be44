/**
 * The kernels' hashes against the reference: every length around the blocks, any mix of lengths in one call, any number
 * of messages, long ones, levels of a tree, and what is refused.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DIGEST_LENGTH } from "../../../../accel/device.ts";
import { AccelError } from "../../../../accel/errors.ts";
import { createHashes, kernelOr, provenPairs } from "../../../../accel/hashes.ts";
import { referenceHashes } from "../../../../accel/reference/hashes.ts";
import { KERNEL_HASHES, type KernelHashName, loadKernelHashes } from "../../../../accel/wasm/hashes.ts";
import { hashSearches } from "../../../fuzz/hash-searches.ts";
import { Random } from "../../../fuzz/random.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const random = new Random(SEED);
const kernels = loadKernelHashes()!;

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));

function digestsOf(name: KernelHashName, messages: readonly Uint8Array[]): Uint8Array[] {
  const offsets = Uint32Array.from([0, ...messages.map((message) => message.length)]);
  for (let i = 1; i < offsets.length; i++) offsets[i]! += offsets[i - 1]!;
  const bytes = new Uint8Array(Buffer.concat(messages));
  const length = DIGEST_LENGTH[name];
  const digests = new Uint8Array(length * messages.length);
  kernels.hashMany(name, { count: messages.length, bytes, offsets }, digests);
  return messages.map((_, i) => digests.slice(i * length, (i + 1) * length));
}

function checkAll(name: KernelHashName, messages: readonly Uint8Array[]): void {
  const digests = digestsOf(name, messages);
  messages.forEach((message, i) => {
    assert.deepEqual(digests[i], referenceHashes[name](message), `${name}, message ${i} of ${message.length} bytes`);
  });
}

describe(`hashes by the kernels (seed ${SEED})`, () => {
  for (const name of KERNEL_HASHES) {
    it(`${name}: all lengths 0..300 in one call, in any order`, () => {
      const messages = Array.from({ length: 301 }, (_, length) => bytesOf(length));
      checkAll(name, messages);
      checkAll(
        name,
        messages.toSorted(() => random.below(3) - 1),
      );
    });

    it(`${name}: any number of messages of mixed lengths`, () => {
      for (let round = 0; round < 40; round++) {
        const length = (): number => (random.below(5) === 0 ? random.below(9_000) : random.below(260));
        checkAll(
          name,
          Array.from({ length: random.below(12) }, () => bytesOf(length())),
        );
      }
    });

    it(`${name}: more messages than one call of the module takes`, () => {
      checkAll(
        name,
        Array.from({ length: 4_100 }, (_, i) => bytesOf(i % 3)),
      );
    });

    it(`${name}: chunks and blocks of long messages`, () => {
      for (const length of [1_023, 1_024, 1_025, 2_048, 2_049, 4_096, 5_119, 7_168, 8_193, 31_744, 65_537]) {
        checkAll(name, [bytesOf(length)]);
      }
    });

    it(`${name}: one message`, () => {
      for (const length of [0, 1, 64, 136, 1_000]) {
        const message = bytesOf(length);
        assert.deepEqual(kernels.hash(name, message), referenceHashes[name](message));
      }
    });
  }

  it("a message of 64 MiB", () => {
    const message = new Uint8Array(64 * 1024 * 1024).fill(0xa5);
    assert.deepEqual(kernels.hash("sha256", message), createHashes().sha256(message));
    assert.deepEqual(kernels.hash("sm3", message), createHashes().sm3(message));
  });

  it("levels of a tree with prefixes of 0 to 55 bytes", () => {
    for (const name of ["sha256", "sm3"] as const) {
      for (let prefixLength = 0; prefixLength <= 55; prefixLength++) {
        const prefix = bytesOf(prefixLength);
        const count = random.below(10);
        const pairs = bytesOf(64 * count);
        const digests = new Uint8Array(32 * count);
        kernels.hashPairs(name, prefix, pairs, count, digests);
        for (let i = 0; i < count; i++) {
          const message = Uint8Array.of(...prefix, ...pairs.subarray(64 * i, 64 * i + 64));
          assert.deepEqual(
            digests.slice(32 * i, 32 * i + 32),
            referenceHashes[name](message),
            `${name} ${prefixLength}`,
          );
        }
      }
    }
  });

  it("arrays that do not fit are refused", () => {
    const refused = (code: string, work: () => void): void =>
      assert.throws(work, (error) => error instanceof AccelError && error.code === code);
    const digests = new Uint8Array(64);
    const bytes = new Uint8Array(10);
    refused("accel.batchShape", () =>
      kernels.hashMany("sha256", { count: 3, bytes, offsets: Uint32Array.of(0, 1, 2, 3) }, digests),
    );
    refused("accel.batchShape", () =>
      kernels.hashMany("sha256", { count: 2, bytes, offsets: Uint32Array.of(0, 1) }, digests),
    );
    refused("accel.batchShape", () =>
      kernels.hashMany("sha256", { count: 2, bytes, offsets: Uint32Array.of(0, 5, 4) }, digests),
    );
    refused("accel.batchShape", () =>
      kernels.hashMany("sha256", { count: 1, bytes, offsets: Uint32Array.of(0, 11) }, digests),
    );
    refused("accel.batchShape", () => kernels.hashPairs("sha256", new Uint8Array(56), new Uint8Array(64), 1, digests));
    refused("accel.batchShape", () => kernels.hashPairs("sm3", new Uint8Array(1), new Uint8Array(63), 1, digests));
    refused("accel.batchShape", () => kernels.hashPairs("sm3", new Uint8Array(1), new Uint8Array(192), 3, digests));
  });

  it("a level that is wrong in one bit is not used", () => {
    const right = createHashes().pairs!.sha256;
    const lying: typeof right = (prefix, pairs, count, digests) => {
      right(prefix, pairs, count, digests);
      digests[32 * count - 1]! ^= 1;
    };
    assert.equal(provenPairs(lying, referenceHashes.sha256), undefined);
    assert.equal(provenPairs(right, referenceHashes.sha256), right);
    assert.equal(provenPairs(right, referenceHashes.sm3), undefined);
  });

  it("a kernel that answers wrong or fails is not used, one that is right is", () => {
    const right = (message: Uint8Array): Uint8Array => kernels.hash("keccak256", message);
    const wrongFor = (length: number) => (message: Uint8Array) => {
      const digest = right(message);
      if (message.length === length) digest[31]! ^= 0x80;
      return digest;
    };
    const failing = (): Uint8Array => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    const { keccak256 } = referenceHashes;
    assert.equal(kernelOr(right, keccak256), right);
    for (const length of [0, 136, 5000]) assert.equal(kernelOr(wrongFor(length), keccak256), keccak256);
    assert.equal(kernelOr(failing, keccak256), keccak256);
  });

  it("messages that lie anywhere in their array", () => {
    for (const name of KERNEL_HASHES) {
      const size = DIGEST_LENGTH[name];
      for (let start = 0; start < 20; start++) {
        const offsets = Uint32Array.of(start, start + 64, start + 128, start + 192, start + 256, start + 300);
        const bytes = bytesOf(start + 300);
        const digests = new Uint8Array(5 * size);
        kernels.hashMany(name, { count: 5, bytes, offsets }, digests);
        for (let i = 0; i < 5; i++) {
          const want = referenceHashes[name](bytes.subarray(offsets[i], offsets[i + 1]));
          assert.deepEqual(digests.slice(i * size, (i + 1) * size), want, `${name} from ${start}, message ${i}`);
        }
      }
    }
  });

  it("pieces of long messages: both sides of where they are cut", () => {
    const piece = 65_536 * 17;
    for (const name of ["keccak256", "blake3"] as const) {
      for (const length of [piece - 1, piece, piece + 1, 2 * piece + 65_536]) {
        const message = bytesOf(length);
        assert.deepEqual(kernels.hash(name, message), referenceHashes[name](message), `${name} ${length}`);
      }
    }
  });

  it("long and short messages in one list", () => {
    for (const name of KERNEL_HASHES) checkAll(name, [64, 300_000, 64, 64, 270_000, 0, 3].map(bytesOf));
  });

  it("a hash after another one, of any kind, owes it nothing", () => {
    const messages = [0, 64, 5000, 70_000].map(bytesOf);
    for (let round = 0; round < 100; round++) {
      const name = random.pick(KERNEL_HASHES);
      const message = random.pick(messages);
      assert.deepEqual(kernels.hash(name, message), referenceHashes[name](message), `${name}, ${message.length}`);
    }
  });

  it("the searches of npm run fuzz -- accel find nothing in a few steps", () => {
    for (const { name, step } of hashSearches()) {
      for (let i = 0; i < 3; i++) assert.equal(step(random).difference, null, name);
    }
  });
});
