/** The real executor on a state in memory: contracts deployed, calls in frames of the call tree, blocks committed. */
import { ALGORITHMS } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { BlockExecution } from "../../runtime/execute/block.ts";
import { type BlockContext, CallTree } from "../../runtime/execute/call-tree.ts";
import { ContractCode } from "../../runtime/execute/contract-code.ts";
import { encodeArguments } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { DecodedTransaction } from "../../runtime/format/decoded-transaction.ts";
import { stateKey } from "../../runtime/format/state-key.ts";
import { encodeTransaction } from "../../runtime/format/transaction.ts";
import type { Receipt, Transaction } from "../../runtime/format/types.ts";
import { Overlay } from "../../runtime/state/overlay.ts";
import { SlotTable } from "../../runtime/state/slot-table.ts";
import { LIFECYCLE_ABI } from "../../runtime/system/lifecycle-contract.ts";
import { PROTOCOL_VERSION } from "../../vm/abi.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import { createMachine, type Machine } from "../../vm/execute/machine.ts";
import { type CallResult, OUTCOMES } from "../../vm/outcome.ts";

const DEPLOY_GAS_LIMIT = 2 ** 50;
const TABLE_BYTES = 2 ** 30;
const ZEROS = new Uint8Array(32);
const NO_SIGNATURE = new Uint8Array(64);

export function newMachine(): Machine {
  return createMachine({ hashes: createHashes(), verifier: createReferenceVerifier({}) });
}

export function demandOk(outcome: number): void {
  if (outcome !== OUTCOMES.ok) throw new NodeError("bench.outcome", `a measured call ended with outcome ${outcome}`);
}

export class ChainInMemory {
  readonly hashes = createHashes();
  readonly #machine = newMachine();
  readonly #code = new ContractCode(this.#machine, this.hashes);
  readonly #state: Overlay;
  readonly #block: BlockContext;
  readonly #publicKey = this.hashes.sha256(ZEROS);
  #salt = 0;

  constructor() {
    this.#state = new Overlay(
      new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: TABLE_BYTES }),
    );
    const settings = {
      chainId: "bench",
      protocolVersion: PROTOCOL_VERSION,
      hash: "sha256" as const,
      sm2UserId: "1234567812345678",
      genesisTimeSeconds: 0,
      admins: [this.#code.addressOfSender(ALGORITHMS.ed25519, this.#publicKey)],
      sealer: { algorithm: ALGORITHMS.ed25519, publicKey: this.#publicKey },
      transactionGasMax: Number.MAX_SAFE_INTEGER,
      blockGasMax: Number.MAX_SAFE_INTEGER,
      expiryHeightsMax: Number.MAX_SAFE_INTEGER,
      transactionBytesMax: 4 * 1024 * 1024,
    };
    this.#block = { settings, height: 1, timeSeconds: 0 };
  }

  /** The contract runs under its name; returns the receipt of its deployment. */
  deploy(name: string, wasm: Uint8Array, initArgs: Uint8Array = new Uint8Array(0)): Receipt {
    const args = { name, code: bytesToHex(wasm), initArgs: bytesToHex(initArgs) };
    const bytes = encodeArguments(LIFECYCLE_ABI, "deploy", args);
    const receipt = this.add(this.block(), this.transaction("lifecycle", "deploy", bytes, DEPLOY_GAS_LIMIT));
    demandOk(receipt.outcome);
    this.commit();
    return receipt;
  }

  /** One call as the executor makes it, whatever its outcome. */
  call(contract: string, method: string, args: Uint8Array, gasLimit: number): CallResult {
    const services = { state: this.#state, machine: this.#machine, code: this.#code };
    const tree = new CallTree(services, this.#block, { transactionId: ZEROS, sender: ZEROS, readOnly: false });
    return tree.run({ contract, method, args, gasLimit });
  }

  /** The contract's own key has the value, as if a call had written it. */
  put(contract: string, key: Uint8Array, value: Uint8Array): void {
    const whole = stateKey(contract, key);
    this.#state.put(whole, whole.length, value);
  }

  /** What the calls so far have written is the state that the next block begins with. */
  commit(): void {
    this.#state.commit();
  }

  block(): BlockExecution {
    const services = { state: this.#state, machine: this.#machine, code: this.#code };
    return new BlockExecution({ ...services, hashes: this.hashes, isKnown: () => false }, this.#block);
  }

  add(execution: BlockExecution, transaction: Transaction): Receipt {
    const receipt = execution.add(transaction);
    if (receipt instanceof Rejected) throw receipt;
    return receipt;
  }

  /** Bytes as a client sends them. */
  encoded(contract: string, method: string, args: Uint8Array, gasLimit: number): Uint8Array {
    return encodeTransaction(this.transaction(contract, method, args, gasLimit));
  }

  /** The transaction of these bytes, as the door makes it. */
  decoded(bytes: Uint8Array): DecodedTransaction {
    return DecodedTransaction.decode(bytes, { bytesMax: this.#block.settings.transactionBytesMax }, this.hashes);
  }

  transaction(contract: string, method: string, args: Uint8Array, gasLimit: number): Transaction {
    const salt = new Uint8Array(16);
    this.#salt += 1;
    new DataView(salt.buffer).setUint32(0, this.#salt);
    return {
      chainId: this.#block.settings.chainId,
      algorithm: ALGORITHMS.ed25519,
      publicKey: this.#publicKey,
      contract,
      method,
      args,
      gasLimit,
      expiryHeight: 1,
      salt,
      signature: NO_SIGNATURE,
    };
  }
}
