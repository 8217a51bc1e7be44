const YEAR_FIRST: u32 = 1900;
const YEAR_LAST: u32 = 2999;

function daysIn(year: u32, month: u32): u32 {
  if (month == 2) {
    const isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return isLeap ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** True when yyyymmdd is a day of the Gregorian calendar in 1900 to 2999. */
export function isCalendarDate(date: u32): bool {
  const year = date / 10000;
  const month = (date / 100) % 100;
  const day = date % 100;
  if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12) return false;
  return day >= 1 && day <= daysIn(year, month);
}
