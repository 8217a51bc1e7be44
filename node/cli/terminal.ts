/**
 * What the commands write to: results on standard output, everything else on standard error.
 *
 * Colours only on a terminal that wants them (NO_COLOR, CINNABAR_NO_COLOR, TERM=dumb, --json say no); progress only on
 * a terminal, because a line that rewrites itself is noise in a log.
 */
import picocolors from "picocolors";

export type Colours = ReturnType<typeof picocolors.createColors>;

export interface Progress {
  /** The line shows `text`; the last text wins. */
  update(text: string): void;
  /** The line is gone. */
  stop(): void;
}

/** Where text goes: the process's streams, or a test's. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person reads `out` and `err` on a terminal. */
  readonly isTerminal: { readonly out: boolean; readonly err: boolean };
}

export interface Terminal {
  /** True when results are JSON, one value a line. */
  readonly json: boolean;
  readonly colours: Colours;
  /** True when a person reads the results on a terminal that can be drawn on again. */
  readonly isScreen: boolean;
  /** A line of the result. Nothing in JSON mode. */
  line(text?: string): void;
  /** One JSON value on a line of its own. Nothing outside JSON mode. */
  value(value: unknown): void;
  /** A line for the person at the terminal; not part of the result. */
  note(text: string): void;
  progress(title: string): Progress;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;

/** JSON of a value; integers beyond 2^53 as decimal strings, bytes as hex. */
export function toJson(value: unknown, indent?: number): string {
  const replace = (_: string, part: unknown): unknown => {
    if (typeof part === "bigint") return part.toString();
    return part instanceof Uint8Array ? Buffer.from(part).toString("hex") : part;
  };
  return JSON.stringify(value, replace, indent);
}

export const processOutput: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true },
};

function wantsColours(json: boolean, output: Output): boolean {
  const { NO_COLOR, CINNABAR_NO_COLOR, TERM } = process.env;
  const refused = (NO_COLOR ?? "") !== "" || (CINNABAR_NO_COLOR ?? "") !== "" || TERM === "dumb";
  return !json && !refused && output.isTerminal.out;
}

function startProgress(output: Output, title: string): Progress {
  if (!output.isTerminal.err || process.env.TERM === "dumb") return { update() {}, stop() {} };
  let frame = 0;
  let text = "";
  const draw = (): void => {
    output.err(`\r\u001b[2K${FRAMES[frame % FRAMES.length]} ${title} ${text}`);
    frame += 1;
  };
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  return {
    update(next) {
      text = next;
    },
    stop() {
      clearInterval(timer);
      output.err("\r\u001b[2K");
    },
  };
}

export function createTerminal(json: boolean, output: Output): Terminal {
  return {
    json,
    colours: picocolors.createColors(wantsColours(json, output)),
    isScreen: !json && output.isTerminal.out && process.env.TERM !== "dumb",
    line(text = "") {
      if (!json) output.out(`${text}\n`);
    },
    value(value) {
      if (json) output.out(`${toJson(value)}\n`);
    },
    note(text) {
      output.err(`${text}\n`);
    },
    progress: (title) => startProgress(output, title),
  };
}
