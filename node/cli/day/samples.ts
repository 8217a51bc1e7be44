/**
 * The shipped documents, numbered for one day: the chain takes a number once, so each day's documents carry the day in
 * theirs, wherever a number stands, also where a credit note names its invoice.
 */
import { join } from "node:path";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";

export interface Sample {
  readonly file: string;
  readonly number: string;
  readonly step: string;
  /** The rule that refuses it; absent when it is good. */
  readonly refusedBy?: string;
}

export const SAMPLES: readonly Sample[] = [
  { file: "01-invoice-eur.xml", number: "KW-1001", step: "invoice in EUR, one rate" },
  { file: "02-invoice-jpy.xml", number: "AS-2001", step: "invoice in JPY, no decimals" },
  { file: "03-invoice-omr.xml", number: "LR-3001", step: "invoice in OMR, three decimals" },
  { file: "04-invoice-allowance-eur.xml", number: "NK-4001", step: "invoice with allowance, charge, prepaid" },
  {
    file: "05-invoice-off-by-a-cent.xml",
    number: "KW-1002",
    step: "invoice whose total is a cent off",
    refusedBy: "BR-CO-15",
  },
  { file: "06-credit-note-eur.xml", number: "KW-9001", step: "credit note for the first invoice" },
];

/** The first invoice: the one that is paid, booked and proven. */
export const FIRST_NUMBER = "KW-1001";

export const numberOfDay = (number: string, day: number): string => `${number}-D${day}`;

export function samplePath(sample: Sample): string {
  return join(packageRoot(), "node", "samples", sample.file);
}

/** Returns the document's text with the numbers of `day`. */
export function renumber(bytes: Uint8Array, day: number): Uint8Array {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const renumbered = SAMPLES.reduce(
    (changed, { number }) => changed.replaceAll(`>${number}<`, `>${numberOfDay(number, day)}<`),
    text,
  );
  return new TextEncoder().encode(renumbered);
}
