/**
 * The self-check of a kernel: signatures whose verdicts are known, alone and in batches, good and spoilt.
 *
 * The signatures were made once by reference/sign.ts (keys: SHA-256 of a text); their messages, of lengths on both
 * sides of the blocks of all hashes, follow a rule. A check takes some milliseconds and finds an engine that compiles a
 * kernel wrong, a machine that rounds in another way, a file that was damaged. It is no proof that a kernel is right:
 * that is the business of test/vectors and the fuzzer.
 */
import { createHash } from "node:crypto";
import { SignatureBatchBuilder } from "../batch.ts";
import { ALGORITHMS, type Algorithm, type AlgorithmName, type SignatureBatch } from "../device.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix } from "../reference/sm2.ts";
import { createVerdicts, isAccepted } from "../verdicts.ts";
import type { SignatureKernel } from "./kernel.ts";

interface KnownSignature {
  readonly messageLength: number;
  readonly publicKey: string;
  readonly signature: string;
  readonly recoveryId?: number;
}

const KNOWN: Readonly<Record<AlgorithmName, readonly KnownSignature[]>> = {
  ed25519: [
    {
      messageLength: 0,
      publicKey: "eb5b0887a14584cb01983e5592f68d6e904a920bced955f388ac92b3645a0be1",
      signature:
        "a68f8dc6de4a874c27df13c6ce3ab448fb01737c0290e79b0a21950697bba727" +
        "1fd3e6cc7cfcf969f1970bceb58a3f57eacc0768f3440b13b95aa30a31287402",
    },
    {
      messageLength: 32,
      publicKey: "b1e965cfc44abed1988ec5871fb7708037fb2b760ad7a69ab82f3d25ade9e62c",
      signature:
        "732a7c86497e243abda5a70bdc83cf2e52c58ec4fbc975217c7cbe4ad2d2db01" +
        "4855fcfd5d0bf879235ac0f7e85bfccf924563a916f7f640565e3d485563b20e",
    },
    {
      messageLength: 119,
      publicKey: "5c38e8b7537dbc1b0f795dd968eab9559b642ad1358d4cba1e670ae3d1b120c6",
      signature:
        "13d1c4c0ae9363b0f4927caa749c7aa17cd3c2bac662c27fcf46df13c4f92d35" +
        "fcf1d31b13b828d29a5a5cd4de9427da8772924a639ea4be14e6bd52d785bf0c",
    },
    {
      messageLength: 300,
      publicKey: "196ddde2f6a5caee964f888b1ce985ffa891c0e5d94499915e468f25de729dce",
      signature:
        "a0c33dfbce03182c8b66d119b0db95ab668e5cfc9f84a1ecccd31a1cf1200406" +
        "949bbff9a64f334c6050a7b03bc250b79c722a6d89293eea7dbed8ba7918ac06",
    },
  ],
  secp256k1: [
    {
      messageLength: 0,
      publicKey: "021293b6bb838540e802b8817c37194b9551fa529895fd18f891f284c33ca57304",
      signature:
        "5a7e8970c6a51d6fad94d61e87dd9a8039c68d4511aa564dd8d7c973be2672db" +
        "57c342733eb9afbe0df16d31509c132aeabc16c555582ee8e58a5972a2a56429",
      recoveryId: 0,
    },
    {
      messageLength: 32,
      publicKey: "031a8e7d23cc74d396c6dbd5a9817e1fa7244677ce536467af02f1f0cb7c2995de",
      signature:
        "3c9afe99d299097633e733289c95000edbaf7953240e0e29d10b4b4e953f9fd8" +
        "21276dcc9b6104873d12feaad0041023a504a6a128a9cf6137a65dc505ee8e9a",
      recoveryId: 1,
    },
    {
      messageLength: 119,
      publicKey: "03966c47e8cc900bb6ba55f206d888bf4ff67de586c1a407eb6946471617c72588",
      signature:
        "bb81ce888c2eca530d4a78baeffb14aff710c413055069465c24032eb76cea0e" +
        "48e0fc80d55e559f8b16e2579e0fc5e7f145689b286b5dd521b64dd90a398593",
      recoveryId: 0,
    },
    {
      messageLength: 300,
      publicKey: "03061885d64744fd702bd5f0066d482458f1d97f5c4d254fd67bdd51ebf9ba8dfd",
      signature:
        "62d9f2cb9e5879a6649117b7df6664f1c8b84171eb860aa69359d0d67fe58a16" +
        "438a91f227cab7f56cc6678f9a053e7152cbd2aa901a6f9b8a0de502e1bb5301",
      recoveryId: 1,
    },
  ],
  p256: [
    {
      messageLength: 0,
      publicKey: "0217a04a05f36ac2931670f6aa7b16533ba829455d0e2f0ef4d00d85a50ebfe5d4",
      signature:
        "7c92a0c3e1c9239d3c40117ab0ebe7558c1dd3bff0e81f7b320a1b5763770840" +
        "36f9bfb7b9e93507cff1cddc5fe243c9b4513d59b6f08d2062cda876cedc4cab",
    },
    {
      messageLength: 32,
      publicKey: "036308099a20d80d241703469c421a3f21cea1a17838b555959a0e79e6d5cab9ed",
      signature:
        "ee39744c0a1e1db07486eef82571460518a92155e980ee83d172beb435cd5490" +
        "2e09be67cf3e259e3b852cc56c5347dac040a95e32eafbcaec15725adef358d1",
    },
    {
      messageLength: 119,
      publicKey: "031f398fa0a948692caaf50a723e8a8a8801def76afe4b9592c2a09dafc2e2a44e",
      signature:
        "ec5ebf16bd2b2b46e91f8a89024b5bd1e00fe39f24675c4f3472c51ae4c5ff6c" +
        "21f89850f2cc7397f55c527fa8d82f0b99a64f0d30319a92790ef147ea47ca97",
    },
    {
      messageLength: 300,
      publicKey: "03e101f8adfcd168842e041daf3c7dd4a67d3d46323e893a863597473b9e681c61",
      signature:
        "807bd41bf2e2273b89e8105395183a14998abce0ac47d0b146da9022c3929fbc" +
        "610319cc9ef3d3e65cd9f711d4a4547b65ed281742f58a995e22f433f7001598",
    },
  ],
  sm2: [
    {
      messageLength: 0,
      publicKey: "02724e0c1c3cfd399e96aee736a1dc9976ab6cae2a10b60249e64f9f392501856e",
      signature:
        "beedc99d935f0bc212a489e623ab4733cbed1c6b6217ebde901de1841cf3f749" +
        "dfffb3d8016f864ee10857c04ab360893da0f4d92e6d0b9def98dc8af00ffa3c",
    },
    {
      messageLength: 32,
      publicKey: "03ac4c5e8820855542336cfd6991d8299d0d978699aee6e5673062ae86d8d5c32c",
      signature:
        "e12e4d561b2ea98226bde8bab4f97b563a5bacd82a58a8c77c429087d735f416" +
        "7c9b1b7a789019073c9741e24c33727a522f8127c3cc3b564104f6ea42ed0c95",
    },
    {
      messageLength: 119,
      publicKey: "02b73b0eb67c5576503b98a94f3a54b503bf6195e76b02b5022ead79e94dc1f480",
      signature:
        "455c2cb630ae195f6f424cce4ac5d8be1f0b036a88ab0379b1c21d8bc1e51e46" +
        "d452b883bff6383a116fc795da8a8bbe1b3e42b10588e665aba3556bfaa62dfd",
    },
    {
      messageLength: 300,
      publicKey: "036c72e7170b2a4d8ffcfeadf11be1e486e2b9daa54a6c19de251641f39a17d3b2",
      signature:
        "ed80b6aa78186935fb858fec0edf228c6622e7c45766ee4d09f27643aada1dff" +
        "fe11d83e83b3329c4e5260b54f2fb81c5696bfc407d54406c91e440d729ee30e",
    },
  ],
};

