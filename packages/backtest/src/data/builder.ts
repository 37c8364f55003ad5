/**
 * Takes candles one by one, checks each, and makes a series of them. Numbers come as mantissa and digits, so that nothing
 * passes through floating point; the columns hold whole numbers of the finest step seen so far.
 */
import { DataError } from './data-error.ts';
import type { Prices, Segment, Series, Volumes } from './series.ts';

/** A plain decimal: mantissa × 10^-digits. */
export interface Decimal {
  mantissa: number;
  digits: number;
}

export interface RawCandle {
  /** Open time, unix ms. */
  time: number;
  readonly open: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  readonly close: Decimal;
  readonly volume: Decimal;
}

export interface BuildReport {
  /** Candles that stood twice with the same numbers; one of each was kept. */
  readonly duplicates: number;
  /** Decimals that volumes were cut to because some have more digits than can be kept exactly; null: none was cut. */
  readonly volumesCutTo: number | null;
  /** Candles without volume. */
  readonly withoutVolume: number;
}

/** More minutes than 95 years have. */
export const rowsMost = 50_000_000;
/** Whole numbers above this are not exact any more. */
const exact = Number.MAX_SAFE_INTEGER;
const powers = Array.from({ length: 19 }, (_, digits) => 10 ** digits);
const columnNames = ['open', 'high', 'low', 'close', 'volume'] as const;

export class SeriesBuilder {
  readonly #exchange: string;
  readonly #pair: string;
  readonly #source: string;
  #rows = 0;
  #times = new Float64Array(4096);
  #columns = columnNames.map(() => new Float64Array(4096));
  #priceDigits = 0;
  #volumeDigits = 0;
  #duplicates = 0;
  #withoutVolume = 0;
  #volumesCutTo: number | null = null;
  /** Where the distance from candle to row of the source changes: number of the candle, row. */
  readonly #rowsOfSource: (readonly [candle: number, row: number])[] = [];
  #offset = Number.NaN;
  readonly #until: number;

  /** `source` names the file in messages; a candle that opens at `until` or later is refused. */
  constructor(exchange: string, pair: string, source: string, until = Number.POSITIVE_INFINITY) {
    this.#exchange = exchange;
    this.#pair = pair;
    this.#source = source;
    this.#until = until;
  }

  get rows(): number {
    return this.#rows;
  }

