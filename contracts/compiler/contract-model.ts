/** Puts the declarations together: the ABI of the contract, and what the entry glue is made from. */
import type { Parser, Source } from "assemblyscript";
import type { AbiError, AbiEvent, AbiField, AbiStorage, ContractAbi } from "../../runtime/format/contract-abi.ts";
import { structIn } from "./abi-type.ts";
import {
  checkNames,
  type FoundClass,
  type FoundContract,
  type FoundMethod,
  type FoundStorage,
  findClasses,
  readContract,
  readErrors,
  readFields,
  readIndexed,
  readMethods,
  readStorage,
} from "./declarations.ts";
import { checkLanguage } from "./language-rules.ts";
import type { SourceErrors } from "./source-errors.ts";

/** Paths of the SDK's files, as the AssemblyScript compiler names them. */
export const SDK_PATH_PREFIX = "~lib/cinnabar/sdk/";

export interface ContractModel {
  readonly contract: FoundContract;
  readonly methods: readonly FoundMethod[];
  readonly storage: readonly FoundStorage[];
  /** Structs and events, of the SDK too: all get codec methods. */
  readonly encodable: readonly FoundClass[];
  /** Event classes, each with the names of its indexed fields in the order of the fields. */
  readonly indexed: readonly { readonly found: FoundClass; readonly fields: readonly string[] }[];
  readonly abi: ContractAbi;
}

type StructFields = ReadonlyMap<string, readonly AbiField[]>;

const isSdk = (source: Source): boolean => source.normalizedPath.startsWith(SDK_PATH_PREFIX);

function theContract(found: readonly FoundClass[], own: readonly Source[], errors: SourceErrors) {
  const [first, ...others] = found;
  for (const { declaration } of others) {
    errors.refuse(declaration.name, "a second @contract class: one module is one contract");
  }
  if (first !== undefined) return readContract(first, errors);
  const entry = own.at(-1);
  if (entry !== undefined) errors.refuse(entry.range, "there is no @contract class");
  return undefined;
}

/** A struct that holds itself would have no bound on the depth of its values. */
function checkCycles(structs: readonly FoundClass[], fields: StructFields, errors: SourceErrors): void {
  const inner = (name: string): string[] =>
    (fields.get(name) ?? []).flatMap(({ type }) => structIn(type, (other) => fields.has(other)) ?? []);
  for (const { name, declaration } of structs) {
    const reached = new Set<string>();
    const waiting = inner(name);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(...inner(next));
    }
    if (reached.has(name)) errors.refuse(declaration.name, `struct '${name}' contains itself`);
  }
}

function checkUnique<T>(items: readonly T[], nameOf: (item: T) => string, onTwice: (item: T) => void): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(nameOf(item))) onTwice(item);
    seen.add(nameOf(item));
  }
}

function allErrors(classes: readonly FoundClass[], errors: SourceErrors): AbiError[] {
  const list = classes.flatMap((found) => {
    const own = readErrors(found, isSdk(found.source), errors);
    return own.map((error) => ({ error, found }));
  });
  const twice = (what: string) => (item: (typeof list)[number]) =>
    errors.refuse(item.found.declaration.name, `error ${what} of '${item.error.name}' is used twice`);
  checkUnique(list, ({ error }) => String(error.code), twice("code"));
  checkUnique(list, ({ error }) => error.name, twice("name"));
  return list.map(({ error }) => error).sort((a, b) => a.code - b.code);
}

/** Only the structs that the rest of the ABI mentions, directly or inside another. */
function usedTypes(roots: readonly string[], fields: StructFields): ContractAbi["types"] {
  const used = new Map<string, { readonly fields: readonly AbiField[] }>();
  const waiting = [...roots];
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    const name = structIn(type, (other) => fields.has(other));
    if (name === undefined || used.has(name)) continue;
    const inner = fields.get(name)!;
    used.set(name, { fields: inner });
    waiting.push(...inner.map((field) => field.type));
  }
  return Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function eventOf(found: FoundClass, isStruct: (name: string) => boolean, errors: SourceErrors): AbiEvent {
  const fields = readFields(found, "@event", isStruct, errors);
  const indexed = readIndexed(found, fields, errors);
  return { name: found.name, fields: fields.map((field) => ({ ...field, indexed: indexed.has(field.name) })) };
}

const indexedFields = ({ fields }: AbiEvent): string[] =>
  fields.filter(({ indexed }) => indexed).map(({ name }) => name);

const storageAbi = ({ name, kind, key, value }: FoundStorage): AbiStorage => ({ name, kind, key, value });

/** The contract the parsed files declare; undefined when something was reported. */
export function readModel(parser: Parser, errors: SourceErrors): ContractModel | undefined {
  const own = parser.sources.filter((source) => !source.isLibrary);
  for (const source of own) checkLanguage(source, errors);
  const classes = findClasses([...own, ...parser.sources.filter(isSdk)]);
  checkNames(classes.structs, "@struct", errors);
  checkNames(classes.events, "@event", errors);
  const contract = theContract(classes.contracts, own, errors);
  const names = new Set(classes.structs.map(({ name }) => name));
  const isStruct = (name: string): boolean => names.has(name);
  const fields = new Map(
    classes.structs.map((found) => [found.name, readFields(found, "@struct", isStruct, errors)] as const),
  );
  checkCycles(classes.structs, fields, errors);
  const events = classes.events.map((found) => eventOf(found, isStruct, errors));
  const codes = allErrors(classes.errors, errors);
  if (contract === undefined) return undefined;
  const methods = readMethods(contract, isStruct, errors);
  const storage = readStorage(contract, isStruct, errors);
  if (methods.length === 0) errors.refuse(contract.declaration.name, "a contract needs a @call or @view method");
  const roots = [
    ...methods.flatMap(({ abi }) => [
      ...abi.params.map(({ type }) => type),
      ...(abi.returns === null ? [] : [abi.returns]),
    ]),
    ...events.flatMap((event) => event.fields.map(({ type }) => type)),
    ...storage.flatMap(({ key, value }) => [...key, value]),
  ];
  if (errors.count > 0) return undefined;
  const abi: ContractAbi = {
    abi: 1,
    contract: contract.contract,
    version: contract.version,
    types: usedTypes(roots, fields),
    methods: methods.map((method) => method.abi),
    events,
    storage: storage.map(storageAbi),
    errors: codes,
  };
  return {
    contract,
    methods,
    storage,
    encodable: [...classes.structs, ...classes.events],
    indexed: classes.events.map((found, index) => ({ found, fields: indexedFields(events[index]!) })),
    abi,
  };
}
