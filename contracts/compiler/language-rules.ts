/**
 * What a contract's source may not contain although AssemblyScript has it: floating point, and ways around the SDK. The
 * virtual machine would refuse the module; here the developer learns it with the line.
 */

import type { DeclarationStatement, DecoratorNode, LiteralExpression, Node, Source, TypeNode } from "assemblyscript";
import * as assemblyscript from "assemblyscript";
import { isNamedType, typeName } from "./abi-type.ts";
import type { SourceErrors } from "./source-errors.ts";
import { walkSyntax } from "./syntax-walk.ts";

const FLOAT_TYPES: ReadonlySet<string> = new Set(["f32", "f64", "number", "Float32Array", "Float64Array"]);
const FOREIGN_DECORATORS: ReadonlySet<string> = new Set(["external", "external.js", "unsafe", "global", "builtin"]);

function checkType(node: Node, errors: SourceErrors): void {
  if (node.kind !== assemblyscript.NodeKind.NamedType) return;
  const type = node as TypeNode;
  if (isNamedType(type) && FLOAT_TYPES.has(typeName(type))) {
    errors.refuse(type, `'${typeName(type)}' is a floating point type: contracts use integers or Decimal`);
  }
}

function checkLiteral(node: Node, errors: SourceErrors): void {
  if (node.kind !== assemblyscript.NodeKind.Literal) return;
  if ((node as LiteralExpression).literalKind === assemblyscript.LiteralKind.Float) {
    errors.refuse(node, "a floating point literal: contracts use integers or Decimal");
  }
}

export function decoratorName(decorator: DecoratorNode): string {
  const { source, start, end } = decorator.name.range;
  return source.text.substring(start, end).replace(/^@/, "");
}

function checkDecorator(node: Node, errors: SourceErrors): void {
  if (node.kind !== assemblyscript.NodeKind.Decorator) return;
  const name = decoratorName(node as DecoratorNode);
  if (FOREIGN_DECORATORS.has(name)) errors.refuse(node, `@${name} is for the SDK only: import from cinnabar/sdk`);
}

function checkAmbient(node: Node, errors: SourceErrors): void {
  if (node.kind === assemblyscript.NodeKind.Module) errors.refuse(node, "`module` is for the SDK only");
  if (!("flags" in node)) return;
  const declaration = node as DeclarationStatement;
  if ((declaration.flags & assemblyscript.CommonFlags.Declare) !== 0) {
    errors.refuse(node, "`declare` is for the SDK only: the host is reached through cinnabar/sdk");
  }
}

/** Every breach in one of the contract's own files is reported. */
export function checkLanguage(source: Source, errors: SourceErrors): void {
  for (const statement of source.statements) {
    walkSyntax(statement, (node) => {
      checkType(node, errors);
      checkLiteral(node, errors);
      checkDecorator(node, errors);
      checkAmbient(node, errors);
    });
  }
}
