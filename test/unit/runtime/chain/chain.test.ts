import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Chain, CommittedBlock, StateProof } from "../../../../runtime/chain/chain.ts";
import { replayLog } from "../../../../runtime/chain/replay.ts";
import { encodeHeader } from "../../../../runtime/format/block.ts";
import { bytesToHex, concatBytes, equalBytes } from "../../../../runtime/format/bytes.ts";
import type { ChainSettings, Transaction } from "../../../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../../../runtime/system/lifecycle-contract.ts";
import { NodeError, Rejected } from "../../../../vm/errors.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import {
  deployOf,
  hashes,
  idOf,
  machine,
  openTestChain,
  SETTINGS,
  seal,
  signed,
  transactionOf,
  utf8,
  verifier,
} from "../test-chain.ts";

const root = mkdtempSync(join(tmpdir(), "cinnabar-chain-"));
after(() => rmSync(root, { recursive: true, force: true }));
const TIME = SETTINGS.genesisTimeSeconds;
const CODE = puppetModule();

function folderOf(name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}

const putOf = (key: string, value: string): Step => ({ operation: "put", first: utf8(key), second: utf8(value) });

let number = 0;
function runOf(steps: readonly Step[], fields: Partial<Transaction> = {}): Transaction {
  number += 1;
  return transactionOf({ contract: "puppet", args: encodeScript(steps), number, ...fields });
}

/** A chain with the puppet contract in block 1. */
async function puppetChain(folder: string, options: Parameters<typeof openTestChain>[1] = {}): Promise<Chain> {
  const chain = await openTestChain(folder, options);
  await chain.produceBlock([signed(deployOf("puppet", CODE, 0))], TIME);
  return chain;
}

const headOf = (chain: Chain): string => bytesToHex(chain.head.hash);

test("a new folder has genesis, and produced blocks follow it", async () => {
  const chain = await puppetChain(folderOf("new"));
  const genesis = chain.getBlock(0)!;
  assert.equal(genesis.block.header.timeSeconds, TIME);
  assert.deepEqual(genesis.block.transactions, []);
  const first = runOf([putOf("k", "v")]);
  const produced = await chain.produceBlock([first], TIME + 5);
  assert.deepEqual(produced.refused, []);
  assert.equal(produced.block.header.height, 2);
  assert.equal(produced.block.header.timeSeconds, TIME + 5);
  assert.deepEqual(produced.block.header.previousHash, chain.getBlock(1)!.blockHash);
  assert.deepEqual(chain.readState("puppet", utf8("k")), utf8("v"));
  assert.deepEqual(chain.head.hash, produced.blockHash);
  await chain.close();
});

test("the time of a block never goes back", async () => {
  const chain = await openTestChain(folderOf("time"));
  await chain.produceBlock([], TIME + 50);
  assert.equal((await chain.produceBlock([], TIME + 20)).block.header.timeSeconds, TIME + 50);
  await chain.close();
});

test("transactions that cannot be in a block come back with the reason, the others are in it", async () => {
  const chain = await puppetChain(folderOf("refused"));
  const good = runOf([putOf("a", "1")]);
  const other = { ...runOf([]), chainId: "other" };
  const { refused, receipts } = await chain.produceBlock([good, other, good, runOf([putOf("b", "1")])], TIME);
  assert.deepEqual(
    refused.map(({ transaction, reason }) => [transaction, reason.code]),
    [
      [other, "transaction.wrongChain"],
      [good, "transaction.duplicate"],
    ],
  );
  assert.equal(receipts.length, 2);
  await chain.close();
});

test("a transaction is refused again in later blocks, after a checkpoint and after a restart", async () => {
  const folder = folderOf("duplicate");
  let chain = await puppetChain(folder);
  const failing = runOf([{ operation: "revert", first: Uint8Array.of(1) }], { expiryHeight: 60 });
  assert.equal((await chain.produceBlock([failing], TIME)).receipts[0]!.outcome, OUTCOMES.revert);
  const isRefused = async (): Promise<void> => {
    const { refused } = await chain.produceBlock([failing], TIME);
    assert.equal(refused[0]?.reason.code, "transaction.duplicate");
    assert.equal(chain.hasTransaction(idOf(failing)), true);
  };
  await isRefused();
  await chain.checkpoint();
  await isRefused();
  await chain.close();
  chain = await openTestChain(folder);
  await isRefused();
  await chain.close();
});

