/**
 * Which nodes are free when a version of the tree is not needed any more.
 *
 * Versions that are made from each other share nodes. A count of references in each node had to be changed for all neighbours
 * of a path, at random places in memory, when a version was made and again when it went: a third of an update. Instead each
 * version knows which nodes it made and which nodes of the version before it has no more:
 *
 *   a version that no other was made from           its created nodes go
 *   the oldest, when one version was made from it   what that one retired goes
 *   any other                                       waits until it is one of these: the nodes that only it has stay so long
 *
 * A chain that keeps its last versions and now and then throws away the newest never waits.
 */
import { EMPTY, type NodeArena } from "./tree-arena.ts";

const NONE = new Int32Array(0);

export interface NodeLists {
  /** Nodes that the version before did not have. */
  readonly created: Int32Array;
  /** Nodes of the version before that this one does not have. */
  readonly retired: Int32Array;
}

export class TreeVersion {
  readonly rootNode: number;
  readonly #arena: NodeArena;
  #lists: NodeLists;
  /** The version before; undefined when that is gone or has no nodes. */
  #before: TreeVersion | undefined;
  readonly #after = new Set<TreeVersion>();
  #isReleased = false;

  constructor(
    arena: NodeArena,
    rootNode: number,
    before: TreeVersion | undefined,
    lists: NodeLists = { created: NONE, retired: NONE },
  ) {
    this.#arena = arena;
    this.rootNode = rootNode;
    this.#lists = lists;
    if (before === undefined || before.rootNode === EMPTY) return;
    this.#before = before;
    before.#after.add(this);
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** The version is not used any more; what nobody needs without it is free. Again: nothing happens. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    let next: TreeVersion | undefined = this;
    while (next?.isReleased) next = next.#collect();
  }

  /** Frees what can be; returns the neighbour that may be freed after it. */
  #collect(): TreeVersion | undefined {
    if (this.#after.size === 0) return this.#collectNewest();
    if (this.#before !== undefined || this.#after.size > 1) return undefined;
    const [after] = this.#after;
    this.#freeAll(after!.#lists.retired);
    after!.#before = undefined;
    after!.#lists = { created: NONE, retired: NONE };
    this.#after.clear();
    return after;
  }

  #collectNewest(): TreeVersion | undefined {
    const before = this.#before;
    if (before === undefined) {
      this.#arena.freeSubtree(this.rootNode);
      return undefined;
    }
    this.#freeAll(this.#lists.created);
    before.#after.delete(this);
    this.#before = undefined;
    return before;
  }

  #freeAll(nodes: Int32Array): void {
    for (const node of nodes) this.#arena.free(node);
  }
}
