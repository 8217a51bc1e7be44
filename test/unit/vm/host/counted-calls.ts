/**
 * Calls out of the machine, counted, and one of them failing: the environment, the hashes and the verifier wrapped by
 * name, so that what they learn to do later is counted too.
 */
import type { ContractVerifier, Hashes } from "../../../../accel/device.ts";
import { createMachine, type Machine } from "../../../../vm/execute/machine.ts";
import { type GasSchedule, SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import type { HostEnvironment, StorageScan } from "../../../../vm/host/environment.ts";

export class CountedCalls {
  /** Names of the calls since `begin`, in order. */
  readonly names: string[] = [];
  #failing = 0;
  #thrown: unknown;

  /** Counts anew; the call with this number (from 1) throws `thrown` instead of doing anything. 0: none does. */
  begin(failing = 0, thrown?: unknown): void {
    this.names.length = 0;
    this.#failing = failing;
    this.#thrown = thrown;
  }

  /** The same object, whose functions are counted. */
  wrap<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          this.#step(String(name));
          const result: unknown = Reflect.apply(value, target, args);
          return isScan(result) ? this.wrap(result) : result;
        };
      },
    });
  }

  #step(name: string): void {
    this.names.push(name);
    if (this.names.length === this.#failing) throw this.#thrown;
  }
}

/** What a call returns that is itself called. */
function isScan(value: unknown): value is StorageScan {
  return typeof value === "object" && value !== null && "next" in value;
}

/** A machine whose calls out are counted, also those of its own (the hash of a code that is loaded). */
export function countedMachine(
  calls: CountedCalls,
  hashes: Hashes,
  verifier: ContractVerifier,
  schedule: GasSchedule = SCHEDULE_1,
): Machine {
  // Copies: a frozen object may not be seen through a proxy as anything else.
  const { debugLog } = calls.wrap({ debugLog: () => undefined });
  const counted = { hashes: calls.wrap({ ...hashes }), verifier: calls.wrap({ ...verifier }), debugLog };
  const machine = createMachine({ ...counted, schedule });
  return {
    scheduleHash: machine.scheduleHash,
    instrumenterVersion: machine.instrumenterVersion,
    allowsDebug: machine.allowsDebug,
    load: (code) => machine.load(code),
    loaded: (codeHash) => machine.loaded(codeHash),
    prepared: (codeHash) => machine.prepared(codeHash),
    adopt: (prepared) => machine.adopt(prepared),
    run: (contract, method, input, gasLimit, environment) =>
      machine.run(contract, method, input, gasLimit, calls.wrap<HostEnvironment>(environment)),
  };
}
