import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { verifyBytes } from "../../../node/cli/commands/verify.ts";
import { jsonLines, type RunningNode, runCli, runHere, startNodeProcess } from "./run-cli.ts";

const SAMPLES = join(process.cwd(), "node", "samples");
const INVOICE = join(SAMPLES, "01-invoice-eur.xml");
const VERIFY_ARGUMENTS = '["KW-1001", 20260331, {"coefficient": 39389, "scale": 2}]';

describe("commands on a running node", () => {
  let folder = "";
  let node: RunningNode;
  const on = (...args: string[]) => runHere([...args, "--data", folder]);
  const json = async (...args: string[]) => {
    const result = await on(...args, "--json");
    return { ...result, value: jsonLines(result)[0] as Record<string, unknown> };
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "cinnabar-commands-"));
    node = await startNodeProcess(folder);
  });
  after(async () => {
    node.process.kill("SIGINT");
    const { code, stderr } = await node.ended;
    rmSync(folder, { recursive: true, force: true });
    assert.equal(code, 0, stderr);
  });

  it("find it by its data folder: status, last block, a block that is not there", async () => {
    const status = await json("status");
    assert.equal(status.code, 0);
    assert.equal(status.value.url, node.url);
    const { height, stateRoot } = status.value.head as { height: number; stateRoot: string };
    const block = await json("block");
    assert.equal((block.value.header as { stateRoot: string }).stateRoot, stateRoot);
    assert.equal(height, 3);
    assert.match((await on("status")).stdout, new RegExp(`state root {2,}${stateRoot}`));
    assert.match((await on("block", "1")).stdout, /lifecycle\.deploy {2}ok/);
    const absent = await json("block", "99");
    assert.equal(absent.code, 1);
    assert.deepEqual(absent.value.error, {
      code: "api.blockNotFound",
      message: "The chain has no block of this height.",
      value: "99",
      limit: "0 to 3",
    });
  });

  it("import documents, once; then ask, query, prove and verify", async () => {
    const imported = await json("import", "ubl", INVOICE);
    assert.equal(imported.code, 0, imported.stderr);
    const { transactionId, status, gasUsed } = imported.value;
    assert.equal(status, "accepted");
    assert.ok(Number(gasUsed) > 0);

    const again = await on("import", "ubl", INVOICE);
    assert.equal(again.code, 1);
    assert.match(again.stdout, /refused {3}KW-1001 {2}invoice\.duplicate: /);
    assert.match(again.stdout, /1 documents: 0 accepted, 1 refused\nrefused by +count\ninvoice.duplicate +1\n/);

    const receipt = await json("receipt", String(transactionId));
    assert.equal((receipt.value.receipt as { outcome: string }).outcome, "ok");
    const shown = await json("tx", "show", String(transactionId));
    assert.equal(shown.value.method, "issue");

    assert.equal((await on("call", "invoice", "verify", VERIFY_ARGUMENTS)).stdout, "1\n");
    const gone = await on("call", "invoice", "due", '["DE", "none"]');
    assert.equal(gone.code, 1);
    assert.match(gone.stdout, /^invoice\.unknown /);
    assert.equal((await json("query", "invoice", "numbers", "KW-1001")).value.present, true);
    assert.equal((await on("query", "invoice", "numbers", "none")).code, 1);
    assert.equal((await on("query", "invoice", "nothing", "none")).code, 1);
  });

  it("prove an invoice by its number, and that there is none; each byte of the file counts", async () => {
    await on("import", "ubl", INVOICE);
    const file = join(folder, "proof.json");
    const proof = await json("proof", "invoice", "KW-1001", "-o", file);
    assert.equal(proof.code, 0, proof.stderr);
    const { sealer } = proof.value as { sealer: { publicKey: string } };
    const verified = await runHere(["verify", file, "--sealer", sealer.publicKey, "--chain", "cinnabar-dev"]);
    assert.equal(verified.code, 0);
    assert.match(verified.stdout, /The proof holds\. It shows:[\s\S]*"gross":39389[\s\S]*It does not show:/);
    assert.equal((await runHere(["verify", file, "--chain", "other"])).code, 1);

    const absence = join(folder, "absence.json");
    const none = await on("proof", "invoice", "KW-9999", "-o", absence);
    assert.match(none.stdout, /shows that there is no invoice\.numbers\["KW-9999"\]/);
    assert.match((await runHere(["verify", absence])).stdout, /there is no such entry/);

    const seed = Math.floor(Math.random() * 2 ** 32);
    for (const path of [file, absence]) {
      const bytes = readFileSync(path);
      for (let index = 0; index < 100; index++) {
        const changed = new Uint8Array(bytes);
        const at = (seed + index * 7919) % changed.length;
        changed[at] = changed[at]! ^ (1 << ((seed + index) % 8));
        const verdict = verifyBytes(changed);
        assert.equal(verdict.ok, false, `byte ${at} of ${path} with seed ${seed}`);
        assert.equal(verdict.steps.at(-1)?.ok, false);
      }
    }
  });

  it("send what a key signs, and say who refuses it", async () => {
    assert.equal((await on("keys", "new", "anna", "--algorithm", "p256")).code, 0);
    const open = await json("tx", "send", "payment", "openAccount", '{"id": "anna"}', "--key", "anna");
    assert.equal(open.code, 0, open.stderr);
    const { transactionId } = (open.value as { receipt: { transactionId: string } }).receipt;
    const traced = await runCli(["trace", transactionId, "--data", folder]);
    assert.equal(traced.code, 0, traced.stderr);
    assert.match(traced.stdout, /^payment\.openAccount: ok, gas \d+ of \d+$/m);
    assert.match(traced.stdout, /^ {2}storage_put\(key: 0x[0-9a-f]*616e6e61, value: 0x[0-9a-f]{80}\), gas left \d+$/m);
    const asJson = jsonLines<{ gasUsed: number; frames: { gasUsed: number }[] }>(
      await runCli(["trace", transactionId, "--json", "--data", folder]),
    );
    assert.equal(asJson[0]?.frames[0]?.gasUsed, asJson[0]?.gasUsed);
    const twice = await on("tx", "send", "payment", "openAccount", '{"id": "anna"}', "--key", "anna");
    assert.equal(twice.code, 1);
    assert.match(twice.stdout, /^outcome {2,}account\.exists\n/);
    const minted = await json("tx", "send", "payment", "mint", '{"to": "anna", "amount": 1}', "--key", "anna");
    const { receipt } = minted.value as { receipt: { error: { name: string } } };
    assert.equal(receipt.error.name, "issuer.only");
    const quick = await json("tx", "send", "payment", "mint", '{"to": "anna", "amount": 1}', "--no-wait");
    assert.equal(quick.value.state, "accepted");
    const wrong: readonly (readonly [string, ...string[]])[] = [
      ["client.none", "payment", "mint", '{"to": "anna"}'],
      ["none", "nobody", "mint"],
      ["none", "payment", "steal"],
      ["none", "payment", "mint", '{"to": "anna", "amount": 1}', "--gas-limit", "9007199254740991"],
      ["none", "payment", "mint", '{"to": "anna", "amount": 1}', "--key", "nobody"],
    ];
    for (const [, ...args] of wrong) {
      const result = await json("tx", "send", ...args);
      assert.equal(result.code, 1, args.join(" "));
      assert.match((result.value.error as { code: string }).code, /^[a-z]+\.[A-Za-z]+$/);
    }
    const deployed = await json("tx", "deploy", "till", "build/trade.wasm");
    assert.equal(deployed.code, 0, deployed.stderr);
  });

  const REFUSED: readonly (readonly [args: string, code: number, says: RegExp])[] = [
    ["receipt zz", 2, /64 hexadecimal digits, not "zz"/],
    ["tx show zz", 2, /64 hexadecimal digits, not "zz"/],
    ["call invoice due [] --sender zz", 2, /--sender is an address/],
    ["call invoice get {bad", 2, /not JSON[\s\S]*hint: in a shell, quote/],
    ["call invoice get @/nowhere/a.json", 1, /a\.json cannot be read: there is no such file[^\n]*cli\.unreadable/],
    ["call invoice get {}", 1, /arguments\.missing[\s\S]*hint: get\(seller: string, number: string\)/],
    ["call invoice steal", 1, /api\.methodNotFound[\s\S]*limit: issue, get/],
    ["call nobody get", 1, /api\.contractNotFound[\s\S]*hint: /],
    ["tx send payment steal", 1, /payment has no method steal \(abi\.unknownMethod\)[\s\S]*limit: .*transfer/],
    ["tx send payment mint {}", 1, /arguments\.missing[\s\S]*hint: mint\(to: string, amount: /],
    ["tx send payment mint {} --key nobody", 1, /keys\.notFound[\s\S]*hint: .*keys list/],
    ["query invoice get", 1, /cli\.unknownStorage[\s\S]*hint: get is a method: cinnabar call invoice get/],
    ["proof invoice X -o /nowhere/p.json", 1, /p\.json cannot be used: there is no such file[^\n]*\(cli\.badPath\)/],
    ["import ubl /nowhere/a.xml", 1, /a\.xml cannot be read: there is no such file[^\n]*import\.unreadable/],
    ["import ubl contracts", 1, /no documents: there is no \.xml file/],
  ];
  for (const [args, code, says] of REFUSED) {
    it(`say what is wrong with: ${args}`, async () => {
      const result = await on(...args.split(" "));
      assert.match(result.stderr, says);
      assert.equal(result.code, code);
      assert.doesNotMatch(result.stderr, /\n {4}at /, "a person got a stack");
    });
  }

  it("refuse a second node on the folder and a port in use, and keep serving", async () => {
    const second = await runCli(["start", "--data", folder, "--port", "0", "--json"]);
    assert.equal(second.code, 1, second.stderr);
    assert.match(second.stdout, /"code":"data\.locked"/);
    const other = mkdtempSync(join(tmpdir(), "cinnabar-other-"));
    const port = new URL(node.url).port;
    const inUse = await runCli(["start", "--data", other, "--port", port, "--json"]);
    rmSync(other, { recursive: true, force: true });
    assert.equal(inUse.code, 1, inUse.stderr);
    assert.match(inUse.stdout, /"code":"api\.portInUse"/);
    assert.equal((await on("status")).code, 0);
  });

  it("show the lanes of a block: asked of the node, read from its folder, followed", async () => {
    const asked = await json("lanes", "1");
    assert.equal(asked.code, 0, asked.stderr);
    assert.equal((asked.value.lanes as unknown[]).length, 96);
    const read = jsonLines(await runHere(["lanes", "1", "--hop", "0", "--data", folder, "--json"]))[0]!;
    // What the node's own lanes did is not in the folder.
    assert.deepEqual({ ...read, fates: [], transactions: [] }, { ...asked.value, fates: [], transactions: [] });
    const followed = await on("lanes", "--live", "--blocks", "1");
    assert.equal(followed.code, 0, followed.stderr);
    const [titles, line, ...more] = followed.stdout.trimEnd().split("\n");
    assert.match(titles ?? "", /^height +transactions +work +path/);
    assert.match(line ?? "", /^ *\d+ +\d+ +[\d,]+ gas +/);
    assert.deepEqual(more, []);
    const absent = await json("lanes", "999");
    assert.equal(absent.code, 1);
    assert.equal((absent.value.error as { code: string }).code, "api.blockNotFound");
    assert.match((await on("status")).stdout, /^lanes {2,}/m);
  });

  it("replay the folder of a node that is running", async () => {
    const replay = await runCli(["replay", "--verify-signatures", "--json", "--data", folder]);
    assert.equal(replay.code, 0, replay.stderr);
    assert.match(replay.stdout, /"isSame":true/);
  });
});

