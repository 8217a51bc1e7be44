/** The setup scripts are plain JavaScript that is not compiled: they are loaded from where they stand. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function loadSetup<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(join(process.cwd(), "node", "setup", file)).href)) as T;
}
