import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { compileFiles, refusalOf } from "../compile-text.ts";

/** Source text whose lines are marked: `//! text` says that the compiler complains about this line with this text. */
function marks(source: string): { readonly line: number; readonly text: string }[] {
  return source
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/\/\/! ([^!]+?)(?= \/\/!|$)/g)].map(([, text]) => ({ line: index + 1, text: text! })),
    );
}

/** Messages of the compiler with the line each points at. */
function complaints(message: string): { readonly line: number; readonly text: string }[] {
  return message.split(/(?=^ERROR )/m).flatMap((block) => {
    const place = /in (\S+)\((\d+),\d+\)/.exec(block);
    return place === null ? [] : [{ line: Number(place[2]), text: block }];
  });
}

async function checkMarks(source: string): Promise<void> {
  const message = await refusalOf({ "index.ts": source });
  assert.ok(message !== undefined, "the compiler took it");
  const found = complaints(message);
  for (const { line, text } of marks(source)) {
    const there = found.filter((complaint) => complaint.line === line);
    assert.ok(
      there.some((complaint) => complaint.text.includes(text)),
      `line ${line} wants "${text}", the compiler said:\n${there.map((complaint) => complaint.text).join("\n")}`,
    );
  }
  assert.equal(found.length, marks(source).length, message);
}

test("types that cannot cross the ABI are refused where they stand", () =>
  checkMarks(`
import { Address, Cell, StorageMap } from "cinnabar/sdk";
@struct export class Pair { constructor(public a: u32, public b: usize) {} } //! type 'usize' cannot cross the ABI
@struct export class Empty { static readonly one: u32 = 1; } //! @struct classes need a field
@struct export class Loop { constructor(public next: Loop[]) {} } //! struct 'Loop' contains itself
@struct export class Box<T> { constructor(public a: u32) {} } //! @struct classes cannot be generic
@struct export class More extends Pair { c: u32 = 0; } //! @struct classes cannot extend another
@event export class Pair2 { constructor(public m: Map<string, u32>) {} } //! type 'Map' cannot cross the ABI
@contract("types", 1)
export class Types {
  count: u64; //! a contract's fields are Cell, StorageMap, Counter
  cell: Cell<u64> = new Cell<u64>("x"); //! storage takes no initialiser
  map: StorageMap<Unknown, u64>; //! type 'Unknown' cannot cross the ABI
  few: StorageMap<string>; //! StorageMap takes 2 type arguments
  @call a(x: u64 | null): void {} //! an integer or bool cannot be null
  @call b(x: (a: i32) => void): void {} //! type of this form cannot cross the ABI
  @view c(): Address[] | null { return null; }
  @view d(): StaticArray<u8> { return []; } //! type 'StaticArray' cannot cross the ABI
}
`));

test("floating point and ways around the SDK are refused where they stand", () =>
  checkMarks(`
declare function now(): u64; //! \`declare\` is for the SDK only
@external("env", "seed") declare function seed(): u64; //! @external is for the SDK //! \`declare\` is for the SDK
module "env"; //! \`module\` is for the SDK only
const half = 0.5; //! a floating point literal
@unsafe function risky(): void {} //! @unsafe is for the SDK only
@contract("floats", 1)
export class Floats {
  @call a(): void { const x: f64 = 1; } //! 'f64' is a floating point type
  @call b(x: number): void {} //! 'number' is a floating point type //! type 'number' cannot cross the ABI
}
`));

test("methods are refused for their shape and name where they stand", () =>
  checkMarks(`
@contract("methods", 1)
export class Methods {
  constructor() {} //! a contract has no constructor
  @init start(): void {} //! the @init method is called \`init\`
  @call init(): void {} //! the @init method is called \`init\`
  @call _hidden(): void {} //! '_hidden' is not a method name
  @call a$b(): void {} //! 'a$b' is not a method name
  @view nothing(): void {} //! a @view returns a value
  @call private secret(): void {} //! @call goes on a plain public method
  @call static shared(): void {} //! @call goes on a plain public method
  @call generic<T>(x: u32): void {} //! a @call method cannot be generic
  @call optional(x: u32 = 1): void {} //! a parameter of a method is neither optional nor a rest
  @call @view both(): u32 { return 1; } //! a method is one of @call, @view
  @call @object("other") place(x: u32): void {} //! there is no parameter 'other'
}
`));

test("errors, events and names are refused where they stand", () =>
  checkMarks(
    `
@errors
export class Failure { //! error code of 'two' is used twice //! error name of 'two' is used twice
  @error("one", "One.") static readonly one: u32 = 1;
  @error("two", "Two.") static readonly two: u32 = 1;
  @error("two", "Again.") static readonly again: u32 = 2;
  @error("three") static readonly three: u32 = 3; //! @error takes a name and a text
  @error("four", "Four.") static readonly four: u32 = 0xfffe0000; //! an error's code is a static integer literal
  static readonly five: u32 = 5; //! an @errors class holds only
}
@event @indexed("b") export class Seen { constructor(public a: u32) {} } //! there is no field 'b'
@event export class Same { constructor(public a: u32) {} }
@event @indexed("a", "b", "c", "d", "e") //! an event has at most 4 indexed fields
export class Many { constructor(public a: u32, public b: u32, public c: u32, public d: u32, public e: u32) {} }
@contract("Names", 1) //! 'Names' is not a contract name
export class Names {
  @view get(): u32 { return 1; }
}
`,
  ));

test("a module is exactly one contract", async () => {
  await checkMarks(`
@contract("one", 1) export class One { @view get(): u32 { return 1; } }
@contract("two", 1) export class Two { @view get(): u32 { return 1; } } //! a second @contract class
`);
  const none = await refusalOf({ "index.ts": "export function f(): i32 { return 1; }\n" });
  assert.match(none ?? "", /there is no @contract class/);
});

test("a contract name and version are literals, and a method is needed", () =>
  checkMarks(`
@contract("empty", 0) //! @contract takes a name and a version from 1
export class Empty {
  help(): void {}
}
`));

test("a struct of the contract cannot take the name of one of the SDK", async () => {
  const message = await refusalOf({
    "index.ts": `
@struct export class Decimal { constructor(public a: u32) {} }
@contract("names", 1) export class Names { @view get(): u32 { return 1; } }
`,
  });
  assert.match(message ?? "", /there are two @struct classes named 'Decimal'/);
});

test("errors of AssemblyScript itself are shown with their line", async () => {
  const message = await refusalOf({
    "index.ts": `
@contract("types", 1)
export class Types {
  @view get(): u32 { return "text"; }
}
`,
  });
  assert.match(message ?? "", /not assignable to type 'u32'[\s\S]*index\.ts\(4,/);
});

test("the compiler's text is plain where the environment asks AssemblyScript for colours", () => {
  const compile = `import { refusalOf } from ${JSON.stringify(new URL("../compile-text.js", import.meta.url).href)};
    process.stdout.write(String(await refusalOf({ "index.ts": "export function f(): u32 { return true + ; }" })));`;
  const env = { ...process.env, CI: "true" };
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", compile], { env, encoding: "utf8" });
  assert.match(text, /^ERROR TS\d+: /);
});

test("structs, events and errors of other files belong to the contract", async () => {
  const { abi } = await compileFiles({
    "index.ts": `
import { Point } from "./shapes";
@contract("files", 1) export class Files { @view get(): Point { return new Point(1, 2); } }
`,
    "shapes.ts": `
@struct export class Point { constructor(public x: i32, public y: i32) {} }
@struct export class Unused { constructor(public x: i32) {} }
`,
  });
  assert.deepEqual(Object.keys(abi.types), ["Point"]);
});
