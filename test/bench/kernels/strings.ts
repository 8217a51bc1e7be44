/** String building: numbers to text, joined, searched and cut. */
export function run(scale: i32): i64 {
  let check: i64 = 0;
  for (let i = 0; i < scale; i++) {
    const number = i * 7919;
    let line = "INV-" + number.toString() + "/" + (number % 97).toString();
    line = line.padStart(20, " ") + ";";
    if (line.includes("77")) line += "check";
    check = check * 31 + line.length + line.charCodeAt(line.length - 3) + line.indexOf("/");
  }
  return check;
}
