/**
 * SM3 and SM2 vectors of Botan. Of the seven signatures, one is SM2 as we accept it: on the recommended curve, with
 * SM3. The others use another hash or another curve, and are no signatures here; where the curve is ours they must be
 * refused.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHMS } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { publicKeyOf } from "../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { loadKernelHashes } from "../../accel/wasm/hashes.ts";
import { bytesOf, hexOf, needsVectors, readVectors } from "./vector-files.ts";

const SM3_FILE = "botan-gm/sm3.vec";
const SM2_FILE = "botan-gm/sm2_sig.vec";
const RECOMMENDED_CURVE = "1.2.156.10197.1.301";

/** Blocks of `key = value` lines. A curve's parameters stay until others come; `last` ends a block. */
function readBlocks(file: string, last: string): readonly ReadonlyMap<string, string>[] {
  const blocks: ReadonlyMap<string, string>[] = [];
  const current = new Map<string, string>();
  for (const line of readVectors(file).split("\n")) {
    const match = /^(\w+) *= *(.*)$/.exec(line.trim());
    if (match === null) continue;
    current.set(match[1]!, match[2]!);
    if (match[1] === last) blocks.push(new Map(current));
  }
  return blocks;
}

test("SM3 of the platform and of the reference give all of Botan's digests", needsVectors(SM3_FILE), (t) => {
  const blocks = readBlocks(SM3_FILE, "Out");
  const hashes = createHashes();
  for (const block of blocks) {
    const message = bytesOf(block.get("In") ?? "");
    const want = block.get("Out")!.toLowerCase();
    assert.equal(hexOf(referenceHashes.sm3(message)), want, block.get("In")!);
    assert.equal(hexOf(hashes.sm3(message)), want, block.get("In")!);
  }
  t.diagnostic(`${blocks.length} digests`);
  assert.equal(blocks.length, 139);
});

test("SM3 of the kernels gives all of Botan's digests, alone and together", needsVectors(SM3_FILE), () => {
  const blocks = readBlocks(SM3_FILE, "Out");
  const kernels = loadKernelHashes()!;
  const messages = blocks.map((block) => bytesOf(block.get("In") ?? ""));
  const offsets = new Uint32Array(messages.length + 1);
  for (const [i, message] of messages.entries()) offsets[i + 1] = offsets[i]! + message.length;
  const digests = new Uint8Array(32 * messages.length);
  const bytes = new Uint8Array(Buffer.concat(messages));
  kernels.hashMany("sm3", { count: messages.length, bytes, offsets }, digests);
  for (const [i, block] of blocks.entries()) {
    const want = block.get("Out")!.toLowerCase();
    assert.equal(hexOf(kernels.hash("sm3", messages[i]!)), want, block.get("In")!);
    assert.equal(hexOf(digests.subarray(32 * i, 32 * i + 32)), want, block.get("In")!);
  }
});

test("SM2: the signature with SM3 is accepted, the one with SHA-256 is not", needsVectors(SM2_FILE), (t) => {
  const blocks = readBlocks(SM2_FILE, "Signature");
  const onOurCurve = blocks.filter((block) => block.get("Oid") === RECOMMENDED_CURVE);
  const verdicts = onOurCurve.map((block) => {
    const verifier = createReferenceVerifier({ sm2UserId: block.get("Ident")! });
    const publicKey = publicKeyOf(ALGORITHMS.sm2, bytesOf(block.get("x")!.slice(2)));
    const verdict = verifier.verify(
      ALGORITHMS.sm2,
      publicKey,
      bytesOf(block.get("Signature")!),
      bytesOf(block.get("Msg")!),
    );
    return [block.get("Hash"), verdict];
  });
  t.diagnostic(`${blocks.length} signatures, ${onOurCurve.length} on the recommended curve`);
  assert.equal(blocks.length, 7);
  assert.deepEqual(verdicts, [
    ["SM3", true],
    ["SHA-256", false],
  ]);
});