test("no transaction gets in twice up to its expiry, through checkpoints, forgetting and restarts", async () => {
  const folder = folderOf("expiry");
  const options = { checkpoint: { blocks: 2, bytes: 1e9 }, idsKeptMin: 0 };
  let chain = await puppetChain(folder, options);
  const all: Transaction[] = [];
  for (let count = 0; count < 14; count += 1) {
    const height = chain.head.header.height + 1;
    const fresh = [height, height + 1, height + 3].map((expiryHeight) => signed(runOf([], { expiryHeight })));
    const { refused, receipts } = await chain.produceBlock([...all, ...fresh], TIME);
    assert.equal(receipts.length, fresh.length);
    assert.deepEqual(
      refused.map(({ transaction: { expiryHeight }, reason }) => [expiryHeight, reason.code]),
      all.map(({ expiryHeight }) => [
        expiryHeight,
        expiryHeight < height ? "transaction.expired" : "transaction.duplicate",
      ]),
    );
    all.push(...fresh);
    if (count % 5 === 3) await chain.checkpoint();
    if (count % 5 !== 4) continue;
    await chain.close();
    chain = await openTestChain(folder, options);
  }
  await chain.close();
  assert.equal((await replayLog({ directory: folder, machine, hashes, idsKeptMin: 0 })).transactionCount, 1 + 14 * 3);
});

test("a recovery writes checkpoints on its way", async () => {
  const folder = folderOf("recovered");
  const chain = await puppetChain(folder);
  const all = [runOf([putOf("k", "0")]), runOf([putOf("k", "1")]), runOf([putOf("k", "2")]), runOf([putOf("k", "3")])];
  for (const transaction of all) await chain.produceBlock([transaction], TIME);
  const expected = headOf(chain);
  await chain.close();
  rmSync(join(folder, "state"), { recursive: true });
  // Six records, 0 to 5: one checkpoint of four, and two records that are left to the chain.
  const again = await openTestChain(folder, { checkpoint: { blocks: 4, bytes: 1e9 } });
  assert.equal(again.checkpointHeight, 3);
  assert.equal(headOf(again), expected);
  for (const [index, transaction] of all.entries()) {
    assert.equal(again.getTransaction(idOf(transaction))?.height, index + 2);
  }
  await again.checkpoint();
  assert.equal(again.checkpointHeight, 5);
  await again.close();
});

test("blocks and transactions are found before and after their checkpoint", async () => {
  const folder = folderOf("find");
  let chain = await puppetChain(folder);
  const transactions = [runOf([putOf("a", "1")]), runOf([{ operation: "trap" }])];
  const { block, blockHash, receipts } = await chain.produceBlock(transactions, TIME);
  const check = (): void => {
    for (const [index, transaction] of transactions.entries()) {
      const found = chain.getTransaction(idOf(transaction))!;
      assert.deepEqual({ ...found }, { height: 2, index, transaction, receipt: receipts[index] });
    }
    assert.deepEqual(chain.getBlock(2), { block, blockHash, receipts });
    assert.equal(chain.getBlock(chain.head.header.height + 1), undefined);
    assert.equal(chain.getBlock(-1), undefined);
    assert.equal(chain.getTransaction(new Uint8Array(32)), undefined);
  };
  check();
  await chain.checkpoint();
  check();
  await chain.close();
  chain = await openTestChain(folder);
  for (let count = 0; count < 12; count += 1) await chain.produceBlock([], TIME);
  check();
  await chain.close();
});

test("every transaction is in the index after any number of checkpoints and a restart", async () => {
  const folder = folderOf("indexed");
  let chain = await puppetChain(folder);
  const all: Transaction[] = [];
  for (let count = 0; count < 4; count += 1) {
    await chain.checkpoint();
    for (let block = 0; block <= count; block += 1) {
      const transaction = runOf([putOf("k", "1")]);
      await chain.produceBlock([transaction], TIME);
      all.push(transaction);
    }
  }
  await chain.close();
  chain = await openTestChain(folder);
  assert.equal(chain.checkpointHeight, chain.head.header.height);
  for (const [index, transaction] of all.entries()) {
    assert.equal(chain.getTransaction(idOf(transaction))?.height, index + 2);
  }
  await chain.close();
});

