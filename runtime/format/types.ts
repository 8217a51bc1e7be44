/** The values of the chain's formats; their bytes are in the files beside this one, their byte layout in docs/codec.md. */
import type { Algorithm } from "../../accel/device.ts";
import type { OutcomeCode } from "../../vm/outcome.ts";

/** SHA-256 or SM3, the chain's choice for tree, roots and block hash. */
export type ChainHashName = "sha256" | "sm3";

export interface UnsignedTransaction {
  /** 1..32 characters `a-z 0-9 -`. */
  readonly chainId: string;
  readonly algorithm: Algorithm;
  /** ed25519: 32 bytes; the others: 33 bytes, compressed. */
  readonly publicKey: Uint8Array;
  /** 1..32 characters, `a-z` first, then `a-z 0-9 -`. */
  readonly contract: string;
  /** 1..64 characters, a letter first, then letters, digits, `_`. */
  readonly method: string;
  readonly args: Uint8Array;
  /** Safe integer. */
  readonly gasLimit: number;
  /** Last height whose block may contain it. Safe integer. */
  readonly expiryHeight: number;
  /** 16 bytes that make two otherwise equal transactions different. */
  readonly salt: Uint8Array;
}

export interface Transaction extends UnsignedTransaction {
  /** 64 bytes, over the 32-byte transaction id. */
  readonly signature: Uint8Array;
}

export interface Event {
  readonly contract: string;
  readonly name: string;
  /** What it is found by: at most 4 byte strings of at most 64 bytes. */
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

export interface Receipt {
  readonly transactionId: Uint8Array;
  readonly outcome: OutcomeCode;
  readonly revertCode: number;
  /** Return bytes when ok, else the message (UTF-8, at most 1 KiB) or nothing. */
  readonly output: Uint8Array;
  readonly gasUsed: number;
  readonly events: readonly Event[];
}

export interface Header {
  readonly protocolVersion: number;
  readonly chainId: string;
  readonly height: number;
  /** Whole seconds; never less than the previous block's. */
  readonly timeSeconds: number;
  readonly previousHash: Uint8Array;
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  /** Root of the state after this block. */
  readonly stateRoot: Uint8Array;
  readonly scheduleHash: Uint8Array;
  readonly gasUsed: number;
}

/** The node's signature over the block hash. */
export interface Seal {
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Block {
  readonly header: Header;
  readonly seal: Seal;
  readonly transactions: readonly Transaction[];
}

/** Fixed at genesis and kept in the state of the system contract `chain`. */
export interface ChainSettings {
  readonly chainId: string;
  readonly protocolVersion: number;
  readonly hash: ChainHashName;
  /** User id of SM2 signatures, default "1234567812345678". */
  readonly sm2UserId: string;
  readonly genesisTimeSeconds: number;
  /** Addresses that may deploy. */
  readonly admins: readonly Uint8Array[];
  /** The key that seals blocks. */
  readonly sealer: { readonly algorithm: Algorithm; readonly publicKey: Uint8Array };
  readonly transactionGasMax: number;
  readonly blockGasMax: number;
  /** A transaction may expire at most this many heights ahead of the head. */
  readonly expiryHeightsMax: number;
  readonly transactionBytesMax: number;
}
