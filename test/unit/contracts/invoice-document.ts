/** Invoice documents for tests, as JSON arguments of `issue`. */

export interface JsonDecimal {
  readonly coefficient: number | string;
  readonly scale: number;
}

export interface JsonTotals {
  readonly lineNet: JsonDecimal | null;
  readonly allowance: JsonDecimal | null;
  readonly charge: JsonDecimal | null;
  readonly taxExclusive: JsonDecimal | null;
  readonly tax: JsonDecimal | null;
  readonly taxInclusive: JsonDecimal | null;
  readonly prepaid: JsonDecimal | null;
  readonly rounding: JsonDecimal | null;
  readonly payable: JsonDecimal | null;
}

export interface JsonSubtotal {
  readonly category: string;
  readonly rate: JsonDecimal | null;
  readonly taxable: JsonDecimal;
  readonly tax: JsonDecimal;
}

export interface JsonDocument {
  readonly number: string;
  readonly typeCode: number;
  readonly issueDate: number;
  readonly currency: string;
  readonly seller: string;
  readonly buyer: string;
  readonly preceding: string;
  readonly lines: readonly JsonDecimal[];
  readonly allowances: readonly JsonDecimal[];
  readonly charges: readonly JsonDecimal[];
  readonly subtotals: readonly JsonSubtotal[];
  readonly totals: JsonTotals;
  readonly documentHash: string;
}

/** "-12.340" as a document writes it: {-12340, 3}. */
export function decimal(text: string): JsonDecimal {
  const [whole, fraction = ""] = text.split(".");
  return { coefficient: String(BigInt(`${whole}${fraction}`)), scale: fraction.length };
}

/** The same, null for an amount that is not there. */
export function optionalDecimal(text: string | null): JsonDecimal | null {
  return text === null ? null : decimal(text);
}

const times = (amount: string, factor: string): string => {
  const left = decimal(amount);
  const right = decimal(factor);
  const product = BigInt(left.coefficient) * BigInt(right.coefficient);
  const scale = left.scale + right.scale;
  const digits = (product < 0n ? -product : product).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return product < 0n ? `-${text}` : text;
};

/** A correct document of one line of `net` at 20 %, whose amounts add up; `changes` replace fields. */
export function documentOf(net: string, changes: Partial<JsonDocument> = {}): JsonDocument {
  const tax = decimal(times(net, "0.2"));
  const gross = decimal(times(net, "1.2"));
  return {
    number: "R-1",
    typeCode: 380,
    issueDate: 20260105,
    currency: "EUR",
    seller: "DE123",
    buyer: "FR456",
    preceding: "",
    lines: [decimal(net)],
    allowances: [],
    charges: [],
    subtotals: [{ category: "S", rate: decimal("20"), taxable: decimal(net), tax }],
    totals: {
      lineNet: decimal(net),
      allowance: null,
      charge: null,
      taxExclusive: decimal(net),
      tax,
      taxInclusive: gross,
      prepaid: null,
      rounding: null,
      payable: gross,
    },
    documentHash: "ab".repeat(32),
    ...changes,
  };
}

/** `document` with some totals replaced. */
export function withTotals(document: JsonDocument, totals: Partial<JsonTotals>): JsonDocument {
  return { ...document, totals: { ...document.totals, ...totals } };
}