test("a damaged record behind the checkpoint is found when it is read, and stops the chain", async () => {
  const folder = folderOf("damaged");
  await (await puppetChain(folder)).close();
  const path = join(folder, "log", "segment-00000001");
  const bytes = readFileSync(path);
  bytes[4096 + 100]! ^= 1;
  writeFileSync(path, bytes);
  const chain = await openTestChain(folder);
  assert.throws(() => chain.getBlock(0), { code: "log.corrupt", message: /segment-00000001 at byte 4096$/ });
  assert.throws(() => chain.head, { code: "log.corrupt" });
  await chain.close();
});

test("queries see the last committed state, write nothing and need no gas limit", async () => {
  const chain = await puppetChain(folderOf("query"));
  await chain.produceBlock([runOf([putOf("k", "v")])], TIME);
  const pending = chain.produceBlock([runOf([putOf("k", "w")])], TIME);
  assert.deepEqual(chain.readState("puppet", utf8("k")), utf8("v"));
  await pending;
  assert.deepEqual(chain.readState("puppet", utf8("k")), utf8("w"));
  const write = chain.query({ contract: "puppet", method: "run", args: encodeScript([putOf("k", "x")]) });
  assert.equal(write.outcome, OUTCOMES.refusedHostCall);
  assert.deepEqual(chain.readState("puppet", utf8("k")), utf8("w"));
  const output = chain.query({
    contract: "puppet",
    method: "run",
    args: encodeScript([{ operation: "output", first: utf8("out") }]),
  });
  assert.deepEqual(output.output, utf8("out"));
  assert.throws(() => chain.query({ contract: "puppet", method: "run", args: utf8(""), gasLimit: 1.5 }), {
    code: "query.gasLimit",
  });
  await chain.close();
});

test("the ABI of system contracts is known, a contract without one has none", async () => {
  const chain = await puppetChain(folderOf("abi"));
  assert.equal(chain.contractAbi("lifecycle"), LIFECYCLE_ABI);
  assert.equal(chain.contractAbi("puppet"), undefined);
  assert.equal(chain.contractAbi("nobody"), undefined);
  assert.deepEqual(chain.contractAbiSection("puppet"), new Uint8Array(0));
  await chain.close();
});

test("a restart goes on where the log ends, with and without a checkpoint before", async () => {
  for (const isCheckpointed of [false, true]) {
    const folder = folderOf(`restart-${isCheckpointed}`);
    const chain = await puppetChain(folder);
    for (let count = 0; count < 5; count += 1) await chain.produceBlock([runOf([putOf("k", String(count))])], TIME);
    if (isCheckpointed) await chain.checkpoint();
    for (let count = 0; count < 5; count += 1) await chain.produceBlock([runOf([putOf("z", String(count))])], TIME);
    const copy = copyOf(folder, `restart-${isCheckpointed}-copy`);
    const expected = headOf(chain);
    await chain.close();
    for (const place of [folder, copy]) {
      const phases = new Set<string>();
      const again = await openTestChain(place, { progress: (phase) => phases.add(phase) });
      assert.equal(headOf(again), expected);
      assert.deepEqual(again.readState("puppet", utf8("z")), utf8("4"));
      assert.equal(phases.has("log"), place === copy);
      assert.equal(phases.has("state"), place === folder || isCheckpointed);
      await again.close();
    }
  }
});

/** Copies a folder as a crash leaves it: without its lock. */
function copyOf(folder: string, name: string): string {
  const copy = folderOf(name);
  for (const part of ["log", "state"]) {
    mkdirSync(join(copy, part));
    for (const file of readdirSync(join(folder, part))) {
      if (file !== "lock.mdb") writeFileSync(join(copy, part, file), readFileSync(join(folder, part, file)));
    }
  }
  return copy;
}

