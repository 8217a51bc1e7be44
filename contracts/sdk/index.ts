/** What a contract imports: `import { Cell, emit, revert } from "cinnabar/sdk"`. The decorators need no import. */
export {
  addChecked,
  addUnsigned,
  divide,
  Division,
  magnitude,
  multiplyChecked,
  multiplyDivideRounded,
  negateChecked,
  powerOfTen,
  product,
  subtractChecked,
  subtractUnsigned,
  Wide,
} from "./arithmetic";
export { call, CallAnswer, tryCall } from "./call";
export {
  blockHeight,
  blockTime,
  caller,
  callerContract,
  chainId,
  gasLeft,
  self,
  sender,
  transactionId,
} from "./context";
export { Counter, CounterMap } from "./counter";
export {
  Algorithm,
  blake2b256,
  blake2b512,
  blake3,
  blsAggregateVerify,
  blsFastAggregateVerify,
  blsPopVerify,
  keccak256,
  recoverSecp256k1,
  sha256,
  sha512,
  SignatureList,
  sm3,
  verifySignature,
} from "./crypto";
export { currencyExponent, requireCurrency } from "./currency";
export { debugLog } from "./debug";
export { Decimal, decimalText } from "./decimal";
export { emit } from "./event";
export { SdkFailure } from "./failure";
export { Address, Hash } from "./identifiers";
export { output } from "./output";
export { Page } from "./page";
export { Reader } from "./reader";
export { require, revert } from "./revert";
export { Cell, StorageMap, StorageMap2, StorageMap3 } from "./storage";
export { utf8Encode } from "./utf8";
export { Writer } from "./writer";
