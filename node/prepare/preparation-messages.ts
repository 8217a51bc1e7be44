/** What a preparer and its worker thread say to each other. */
import type { PreparedContract } from "../../vm/execute/prepare.ts";

export interface PreparationRequest {
  readonly id: number;
  readonly code: Uint8Array;
  readonly allowsDebug: boolean;
}

export interface PreparationAnswer {
  readonly id: number;
  /** Undefined when the module is refused, or could not be compiled here. */
  readonly prepared: PreparedContract | undefined;
}