test("a lost store is made again from the log, and a replay in memory agrees", async () => {
  const folder = folderOf("lost-store");
  const chain = await puppetChain(folder);
  for (let count = 0; count < 5; count += 1) {
    await chain.produceBlock([signed(runOf([putOf(`k${count}`, "1")])), signed(runOf([putOf("k", `${count}`)]))], TIME);
  }
  const expected = { head: headOf(chain), root: bytesToHex(chain.head.header.stateRoot) };
  await chain.close();
  rmSync(join(folder, "state"), { recursive: true });
  const again = await openTestChain(folder);
  assert.equal(headOf(again), expected.head);
  await again.close();
  const seen: number[] = [];
  const replayed = await replayLog({
    directory: folder,
    machine,
    hashes,
    verifier,
    progress: (_, done, total) => {
      assert.equal(total, 7);
      seen.push(done);
    },
  });
  assert.equal(replayed.height, 6);
  assert.equal(bytesToHex(replayed.stateRoot), expected.root);
  assert.equal(replayed.transactionCount, 11);
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
});

test("a replay with signatures names the block whose transaction is not signed", async () => {
  const folder = folderOf("unsigned");
  const chain = await puppetChain(folder);
  await chain.produceBlock([runOf([putOf("k", "1")])], TIME);
  await chain.close();
  const replayed = await replayLog({ directory: folder, machine, hashes });
  assert.equal(replayed.height, 2);
  await assert.rejects(replayLog({ directory: folder, machine, hashes, verifier }), {
    code: "chain.badSignature",
    message: /^block 2: transaction 0 /,
  });
});

test("a replay of a folder without a log is refused", async () => {
  await assert.rejects(replayLog({ directory: folderOf("empty"), machine, hashes }), { code: "chain.noChain" });
});

test("a folder of another chain is refused by name, and a new one needs genesis settings", async () => {
  const folder = folderOf("other");
  await (await openTestChain(folder)).close();
  await assert.rejects(openTestChain(folder, { genesis: { ...SETTINGS, chainId: "mine" } }), (error: unknown) => {
    assert.ok(error instanceof Rejected);
    assert.equal(error.code, "chain.otherChain");
    assert.match(error.message, /"test-chain".*"mine"/);
    return true;
  });
  await assert.rejects(openTestChain(folder, { genesis: { ...SETTINGS, blockGasMax: 3e10 } }), {
    code: "chain.otherChain",
  });
  const { genesis: _, ...withoutGenesis } = { ...optionsOf(folder), genesis: SETTINGS };
  const { openChain } = await import("../../../../runtime/chain/chain.ts");
  await (await openChain(withoutGenesis)).close();
  await assert.rejects(openChain({ ...withoutGenesis, directory: folderOf("none") }), { code: "chain.noGenesis" });
});

const optionsOf = (directory: string) => ({ directory, machine, hashes, seal, segmentBytes: 1024 * 1024 });

test("settings with which a chain could not go on are refused", async () => {
  const bad: readonly Partial<ChainSettings>[] = [
    { protocolVersion: 2 },
    { transactionGasMax: 0 },
    { transactionGasMax: SETTINGS.blockGasMax + 1 },
    { blockGasMax: 40_000_000_001 },
    { transactionBytesMax: 2 ** 30 },
    { expiryHeightsMax: 0 },
  ];
  for (const [index, change] of bad.entries()) {
    const opening = openTestChain(folderOf(`bad-${index}`), { genesis: { ...SETTINGS, ...change } });
    await assert.rejects(opening, { code: "chain.badSettings" });
  }
});

test("an executed block that is refused while it is written down stops the chain", async () => {
  let refusal: Rejected | undefined;
  const chain = await puppetChain(folderOf("unwritable"), {
    seal: (hash) => {
      if (refusal !== undefined) throw refusal;
      return seal(hash);
    },
  });
  refusal = new Rejected("codec.length", "too many bytes");
  await assert.rejects(chain.produceBlock([], TIME), (error: unknown) => {
    assert.ok(error instanceof NodeError);
    assert.equal(error.code, "chain.commitFailed");
    assert.equal(error.cause, refusal);
    return true;
  });
  refusal = undefined;
  await assert.rejects(chain.produceBlock([], TIME), { code: "chain.commitFailed" });
  await chain.close();
});

test("a second opening of a folder is refused while the first lives", async () => {
  const folder = folderOf("locked");
  const chain = await openTestChain(folder);
  await assert.rejects(openTestChain(folder), { code: "data.locked" });
  await chain.close();
  await (await openTestChain(folder)).close();
});

