/**
 * Random blocks for comparing the lanes with the sequential executor: scripts of puppet contracts over a few hot keys or many
 * cold ones, with everything a contract can do to the state and everything that can go wrong on the way.
 */
import type { SignatureItem } from "../../../../accel/device.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import type { Random } from "../../../fuzz/random.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import { deployOf, stranger, transactionOf, utf8 } from "../test-chain.ts";

export const CODE = puppetModule();
/** The same contract under other code hashes: modules that no thread has met. */
const COPIES_MAX = 8;
const copies: Uint8Array[] = [];

function copyOf(number: number): Uint8Array {
  while (copies.length <= number) copies.push(puppetModule(`(func (export "call_copy${copies.length}"))`));
  return copies[number]!;
}
export const NAMES = ["pa", "pb", "pc"];
const DEPTH_MAX = 3;

/** A block's character. */
interface Weather {
  readonly keys: number;
  readonly steps: number;
  /** One in so many transactions may fail in a dear way. */
  readonly trouble: number;
  /** Sums never meet their bounds. */
  readonly hasRoom: boolean;
  /** Signatures that contracts ask about. */
  readonly questions: readonly SignatureItem[];
  readonly contracts: readonly string[];
}

function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}

function change(random: Random, { hasRoom }: Weather): Uint8Array {
  const bounds = hasRoom || random.once(2) ? [-1_000_000, 1_000_000] : [random.between(-8, 0), random.between(0, 8)];
  return Uint8Array.from([...i64(random.between(-5, 5)), ...i64(bounds[0]!), ...i64(bounds[1]!)]);
}

function key(random: Random, { keys }: Weather, prefix = "k"): Uint8Array {
  return utf8(`${prefix}${random.below(keys)}`);
}

function value(random: Random): Uint8Array {
  const length = random.once(10) ? random.below(600) : random.below(24);
  return Uint8Array.from({ length }, () => random.below(256));
}

const OPERATIONS = {
  put: 6,
  copy: 5,
  delete: 2,
  add: 4,
  tryAdd: 2,
  sum: 1,
  scan: 1,
  time: 1,
  emit: 2,
  output: 1,
  call: 2,
  tryCall: 3,
  revert: 0,
  verify: 0,
  require: 0,
  verifyMany: 0,
} as const;

const QUESTIONS = { verify: 3, require: 2, verifyMany: 1 } as const;
/** Keys of Ed25519 and signatures are this long in a list's entry (docs of signature_verify_many). */
const LENGTH_BYTES = 4;

function question(random: Random, { questions }: Weather, operation: keyof typeof QUESTIONS): Step {
  if (operation !== "verifyMany") {
    const { algorithm, publicKey, signature, message } = random.pick(questions);
    const first = Uint8Array.from([algorithm, publicKey.length, ...publicKey, ...signature]);
    return { operation, first, second: message };
  }
  const list = Array.from({ length: random.below(5) }, () => random.pick(questions));
  const entries = list.map(({ algorithm, publicKey, signature, message }) => {
    const length = new Uint8Array(LENGTH_BYTES);
    length[0] = message.length;
    return [algorithm, ...publicKey, ...signature, ...length, ...message];
  });
  return { operation, first: Uint8Array.from(entries.flat()), second: utf8("verdicts") };
}

function step(random: Random, weather: Weather, depth: number): Step {
  const operation = random.weighted<keyof typeof OPERATIONS>({
    ...OPERATIONS,
    revert: depth > 0 ? 2 : 0,
    ...(weather.questions.length > 0 ? QUESTIONS : {}),
  });
  switch (operation) {
    case "verify":
    case "require":
    case "verifyMany":
      return question(random, weather, operation);
    case "put":
      return { operation, first: key(random, weather), second: value(random) };
    case "copy":
      return { operation, first: key(random, weather), second: key(random, weather) };
    case "delete":
      return { operation, first: key(random, weather) };
    case "add":
    case "tryAdd":
      // Now and then a counter's key is one of the others, too.
      return {
        operation,
        first: key(random, weather, random.once(8) && !weather.hasRoom ? "k" : "c"),
        second: change(random, weather),
      };
    case "sum":
      return { operation, first: key(random, weather, "c") };
    case "scan":
      return { operation, first: utf8(random.pick(["k", "c", ""])), second: key(random, weather) };
    case "time":
      return { operation, first: key(random, weather) };
    case "emit":
      return { operation, first: utf8(random.pick(["Paid", "Sent", "x"])), second: value(random) };
    case "output":
      return { operation, first: value(random) };
    case "revert":
      return { operation, first: Uint8Array.of(random.below(200)), second: utf8("no") };
    default: {
      const inner = depth < DEPTH_MAX ? script(random, weather, depth + 1) : [];
      return { operation, first: utf8(random.pick([...weather.contracts, "nobody"])), second: encodeScript(inner) };
    }
  }
}

