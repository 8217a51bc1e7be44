/**
 * The process that test/fault/kill.test.ts kills: continues the chain in the folder given to it, block after block, and says
 * each one that was acknowledged, until it is killed. Small segments and frequent checkpoints put a kill into every phase.
 *
 *   argument 1   the folder
 *   output       one line for each block: its height, its hash, the ids of its transactions
 */
import { writeSync } from "node:fs";
import type { Chain } from "../../runtime/chain/chain.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { encodeScript, puppetModule } from "../unit/runtime/puppet-contract.ts";
import { deployOf, idOf, openTestChain, SETTINGS, transactionOf, utf8 } from "../unit/runtime/test-chain.ts";

/** More than the chain executes ahead, so that a kill meets blocks in every state. */
const BLOCKS_ASKED_MAX = 6;

export const WRITER_OPTIONS = { checkpoint: { blocks: 4, bytes: 1e9 }, segmentBytes: 32 * 4096 } as const;

async function writeBlocks(folder: string): Promise<void> {
  const chain = await openTestChain(folder, WRITER_OPTIONS);
  if (chain.head.header.height === 0) {
    await chain.produceBlock([deployOf("puppet", puppetModule(), 0)], SETTINGS.genesisTimeSeconds);
  }
  const underWay = new Set<Promise<void>>();
  for (let height = chain.head.header.height + 1; ; height += 1) {
    const done = writeBlock(chain, height).then(() => {
      underWay.delete(done);
    });
    underWay.add(done);
    if (underWay.size >= BLOCKS_ASKED_MAX) await Promise.race(underWay);
  }
}

async function writeBlock(chain: Chain, height: number): Promise<void> {
  const transactions = Array.from({ length: 1 + (height % 7) }, (_, index) =>
    transactionOf({
      contract: "puppet",
      number: height * 100 + index,
      expiryHeight: height + 50,
      args: encodeScript([
        { operation: "put", first: utf8(`k${(height * 31 + index) % 50}`), second: utf8(`${height} ${index}`) },
        { operation: "put", first: utf8(`h${height}`), second: new Uint8Array(200 * (height % 11)) },
        { operation: "delete", first: utf8(`h${height - 20}`) },
      ]),
    }),
  );
  const { block, blockHash, refused } = await chain.produceBlock(transactions, SETTINGS.genesisTimeSeconds + height);
  const ids = block.transactions.map((transaction) => bytesToHex(idOf(transaction)));
  // Synchronous: what is said here was acknowledged, and a kill cannot hold the line back.
  writeSync(1, `${block.header.height} ${bytesToHex(blockHash)} ${refused.length} ${ids.join(",")}\n`);
}

const [folder] = process.argv.slice(2);
if (folder !== undefined) await writeBlocks(folder);
