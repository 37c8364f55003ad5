/**
 * Takes candles one by one, checks each, and makes a series of them. Numbers come as mantissa and digits, so that nothing
 * passes through floating point; the columns hold whole numbers of the finest step seen so far.
 */
import { DataError } from './data-error.ts';
import { compact, grown, int32Most, iso, PriceColumns, timeFault, uint32Most, VolumeColumn } from './exact-columns.ts';
import { intervalName, type Prices, type Segment, type Series, type Volumes } from './series.ts';

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

/** Candles of which each comes equally late, that no thin market has in a row. */
const alikeMost = 30;
/** The same where there are no others. */
const fewMost = 10;
/** More minutes than 95 years have. */
export const rowsMost = 50_000_000;

export class SeriesBuilder {
  readonly #exchange: string;
  readonly #pair: string;
  #source: string;
  #rows = 0;
  #times = new Float64Array(4096);
  /** Open, high, low, close. */
  readonly #prices = new PriceColumns(4);
  readonly #volumes = new VolumeColumn();
  #duplicates = 0;
  #withoutVolume = 0;
  /** Where the distance from candle to row of the source changes: number of the candle, row, file. */
  readonly #rowsOfSource: (readonly [candle: number, row: number, file: string])[] = [];
  #offset = Number.NaN;
  /** The newest comes first, as CryptoDataDownload has it; shows in the second. */
  #falls = false;
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

  /** @throws DataError naming the row of the source (`row` counts from 1); `file` is the one of several that it is in */
  add({ time, open, high, low, close, volume }: RawCandle, row: number, file = this.#source): void {
    this.#source = file;
    const wrong = timeFault(time, this.#until);
    if (wrong !== null) this.#fail('data-malformed', row, wrong);
    const digits = Math.max(open.digits, high.digits, low.digits, close.digits);
    const coarse = this.#prices.refine(digits, this.#rows);
    if (coarse !== null) this.#fail('data-malformed', row, coarse);
    const o = this.#prices.steps(open);
    const h = this.#prices.steps(high);
    const l = this.#prices.steps(low);
    const c = this.#prices.steps(close);
    if (Number.isNaN(o + h + l + c)) this.#fail('data-malformed', row, 'a number has more digits than can be kept exactly');
    const v = this.#volumes.steps(volume, this.#rows);
    if (l <= 0) this.#fail('data-malformed', row, 'a price is not above 0');
    if (h < l) this.#fail('data-malformed', row, 'the high is below the low');
    if (o > h || o < l || c > h || c < l) this.#fail('data-malformed', row, 'open or close lies outside high and low');
    if (this.#rows > 0 && !this.#follows(time)) {
      this.#repeated(time, [o, h, l, c, v], row);
      return;
    }
    if (this.#rows === rowsMost) this.#fail('data-too-large', row, `more than ${rowsMost} candles; split the file`);
    if (this.#rows === this.#times.length) this.#grow();
    const at = this.#rows;
    if (row - at !== this.#offset || file !== this.#rowsOfSource.at(-1)?.[2]) {
      this.#offset = row - at;
      this.#rowsOfSource.push([at, row, file]);
    }
    this.#times[at] = time;
    const { columns } = this.#prices;
    columns[0]![at] = o;
    columns[1]![at] = h;
    columns[2]![at] = l;
    columns[3]![at] = c;
    this.#volumes.values[at] = v;
    if (v === 0) this.#withoutVolume += 1;
    this.#rows = at + 1;
  }

  /** @throws DataError `data-empty`, `data-mixed-timeframes` */
  finish(intervalMs?: number): { readonly series: Series; readonly report: BuildReport } {
    if (this.#rows === 0) throw new DataError('data-empty', `${this.#source} has no candles`);
    if (this.#falls) this.#turn();
    const interval = intervalMs ?? this.#interval();
    const segments = this.#segments(interval);
    const prices = (at: number): Prices => compact(this.#prices.columns[at]!, this.#rows, Int32Array, int32Most);
    const series: Series = {
      exchange: this.#exchange,
      pair: this.#pair,
      intervalMs: interval,
      priceDigits: this.#prices.digits,
      volumeDigits: this.#volumes.digits,
      rows: this.#rows,
      segments,
      open: prices(0),
      high: prices(1),
      low: prices(2),
      close: prices(3),
      volume: compact(this.#volumes.values, this.#rows, Uint32Array, uint32Most) as Volumes,
    };
    return {
      series,
      report: { duplicates: this.#duplicates, withoutVolume: this.#withoutVolume, volumesCutTo: this.#volumes.cutTo },
    };
  }

  #follows(time: number): boolean {
    const last = this.#times[this.#rows - 1]!;
    if (this.#rows === 1 && time < last) this.#falls = true;
    return this.#falls ? time < last : time > last;
  }

  /** Turns columns round whose newest candle came first. */
  #turn(): void {
    for (const column of [this.#times, ...this.#prices.columns, this.#volumes.values]) column.subarray(0, this.#rows).reverse();
  }

  #fail(code: DataError['code'], row: number, what: string): never {
    throw new DataError(code, `${this.#source}, row ${row}: ${what}`);
  }

  #repeated(time: number, values: readonly number[], row: number): void {
    const last = this.#rows - 1;
    if (time !== this.#times[last])
      this.#fail(
        'data-not-ascending',
        row,
        `${iso(time)} comes after ${iso(this.#times[last]!)}${this.#falls ? ' in a file that begins with the newest' : ''}; sort the file by time, or its clock was set back for winter`,
      );
    const before = [...this.#prices.columns, this.#volumes.values];
    if (values.some((value, at) => before[at]![last] !== value))
      this.#fail('data-conflict', row, `${iso(time)} stands twice with different numbers; remove the wrong one`);
    this.#duplicates += 1;
  }

  #grow(): void {
    this.#times = grown(this.#times);
    this.#prices.grow();
    this.#volumes.grow();
  }

  /** File and row of the source that a candle came from. */
  #placeOf(candle: number): string {
    const nth = this.#falls ? this.#rows - 1 - candle : candle;
    const [first, row, file] = this.#rowsOfSource.findLast(([from]) => from <= nth)!;
    return `${file}, row ${row + nth - first}`;
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
          `${this.#placeOf(at)}: ${iso(this.#times[at]!)} comes ${step} ms after the candle before, no multiple of ${interval} ms; the file mixes time frames or zones`,
        );
      segments.push({ row: at, time: this.#times[at]! });
    }
    this.#checkOneFrame(segments, interval);
    return segments;
  }

  /** Where each candle of many comes equally late, none is missing: they are longer than the others. */
  #checkOneFrame(segments: readonly Segment[], interval: number): void {
    let [alike, usual] = [0, 0];
    for (let at = 1; at < segments.length; at += 1) {
      const [before, segment] = [segments[at - 1]!, segments[at]!];
      const step = segment.row - before.row === 1 ? segment.time - before.time : 0;
      alike = step > 0 && step === usual ? alike + 1 : 1;
      usual = step;
      const isAll = alike >= fewMost && alike === this.#rows - 1;
      if (step === 0 || (alike < alikeMost && !isAll)) continue;
      const first = segment.row - alike;
      throw new DataError(
        'data-mixed-timeframes',
        `${this.#placeOf(first)}: from ${iso(this.#times[first]!)} on candles come every ${intervalName(step)} and not every ${intervalName(interval)}; bring each time frame by itself, this one with --interval ${intervalName(step)}`,
      );
    }
  }
}
