/** The text of docs/host-functions.md, from the one table in vm/abi.ts; generate-host.ts writes it. */
import { HOST_FUNCTIONS, HOST_MODULE, type HostCost, type HostFunction, PROTOCOL_VERSION } from "../../vm/abi.ts";
import { LIMITS } from "../../vm/limits.ts";
import { HOST_REFUSALS } from "../../vm/outcome.ts";
import { wrappedLines } from "./wrapped-lines.ts";

type Refusal = keyof typeof HOST_REFUSALS;

/** What each refusal says to the one who wrote the contract. */
const REFUSAL_TEXTS: Readonly<Record<Refusal, string>> = {
  readOnly: "a view or query, or a contract called by one, tried to write",
  keyTooLong: "a storage key, a prefix or a start of a scan is too long",
  valueTooLong: "a storage value is too long",
  outsideMemory: "an address and its length reach outside the contract's memory",
  callDepth: "the contract that was called would be the ninth on the stack",
  reentrancy: "the contract that was called is on the stack already",
  eventTooLong: "an event's data is too long",
  outputTooLong: "a method's return bytes are too long",
  badName: "a name of a contract, a method or an event breaks its pattern",
  eventsTooMany: "the transaction has as many events as it may have",
  badAlgorithm: "there is no signature algorithm of this number",
  emptyKey: "a storage key has no bytes",
  tooManyItems: "a list of signatures, keys or messages is too long",
  badList: "a list ends inside an item, has bytes behind its last, or not as many items as keys",
  badPage: "a page of a scan is to have no entries or bytes, or too many",
  notACounter: "the value under the key is not 8 bytes long",
  badTopics: "an event's topics are not a list of at most 4 of at most 64 bytes",
};

const LINE_LENGTH_MAX = 120;

const paragraph = (text: string): string => wrappedLines(text, LINE_LENGTH_MAX).join("\n");
const item = (text: string): string => `- ${wrappedLines(text, LINE_LENGTH_MAX - 2).join("\n  ")}`;

const HEADER = [
  "# Host functions",
  "",
  paragraph(
    "Made from `vm/abi.ts` by `contracts/compiler/generate-host.ts`; do not edit. " +
      `Protocol version ${PROTOCOL_VERSION}. A module imports them from \`${HOST_MODULE}\` (\`abort\` from \`env\`), ` +
      "each at most once and with the signature below; the SDK wraps them.",
  ),
  "",
  item("Addresses and lengths are unsigned i32 and must lie in the contract's memory, also where a length is 0."),
  item(
    "A result that can be long is left in the frame's *result register* by the call that made it; `result_read` " +
      "copies it out. The host never calls the contract.",
  ),
  item(
    "Gas is charged before the work. *Found* bytes and entries are those that only the host can know; they are " +
      "charged when they are known and before anything is handed over. A length is what the parameter says, whether " +
      "or not it is allowed.",
  ),
  item(
    "A refusal ends the frame with the outcome *refused host call* and its number as the code, and costs the whole " +
      "gas limit. Checks are made in this order: may the frame write; then each argument as it stands, its length " +
      "before its place before its content.",
  ),
  "",
].join("\n");

/** The cost as a sum: `600 + 2 * keyLength + 1 * found bytes`. */
function costText({ base, perByte = {}, perResultByte, perResultEntry, byValue, perItem }: HostCost): string {
  const terms = [
    `${base}`,
    ...Object.entries(perByte).map(([parameter, gas]) => `${gas} * ${parameter}`),
    ...(perResultEntry === undefined ? [] : [`${perResultEntry} * found entries`]),
    ...(perResultByte === undefined ? [] : [`${perResultByte} * found bytes`]),
    ...(byValue === undefined ? [] : [valueText(byValue)]),
    ...(perItem === undefined ? [] : [`(each item, by its algorithm: ${pairsText(perItem)})`]),
  ];
  return terms.join(" + ");
}

function valueText({ parameter, gas }: NonNullable<HostCost["byValue"]>): string {
  return `(by ${parameter}: ${pairsText(gas)}; another: ${Math.max(...Object.values(gas))})`;
}

function pairsText(gas: Readonly<Record<number, number>>): string {
  const pairs = Object.entries(gas).map(([value, cost]) => `${value}: ${cost}`);
  return pairs.join(", ");
}

function signature({ name, params, result }: HostFunction): string {
  const list = params.map((parameter) => `${parameter.name}: ${parameter.type}`).join(", ");
  return `${name}(${list})${result === null ? "" : ` -> ${result}`}`;
}

function refusalsText({ refusals }: HostFunction): string {
  if (refusals.length === 0) return "none";
  return refusals.map((name) => `\`${name}\` ${HOST_REFUSALS[name as Refusal]}`).join(", ");
}

function section(row: HostFunction): string {
  const limits = (row.limits ?? []).map((name) => `\`${name}\` ${LIMITS[name]}`);
  const notes = [
    ...(row.writes ? ["Writes: a read-only frame may not call it."] : []),
    ...(row.debugOnly === true ? ["Test chains only."] : []),
  ];
  const lines = [
    `gas: ${costText(row.cost)}`,
    `refusals: ${refusalsText(row)}`,
    ...(limits.length === 0 ? [] : [`limits: ${limits.join(", ")}`]),
  ];
  const module = row.module === HOST_MODULE ? "" : `${row.module}.`;
  const text = paragraph([row.doc, ...notes].join(" "));
  return [`## ${row.name}`, "", `\`${module}${signature(row)}\``, "", text, "", ...lines.map(item), ""].join("\n");
}

function refusalTable(): string {
  const rows = Object.entries(HOST_REFUSALS).map(
    ([name, code]) => `| ${code} | \`${name}\` | ${REFUSAL_TEXTS[name as Refusal]} |`,
  );
  return ["## Refusals", "", "| code | name | cause |", "|---|---|---|", ...rows, ""].join("\n");
}

/** Text of docs/host-functions.md. */
export function hostReference(): string {
  return [HEADER, ...HOST_FUNCTIONS.map(section), refusalTable()].join("\n");
}
