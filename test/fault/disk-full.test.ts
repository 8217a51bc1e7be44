/** A full disk, as a small tmpfs: the chain stops, and with space it goes on from the last acknowledged block. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Chain, ProducedBlock } from "../../runtime/chain/chain.ts";
import { replayLog } from "../../runtime/chain/replay.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { LmdbStore } from "../../runtime/state/lmdb-store.ts";
import { NodeError } from "../../vm/errors.ts";
import { encodeScript, puppetModule } from "../unit/runtime/puppet-contract.ts";
import {
  deployOf,
  hashes,
  idOf,
  machine,
  openTestChain,
  SETTINGS,
  transactionOf,
  utf8,
} from "../unit/runtime/test-chain.ts";

const MIB = 1024 * 1024;
const mountPoint = mkdtempSync(join(tmpdir(), "cinnabar-full-"));
const skip = mountTmpfs(24);
after(() => {
  if (skip === false) execFileSync("umount", ["-l", mountPoint]);
  rmSync(mountPoint, { recursive: true, force: true });
});

/** Returns why there is no small disk to fill, or false when there is one. */
function mountTmpfs(megabytes: number): string | false {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", mountPoint], { stdio: "ignore" });
    return false;
  } catch {
    return "mounting a tmpfs needs root";
  }
}

/** Fills the disk up to `left` bytes. */
function fill(left: number): string {
  const path = join(mountPoint, "filler");
  const { bavail, bsize } = statfsSync(mountPoint);
  writeFileSync(path, new Uint8Array(bavail * bsize - left));
  return path;
}

async function blockOf(chain: Chain, size: number): Promise<ProducedBlock> {
  const height = chain.head.header.height + 1;
  const args = encodeScript([
    { operation: "put", first: utf8(`k${height}`), second: new Uint8Array(size).fill(height) },
  ]);
  const transaction = transactionOf({ contract: "puppet", number: height, args });
  return chain.produceBlock([transaction], SETTINGS.genesisTimeSeconds);
}

async function fillUntilStopped(
  chain: Chain,
): Promise<{ readonly acknowledged: ProducedBlock[]; readonly code: string }> {
  const acknowledged: ProducedBlock[] = [];
  for (let count = 0; count < 80; count += 1) {
    try {
      acknowledged.push(await blockOf(chain, 60_000));
    } catch (error) {
      assert.ok(error instanceof NodeError, String(error));
      return { acknowledged, code: error.code };
    }
  }
  return { acknowledged, code: "" };
}

for (const [name, options, codes] of [
  ["log", { segmentBytes: MIB, checkpoint: { blocks: 1000, bytes: 1e9 } }, ["log.writeFailed"]],
  ["store", { segmentBytes: 8 * MIB, checkpoint: { blocks: 4, bytes: 1e9 } }, ["store.writeFailed"]],
] as const) {
  test(`a disk that is full for the ${name} stops the chain, and with space it goes on`, { skip }, async () => {
    const folder = join(mountPoint, name);
    mkdirSync(folder);
    const faults: string[] = [];
    const chain = await openTestChain(folder, { ...options, failed: ({ code }) => faults.push(code) });
    await chain.produceBlock([deployOf("puppet", puppetModule(), 0)], SETTINGS.genesisTimeSeconds);
    await chain.checkpoint();
    const filler = fill(MIB + MIB / 2);
    const { acknowledged, code } = await fillUntilStopped(chain);
    assert.ok((codes as readonly string[]).includes(code), code);
    await assert.rejects(chain.produceBlock([], SETTINGS.genesisTimeSeconds), { code });
    assert.throws(() => chain.head, { code });
    assert.deepEqual(faults, [code]);
    await chain.close();
    unlinkSync(filler);

    const again = await openTestChain(folder, options);
    const last = acknowledged.at(-1)!;
    const found = again.getBlock(last.block.header.height);
    assert.equal(bytesToHex(found!.blockHash), bytesToHex(last.blockHash));
    for (const { block } of acknowledged) assert.ok(again.hasTransaction(idOf(block.transactions[0]!)));
    await blockOf(again, 10);
    const root = bytesToHex(again.head.header.stateRoot);
    await again.close();
    const replayed = await replayLog({ directory: folder, machine, hashes });
    assert.equal(bytesToHex(replayed.stateRoot), root);
    rmSync(folder, { recursive: true });
  });
}

test("a checkpoint on a full disk is rejected with one error, and the one before stands", { skip }, async () => {
  const folder = join(mountPoint, "only-store");
  const store = new LmdbStore(folder);
  const batchOf = (height: number, size: number) => ({
    meta: {
      height,
      blockHash: new Uint8Array(32),
      stateRoot: new Uint8Array(32),
      position: { segment: 1, offset: 4096 },
      entryCount: 1,
    },
    state: [{ key: Uint8Array.of(height), value: new Uint8Array(size).fill(height) }],
    blocks: [],
    transactions: [],
  });
  await store.checkpoint(batchOf(1, 10));
  await assert.rejects(store.checkpoint(batchOf(2, 40 * MIB)), { code: "store.writeFailed" });
  await assert.rejects(store.checkpoint(batchOf(3, 10)), { code: "store.writeFailed" });
  await store.close();
  const again = new LmdbStore(folder);
  assert.equal(again.meta()?.height, 1);
  assert.equal(again.get(Uint8Array.of(2)), undefined);
  await again.close();
});
