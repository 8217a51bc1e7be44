/**
 * Contract calls per second of one thread, signatures excluded: ours metered and with a way back, the peer's without
 * either. Then the ladder, layer by layer, to see which one costs what:
 *
 *   bare call   the instrumented module, its meters armed and its globals set back; the host answers from a tape
 *   + frame     the machine: a pooled instance, its reset, the real host functions, a state that forgets
 *   + storage   the same on a map
 *   + overlay   the call tree on the block's overlay: checkpoint, journal, committed every 1,024 calls
 *   + block     a transaction: encoded, its id hashed, authorised, receipt written
 */
import { join } from "node:path";
import { ALGORITHMS } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { compileContract } from "../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { BlockExecution } from "../../../runtime/execute/block.ts";
import { type BlockContext, CallTree } from "../../../runtime/execute/call-tree.ts";
import { ContractCode } from "../../../runtime/execute/contract-code.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import type { Transaction } from "../../../runtime/format/types.ts";
import { Overlay } from "../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../runtime/state/slot-table.ts";
import { LIFECYCLE_ABI } from "../../../runtime/system/lifecycle-contract.ts";
import { PROTOCOL_VERSION } from "../../../vm/abi.ts";
import { NodeError, Rejected } from "../../../vm/errors.ts";
import { createMachine, type Machine } from "../../../vm/execute/machine.ts";
import type { HostEnvironment } from "../../../vm/host/environment.ts";
import { instrument } from "../../../vm/instrument/instrument.ts";
import { METHOD_EXPORT_PREFIX } from "../../../vm/limits.ts";
import { OUTCOMES } from "../../../vm/outcome.ts";
import { type Case, cpuRate, suiteOfCases } from "../harness.ts";
import { contextOf, FixedEnvironment, MapEnvironment } from "../map-environment.ts";
import { recordTape } from "../metering/build-variants.ts";
import type { CallOf } from "../metering/cases.ts";
import { type Guest, Player } from "../metering/tape.ts";
import { openPeers, type PeerContract } from "./cosmwasm.ts";

const SUITE = "calls";
const UNIT = "calls/s";
const GOAL = 4;
const CALLS_PER_BLOCK = 1024;
const BLOCKS_PER_ROUND = 100;
const CALLS = CALLS_PER_BLOCK * BLOCKS_PER_ROUND;
const GAS_LIMIT = 10_000_000;
const DEPLOY_GAS = 1_000_000_000;
const STACK_BYTES = 262_144;
const ZEROS = new Uint8Array(32);
const NO_SIGNATURE = new Uint8Array(64);

interface Subject {
  readonly title: string;
  readonly contract: string;
  readonly wasm: Uint8Array;
  readonly abi: ContractAbi;
  readonly initArgs: Uint8Array;
  readonly before: CallOf;
  readonly measured: CallOf;
  readonly input: Uint8Array;
  readonly view: string;
  readonly viewArgs: Uint8Array;
}

async function subject(title: string, before: CallOf, measured: CallOf, view: CallOf): Promise<Subject> {
  const file = `${title.split(".")[0]}.ts`;
  const entry = join(packageRoot(), "test", "bench", "kernels", "contracts", file);
  const { name, wasm, abi } = await compileContract({ entry });
  return {
    title,
    contract: name,
    wasm,
    abi,
    initArgs: encodeArguments(abi, before.method, before.args),
    before,
    measured,
    input: encodeArguments(abi, measured.method, measured.args),
    view: view.method,
    viewArgs: encodeArguments(abi, view.method, view.args),
  };
}

const sender = "bench";

function subjects(): Promise<Subject>[] {
  return [
    subject(
      "counter.increment",
      { sender, method: "init", args: [] },
      { sender, method: "increment", args: [] },
      { sender, method: "value", args: [] },
    ),
    subject(
      "transfer.transfer",
      { sender, method: "init", args: { from: 1, to: 2, balance: "1000000000000" } },
      { sender, method: "transfer", args: { from: 1, to: 2, amount: "1" } },
      { sender, method: "balance", args: { account: 2 } },
    ),
  ];
}

