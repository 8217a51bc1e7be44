/** Lists of signatures, recovered keys and BLS aggregates, called by contracts, with the verifier of the node. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ALGORITHMS, type Algorithm, type ContractVerifier } from "../../../../accel/device.ts";
import { BLS_POSSESSION_TAG, BLS_SIGNATURE_TAG } from "../../../../accel/reference/bls.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import {
  type Argument,
  constantCaller,
  constantCallerGas,
  dataAddress,
  inputCaller,
  inputOf,
  rowOf,
} from "./row-caller.ts";

const GAS = Number.MAX_SAFE_INTEGER;
const ITEMS_MAX = 256;

/** A verifier that counts how often it is asked for anything. */
function counted(inner: ContractVerifier): { verifier: ContractVerifier; asked: string[] } {
  const asked: string[] = [];
  const verifier = new Proxy(
    { ...inner },
    {
      get(target, name: keyof ContractVerifier) {
        const work = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          asked.push(name);
          return work(...args);
        };
      },
    },
  );
  return { verifier, asked };
}

const { verifier, asked } = counted(createReferenceVerifier());

function chainFor(name: string, registerBytes = 0): SmallChain {
  const machine = createMachine({ hashes: testHashes, verifier });
  return new SmallChain(machine).deploy("a", inputCaller(rowOf(name), registerBytes));
}

function bytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function counts(length: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(length).buffer);
}

