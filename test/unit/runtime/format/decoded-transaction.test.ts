import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BlockExecution } from "../../../../runtime/execute/block.ts";
import { ContractCode } from "../../../../runtime/execute/contract-code.ts";
import { DecodedTransaction, ownBytes } from "../../../../runtime/format/decoded-transaction.ts";
import { encodeTransaction } from "../../../../runtime/format/transaction.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { puppetModule } from "../puppet-contract.ts";
import { deployOf, hashes, idOf, machine, SETTINGS, transactionOf } from "../test-chain.ts";

const LIMITS = { bytesMax: 100_000 };
const transaction = transactionOf({ contract: "pa", number: 1, args: Uint8Array.of(1, 2, 3) });

/** As a plain object: some of the fields are made when they are asked for. */
const fieldsOf = (decoded: DecodedTransaction) => ({ ...decoded.withGasLimit(decoded.gasLimit) });

describe("a decoded transaction", () => {
  it("has the fields, the bytes and the id", () => {
    const bytes = encodeTransaction(transaction);
    const decoded = DecodedTransaction.decode(bytes, LIMITS, hashes);
    assert.deepEqual(fieldsOf(decoded), { ...transaction, bytes, id: idOf(transaction) });
    assert.equal(decoded.bytes, bytes);
    assert.equal(DecodedTransaction.of(decoded, hashes), decoded);
  });

  it("is made of one that was not, which must have bytes", () => {
    const decoded = DecodedTransaction.of(transaction, hashes);
    const bytes = encodeTransaction(transaction);
    assert.deepEqual(fieldsOf(decoded), { ...transaction, bytes, id: idOf(transaction) });
    assert.throws(() => DecodedTransaction.of({ ...transaction, contract: "1" }, hashes), {
      code: "codec.contractName",
    });
  });

  it("does not keep a large buffer that its bytes are a piece of", () => {
    const bytes = encodeTransaction(transaction);
    const large = new Uint8Array(65_536);
    large.set(bytes, 1000);
    const piece = large.subarray(1000, 1000 + bytes.length);
    const decoded = DecodedTransaction.decode(ownBytes(piece), LIMITS, hashes);
    assert.equal(decoded.bytes.buffer.byteLength, bytes.length);
    large.fill(0);
    assert.deepEqual(decoded.bytes, bytes);
  });

  it("gives the block that the same transaction gives which was not decoded", () => {
    const block = (form: (each: Transaction) => Transaction) => {
      const state = new Overlay(new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 1e9 }));
      const services = { state, machine, code: new ContractCode(machine, hashes), hashes, isKnown: () => false };
      const execution = new BlockExecution(services, { settings: SETTINGS, height: 1, timeSeconds: 1_700_000_001 });
      const all = [deployOf("pa", puppetModule(), 1), transaction, transaction, { ...transaction, chainId: "other" }];
      return { outcomes: all.map((each) => execution.add(form(each))), result: execution.finish() };
    };
    assert.deepEqual(
      block((each) => DecodedTransaction.decode(encodeTransaction(each), LIMITS, hashes)),
      block((each) => each),
    );
  });
});
