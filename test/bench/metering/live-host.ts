/** A host with a real state in a map, behind the first run of a measured call. */
import { createHash } from "node:crypto";
import { NodeError } from "../../../vm/errors.ts";
import type { Host, HostAnswer } from "./tape.ts";

const CHAIN_ID = "bench";
const TIME_SECONDS = 1_767_600_000n;
const GAS_LEFT = 2n ** 40n;
const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(32);

type Answer = (passed: readonly Uint8Array[]) => HostAnswer;

const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Any text is a sender. */
export function addressOf(name: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(name).digest());
}

export class LiveHost {
  input: Uint8Array = NOTHING;
  sender: Uint8Array = ZEROS;
  #register: Uint8Array = NOTHING;
  readonly #state = new Map<string, Uint8Array>();
  readonly #answers: Readonly<Record<string, Answer>> = {
    input_size: () => this.input.length,
    input_read: () => this.input,
    output_write: () => undefined,
    result_read: () => this.#register,
    storage_get: ([key]) => this.#get(key!),
    storage_has: ([key]) => (this.#state.has(keyOf(key!)) ? 1 : 0),
    storage_put: ([key, value]) => void this.#state.set(keyOf(key!), value!),
    storage_delete: ([key]) => (this.#state.delete(keyOf(key!)) ? 1 : 0),
    event_emit: () => undefined,
    event_emit_indexed: () => undefined,
    sender: () => this.sender,
    caller: () => this.sender,
    caller_contract: () => this.#keep(NOTHING),
    self: () => ZEROS,
    transaction_id: () => ZEROS,
    chain_id: () => this.#keep(new Uint8Array(Buffer.from(CHAIN_ID))),
    block_height: () => 1n,
    block_time: () => TIME_SECONDS,
    gas_left: () => GAS_LEFT,
    sha256: ([message]) => new Uint8Array(createHash("sha256").update(message!).digest()),
  };

  readonly answer: Host = (name, _args, passed) => {
    const answer = this.#answers[name];
    if (answer === undefined) throw new NodeError("bench.host", `the bench has no answer for ${name}`);
    return answer(passed);
  };

  #get(key: Uint8Array): number {
    const value = this.#state.get(keyOf(key));
    return value === undefined ? -1 : this.#keep(value);
  }

  #keep(bytes: Uint8Array): number {
    this.#register = bytes;
    return bytes.length;
  }
}
