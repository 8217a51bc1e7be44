/**
 * Shapes of requests and answers: types, validation, serialisation and the OpenAPI document come from these.
 *
 * Bytes are lower-case hex. Integers above 2^53 are decimal strings. Nothing is coerced: a number in a query string is
 * a text of digits, checked by a pattern and read by the route.
 */
import { type Static, type TSchema, Type } from "typebox";
import { ALGORITHMS, type AlgorithmName } from "../../accel/device.ts";
import { EVENT_TOPICS_MAX } from "../../runtime/format/receipt.ts";
import { FATE_NAMES } from "../../runtime/lanes/lane-log.ts";
import { OUTCOMES, type OutcomeName } from "../../vm/outcome.ts";

const strict = { additionalProperties: false } as const;

const hex = (description: string) => Type.String({ pattern: "^([0-9a-f]{2})*$", description });
const hash = (description: string) => Type.String({ pattern: "^[0-9a-f]{64}$", description });
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });
/** A value whose shape the contract's ABI gives. */
const abiValue = (description: string) => Type.Unknown({ description });
const contractName = Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$", description: "Name of a contract." });
const digits = (description: string) => Type.String({ pattern: "^(0|[1-9][0-9]{0,15})$", description });

const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as AlgorithmName[];
const OUTCOME_NAMES = Object.keys(OUTCOMES) as OutcomeName[];

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: "urn:cinnabar:problem: and the code; never changes." }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: "What to branch on." }),
    instance: Type.Optional(Type.String({ description: "Path of the request." })),
    value: Type.Optional(Type.String({ description: "The value that was refused." })),
    limit: Type.Optional(Type.String({ description: "The limit or rule that refused it." })),
    hint: Type.Optional(Type.String({ description: "What to do instead." })),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { $id: "Problem", additionalProperties: true, description: "RFC 9457 problem details." },
);

export const eventSchema = Type.Object({
  contract: Type.String(),
  name: Type.String(),
  topics: Type.Array(hex("Codec bytes of an indexed field; their SHA-256 where they are more than 64."), {
    maxItems: EVENT_TOPICS_MAX,
    description: "What the event is found by: its indexed fields, in their order.",
  }),
  data: hex("Codec bytes of the fields."),
  fields: abiValue("The fields by the contract's ABI; null when it has no such event."),
});

export const contractErrorSchema = Type.Object({
  code: Type.Integer(),
  name: nullable(Type.String({ description: "The rule or cause, as people know it." })),
  text: nullable(Type.String()),
});

export const receiptSchema = Type.Object(
  {
    transactionId: hash("The transaction."),
    outcome: oneOf(OUTCOME_NAMES, "How the call ended."),
    error: nullable(contractErrorSchema),
    message: nullable(Type.String({ description: "What the contract said when it gave up." })),
    output: hex("Bytes the call returned; empty unless ok."),
    result: abiValue("The output by the contract's ABI; null when there is none."),
    gasUsed: Type.Integer(),
    events: Type.Array(eventSchema),
  },
  { description: "What a transaction did." },
);

export const placedReceiptSchema = Type.Object({
  id: hash("The transaction."),
  height: Type.Integer({ description: "Block it is in." }),
  index: Type.Integer({ description: "Its place in the block." }),
  receipt: receiptSchema,
});

const acceptedSchema = Type.Object({ id: hash("The transaction."), state: Type.Literal("accepted") });
const committedSchema = Type.Object({
  id: hash("The transaction."),
  state: Type.Literal("committed"),
  height: Type.Integer(),
  index: Type.Integer(),
  receipt: receiptSchema,
});
export const submissionSchema = Type.Union([committedSchema, acceptedSchema]);

export const submitBodySchema = Type.Object(
  { transaction: Type.String({ pattern: "^([0-9a-f]{2})+$", description: "Signed transaction, canonical bytes." }) },
  strict,
);

export const submitQuerySchema = Type.Object(
  {
    wait: Type.Optional(
      oneOf(["committed", "accepted"], "Answer when its block is on disk (default), or when its signature is good."),
    ),
    timeoutMs: Type.Optional(digits("Longest wait for the commit; then 202. At most the node's own limit.")),
  },
  strict,
);

export const batchBodySchema = Type.Object(
  {
    transactions: Type.Array(Type.String({ pattern: "^([0-9a-f]{2})+$" }), {
      minItems: 1,
      description: "Signed transactions, executed in this order.",
    }),
  },
  strict,
);

