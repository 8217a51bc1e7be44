import { Address, caller, emit, require, StorageMap } from "cinnabar/sdk";

@errors
export class Failure {
  @error("receipt.claimed", "A warehouse receipt is claimed once.")
  static readonly claimed: u32 = 1;
}

@event
@indexed("number")
export class Claimed {
  constructor(
    public number: string,
    public by: Address,
  ) {}
}

@contract("warehouse", 1)
export class Warehouse {
  claims: StorageMap<string, Address>;

  @call
  @object("number")
  claim(number: string): void {
    require(!this.claims.has(number), Failure.claimed, `receipt ${number} is claimed`);
    this.claims.set(number, caller());
    emit(new Claimed(number, caller()));
  }
}
