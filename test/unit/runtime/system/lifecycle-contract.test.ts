import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Chain } from "../../../../runtime/chain/chain.ts";
import { decodeEvent, decodeValue, encodeArguments } from "../../../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { Receipt, Transaction } from "../../../../runtime/format/types.ts";
import { CHAIN_ABI } from "../../../../runtime/system/chain-contract.ts";
import { DEPLOY_GAS, LIFECYCLE_ABI } from "../../../../runtime/system/lifecycle-contract.ts";
import { admit } from "../../../../vm/admission/admit.ts";
import { HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../../vm/outcome.ts";
import { contractWat } from "../../vm/wat.ts";
import { encodeScript, puppetModule } from "../puppet-contract.ts";
import {
  deployArguments,
  deployOf,
  hashes,
  keyOf,
  machine,
  openTestChain,
  SETTINGS,
  stranger,
  textOf,
  transactionOf,
  utf8,
} from "../test-chain.ts";

const folder = mkdtempSync(join(tmpdir(), "cinnabar-lifecycle-"));
const CODE = puppetModule();
/** `init` puts its argument bytes under "run", emits as many events as the first of them says, and reverts where it is 255. */
const INIT_CODE = puppetModule(`(func (export "call_init")
  (local $n i32)
  (call $input_read (i32.const 1024))
  (call $storage_put (i32.const 0) (i32.const 3) (i32.const 1024) (call $input_size))
  (local.set $n (i32.load8_u (i32.const 1024)))
  (if (i32.eq (local.get $n) (i32.const 255)) (then (call $revert (i32.const 66) (i32.const 0) (i32.const 3))))
  (block $done (loop $next
    (br_if $done (i32.eqz (local.get $n)))
    (call $event_emit (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br $next))))`);

let chain: Chain;
before(async () => {
  chain = await openTestChain(folder);
});
after(async () => {
  await chain.close();
  rmSync(folder, { recursive: true, force: true });
});

let number = 0;
async function receiptOf(transaction: Transaction): Promise<Receipt> {
  const { receipts, refused } = await chain.produceBlock([transaction], SETTINGS.genesisTimeSeconds);
  assert.deepEqual(refused, []);
  return receipts[0]!;
}

function deploy(name: string, code: Uint8Array, fields: Parameters<typeof deployOf>[3] = {}): Promise<Receipt> {
  number += 1;
  return receiptOf(deployOf(name, code, number, fields));
}

function functionCountOf(code: Uint8Array): number {
  const admission = admit(code);
  assert.ok(admission.accepted);
  return admission.facts.functions.length;
}

const deployGas = (code: Uint8Array): number =>
  DEPLOY_GAS.base + DEPLOY_GAS.perCodeByte * code.length + DEPLOY_GAS.perFunction * functionCountOf(code);

function recordOf(name: string): unknown {
  const args = encodeArguments(LIFECYCLE_ABI, "contract", { name });
  const result = chain.query({ contract: "lifecycle", method: "contract", args });
  assert.equal(result.outcome, OUTCOMES.ok);
  return decodeValue(LIFECYCLE_ABI, "ContractRecord?", result.output);
}

test("an admin deploys: the contract runs, its record is read, the gas is the formula", async () => {
  const receipt = await deploy("first", CODE);
  assert.equal(receipt.outcome, OUTCOMES.ok);
  const codeHash = createHash("sha256").update(CODE).digest("hex");
  assert.equal(bytesToHex(receipt.output), codeHash);
  assert.equal(receipt.gasUsed, deployGas(CODE));
  assert.deepEqual(
    receipt.events.map(({ contract, name }) => [contract, name]),
    [["lifecycle", "Deployed"]],
  );
  const event = receipt.events[0]!;
  assert.deepEqual(event.topics.map(bytesToHex), [bytesToHex(Uint8Array.of(5, 0, 0, 0, ...utf8("first"))), codeHash]);
  assert.deepEqual(decodeEvent(LIFECYCLE_ABI, "Deployed", event.data), { name: "first", codeHash, version: 1 });
  const abiHash = createHash("sha256").update("").digest("hex");
  assert.deepEqual(recordOf("first"), { codeHash, abiHash, version: 1, height: chain.head.header.height });
  assert.equal(recordOf("nobody"), null);
  assert.equal(recordOf("NO NAME"), null);
  const ran = await receiptOf(transactionOf({ contract: "first", number: -1, args: encodeScript([]) }));
  assert.equal(ran.outcome, OUTCOMES.ok);
});

test("init runs once, in the deployment, with its arguments and its own gas", async () => {
  const args = deployArguments("with-init", INIT_CODE, Uint8Array.of(2, 7));
  const receipt = await deploy("with-init", INIT_CODE, { args });
  assert.equal(receipt.outcome, OUTCOMES.ok);
  assert.deepEqual(chain.readState("with-init", utf8("run")), Uint8Array.of(2, 7));
  assert.deepEqual(
    receipt.events.map(({ name }) => name),
    ["Deployed", "run", "run"],
  );
  assert.ok(receipt.gasUsed > deployGas(INIT_CODE));
});

test("a failing init undoes the whole deployment and its code shows", async () => {
  const args = deployArguments("failing", INIT_CODE, Uint8Array.of(255));
  const receipt = await deploy("failing", INIT_CODE, { args });
  assert.deepEqual([receipt.outcome, receipt.revertCode, textOf(receipt.output)], [OUTCOMES.calleeFailed, 66, "run"]);
  assert.deepEqual(receipt.events, []);
  assert.equal(recordOf("failing"), null);
  assert.equal(chain.readState("failing", utf8("run")), undefined);
});

test("a deployment whose init emits all the events of a transaction is one event too many", async () => {
  const many = puppetModule(`(func (export "call_init") (local $n i32)
    (loop $next
      (call $event_emit (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $n) (i32.const 256)))))`);
  const receipt = await deploy("eventful", many);
  assert.deepEqual(
    [receipt.outcome, receipt.revertCode, receipt.gasUsed],
    [OUTCOMES.refusedHostCall, HOST_REFUSALS.eventsTooMany, 500_000_000],
  );
});

test("the same code under two names is stored once", async () => {
  const before = chain.head.header.height;
  await deploy("twin-a", CODE);
  await deploy("twin-b", CODE);
  assert.equal(chain.head.header.height, before + 2);
  assert.deepEqual(chain.contractRecord("twin-a")?.codeHash, chain.contractRecord("twin-b")?.codeHash);
});

test("what is refused says why, in a code at the beginning, and deploys nothing", async () => {
  await deploy("taken", CODE);
  const badModule = Uint8Array.of(...CODE.slice(0, 40), 0xff, 0xff);
  const cases = [
    { name: "fresh", code: CODE, from: stranger, cause: "lifecycle.notAdmin:" },
    { name: "Bad Name", code: CODE, cause: "lifecycle.badName:" },
    { name: "a".repeat(33), code: CODE, cause: "lifecycle.badName:" },
    { name: "chain", code: CODE, cause: "lifecycle.nameReserved:" },
    { name: "taken", code: CODE, cause: "lifecycle.nameTaken:" },
    { name: "fresh", code: badModule, cause: "lifecycle.moduleRefused: " },
    { name: "fresh", code: CODE, initArgs: Uint8Array.of(1), cause: "lifecycle.noInit:" },
  ];
  for (const { name, code, from, initArgs, cause } of cases) {
    const fields = initArgs === undefined ? {} : { args: deployArguments(name, code, initArgs) };
    const receipt = await deploy(name, code, from === undefined ? fields : { ...fields, from });
    assert.deepEqual([receipt.outcome, receipt.revertCode], [OUTCOMES.revert, SYSTEM_REVERTS.refused], cause);
    assert.ok(textOf(receipt.output).startsWith(cause), textOf(receipt.output));
  }
  assert.equal(recordOf("fresh"), null);
});

test("a module that logs is for test chains: a real one refuses it", async () => {
  const code = contractWat(`(func (export "call_run") (call $log (i32.const 0) (i32.const 0)))`, [
    `"cinnabar" "debug_log" (func $log (param i32 i32))`,
  ]);
  const receipt = await deploy("logs", code);
  assert.equal(receipt.outcome, OUTCOMES.revert);
  assert.equal(textOf(receipt.output), "lifecycle.moduleRefused: import.debugOnly");
});

test("a refused module lists each reason's code once", async () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const receipt = await deploy("empty", empty);
  const [, codes] = textOf(receipt.output).split(": ");
  assert.ok(codes !== undefined && codes.length > 0);
  const list = codes.split(" ");
  assert.equal(new Set(list).size, list.length);
});

