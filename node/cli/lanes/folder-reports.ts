/** Schedule reports of the blocks in a folder's log: read, and executed again only where durations are asked for. */
import type { AccessRecord } from "../../../runtime/format/accesses.ts";
import { Rejected } from "../../../vm/errors.ts";
import { renderPrediction, renderReport } from "../../api/lanes-view.ts";
import type { LanesView } from "../../api/schemas.ts";

export interface HeightRange {
  readonly from: number;
  readonly to: number;
}

export interface FolderReportOptions {
  readonly folder: string;
  /** Undefined: the last block. */
  readonly range: HeightRange | undefined;
  /** Measured nanoseconds of the transactions of some blocks. */
  readonly durations: ReadonlyMap<number, Float64Array>;
  readonly overheads: { readonly hop?: number; readonly validation?: number };
  readonly progress: (done: number, total: number) => void;
}

export interface FolderReports {
  readonly reports: readonly LanesView[];
  /** Of all these blocks, one behind the other without a pause; empty where a record cannot be used. */
  readonly predictions: LanesView["predictions"];
}

/** Returns the reports in order. @errors chain.noChain, chain.noBlock (Rejected); log.* (NodeError) */
export async function folderReports(options: FolderReportOptions): Promise<FolderReports> {
  const { loggedBlocks } = await import("../../../runtime/chain/logged-blocks.ts");
  const { scheduleReport } = await import("../../../runtime/lanes/schedule-report.ts");
  const reports: LanesView[] = [];
  const records: AccessRecord[] = [];
  let height = -1;
  for (const { record, abiOf, total } of loggedBlocks(options.folder)) {
    ({ height } = record.block.header);
    options.progress(height + 1, total);
    const { from, to } = options.range ?? { from: total - 1, to: total - 1 };
    if (height > to) break;
    if (height < from) continue;
    reports.push(renderReport(scheduleReport(record, { abiOf, durations: options.durations.get(height) })));
    records.push(record.accesses);
  }
  const { range } = options;
  if (range !== undefined && (reports.length === 0 || reports.at(-1)!.height < range.to)) {
    throw new Rejected("chain.noBlock", "the chain has no block of this height", {
      value: String(range.to),
      limit: `0 to ${height}`,
    });
  }
  return { reports, predictions: await predictionsOfAll(reports, records, options.overheads) };
}

async function predictionsOfAll(
  reports: readonly LanesView[],
  records: readonly AccessRecord[],
  overheads: FolderReportOptions["overheads"],
): Promise<LanesView["predictions"]> {
  if (!reports.every(({ hasDependencies }) => hasDependencies)) return [];
  const { DependencyGraph, joinedRecords } = await import("../../../runtime/lanes/dependency-graph.ts");
  const { predictionsOf } = await import("../../../runtime/lanes/schedule-report.ts");
  const graph = DependencyGraph.of(joinedRecords(records));
  if (graph === undefined) return [];
  const transactions = reports.flatMap((report) => report.transactions);
  const costs = transactions.map(({ cost }) => cost);
  const lanes = transactions.map(({ lane }) => lane);
  return predictionsOf(graph, costs, lanes, overheads).map(renderPrediction);
}
