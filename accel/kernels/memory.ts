/**
 * The memory of a kernel module: static areas of its own below, the arena of its caller above.
 *
 * Nothing is allocated while a kernel works: every file takes what it needs with `memory.data`, whose places the
 * compiler fixes. The arena is one region behind them that grows and never shrinks.
 */

const PAGE_BYTES: u64 = 65_536;
const ALIGNMENT: usize = 16;

/**
 * Returns the start (aligned to 16) of a region of at least `bytes` bytes, 0 when the module's maximum would be passed.
 * The region is the same each time; the last call counts. Growing leaves its contents, and detaches the caller's views.
 */
export function arena(bytes: u32): usize {
  const start = (__heap_base + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const pages = <i32>((<u64>start + bytes + PAGE_BYTES - 1) / PAGE_BYTES);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  return start;
}
