/** A trace as lines for people: a frame, its host calls inside of it, what each cost. */
import type { Trace, TracedArgument, TracedFrame, TracedHostCall } from "../../vm/execute/trace.ts";
import { HOST_REFUSALS, OUTCOMES } from "../../vm/outcome.ts";

const BYTES_SHOWN = 48;
const PRINTABLE = /^[\x20-\x7e]+$/;

/** Bytes as text where all of them are printable ASCII, else in hex; cut to 48 bytes. */
function bytesText(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN));
  const rest = bytes.length > BYTES_SHOWN ? `... ${bytes.length} bytes` : "";
  const text = shown.toString("latin1");
  return PRINTABLE.test(text) ? `"${text}"${rest}` : `0x${shown.toString("hex")}${rest}`;
}

function argumentText(argument: TracedArgument): string {
  if (argument === null) return "outside memory";
  return argument instanceof Uint8Array ? bytesText(argument) : String(argument);
}

const nameIn = (table: Readonly<Record<string, number>>, code: number | undefined): string =>
  Object.keys(table).find((name) => table[name] === code) ?? String(code);

function endingText({ outcome, revertCode, output }: TracedFrame): string {
  if (outcome === undefined) return "fault of the node";
  const name = nameIn(OUTCOMES, outcome);
  if (outcome === OUTCOMES.ok) return output.length === 0 ? name : `${name} ${bytesText(output)}`;
  if (outcome === OUTCOMES.refusedHostCall) return `${name} ${nameIn(HOST_REFUSALS, revertCode)}`;
  return output.length === 0 ? `${name} ${revertCode}` : `${name} ${revertCode} ${bytesText(output)}`;
}

function hostCallLines(call: TracedHostCall, indent: string): string[] {
  const args = Object.entries(call.args).map(([name, value]) => `${name}: ${argumentText(value)}`);
  const result = call.result === undefined ? "" : ` -> ${call.result}`;
  const register = call.register === undefined ? "" : ` ${bytesText(call.register)}`;
  const ends = call.endsFrame ? " (ends the frame)" : "";
  const line = `${indent}${call.name}(${args.join(", ")})${result}${register}${ends}, gas left ${call.gasAfter}`;
  return [line, ...(call.callee === undefined ? [] : frameLines(call.callee, `${indent}  `))];
}

function frameLines(frame: TracedFrame, indent: string): string[] {
  const { contract, method, gasUsed, gasLimit } = frame;
  return [
    `${indent}${contract}.${method}: ${endingText(frame)}, gas ${gasUsed} of ${gasLimit}`,
    ...frame.hostCalls.flatMap((call) => hostCallLines(call, `${indent}  `)),
  ];
}

/** One line for each frame and host call, those inside of another further in. */
export function traceText(trace: Trace): string {
  return trace.frames.flatMap((frame) => frameLines(frame, "")).join("\n");
}
