/** The runtime for other packages; inside this one the files are imported themselves. */
export { type BlockLog, openBlockLog } from "./chain/block-log.ts";
export {
  type Chain,
  type ChainOptions,
  type CommittedBlock,
  type FoundTransaction,
  openChain,
  type ProducedBlock,
  type Progress,
  type Query,
  type StateProof,
} from "./chain/chain.ts";
export type { Head, RefusedTransaction } from "./chain/ledger.ts";
export { type ReplayOptions, type ReplayResult, replayLog } from "./chain/replay.ts";
export { checkSettings } from "./chain/settings-rules.ts";
export { BLOCK_BYTES_MAX, type BlockResult, type BlockServices, executeBlock } from "./execute/block.ts";
export type { BlockContext } from "./execute/call-tree.ts";
export { ContractCode } from "./execute/contract-code.ts";
export { decodeArguments, decodeValue, encodeArguments, encodeValue, storageKey } from "./format/abi-codec.ts";
export { addressOfContract, addressOfKey } from "./format/address.ts";
export { bytesToHex, hexToBytes } from "./format/bytes.ts";
export { ByteReader, ByteWriter } from "./format/codec.ts";
export type { ContractAbi } from "./format/contract-abi.ts";
export { decodeSettings, encodeSettings } from "./format/settings.ts";
export { decodeTransaction, encodeTransaction, encodeUnsigned, transactionId } from "./format/transaction.ts";
export type {
  Block,
  ChainSettings,
  Event,
  Header,
  Receipt,
  Seal,
  Transaction,
  UnsignedTransaction,
} from "./format/types.ts";
export { LmdbStore } from "./state/lmdb-store.ts";
export { MemoryStore } from "./state/memory-store.ts";
export { Overlay, type WriteSet } from "./state/overlay.ts";
export { SlotTable } from "./state/slot-table.ts";
export { CHAIN_ABI } from "./system/chain-contract.ts";
export { DEPLOY_GAS, LIFECYCLE_ABI } from "./system/lifecycle-contract.ts";
