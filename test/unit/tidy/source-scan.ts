/** Reads the project's TypeScript as text: enough of a scanner to see imports, calls and function lengths without a compiler. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export interface SourceFile {
  /** Path from the project root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings and template texts blanked out; same length and lines. */
  readonly code: string;
  readonly imports: readonly ImportOf[];
}

export interface ImportOf {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

export interface LongFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

const ROOMS = ["accel", "vm", "runtime", "node", "contracts", "test"];

/** AssemblyScript has its own compiler and its own rules. */
const isAssemblyScript = (path: string): boolean =>
  path.startsWith("accel/kernels/") ||
  path.startsWith("test/bench/kernels/") ||
  (path.startsWith("contracts/") && !/^contracts\/(compiler|testing)\//.test(path) && !path.endsWith(".test.ts"));

/** All files under the rooms, sorted, that the filter takes. */
export function listFiles(root: string, take: (path: string) => boolean): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules") walk(path);
      } else if (take(path)) found.push(path);
    }
  };
  for (const room of ROOMS) walk(room);
  return found.sort();
}

export function readSources(root: string): SourceFile[] {
  return read(root, (path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !isAssemblyScript(path));
}

/** The kernels, in AssemblyScript: what holds for text holds for them, what holds for TypeScript does not. */
export function readKernels(root: string): SourceFile[] {
  return read(root, (path) => path.startsWith("accel/kernels/") && path.endsWith(".ts"));
}

function read(root: string, take: (path: string) => boolean): SourceFile[] {
  return listFiles(root, take).map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, code: blank(text), imports: importsOf(text) };
  });
}

function importsOf(text: string): ImportOf[] {
  const found: ImportOf[] = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']/gm)) {
    found.push({ specifier: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/^\s*import\s+["']([^"']+)["']/gm)) {
    found.push({ specifier: match[1]!, typeOnly: false });
  }
  for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ specifier: match[1]!, typeOnly: false });
  }
  return found;
}

/** A comment, string, template or regular expression: what must not be read as code. */
const LITERAL = new RegExp(
  [
    /\/\/[^\n]*|\/\*[\s\S]*?\*\//,
    /(?<=(?:[=(,:[!&|?;{}]|=>|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/,
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

const blank = (text: string): string => text.replace(LITERAL, (match) => match.replace(/[^\n]/g, " "));

const FUNCTION_HEAD = /(?:\)|=>)\s*(?::\s*[^={};]+(?:\{[^{}]*\}[^={};]*)?)?$/;
const CONTROL_HEAD = /\b(?:if|for|while|switch|catch|with)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*$/;

function isFunctionHead(head: string): boolean {
  const match = FUNCTION_HEAD.exec(head);
  return match !== null && !/\b(?:class|interface)\b/.test(match[0]) && !CONTROL_HEAD.test(head);
}

/** Functions longer than `linesMax` lines, by counting braces. */
export function longFunctions(source: SourceFile, linesMax: number): LongFunction[] {
  const open: { position: number; isFunction: boolean }[] = [];
  const found: LongFunction[] = [];
  for (let position = 0; position < source.code.length; position++) {
    const character = source.code[position];
    if (character === "{") {
      const head = source.code.slice(Math.max(0, position - 400), position);
      open.push({ position, isFunction: isFunctionHead(head) });
    } else if (character === "}") {
      const start = open.pop();
      if (start?.isFunction !== true) continue;
      const lines = source.code.slice(start.position, position).split("\n").length;
      if (lines > linesMax) found.push(describe(source, start.position, lines));
    }
  }
  return found;
}

function describe(source: SourceFile, position: number, lines: number): LongFunction {
  const before = source.text.slice(0, position);
  const head = before.slice(-400);
  const names = [
    ...head.matchAll(/(?:function\s+|\bconst\s+|^\s*(?:async\s+|private\s+|static\s+|#)*)([A-Za-z_]\w*)\s*[=(<]/gm),
  ];
  return { name: names.at(-1)?.[1] ?? "anonymous", line: before.split("\n").length, lines };
}

/** Path from the project root that a relative import means. */
export function resolveImport(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}
