/** Deployments with preparation: the same blocks in every case, and nobody waits behind one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { createReferenceDevice } from "../../../../accel/reference/device.ts";
import { Deferred } from "../../../../node/ingest/deferred.ts";
import { type ChainView, Ingest } from "../../../../node/ingest/ingest.ts";
import { Pool, type PoolEntry } from "../../../../node/ingest/pool.ts";
import { Preparer } from "../../../../node/prepare/preparer.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import { encodeTransaction } from "../../../../runtime/format/transaction.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../../../runtime/system/lifecycle-contract.ts";
import { createMachine, type Machine } from "../../../../vm/execute/machine.ts";
import { encodeScript, puppetModule, type Step } from "../../runtime/puppet-contract.ts";
import {
  deployOf,
  hashes,
  type Key,
  openTestChain,
  SETTINGS,
  signed,
  stranger,
  transactionOf,
  utf8,
  verifier,
} from "../../runtime/test-chain.ts";

const root = mkdtempSync(join(tmpdir(), "cinnabar-prepare-"));
after(() => rmSync(root, { recursive: true, force: true }));

const CODE = puppetModule();
const BAD_CODE = CODE.slice(0, -3);
const script = (...steps: Step[]) => ({ args: encodeScript(steps) });

/** Deployments that succeed, are refused and are no modules at all, then calls of every ending. */
const BLOCKS: readonly (readonly Transaction[])[] = [
  [
    deployOf("pa", CODE, 1),
    deployOf("pb", BAD_CODE, 2),
    deployOf("pa", CODE, 3),
    deployOf("pc", CODE, 4, { from: stranger }),
    transactionOf({
      contract: "pa",
      number: 5,
      ...script({ operation: "put", first: utf8("k"), second: utf8("v") }),
    }),
    transactionOf({ contract: "pa", number: 6, ...script({ operation: "trap" }) }),
  ],
  [
    transactionOf({ contract: "pa", number: 7, ...script({ operation: "output", first: utf8("done") }) }),
    transactionOf({ contract: "pa", number: 8, ...script({ operation: "burn" }) }),
    deployOf("pd", CODE, 9),
  ],
];

type Mode = (machine: Machine) => { readonly before: Promise<void>; close(): Promise<void> };

const endless = (): Worker => new Worker("for (;;);", { eval: true });
const prepared =
  (options: {
    readonly spawnWorker?: () => Worker;
    readonly timeLimitMs?: number;
    readonly isAwaited: boolean;
  }): Mode =>
  (machine) => {
    const { isAwaited, ...rest } = options;
    const preparer = new Preparer({ machine, ...rest });
    const all = Promise.all([CODE, BAD_CODE].map((code) => preparer.prepare(code))).then(() => undefined);
    return { before: isAwaited ? all : Promise.resolve(), close: () => preparer.close() };
  };

const MODES: Readonly<Record<string, Mode>> = {
  on: prepared({ isAwaited: true }),
  "killed in the middle": prepared({ spawnWorker: endless, timeLimitMs: 50, isAwaited: true }),
  "answering late": prepared({ isAwaited: false }),
};

async function blockHashes(name: string, mode?: Mode): Promise<string[]> {
  const machine = createMachine({ hashes, verifier });
  const preparation = mode?.(machine);
  const chain = await openTestChain(join(root, name.replaceAll(" ", "-")), { machine, entropy: new Uint8Array(32) });
  await preparation?.before;
  const hashesOfBlocks: string[] = [];
  for (const [index, block] of BLOCKS.entries()) {
    const { blockHash } = await chain.produceBlock(block, SETTINGS.genesisTimeSeconds + index + 1);
    hashesOfBlocks.push(bytesToHex(blockHash));
  }
  await chain.close();
  await preparation?.close();
  return hashesOfBlocks;
}

describe("blocks with deployments", () => {
  for (const [name, mode] of Object.entries(MODES)) {
    it(`are the same when preparation is ${name} as without it`, async () => {
      assert.deepEqual(await blockHashes(name, mode), await blockHashes(`${name} off`));
    });
  }
});

const view: ChainView = {
  settings: SETTINGS,
  head: { header: { height: 1 } } as ChainView["head"],
  hasTransaction: () => false,
  contractAbi: () => LIFECYCLE_ABI,
};

/** A door whose preparations end when the test says so. */
function slowDoor() {
  const pool = new Pool({ pendingMax: 100, pendingBytesMax: 10_000_000 });
  const device = createReferenceDevice({ workers: 0 });
  const preparing: { code: Uint8Array; done: Deferred<void> }[] = [];
  const ingest = new Ingest({
    chain: view,
    pool,
    hashes,
    device,
    batchItemsMax: 16,
    onFault: (fault) => assert.fail(fault),
    prepare: (code) => {
      const done = new Deferred<void>();
      preparing.push({ code, done });
      return done.promise;
    },
  });
  const submit = (transaction: Transaction, from?: Key) => ingest.submit(encodeTransaction(signed(transaction, from)));
  const taken = (): readonly PoolEntry[] => pool.take({ transactionsMax: 100, bytesMax: 10_000_000 });
  return { pool, device, preparing, submit, taken };
}

describe("a deployment at the door", () => {
  it("stands aside until its module is prepared, and those behind it go on", async () => {
    const { pool, device, preparing, submit, taken } = slowDoor();
    const bomb = submit(deployOf("pa", CODE, 1));
    const others = [2, 3].map((number) =>
      submit(
        transactionOf({ contract: "lifecycle", method: "contract", number, args: Uint8Array.of(1, 0, 0, 0, 0x61) }),
      ),
    );
    await Promise.all([bomb, ...others].map(({ accepted }) => accepted));
    assert.deepEqual(
      preparing.map(({ code }) => code),
      [CODE],
    );
    assert.deepEqual(
      taken().map(({ id }) => id),
      others.map(({ id }) => id),
    );
    assert.equal(pool.has(bytesToHex(bomb.id)), true);
    preparing[0]!.done.resolve();
    await pool.whenReady();
    assert.deepEqual(
      taken().map(({ id }) => id),
      [bomb.id],
    );
    await device.close();
  });

  it("of someone who may not deploy is not prepared", async () => {
    const { device, preparing, submit, taken } = slowDoor();
    const { accepted } = submit(deployOf("pa", CODE, 1, { from: stranger }), stranger);
    await accepted;
    assert.equal(preparing.length, 0);
    assert.equal(taken().length, 1);
    await device.close();
  });

  it("that is held hears when the node stops", async () => {
    const { pool, device, submit } = slowDoor();
    const held = submit(deployOf("pa", CODE, 1));
    await held.accepted;
    pool.rejectWaiting(new TypeError("the node stops"));
    await assert.rejects(held.committed, /the node stops/);
    assert.equal(pool.pending, 0);
    await device.close();
  });
});