test("a closed chain refuses everything, and closing again does nothing", async () => {
  const chain = await openTestChain(folderOf("closed"));
  await chain.close();
  await chain.close();
  assert.throws(() => chain.head, { code: "chain.closed" });
  assert.throws(() => chain.query({ contract: "chain", method: "settings", args: utf8("") }), { code: "chain.closed" });
  await assert.rejects(chain.produceBlock([], TIME), { code: "chain.closed" });
});

test("blocks asked for before closing are made, those asked for after are not", async () => {
  const folder = folderOf("closing");
  const chain = await puppetChain(folder);
  const before = chain.produceBlock([runOf([putOf("k", "before")])], TIME);
  const closed = chain.close();
  const after = chain.produceBlock([runOf([putOf("k", "after")])], TIME);
  await assert.rejects(after, { code: "chain.closed" });
  await assert.rejects(chain.importRecord(utf8(""), verifier), { code: "chain.closed" });
  assert.equal((await before).block.header.height, 2);
  await closed;
  const again = await openTestChain(folder);
  assert.equal(again.head.header.height, 2);
  assert.equal(again.checkpointHeight, 2);
  await again.close();
});

test("blocks asked for at once are made one after the other", async () => {
  const chain = await puppetChain(folderOf("queue"));
  const blocks = await Promise.all(
    Array.from({ length: 10 }, () => chain.produceBlock([runOf([putOf("k", "1")])], TIME)),
  );
  assert.deepEqual(
    blocks.map(({ block }) => block.header.height),
    Array.from({ length: 10 }, (_, index) => index + 2),
  );
  await chain.close();
});

test("another node of the chain imports its records and has the same bytes", async () => {
  const source = await puppetChain(folderOf("source"));
  const copy = await openTestChain(folderOf("importer"));
  for (let count = 0; count < 3; count += 1) {
    await source.produceBlock(
      [signed(runOf([putOf("k", String(count)), { operation: "emit", first: utf8("E") }]))],
      TIME,
    );
  }
  for (let height = 1; height <= 4; height += 1) await copy.importRecord(source.exportRecord(height)!, verifier);
  assert.equal(headOf(copy), headOf(source));
  assert.deepEqual(copy.exportRecord(4), source.exportRecord(4));
  await source.close();
  await copy.close();
});

test("a record with anything changed is refused, and leaves the importer as it was", async () => {
  const source = await puppetChain(folderOf("forger"));
  await source.produceBlock([signed(runOf([putOf("k", "1")]))], TIME);
  const importer = await openTestChain(folderOf("victim"));
  const record = source.exportRecord(1)!;
  const before = headOf(importer);
  const { block } = source.getBlock(1)!;
  const sealOffset = 1 + 4 + 4 + encodeHeader(block.header).length;
  for (const [offset, code] of [
    [0, /^codec\./],
    [40, /^(codec|block)\./],
    [sealOffset + 5, /^block\.wrongSealer$/],
    [sealOffset + 60, /^block\.badSeal$/],
  ] as const) {
    const changed = record.slice();
    changed[offset]! ^= 1;
    await assert.rejects(importer.importRecord(changed, verifier), (error: unknown) => {
      assert.ok(error instanceof Rejected, String(error));
      assert.match(error.code, code);
      return true;
    });
  }
  await assert.rejects(importer.importRecord(source.exportRecord(2)!, verifier), { code: "block.mismatch" });
  assert.equal(headOf(importer), before);
  await importer.importRecord(record, verifier);
  await source.close();
  await importer.close();
});

/** Root that a leaf and the hashes beside its way to the root give, by the rules of the tree. */
function rootOf({ proof, value, key }: StateProof): Uint8Array {
  assert.ok(proof.kind === "present" && value !== undefined);
  const { keyHash, valueHash, siblings } = proof.leaf;
  assert.deepEqual(keyHash, hashes.sha256(key));
  assert.deepEqual(valueHash, hashes.sha256(value));
  return siblings.reduce(
    (node, sibling, index) => {
      const depth = siblings.length - 1 - index;
      const isRight = ((keyHash[depth >> 3]! >> (7 - (depth & 7))) & 1) === 1;
      return hashes.sha256(concatBytes(utf8("JMT::IntrnalNode"), ...(isRight ? [sibling, node] : [node, sibling])));
    },
    hashes.sha256(concatBytes(utf8("JMT::LeafNode"), keyHash, valueHash)),
  );
}

