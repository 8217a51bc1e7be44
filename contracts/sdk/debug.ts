import { debug_log } from "./host";
import { utf8Encode } from "./utf8";

/**
 * The line is in the log of the test chain and nowhere else. A contract that logs is compiled for tests only
 * (`compileContract({ entry, debug: true })`, `cinnabar build --debug`): a chain refuses its module.
 */
export function debugLog(text: string): void {
  const bytes = utf8Encode(text);
  debug_log(bytes.dataStart as u32, bytes.byteLength);
}
