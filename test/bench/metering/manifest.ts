/** What the builder of the variants leaves for the process that measures them. */
import type { TapeEntry } from "./tape.ts";

export const VARIANTS = ["unmetered", "metered", "plain", "global", "hostCall"] as const;
export type Variant = (typeof VARIANTS)[number];

/** One thing for every variant. */
export function recordOf<T>(make: (variant: Variant) => T): Record<Variant, T> {
  return Object.fromEntries(VARIANTS.map((variant) => [variant, make(variant)])) as Record<Variant, T>;
}

export interface BuiltCase {
  readonly name: string;
  /** Exported function to call. */
  readonly entry: string;
  readonly callsPerReset: number;
  readonly files: Readonly<Record<Variant, string>>;
  readonly bytes: Readonly<Record<Variant, number>>;
  readonly tape: readonly TapeEntry[];
}

/** What one process found: nanoseconds a call, one figure a round. */
export interface CaseTimes {
  readonly name: string;
  readonly nanoseconds: Readonly<Record<Variant, readonly number[]>>;
}

export interface RunReport {
  readonly machine: string;
  readonly cases: readonly CaseTimes[];
}