test("arguments that do not decode, in any way, are one outcome", async () => {
  const good = deployArguments("never", CODE);
  for (const args of [new Uint8Array(0), good.slice(0, -1), Uint8Array.of(...good, 0), new Uint8Array(40).fill(255)]) {
    const receipt = await deploy("never", CODE, { args });
    assert.deepEqual([receipt.outcome, receipt.revertCode], [OUTCOMES.revert, SYSTEM_REVERTS.badArguments]);
  }
});

test("the functions of a module are charged when it has been read, and before it is compiled", async () => {
  const functions = Array.from({ length: 30 }, (_, index) => `(func (result i32) (i32.const ${index}))`).join("");
  const code = puppetModule(functions);
  assert.equal(functionCountOf(code), functionCountOf(CODE) + 30);
  const bytesOnly = DEPLOY_GAS.base + DEPLOY_GAS.perCodeByte * code.length;
  const short = await deploy("functions", code, { gasLimit: deployGas(code) - 1 });
  assert.deepEqual([short.outcome, short.gasUsed], [OUTCOMES.outOfGas, deployGas(code) - 1]);
  assert.equal(machine.loaded(hashes.sha256(code)), undefined, "it was never compiled");
  const receipt = await deploy("functions", code, { gasLimit: deployGas(code) });
  assert.deepEqual([receipt.outcome, receipt.gasUsed], [OUTCOMES.ok, deployGas(code)]);
  const refused = Uint8Array.of(...code.slice(0, 40), 0xff, 0xff);
  const broken = await deploy("functions-broken", refused, { gasLimit: bytesOnly });
  assert.equal(broken.gasUsed, DEPLOY_GAS.base + DEPLOY_GAS.perCodeByte * refused.length);
});

