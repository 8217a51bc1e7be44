/** The schedule report of a block as the API and the command line show it. */
import type { BlockPrediction, ScheduleReport, TransactionSchedule } from "../../runtime/lanes/schedule-report.ts";
import { OUTCOMES, type OutcomeName } from "../../vm/outcome.ts";
import type { LanesView } from "./schemas.ts";

const OUTCOME_NAMES = new Map((Object.keys(OUTCOMES) as OutcomeName[]).map((name) => [OUTCOMES[name] as number, name]));

export function renderReport(report: ScheduleReport): LanesView {
  const { lanes, chain, contracts, fates, predictions, transactions, ...block } = report;
  return {
    ...block,
    lanes: [...lanes],
    transactions: transactions.map(renderTransaction),
    chain: chain.map(({ transaction, keys }) => ({ transaction, keys: [...keys] })),
    contracts: contracts.map(({ keys, storages, ...contract }) => ({
      ...contract,
      keys: keys.map(renderKey),
      storages: storages.map(renderKey),
    })),
    fates: [...fates],
    predictions: predictions.map(renderPrediction),
  };
}

type HotKeyView = LanesView["contracts"][number]["keys"][number];

function renderKey(key: ScheduleReport["contracts"][number]["keys"][number]): HotKeyView {
  return { ...key, pathAsCounter: key.pathAsCounter ?? null };
}

export function renderPrediction(prediction: BlockPrediction): LanesView["predictions"][number] {
  return { ...prediction };
}

function renderTransaction({ waits, fate, conflict, outcome, ...more }: TransactionSchedule) {
  return {
    ...more,
    outcome: OUTCOME_NAMES.get(outcome) ?? ("trap" as const),
    waits: waits.map(({ transaction, keys }) => ({ transaction, keys: [...keys] })),
    fate: fate ?? null,
    conflict: conflict === undefined ? null : { key: conflict.key, by: conflict.by < 0 ? null : conflict.by },
  };
}
