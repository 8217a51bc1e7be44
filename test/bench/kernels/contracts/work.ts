/** A call that does nothing, and one that computes for a while and keeps what came out. */
import { StorageMap } from "cinnabar/sdk";

@contract("work", 1)
export class Work {
  results: StorageMap<u32, u32>;

  @init
  init(): void {}

  @call
  nothing(): void {}

  @call
  @object("place")
  compute(place: u32, steps: u32): void {
    let mixed: u32 = place;
    for (let step: u32 = 0; step < steps; step++) mixed = (mixed ^ step) * 2654435761 + 97;
    this.results.set(place, mixed);
  }

  @view
  result(place: u32): u32 {
    return this.results.get(place);
  }
}
