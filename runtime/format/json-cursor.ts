/**
 * Reads JSON of a fixed shape strictly: exactly the fields that are due, each of its kind. What does not fit is Rejected
 * `<format>.shape`, `.limit` or `.name` with its path.
 */
import { Rejected } from "../../vm/errors.ts";
import { parseHex } from "./bytes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "./canonical-json.ts";

/** One value of the JSON and where it stands. */
export class JsonCursor {
  readonly value: JsonValue;
  readonly #format: string;
  readonly #path: string;

  /** @param format first part of the codes */
  constructor(value: JsonValue, format: string, path = "$") {
    this.value = value;
    this.#format = format;
    this.#path = path;
  }

  #inside(value: JsonValue, step: string): JsonCursor {
    return new JsonCursor(value, this.#format, `${this.#path}${step}`);
  }

  refuse(cause: string, text: string): never {
    const shown = typeof this.value === "object" ? {} : { value: String(this.value).slice(0, 200) };
    const path = this.#path;
    throw new Rejected(`${this.#format}.${cause}`, `${path}: ${text}`, { path, ...shown });
  }

  /** True for an object with a field of that name. */
  has(name: string): boolean {
    return isJsonObject(this.value) && Object.hasOwn(this.value, name);
  }

  /** The fields of an object that has exactly those names. */
  object<const Name extends string>(names: readonly Name[]): Readonly<Record<Name, JsonCursor>> {
    const { value } = this;
    if (!isJsonObject(value)) return this.refuse("shape", "not an object");
    const isExact = Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
    if (!isExact) this.refuse("shape", `not an object with exactly ${names.join(", ")}`);
    return Object.fromEntries(names.map((name) => [name, this.#inside(value[name]!, `.${name}`)])) as Record<
      Name,
      JsonCursor
    >;
  }

  entries(countMax: number): readonly (readonly [string, JsonCursor])[] {
    const { value } = this;
    if (!isJsonObject(value)) return this.refuse("shape", "not an object");
    const names = Object.keys(value);
    if (names.length > countMax) this.refuse("limit", `more than ${countMax} entries`);
    return names.map((name) => [name, this.#inside(value[name]!, `.${name}`)] as const);
  }

  array(countMax: number): readonly JsonCursor[] {
    const { value } = this;
    if (!isJsonArray(value)) return this.refuse("shape", "not an array");
    if (value.length > countMax) this.refuse("limit", `more than ${countMax} elements`);
    return value.map((item, index) => this.#inside(item, `[${index}]`));
  }

  string(): string {
    return typeof this.value === "string" ? this.value : this.refuse("shape", "not a string");
  }

  text(pattern: RegExp): string {
    const { value } = this;
    if (typeof value !== "string" || !pattern.test(value))
      return this.refuse("name", `not a text like ${pattern.source}`);
    return value;
  }

  integer(maximum: number): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > maximum) {
      return this.refuse("shape", `not an integer from 0 to ${maximum}`);
    }
    return value;
  }

  /** Bytes as lower-case hex. */
  hex(): Uint8Array {
    const bytes = typeof this.value === "string" ? parseHex(this.value) : null;
    return bytes ?? this.refuse("shape", "not lower-case hex with two digits a byte");
  }

  boolean(): boolean {
    return typeof this.value === "boolean" ? this.value : this.refuse("shape", "not true or false");
  }

  oneOf<const Choice extends string>(choices: readonly Choice[]): Choice {
    const choice = choices.find((candidate) => candidate === this.value);
    return choice ?? this.refuse("shape", `not one of ${choices.join(", ")}`);
  }
}