interface KnownItem {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly isGood: boolean;
}

/** Items of the large batch: enough for the bucket method of a batch equation. */
const LARGE_BATCH = 64;
const LIMITS = { batchItemsMax: LARGE_BATCH, messageBytesMax: LARGE_BATCH * 512 };
const NAMES = Object.keys(ALGORITHMS) as AlgorithmName[];

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function messageOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 7 * i + length);
}

function goodItem(known: KnownSignature): KnownItem {
  const { publicKey, signature, messageLength } = known;
  return {
    publicKey: bytesOf(publicKey),
    signature: bytesOf(signature),
    message: messageOf(messageLength),
    isGood: true,
  };
}

function withBitTurned(bytes: Uint8Array, index: number): Uint8Array {
  const turned = bytes.slice();
  turned[index]! ^= 1;
  return turned;
}

/** The same item spoilt in each of its parts; every one of these is refused by the rule. */
function badItems(item: KnownItem, other: KnownItem): readonly KnownItem[] {
  const { signature, message } = item;
  const isGood = false;
  return [
    { ...item, isGood, message: Uint8Array.of(...message, 0) },
    { ...item, isGood, signature: withBitTurned(signature, 5) },
    { ...item, isGood, signature: withBitTurned(signature, 40) },
    { ...item, isGood, signature: new Uint8Array(64).fill(0xff) },
    { ...item, isGood, signature: new Uint8Array(64) },
    { ...item, isGood, publicKey: other.publicKey },
    { ...item, isGood, publicKey: new Uint8Array(item.publicKey.length).fill(0xff) },
  ];
}