test("recent heights are proven with their own values, under their own sealed headers", async () => {
  const chain = await puppetChain(folderOf("prove"));
  const blocks: CommittedBlock[] = [];
  for (let count = 0; count < 6; count += 1) {
    const step: Step = count === 3 ? { operation: "delete", first: utf8("k") } : putOf("k", String(count));
    blocks.push(await chain.produceBlock([runOf([step, putOf(`other${count}`, "1")])], TIME));
  }
  for (const [count, { block, blockHash }] of blocks.entries()) {
    const proof = await chain.prove("puppet", utf8("k"), block.header.height);
    assert.deepEqual(proof.header, block.header);
    assert.deepEqual(proof.blockHash, blockHash);
    if (count === 3) {
      assert.equal(proof.proof.kind, "absent");
      assert.equal(proof.value, undefined);
      continue;
    }
    assert.deepEqual(proof.value, utf8(String(count)));
    assert.deepEqual(rootOf(proof), block.header.stateRoot);
  }
  assert.equal((await chain.prove("puppet", utf8("never"))).proof.kind, "absent");
  await assert.rejects(chain.prove("puppet", utf8("k"), 100), { code: "proof.heightUnknown" });
  await chain.close();
});

test("a proof of absence names its neighbours by key and value at that height", async () => {
  const chain = await puppetChain(folderOf("absence"));
  for (let count = 0; count < 10; count += 1)
    await chain.produceBlock([runOf([putOf(`k${count}`, `v${count}`)])], TIME);
  const { height } = chain.head.header;
  await chain.produceBlock([runOf([putOf("k5", "changed"), { operation: "delete", first: utf8("k6") }])], TIME);
  for (let count = 0; count < 40; count += 1) {
    const { proof, entryOf } = await chain.prove("puppet", utf8(`absent${count}`), height);
    assert.ok(proof.kind === "absent");
    for (const leaf of [proof.left, proof.right]) {
      if (leaf === null) continue;
      const entry = entryOf(leaf.keyHash);
      assert.deepEqual(hashes.sha256(entry.key), leaf.keyHash);
      assert.deepEqual(hashes.sha256(entry.value), leaf.valueHash);
    }
  }
  await chain.close();
});

test("old heights cannot be proven any more, and say so", async () => {
  const chain = await openTestChain(folderOf("pruned"));
  for (let count = 0; count < 130; count += 1) await chain.produceBlock([], TIME);
  await assert.rejects(chain.prove("chain", utf8("settings"), 0), { code: "proof.heightPruned" });
  assert.equal((await chain.prove("chain", utf8("settings"), 120)).proof.kind, "present");
  await chain.close();
});

test("a changed value in the store is found at the start", async () => {
  const folder = folderOf("tampered");
  const chain = await puppetChain(folder);
  await chain.produceBlock([runOf([putOf("k", "an unusual value")])], TIME);
  await chain.close();
  const path = join(folder, "state", "data.mdb");
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf("an unusual value"); at >= 0; at = bytes.indexOf("an unusual value", at + 1))
    bytes[at]! ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(openTestChain(folder), { code: "chain.rootMismatch" });
});

test("rules that give another result stop the recovery and name the first different key", async () => {
  const folder = folderOf("rules");
  const chain = await puppetChain(folder);
  await chain.produceBlock([runOf([putOf("k", "1")])], TIME);
  const copy = copyOf(folder, "rules-copy");
  await chain.close();
  // A machine that lets one write less through stands for a node with a mistake in it.
  const faulty = {
    ...machineOf(),
    run: (...call: Parameters<typeof machine.run>) => {
      const [contract, method, input, gasLimit, environment] = call;
      const deaf = Object.assign(Object.create(environment), { storagePut: () => undefined });
      return machine.run(contract, method, input, gasLimit, deaf);
    },
  };
  await assert.rejects(openTestChain(copy, { machine: faulty }), (error: unknown) => {
    assert.ok(error instanceof NodeError);
    assert.equal(error.code, "chain.rootMismatch");
    assert.match(error.message, new RegExp(`^block 2: stateRoot .*${bytesToHex(utf8("k"))}$`));
    return true;
  });
});