describe("a node that is started", () => {
  it("on a folder of another chain than the one named is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cinnabar-chain-"));
    const start = (...more: string[]) =>
      runCli(["start", "--exit", "--no-deploy", "--json", "--data", folder, ...more]);
    assert.equal((await start("--chain-id", "first")).code, 0);
    const other = await start("--chain-id", "second");
    assert.equal(other.code, 1);
    assert.match(other.stdout, /"code":"chain\.otherChain"/);
    const again = await start();
    assert.match(again.stdout, /"chainId":"first"/);
    rmSync(folder, { recursive: true });
  });
});

describe("commands without a node", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cinnabar-offline-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("say that a node is not there with exit code 70", async () => {
    const result = await runHere(["status", "--url", "http://127.0.0.1:1", "--json"]);
    assert.equal(result.code, 70);
    assert.match(result.stdout, /"code":"client\.unreachable"[^\n]*"hint":/);
    assert.equal((await runHere(["status", "--url", "nonsense"])).code, 2);
  });

  it("refuse a data folder that is none, or that has lost a file, in words", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    for (const command of [["status"], ["keys", "new", "a"], ["start", "--exit"]]) {
      const result = await runHere([...command, "--data", file]);
      assert.equal(result.code, 1, result.stderr);
      assert.match(
        result.stderr,
        /cannot be used: a part of the path is no folder \(cli\.badPath\)\n {2}value: .*\n {2}hint: /,
      );
    }
    const data = join(folder, "lost");
    assert.equal((await runCli(["start", "--exit", "--no-deploy", "--data", data])).code, 0);
    rmSync(join(data, "keys", "sealer.json"));
    const sealer = await runHere(["status", "--data", data]);
    assert.match(sealer.stderr, /seals the chain's blocks is gone\. \(keys\.notFound\)[\s\S]*hint: .*from a copy/);
    rmSync(join(data, "genesis.json"));
    const genesis = await runHere(["status", "--data", data]);
    assert.match(genesis.stderr, /\(genesis\.lost\)[\s\S]*hint: /);
    assert.deepEqual([sealer.code, genesis.code], [1, 1]);
  });

  it("replay nothing where there is no chain, and do not make one", async () => {
    assert.equal((await runHere(["lanes", "--data", join(folder, "none")])).code, 1);
    assert.match((await runHere(["lanes", "--live", "--data", join(folder, "none")])).stderr, /cli\.noNode/);
    assert.equal((await runHere(["replay", "--data", join(folder, "none")])).code, 1);
    assert.equal((await runHere(["trace", "ab".repeat(32), "--data", join(folder, "none")])).code, 1);
    assert.equal((await runHere(["trace", "zz", "--data", join(folder, "none")])).code, 2);
  });

  it("check modules: accepted, refused with every reason, not a module", async () => {
    const junk = join(folder, "junk.wasm");
    writeFileSync(junk, "no module");
    const result = await runHere(["check", "build/invoice.wasm", junk, "--json"]);
    assert.equal(result.code, 1);
    const [good, bad] = jsonLines<{ accepted: boolean; codeHash: string; reasons: { code: string }[] }>(result);
    assert.deepEqual([good?.accepted, good?.reasons], [true, []]);
    assert.match(good?.codeHash ?? "", /^[0-9a-f]{64}$/);
    assert.equal(bad?.reasons[0]?.code, "module.magic");
    assert.match((await runHere(["check", junk])).stdout, /^refused {2}.*\n {2}offset {2}reason/);
    const absent = await runHere(["check", join(folder, "absent.wasm"), "build/trade.wasm", "--json"]);
    const verdicts = jsonLines<{ accepted: boolean; reasons: { code: string }[] }>(absent);
    assert.deepEqual(
      verdicts.map(({ accepted, reasons }) => [accepted, reasons[0]?.code]),
      [
        [false, "cli.unreadable"],
        [true, undefined],
      ],
    );
    assert.equal(absent.code, 1);
  });

  it("build a contract that logs only when told that it is for tests, and then check refuses it", async () => {
    const entry = join("test", "unit", "contracts", "fixtures", "walker", "index.ts");
    const plain = await runHere(["build", entry, "-o", folder]);
    assert.equal(plain.code, 1);
    assert.match(plain.stderr, /import\.debugOnly/);
    const forTests = await runHere(["build", entry, "-o", folder, "--debug"]);
    assert.equal(forTests.code, 0, forTests.stderr);
    const checked = await runHere(["check", join(folder, "walker.wasm"), "--json"]);
    const [verdict] = jsonLines<{ accepted: boolean; reasons: { code: string }[] }>(checked);
    assert.deepEqual([verdict?.accepted, verdict?.reasons.map(({ code }) => code)], [false, ["import.debugOnly"]]);
  });

  it("instrument a module; the result is a module, and not one that is admitted again", async () => {
    const output = join(folder, "metered.wasm");
    assert.equal((await runHere(["instrument", "build/trade.wasm", "-o", output])).code, 0);
    assert.ok(WebAssembly.validate(readFileSync(output)));
    assert.equal((await runHere(["check", output])).code, 1);
    const floats = join(folder, "float.wasm");
    // (module (func (result f32) f32.const 0))
    const text = "0061736d010000000105016000017d030201000a090107004300000000" + "0b";
    writeFileSync(floats, Buffer.from(text, "hex"));
    assert.equal((await runHere(["instrument", floats, "-o", output])).code, 1);
    const lifted = await runHere(["instrument", floats, "-o", output, "--no-profile", "--no-limits"]);
    assert.equal(lifted.code, 0, lifted.stderr);
  });

  it("make and show keys, never their secrets, never twice", async () => {
    const made = await runHere(["keys", "new", "seller", "--data", folder, "--json"]);
    assert.equal(made.code, 0);
    assert.equal((await runHere(["keys", "new", "seller", "--data", folder])).code, 1);
    const shown = await runHere(["keys", "show", "seller", "--data", folder, "--json"]);
    assert.deepEqual(jsonLines(shown), jsonLines(made));
    assert.doesNotMatch(shown.stdout, /secret/);
    assert.match(
      (await runHere(["keys", "list", "--data", folder])).stdout,
      /^name +algorithm +address\nseller +ed25519/,
    );
    assert.equal((await runHere(["keys", "show", "nobody", "--data", folder])).code, 1);
  });

  it("verify refuses what is no proof", async () => {
    for (const [name, content] of [
      ["text", "hello"],
      ["json", "{}\n"],
      ["bytes", Buffer.from([0xff, 0xfe, 0x00])],
    ] as const) {
      const file = join(folder, name);
      writeFileSync(file, content);
      const result = await runHere(["verify", file, "--json"]);
      assert.equal(result.code, 1);
      assert.equal(jsonLines<{ code: string }>(result)[0]?.code, "proof.format");
    }
  });
});
