/** Plain decimals as integers of one scale, for comparing quotes of several exchanges. */
const decimals = 18;
const scale = 10n ** BigInt(decimals);
const decimal = /^(\d{1,24})(?:\.(\d{1,18}))?(?:e([+-]?\d{1,2}))?$/i;

/** A positive decimal, exponent allowed (some exchanges send JSON numbers), in 10^-18; undefined when it is none. */
export function readDecimal(text: unknown): bigint | undefined {
  if (typeof text !== 'string') return undefined;
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const [, whole = '0', fraction = '', exponent = '0'] = match;
  const units = BigInt(whole + fraction.padEnd(decimals, '0'));
  const power = Number(exponent);
  const value = power >= 0 ? units * 10n ** BigInt(power) : units / 10n ** BigInt(-power);
  return value > 0n ? value : undefined;
}

/** Shortest plain decimal of a count of 10^-18. */
export function writeDecimal(value: bigint): string {
  const fraction = (value % scale).toString().padStart(decimals, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / scale}` : `${value / scale}.${fraction}`;
}

/** Middle value; of an even count the lower mean of the two in the middle. @throws RangeError when there is none */
export function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('the median of nothing');
  return sorted.length % 2 === 1 ? upper : (upper + sorted[middle - 1]!) / 2n;
}
