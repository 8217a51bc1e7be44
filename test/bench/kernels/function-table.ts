/** Calls through the table: steps from an array of functions, chosen by the state. */
type Step = (state: u32) => u32;

function add(state: u32): u32 {
  return state + 0x9e3779b9;
}

function mix(state: u32): u32 {
  return state ^ (state >> 15);
}

function spread(state: u32): u32 {
  return state * 0x85ebca6b;
}

function turn(state: u32): u32 {
  return (state << 5) | (state >> 27);
}

export function run(scale: i32): i64 {
  const steps: StaticArray<Step> = [add, mix, spread, turn, mix, add, turn, spread];
  let state: u32 = 1;
  let check: i64 = 0;
  for (let i = 0; i < scale; i++) {
    state = steps[(state >> 13) & 7](state);
    check += state;
  }
  return check;
}
