/** Blocks from elsewhere: their signatures in batches, ahead of their turn, none twice. And blocks with contracts' questions. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { SignatureItem } from "../../../../accel/device.ts";
import { createReferenceDevice } from "../../../../accel/reference/device.ts";
import { verifyItems } from "../../../../accel/verify-items.ts";
import type { Chain, Offload } from "../../../../runtime/chain/chain.ts";
import { replayLog } from "../../../../runtime/chain/replay.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { VerdictDesk } from "../../../../runtime/verdicts/desk.ts";
import { transactionVerdictKey, VerdictStore } from "../../../../runtime/verdicts/store.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import {
  deployOf,
  hashes,
  idOf,
  machine,
  openTestChain,
  signed,
  transactionOf,
  utf8,
  verifier,
} from "../test-chain.ts";

const TIME = 1_700_000_001;
const folder = mkdtempSync(join(tmpdir(), "cinnabar-offload-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const device = createReferenceDevice({ workers: 0 });
after(() => device.close());

let number = 0;
const put = (key: string): Step => ({ operation: "put", first: utf8(key), second: utf8("v") });
const runOf = (steps: readonly Step[]): Transaction =>
  transactionOf({ contract: "puppet", args: encodeScript(steps), number: ++number });

/** A chain with the contract at height 1 and three transactions at height 2. */
async function sourceChain(name: string, last: (good: Transaction) => Transaction = (good) => good): Promise<Chain> {
  const chain = await openTestChain(join(folder, name));
  await chain.produceBlock([signed(deployOf("puppet", puppetModule(), ++number))], TIME);
  const transactions = ["a", "b", "c"].map((key) => signed(runOf([put(key)])));
  await chain.produceBlock([...transactions.slice(0, 2), last(transactions[2]!)], TIME);
  return chain;
}

/** What a chain asked of a device, in batches. */
function recorded(): Offload & { readonly batches: (readonly SignatureItem[])[] } {
  const batches: (readonly SignatureItem[])[] = [];
  return {
    batches,
    verdicts: new VerdictStore(),
    verifyItems: (items) => {
      batches.push(items);
      return verifyItems(device, items);
    },
  };
}

/** The seal's only: no transaction is verified on the calling thread. */
function sealVerifier() {
  const counter = {
    calls: 0,
    verify: (...item: Parameters<typeof verifier.verify>) => {
      counter.calls += 1;
      return verifier.verify(...item);
    },
  };
  return counter;
}

test("an imported block's unknown signatures are one batch, asked for before the turn of the block", async () => {
  const source = await sourceChain("source");
  const offload = recorded();
  const seals = sealVerifier();
  const copy = await openTestChain(join(folder, "copy"), { offload });
  const imports = [1, 2].map((height) => copy.importRecord(source.exportRecord(height)!, seals));
  assert.deepEqual(
    offload.batches.map(({ length }) => length),
    [1, 3],
    "both before either was executed",
  );
  await Promise.all(imports);
  assert.equal(copy.head.header.height, 2);
  assert.equal(seals.calls, 2);
  assert.equal(bytesToHex(copy.head.hash), bytesToHex(source.head.hash));
  await source.close();
  await copy.close();
});

test("what was verified before, at ingest or for an import that failed, is not verified again", async () => {
  const source = await sourceChain("known");
  const offload = recorded();
  const copy = await openTestChain(join(folder, "known copy"), { offload });
  const { transactions } = source.getBlock(2)!.block;
  offload.verdicts.remember(transactionVerdictKey(idOf(transactions[1]!), transactions[1]!.signature), true);
  await assert.rejects(copy.importRecord(source.exportRecord(2)!, verifier), { code: "block.mismatch" });
  for (const height of [1, 2]) await copy.importRecord(source.exportRecord(height)!, verifier);
  const messages = (batch: readonly SignatureItem[]) => batch.map(({ message }) => bytesToHex(message));
  const ids = transactions.map((transaction) => bytesToHex(idOf(transaction)));
  assert.deepEqual(messages(offload.batches[0]!), [ids[0], ids[2]]);
  assert.deepEqual(
    offload.batches.map(({ length }) => length),
    [2, 1],
  );
  await source.close();
  await copy.close();
});

