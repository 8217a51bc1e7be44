/**
 * A trace as lines for people (a frame, its host calls inside of it, what each left of the gas), and as plain data for
 * programs: bytes in hex, 64-bit numbers as decimal text.
 */
import { HOST_REFUSALS, OUTCOMES } from "../outcome.ts";
import type { Trace, TracedArgument, TracedFrame, TracedHostCall } from "./trace.ts";

const BYTES_SHOWN = 48;
const PRINTABLE = /^[\x20-\x7e]+$/;

/** Bytes as text where all of them are printable ASCII, else in hex; cut to 48 bytes. */
function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, BYTES_SHOWN)];
  const rest = bytes.length > BYTES_SHOWN ? `... ${bytes.length} bytes` : "";
  const text = String.fromCharCode(...shown);
  if (PRINTABLE.test(text)) return `"${text}"${rest}`;
  return `0x${hexText(shown)}${rest}`;
}

const hexText = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");

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
  const lines = trace.frames.flatMap((frame) => frameLines(frame, ""));
  if (trace.leftOut > 0) lines.push(`${trace.leftOut} more host calls and frames are not kept`);
  return lines.join("\n");
}

type TraceJson = string | number | boolean | null | readonly TraceJson[] | { readonly [name: string]: TraceJson };

function jsonOf(value: TracedArgument | undefined): TraceJson {
  if (value === undefined || value === null || typeof value === "number") return value ?? null;
  return typeof value === "bigint" ? String(value) : hexText([...value]);
}

function hostCallJson(call: TracedHostCall): TraceJson {
  const { name, gasBefore, gasAfter, endsFrame, callee } = call;
  return {
    name,
    args: Object.fromEntries(Object.entries(call.args).map(([key, value]) => [key, jsonOf(value)])),
    result: jsonOf(call.result),
    register: jsonOf(call.register),
    gasBefore,
    gasAfter,
    endsFrame,
    callee: callee === undefined ? null : frameJson(callee),
  };
}

function frameJson(frame: TracedFrame): TraceJson {
  const { contract, method, gasLimit, gasUsed, revertCode } = frame;
  const outcome = frame.outcome === undefined ? null : nameIn(OUTCOMES, frame.outcome);
  const [input, output] = [jsonOf(frame.input), jsonOf(frame.output)];
  const hostCalls = frame.hostCalls.map(hostCallJson);
  return { contract, method, input, gasLimit, outcome, revertCode, output, gasUsed, hostCalls };
}

/** The trace as plain data. */
export function traceJson(trace: Trace): { readonly frames: readonly TraceJson[]; readonly leftOut: number } {
  return { frames: trace.frames.map(frameJson), leftOut: trace.leftOut };
}
