/** The machine under the measurements: its name, and the time it gives this process. */
import { cpus } from "node:os";

/** The processor and the engine, as every measurement names them. */
export function machineName(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  return `${processors.length} x ${model}, Node ${process.version}, V8 ${process.versions.v8}`;
}

/** Time this process had a processor, all threads: what others on the machine do is not in it. */
export function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}
