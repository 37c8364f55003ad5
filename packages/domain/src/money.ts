/**
 * Exact amounts at borders and in the ledger: bigint, counted in 10^-18 of one unit of the asset.
 * Every rounding is written at the call: what we reserve rounds up, what we credit rounds down.
 */
import type { Branded } from './brand.ts';
import { ValueError } from './errors.ts';

/** Count of 10^-18 of an asset; may be negative (a loss). */
export type Amount = Branded<bigint, 'Amount'>;
export type Rounding = 'up' | 'down';

export const scaleDigits = 18;
export const unit = 10n ** 18n;
export const zero = 0n as Amount;

const plainDecimal = /^(-?)(\d{1,30})(?:\.(\d{1,18}))?$/;

/** Reads a plain decimal such as "0.015" or "-3". No exponent, no sign "+", at most 18 decimals. @throws ValueError `amount-malformed` */
export function amount(text: string): Amount {
  return (shortAmount(text) ?? longAmount(text)) as Amount;
}

/** Digits that a number counts exactly, whatever they are. */
const shortDigitsMax = 15;
const powersOfTen = Array.from({ length: scaleDigits + 1 }, (_, digits) => 10n ** BigInt(digits));

/** A decimal without a sign that fits into a number; undefined for all others. A signer that starts reads ten of them an order. */
function shortAmount(text: string): bigint | undefined {
  // What a border calls a text may be none: that is for the long way to refuse.
  if (typeof text !== 'string' || text === '' || text.length > shortDigitsMax) return undefined;
  const { length } = text;
  let digits = 0;
  let point = length;
  for (let at = 0; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (text[at] === '.' && point === length && at > 0 && at < length - 1) point = at;
    else return undefined;
  }
  const decimals = Math.max(0, length - point - 1);
  return BigInt(digits) * powersOfTen[scaleDigits - decimals]!;
}

function longAmount(text: string): bigint {
  const match = plainDecimal.exec(text);
  if (match === null) throw new ValueError('amount-malformed', text);
  const [, sign, whole = '0', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(scaleDigits, '0'));
  return sign === '-' ? -units : units;
}

/** Shortest plain decimal of an amount: "0.015", never an exponent, no trailing zeros. */
export function formatAmount(value: bigint): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scaleDigits + 1, '0');
  const whole = digits.slice(0, -scaleDigits);
  const fraction = digits.slice(-scaleDigits).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** A plain decimal with exactly `decimals` places; `value` must have no more than that. @throws ValueError `amount-too-precise` */
export function formatFixed(value: bigint, decimals: number): string {
  const step = 10n ** BigInt(scaleDigits - decimals);
  if (value % step !== 0n) throw new ValueError('amount-too-precise', formatAmount(value));
  const [whole = '0', fraction = ''] = formatAmount(value).split('.');
  return decimals === 0 ? whole : `${whole}.${fraction.padEnd(decimals, '0')}`;
}

/** Division of non-negative integers with the rounding named. */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const quotient = numerator / denominator;
  // A product is sooner made than a second quotient.
  return rounding === 'up' && quotient * denominator !== numerator ? quotient + 1n : quotient;
}

/** a × b of two 10^-18 counts, non-negative. */
export function multiply(a: bigint, b: bigint, rounding: Rounding): Amount {
  return divide(a * b, unit, rounding) as Amount;
}

/** a / b of two 10^-18 counts, non-negative. */
export function ratio(a: bigint, b: bigint, rounding: Rounding): Amount {
  return divide(a * unit, b, rounding) as Amount;
}

/** `value` rounded to a whole multiple of `step`; both non-negative. */
export function roundTo(value: bigint, step: bigint, rounding: Rounding): Amount {
  return (divide(value, step, rounding) * step) as Amount;
}

export const add = (a: Amount, b: Amount): Amount => (a + b) as Amount;
export const subtract = (a: Amount, b: Amount): Amount => (a - b) as Amount;
