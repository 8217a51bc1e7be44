/** Counters: numbers in the storage that many transactions add to, and that only a read makes known. */
import { counterOf } from "./counter-value.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { keyAt } from "./storage.ts";

export function counterFunctions(host: HostState) {
  return {
    counter_add(key: number, keyLength: number, delta: bigint, minimum: bigint, maximum: bigint): number {
      const frame = currentFrame(host);
      frame.requireWritable();
      const answer = frame.environment.counterAdd(keyAt(frame, key, keyLength), { delta, minimum, maximum });
      if (answer === "notACounter") frame.refuse("notACounter");
      return answer === "added" ? 1 : 0;
    },

    counter_read(key: number, keyLength: number): bigint {
      const frame = currentFrame(host);
      const value = counterOf(frame.environment.storageGet(keyAt(frame, key, keyLength)));
      return value ?? frame.refuse("notACounter");
    },
  };
}
