import { cpus } from "node:os";

/** The processor and the engine, as every measurement names them. */
export function machineName(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  return `${processors.length} x ${model}, Node ${process.version}, V8 ${process.versions.v8}`;
}