test("a block with one bad signature is refused, cold and with its verdict known, and the first is named", async () => {
  const source = await sourceChain("forged", (good) => ({ ...good, signature: new Uint8Array(64) }));
  const offload = recorded();
  const copy = await openTestChain(join(folder, "forged copy"), { offload });
  await copy.importRecord(source.exportRecord(1)!, verifier);
  for (let round = 0; round < 2; round++) {
    await assert.rejects(copy.importRecord(source.exportRecord(2)!, verifier), {
      code: "block.badSignature",
      details: { value: "2" },
    });
  }
  assert.deepEqual(
    offload.batches.map(({ length }) => length),
    [1, 3],
  );
  assert.equal(copy.head.header.height, 1);
  await source.close();
  await copy.close();
});

test("a block whose seal is bad costs no verification of its transactions", async () => {
  const source = await sourceChain("unsealed");
  const offload = recorded();
  const copy = await openTestChain(join(folder, "unsealed copy"), { offload });
  const never = { verify: () => false };
  await assert.rejects(copy.importRecord(source.exportRecord(1)!, never), { code: "block.badSeal" });
  assert.deepEqual(offload.batches, []);
  await source.close();
  await copy.close();
});

test("a replay takes verdicts from a device, and refuses what it rejects", async () => {
  const source = await sourceChain("replayed");
  const height = source.head.header.height;
  await source.close();
  const parts = { directory: join(folder, "replayed"), machine, hashes, verifier };
  const replayed = await replayLog({ ...parts, verifyItems: (items) => verifyItems(device, items) });
  assert.equal(replayed.height, height);
  const rejecting = async (items: readonly SignatureItem[]) => new Uint8Array((items.length + 7) >> 3);
  await assert.rejects(replayLog({ ...parts, verifyItems: rejecting }), { code: "chain.badSignature" });
});

test("blocks whose contracts ask are made with a device's verdicts, and imported and replayed without", async () => {
  const offload = recorded();
  const desk = new VerdictDesk({ inner: verifier, hashes });
  const asking = createMachine({ hashes, verifier: desk });
  const directory = join(folder, "asking");
  const chain = await openTestChain(directory, { machine: asking, offload: { ...offload, desk } });
  await chain.produceBlock([signed(deployOf("puppet", puppetModule(), ++number))], TIME);
  const subject = signed(runOf([put("subject")]));
  const message = idOf(subject);
  const asked = Uint8Array.from([
    subject.algorithm,
    subject.publicKey.length,
    ...subject.publicKey,
    ...subject.signature,
  ]);
  const steps: Step[] = [put("x"), { operation: "verify", first: asked, second: message }];
  const produced = chain.produceBlock([signed(runOf(steps)), signed(runOf([put("y")]))], TIME);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(chain.readState("puppet", utf8("x")), undefined, "nothing of a block that waits for verdicts is seen");
  const { receipts } = await produced;
  assert.deepEqual(
    receipts.map(({ outcome }) => outcome),
    [OUTCOMES.ok, OUTCOMES.ok],
  );
  assert.deepEqual(chain.readState("puppet", message), Uint8Array.of(1));
  assert.equal(desk.statistics().aborts, 1);
  const copy = await openTestChain(join(folder, "asking copy"));
  for (const height of [1, 2]) await copy.importRecord(chain.exportRecord(height)!, verifier);
  assert.equal(bytesToHex(copy.head.hash), bytesToHex(chain.head.hash));
  await copy.close();
  await chain.close();
  assert.equal((await replayLog({ directory, machine, hashes })).height, 2);
});

test("a device that fails while a block is made stops the chain, and the block is not committed", async () => {
  const desk = new VerdictDesk({ inner: verifier, hashes });
  const directory = join(folder, "failing");
  const failing = { ...recorded(), desk, verifyItems: () => Promise.reject(new TypeError("gone")) };
  const chain = await openTestChain(directory, {
    machine: createMachine({ hashes, verifier: desk }),
    offload: failing,
  });
  await chain.produceBlock([signed(deployOf("puppet", puppetModule(), ++number))], TIME);
  const asked = Uint8Array.from([1, 32, ...new Uint8Array(96)]);
  const question: Step = { operation: "verify", first: asked, second: utf8("m") };
  await assert.rejects(chain.produceBlock([signed(runOf([put("x"), question]))], TIME), { code: "chain.unexpected" });
  await chain.close();
  const again = await openTestChain(directory);
  assert.deepEqual([again.head.header.height, again.readState("puppet", utf8("x"))], [1, undefined]);
  await again.close();
});
