/** Looks at every node of a parsed file. */
import type { Node } from "assemblyscript";

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}

function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) yield* value.filter(isNode);
  }
}

/** Calls `visit` once for `root` and for each node under it, parents first. */
export function walkSyntax(root: Node, visit: (node: Node) => void): void {
  const seen = new Set<Node>();
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    visit(node);
    waiting.push(...[...childrenOf(node)].reverse());
  }
}
