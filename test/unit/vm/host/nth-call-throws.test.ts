/**
 * The N-th call out of the machine throws, for every N of real runs and everything that can be thrown: the node stops
 * with a NodeError that keeps the cause, there is no receipt, and what the transaction gives afterwards, on the same
 * machine and on a new one, is what it gives where nothing ever failed.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { builtContract } from "../../../../contracts/testing/built-contract.ts";
import { BlockExecution } from "../../../../runtime/execute/block.ts";
import { ContractCode } from "../../../../runtime/execute/contract-code.ts";
import { encodeArguments } from "../../../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import { encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { encodeSettings } from "../../../../runtime/format/settings.ts";
import type { Receipt, Transaction } from "../../../../runtime/format/types.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { SETTINGS_STATE_KEY } from "../../../../runtime/system/chain-contract.ts";
import { HOST_FUNCTIONS } from "../../../../vm/abi.ts";
import { NodeError, Rejected } from "../../../../vm/errors.ts";
import type { Machine } from "../../../../vm/execute/machine.ts";
import { FRAME_ENDED } from "../../../../vm/host/frame.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { documentOf } from "../../contracts/invoice-document.ts";
import {
  deployArguments,
  deployOf,
  hashes,
  keyOf,
  SETTINGS,
  transactionOf,
  verifier,
} from "../../runtime/test-chain.ts";
import { SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import { CountedCalls, countedMachine } from "./counted-calls.ts";
import { constantCaller, rowOf, smallArguments } from "./row-caller.ts";

const GAS = Number.MAX_SAFE_INTEGER;

/** What a call out can throw. The last three are what the machine itself throws or looks for. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  Error: () => Object.assign(new TypeError("disk"), { code: "EIO" }),
  RangeError: () => new RangeError("Maximum call stack size exceeded"),
  "WebAssembly.RuntimeError": () => new WebAssembly.RuntimeError("unreachable"),
  "no error but undefined": () => undefined,
  "no error but a number": () => 4,
  "a refusal of input": () => new Rejected("state.bad", "bad"),
  "a fault of the node": () => new NodeError("state.gone", "gone"),
  "the mark of an ended frame": () => FRAME_ENDED,
};

function checkFault(run: () => unknown, thrown: unknown, shown: string): void {
  assert.throws(
    run,
    (error: unknown) => {
      assert.ok(error instanceof NodeError, shown);
      if (thrown instanceof NodeError) assert.equal(error, thrown, shown);
      else assert.deepEqual([error.code, error.cause], ["host.fault", thrown], shown);
      return true;
    },
    shown,
  );
}

/** A state in memory and a machine whose calls out are counted. */
class World {
  readonly calls = new CountedCalls();
  readonly overlay: Overlay;
  readonly #machine: Machine = countedMachine(this.calls, hashes, verifier);
  readonly #code = new ContractCode(this.#machine, hashes);

  constructor(prepared: readonly Transaction[]) {
    this.overlay = new Overlay(new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 1e9 }));
    this.overlay.put(SETTINGS_STATE_KEY, SETTINGS_STATE_KEY.length, encodeSettings(SETTINGS));
    for (const transaction of prepared) assert.equal(this.run(transaction).outcome, OUTCOMES.ok);
    this.overlay.commit();
    this.calls.begin();
  }

  run(transaction: Transaction): Receipt {
    const services = {
      state: this.overlay,
      machine: this.#machine,
      code: this.#code,
      hashes,
      isKnown: () => false,
    };
    const execution = new BlockExecution(services, { settings: SETTINGS, height: 1, timeSeconds: 1_767_225_600 });
    const receipt = execution.add(transaction);
    if (receipt instanceof Rejected) throw receipt;
    return receipt;
  }

  /** What the transaction leaves, as text; nothing of it stays. */
  trial(transaction: Transaction): string {
    const checkpoint = this.overlay.checkpoint();
    const receipt = encodeReceipt(this.run(transaction));
    const writes = this.overlay.writeSet().map((entry) => JSON.stringify(entry, (_, value) => bytesShown(value)));
    this.overlay.revertTo(checkpoint);
    return [bytesToHex(receipt), ...writes].join("\n");
  }
}

function bytesShown(value: unknown): unknown {
  return value instanceof Uint8Array ? bytesToHex(value) : value;
}

const [seller, buyer, carrier] = ["seller", "buyer", "carrier"].map(keyOf);
const people = { seller: seller!, buyer: buyer!, carrier: carrier! };
const contracts = {
  invoice: builtContract("invoice"),
  payment: builtContract("payment"),
  trade: builtContract("trade"),
};
let numbers = 0;

function call(by: keyof typeof people, contract: keyof typeof contracts, method: string, args: unknown): Transaction {
  const fields = { contract, method, args: encodeArguments(contracts[contract].abi, method, args), from: people[by] };
  return transactionOf({ ...fields, number: ++numbers });
}

function deployment(contract: keyof typeof contracts, init: unknown): Transaction {
  const { wasm, abi } = contracts[contract];
  const initArgs = init === null ? new Uint8Array(0) : encodeArguments(abi, "init", init);
  return deployOf(contract, wasm, ++numbers, { args: deployArguments(contract, wasm, initArgs) });
}

const INVOICE = { seller: "DE123", number: "R-1" };
const issued = call("seller", "invoice", "issue", { document: documentOf("100.00") });
const ledger = [
  deployment("invoice", { mode: 0, paymentContract: "payment" }),
  deployment("payment", { currency: "EUR", issuer: bytesToHex(people.seller.address), invoiceContract: "" }),
];
const bill = { reference: "BL-1", kind: 1, shipper: bytesToHex(people.buyer.address), consignee: null };