// The layers.

function newMachine(): Machine {
  return createMachine({ hashes: createHashes(), verifier: createReferenceVerifier({}) });
}

function demandOk(outcome: number): void {
  if (outcome !== OUTCOMES.ok) throw new NodeError("bench.outcome", `a measured call ended with outcome ${outcome}`);
}

function bareCall({ wasm, abi, before, measured }: Subject): () => void {
  const guest: Guest = { memory: null };
  const player = new Player(recordTape(wasm, abi, { before: [before], measured }), guest);
  const module = new WebAssembly.Module(instrument(wasm) as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, player.imports(module));
  guest.memory = exports.__cinnabar_memory as WebAssembly.Memory;
  const reset = exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
  const call = exports[METHOD_EXPORT_PREFIX + measured.method] as () => void;
  return () => {
    reset(GAS_LIMIT, 0, STACK_BYTES);
    player.rewind();
    call();
  };
}

function machineCall({ wasm, measured, input }: Subject, environment: HostEnvironment, init?: Uint8Array): () => void {
  const machine = newMachine();
  const loaded = machine.load(wasm);
  if (!loaded.ok) throw new NodeError("bench.load", "the measured contract is refused");
  const { contract } = loaded;
  if (init !== undefined) demandOk(machine.run(contract, "init", init, GAS_LIMIT, environment).outcome);
  return () => demandOk(machine.run(contract, measured.method, input, GAS_LIMIT, environment).outcome);
}

interface Chain {
  readonly machine: Machine;
  readonly code: ContractCode;
  readonly state: Overlay;
  readonly block: BlockContext;
  readonly transaction: (contract: string, method: string, args: Uint8Array, gasLimit: number) => Transaction;
  readonly execution: () => BlockExecution;
}

function newChain(): Chain {
  const hashes = createHashes();
  const machine = newMachine();
  const code = new ContractCode(machine, hashes);
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 2 ** 28 });
  const state = new Overlay(table);
  const publicKey = hashes.sha256(ZEROS);
  const settings = {
    chainId: "bench",
    protocolVersion: PROTOCOL_VERSION,
    hash: "sha256" as const,
    sm2UserId: "1234567812345678",
    genesisTimeSeconds: 0,
    admins: [code.addressOfSender(ALGORITHMS.ed25519, publicKey)],
    sealer: { algorithm: ALGORITHMS.ed25519, publicKey },
    transactionGasMax: Number.MAX_SAFE_INTEGER,
    blockGasMax: Number.MAX_SAFE_INTEGER,
    expiryHeightsMax: Number.MAX_SAFE_INTEGER,
    transactionBytesMax: 4 * 1024 * 1024,
  };
  const block = { settings, height: 1, timeSeconds: 0 };
  const salts = new DataView(new ArrayBuffer(16));
  return {
    machine,
    code,
    state,
    block,
    transaction: (contract, method, args, gasLimit) => {
      salts.setUint32(0, salts.getUint32(0) + 1);
      return {
        chainId: settings.chainId,
        algorithm: ALGORITHMS.ed25519,
        publicKey,
        contract,
        method,
        args,
        gasLimit,
        expiryHeight: 1,
        salt: new Uint8Array(salts.buffer.slice(0)),
        signature: NO_SIGNATURE,
      };
    },
    execution: () => new BlockExecution({ state, machine, code, hashes, isKnown: () => false }, block),
  };
}

function deployed({ contract, wasm, initArgs }: Subject): Chain {
  const chain = newChain();
  const args = { name: contract, code: bytesToHex(wasm), initArgs: bytesToHex(initArgs) };
  const deployment = encodeArguments(LIFECYCLE_ABI, "deploy", args);
  execute(chain.execution(), chain.transaction("lifecycle", "deploy", deployment, DEPLOY_GAS));
  chain.state.commit();
  return chain;
}

function execute(execution: BlockExecution, transaction: Transaction): void {
  const receipt = execution.add(transaction);
  if (receipt instanceof Rejected) throw receipt;
  demandOk(receipt.outcome);
}