const machineOf = (): typeof machine => ({
  scheduleHash: machine.scheduleHash,
  instrumenterVersion: machine.instrumenterVersion,
  allowsDebug: machine.allowsDebug,
  load: (code) => machine.load(code),
  loaded: (codeHash) => machine.loaded(codeHash),
  prepared: (codeHash) => machine.prepared(codeHash),
  adopt: (prepared) => machine.adopt(prepared),
  run: (...call) => machine.run(...call),
});

test("a fault in a block stops the chain, is reported once, and a restart finds the last durable block", async () => {
  const folder = folderOf("fault");
  const faults: NodeError[] = [];
  let isBroken = false;
  const breaking = {
    ...machineOf(),
    run: (...call: Parameters<typeof machine.run>) => {
      if (isBroken) throw new NodeError("test.fault", "the machine broke");
      return machine.run(...call);
    },
  };
  const chain = await puppetChain(folder, { machine: breaking, failed: (error) => faults.push(error) });
  await chain.produceBlock([runOf([putOf("k", "1")])], TIME);
  const expected = headOf(chain);
  isBroken = true;
  const lost = runOf([putOf("k", "2")]);
  await assert.rejects(chain.produceBlock([lost], TIME), { code: "test.fault" });
  isBroken = false;
  await assert.rejects(chain.produceBlock([runOf([])], TIME), { code: "test.fault" });
  assert.throws(() => chain.readState("puppet", utf8("k")), { code: "test.fault" });
  assert.deepEqual(
    faults.map(({ code }) => code),
    ["test.fault"],
  );
  await chain.close();
  const again = await openTestChain(folder);
  assert.equal(headOf(again), expected);
  assert.equal(again.hasTransaction(idOf(lost)), false);
  await again.close();
});

test("the same transactions give the same records for any checkpoints, segments, memory and restarts", async () => {
  const batches = Array.from({ length: 12 }, (_, block) =>
    Array.from({ length: 1 + (block % 4) }, (_, index) =>
      transactionOf({
        contract: "puppet",
        number: 5000 + block * 10 + index,
        args: encodeScript([
          putOf(`k${(block * 7 + index) % 9}`, `${block}/${index}`),
          ...(index === 2 ? [{ operation: "revert", first: Uint8Array.of(5) } as const] : []),
          { operation: "copy", first: utf8(`k${block % 9}`), second: utf8(`c${index}`) },
          { operation: "delete", first: utf8(`k${(block * 5) % 9}`) },
        ]),
      }),
    ),
  );
  const runs = [
    { checkpoint: { blocks: 1000, bytes: 1e9 }, restarts: [] as number[] },
    { checkpoint: { blocks: 1, bytes: 1e9 }, restarts: [] as number[] },
    { checkpoint: { blocks: 3, bytes: 1e9 }, stateBytesMax: 0, segmentBytes: 16 * 4096, restarts: [4, 9] },
    { checkpoint: { blocks: 2, bytes: 1 }, stateBytesMax: 300, restarts: [1, 2, 3, 11] },
  ];
  const results: string[][] = [];
  for (const [index, { restarts, ...options }] of runs.entries()) {
    const folder = folderOf(`deterministic-${index}`);
    let chain = await puppetChain(folder, options);
    for (const [block, batch] of batches.entries()) {
      if (restarts.includes(block)) {
        await chain.close();
        chain = await openTestChain(folder, options);
      }
      await chain.produceBlock(batch, TIME + block);
    }
    const records = Array.from({ length: 14 }, (_, height) => bytesToHex(chain.exportRecord(height)!));
    await chain.close();
    results.push(records);
  }
  for (const records of results.slice(1)) assert.deepEqual(records, results[0]);
});

test("bytes behind the end of the log are nobody's block", async () => {
  const folder = folderOf("tail");
  const chain = await puppetChain(folder);
  const expected = headOf(chain);
  await chain.close();
  appendFileSync(join(folder, "log", "segment-00000001"), new Uint8Array(9000).fill(0x43));
  const again = await openTestChain(folder);
  assert.equal(headOf(again), expected);
  assert.ok(equalBytes(again.getBlock(1)!.blockHash, again.head.hash));
  await again.close();
});