/** Batches in the order of the check: each item alone, all together, many good ones with one bad among them. */
function batchesOf(name: AlgorithmName): readonly (readonly KnownItem[])[] {
  const good = KNOWN[name].map(goodItem);
  const [first, second] = good as [KnownItem, KnownItem];
  const bad = badItems(second, first);
  const many = Array.from({ length: LARGE_BATCH }, (_, i) => (i === 41 ? bad[0]! : good[i % good.length]!));
  const alone = [...good, ...bad].map((item) => [item]);
  return [...alone, [...good, ...bad, ...good], many.filter(({ isGood }) => isGood), many];
}

function toBatch(algorithm: Algorithm, items: readonly KnownItem[]): SignatureBatch {
  const builder = new SignatureBatchBuilder(LIMITS);
  for (const { publicKey, signature, message } of items) builder.append(algorithm, publicKey, signature, message);
  return builder.take();
}

function answersAsKnown(kernel: SignatureKernel, algorithm: Algorithm, items: readonly KnownItem[]): boolean {
  const range = { batch: toBatch(algorithm, items), from: 0, to: items.length };
  const verdicts = createVerdicts(items.length);
  if (!kernel.load(range)) return false;
  kernel.verifyInto(verdicts, algorithm, range);
  return items.every(({ isGood }, i) => isAccepted(verdicts, i) === isGood);
}

function recoversAsKnown(kernel: SignatureKernel): boolean {
  return KNOWN.secp256k1.every(({ messageLength, publicKey, signature, recoveryId = 0 }) => {
    const digest = createHash("sha256").update(messageOf(messageLength)).digest();
    const isSame = (id: number): boolean => {
      const key = kernel.recover(digest, bytesOf(signature), id);
      return key !== undefined && Buffer.from(key).toString("hex") === publicKey;
    };
    return isSame(recoveryId) && !isSame(1 - recoveryId) && kernel.recover(digest, new Uint8Array(64), 0) === undefined;
  });
}

/** What a kernel may be used for. */
export interface SelfCheck {
  readonly algorithms: readonly Algorithm[];
  readonly canRecover: boolean;
  /** It threw, and must not be used for anything. */
  readonly isBroken: boolean;
}

const NOTHING: SelfCheck = { algorithms: [], canRecover: false, isBroken: true };

/**
 * Returns the algorithms that the kernel has and for which all its answers are the known ones. The identity for SM2 is
 * the default one afterwards. Never throws.
 */
export function selfCheck(kernel: SignatureKernel): SelfCheck {
  try {
    kernel.setSm2UserId(sm2UserIdPrefix(SM2_DEFAULT_USER_ID));
    const passing = NAMES.filter((name) => {
      const algorithm = ALGORITHMS[name];
      const isThere = kernel.algorithms.includes(algorithm);
      return isThere && batchesOf(name).every((items) => answersAsKnown(kernel, algorithm, items));
    });
    const canRecover = kernel.canRecover && recoversAsKnown(kernel);
    return { algorithms: passing.map((name) => ALGORITHMS[name]), canRecover, isBroken: false };
  } catch {
    return NOTHING;
  }
}
