/**
 * A running node: the one place where concrete parts are put together.
 *
 *   API -> ingest -> accelerator (signatures) -> pool -> producer -> chain (execution, log, store)
 *                 -> preparer (new modules)   ->
 *
 * Start: settings from genesis.json, then the port, so that one in use is found before anything is opened, then the
 * chain, recovered from its log, and last the producer and the state "ready". Stop goes backwards: nothing new is
 * taken, what was taken is finished, then port, chain and accelerator are closed.
 *
 * A fault of the node (NodeError) is never survived. Everything that waits is answered with it, the state is "failed",
 * and `fault` tells the process, whose business it is to end.
 */
import { mkdirSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import type { Quarantine } from "../accel/checked/device.ts";
import type { ContractVerifier, Hashes, SignatureDevice } from "../accel/device.ts";
import { createHashes } from "../accel/hashes.ts";
import { sign } from "../accel/reference/sign.ts";
import { verifyItems } from "../accel/verify-items.ts";
import { type Chain, openChain, type ProducedBlock } from "../runtime/chain/chain.ts";
import type { LedgerLanes } from "../runtime/chain/ledger.ts";
import { equalBytes } from "../runtime/format/bytes.ts";
import type { ChainSettings, Seal } from "../runtime/format/types.ts";
import { VerdictDesk } from "../runtime/verdicts/desk.ts";
import { VerdictStore } from "../runtime/verdicts/store.ts";
import { NodeError, Rejected } from "../vm/errors.ts";
import { createMachine } from "../vm/execute/machine.ts";
import { OUTCOMES, type OutcomeName } from "../vm/outcome.ts";
import { type Accelerator, openAccelerator } from "./accelerator.ts";
import { createMetrics, type Metrics } from "./api/metrics.ts";
import { type ApiServer, buildServer } from "./api/server.ts";
import { ServicesHolder } from "./api/services.ts";
import { isSystemError, replaceFileWhole } from "./config/files.ts";
import { KEYS_FOLDER, NODE_FILE, SEALER_KEY } from "./config/folder.ts";
import { readGenesis } from "./config/genesis.ts";
import type { NodeConfig } from "./config/schema.ts";
import { SoloProducer } from "./consensus/solo.ts";
import { openContractVerifier } from "./contract-verifier.ts";
import { Ingest } from "./ingest/ingest.ts";
import { Pool } from "./ingest/pool.ts";
import { rejectTransaction } from "./ingest/rejections.ts";
import { type Key, loadKey } from "./keys/keystore.ts";
import { connectLane } from "./lanes/connect.ts";
import { PREPARATIONS_MAX, Preparer } from "./prepare/preparer.ts";
import { readSoftware } from "./version.ts";

export interface NodeOptions {
  /** Where the log goes; default JSON lines on stdout at the configured level. */
  readonly log?: Logger;
  /** Milliseconds since 1970-01-01; default the system's clock. */
  readonly clock?: () => number;
  /** A device of one's own in place of the kernels; it is checked by the reference as they are, and closed with the node. */
  readonly createDevice?: () => SignatureDevice;
  /** Likewise for what contracts ask and the node's own thread answers. */
  readonly createContractVerifier?: () => ContractVerifier;
  /** Told how far the recovery is: phase, done, expected. */
  readonly progress?: (phase: "state" | "log", done: number, total: number) => void;
}

export interface Node {
  /** http://HOST:PORT */
  readonly url: string;
  readonly address: AddressInfo;
  readonly chain: Chain;
  readonly config: NodeConfig;
  /** Resolves when the node has failed; never rejects, and stays pending in a node that is well. */
  readonly fault: Promise<NodeError>;
  /** Resolves when what was taken is committed, everything is closed and the folder is free. */
  close(): Promise<void>;
}

/** What node.json says: who to ask while the node runs. */
export interface NodeFile {
  readonly url: string;
  readonly pid: number;
  readonly chainId: string;
}

/**
 * Resolves to a node that takes transactions. The data folder has a genesis file and the sealer's key.
 * @errors genesis.*, keys.*, node.wrongSealer, api.portInUse, api.badAddress, data.locked, chain.* (Rejected): nothing
 * is left running; log.*, store.*, chain.rootMismatch (NodeError): the folder is damaged
 */
export async function startNode(config: NodeConfig, options: NodeOptions = {}): Promise<Node> {
  const settings = readGenesis(config.dataFolder);
  const sealer = loadSealer(config.dataFolder, settings);
  const node = new RunningNode(config, settings, options);
  try {
    await node.listen();
    await node.open(sealer, options);
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}

/** The thread of the tree loads its hashes itself; hashes.ts is hashes.js after the build. */
const TREE_THREAD = { hashesModule: new URL("../accel/hashes.js", import.meta.url) };

/** The main thread and the tree's have a core each before lanes get one. */
const CORES_BEFORE_LANES = 2;

function lanesOf(config: NodeConfig, onFault: (fault: NodeError) => void): LedgerLanes | undefined {
  const workers = config.lanes.workers ?? Math.max(0, availableParallelism() - CORES_BEFORE_LANES);
  return workers === 0 ? undefined : { workers, connect: connectLane, onFault, clock: () => performance.now() };
}

class RunningNode implements Node {
  readonly config: NodeConfig;
  readonly fault: Promise<NodeError>;
  readonly #settings: ChainSettings;
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #hashes: Hashes = createHashes();
  readonly #services = new ServicesHolder();
  readonly #pool: Pool;
  readonly #accelerator: Accelerator;
  /** Verdicts of transactions: of ingest and of blocks. */
  readonly #verdicts = new VerdictStore();
  readonly #desk: VerdictDesk;
  readonly #metrics: Metrics;
  readonly #declareFault: (fault: NodeError) => void;
  #server: ApiServer | undefined;
  #address: AddressInfo | undefined;
  #chain: Chain | undefined;
  #ingest: Ingest | undefined;
  #preparer: Preparer | undefined;
  #producer: SoloProducer | undefined;
  #hasNodeFile = false;
  #closing: Promise<void> | undefined;

  constructor(config: NodeConfig, settings: ChainSettings, options: NodeOptions) {
    this.config = config;
    this.#settings = settings;
    this.#log = options.log ?? pino({ level: config.logLevel });
    this.#clock = options.clock ?? Date.now;
    this.#pool = new Pool(config.ingest);
    this.#accelerator = openAccelerator({
      config: config.accelerator,
      sm2UserId: settings.sm2UserId,
      log: this.#log,
      createDevice: options.createDevice,
      onQuarantine: (quarantine) => this.#distrust(quarantine),
    });
    this.#desk = new VerdictDesk({
      inner: this.#createVerifier(options.createContractVerifier),
      hashes: this.#hashes,
      itemsMin: config.accelerator.contractItemsMin,
    });
    this.#metrics = createMetrics({
      verdicts: () => this.#verdicts.statistics(),
      contractVerdicts: () => this.#desk.statistics(),
      pending: () => this.#pool.pending,
      accelerator: () => this.#accelerator.report(),
      lanes: () => this.#chain?.laneStatistics(),
      laneThreads: () => this.#chain?.laneThreads() ?? 0,
      isReady: () => this.#services.state === "ready",
    });
    let declare: (fault: NodeError) => void = () => undefined;
    this.fault = new Promise((resolve) => {
      declare = resolve;
    });
    this.#declareFault = declare;
  }

  get chain(): Chain {
    if (this.#chain === undefined) throw new NodeError("node.notOpen", "The chain is not open.");
    return this.#chain;
  }

  get address(): AddressInfo {
    if (this.#address === undefined) throw new NodeError("node.notOpen", "The node does not listen.");
    return this.#address;
  }

  get url(): string {
    const { address, family, port } = this.address;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** The API answers, and says that the node is starting. */
  async listen(): Promise<void> {
    this.#server = await buildServer({
      config: this.config,
      software: readSoftware(),
      log: this.#log,
      metrics: this.#metrics,
      services: this.#services,
      transactionBytesMax: this.#settings.transactionBytesMax,
      onFault: (fault) => this.#fail(fault),
    });
    const { host, port } = this.config;
    try {
      await this.#server.listen({ host, port });
      this.#address = this.#server.server.address() as AddressInfo;
    } catch (error) {
      throw listenRejection(error, host, port);
    }
  }

  /** The chain is open and blocks are made. */
  async open(sealer: Key, options: NodeOptions): Promise<void> {
    const { config } = this;
    const machine = createMachine({ hashes: this.#hashes, verifier: this.#desk });
    const { device } = this.#accelerator;
    // Without threads the device works on this one: an abort would only add to that.
    const isOffloading = config.accelerator.contractItemsMin > 0 && config.accelerator.workers !== 0;
    this.#chain = await openChain({
      directory: config.dataFolder,
      genesis: this.#settings,
      machine,
      hashes: this.#hashes,
      seal: (blockHash) => sealWith(sealer, blockHash, this.#settings.sm2UserId),
      checkpoint: config.checkpoint,
      offload: {
        verifyItems: (items) => verifyItems(device, items),
        verdicts: this.#verdicts,
        desk: isOffloading ? this.#desk : undefined,
      },
      failed: (fault) => this.#fail(fault),
      lanes: lanesOf(config, (fault) => this.#fail(fault)),
      ...((config.tree.thread ?? availableParallelism() > 1) ? { treeThread: TREE_THREAD } : {}),
      ...(options.progress === undefined ? {} : { progress: options.progress }),
    });
    this.#preparer = new Preparer({ machine, sha256: this.#hashes.sha256 });
    for (const code of this.#chain.deployedModules(PREPARATIONS_MAX)) void this.#preparer.prepare(code);
    this.#ingest = this.#createIngest(this.#chain, this.#preparer);
    this.#producer = this.#createProducer(this.#chain);
    this.#producer.start();
    this.#metrics.height.set(this.#chain.head.header.height);
    this.#openServices(this.#chain, this.#ingest);
    this.#writeNodeFile();
    this.#log.info({ url: this.url, height: this.#chain.head.header.height }, "ready");
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  #createVerifier(createVerifier: (() => ContractVerifier) | undefined) {
    return openContractVerifier({
      createVerifier,
      config: this.config.accelerator,
      sm2UserId: this.#settings.sm2UserId,
      onFault: (fault) => this.#fail(fault),
    });
  }

  #createIngest(chain: Chain, preparer: Preparer): Ingest {
    return new Ingest({
      chain,
      pool: this.#pool,
      hashes: this.#hashes,
      device: this.#accelerator.device,
      batchItemsMax: this.config.ingest.batchItemsMax,
      batchWaitMs: this.config.ingest.batchWaitMs,
      verdicts: this.#verdicts,
      onFault: (fault) => this.#fail(fault),
      prepare: (code) => preparer.prepare(code),
      observer: {
        batch: (itemCount, waitedMs) => {
          this.#metrics.signatureBatch.observe(itemCount);
          this.#metrics.signatureWait.observe(waitedMs / 1000);
        },
        rejected: (code) => this.#metrics.rejected.inc({ code }),
      },
    });
  }

  #createProducer(chain: Chain): SoloProducer {
    return new SoloProducer({
      chain,
      pool: this.#pool,
      limits: this.config.block,
      clock: this.#clock,
      onFault: (fault) => this.#fail(fault),
      observer: { block: (block, durationMs) => this.#observeBlock(block, durationMs) },
    });
  }

  #openServices(chain: Chain, ingest: Ingest): void {
    const genesis = chain.getBlock(0);
    if (genesis === undefined) throw new NodeError("node.noGenesis", "The chain has no block 0.");
    const { blockHash: genesisHash } = genesis;
    this.#services.open({
      chain,
      ingest,
      pool: this.#pool,
      accelerator: this.#accelerator,
      verdicts: this.#verdicts,
      hashes: this.#hashes,
      genesisHash,
    });
  }

  #observeBlock({ block, receipts }: ProducedBlock, durationMs: number): void {
    const { height, gasUsed } = block.header;
    this.#metrics.height.set(height);
    this.#metrics.blocks.inc();
    this.#metrics.gas.inc(gasUsed);
    this.#metrics.blockSeconds.observe(durationMs / 1000);
    this.#metrics.blockTransactions.observe(receipts.length);
    for (const { outcome } of receipts)
      this.#metrics.transactions.inc({ outcome: OUTCOME_NAMES[outcome] ?? "unknown" });
    this.#log.debug({ height, transactions: receipts.length, gasUsed, durationMs }, "block");
  }

  /**
   * What the device said is not used again. If it lied, and contracts have acted on its verdicts, those may be in the state,
   * and the node ends, as when the kernels in place are found wrong.
   */
  #distrust({ kind, evidence }: Quarantine): void {
    this.#verdicts.clear();
    this.#desk.forget();
    if (kind !== "mismatch" || this.#desk.statistics().offloadedItems === 0) return;
    const text = `The device answered wrongly, and contracts have asked it before: ${JSON.stringify(evidence)}`;
    this.#fail(new NodeError("node.wrongVerdict", text));
  }

  /** The node cannot go on: everything that waits hears so, and so does the process. */
  #fail(fault: NodeError): void {
    if (this.#services.state === "failed") return;
    this.#services.fail(fault.code);
    this.#log.fatal({ err: fault }, "fault of the node");
    this.#ingest?.stop();
    this.#pool.rejectWaiting(fault);
    this.#declareFault(fault);
  }

  /** Every step is taken whatever became of the one before; the first error is the caller's. */
  async #closeAll(): Promise<void> {
    this.#services.beginStop();
    this.#ingest?.stop();
    try {
      await this.#finishPending();
      await this.#producer?.stop();
      this.#pool.rejectWaiting(rejectTransaction("stopping"));
      if (this.#hasNodeFile) rmSync(join(this.config.dataFolder, NODE_FILE), { force: true });
    } finally {
      await closeEach([this.#server, this.#preparer, this.#chain, this.#accelerator.device]);
    }
    this.#log.info("stopped");
  }

  /** What was taken is committed or refused; a node that failed has nothing left to finish. */
  async #finishPending(): Promise<void> {
    if (this.#producer === undefined) return;
    while (this.#pool.pending > 0 && this.#services.state !== "failed") await this.#pool.whenChanged();
  }

  #writeNodeFile(): void {
    const file: NodeFile = { url: this.url, pid: process.pid, chainId: this.#settings.chainId };
    mkdirSync(this.config.dataFolder, { recursive: true });
    replaceFileWhole(join(this.config.dataFolder, NODE_FILE), `${JSON.stringify(file)}\n`, 0o644);
    this.#hasNodeFile = true;
  }
}

interface Closable {
  close(): PromiseLike<unknown>;
}

/** All of them are closed, in order. */
async function closeEach(parts: readonly (Closable | undefined)[]): Promise<void> {
  const [first, ...rest] = parts;
  if (parts.length === 0) return;
  try {
    await first?.close();
  } finally {
    await closeEach(rest);
  }
}

const OUTCOME_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  (Object.keys(OUTCOMES) as OutcomeName[]).map((name) => [OUTCOMES[name], name]),
);

/** @errors keys.*, node.wrongSealer */
function loadSealer(dataFolder: string, settings: ChainSettings): Key {
  const key = loadSealerKey(join(dataFolder, KEYS_FOLDER));
  const { sealer } = settings;
  if (key.algorithm === sealer.algorithm && equalBytes(key.publicKey, sealer.publicKey)) return key;
  throw new Rejected("node.wrongSealer", "The sealer key in the data folder is not the chain's.", {
    hint: "The chain's blocks are sealed with the key that its genesis names.",
  });
}

/** A lost sealer's key cannot be made anew: the genesis names the one that there was. */
function loadSealerKey(keys: string): Key {
  try {
    return loadKey(keys, SEALER_KEY);
  } catch (error) {
    if (!(error instanceof Rejected) || error.code !== "keys.notFound") throw error;
    const hint = "Put the sealer's key back from a copy: no other can make this chain's blocks.";
    throw new Rejected(error.code, "The key that seals the chain's blocks is gone.", { ...error.details, hint });
  }
}

function sealWith(key: Key, blockHash: Uint8Array, sm2UserId: string): Seal {
  const { algorithm, publicKey, secretKey } = key;
  return { algorithm, publicKey, signature: sign(algorithm, secretKey, blockHash, { sm2UserId }) };
}

function listenRejection(error: unknown, host: string, port: number): unknown {
  const value = `${host}:${port}`;
  if (isSystemError(error, "EADDRINUSE")) {
    return new Rejected("api.portInUse", `Another process listens on ${value}.`, {
      value,
      hint: "Stop it, or choose another port: --port 0 takes any free one.",
    });
  }
  const causes = ["EADDRNOTAVAIL", "EACCES", "ENOTFOUND", "EAI_AGAIN", "EINVAL"];
  if (causes.some((code) => isSystemError(error, code))) {
    return new Rejected("api.badAddress", `The node cannot listen on ${value}.`, {
      value,
      hint: "Choose an address of this machine and a port that you may use.",
    });
  }
  return error;
}
