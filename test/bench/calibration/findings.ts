/** What calibration finds, and what is demanded of it. */

export type FindingKind = "instruction" | "host";

export interface Finding {
  readonly kind: FindingKind;
  /** A name of the schedule, of the ABI table or of the deployment's prices. */
  readonly cost: string;
  readonly pattern: string;
  /** Of one unit: an instruction with what brings its operands, one call of a host function, one frame. */
  readonly nanoseconds: number;
  readonly gas: number;
}

export interface FoundBlock {
  /** Among which blocks it is the dearest. */
  readonly title: string;
  readonly text: readonly string[];
  readonly nanoseconds: number;
  readonly gas: number;
  readonly seed: number;
  readonly tried: number;
}

export interface PartReport {
  readonly machine: string;
  readonly findings: readonly Finding[];
  readonly blocks: readonly FoundBlock[];
}

/**
 * Nanoseconds a gas may take at most. An instruction: one, in the slower tier. What the host does for a guest: half, since
 * it is priced with a margin of two.
 */
export const NANOSECONDS_PER_GAS: Readonly<Record<FindingKind, number>> = { instruction: 1, host: 0.5 };

export const perGas = ({ nanoseconds, gas }: { readonly nanoseconds: number; readonly gas: number }): number =>
  nanoseconds / gas;

/** How many times dearer the work could be before it is under its price. */
export const marginOf = (finding: Finding): number => NANOSECONDS_PER_GAS[finding.kind] / perGas(finding);
