/**
 * Parses text that the compiler writes itself and hangs it into the contract's syntax tree.
 *
 * Such text counts as a library file, so it may use the unsafe operations that a contract's own files may not. It
 * carries the path of the file it is added to, because the AssemblyScript compiler looks that file up by the path of
 * every identifier.
 */

import type { ClassDeclaration, DeclarationStatement, Expression, Parser, Source, Statement } from "assemblyscript";
import * as assemblyscript from "assemblyscript";
import { NodeError } from "../../vm/errors.ts";

function tokenizerOf(parser: Parser, target: Source, text: string) {
  const source = new assemblyscript.Source(assemblyscript.SourceKind.Library, target.normalizedPath, text);
  parser.currentSource = source;
  return new assemblyscript.Tokenizer(source, parser.diagnostics);
}

function parsed<T>(node: T | null, text: string): T {
  if (node === null) throw new NodeError("compiler.snippet", `the compiler wrote text that does not parse: ${text}`);
  return node;
}

export function addMember(parser: Parser, target: ClassDeclaration, text: string): void {
  const node = parser.parseClassMember(tokenizerOf(parser, target.range.source, text), target);
  const member: DeclarationStatement = parsed(node, text) as never;
  target.members.push(member);
}

/** The expression `text`, to stand in the file `target`. */
export function parseExpression(parser: Parser, target: Source, text: string): Expression {
  return parsed(parser.parseExpression(tokenizerOf(parser, target, text)), text);
}

export function addStatements(parser: Parser, target: Source, text: string): void {
  const tokenizer = tokenizerOf(parser, target, text);
  while (!tokenizer.skip(assemblyscript.Token.EndOfFile)) {
    const statement: Statement = parsed(parser.parseTopLevelStatement(tokenizer, null), text);
    target.statements.push(statement);
  }
}
