/**
 * Host functions that are not the product's: every one answers, writes, charges or ends the frame by a hash of all that
 * was seen before. So one number, the trace, shows whether two runs called the same functions with the same arguments,
 * memory and gas in the same order. No imports of the product's code: engines of other Node versions load this file.
 */

export type StubValue = number | bigint;

/** The guest as the stub sees it; `charge` throws FRAME_ENDED when the gas is gone. */
export interface StubGuest {
  memory(): Uint8Array;
  gasLeft(): number;
  charge(gas: number): void;
}

/** What the stub knows of a host function: data of vm/abi.ts. */
export interface StubRow {
  readonly module: string;
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly type: string }[];
  readonly result: string | null;
  readonly perResultByte: number;
}

const SEEN_BYTES = 32;
const END_ONCE_IN = 97;

export class HostStub {
  trace = 0x811c9dc5;
  readonly #ended: symbol;

  /** @param ended thrown to end a frame */
  constructor(ended: symbol) {
    this.#ended = ended;
  }

  reset(): void {
    this.trace = 0x811c9dc5;
  }

  call(row: StubRow, args: readonly StubValue[], guest: StubGuest): StubValue | undefined {
    const memory = guest.memory();
    this.#see(BigInt(guest.gasLeft()));
    for (const byte of Buffer.from(row.name)) this.#mix(byte);
    for (const [index, argument] of args.entries()) {
      this.#see(BigInt(argument));
      if (row.params[index]!.type === "i32") this.#seeMemory(memory, Number(argument) >>> 0);
    }
    if (row.name === "abort" || row.name === "revert" || this.#below(END_ONCE_IN) === 0) throw this.#ended;
    if (row.perResultByte > 0) guest.charge(row.perResultByte * this.#below(100));
    this.#write(row, args, memory);
    return this.#answer(row, guest);
  }

  #mix(bits: number): void {
    this.trace = Math.imul(this.trace ^ bits, 0x01000193) ^ (this.trace >>> 15);
  }

  #see(value: bigint): void {
    this.#mix(Number(BigInt.asIntN(32, value)));
    this.#mix(Number(BigInt.asIntN(32, value >> 32n)));
  }

  #seeMemory(memory: Uint8Array, from: number): void {
    for (let index = from; index < Math.min(from + SEEN_BYTES, memory.length); index++) this.#mix(memory[index]!);
  }

  #below(count: number): number {
    return (this.trace >>> 0) % count;
  }

  /** Functions with a target leave up to 32 bytes there, or end the frame when it is outside. */
  #write(row: StubRow, args: readonly StubValue[], memory: Uint8Array): void {
    const target = row.params.findIndex(({ name }) => name === "target");
    if (target < 0) return;
    const address = Number(args[target]) >>> 0;
    if (address + SEEN_BYTES > memory.length) throw this.#ended;
    for (let index = 0; index < SEEN_BYTES; index++) {
      this.#mix(index);
      memory[address + index] = this.trace >>> 24;
    }
  }

  #answer(row: StubRow, guest: StubGuest): StubValue | undefined {
    if (row.name === "gas_left") return BigInt(guest.gasLeft());
    if (row.result === "i64") return BigInt(this.trace);
    return row.result === "i32" ? this.#below(200) - 1 : undefined;
  }
}