test("the gas of a deployment is charged before its module is looked at", async () => {
  const need = deployGas(CODE);
  const short = await deploy("short", CODE, { gasLimit: need - 1 });
  assert.deepEqual([short.outcome, short.gasUsed], [OUTCOMES.outOfGas, need - 1]);
  const tiny = await deploy("short", CODE, { gasLimit: DEPLOY_GAS.refused - 1 });
  assert.equal(tiny.outcome, OUTCOMES.outOfGas);
  assert.equal((await deploy("short", CODE, { gasLimit: need })).outcome, OUTCOMES.ok);
});

test("a contract cannot deploy, though an admin calls it, and a query cannot either", async () => {
  const deployer = puppetModule(`
    (data (i32.const 600) "deploy")
    (data (i32.const 700) "lifecycle")
    (func (export "call_deploy")
      (call $input_read (i32.const 1024))
      (drop (call $call (i32.const 700) (i32.const 9) (i32.const 600) (i32.const 6)
        (i32.const 1024) (call $input_size) (i64.const 0x7fffffffffffffff))))`);
  await deploy("deployer", deployer);
  const args = deployArguments("indirect", CODE);
  const receipt = await receiptOf(
    transactionOf({ contract: "deployer", method: "deploy", args, number: -2, gasLimit: 500_000_000 }),
  );
  assert.deepEqual([receipt.outcome, receipt.revertCode], [OUTCOMES.calleeFailed, SYSTEM_REVERTS.refused]);
  assert.match(textOf(receipt.output), /^lifecycle\.notDirect:/);
  const queried = chain.query({ contract: "lifecycle", method: "deploy", args, sender: keyOf("admin").address });
  assert.deepEqual([queried.outcome, queried.revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS.readOnly]);
});

test("the settings are read through a view and cost gas", () => {
  const result = chain.query({ contract: "chain", method: "settings", args: new Uint8Array(0) });
  assert.equal(result.outcome, OUTCOMES.ok);
  assert.ok(result.gasUsed > 600);
  assert.deepEqual(decodeValue(CHAIN_ABI, "Settings", result.output), {
    chainId: SETTINGS.chainId,
    protocolVersion: 1,
    hash: "sha256",
    sm2UserId: SETTINGS.sm2UserId,
    genesisTimeSeconds: SETTINGS.genesisTimeSeconds,
    admins: SETTINGS.admins.map(bytesToHex),
    sealerAlgorithm: SETTINGS.sealer.algorithm,
    sealerPublicKey: bytesToHex(SETTINGS.sealer.publicKey),
    transactionGasMax: SETTINGS.transactionGasMax,
    blockGasMax: SETTINGS.blockGasMax,
    expiryHeightsMax: SETTINGS.expiryHeightsMax,
    transactionBytesMax: SETTINGS.transactionBytesMax,
  });
  const withArguments = chain.query({ contract: "chain", method: "settings", args: Uint8Array.of(1) });
  assert.equal(withArguments.revertCode, SYSTEM_REVERTS.badArguments);
  assert.equal(
    chain.query({ contract: "chain", method: "settings", args: new Uint8Array(0), gasLimit: 10 }).outcome,
    OUTCOMES.outOfGas,
  );
});