export const batchResultSchema = Type.Object({
  results: Type.Array(
    Type.Union([
      committedSchema,
      acceptedSchema,
      Type.Object({ state: Type.Literal("rejected"), problem: Type.Ref("Problem") }),
    ]),
    { description: "One for each transaction, in order." },
  ),
});

export const idParamsSchema = Type.Object({ id: hash("Transaction id.") }, strict);

export const transactionSchema = Type.Object({
  id: hash("SHA-256 of the unsigned bytes."),
  state: oneOf(["pending", "committed"], "Whether it is in a block."),
  height: nullable(Type.Integer()),
  index: nullable(Type.Integer()),
  chainId: Type.String(),
  sender: hash("Address of the signer."),
  algorithm: oneOf(ALGORITHM_NAMES, "Signature algorithm."),
  publicKey: hex("Key of the signer."),
  contract: Type.String(),
  method: Type.String(),
  args: abiValue("The arguments by the contract's ABI; null when they do not decode."),
  argsBytes: hex("The arguments' bytes."),
  gasLimit: Type.Integer(),
  expiryHeight: Type.Integer(),
  salt: hex("16 bytes."),
  signature: hex("64 bytes."),
});

export const heightParamsSchema = Type.Object(
  { height: Type.String({ pattern: "^(latest|0|[1-9][0-9]{0,15})$", description: "Height, or `latest`." }) },
  strict,
);

export const headerSchema = Type.Object({
  protocolVersion: Type.Integer(),
  chainId: Type.String(),
  height: Type.Integer(),
  timeSeconds: Type.Integer({ description: "Seconds since 1970-01-01." }),
  previousHash: hash("Hash of the block before."),
  transactionsRoot: hash("Merkle root of the transactions."),
  receiptsRoot: hash("Merkle root of the receipts."),
  stateRoot: hash("Root of the state after this block."),
  scheduleHash: hash("Hash of the gas schedule."),
  gasUsed: Type.Integer(),
});

export const sealSchema = Type.Object({
  algorithm: oneOf(ALGORITHM_NAMES, "Signature algorithm."),
  publicKey: hex("Key of the sealer."),
  signature: hex("Over the block hash."),
});

export const blockSchema = Type.Object({
  hash: hash("Hash of the header."),
  header: headerSchema,
  seal: sealSchema,
  transactions: Type.Array(hash("Transaction id."), { description: "In order of execution." }),
});

const cost = (description: string) => Type.Number({ description: `${description} In \`unit\`.` });
const FATE_TEXT =
  "What its lane did: `taken` its attempt counted; `value`, `counter` it did not, for what it had seen; `late`, " +
  "`lost` its thread was not done, or gone; `inPlace` it was not given away; the others: why no attempt was made.";

const hotKeySchema = Type.Object({
  key: Type.String({ description: "By the contract's ABI; a whole storage ends in `/*`." }),
  readers: Type.Integer({ description: "Transactions that read it and left it." }),
  writers: Type.Integer({ description: "Transactions that wrote it." }),
  adders: Type.Integer({ description: "Transactions that added to it and did nothing else with it." }),
  waits: Type.Integer({ description: "Dependencies that hang on it." }),
  pathCost: cost("Of those transactions of the critical path that wait by it."),
  pathAsCounter: nullable(cost("The critical path if it were a counter; null where that was not computed.")),
});

