/**
 * Finds what the decorators declare: the contract, its methods and storage, structs, events and coded errors. Each
 * finding keeps the syntax it came from, so that a later complaint can point at it.
 */

import type {
  ClassDeclaration,
  DecoratorNode,
  FieldDeclaration,
  MethodDeclaration,
  ParameterNode,
  Source,
  Statement,
  TypeNode,
} from "assemblyscript";
import * as assemblyscript from "assemblyscript";
import type { AbiError, AbiField, AbiMethod } from "../../runtime/format/contract-abi.ts";
import { isContractName, isMethodName } from "../../runtime/format/names.ts";
import { LIMITS } from "../../vm/limits.ts";
import { REVERT_CODE_RESERVED } from "../../vm/outcome.ts";
import { abiType, isNamedType, isVoid, STORAGE_CLASSES, typeName } from "./abi-type.ts";
import { findDecorator, integerLiteral, stringArguments, stringLiteral } from "./decorators.ts";
import type { SourceErrors } from "./source-errors.ts";

/** Codes from here to REVERT_CODE_RESERVED - 1 are the SDK's own (contracts/sdk/failure.ts). */
export const SDK_CODE_FIRST = 0xfffe_0000;

const METHOD_KINDS = ["init", "call", "view"] as const;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** What a method that callers reach cannot be. */
const HIDDEN_FLAGS =
  assemblyscript.CommonFlags.Private |
  assemblyscript.CommonFlags.Protected |
  assemblyscript.CommonFlags.Static |
  assemblyscript.CommonFlags.Get |
  assemblyscript.CommonFlags.Set;

export interface FoundClass {
  readonly declaration: ClassDeclaration;
  readonly source: Source;
  readonly name: string;
}

export interface FoundMethod {
  readonly declaration: MethodDeclaration;
  readonly abi: AbiMethod;
  /** Source text of the parameters' types and of the result's, for the entry glue. */
  readonly parameterTypes: readonly string[];
  readonly returnType: string | null;
}

export interface FoundStorage {
  readonly declaration: FieldDeclaration;
  readonly name: string;
  readonly kind: "cell" | "map";
  readonly key: readonly string[];
  readonly value: string;
}

export interface FoundContract extends FoundClass {
  readonly contract: string;
  readonly version: number;
}

export interface FoundClasses {
  readonly contracts: readonly FoundClass[];
  readonly structs: readonly FoundClass[];
  readonly events: readonly FoundClass[];
  readonly errors: readonly FoundClass[];
}

type IsStruct = (name: string) => boolean;

export function sourceText(node: TypeNode): string {
  const { source, start, end } = node.range;
  return source.text.substring(start, end);
}

function classesOf(source: Source): FoundClass[] {
  const isClass = (statement: Statement): statement is ClassDeclaration =>
    statement.kind === assemblyscript.NodeKind.ClassDeclaration;
  return source.statements.filter(isClass).map((declaration) => ({ declaration, source, name: declaration.name.text }));
}

/** The decorated classes of `sources`, in their order. */
export function findClasses(sources: readonly Source[]): FoundClasses {
  const classes = sources.flatMap(classesOf);
  const decorated = (name: string) =>
    classes.filter(({ declaration }) => findDecorator(declaration, name) !== undefined);
  return {
    contracts: decorated("contract"),
    structs: decorated("struct"),
    events: decorated("event"),
    errors: decorated("errors"),
  };
}

/**
 * Names that two decorated classes share are reported: the ABI has one space of names for structs and one for events.
 */
export function checkNames(classes: readonly FoundClass[], kind: string, errors: SourceErrors): void {
  const seen = new Set<string>();
  for (const { name, declaration } of classes) {
    if (seen.has(name)) errors.refuse(declaration.name, `there are two ${kind} classes named '${name}'`);
    if (!IDENTIFIER.test(name))
      errors.refuse(declaration.name, `'${name}' is not a name of 1 to 64 letters, digits, _`);
    seen.add(name);
  }
}

function checkPlainClass({ declaration }: FoundClass, kind: string, errors: SourceErrors): void {
  if (declaration.isGeneric) errors.refuse(declaration.name, `${kind} classes cannot be generic`);
  if (declaration.extendsType !== null) errors.refuse(declaration.extendsType, `${kind} classes cannot extend another`);
}

const isField = (member: Statement): member is FieldDeclaration =>
  member.kind === assemblyscript.NodeKind.FieldDeclaration;
const isMethod = (member: Statement): member is MethodDeclaration =>
  member.kind === assemblyscript.NodeKind.MethodDeclaration;
const isStatic = (member: { readonly flags: number }): boolean =>
  (member.flags & assemblyscript.CommonFlags.Static) !== 0;

