/**
 * Shows amounts without ever making a floating-point number of them.
 *   F1  What is shown differs from the amount by at most half of the last place shown; halves go away from zero.
 *   F2  An amount that is not zero and rounds to zero keeps its sign, so that a small loss does not look like a gain.
 */
import { amount, scaleDigits, unit } from '@holdfast/domain';

const hair = ' ';
/** A real minus sign is as wide as a digit, so columns stay aligned. */
const minus = '−';

export type SignStyle = 'losses' | 'always';

/** Half away from zero, to `decimals` places. */
export function roundUnits(value: bigint, decimals: number): bigint {
  const step = 10n ** BigInt(scaleDigits - Math.min(decimals, scaleDigits));
  const magnitude = value < 0n ? -value : value;
  const rounded = ((magnitude + step / 2n) / step) * step;
  return value < 0n ? -rounded : rounded;
}

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',');
}

function signOf(value: bigint, style: SignStyle): string {
  if (value < 0n) return minus;
  return style === 'always' && value > 0n ? '+' : '';
}

/** "64,120.50" of "64120.5" with two places. */
export function formatDecimal(text: string, decimals: number, style: SignStyle = 'losses'): string {
  const value = amount(text);
  const rounded = roundUnits(value, decimals);
  const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(scaleDigits + 1, '0');
  const whole = grouped(digits.slice(0, -scaleDigits));
  const fraction = digits.slice(-scaleDigits).slice(0, decimals);
  return `${signOf(value, style)}${whole}${decimals === 0 ? '' : `.${fraction}`}`;
}

/** An amount with its asset behind it. */
export const formatMoney = (text: string, asset: string, style: SignStyle = 'losses'): string =>
  `${formatDecimal(text, moneyDecimals(asset), style)}${hair}${asset}`;

export const formatPercent = (text: string, decimals = 2, style: SignStyle = 'always'): string =>
  `${formatDecimal(text, decimals, style)}${hair}%`;

const cents = new Set(['USDT', 'USDC', 'FDUSD', 'TUSD', 'DAI', 'USD', 'EUR', 'GBP']);

/** Places in which amounts of an asset are shown when it is money; coins are shown finer. */
export const moneyDecimals = (asset: string): number => (cents.has(asset) ? 2 : 6);

/** Places written in a plain decimal, trailing zeros not counted. */
export function placesOf(text: string): number {
  const fraction = text.split('.')[1]?.replace(/0+$/, '') ?? '';
  return fraction.length;
}

/** Places that show all of `texts` in full, so that a column lines up; at most `most`. */
export const placesOfAll = (texts: readonly string[], most = 8): number =>
  Math.min(
    most,
    texts.reduce((places, text) => Math.max(places, placesOf(text)), 0),
  );

/** -1, 0 or 1, as `sort` wants it. */
export function compareDecimals(a: string, b: string): number {
  const [left, right] = [amount(a), amount(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const isNegative = (text: string): boolean => amount(text) < 0n;
export const isZero = (text: string): boolean => amount(text) === 0n;

/** How far `price` lies from `from`, in percent of `from`; null when `from` is zero. */
export function percentFrom(price: string, from: string): string | null {
  const [there, here] = [amount(price), amount(from)];
  if (here === 0n) return null;
  return plain(((there - here) * 100n * unit) / here);
}

/** `part` of `whole` as a whole number of hundredths, 0 to 100; for meters. */
export function shareOf(part: string, whole: string): number {
  const [some, all] = [amount(part), amount(whole)];
  if (all <= 0n || some <= 0n) return 0;
  const share = Number((some * 100n) / all);
  return share > 100 ? 100 : share;
}

/** A fraction such as "0.034" as percent: "3.4". */
export const fractionToPercent = (text: string): string => plain(amount(text) * 100n);

function plain(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scaleDigits + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scaleDigits)}.${digits.slice(-scaleDigits)}`;
}
