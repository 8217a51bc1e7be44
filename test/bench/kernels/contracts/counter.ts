/** The smallest contract there is: one number, one more with each call. */
import { Cell } from "cinnabar/sdk";

@contract("counter", 1)
export class Counter {
  count: Cell<u64>;

  @init
  init(): void {
    this.count.set(0);
  }

  @call
  increment(): void {
    this.count.set(this.count.get() + 1);
  }

  @view
  value(): u64 {
    return this.count.get();
  }
}