export const lanesSchema = Type.Object(
  {
    height: Type.Integer(),
    unit: oneOf(["gas", "ns"], "What costs are measured in: gas, or measured nanoseconds."),
    work: cost("Of all transactions."),
    hasDependencies: Type.Boolean({ description: "False: what waits for what is not known." }),
    criticalPath: cost("Of the longest chain of transactions that wait for each other."),
    bound: cost("max(work / 96, critical path): no plan on 96 cores is over before."),
    lanes: Type.Array(Type.Object({ cost: cost("Of its transactions."), transactions: Type.Integer() }), {
      description: "The 96 lanes.",
    }),
    transactions: Type.Array(
      Type.Object({
        id: hash("Transaction id."),
        contract: Type.String(),
        method: Type.String(),
        outcome: oneOf(OUTCOME_NAMES, "How the call ended."),
        lane: Type.Integer(),
        cost: cost("Of the transaction."),
        start: cost("When it could begin if there were a core for everything."),
        waits: Type.Array(
          Type.Object({ transaction: Type.Integer({ description: "Its place." }), keys: Type.Array(Type.String()) }),
          { description: "What it needs, and by which keys; what is over last comes first, and at most 4." },
        ),
        moreWaits: Type.Integer({ description: "Transactions that it waits for beside those." }),
        fate: nullable(oneOf(FATE_NAMES, FATE_TEXT)),
        conflict: nullable(
          Type.Object({
            key: Type.String({ description: "What its attempt failed on." }),
            by: nullable(Type.Integer({ description: "The transaction that had changed it; null: an earlier block." })),
          }),
        ),
      }),
      { description: "In block order; their places are what the others refer to." },
    ),
    chain: Type.Array(
      Type.Object({
        transaction: Type.Integer(),
        keys: Type.Array(Type.String({ description: "By which it waits for the one before." })),
      }),
      { description: "The critical path." },
    ),
    contracts: Type.Array(
      Type.Object({
        contract: Type.String(),
        transactions: Type.Integer(),
        cost: cost("Of its transactions."),
        keys: Type.Array(hotKeySchema, { description: "Its keys that are waited for, the hottest first; at most 8." }),
        storages: Type.Array(hotKeySchema, { description: "All keys of a storage as one; at most 4." }),
      }),
    ),
    fates: Type.Array(
      Type.Object({ fate: oneOf(FATE_NAMES, FATE_TEXT), transactions: Type.Integer(), cost: cost("Of these.") }),
      {
        description: "Empty where this node does not know: it has not executed the block with lanes since it started.",
      },
    ),
    predictions: Type.Array(
      Type.Object({
        cores: Type.Integer(),
        makespan: cost("Of the plan on so many cores, without overheads."),
        appliedMakespan: cost("The same where an attempt sees only what has been applied in block order."),
        bound: cost("max(work / cores, critical path)."),
        limit: oneOf(["work", "chain", "validator"], "Which of the bounds is the largest."),
      }),
    ),
  },
  { description: "Why a block took as long as it took: docs/lanes.md." },
);

export const contractParamsSchema = Type.Object({ name: contractName }, strict);

export const contractSchema = Type.Object({
  name: Type.String(),
  address: hash("The contract's own address."),
  isSystem: Type.Boolean({ description: "True for a contract that the node itself is." }),
  codeHash: nullable(hash("SHA-256 of the module's bytes.")),
  abiHash: nullable(hash("SHA-256 of the module's ABI section.")),
  version: nullable(Type.Integer()),
  height: nullable(Type.Integer({ description: "Block that deployed it." })),
  abi: Type.Unknown({ description: "See docs/contracts.md." }),
});

export const queryBodySchema = Type.Object(
  {
    method: Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_]{0,63}$" }),
    args: Type.Optional(abiValue("Arguments by the contract's ABI: an object by name.")),
    sender: Type.Optional(hash("Address the call is made for; default zeros.")),
    gasLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  },
  strict,
);

export const queryResultSchema = Type.Object({
  height: Type.Integer({ description: "State it was answered from." }),
  outcome: oneOf(OUTCOME_NAMES, "How the call ended."),
  error: nullable(contractErrorSchema),
  message: nullable(Type.String()),
  output: hex("Bytes the call returned."),
  result: abiValue("The output by the contract's ABI."),
  gasUsed: Type.Integer(),
});

const storageName = Type.String({ minLength: 1, maxLength: 128, description: "Storage declared in the ABI." });
const keyText = Type.String({ maxLength: 2048, description: "JSON array of the key's parts; absent for a cell." });

export const stateQuerySchema = Type.Object({ storage: storageName, key: Type.Optional(keyText) }, strict);

export const stateSchema = Type.Object({
  contract: Type.String(),
  storage: Type.String(),
  key: Type.Array(Type.Unknown()),
  height: Type.Integer(),
  present: Type.Boolean(),
  value: abiValue("The value by the contract's ABI; null when there is none."),
  bytes: nullable(hex("The value's bytes.")),
});

export const proofQuerySchema = Type.Object(
  { contract: contractName, storage: storageName, key: Type.Optional(keyText), height: Type.Optional(digits("")) },
  strict,
);