function script(random: Random, weather: Weather, depth: number): Step[] {
  return Array.from({ length: random.below(weather.steps) }, () => step(random, weather, depth));
}

/** What stands at the end of a transaction that is to fail. */
function ending(random: Random): Step[] {
  const operation = random.weighted<"revert" | "trap" | "burn">({ revert: 4, trap: 2, burn: 1 });
  return [operation === "revert" ? { operation, first: Uint8Array.of(9), second: utf8("end") } : { operation }];
}

function weatherOf(random: Random): Pick<Weather, "keys" | "steps" | "trouble"> {
  return {
    keys: random.pick([1, 2, 5, 40, 2000]),
    steps: random.pick([2, 4, 9]),
    trouble: random.pick([3, 10, 1000]),
  };
}

export interface BlockMakerOptions {
  /** Counters never meet their bounds, so that no answer hangs on the order of adds. */
  readonly hasRoom?: boolean;
  readonly questions?: readonly SignatureItem[];
  /** Contracts with code of their own are deployed on the way, and called. */
  readonly hasCopies?: boolean;
}

export class BlockMaker {
  readonly #random: Random;
  readonly #options: BlockMakerOptions;
  readonly #contracts = [...NAMES];
  #number = 1000;
  #deployed = 0;

  constructor(random: Random, options: BlockMakerOptions = {}) {
    this.#random = random;
    this.#options = options;
  }

  /** The deployments that the other blocks need. */
  first(): Transaction[] {
    return NAMES.map((name, number) => deployOf(name, CODE, number));
  }

  block(height: number, sizeMax = 60): Transaction[] {
    const random = this.#random;
    const { hasRoom = false, questions = [] } = this.#options;
    // Contracts that this block deploys are called by later ones, too.
    const weather = { ...weatherOf(random), hasRoom, questions, contracts: this.#contracts };
    const size = random.pick([1, random.between(1, sizeMax), sizeMax]);
    return Array.from({ length: size }, () => this.#transaction(weather, height));
  }

  #transaction(weather: Weather, height: number): Transaction {
    const random = this.#random;
    this.#number += 1;
    if (random.once(60)) return this.#deployment();
    const steps = script(random, weather, 0);
    if (random.once(weather.trouble)) steps.push(...ending(random));
    return transactionOf({
      contract: random.once(40) ? "nobody" : random.pick(weather.contracts),
      method: random.once(60) ? "walk" : "run",
      args: encodeScript(steps),
      gasLimit: random.pick(weather.questions.length > 0 ? [3_000_000, 20_000_000] : [40_000, 300_000, 3_000_000]),
      // Some have expired, and some repeat one before.
      expiryHeight: random.once(40) ? Math.max(0, height - 1) : height + random.below(40),
      number: random.once(40) ? this.#number - random.below(3) : this.#number,
      ...(random.once(3) ? { from: stranger } : {}),
    });
  }

  #deployment(): Transaction {
    const random = this.#random;
    this.#deployed += 1;
    if (random.once(3)) return deployOf("pa", CODE, this.#number);
    const name = `new-${this.#deployed}`;
    if (this.#options.hasCopies !== true || !random.once(4)) return deployOf(name, CODE, this.#number);
    this.#contracts.push(name);
    return deployOf(name, copyOf(random.below(COPIES_MAX)), this.#number);
  }
}