/** The fields of a struct or event class, in order; unsupported types are reported. */
export function readFields(found: FoundClass, kind: string, isStruct: IsStruct, errors: SourceErrors): AbiField[] {
  checkPlainClass(found, kind, errors);
  const declarations = fieldDeclarations(found);
  if (declarations.length === 0) errors.refuse(found.declaration.name, `${kind} classes need a field`);
  return declarations.flatMap((member) => {
    const type = fieldType(member, isStruct, errors);
    return type === undefined ? [] : [{ name: member.name.text, type }];
  });
}

/** Declarations of the fields `readFields` reads. */
export function fieldDeclarations({ declaration }: FoundClass): FieldDeclaration[] {
  return declaration.members.filter(isField).filter((member) => !isStatic(member));
}

function fieldType(member: FieldDeclaration, isStruct: IsStruct, errors: SourceErrors): string | undefined {
  if (member.type === null) {
    errors.refuse(member, "a field needs a type");
    return undefined;
  }
  const result = abiType(member.type, isStruct);
  if ("type" in result) return result.type;
  errors.refuse(result.node, result.refusal);
  return undefined;
}

/** The fields of an event that `@indexed("a", "b")` names. */
export function readIndexed(found: FoundClass, fields: readonly AbiField[], errors: SourceErrors): ReadonlySet<string> {
  const decorator = findDecorator(found.declaration, "indexed");
  if (decorator === undefined) return new Set();
  const names = new Set(namesAmong(decorator, fields, "field", errors));
  if (names.size > LIMITS.eventTopics) {
    errors.refuse(decorator, `an event has at most ${LIMITS.eventTopics} indexed fields`);
  }
  return names;
}

function namesAmong(
  decorator: DecoratorNode,
  fields: readonly AbiField[],
  what: string,
  errors: SourceErrors,
): string[] {
  const names = stringArguments(decorator, errors);
  for (const name of names) {
    if (!fields.some((field) => field.name === name)) errors.refuse(decorator, `there is no ${what} '${name}'`);
  }
  return names;
}

/** The coded errors of an `@errors` class: `@error("name", "text") static readonly x: u32 = 10;`. */
export function readErrors(found: FoundClass, isSdk: boolean, errors: SourceErrors): AbiError[] {
  const codeEnd = isSdk ? REVERT_CODE_RESERVED : SDK_CODE_FIRST;
  const list: AbiError[] = [];
  for (const member of found.declaration.members) {
    const decorator = isField(member) ? findDecorator(member, "error") : undefined;
    if (!isField(member) || decorator === undefined) {
      errors.refuse(member, 'an @errors class holds only `@error("name", "text") static readonly x: u32 = 1;`');
      continue;
    }
    const [name, text] = [stringLiteral(decorator.args?.[0]), stringLiteral(decorator.args?.[1])];
    const code = integerLiteral(member.initializer);
    if (name === undefined || text === undefined || decorator.args?.length !== 2) {
      errors.refuse(decorator, "@error takes a name and a text, both string literals");
    } else if (code === undefined || code >= codeEnd || !isStatic(member)) {
      errors.refuse(member, `an error's code is a static integer literal from 0 to 0x${(codeEnd - 1).toString(16)}`);
    } else {
      list.push({ code, name, text });
    }
  }
  return list;
}

/** Name and version of the one contract; undefined after a complaint. */
export function readContract(found: FoundClass, errors: SourceErrors): FoundContract | undefined {
  checkPlainClass(found, "@contract", errors);
  const decorator = findDecorator(found.declaration, "contract")!;
  const contract = stringLiteral(decorator.args?.[0]);
  const version = integerLiteral(decorator.args?.[1]);
  if (contract === undefined || version === undefined || version === 0 || decorator.args?.length !== 2) {
    errors.refuse(decorator, '@contract takes a name and a version from 1: @contract("counter", 1)');
    return undefined;
  }
  if (!isContractName(contract)) {
    errors.refuse(decorator, `'${contract}' is not a contract name: a-z first, then a-z, 0-9, -, at most 32`);
    return undefined;
  }
  return { ...found, contract, version };
}

/** The storage fields of the contract class; fields of other types are reported. */
export function readStorage({ declaration }: FoundClass, isStruct: IsStruct, errors: SourceErrors): FoundStorage[] {
  return declaration.members
    .filter(isField)
    .filter((member) => !isStatic(member))
    .flatMap((member) => storageField(member, isStruct, errors) ?? []);
}

