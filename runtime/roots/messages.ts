/** What the thread of the roots is told, and what it answers. Messages are answered in their order; drops are not. */
import type { TableSeed } from "../state/key-table.ts";
import type { KeyedProof } from "./roots.ts";

/** `workerData`. */
export interface RootsSettings {
  /** Of a module that exports `createHashes(): Hashes` (accel/device.ts): this room knows no hash itself. */
  readonly hashesModule: string;
  readonly hashName: "sha256" | "sm3";
  readonly seed: TableSeed;
}

export type RootsRequest =
  | { readonly kind: "load"; readonly id: number; readonly entries: Uint8Array }
  | { readonly kind: "begin"; readonly id: number; readonly height: number }
  | {
      readonly kind: "add";
      readonly id: number;
      readonly body: Uint8Array;
      readonly newKeys: Uint32Array;
      readonly entryCount: number;
    }
  | { readonly kind: "prove"; readonly id: number; readonly height: number; readonly key: Uint8Array }
  | { readonly kind: "dropAbove"; readonly height: number }
  | { readonly kind: "dropBelow"; readonly height: number };

export type RootsAnswer =
  | { readonly kind: "loaded"; readonly id: number }
  | { readonly kind: "begun"; readonly id: number; readonly stateRoot: Uint8Array }
  | {
      readonly kind: "added";
      readonly id: number;
      readonly transactionsRoot: Uint8Array;
      readonly receiptsRoot: Uint8Array;
      readonly stateRoot: Uint8Array;
      /** That of the request. */
      readonly body: Uint8Array;
    }
  | { readonly kind: "proven"; readonly id: number; readonly proof: KeyedProof }
  | { readonly kind: "failed"; readonly id: number; readonly code: string; readonly text: string };
