/**
 * Candles of one pair in columns. Prices are whole numbers of `tick`s and volumes of `lot`s, both powers of ten fine enough for
 * every number that was read, so nothing is rounded. Columns may lie in shared memory: workers read one copy.
 *
 *   D1  Open times rise; every distance is a whole number of intervals. Missing candles are missing: segments say where.
 */
import type { FundingRates } from './funding.ts';
import type { Trades } from './trades.ts';

/** Int32 when every value fits, else whole numbers in Float64. */
export type Prices = Int32Array | Float64Array;
export type Volumes = Uint32Array | Float64Array;

/** A run of candles without gap. */
export interface Segment {
  /** Number of its first candle. */
  readonly row: number;
  /** Its open time, unix ms. */
  readonly time: number;
}

export interface Series {
  readonly exchange: string;
  /** BASE/QUOTE */
  readonly pair: string;
  readonly intervalMs: number;
  /** A tick is 10^-priceDigits quote per base, a lot 10^-volumeDigits base. */
  readonly priceDigits: number;
  readonly volumeDigits: number;
  readonly rows: number;
  readonly segments: readonly Segment[];
  readonly open: Prices;
  readonly high: Prices;
  readonly low: Prices;
  readonly close: Prices;
  readonly volume: Volumes;
  /** Of a series put together of coarse candles and finer ones inside them: open times of the coarse that stayed, and of the others. */
  readonly blend?: { readonly coarseMs: number; readonly stayed: readonly number[]; readonly replaced: readonly number[] };
  readonly inner?: TradesInside;
  /** Of a perpetual: what was paid while its candles were made. */
  readonly funding?: FundingRates;
}

/** Recorded trades and the candles that they make: those are played as their trades. */
export interface TradesInside {
  readonly trades: Trades;
  /** Of each candle the number of its first trade; -1 for one that is played as a candle. */
  readonly first: Int32Array;
  /** Of each candle its first place on the tape, four for one that is played as such; and the end of all. */
  readonly places: Int32Array;
  /** Candles within the time of the trades that these do not make, oldest first. */
  readonly apart: readonly Apart[];
}

export interface Apart {
  /** Open time of the candle, unix ms. */
  readonly time: number;
  /** The trade that lies outside of high and low, as ids and decimals; null: trades are missing. */
  readonly outside: string | null;
}

/** Number of the segment that holds a candle. */
function segmentOf(segments: readonly Segment[], holds: (segment: Segment) => boolean): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (holds(segments[middle]!)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Open time of a candle, unix ms. */
export function timeOf(series: Pick<Series, 'segments' | 'intervalMs'>, row: number): number {
  const { segments, intervalMs } = series;
  const segment = segments[segmentOf(segments, (it) => it.row <= row)]!;
  return segment.time + (row - segment.row) * intervalMs;
}

/** First candle that opens at `time` or later; `rows` when there is none. */
export function rowAt(series: Pick<Series, 'segments' | 'intervalMs' | 'rows'>, time: number): number {
  const { segments, intervalMs, rows } = series;
  const first = segments[0];
  if (first === undefined || time <= first.time) return 0;
  const at = segmentOf(segments, (it) => it.time <= time);
  const segment = segments[at]!;
  const end = segments[at + 1]?.row ?? rows;
  return Math.min(end, segment.row + Math.ceil((time - segment.time) / intervalMs));
}

export interface Gap {
  /** Open times of the first and the last candle that is missing, unix ms. */
  readonly from: number;
  readonly to: number;
  readonly candles: number;
}

export function gapsOf(series: Pick<Series, 'segments' | 'intervalMs'>): readonly Gap[] {
  const { segments, intervalMs } = series;
  return segments.slice(1).map((segment, at) => {
    const before = segments[at]!;
    const from = before.time + (segment.row - before.row) * intervalMs;
    return { from, to: segment.time - intervalMs, candles: (segment.time - from) / intervalMs };
  });
}

/** The plain decimal of a whole number of 10^-digits. */
export function decimalOf(value: number, digits: number): string {
  const text = String(value).padStart(digits + 1, '0');
  if (digits === 0) return text;
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  const whole = text.slice(0, text.length - digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

const units = { 60000: 'm', 3600000: 'h', 86400000: 'd', 604800000: 'w' } as const;

/** "1m", "4h", "1d", "1w": the name of an interval. */
export function intervalName(ms: number): string {
  for (const [length, unit] of Object.entries(units).reverse())
    if (ms % Number(length) === 0) return `${ms / Number(length)}${unit}`;
  return `${ms / 1000}s`;
}

/** @throws RangeError unless a name such as 1s, 5m, 4h, 1d, 1w */
export function intervalMsOf(name: string): number {
  const match = /^([1-9]\d{0,3})([smhdw])$/.exec(name);
  if (match === null) throw new RangeError(`${name} is not an interval such as 1m, 4h, 1d`);
  const length = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[match[2] as 's'];
  return Number(match[1]) * length;
}
