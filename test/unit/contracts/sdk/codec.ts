/** The AssemblyScript codec against the TypeScript one: the same bytes for the same value, the same bytes refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeArguments, encodeValue } from "../../../../runtime/format/abi-codec.ts";
import { ByteWriter, utf8Bytes } from "../../../../runtime/format/codec.ts";
import { hostGas } from "../../vm/host-gas.ts";
import type { Probe } from "./probe.ts";

const text = fc.string({ unit: "binary", maxLength: 12 });
const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(hexOf);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const integer = (bits: number, isSigned: boolean) =>
  isSigned
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });
const long = (min: bigint, max: bigint) =>
  fc.bigInt({ min, max }).map((value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  });
const i64 = long(-(2n ** 63n), 2n ** 63n - 1n);
const decimal = fc.record({ coefficient: i64, scale: integer(8, false) });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const array = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 4 });
const inner = fc.record({ text, items: array(integer(16, false)), maybe: optional(decimal) });
const everything = fc.record({
  yes: fc.boolean(),
  a: integer(8, false),
  b: integer(16, false),
  c: integer(32, false),
  d: long(0n, 2n ** 64n - 1n),
  e: integer(8, true),
  f: integer(16, true),
  g: integer(32, true),
  h: i64,
  text,
  data: fc.uint8Array({ maxLength: 300 }).map(hexOf),
  who: hex(32),
  digest: hex(32),
  inner,
  list: array(inner),
  matrix: array(array(integer(32, true))),
  maybeText: optional(text),
  maybeList: optional(array(optional(inner))),
  maybeWho: optional(hex(32)),
});

export function codecTests(probe: Probe): void {
  test("a value of every type comes back with the same bytes", () => {
    fc.assert(
      fc.property(everything, (value) => {
        const called = probe.chain.view("probe", "echo", { value });
        assert.equal(called.error, null);
        assert.deepEqual(
          encodeValue(probe.abi, "Everything", called.result),
          encodeValue(probe.abi, "Everything", value),
        );
      }),
      { numRuns: 60 },
    );
  });

  const EXAMPLE = {
    yes: true,
    a: 1,
    b: 2,
    c: 3,
    d: 4,
    e: -1,
    f: -2,
    g: -3,
    h: -4,
    text: "Öl 油 🛢",
    data: "00ff",
    who: "11".repeat(32),
    digest: "22".repeat(32),
    inner: { text: "", items: [1, 65535], maybe: { coefficient: "9223372036854775807", scale: 255 } },
    list: [],
    matrix: [[], [1, -1]],
    maybeText: "",
    maybeList: [null, { text: "a", items: [], maybe: null }],
    maybeWho: null,
  };

  /** The message of arguments that are refused as such; undefined when they are taken. */
  function refusal(args: Uint8Array): string | undefined {
    const { error } = probe.chain.callBytes("probe", "echo", args);
    if (error !== null) assert.equal(error.name, "badArguments");
    return error?.message;
  }

  test("every cut of the arguments is refused, and a byte more as well", () => {
    const bytes = encodeArguments(probe.abi, "echo", [EXAMPLE]);
    assert.equal(refusal(bytes), undefined);
    for (let length = 0; length < bytes.length; length++) {
      assert.match(refusal(bytes.subarray(0, length)) ?? "", /^codec: /);
    }
    assert.equal(refusal(Uint8Array.from([...bytes, 0])), "codec: bytes follow the end");
  });

  test("a boolean and an optional are 0 or 1", () => {
    const bytes = encodeArguments(probe.abi, "echo", [EXAMPLE]);
    const want = "codec: a boolean is 0 or 1";
    for (const byte of [2, 0x80, 0xff]) {
      const first = Uint8Array.from(bytes);
      first[0] = byte;
      assert.equal(refusal(first), want);
      const last = Uint8Array.from(bytes);
      last[last.length - 1] = byte;
      assert.equal(refusal(last), want);
    }
  });

  /** `fail(message)` reverts with its message: what the contract made of the text's bytes. */
  function said(textBytes: Uint8Array) {
    const args = new ByteWriter().bytes(textBytes).finish();
    return probe.chain.callBytes("probe", "fail", args);
  }

  test("text is UTF-8 in its one form", () => {
    for (const good of ["", "a", "é", "€", "\ufeff", "\uffff", "\u{10ffff}", "߿", "ࠀ", "\ud7ff", "\ue000", "𐀀"]) {
      const { error } = said(utf8Bytes(good));
      assert.deepEqual(error, { code: 7, name: "probe.asked", message: good });
    }
    const bad = [
      [0x80],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xc2],
      [0xc2, 0x41],
      [0xe0, 0x9f, 0xbf],
      [0xe2, 0x82],
      [0xe2, 0x82, 0x41],
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf0, 0x90, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xff],
    ];
    for (const bytes of bad) {
      const { outcome, error } = said(Uint8Array.from(bytes));
      assert.equal(outcome, "revert");
      assert.equal(error?.message, "codec: text is not UTF-8", hexOf(Uint8Array.from(bytes)));
    }
  });

  test("any bytes are text to the contract exactly when they are text to the platform", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const platform = (bytes: Uint8Array): string | undefined => {
      try {
        return decoder.decode(bytes);
      } catch {
        return undefined;
      }
    };
    const bytes = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0xa0)),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(bytes, (list) => {
        const input = Uint8Array.from(list);
        const want = platform(input);
        const { error } = said(input);
        assert.equal(error?.message, want ?? "codec: text is not UTF-8");
        assert.equal(error?.name === "probe.asked", want !== undefined);
      }),
      { numRuns: 300 },
    );
  });

  test("a count or a length above the bytes there are is refused without memory for it", () => {
    for (const bytes of [Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2, 3)]) {
      const { outcome, error, gasUsed } = said(bytes.slice());
      assert.equal(outcome, "revert");
      assert.ok(error !== null && gasUsed < 20_000 + hostGas("revert"));
    }
    const list = probe.chain.callBytes(
      "probe",
      "storeText",
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x3f),
    );
    assert.equal(list.error?.message, "codec: bytes are missing");
    assert.ok(list.gasUsed < 20_000 + hostGas("revert"));
  });
}