interface Signed {
  readonly algorithm: Algorithm;
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

const SIGNED: readonly Signed[] = Object.values(ALGORITHMS).map((algorithm) => {
  const secretKey = new Uint8Array(32).fill(algorithm);
  const message = new Uint8Array(10 * algorithm).fill(algorithm);
  const key = publicKeyOf(algorithm, secretKey);
  return { algorithm, key, signature: sign(algorithm, secretKey, message), message };
});

function itemOf({ algorithm, key, signature, message }: Signed): Uint8Array {
  return bytes([algorithm], key, signature, counts(message.length), message);
}

const spoiled = (item: Signed): Signed => ({ ...item, message: bytes(item.message, [1]) });

function expectRefusal(result: CallResult, refusal: keyof typeof HOST_REFUSALS): void {
  assert.deepEqual([result.outcome, result.revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS[refusal]]);
}

function numberOf(result: CallResult): number {
  assert.equal(result.outcome, OUTCOMES.ok);
  return Number(new DataView(result.output.buffer, result.output.byteOffset).getBigInt64(0, true));
}

describe("signature_verify_many", () => {
  const row = rowOf("signature_verify_many");
  const chain = chainFor(row.name, 2);
  const run = (list: Uint8Array, method = "value", gas = GAS): CallResult =>
    chain.run("a", method, { gas, input: inputOf(row, [dataAddress(row), list.length], list) });
  const verdictsOf = (items: readonly Signed[]): number[] => [...run(bytes(...items.map(itemOf)), "register").output];

  it("counts the accepted, and has a bit for each in the register", () => {
    const [first, second, third, fourth] = SIGNED;
    const list = [
      first!,
      spoiled(second!),
      third!,
      fourth!,
      spoiled(fourth!),
      first!,
      spoiled(first!),
      first!,
      second!,
    ];
    assert.equal(numberOf(run(bytes(...list.map(itemOf)))), 6);
    assert.deepEqual(verdictsOf(list), [0b1010_1101, 0b1]);
  });

  it("has one verdict for all of one algorithm as for each alone", () => {
    for (const item of SIGNED) {
      assert.equal(numberOf(run(itemOf(item))), 1);
      assert.equal(numberOf(run(itemOf(spoiled(item)))), 0);
    }
  });

  it("takes an empty list and leaves nothing in the register", () => {
    assert.equal(numberOf(run(new Uint8Array(0))), 0);
    const { input } = { input: inputOf(row, [0, 0]) };
    const { output } = chain.run("a", "register", { gas: GAS, input });
    assert.deepEqual([...output], [0, 0], "nothing was copied over the arguments");
  });

  it("refuses a list that ends inside an item, wherever it ends", () => {
    const before = asked.length;
    const whole = itemOf(SIGNED[1]!);
    for (let length = 1; length < whole.length; length++) expectRefusal(run(whole.subarray(0, length)), "badList");
    expectRefusal(run(bytes(whole, [1])), "badList");
    const overlong = bytes([1], new Uint8Array(96), [0xff, 0xff, 0xff, 0xff]);
    expectRefusal(run(overlong), "badList");
    assert.equal(asked.length, before, "nothing was verified");
  });

  it("refuses an algorithm there is not, before it verifies anything", () => {
    const before = asked.length;
    for (const algorithm of [0, 5, 255]) {
      expectRefusal(run(bytes(itemOf(SIGNED[0]!), [algorithm], new Uint8Array(200))), "badAlgorithm");
    }
    assert.equal(asked.length, before);
  });

  it("takes 256 items, and refuses one more", () => {
    const item = bytes([1], new Uint8Array(96), counts(0));
    const most = new SmallChain(createMachine({ hashes: testHashes, verifier: testVerifier }));
    most.deploy("a", inputCaller(row));
    const of = (count: number): CallResult => {
      const list = bytes(...Array.from({ length: count }, () => item));
      return most.run("a", "value", { gas: GAS, input: inputOf(row, [dataAddress(row), list.length], list) });
    };
    assert.equal(numberOf(of(ITEMS_MAX)), 0);
    expectRefusal(of(ITEMS_MAX + 1), "tooManyItems");
  });

  it("costs its bytes and, by algorithm, each item; with one gas less nothing is verified", () => {
    const used = (list: Uint8Array): number => run(list).gasUsed;
    const { itemsLength } = row.cost.perByte!;
    const empty = used(new Uint8Array(0));
    const inputByte = rowOf("input_read").cost.perResultByte!;
    const gasOf = (item: Signed): number =>
      row.cost.perItem![item.algorithm]! + itemOf(item).length * (itemsLength! + inputByte);
    for (const item of SIGNED) assert.equal(used(itemOf(item)) - empty, gasOf(item));
    const all = bytes(...SIGNED.map(itemOf));
    const cost = SIGNED.reduce((sum, item) => sum + gasOf(item), 0);
    assert.equal(used(all) - empty, cost);

    // Behind the call: the value is widened (1), kept (1) and stored (6), the output is named (2) and written.
    const behind = 1 + 1 + 6 + 2 + 8 + hostGas("output_write", { length: 8 });
    const exact = used(all);
    const before = asked.length;
    assert.equal(run(all, "value", exact - behind - 1).outcome, OUTCOMES.outOfGas);
    assert.equal(asked.length, before, "one gas too few for the list: nothing was verified");
    assert.equal(run(all, "value", exact - behind).outcome, OUTCOMES.outOfGas);
    assert.equal(asked.length, before + 1);
    assert.equal(run(all, "value", exact).gasUsed, exact);
  });

  it("costs what the table says", () => {
    const { code, gas } = constantCall("signature_verify_many", [0, 0]);
    assert.equal(new SmallChain().deploy("a", code).run("a", "run").gasUsed, gas + row.cost.base);
  });

  it("stops the node when the driver's verdicts are not of the list", () => {
    for (const verdicts of [new Uint8Array(0), new Uint8Array(2), Uint8Array.of(2), Uint8Array.of(0, 1)]) {
      const machine = createMachine({ hashes: testHashes, verifier: { ...testVerifier, verifyMany: () => verdicts } });
      const broken = new SmallChain(machine).deploy("a", inputCaller(row));
      const list = itemOf(SIGNED[0]!);
      const input = inputOf(row, [dataAddress(row), list.length], list);
      assert.throws(() => broken.run("a", "value", { gas: GAS, input }), { name: "NodeError", code: "host.verdicts" });
    }
  });
});

function constantCall(name: string, args: readonly Argument[]): { code: Uint8Array; gas: number } {
  const row = rowOf(name);
  return { code: constantCaller(row, args), gas: constantCallerGas(row) };
}

describe("secp256k1_recover", () => {
  const row = rowOf("secp256k1_recover");
  const chain = chainFor(row.name);
  const digest = new Uint8Array(32).fill(9);
  const secretKey = new Uint8Array(32).fill(3);
  const signed = secp256k1.sign(digest, secretKey, { prehash: false, format: "recovered" });
  const [id, signature] = [signed[0]!, signed.subarray(1)];
  const at = dataAddress(row);
  const target = at + 96;
  const run = (method: string, recoveryId: number, over: Uint8Array = signature): CallResult =>
    chain.run("a", method, { gas: GAS, input: inputOf(row, [at, at + 32, recoveryId, target], bytes(digest, over)) });
  const memoryOf = (result: CallResult): Uint8Array => result.output.subarray(target, target + 34);

  it("writes the 33 bytes of the signer's key and no more", () => {
    assert.equal(numberOf(run("value", id)), 1);
    assert.deepEqual(memoryOf(run("run", id)), bytes(secp256k1.getPublicKey(secretKey), [0]));
  });

  it("writes nothing and returns 0 when there is no key", () => {
    const cases = [
      { recoveryId: 2, over: signature },
      { recoveryId: 2 ** 32 - 1, over: signature },
      { recoveryId: id, over: new Uint8Array(64) },
      { recoveryId: id, over: new Uint8Array(64).fill(255) },
    ];
    for (const { recoveryId, over } of cases) {
      assert.equal(numberOf(run("value", recoveryId, over)), 0);
      assert.deepEqual(memoryOf(run("run", recoveryId, over)), new Uint8Array(34));
    }
  });

  it("may have its target over what it reads", () => {
    const input = inputOf(row, [at, at + 32, id, at], bytes(digest, signature));
    const { output } = chain.run("a", "run", { gas: GAS, input });
    assert.deepEqual(output.slice(at, at + 33), secp256k1.getPublicKey(secretKey));
  });

  it("stops the node when the driver's key has another length", () => {
    const machine = createMachine({
      hashes: testHashes,
      verifier: { ...testVerifier, recoverSecp256k1: () => new Uint8Array(32) },
    });
    const broken = new SmallChain(machine).deploy("a", inputCaller(row));
    const input = inputOf(row, [0, 0, 0, 0]);
    assert.throws(() => broken.run("a", "value", { gas: GAS, input }), {
      name: "NodeError",
      code: "host.recoveredKey",
    });
  });
});

describe("BLS aggregates", () => {
  const { longSignatures } = bls12_381;
  const pairs = [1, 2, 3].map((seed) => longSignatures.keygen(new Uint8Array(48).fill(seed)));
  const keys = pairs.map(({ publicKey }) => publicKey.toBytes());
  const signBy = (index: number, message: Uint8Array, tag = BLS_SIGNATURE_TAG) =>
    longSignatures.sign(longSignatures.hash(message, tag), pairs[index]!.secretKey);
  const message = new Uint8Array(20).fill(5);
  const messages = [message, new Uint8Array(0), new Uint8Array(3).fill(6)];
  const same = longSignatures.aggregateSignatures(keys.map((_, i) => signBy(i, message))).toBytes();
  const own = longSignatures.aggregateSignatures(messages.map((each, i) => signBy(i, each))).toBytes();
  const listOf = (all: readonly Uint8Array[]): Uint8Array =>
    bytes(...all.flatMap((each) => [counts(each.length), each]));

  /** A call with keys, signature and message(s) behind one another. */
  function run(name: string, keyBytes: Uint8Array, signature: Uint8Array, last: Uint8Array, gas = GAS): CallResult {
    const row = rowOf(name);
    const at = dataAddress(row);
    const [signatureAt, lastAt] = [at + keyBytes.length, at + keyBytes.length + signature.length];
    const args = [at, keyBytes.length, signatureAt, lastAt, last.length];
    return chainFor(name).run("a", "value", { gas, input: inputOf(row, args, bytes(keyBytes, signature, last)) });
  }
  const fast = (keyBytes: Uint8Array, signature: Uint8Array, last = message): CallResult =>
    run("bls_fast_aggregate_verify", keyBytes, signature, last);
  const each = (keyBytes: Uint8Array, signature: Uint8Array, last: Uint8Array): CallResult =>
    run("bls_aggregate_verify", keyBytes, signature, last);

  it("of one message", () => {
    assert.equal(numberOf(fast(bytes(...keys), same)), 1);
    assert.equal(numberOf(fast(bytes(...keys.slice(1)), same)), 0);
    assert.equal(numberOf(fast(bytes(...keys), own)), 0);
    assert.equal(numberOf(fast(new Uint8Array(0), same)), 0);
    assert.equal(numberOf(fast(new Uint8Array(48), same)), 0);
  });

  it("of a message for each key", () => {
    assert.equal(numberOf(each(bytes(...keys), own, listOf(messages))), 1);
    assert.equal(numberOf(each(bytes(...keys), own, listOf(messages.toReversed()))), 0);
    assert.equal(numberOf(each(new Uint8Array(0), own, new Uint8Array(0))), 0);
  });

  it("refuse keys that are not whole, and lists of messages that are not of the keys", () => {
    const before = asked.length;
    for (const length of [1, 47, 49, 95]) expectRefusal(fast(new Uint8Array(length), same), "badList");
    const all = bytes(...keys);
    const list = listOf(messages);
    expectRefusal(each(all, own, list.subarray(0, -1)), "badList");
    expectRefusal(each(all, own, bytes(list, [0])), "badList");
    expectRefusal(each(all, own, listOf(messages.slice(1))), "badList");
    expectRefusal(each(all, own, listOf([...messages, message])), "badList");
    expectRefusal(each(all, own, new Uint8Array(0)), "badList");
    expectRefusal(each(new Uint8Array(0), own, listOf([message])), "badList");
    assert.equal(asked.length, before, "nothing was verified");
  });

  it("refuse more keys than their bounds, and take as many", () => {
    for (const { name, most } of [
      { name: "bls_fast_aggregate_verify", most: 512 },
      { name: "bls_aggregate_verify", most: 128 },
    ]) {
      const last = name === "bls_aggregate_verify" ? (count: number) => new Uint8Array(4 * count) : () => message;
      assert.equal(numberOf(run(name, new Uint8Array(48 * most), new Uint8Array(96), last(most))), 0);
      expectRefusal(run(name, new Uint8Array(48 * (most + 1)), new Uint8Array(96), last(most + 1)), "tooManyItems");
    }
  });

  it("cost by key and by byte of the messages, before any work", () => {
    const cost = (result: CallResult): number => result.gasUsed;
    const inputByte = rowOf("input_read").cost.perResultByte!;
    for (const name of ["bls_fast_aggregate_verify", "bls_aggregate_verify"]) {
      const { publicKeysLength, messageLength, messagesLength } = rowOf(name).cost.perByte!;
      const none = cost(run(name, new Uint8Array(0), own, new Uint8Array(0)));
      const one = run(name, keys[0]!, own, listOf([message]));
      const lastBytes = 4 + message.length;
      const want = 48 * (publicKeysLength! + inputByte) + lastBytes * ((messageLength ?? messagesLength)! + inputByte);
      assert.equal(cost(one) - none, want, name);
      const before = asked.length;
      const poor = run(name, keys[0]!, own, listOf([message]), cost(one) - rowOf("output_write").cost.base - 600);
      assert.equal(poor.outcome, OUTCOMES.outOfGas);
      assert.equal(asked.length, before, "out of gas before the work");
    }
  });

  it("have proofs of possession", () => {
    const row = rowOf("bls_pop_verify");
    const at = dataAddress(row);
    const proof = signBy(0, keys[0]!, BLS_POSSESSION_TAG).toBytes();
    const chain = chainFor(row.name);
    const check = (key: Uint8Array): number => {
      const input = inputOf(row, [at, at + 48], bytes(key, proof));
      return numberOf(chain.run("a", "value", { gas: GAS, input }));
    };
    assert.deepEqual(keys.map(check), [1, 0, 0]);
  });
});
