/** Decimal arithmetic of an invoice: lines of quantity and price, allowances, tax by rate, rounding half up. */
class Line {
  constructor(
    /** In thousandths. */
    public quantity: i64,
    /** In ten-thousandths of the currency. */
    public price: i64,
    /** In hundredths of a percent. */
    public rate: i32,
  ) {}

  net(): i64 {
    return roundedHalfUp(this.quantity * this.price, 100000);
  }
}

function roundedHalfUp(value: i64, divisor: i64): i64 {
  const half = divisor / 2;
  return value >= 0 ? (value + half) / divisor : -((half - value) / divisor);
}

class Totals {
  net: i64 = 0;
  tax: i64 = 0;
  taxable: StaticArray<i64> = new StaticArray<i64>(4);

  add(line: Line): void {
    const net = line.net();
    this.net += net;
    this.taxable[bandOf(line.rate)] += net;
  }

  finish(): i64 {
    for (let band = 0; band < 4; band++) this.tax += roundedHalfUp(this.taxable[band] * rateOf(band), 10000);
    return this.net + this.tax;
  }
}

function rateOf(band: i32): i32 {
  switch (band) {
    case 0:
      return 0;
    case 1:
      return 700;
    case 2:
      return 1900;
    default:
      return 2100;
  }
}

function bandOf(rate: i32): i32 {
  if (rate == 0) return 0;
  if (rate == 700) return 1;
  return rate == 1900 ? 2 : 3;
}

export function run(scale: i32): i64 {
  let check: i64 = 0;
  for (let invoice = 0; invoice < scale; invoice++) {
    const totals = new Totals();
    for (let i = 0; i < 20; i++) {
      const quantity = (i + 1) * 1000 + invoice;
      totals.add(new Line(i % 7 == 3 ? -quantity : quantity, 19999 + i * 37, rateOf((i + invoice) & 3)));
    }
    check = check * 31 + totals.finish();
  }
  return check;
}
