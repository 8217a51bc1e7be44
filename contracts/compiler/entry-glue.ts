/**
 * The text that joins a contract to the machine.
 *
 * Each struct and event gets `__encode` and `__decode`, each storage field its constructor, and each method an
 * exported function `call_NAME`, () -> (), that reads the arguments, runs the method on a fresh contract object and
 * writes the result:
 *
 *     @view balance(id: string): u64      export function call_balance(): void {
 *                                  =>       const input = __Reader.input();
 *                                           const a0 = input.take<string>();
 *                                           input.finish();
 *                                           __output<u64>(new Payment().balance(a0));
 *                                         }
 *
 * The glue is added to the file of the contract class, where the names of its types are known; a second, generated
 * file is the entry that exports the `call_` functions, so that the contract's own exports do not become exports of
 * the module.
 */

import type { Parser } from "assemblyscript";
import * as assemblyscript from "assemblyscript";
import { METHOD_EXPORT_PREFIX } from "../../vm/limits.ts";
import { abiType } from "./abi-type.ts";
import type { ContractModel } from "./contract-model.ts";
import { type FoundClass, type FoundMethod, fieldDeclarations, sourceText } from "./declarations.ts";
import { addMember, addStatements, parseExpression } from "./syntax-snippet.ts";

export const ENTRY_PATH = "cinnabar-entry.ts";
const GLUE_IMPORT = 'import { Reader as __Reader, output as __output } from "cinnabar/sdk";';

function encodeMethod(found: FoundClass): string {
  const puts = fieldDeclarations(found).map(({ name, type }) => `writer.put<${sourceText(type!)}>(this.${name.text});`);
  return `__encode<W>(writer: W): void { ${puts.join(" ")} }`;
}

/** Fields are stored by their offset: that also reaches `readonly` ones, and no constructor of the class has to fit. */
function decodeMethod(found: FoundClass): string {
  const stores = fieldDeclarations(found).map((field) => {
    const type = sourceText(field.type!);
    const offset = `offsetof<${found.name}>("${field.name.text}")`;
    const value = `reader.take<${type}>()`;
    const result = abiType(field.type!, () => false);
    const isInteger = "type" in result && /^(?:bool|[ui]\d+)$/.test(result.type);
    return isInteger
      ? `store<${type}>(changetype<usize>(this), ${value}, ${offset});`
      : `store<usize>(changetype<usize>(this), changetype<usize>(${value}), ${offset});`;
  });
  return `__decode<R>(reader: R): void { ${stores.join(" ")} }`;
}

/** Only of an event that has indexed fields: `emit` asks for the method by its name. */
function topicsMethod(found: FoundClass, fields: readonly string[]): string {
  const indexed = fieldDeclarations(found).filter(({ name }) => fields.includes(name.text));
  const adds = indexed.map(({ name, type }) => `topics.add<${sourceText(type!)}>(this.${name.text});`);
  return `__topics<W>(topics: W): void { ${adds.join(" ")} }`;
}

function entryFunction(className: string, { abi, parameterTypes, returnType }: FoundMethod): string {
  const reads = parameterTypes.map((type, index) => `const a${index} = input.take<${type}>();`);
  const names = parameterTypes.map((_, index) => `a${index}`).join(", ");
  const run = `new ${className}().${abi.name}(${names})`;
  const last = returnType === null ? `${run};` : `__output<${returnType}>(${run});`;
  return [
    `export function ${METHOD_EXPORT_PREFIX}${abi.name}(): void {`,
    "const input = __Reader.input();",
    ...reads,
    "input.finish();",
    last,
    "}",
  ].join(" ");
}

/** The syntax tree holds everything the module needs; the entry file is queued for parsing. */
export function addGlue(parser: Parser, model: ContractModel): void {
  const { contract, methods, storage, encodable, indexed } = model;
  for (const found of encodable) {
    addMember(parser, found.declaration, encodeMethod(found));
    addMember(parser, found.declaration, decodeMethod(found));
  }
  for (const { found, fields } of indexed) {
    if (fields.length > 0) addMember(parser, found.declaration, topicsMethod(found, fields));
  }
  for (const { declaration, name } of storage) {
    declaration.initializer = parseExpression(
      parser,
      contract.source,
      `new ${sourceText(declaration.type!)}("${name}")`,
    );
  }
  const functions = methods.map((method) => entryFunction(contract.name, method));
  addStatements(parser, contract.source, [GLUE_IMPORT, ...functions].join("\n"));
  contract.source.sourceKind = assemblyscript.SourceKind.User;
  const exported = methods.map(({ abi }) => `${METHOD_EXPORT_PREFIX}${abi.name}`).join(", ");
  parser.parseFile(`export { ${exported} } from "./${contract.source.internalPath}";`, ENTRY_PATH, true);
}