/** One call of the call tree on the overlay, as the executor makes it. */
function treeCall({ code, machine, state, block }: Chain, contract: string, method: string, args: Uint8Array) {
  const origin = { transactionId: ZEROS, sender: ZEROS, readOnly: false };
  const tree = new CallTree({ state, machine, code }, block, origin);
  const { outcome, output } = tree.run({ contract, method, args, gasLimit: GAS_LIMIT });
  demandOk(outcome);
  return output;
}

/** Blocks of calls, each committed; the number that the contract keeps has moved by as many, or the bench ends. */
function overlayBlocks(subject: Subject): (calls: number) => void {
  const chain = deployed(subject);
  const { contract, measured, input } = subject;
  const value = (): bigint => readNumber(treeCall(chain, contract, subject.view, subject.viewArgs));
  return (calls) => {
    const before = value();
    for (let done = 0; done < calls; done += CALLS_PER_BLOCK) {
      for (let i = 0; i < CALLS_PER_BLOCK; i++) treeCall(chain, contract, measured.method, input);
      chain.state.commit();
    }
    demandMoved(before, value(), calls);
  };
}

function transactionBlocks(subject: Subject): (calls: number) => void {
  const chain = deployed(subject);
  const { contract, measured, input } = subject;
  return (calls) => {
    for (let done = 0; done < calls; done += CALLS_PER_BLOCK) {
      const execution = chain.execution();
      for (let i = 0; i < CALLS_PER_BLOCK; i++) {
        execute(execution, chain.transaction(contract, measured.method, input, GAS_LIMIT));
      }
      execution.finish();
      chain.state.commit();
    }
  };
}

function readNumber(output: Uint8Array): bigint {
  return Buffer.from(output).readBigUInt64LE(0);
}

function demandMoved(before: bigint, after: bigint, calls: number): void {
  if (after - before === BigInt(calls)) return;
  throw new NodeError("bench.differs", `${calls} calls moved the contract's number from ${before} to ${after}`);
}

// The cases.

const repeated =
  (call: () => void) =>
  (calls: number): void => {
    for (let i = 0; i < calls; i++) call();
  };

function peerCalls({ execute: call, value }: PeerContract, key: string): (calls: number) => void {
  return (calls) => {
    const before = value(key);
    for (let i = 0; i < calls; i++) call();
    demandMoved(before, value(key), calls);
  };
}

/** The value that a fixed state gives for every key: 8 bytes, enough for any number of calls. */
const FIXED_VALUE = new Uint8Array(Buffer.from("00ffffffffff0000", "hex"));

function casesOf(subject: Subject, peer: ((calls: number) => void) | null): Case[] {
  const { title, contract, initArgs } = subject;
  const context = contextOf(contract);
  const rate = (run: (calls: number) => void) => () => cpuRate(CALLS, () => run(CALLS));
  const row = (name: string, run: (calls: number) => void): Case => {
    return { name: `${title}, ${name}`, unit: UNIT, goal: null, ours: rate(run) };
  };
  const full = overlayBlocks(subject);
  return [
    {
      name: `${title}, metered, journal and rollback / cosmwasm-vm-js, unmetered`,
      unit: UNIT,
      goal: peer === null ? null : GOAL,
      ours: rate(full),
      baseline: peer === null ? undefined : rate(peer),
    },
    row("bare call", repeated(bareCall(subject))),
    row("+ frame", repeated(machineCall(subject, new FixedEnvironment(context, FIXED_VALUE)))),
    row("+ storage", repeated(machineCall(subject, new MapEnvironment(context), initArgs))),
    row("+ overlay", full),
    row("+ block", transactionBlocks(subject)),
  ];
}

export const calls = suiteOfCases(SUITE, async () => {
  const peers = await openPeers();
  const [counter, transfer] = await Promise.all(subjects());
  const cases = [
    ...casesOf(counter!, peers && peerCalls(peers.counter, "a")),
    ...casesOf(transfer!, peers && peerCalls(peers.transfer, "b")),
  ];
  return { cases, close: async () => {} };
});
