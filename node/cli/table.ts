/**
 * Text tables: columns as wide as their widest cell, numbers to the right, no frame to get in the way of grep and cut.
 */

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Longer cells are cut and end in an ellipsis. */
  readonly widthMax?: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
const COLOUR = /\u001b\[[0-9;]*m/g;
const CONTROL = /[\p{Cc}\p{Cf}]/gu;

/** Cells of a terminal a text takes: colours none, wide East Asian characters two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(COLOUR, "")) width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff)
  );
}

/** Text from a document or a contract, fit to print: no control or formatting characters, at most `widthMax` cells. */
export function cleanText(text: string, widthMax = 200): string {
  const clean = text.replace(CONTROL, "\ufffd");
  if (widthOf(clean) <= widthMax) return clean;
  let kept = "";
  let width = 0;
  for (const character of clean) {
    width += widthOf(character);
    if (width > widthMax - 1) break;
    kept += character;
  }
  return `${kept}\u2026`;
}

function pad(cell: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return align === "right" ? space + cell : cell + space;
}

function cut(cell: string, column: Column): string {
  if (column.widthMax === undefined || widthOf(cell) <= column.widthMax) return cell;
  return cleanText(cell.replace(COLOUR, ""), column.widthMax);
}

/**
 * The lines of a table with a line of titles.
 * @param rows  as many cells as there are columns; a missing one is empty
 */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => columns.map((column, index) => cut(row[index] ?? "", column)));
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...cells.map((row) => widthOf(row[index] ?? ""))),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(row[index] ?? "", widths[index] ?? 0, align))
      .join("  ")
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)];
}

/** Lines of names and values, the values in one column. */
export function formatFields(fields: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...fields.map(([name]) => widthOf(name)));
  return fields.map(([name, value]) => `${pad(name, width, "left")}  ${value}`.trimEnd());
}

/** A whole number with its thousands apart: 1234567 as "1,234,567". */
export function formatCount(value: number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
