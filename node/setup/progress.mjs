/**
 * Progress of long steps, on standard error: a line that counts the seconds on a terminal, one short line before and
 * one after a step elsewhere (a log should not be rewritten). Standard output stays free for what a command prints.
 */

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;

/** True when a person watches: a terminal that can move its cursor. */
export const isTerminal = process.stderr.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI;

/** Writes one line to standard error. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

function seconds(startedMs) {
  return `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
}

/**
 * Runs `work` and shows that it runs; resolves to its result. The line says what failed before the error goes on.
 * @param {string} title  what happens, as a noun phrase: "packages (npm ci)"
 * @param {() => Promise<unknown>} work
 */
export async function step(title, work) {
  const startedMs = Date.now();
  let frame = 0;
  const draw = () => {
    process.stderr.write(`\r\u001b[2K${FRAMES[frame % FRAMES.length]} ${title} ${seconds(startedMs)}`);
    frame += 1;
  };
  const timer = isTerminal ? setInterval(draw, FRAME_MS) : undefined;
  if (isTerminal) draw();
  else say(`${title} ...`);
  const finish = (mark, word) => {
    clearInterval(timer);
    process.stderr.write(`${isTerminal ? "\r\u001b[2K" : ""}${mark} ${title}: ${word} in ${seconds(startedMs)}\n`);
  };
  try {
    const result = await work();
    finish("✓", "done");
    return result;
  } catch (error) {
    finish("✗", "failed");
    throw error;
  }
}
