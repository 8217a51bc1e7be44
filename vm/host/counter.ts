/** Counters: numbers in the storage that many transactions add to, and that only a read makes known. */
import { LIMITS } from "../limits.ts";
import { counterOf } from "./counter-value.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { guestCopy, writeGuest } from "./memory.ts";
import { keyAt } from "./storage.ts";

export function counterFunctions(host: HostState) {
  return {
    counter_add(key: number, keyLength: number, change: number): number {
      const frame = currentFrame(host);
      frame.requireWritable();
      const keyBytes = keyAt(frame, key, keyLength);
      const answer = frame.environment.counterAdd(keyBytes, guestCopy(frame, change, LIMITS.counterChangeBytes));
      if (answer === "notACounter") frame.refuse("notACounter");
      return answer === "added" ? 1 : 0;
    },

    counter_read(key: number, keyLength: number, target: number): void {
      const frame = currentFrame(host);
      const value = counterOf(frame.environment.storageGet(keyAt(frame, key, keyLength)));
      writeGuest(frame, target, value ?? frame.refuse("notACounter"));
    },
  };
}
