/**
 * Minor units of currencies: ISO 4217, list one (active codes) as of January 2026, as "code, exponent" in the order
 * of codes. Kept as well, for documents of earlier years: ANG, BGN and HRK. Codes without a minor unit (gold, test
 * codes, XXX) are not currencies an invoice can be in, and are left out.
 */
import { SdkFailure } from "./failure";
import { revert } from "./revert";

const ROW_COUNT = 8;
const STRIDE = 4;

/** A row of the table. A function and not a constant, so that only contracts that use the table carry it. */
function rowAt(index: i32): string {
  switch (index) {
    case 0:
      return "AED2AFN2ALL2AMD2ANG2AOA2ARS2AUD2AWG2AZN2BAM2BBD2BDT2BGN2BHD3BIF0BMD2BND2BOB2BOV2BRL2BSD2BTN2";
    case 1:
      return "BWP2BYN2BZD2CAD2CDF2CHE2CHF2CHW2CLF4CLP0CNY2COP2COU2CRC2CUP2CVE2CZK2DJF0DKK2DOP2DZD2EGP2ERN2";
    case 2:
      return "ETB2EUR2FJD2FKP2GBP2GEL2GHS2GIP2GMD2GNF0GTQ2GYD2HKD2HNL2HRK2HTG2HUF2IDR2ILS2INR2IQD3IRR2ISK0";
    case 3:
      return "JMD2JOD3JPY0KES2KGS2KHR2KMF0KPW2KRW0KWD3KYD2KZT2LAK2LBP2LKR2LRD2LSL2LYD3MAD2MDL2MGA2MKD2MMK2";
    case 4:
      return "MNT2MOP2MRU2MUR2MVR2MWK2MXN2MXV2MYR2MZN2NAD2NGN2NIO2NOK2NPR2NZD2OMR3PAB2PEN2PGK2PHP2PKR2PLN2";
    case 5:
      return "PYG0QAR2RON2RSD2RUB2RWF0SAR2SBD2SCR2SDG2SEK2SGD2SHP2SLE2SOS2SRD2SSP2STN2SVC2SYP2SZL2THB2TJS2";
    case 6:
      return "TMT2TND3TOP2TRY2TTD2TWD2TZS2UAH2UGX0USD2USN2UYI0UYU2UYW4UZS2VED2VES2VND0VUV0WST2XAD2XAF0XCD2XCG2";
    default:
      return "XOF0XPF0YER2ZAR2ZMW2ZWG2";
  }
}

/** The three letters at `index` of `text` as one number, in the order of the codes. */
function rank(text: string, index: i32): i32 {
  return (text.charCodeAt(index) << 14) | (text.charCodeAt(index + 1) << 7) | text.charCodeAt(index + 2);
}

/** Decimals of the currency's minor unit (EUR 2, JPY 0, OMR 3), or -1 when the code is not in the list. */
export function currencyExponent(code: string): i32 {
  if (code.length != 3 || (code.charCodeAt(0) | code.charCodeAt(1) | code.charCodeAt(2)) > 0x7f) return -1;
  const wanted = rank(code, 0);
  for (let i = 0; i < ROW_COUNT; i++) {
    const row = rowAt(i);
    if (wanted <= rank(row, row.length - STRIDE)) return exponentIn(row, wanted);
  }
  return -1;
}

/** Binary search in one row. */
function exponentIn(row: string, wanted: i32): i32 {
  let low = 0;
  let high = row.length / STRIDE;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = rank(row, middle * STRIDE);
    if (found == wanted) return row.charCodeAt(middle * STRIDE + 3) - 0x30;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** As `currencyExponent`; a code that is not in the list ends the call with `currency.unknown`. */
export function requireCurrency(code: string): u8 {
  const exponent = currencyExponent(code);
  if (exponent < 0) revert(SdkFailure.unknownCurrency, `currency ${code} is not in the ISO 4217 list`);
  return exponent as u8;
}