function storageField(field: FieldDeclaration, isStruct: IsStruct, errors: SourceErrors): FoundStorage | undefined {
  const { type } = field;
  const name = field.name.text;
  const storage = type === null ? undefined : STORAGE_CLASSES.get(typeName(type));
  if (type === null || storage === undefined || !isNamedType(type) || type.isNullable) {
    const kinds = "Cell, StorageMap, Counter or CounterMap";
    errors.refuse(field, `a contract's fields are ${kinds}: others would be forgotten after each call`);
    return undefined;
  }
  if (field.initializer !== null) {
    errors.refuse(field.initializer, "storage takes no initialiser: the compiler gives it the field's name");
    return undefined;
  }
  const types = type.typeArguments ?? [];
  const typeCount = storage.keyParts + (storage.value === null ? 1 : 0);
  if (types.length !== typeCount) {
    errors.refuse(type, `${typeName(type)} takes ${typeCount} type arguments`);
    return undefined;
  }
  const results = types.map((argument) => abiType(argument, isStruct));
  for (const result of results) if (!("type" in result)) errors.refuse(result.node, result.refusal);
  const found = results.flatMap((result) => ("type" in result ? [result.type] : []));
  if (found.length !== types.length) return undefined;
  const kind = storage.keyParts === 0 ? "cell" : "map";
  const key = found.slice(0, storage.keyParts);
  return { declaration: field, name, kind, key, value: storage.value ?? found.at(-1)! };
}

/** The methods the contract class shows to callers. */
export function readMethods({ declaration }: FoundClass, isStruct: IsStruct, errors: SourceErrors): FoundMethod[] {
  return declaration.members.filter(isMethod).flatMap((member) => {
    const kinds = METHOD_KINDS.filter((kind) => findDecorator(member, kind) !== undefined);
    if (member.name.text === "constructor") errors.refuse(member, "a contract has no constructor: use @init");
    if (kinds.length === 0) return [];
    if (kinds.length > 1) errors.refuse(member.name, `a method is one of @${kinds.join(", @")}`);
    return [readMethod(member, kinds[0]!, isStruct, errors)];
  });
}

function checkMethodShape(method: MethodDeclaration, kind: AbiMethod["kind"], errors: SourceErrors): void {
  const { text } = method.name;
  if (!isMethodName(text)) {
    errors.refuse(method.name, `'${text}' is not a method name: a letter first, then letters, digits, _, at most 64`);
  }
  if ((method.flags & HIDDEN_FLAGS) !== 0) {
    errors.refuse(method.name, `@${kind} goes on a plain public method`);
  }
  if (method.isGeneric) errors.refuse(method.name, `a @${kind} method cannot be generic`);
  if ((kind === "init") !== (text === "init")) {
    errors.refuse(method.name, "the @init method is called `init`, and no other is");
  }
}

function parameterField(parameter: ParameterNode, isStruct: IsStruct, errors: SourceErrors): AbiField {
  const name = parameter.name.text;
  const isPlain = parameter.parameterKind === assemblyscript.ParameterKind.Default && parameter.initializer === null;
  if (!isPlain) errors.refuse(parameter, "a parameter of a method is neither optional nor a rest: use `T | null`");
  const result = abiType(parameter.type, isStruct);
  if ("type" in result) return { name, type: result.type };
  errors.refuse(result.node, result.refusal);
  return { name, type: "" };
}

function returnedType(
  method: MethodDeclaration,
  kind: AbiMethod["kind"],
  isStruct: IsStruct,
  errors: SourceErrors,
): string | null {
  const node = method.signature.returnType;
  const isMissing = isNamedType(node) && typeName(node) === "";
  if (isVoid(node) || isMissing) {
    if (kind === "view") errors.refuse(method.name, "a @view returns a value: nothing else of it can be seen");
    if (isMissing) errors.refuse(method.name, "a method needs a result type (void when it returns nothing)");
    return null;
  }
  if (kind === "init") errors.refuse(node, "@init returns nothing");
  const result = abiType(node, isStruct);
  if ("type" in result) return result.type;
  errors.refuse(result.node, result.refusal);
  return null;
}

function readMethod(
  method: MethodDeclaration,
  kind: AbiMethod["kind"],
  isStruct: IsStruct,
  errors: SourceErrors,
): FoundMethod {
  checkMethodShape(method, kind, errors);
  const params = method.signature.parameters.map((parameter) => parameterField(parameter, isStruct, errors));
  const returns = returnedType(method, kind, isStruct, errors);
  const decorator = findDecorator(method, "object");
  const object = decorator === undefined ? [] : namesAmong(decorator, params, "parameter", errors);
  return {
    declaration: method,
    abi: { name: method.name.text, kind, params, returns, object },
    parameterTypes: method.signature.parameters.map(({ type }) => sourceText(type)),
    returnType: returns === null ? null : sourceText(method.signature.returnType),
  };
}
