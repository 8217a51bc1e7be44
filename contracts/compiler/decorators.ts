/** Reads the decorators of a declaration and their arguments. */

import type {
  DeclarationStatement,
  DecoratorNode,
  Expression,
  LiteralExpression,
  StringLiteralExpression,
} from "assemblyscript";
import * as assemblyscript from "assemblyscript";
import { decoratorName } from "./language-rules.ts";
import type { SourceErrors } from "./source-errors.ts";

export function findDecorator(declaration: DeclarationStatement, name: string): DecoratorNode | undefined {
  return declaration.decorators?.find((decorator) => decoratorName(decorator) === name);
}

/** The text of a string literal, else undefined. */
export function stringLiteral(expression: Expression | undefined): string | undefined {
  if (expression?.kind !== assemblyscript.NodeKind.Literal) return undefined;
  const literal = expression as LiteralExpression;
  if (literal.literalKind !== assemblyscript.LiteralKind.String) return undefined;
  return (literal as StringLiteralExpression).value;
}

/** The value of an integer literal from 0 to 2^32 - 1, else undefined. */
export function integerLiteral(expression: Expression | null | undefined): number | undefined {
  if (expression?.kind !== assemblyscript.NodeKind.Literal) return undefined;
  const literal = expression as LiteralExpression;
  if (literal.literalKind !== assemblyscript.LiteralKind.Integer) return undefined;
  const { start, end, source } = literal.range;
  const value = Number(source.text.substring(start, end).replaceAll("_", ""));
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : undefined;
}

/** The arguments of `decorator`, which must be string literals; others are reported and left out. */
export function stringArguments(decorator: DecoratorNode, errors: SourceErrors): string[] {
  const texts: string[] = [];
  for (const argument of decorator.args ?? []) {
    const text = stringLiteral(argument);
    if (text === undefined) errors.refuse(argument, `@${decoratorName(decorator)} takes string literals`);
    else texts.push(text);
  }
  return texts;
}
