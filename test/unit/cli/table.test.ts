import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cleanText, formatCount, formatFields, formatTable, widthOf } from "../../../node/cli/table.ts";

describe("a table", () => {
  it("aligns columns by what a terminal shows: colours take nothing, wide characters two cells", () => {
    const lines = formatTable(
      [{ title: "name" }, { title: "gas", align: "right" }],
      [
        ["\u001b[32mok\u001b[39m", "7"],
        ["\u53d1\u7968", "1,234"],
      ],
    );
    assert.deepEqual(lines, ["name    gas", "\u001b[32mok\u001b[39m        7", "\u53d1\u7968  1,234"]);
  });

  it("cuts a cell at the column's width and fills missing ones", () => {
    assert.deepEqual(formatTable([{ title: "a", widthMax: 4 }, { title: "b" }], [["abcdef"], ["abcd", "x"]]), [
      "a     b",
      "abc\u2026",
      "abcd  x",
    ]);
  });

  it("without rows is its titles", () => {
    assert.deepEqual(formatTable([{ title: "a" }], []), ["a"]);
  });
});

describe("text from outside", () => {
  it("cannot move the cursor, ring the bell or turn the direction of writing", () => {
    assert.equal(cleanText("a\u001b[2Jb\u0007c\u202ed\n"), "a\ufffd[2Jb\ufffdc\ufffdd\ufffd");
  });

  it("is cut without splitting a character", () => {
    assert.equal(cleanText("\u{1f600}\u{1f600}\u{1f600}", 5), "\u{1f600}\u{1f600}\u2026");
    assert.equal(widthOf(cleanText("x".repeat(300))), 200);
  });
});

describe("figures and fields", () => {
  it("have their thousands apart and their values in one column", () => {
    assert.equal(formatCount(1234567), "1,234,567");
    assert.equal(formatCount(999n), "999");
    assert.deepEqual(
      formatFields([
        ["height", "7"],
        ["id", "ab"],
      ]),
      ["height  7", "id      ab"],
    );
  });
});
