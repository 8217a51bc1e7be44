import { output_write } from "./host";
import { Writer } from "./writer";

/** The call returns `value`. The compiler's entry glue calls this; a contract returns from its method instead. */
export function output<T>(value: T): void {
  const writer = new Writer();
  writer.put<T>(value);
  output_write(writer.pointer, writer.length);
}
