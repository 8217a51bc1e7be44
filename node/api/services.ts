/** What the routes work with, and what the node is doing, which decides whether there is any of it. */
import type { Hashes } from "../../accel/device.ts";
import type { Chain } from "../../runtime/chain/chain.ts";
import type { VerdictStore } from "../../runtime/verdicts/store.ts";
import { Rejected } from "../../vm/errors.ts";
import type { Accelerator } from "../accelerator.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Pool } from "../ingest/pool.ts";
import { rejectTransaction } from "../ingest/rejections.ts";

export type NodeState = "starting" | "ready" | "stopping" | "failed";

export interface Services {
  readonly chain: Chain;
  readonly pool: Pool;
  readonly ingest: Ingest;
  readonly accelerator: Accelerator;
  readonly verdicts: VerdictStore;
  readonly hashes: Hashes;
  readonly genesisHash: Uint8Array;
}

export class ServicesHolder {
  #state: NodeState = "starting";
  #services: Services | undefined;
  #faultCode = "";

  get state(): NodeState {
    return this.#state;
  }

  /** The routes have a chain from now on. */
  open(services: Services): void {
    this.#services = services;
    this.#state = "ready";
  }

  /** Nothing new is taken; what was taken is still answered. */
  beginStop(): void {
    if (this.#state !== "failed") this.#state = "stopping";
  }

  /** The node cannot go on: every answer from now on says so. */
  fail(faultCode: string): void {
    if (this.#state === "failed") return;
    this.#state = "failed";
    this.#faultCode = faultCode;
  }

  /** @errors api.notReady, ingest.stopping, node.fault */
  get(): Services {
    if (this.#state === "ready" && this.#services !== undefined) return this.#services;
    throw this.#refusal();
  }

  #refusal(): Rejected {
    if (this.#state === "failed") return new Rejected("node.fault", `The node stopped with ${this.#faultCode}.`);
    if (this.#state === "stopping") return rejectTransaction("stopping");
    return new Rejected("api.notReady", "The node is starting.", { hint: "Ask /readyz, and send it again then." });
  }
}
