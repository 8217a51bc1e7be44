/**
 * The description of a contract that its compiler writes into the custom section `cinnabar.abi` (canonical JSON, UTF-8) and
 * into NAME.abi.json: enough to encode arguments, decode results, events and stored values, and find storage keys.
 *
 * Type expressions: `bool u8 u16 u32 u64 i8 i16 i32 i64 string bytes address hash` (the last two 32 bytes), a struct's name,
 * `T[]` (array) and `T?` (optional).
 */
export const ABI_SECTION = "cinnabar.abi";

export interface AbiField {
  readonly name: string;
  readonly type: string;
}

export interface AbiMethod {
  readonly name: string;
  /** `init` runs once, in the deployment; a `view` writes nothing. */
  readonly kind: "init" | "call" | "view";
  readonly params: readonly AbiField[];
  /** Type expression, or null when nothing is returned. */
  readonly returns: string | null;
  /** Parameters that name the object the call is about: what a lane is chosen by. */
  readonly object: readonly string[];
}

/** The indexed fields, at most 4, are its topics in the receipt, in their order (docs/codec.md). */
export interface AbiEvent {
  readonly name: string;
  readonly fields: readonly (AbiField & { readonly indexed: boolean })[];
}

/**
 * A storage declaration. The key of a cell is u8 length of name, name; of a map entry the same followed by the codec bytes
 * of the key's parts, in order.
 */
export interface AbiStorage {
  readonly name: string;
  readonly kind: "cell" | "map";
  /** Types of the key's parts; empty for a cell. */
  readonly key: readonly string[];
  readonly value: string;
}

export interface AbiError {
  readonly code: number;
  /** The rule or cause, as people know it: `BR-CO-10`, `invoice.duplicate`. */
  readonly name: string;
  readonly text: string;
}

export interface ContractAbi {
  readonly abi: 1;
  readonly contract: string;
  readonly version: number;
  readonly types: Readonly<Record<string, { readonly fields: readonly AbiField[] }>>;
  readonly methods: readonly AbiMethod[];
  readonly events: readonly AbiEvent[];
  readonly storage: readonly AbiStorage[];
  readonly errors: readonly AbiError[];
}
