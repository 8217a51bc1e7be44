/** What a node can be told: one schema gives the type, the validation, the defaults and the reference table. */
import { type Static, Type } from "typebox";

const MIB = 1024 * 1024;

/** Levels of the log, least talkative first. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Who verifies signatures. */
export const ACCELERATOR_DRIVERS = ["auto", "wasm", "reference"] as const;
export type AcceleratorDriver = (typeof ACCELERATOR_DRIVERS)[number];

const integer = (minimum: number, maximum: number, fallback: number, description: string) =>
  Type.Integer({ minimum, maximum, default: fallback, description });

const apiSchema = Type.Object(
  {
    commitTimeoutMs: integer(1, 600_000, 30_000, "Longest wait for a commit before the answer is 202."),
    jsonBytesMax: integer(1024, 64 * MIB, MIB, "Longest JSON body."),
    batchTransactionsMax: integer(1, 10_000, 1000, "Most transactions in one batch request."),
    queryGasMax: integer(1, Number.MAX_SAFE_INTEGER, 10_000_000, "Gas a query may use; also its default."),
    queriesMax: integer(1, 10_000, 64, "Queries that may wait; one more is answered `api.busy`."),
    connectionsMax: integer(1, 100_000, 1024, "Open connections; one more is closed at once."),
    headersTimeoutMs: integer(100, 600_000, 10_000, "Longest time for the headers of a request to arrive."),
    requestTimeoutMs: integer(100, 600_000, 30_000, "Longest time for a whole request to arrive."),
    documentation: Type.Boolean({ default: true, description: "Serve the page at /docs." }),
  },
  { additionalProperties: false, default: {} },
);

const blockSchema = Type.Object(
  {
    transactionsMax: integer(1, 100_000, 1000, "Most transactions in one block."),
    bytesMax: integer(1024, 64 * MIB, 4 * MIB, "Transaction bytes at which a block is full."),
  },
  { additionalProperties: false, default: {} },
);

const checkpointSchema = Type.Object(
  {
    blocks: integer(1, 1_000_000, 256, "Blocks after which the store is brought up to date."),
    bytes: integer(1024, 1024 * MIB, 16 * MIB, "Log bytes after which the store is brought up to date."),
  },
  { additionalProperties: false, default: {} },
);

const treeSchema = Type.Object(
  {
    thread: Type.Optional(
      Type.Boolean({
        description:
          "Compute the roots of blocks on a thread of their own. Absent: where the host has two cores or more.",
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

const ingestSchema = Type.Object(
  {
    pendingMax: integer(1, 1_000_000, 8192, "Transactions that may wait; one more is answered `ingest.busy`."),
    verifyingMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          "Of these, those whose signature is not checked yet, and the same share of the bytes. Absent: a quarter.",
      }),
    ),
    pendingBytesMax: integer(MIB, 4096 * MIB, 64 * MIB, "Transaction bytes that may wait."),
    batchItemsMax: integer(1, 4096, 256, "Most signatures handed to the accelerator at once."),
    batchWaitMs: integer(1, 1000, 2, "Longest wait of a signature for others while the accelerator works; idle, none."),
  },
  { additionalProperties: false, default: {} },
);

const acceleratorSchema = Type.Object(
  {
    driver: Type.Unsafe<AcceleratorDriver>({
      type: "string",
      enum: [...ACCELERATOR_DRIVERS],
      default: "auto",
      description: "`wasm`: compiled kernels, checked; `reference`: plain JavaScript; `auto`: kernels where they work.",
    }),
    workers: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 96,
        description:
          "Signature threads; 0 = none, in the main thread. Absent: the cores of the host less one, at least 1.",
      }),
    ),
    sampleEvery: integer(
      0,
      1_000_000_000,
      1024,
      "One verdict of so many is checked by the reference, on average; 1 = all, 0 = none.",
    ),
    contractItemsMin: integer(
      0,
      256,
      8,
      "A contract's question for so many unknown signatures or more goes to the accelerator; 0 = none, all in place.",
    ),
    hangMs: integer(
      10,
      600_000,
      30_000,
      "A device that settles nothing for so long is given up, its threads after a third; each open signature adds 30 ms.",
    ),
  },
  { additionalProperties: false, default: {} },
);

const lanesSchema = Type.Object(
  {
    workers: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 96,
        description:
          "Threads that attempt transactions ahead of their turn; 0 = none. Absent: the cores of the host less two.",
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

export const nodeConfigSchema = Type.Object(
  {
    dataFolder: Type.String({ minLength: 1, maxLength: 4096, default: "data", description: "Folder of the chain." }),
    host: Type.String({ minLength: 1, maxLength: 255, default: "127.0.0.1", description: "Address to listen on." }),
    port: integer(0, 65_535, 8710, "Port to listen on; 0 = any free one."),
    logLevel: Type.Unsafe<LogLevel>({
      type: "string",
      enum: [...LOG_LEVELS],
      default: "info",
      description: "Least level that is logged.",
    }),
    api: apiSchema,
    block: blockSchema,
    checkpoint: checkpointSchema,
    tree: treeSchema,
    ingest: ingestSchema,
    accelerator: acceleratorSchema,
    lanes: lanesSchema,
  },
  { additionalProperties: false, title: "Configuration of a Cinnabar node" },
);

export type NodeConfig = Static<typeof nodeConfigSchema>;

/** The configuration as a caller gives it: any part, any depth. */
export type NodeConfigInput = {
  readonly [K in keyof NodeConfig]?: NodeConfig[K] extends object ? Partial<NodeConfig[K]> : NodeConfig[K];
};
