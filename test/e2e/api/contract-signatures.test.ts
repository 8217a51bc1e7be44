/**
 * A contract that verifies lists of signatures, called over HTTP on a running node whose kernels give the verdicts: lists that
 * are accepted and refused, and blocks that are, byte for byte, those of the sequential executor with the reference verifier.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { ALGORITHMS, type Algorithm } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { type Client, type Committed, createClient } from "../../../node/client/client.ts";
import type { Key } from "../../../node/keys/keystore.ts";
import { type Node, startNode } from "../../../node/node.ts";
import { replayLog } from "../../../runtime/chain/replay.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { utf8Bytes } from "../../../runtime/format/codec.ts";
import { createMachine } from "../../../vm/execute/machine.ts";
import { compileFiles } from "../../unit/contracts/compile-text.ts";
import { ask, createFolder, testConfig } from "./test-node.ts";

const NOTARY = `
import { Cell, require, SignatureList } from "cinnabar/sdk";

@errors
export class Failure {
  @error("notary.notSigned", "Not all of the signatures are accepted.")
  static readonly notSigned: u32 = 21;
}

@struct
export class Signed {
  algorithm: u32 = 0;
  publicKey: Uint8Array = new Uint8Array(0);
  signature: Uint8Array = new Uint8Array(0);
  message: Uint8Array = new Uint8Array(0);
}

function listOf(signed: Signed[]): SignatureList {
  const list = new SignatureList();
  for (let i = 0; i < signed.length; i++) {
    list.add(signed[i].algorithm, signed[i].publicKey, signed[i].signature, signed[i].message);
  }
  return list;
}

@contract("notary", 1)
export class Notary {
  approvals: Cell<u32>;
  verdicts: Cell<bool[]>;

  @call approve(signed: Signed[]): void {
    require(listOf(signed).allAccepted(), Failure.notSigned, "not all are signed");
    this.approvals.set(signed.length);
  }

  @call judge(signed: Signed[]): void {
    this.verdicts.set(listOf(signed).verdicts());
  }

  @view approved(): u32 { return this.approvals.get(); }
  @view judged(): bool[] { return this.verdicts.get(); }
}
`;

/** More than `accelerator.contractItemsMin`. */
const ITEMS = 12;
const GAS_LIMIT = 90_000_000;

interface Signed {
  readonly algorithm: Algorithm;
  readonly publicKey: string;
  readonly signature: string;
  readonly message: string;
}

/** Signatures of all algorithms over messages of this purpose, so that no verdict is known from another test. */
function signedFor(purpose: string): Signed[] {
  const algorithms = Object.values(ALGORITHMS);
  return Array.from({ length: ITEMS }, (_, i) => {
    const algorithm = algorithms[i % algorithms.length]!;
    const secretKey = new Uint8Array(32).fill(i + 1);
    const message = utf8Bytes(`${purpose} ${i}`);
    return {
      algorithm,
      publicKey: bytesToHex(publicKeyOf(algorithm, secretKey)),
      signature: bytesToHex(sign(algorithm, secretKey, message)),
      message: bytesToHex(message),
    };
  });
}

describe("a contract that verifies lists of signatures, on a node with kernels", () => {
  let node: Node;
  let client: Client;
  let folder: string;
  let adminKey: Key;

  before(async () => {
    ({ folder, adminKey } = createFolder());
    const createDevice = () => createWasmDevice({ workers: 1 });
    node = await startNode(testConfig(folder, { accelerator: { workers: 1 } }), { createDevice });
    client = createClient({ url: node.url });
    const { wasm, abi } = await compileFiles({ "index.ts": NOTARY });
    const { receipt } = await client.deploy({ name: "notary", code: wasm, abi }, adminKey);
    assert.equal(receipt.outcome, "ok");
  });

  after(async () => {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const callOf = (method: string, signed: readonly Signed[]): Promise<Committed> =>
    client.send({ contract: "notary", method, args: { signed }, gasLimit: GAS_LIMIT }, adminKey);

  const offloadedItems = async (): Promise<number> => {
    const { text } = await ask(node.url, "/metrics");
    const found = /^cinnabar_contract_items_offloaded(?:_total)? (\d+)$/m.exec(text);
    assert.ok(found !== null, text);
    return Number(found[1]);
  };

  it("accepts a list in which all are signed, by verdicts of the device", async () => {
    const before = await offloadedItems();
    const { receipt } = await callOf("approve", signedFor("accepted"));
    assert.equal(receipt.outcome, "ok");
    assert.equal((await client.query("notary", "approved", {})).result, ITEMS);
    assert.equal(await offloadedItems(), before + ITEMS);
  });

  it("refuses a list in which one is not, and changes nothing", async () => {
    const signed = signedFor("refused");
    signed[7] = { ...signed[7]!, message: signed[6]!.message };
    const before = await offloadedItems();
    const { receipt } = await callOf("approve", signed.slice(0, ITEMS - 1));
    assert.equal(receipt.outcome, "revert");
    assert.equal((await client.query("notary", "approved", {})).result, ITEMS);
    assert.equal(await offloadedItems(), before + ITEMS - 1);
  });

  it("gives a verdict for each", async () => {
    const signed = signedFor("judged");
    for (const bad of [0, 5, 10]) signed[bad] = { ...signed[bad]!, signature: signed[bad + 1]!.signature };
    await callOf("judge", signed);
    const { result } = await client.query("notary", "judged", {});
    assert.deepEqual(
      result,
      signed.map((_, i) => i % 5 !== 0),
    );
  });

  it("makes the blocks that the sequential executor makes with the reference verifier", async () => {
    const { head } = await client.status();
    const hashes = createHashes();
    const verifier = createReferenceVerifier();
    const machine = createMachine({ hashes, verifier });
    const replayed = await replayLog({ directory: folder, machine, hashes, verifier });
    const found = { height: replayed.height, hash: bytesToHex(replayed.blockHash) };
    assert.deepEqual(found, { height: head.height, hash: head.hash });
  });
});