  /** @throws DataError naming the row of the source (`row` counts from 1) */
  add({ time, open, high, low, close, volume }: RawCandle, row: number): void {
    if (!Number.isSafeInteger(time) || time < 0)
      this.#fail('data-malformed', row, `the time ${time} is not a time in milliseconds`);
    if (time >= this.#until)
      this.#fail('data-malformed', row, `${iso(time)} lies in the future; the times are of another zone or unit`);
    const digits = Math.max(open.digits, high.digits, low.digits, close.digits);
    if (digits > this.#priceDigits) this.#refine(digits, row);
    if (volume.digits > this.#volumeDigits && this.#volumesCutTo === null) this.#refineVolume(volume.digits);
    const o = this.#scaled(open, this.#priceDigits, row);
    const h = this.#scaled(high, this.#priceDigits, row);
    const l = this.#scaled(low, this.#priceDigits, row);
    const c = this.#scaled(close, this.#priceDigits, row);
    const v = this.#scaledVolume(volume);
    if (l <= 0) this.#fail('data-malformed', row, 'a price is not above 0');
    if (h < l) this.#fail('data-malformed', row, 'the high is below the low');
    if (o > h || o < l || c > h || c < l) this.#fail('data-malformed', row, 'open or close lies outside high and low');
    if (this.#rows > 0 && time <= this.#times[this.#rows - 1]!) {
      this.#repeated(time, [o, h, l, c, v], row);
      return;
    }
    if (this.#rows === rowsMost) this.#fail('data-too-large', row, `more than ${rowsMost} candles; split the file`);
    if (this.#rows === this.#times.length) this.#grow();
    const at = this.#rows;
    if (row - at !== this.#offset) {
      this.#offset = row - at;
      this.#rowsOfSource.push([at, row]);
    }
    this.#times[at] = time;
    const columns = this.#columns;
    columns[0]![at] = o;
    columns[1]![at] = h;
    columns[2]![at] = l;
    columns[3]![at] = c;
    columns[4]![at] = v;
    if (v === 0) this.#withoutVolume += 1;
    this.#rows = at + 1;
  }

  /** @throws DataError `data-empty`, `data-mixed-timeframes` */
  finish(intervalMs?: number): { readonly series: Series; readonly report: BuildReport } {
    if (this.#rows === 0) throw new DataError('data-empty', `${this.#source} has no candles`);
    const interval = intervalMs ?? this.#interval();
    const segments = this.#segments(interval);
    const prices = (at: number): Prices => compact(this.#columns[at]!, this.#rows, Int32Array, 0x7fff_ffff);
    const series: Series = {
      exchange: this.#exchange,
      pair: this.#pair,
      intervalMs: interval,
      priceDigits: this.#priceDigits,
      volumeDigits: this.#volumeDigits,
      rows: this.#rows,
      segments,
      open: prices(0),
      high: prices(1),
      low: prices(2),
      close: prices(3),
      volume: compact(this.#columns[4]!, this.#rows, Uint32Array, 0xffff_ffff) as Volumes,
    };
    return {
      series,
      report: { duplicates: this.#duplicates, withoutVolume: this.#withoutVolume, volumesCutTo: this.#volumesCutTo },
    };
  }

  #fail(code: DataError['code'], row: number, what: string): never {
    throw new DataError(code, `${this.#source}, row ${row}: ${what}`);
  }

  #scaled({ mantissa, digits }: Decimal, to: number, row: number): number {
    const value = digits === to ? mantissa : mantissa * powers[to - digits]!;
    if (value > exact) this.#fail('data-malformed', row, 'a number has more digits than can be kept exactly');
    return value;
  }

  /** The prices take a finer step. */
  #refine(digits: number, row: number): void {
    if (digits > 18) this.#fail('data-malformed', row, `a number has ${digits} decimals, limit 18`);
    const factor = powers[digits - this.#priceDigits]!;
    for (const column of this.#columns.slice(0, 4))
      for (let at = 0; at < this.#rows; at += 1) {
        column[at] = column[at]! * factor;
        if (column[at]! > exact)
          this.#fail('data-malformed', row, `with ${digits} decimals earlier prices cannot be kept exactly`);
      }
    this.#priceDigits = digits;
  }

  /** Nobody trades by the last digit of a volume: where digits do not fit, the last ones are cut off and the report says so. */
  #refineVolume(digits: number): void {
    const column = this.#columns[4]!;
    const factor = powers[Math.min(digits, 18) - this.#volumeDigits]!;
    for (let at = 0; at < this.#rows; at += 1)
      if (column[at]! * factor > exact) {
        this.#volumesCutTo = this.#volumeDigits;
        return;
      }
    for (let at = 0; at < this.#rows; at += 1) column[at] = column[at]! * factor;
    this.#volumeDigits = Math.min(digits, 18);
  }

  #scaledVolume({ mantissa, digits }: Decimal): number {
    while (digits <= this.#volumeDigits && mantissa * powers[this.#volumeDigits - digits]! > exact) this.#coarsenVolume();
    return digits <= this.#volumeDigits
      ? mantissa * powers[this.#volumeDigits - digits]!
      : Math.floor(mantissa / powers[digits - this.#volumeDigits]!);
  }

  #coarsenVolume(): void {
    const column = this.#columns[4]!;
    for (let at = 0; at < this.#rows; at += 1) column[at] = Math.floor(column[at]! / 10);
    this.#volumeDigits -= 1;
    this.#volumesCutTo = this.#volumeDigits;
  }

  #repeated(time: number, values: readonly number[], row: number): void {
    const last = this.#rows - 1;
    if (time < this.#times[last]!)
      this.#fail(
        'data-not-ascending',
        row,
        `${iso(time)} comes after ${iso(this.#times[last]!)}; sort the file by time, or its clock was set back for winter`,
      );
    if (values.some((value, at) => this.#columns[at]![last] !== value))
      this.#fail('data-conflict', row, `${iso(time)} stands twice with different numbers; remove the wrong one`);
    this.#duplicates += 1;
  }

  #grow(): void {
    const grow = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    this.#times = grow(this.#times);
    this.#columns = this.#columns.map(grow);
  }

  /** Row of the source that a candle came from. */
  #rowOf(candle: number): number {
    const [first, row] = this.#rowsOfSource.findLast(([from]) => from <= candle) ?? [0, 1];
    return row + candle - first;
  }

  #interval(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let at = 1; at < this.#rows; at += 1) least = Math.min(least, this.#times[at]! - this.#times[at - 1]!);
    return Number.isFinite(least) ? least : 60_000;
  }

  #segments(interval: number): Segment[] {
    const segments: Segment[] = [{ row: 0, time: this.#times[0]! }];
    for (let at = 1; at < this.#rows; at += 1) {
      const step = this.#times[at]! - this.#times[at - 1]!;
      if (step === interval) continue;
      if (step % interval !== 0)
        throw new DataError(
          'data-mixed-timeframes',
          `${this.#source}, row ${this.#rowOf(at)}: ${iso(this.#times[at]!)} comes ${step} ms after the candle before, no multiple of ${interval} ms; the file mixes time frames or zones`,
        );
      segments.push({ row: at, time: this.#times[at]! });
    }
    return segments;
  }
}

const iso = (time: number): string => new Date(time).toISOString();

type Compact = Int32Array | Uint32Array;

function compact<Small extends Compact>(
  values: Float64Array,
  rows: number,
  make: { new (buffer: SharedArrayBuffer): Small; readonly BYTES_PER_ELEMENT: number },
  most: number,
): Small | Float64Array {
  let fits = true;
  for (let at = 0; at < rows && fits; at += 1) fits = values[at]! <= most;
  const column = fits
    ? new make(new SharedArrayBuffer(rows * make.BYTES_PER_ELEMENT))
    : new Float64Array(new SharedArrayBuffer(rows * 8));
  column.set(values.subarray(0, rows));
  return column;
}
