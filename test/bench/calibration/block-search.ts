export function searchBlocks(_s: number, _m: number): null {
  return null;
}
