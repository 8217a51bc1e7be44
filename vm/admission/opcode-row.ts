import type { Feature } from "./features.ts";
import type { ValueType } from "./value-types.ts";

/** What immediates an instruction has and which check applies: one handler each in instructions.ts. */
export type OpcodeKind =
  | "plain"
  | "unreachable"
  | "block"
  | "loop"
  | "if"
  | "else"
  | "end"
  | "br"
  | "brIf"
  | "brTable"
  | "return"
  | "call"
  | "callIndirect"
  | "drop"
  | "select"
  | "selectTyped"
  | "localGet"
  | "localSet"
  | "localTee"
  | "globalGet"
  | "globalSet"
  | "tableGet"
  | "tableSet"
  | "tableSize"
  | "tableGrow"
  | "tableFill"
  | "tableCopy"
  | "tableInit"
  | "elementDrop"
  | "memoryAccess"
  | "memorySize"
  | "memoryCopy"
  | "memoryInit"
  | "dataDrop"
  | "i32Const"
  | "i64Const"
  | "f32Const"
  | "f64Const"
  | "v128Const"
  | "shuffle"
  | "lane"
  | "memoryLane"
  | "refNull"
  | "refIsNull"
  | "refFunc"
  /** Named, not modelled: what follows in the body cannot be read. */
  | "unread";

export interface Opcode {
  /** The byte; for a prefixed instruction prefix * 65536 + number. */
  readonly code: number;
  readonly name: string;
  readonly kind: OpcodeKind;
  readonly feature: Feature;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Natural alignment of a memory access, as the exponent of two; lanes of a lane instruction in `lanes`. */
  readonly alignment: number;
  readonly lanes: number;
}

/** Consecutive instructions of one kind. `names`: separated by blanks; `-` leaves a number out. */
export interface OpcodeGroup {
  readonly first: number;
  readonly names: string;
  readonly kind?: OpcodeKind;
  readonly feature?: Feature;
  readonly signature?: string;
  readonly alignment?: number;
  readonly lanes?: number;
}
