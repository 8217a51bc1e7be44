/** What the system says of this process's threads: how long they had a processor, and how long they waited for one. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux: nanoseconds on a processor (moves in steps of up to 4 ms), nanoseconds ready to run and waiting. */
const TASKS = "/proc/self/task";

export interface ThreadTimes {
  /** The calling thread, on a processor. */
  readonly ownerNs: number;
  /** All threads, waiting for a processor: others had it. */
  readonly waitedNs: number;
}

function schedulerTimes(task: string): readonly number[] {
  try {
    return readFileSync(`${task}/schedstat`, "latin1").split(" ").map(Number);
  } catch {
    // The thread has ended meanwhile, or the system is another one.
    return [0, 0];
  }
}

/** Returns the times since the process began; zeros where the system does not say. */
export function threadTimes(): ThreadTimes {
  const tasks = process.platform === "linux" ? readdirSync(TASKS) : [];
  let waitedNs = 0;
  for (const task of tasks) waitedNs += schedulerTimes(`${TASKS}/${task}`)[1]!;
  return { ownerNs: schedulerTimes("/proc/thread-self")[0]!, waitedNs };
}
