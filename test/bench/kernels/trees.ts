/** Tree building: a binary search tree of objects, one allocation a node, and walks over it. */
class Node {
  left: Node | null = null;
  right: Node | null = null;
  count: i32 = 1;

  constructor(public key: i32) {}
}

function insert(root: Node, key: i32): void {
  let node = root;
  while (node.key != key) {
    const next = key < node.key ? node.left : node.right;
    if (next === null) {
      if (key < node.key) node.left = new Node(key);
      else node.right = new Node(key);
      return;
    }
    node = next;
  }
  node.count++;
}

function checksum(node: Node | null, depth: i32): i64 {
  if (node === null) return 1;
  return checksum(node.left, depth + 1) * 3 + checksum(node.right, depth + 1) * 5 + node.key * depth + node.count;
}

export function run(scale: i32): i64 {
  const root = new Node(0x40000000);
  let state: u32 = 99;
  for (let i = 0; i < scale; i++) {
    state = state * 1664525 + 1013904223;
    insert(root, (state >> 1) as i32);
  }
  return checksum(root, 1);
}
