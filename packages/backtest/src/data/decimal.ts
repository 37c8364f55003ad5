/** Decimals as mantissa and digits, so that 0.1 is one tenth and no binary fraction. */
import type { Decimal } from './builder.ts';

const form = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Reads a plain or exponent decimal, not negative. @returns false when it is none, or has too many digits to be exact */
export function readDecimal(text: string, into: Decimal): boolean {
  const match = form.exec(text);
  if (match === null) return false;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return false;
  let digits = fraction.length - Number(exponent);
  let mantissa = whole + fraction;
  while (digits > 0 && mantissa.endsWith('0')) {
    mantissa = mantissa.slice(0, -1);
    digits -= 1;
  }
  if (digits < 0) {
    if (mantissa.length - digits > 40) return false;
    mantissa += '0'.repeat(-digits);
    digits = 0;
  }
  const value = Number(mantissa === '' ? '0' : mantissa);
  if (!Number.isSafeInteger(value) || digits > 18) return false;
  into.mantissa = value;
  into.digits = value === 0 ? 0 : digits;
  return true;
}

/**
 * The shortest decimal that a binary number stands for: what was written where a format stores floating point. Noise beyond
 * 15 significant digits, as sums of volumes have it, is rounded away.
 */
export function readFloat(value: number, into: Decimal): boolean {
  return value >= 0 && readDecimal(String(Number(value.toPrecision(15))), into);
}

/** As `readFloat`, and what is too large to be kept as it is: a volume says how much may be traded, and that is enough. */
export function readVolume(value: number, into: Decimal): boolean {
  if (readFloat(value, into)) return true;
  if (!(value > Number.MAX_SAFE_INTEGER && value < Number.POSITIVE_INFINITY)) return false;
  into.mantissa = value;
  into.digits = 0;
  return true;
}

/** YYYYMMDDHHMMSS as unix ms, UTC; NaN where it is none. */
function fromCalendar(time: number): number {
  const [, date = '', hours = '', minutes = '', seconds = ''] = /^(\d{8})(\d{2})(\d{2})(\d{2})$/.exec(String(time)) ?? [];
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const ms = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day) ? Number.NaN : ms;
}

const isWithin = (time: number, digits: number): boolean =>
  time >= 19_700_101 * 10 ** (digits - 8) && time < 21_000_101 * 10 ** (digits - 8);

/**
 * Unix ms of a time in seconds, milliseconds, microseconds or nanoseconds, told apart by its size; NaN when it is none. Dates
 * without marks (20250131, with hours and minutes, and seconds) are as large as times of 1970, 1976 and 2611, of which there are no prices.
 */
export function toMs(time: number): number {
  if (time > 3e11 && time < 1e13) return time;
  if (!(time >= 0)) return Number.NaN;
  if (time < 1e11) return isWithin(time, 8) ? fromCalendar(time * 1e6) : time * 1000;
  if (time < 1e14) return isWithin(time, 12) ? fromCalendar(time * 100) : isWithin(time, 14) ? fromCalendar(time) : time;
  if (time < 1e17) return Math.floor(time / 1000);
  return Math.floor(time / 1e6);
}
