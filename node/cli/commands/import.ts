/** `cinnabar import ubl`: invoices and credit notes into the invoice contract. */
import { join } from "node:path";
import type { Command } from "commander";
import { KEYS_FOLDER } from "../../config/folder-names.ts";
import { findDocuments } from "../../import/find-documents.ts";
import {
  type ImportedDocument,
  type ImportSummary,
  ImportTally,
  importDocuments,
} from "../../import/import-documents.ts";
import { DOCUMENT_BYTES_MAX } from "../../import/read-file.ts";
import { loadOrCreateKey } from "../../keys/keystore.ts";
import { addCommand, type CommandLine, numberOption, runs } from "../command.ts";
import { dataFolder } from "../data-folder.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inSession, type Session, type SessionOptions, withNodeOptions } from "../session.ts";
import { cleanText, formatCount, formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface ImportOptions extends SessionOptions {
  readonly key: string;
  readonly batch: number;
  readonly maxBytes: number;
}

const FILE_WIDTH = 60;

/** The end of a path, which tells files apart. */
function shortPath(path: string): string {
  return path.length <= FILE_WIDTH ? path : `\u2026${path.slice(1 - FILE_WIDTH)}`;
}

export function documentLine(terminal: Terminal, document: ImportedDocument): string {
  const { green, red, dim } = terminal.colours;
  const file = dim(cleanText(shortPath(document.file)));
  const number = cleanText(document.number ?? "-", 40);
  if (document.status === "refused") {
    const earlier = document.earlierFile === undefined ? "" : ` (${shortPath(document.earlierFile)})`;
    const message = cleanText((document.message ?? "") + earlier, 240);
    const { rule = "refused" } = document;
    const reason = message.startsWith(rule) ? message : `${rule}: ${message}`;
    return `${red("refused ")}  ${number}  ${reason}  ${file}`;
  }
  const { transactionId = "", gasUsed = 0, height = 0 } = document;
  const place = `gas ${formatCount(gasUsed)}  height ${height}`;
  return `${green("accepted")}  ${number}  receipt ${transactionId}  ${place}  ${file}`;
}

export function printSummary(terminal: Terminal, summary: ImportSummary): void {
  const { documents, accepted, refused } = summary;
  terminal.value({ summary });
  if (documents === 0) {
    terminal.note("no documents: there is no .xml file in what was named");
    return;
  }
  terminal.line();
  terminal.line(
    `${formatCount(documents)} documents: ${formatCount(accepted)} accepted, ${formatCount(refused)} refused`,
  );
  if (refused === 0) return;
  const rows = Object.entries(summary.rules).map(([rule, count]) => [rule, formatCount(count)]);
  for (const line of formatTable([{ title: "refused by" }, { title: "count", align: "right" }], rows)) {
    terminal.line(line);
  }
}

async function importInto(
  session: Session,
  terminal: Terminal,
  paths: readonly string[],
  options: ImportOptions,
): Promise<ExitCode> {
  const key = loadOrCreateKey(join(dataFolder(options), KEYS_FOLDER), options.key);
  const tally = new ImportTally();
  const progress = terminal.progress("importing");
  try {
    const { client } = session;
    const settings = { client, key, batchItemsMax: options.batch, bytesMax: options.maxBytes };
    for await (const document of importDocuments(findDocuments(paths), settings)) {
      tally.add(document);
      progress.stop();
      terminal.value(document);
      terminal.line(documentLine(terminal, document));
    }
  } finally {
    progress.stop();
  }
  const summary = tally.summary();
  printSummary(terminal, summary);
  return summary.refused === 0 && summary.documents > 0 ? EXIT.ok : EXIT.refused;
}

export function registerImport(program: Command, line: CommandLine): void {
  const parent = program.command("import").summary("bring documents to the chain");
  const command = addCommand(parent, {
    usage: "ubl <path...>",
    summary: "import UBL 2.1 invoices and credit notes, files or folders",
    description:
      "Each document is read, signed and submitted; the invoice contract accepts it or names the rule that\n" +
      "refuses it. In folders every .xml file is read, in sorted order. docs/import.md says what is read and refused.",
    examples: ["cinnabar import ubl node/samples", "cinnabar import ubl invoice.xml --json"],
    refusedWhen: "a document is refused",
  })
    .option("--key <name>", "key of DATA/keys that signs; made when there is none", "importer")
    .option("--batch <count>", "documents submitted together", numberOption("--batch", 1, 1000), 64)
    .option("--max-bytes <bytes>", "largest file", numberOption("--max-bytes", 1, 1_000_000_000), DOCUMENT_BYTES_MAX);
  runs<ImportOptions>(withNodeOptions(command), line, (terminal, paths, options) =>
    inSession(terminal, options, (session) => importInto(session, terminal, paths, options)),
  );
}