interface Scenario {
  readonly name: string;
  readonly prepared: readonly Transaction[];
  readonly transaction: Transaction;
  /** The calls out that it must make at least, so that the test is about something. */
  readonly calls: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "an invoice is issued",
    prepared: ledger,
    transaction: issued,
    calls: ["storageGet", "storagePut", "emitEvent"],
  },
  {
    name: "an invoice is paid, in two contracts",
    prepared: [
      ...ledger,
      issued,
      call("buyer", "payment", "openAccount", { id: "buyer" }),
      call("seller", "payment", "openAccount", { id: "seller" }),
      call("seller", "payment", "mint", { to: "buyer", amount: 50_000 }),
    ],
    transaction: call("buyer", "payment", "payInvoice", { from: "buyer", to: "seller", ...INVOICE }),
    calls: ["storageGet", "storagePut", "emitEvent", "call"],
  },
  {
    name: "a bill of lading is surrendered",
    prepared: [
      deployment("trade", null),
      call("carrier", "trade", "issue", { ...bill, documentHash: "11".repeat(32) }),
    ],
    transaction: call("buyer", "trade", "surrender", { reference: "BL-1" }),
    calls: ["storageGet", "storagePut", "emitEvent"],
  },
];

describe("when the N-th call out of the machine throws, for every N", () => {
  for (const { name, prepared, transaction, calls } of SCENARIOS) {
    it(`the node stops and there is no receipt: ${name}`, (t) => {
      const world = new World(prepared);
      const want = world.trial(transaction);
      const made = [...world.calls.names];
      for (const each of calls) assert.ok(made.includes(each), `${each} is among ${made.join(" ")}`);
      for (let n = 1; n <= made.length; n++) {
        for (const [kind, create] of Object.entries(THROWN))
          checkFailure(world, transaction, { n, kind, thrown: create() });
        world.calls.begin();
        assert.equal(world.trial(transaction), want, `the same machine, after call ${n} had failed`);
        assert.deepEqual(world.calls.names, made);
      }
      assert.equal(new World(prepared).trial(transaction), want, "a new machine");
      t.diagnostic(`${made.length} calls out: ${made.join(" ")}`);
    });
  }

  it("nothing of what a failed transaction did is left to one that ends by itself", () => {
    const [scenario] = SCENARIOS;
    const world = new World(scenario!.prepared);
    const want = world.trial(scenario!.transaction);
    const poor = { ...scenario!.transaction, gasLimit: 20_000 };
    const wantPoor = new World(scenario!.prepared).trial(poor);
    checkFailure(world, scenario!.transaction, { n: 2, kind: "Error", thrown: new Error("disk") });
    world.calls.begin();
    assert.equal(world.trial(poor), wantPoor);
    assert.equal(world.trial(scenario!.transaction), want);
  });
});

interface Failure {
  readonly n: number;
  readonly kind: string;
  readonly thrown: unknown;
}

function checkFailure(world: World, transaction: Transaction, { n, kind, thrown }: Failure): void {
  const checkpoint = world.overlay.checkpoint();
  world.calls.begin(n, thrown);
  checkFault(() => world.run(transaction), thrown, `call ${n} throws ${kind}`);
  assert.equal(world.calls.names.length, n, "nothing was called after the failure");
  world.overlay.revertTo(checkpoint);
}

describe("when a call out of any host function throws", () => {
  for (const row of HOST_FUNCTIONS) {
    const code = constantCaller(row, smallArguments(row));
    it(`the node stops: ${row.name}`, () => {
      const calls = new CountedCalls();
      const chain = chainWith(calls, code);
      const want = chain.run("z", "run", { gas: GAS });
      const made = calls.names.length;
      for (let n = 1; n <= made; n++) {
        for (const [kind, create] of Object.entries(THROWN)) {
          const thrown = create();
          calls.begin(n, thrown);
          checkFault(() => chain.run("z", "run", { gas: GAS }), thrown, `${row.name}: call ${n} throws ${kind}`);
          calls.begin();
          assert.deepEqual(chain.run("z", "run", { gas: GAS }), want, `${row.name} after ${kind}`);
        }
      }
    });
  }

  it("which is most of them", () => {
    const reaching = HOST_FUNCTIONS.filter((row) => callsOutOf(row) > 0).map((row) => row.name);
    const crypto = ["sha256", "sha512", "sm3", "keccak256", "blake2b256", "blake2b512", "blake3"];
    const signatures = ["secp256k1_recover", "signature_verify_many", "bls_fast_aggregate_verify", "bls_pop_verify"];
    const state = [
      "storage_scan",
      "counter_add",
      "counter_read",
      "event_emit_indexed",
      "debug_log",
      "storage_get",
      "storage_has",
      "storage_put",
      "storage_delete",
      "event_emit",
      "call",
      "try_call",
    ];
    for (const name of [...crypto, ...signatures, "bls_aggregate_verify", ...state]) {
      assert.ok(reaching.includes(name), name);
    }
    assert.ok(callsOutOf(rowOf("storage_scan")) > 1, "the entries of a scan are calls out, too");
  });
});

/** The contract under `z`, with a counter of 0 under the key of one `a` that small calls name; calls are counted from here. */
function chainWith(calls: CountedCalls, code: Uint8Array): SmallChain {
  const chain = new SmallChain(countedMachine(calls, testHashes, testVerifier)).deploy("z", code);
  chain.state.set("z/61", new Uint8Array(8));
  calls.begin();
  return chain;
}

function callsOutOf(row: (typeof HOST_FUNCTIONS)[number]): number {
  const calls = new CountedCalls();
  const chain = chainWith(calls, constantCaller(row, smallArguments(row)));
  chain.run("z", "run", { gas: GAS });
  return calls.names.length;
}
