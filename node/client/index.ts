/** The client for outsiders (`cinnabar/client`). Inside the project, import the files themselves. */
export type {
  BlockView,
  ContractView,
  PlacedReceiptView,
  QueryResultView,
  ReceiptView,
  StateView,
  StatusView,
  SubmissionView,
  TransactionView,
} from "../api/schemas.ts";
export {
  type BatchOutcome,
  Client,
  type ClientOptions,
  type Committed,
  type ContractCall,
  createClient,
  DEFAULT_GAS,
  type Deployment,
  EXPIRY_HEIGHTS,
  type ProofRequest,
  type SubmitOptions,
} from "./client.ts";
export { ClientError, type ClientProblem, type ClientStage } from "./client-error.ts";
export {
  attachSignature,
  bytesToSign,
  type SignedTransaction,
  type SigningKey,
  signTransaction,
} from "./transactions.ts";
