/** The business day as a person reads it, and as JSON: one object a step and one for the day. */
import { type Column, cleanText, formatCount, formatFields, formatTable } from "../table.ts";
import { type Terminal, toJson } from "../terminal.ts";
import type { DayResult } from "./business-day.ts";
import type { DayStep } from "./ledger.ts";

const COLUMNS: readonly Column[] = [
  { title: "step", widthMax: 52 },
  { title: "contract" },
  { title: "outcome", widthMax: 40 },
  { title: "gas", align: "right" },
  { title: "height", align: "right" },
];

function stepRow(terminal: Terminal, step: DayStep): string[] {
  const { green, yellow } = terminal.colours;
  const outcome = step.status === "accepted" ? green("accepted") : yellow(`refused: ${step.rule}`);
  const gas = step.gasUsed === undefined ? "-" : formatCount(step.gasUsed);
  return [
    cleanText(step.step),
    step.contract,
    outcome,
    gas,
    step.height === undefined ? "-" : formatCount(step.height),
  ];
}

function summaryFields({ steps, throughput, proof, height, stateRoot }: DayResult): (readonly [string, string])[] {
  const accepted = steps.filter(({ status }) => status === "accepted").length;
  const refusals = steps.length - accepted;
  const { transactions, seconds, perSecond } = throughput;
  return [
    ["steps", `${accepted} accepted, ${refusals} refused, each as it should be`],
    [
      "throughput",
      `${formatCount(perSecond)} transactions a second (${transactions} transfers in ${seconds.toFixed(2)} s, ` +
        "signatures checked, on disk)",
    ],
    ["proof", `${proof.contract}.${proof.storage}${toJson(proof.key)} at height ${formatCount(proof.height)}`],
    [
      "",
      `${formatCount(proof.bytes)} bytes, checked offline: ${proof.steps} steps hold; ` +
        `with one byte changed it fails at "${proof.tamperedFailsAt}"`,
    ],
    ["height", formatCount(height)],
    ["state root", stateRoot],
  ];
}

export function printDay(terminal: Terminal, result: DayResult): void {
  for (const step of result.steps) terminal.value(step);
  const { day, throughput, proof, height, stateRoot } = result;
  terminal.value({ day, throughput, proof, height, stateRoot });
  terminal.line();
  terminal.line(terminal.colours.bold(`business day ${day}`));
  terminal.line();
  for (const line of formatTable(
    COLUMNS,
    result.steps.map((step) => stepRow(terminal, step)),
  ))
    terminal.line(line);
  terminal.line();
  for (const line of formatFields(summaryFields(result))) terminal.line(line);
}
