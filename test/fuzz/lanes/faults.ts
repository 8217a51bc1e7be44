/** What goes wrong in the lane threads of a search: a dial for each fault, in memory that all threads read. */
import type { ContractVerifier, SignatureItem } from "../../../accel/device.ts";
import type { LaneSettings } from "../../../runtime/lanes/serve.ts";

/**
 * Where faults happen, each with its rate on its own dial:
 *
 *   start     the thread ends before it is ready
 *   again     an attempt is thrown away, so that its transaction is executed once more in place
 *   stall     the thread sleeps for up to three milliseconds: attempts end in another order than they began
 *   end, hang inside an attempt: the thread exits, or never goes on
 *   garbage   random words over attempts that were made and not taken yet, or over where they stand
 */
export const FAULTS = ["start", "again", "stall", "end", "hang", "garbage", "garbageControl"] as const;
export type Fault = (typeof FAULTS)[number];
/** Dials stand at so many in a million. */
export const ALWAYS = 1_000_000;

export type FaultRates = Readonly<Partial<Record<Fault, number>>>;

/** Dials, and how often each fault happened. */
export class FaultDials {
  readonly memory: Int32Array;

  constructor(memory: Int32Array = new Int32Array(new SharedArrayBuffer(FAULTS.length * 8))) {
    this.memory = memory;
  }

  set(rates: FaultRates): void {
    for (const [place, fault] of FAULTS.entries()) Atomics.store(this.memory, place, rates[fault] ?? 0);
  }

  rate(fault: Fault): number {
    return Atomics.load(this.memory, FAULTS.indexOf(fault));
  }

  count(fault: Fault): void {
    Atomics.add(this.memory, FAULTS.length + FAULTS.indexOf(fault), 1);
  }

  counts(): Readonly<Record<Fault, number>> {
    const entries = FAULTS.map((fault, place) => [fault, this.memory[FAULTS.length + place]!]);
    return Object.fromEntries(entries) as Record<Fault, number>;
  }
}

/** What `thread.ts` starts with. */
export interface FaultyThread {
  readonly lane: LaneSettings;
  readonly dials: Int32Array;
  readonly seed: string;
  readonly verdicts: ReadonlyMap<string, boolean>;
}

function nameOf({ algorithm, publicKey, signature, message }: SignatureItem): string {
  return [algorithm, ...[publicKey, signature, message].map((each) => Buffer.from(each).toString("hex"))].join(" ");
}

/** The verdicts of a verifier, to be known without it. */
export function verdictsOf(verifier: ContractVerifier, items: readonly SignatureItem[]): ReadonlyMap<string, boolean> {
  return new Map(
    items.map((item) => [nameOf(item), verifier.verify(item.algorithm, item.publicKey, item.signature, item.message)]),
  );
}

/** A verifier of contracts that knows these verdicts; a signature that is none of them is refused. */
export function tableVerifier(verdicts: ReadonlyMap<string, boolean>): ContractVerifier {
  const verify = (item: SignatureItem): boolean => verdicts.get(nameOf(item)) === true;
  return {
    verify: (algorithm, publicKey, signature, message) => verify({ algorithm, publicKey, signature, message }),
    verifyMany(items) {
      const bitmap = new Uint8Array((items.length + 7) >> 3);
      for (const [place, item] of items.entries()) if (verify(item)) bitmap[place >> 3]! |= 1 << (place & 7);
      return bitmap;
    },
    recoverSecp256k1: () => undefined,
    blsFastAggregateVerify: () => false,
    blsAggregateVerify: () => false,
    blsPopVerify: () => false,
  };
}
