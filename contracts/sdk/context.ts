/** What a call may know of the transaction and the block it runs in. */
import {
  block_height,
  block_time,
  caller as hostCaller,
  caller_contract,
  chain_id,
  gas_left,
  result_read,
  self as hostSelf,
  sender as hostSender,
  transaction_id,
} from "./host";
import { Address, Hash } from "./identifiers";
import { SdkFailure } from "./failure";
import { revert } from "./revert";
import { utf16Length, utf8Decode } from "./utf8";

/** The address whose key signed the transaction. */
export function sender(): Address {
  const address = new Address();
  hostSender(changetype<usize>(address) as u32);
  return address;
}

/** The address of the direct caller: the sender's, or the calling contract's. */
export function caller(): Address {
  const address = new Address();
  hostCaller(changetype<usize>(address) as u32);
  return address;
}

/** The name of the calling contract; empty when the sender called. */
export function callerContract(): string {
  return resultText(caller_contract());
}

/** The address of this contract. */
export function self(): Address {
  const address = new Address();
  hostSelf(changetype<usize>(address) as u32);
  return address;
}

/** The id of the transaction; all zeros in a query. */
export function transactionId(): Hash {
  const id = new Hash();
  transaction_id(changetype<usize>(id) as u32);
  return id;
}

export function chainId(): string {
  return resultText(chain_id());
}

/** The height of the block being executed. */
export function blockHeight(): u64 {
  return block_height() as u64;
}

/** The block's time in seconds since 1970-01-01. */
export function blockTime(): u64 {
  return block_time() as u64;
}

/** The gas this call has left. */
export function gasLeft(): u64 {
  return gas_left() as u64;
}

function resultText(length: i32): string {
  const start = heap.alloc(length);
  result_read(start as u32);
  const units = utf16Length(start, length);
  if (units < 0) revert(SdkFailure.invalidBytes, "text is not UTF-8");
  return utf8Decode(start, length, units);
}
