/**
 * The sequential executor, signatures excluded: microseconds of processor time for one transfer, from a decoded transaction
 * to its receipt, and the parts of it.
 *
 *   sequential transfer   BlockExecution.add of transactions that came from the codec: authorised, run, receipt encoded
 *   bare call             the instrumented module alone; the host answers from a tape
 *   + frame               the machine: a pooled instance and its reset, the real host functions, a state that forgets
 *   + overlay             the call tree on the block's overlay: checkpoint, journal
 *   beside it             what a block of them costs in other places, for each transaction
 */
import type { BlockResult } from "../../../runtime/execute/block.ts";
import { encodeArguments, encodeValue, storageKey } from "../../../runtime/format/abi-codec.ts";
import type { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import { merkleRoot } from "../../../runtime/format/merkle.ts";
import {
  bareCall,
  deployed,
  FIXED_VALUE,
  GAS_LIMIT,
  machineCall,
  type Subject,
  subject,
  treeCall,
} from "../calls/layers.ts";
import { type ChainInMemory, demandOk } from "../chain-in-memory.ts";
import { type Measurement, measurementOf } from "../harness.ts";
import { cpuNanoseconds } from "../machine.ts";
import { contextOf, FixedEnvironment } from "../map-environment.ts";

const GOAL_US = 1.5;
const BLOCK = 1024;
const BLOCKS_PER_TURN = 32;
const ACCOUNTS_MANY = 10_000;
const BALANCE = "1000000000000";
const SENDER = "bench";

/** Processor time of the marked stretches of one turn. */
class Stopwatch {
  nanoseconds = 0;

  measure<T>(work: () => T): T {
    const start = cpuNanoseconds();
    const result = work();
    this.nanoseconds += cpuNanoseconds() - start;
    return result;
  }
}

interface Row {
  readonly name: string;
  readonly goal: number | null;
  /** One block's worth of work. */
  readonly block: (watch: Stopwatch) => void;
}

const repeated =
  (call: () => void): Row["block"] =>
  (watch) =>
    watch.measure(() => {
      for (let i = 0; i < BLOCK; i++) call();
    });

/** Numbers below `bound`, evenly and always the same (Park and Miller's minimal standard generator). */
function numbersBelow(bound: number): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % bound;
  };
}

/** Blocks of transfers between `accounts` accounts that have enough, in a chain of their own. */
class Transfers {
  readonly chain: ChainInMemory;
  readonly #subject: Subject;
  readonly #next: () => number;
  readonly #accounts: number;

  constructor(subject: Subject, accounts: number) {
    this.chain = deployed(subject);
    this.#subject = subject;
    this.#accounts = accounts;
    this.#next = numbersBelow(accounts);
    for (let account = 3; account <= accounts; account++) this.#fund(account);
    this.chain.commit();
  }

  #fund(account: number): void {
    const { abi, contract } = this.#subject;
    this.chain.put(contract, storageKey(abi, "balances", [account]), encodeValue(abi, "u64", BALANCE));
  }

  encoded(): Uint8Array[] {
    return Array.from({ length: BLOCK }, () => {
      const from = this.#next();
      const to = (from + 1 + (this.#next() % (this.#accounts - 1))) % this.#accounts;
      const args = encodeArguments(this.#subject.abi, "transfer", { from: from + 1, to: to + 1, amount: "1" });
      return this.chain.encoded(this.#subject.contract, "transfer", args, GAS_LIMIT);
    });
  }

  decoded(): DecodedTransaction[] {
    return this.encoded().map((bytes) => this.chain.decoded(bytes));
  }

  /** Executes the transactions as a block, which is not committed. */
  execute(
    transactions: readonly DecodedTransaction[],
    add: Stopwatch,
    finish: Stopwatch = new Stopwatch(),
  ): BlockResult {
    const execution = this.chain.block();
    add.measure(() => {
      for (const transaction of transactions) demandOk(this.chain.add(execution, transaction).outcome);
    });
    return finish.measure(() => execution.finish());
  }
}

function transferRow(name: string, transfers: Transfers, goal: number | null): Row {
  return {
    name,
    goal,
    block: (watch) => {
      transfers.execute(transfers.decoded(), watch);
      transfers.chain.commit();
    },
  };
}

function besideRows(few: Transfers, many: Transfers): Row[] {
  const besideIt = (name: string, block: Row["block"]): Row => ({ name: `beside it: ${name}`, goal: null, block });
  const aside = new Stopwatch();
  const committed =
    ({ chain, execute }: Transfers, transfers: Transfers): Row["block"] =>
    (watch) => {
      execute.call(transfers, transfers.decoded(), aside, watch);
      watch.measure(() => chain.commit());
    };
  return [
    besideIt("decoding at the door", (watch) => {
      const all = few.encoded();
      watch.measure(() => {
        for (const bytes of all) few.chain.decoded(bytes);
      });
    }),
    besideIt("write set and commit, 2 accounts", committed(few, few)),
    besideIt(`write set and commit, ${ACCOUNTS_MANY} accounts`, committed(many, many)),
    besideIt("roots of transactions and receipts", (watch) => {
      const { sha256, pairs } = few.chain.hashes;
      const { transactionBytes, receiptBytes } = few.execute(few.decoded(), aside);
      few.chain.commit();
      watch.measure(() => {
        merkleRoot(transactionBytes, sha256, pairs?.sha256);
        merkleRoot(receiptBytes, sha256, pairs?.sha256);
      });
    }),
  ];
}

async function rows(): Promise<Row[]> {
  const transfer = await subject(
    "transfer.transfer",
    { sender: SENDER, method: "init", args: { from: 1, to: 2, balance: BALANCE } },
    { sender: SENDER, method: "transfer", args: { from: 1, to: 2, amount: "1" } },
    { sender: SENDER, method: "balance", args: { account: 2 } },
  );
  const { contract, measured, input } = transfer;
  const [few, many] = [new Transfers(transfer, 2), new Transfers(transfer, ACCOUNTS_MANY)];
  const tree = deployed(transfer);
  const fixed = new FixedEnvironment(contextOf(contract), FIXED_VALUE);
  const part = (name: string, block: Row["block"]): Row => ({ name: `part: ${name}`, goal: null, block });
  return [
    transferRow("sequential transfer, signature excluded, hot table", few, GOAL_US),
    transferRow(`the same between ${ACCOUNTS_MANY} accounts`, many, null),
    part("bare call", repeated(bareCall(transfer))),
    part("+ frame", repeated(machineCall(transfer, fixed))),
    part("+ overlay", (watch) => {
      watch.measure(() => {
        for (let i = 0; i < BLOCK; i++) treeCall(tree, contract, measured.method, input);
      });
      tree.commit();
    }),
    ...besideRows(few, many),
  ];
}

/** Measures all rows in turns; the first round warms up and is thrown away. */
export async function measureSequential(rounds: number): Promise<Measurement[]> {
  const all = await rows();
  const figures = all.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { block }] of all.entries()) {
      const watch = new Stopwatch();
      for (let done = 0; done < BLOCKS_PER_TURN; done++) block(watch);
      if (round > 0) figures[index]!.push(watch.nanoseconds / (1000 * BLOCK * BLOCKS_PER_TURN));
    }
  }
  return all.map(({ name, goal }, index) =>
    measurementOf({ suite: "lanes", name, unit: "us", goal, better: "lower", ours: figures[index]!, baseline: [] }),
  );
}
