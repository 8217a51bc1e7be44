/** Child processes of the setup: output is kept and shown only when it matters, that is, when the step fails. */
import { spawn } from "node:child_process";

/** A step of the setup that failed, with what its program printed. */
export class SetupError extends Error {
  constructor(message, output = "") {
    super(message);
    this.name = "SetupError";
    this.output = output;
  }
}

/**
 * Resolves to the program's output (both streams) when it ends with 0, else throws SetupError with the output's last
 * lines.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd: string, shell?: boolean, env?: Record<string, string | undefined>, what: string}} options
 */
export function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      shell: options.shell ?? false,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => reject(new SetupError(`${options.what} could not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      const output = Buffer.concat(chunks).toString("utf8");
      if (code === 0) resolve(output);
      else reject(new SetupError(`${options.what} failed (${signal ?? `exit code ${code}`})`, lastLines(output)));
    });
  });
}

const OUTPUT_LINES_MAX = 60;

function lastLines(text) {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= OUTPUT_LINES_MAX) return lines.join("\n");
  return [`(${lines.length - OUTPUT_LINES_MAX} lines left out)`, ...lines.slice(-OUTPUT_LINES_MAX)].join("\n");
}
