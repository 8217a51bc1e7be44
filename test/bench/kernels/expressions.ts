/** Mutual recursion over memory: a parser by descent evaluates `1+2*(3-4*(...))`. */
const DEPTH = 40;

class Text {
  position: i32 = 0;
  length: i32 = 0;
  bytes: StaticArray<u8> = new StaticArray<u8>(1024);

  push(character: i32): void {
    this.bytes[this.length++] = character as u8;
  }

  peek(): i32 {
    return this.position < this.length ? this.bytes[this.position] : 0;
  }
}

function sum(text: Text): i64 {
  let value = product(text);
  for (let sign = text.peek(); sign == 0x2b || sign == 0x2d; sign = text.peek()) {
    text.position++;
    const right = product(text);
    value = sign == 0x2b ? value + right : value - right;
  }
  return value;
}

function product(text: Text): i64 {
  let value = factor(text);
  while (text.peek() == 0x2a) {
    text.position++;
    value = (value * factor(text)) % 1000003;
  }
  return value;
}

function factor(text: Text): i64 {
  if (text.peek() == 0x28) {
    text.position++;
    const value = sum(text);
    text.position++;
    return value;
  }
  let value: i64 = 0;
  for (let digit = text.peek(); digit >= 0x30 && digit <= 0x39; digit = text.peek()) {
    value = value * 10 + (digit - 0x30);
    text.position++;
  }
  return value;
}

/** `12+3*(12-3*(12+3*( ... 7)))`, `depth` levels deep. */
function write(text: Text, depth: i32): void {
  if (depth == 0) {
    text.push(0x37);
    return;
  }
  text.push(0x31);
  text.push(0x30 + (depth % 10));
  text.push((depth & 1) == 0 ? 0x2b : 0x2d);
  text.push(0x33);
  text.push(0x2a);
  text.push(0x28);
  write(text, depth - 1);
  text.push(0x29);
}

export function run(scale: i32): i64 {
  const text = new Text();
  write(text, DEPTH);
  let check: i64 = 0;
  for (let round = 0; round < scale; round++) {
    text.position = 0;
    check = check * 31 + sum(text) + round;
  }
  return check;
}