export const statusSchema = Type.Object({
  software: Type.Object({ name: Type.String(), version: Type.String() }),
  state: oneOf(["starting", "ready", "stopping", "failed"], "What the node is doing."),
  uptimeSeconds: Type.Integer(),
  chain: Type.Object({
    chainId: Type.String(),
    protocolVersion: Type.Integer(),
    hash: oneOf(["sha256", "sm3"], "Hash of tree, roots and blocks."),
    sm2UserId: Type.String(),
    genesisHash: hash("Hash of block 0."),
    admins: Type.Array(hash("Address that may deploy.")),
    sealer: Type.Object({ algorithm: oneOf(ALGORITHM_NAMES, ""), publicKey: hex("") }),
    transactionGasMax: Type.Integer(),
    blockGasMax: Type.Integer(),
    expiryHeightsMax: Type.Integer(),
    transactionBytesMax: Type.Integer(),
  }),
  head: Type.Object({
    height: Type.Integer(),
    hash: hash("Block hash."),
    timeSeconds: Type.Integer(),
    stateRoot: hash("State root."),
  }),
  pending: Type.Object({ transactions: Type.Integer(), bytes: Type.Integer() }),
  verdicts: Type.Object(
    {
      known: Type.Integer({ description: "Signatures whose verdict is remembered now, accepted and rejected." }),
      asked: Type.Integer({ description: "How often a signature's verdict was looked for." }),
      hits: Type.Integer({ description: "How often it was known, and the signature not verified again." }),
      forgotten: Type.Integer({
        description: "Verdicts that made room for newer ones; verified again when they come.",
      }),
    },
    { description: "Of transactions' signatures, at ingest and in blocks from elsewhere, since the node started." },
  ),
  limits: Type.Object({
    batchTransactionsMax: Type.Integer(),
    jsonBytesMax: Type.Integer(),
    queryGasMax: Type.Integer(),
    commitTimeoutMs: Type.Integer(),
  }),
  lanes: Type.Object(
    {
      threads: Type.Integer({ description: "Threads that attempt transactions now; 0: everything runs in place." }),
      taken: Type.Integer({ description: "Attempts that counted." }),
      conflicts: Type.Integer({ description: "Attempts that had seen what was not so any more; run again in place." }),
      late: Type.Integer({ description: "Attempts that were not done when their turn came." }),
      withoutAttempt: Type.Integer({ description: "Transactions that a thread could not attempt." }),
      inPlace: Type.Integer({ description: "Transactions that were not given away." }),
      restarts: Type.Integer({ description: "Threads that died or hung and were replaced." }),
    },
    { description: "What became of transactions in the lanes since the node started." },
  ),
  device: Type.Object({
    name: Type.String({ description: "Of the driver." }),
    lanes: Type.Integer(),
    state: oneOf(["ok", "quarantined"], "Quarantined: the reference decides until the node is started anew."),
    reason: Type.String({ description: "Why it is quarantined; empty while it is not." }),
    kernels: nullable(Type.String({ description: "Which compiled kernels run: `relaxed` or `integer`." })),
    kernelAlgorithms: Type.Array(Type.String({ description: "Algorithm that the kernels decide." })),
    items: Type.Integer({ description: "Signatures that got a verdict." }),
    queuedItems: Type.Integer({ description: "Signatures that wait for one." }),
    checkedItems: Type.Integer({ description: "Verdicts that the reference computed again." }),
    mismatches: Type.Integer({ description: "Of these, those that differed." }),
    fallbackItems: Type.Integer({ description: "Signatures decided by the reference in the device's place." }),
    workerRestarts: Type.Integer({ description: "Threads that died or hung and were replaced." }),
    busySeconds: Type.Number({ description: "Time that verdicts took, all threads together." }),
    latencyP50Ms: Type.Number({ description: "Half of the batches took at most this; a power of two." }),
    latencyP99Ms: Type.Number({ description: "99 of 100 batches took at most this; a power of two." }),
  }),
});

export const healthSchema = Type.Object({ state: Type.String() });

export type SubmissionView = Static<typeof submissionSchema>;
export type BatchResultView = Static<typeof batchResultSchema>;
export type ReceiptView = Static<typeof receiptSchema>;
export type PlacedReceiptView = Static<typeof placedReceiptSchema>;
export type TransactionView = Static<typeof transactionSchema>;
export type BlockView = Static<typeof blockSchema>;
export type LanesView = Static<typeof lanesSchema>;
export type ContractView = Static<typeof contractSchema>;
export type QueryResultView = Static<typeof queryResultSchema>;
export type StateView = Static<typeof stateSchema>;
export type StatusView = Static<typeof statusSchema>;
