/**
 * Recorded candles as the market of the exchange. Every candle becomes four ticks on one published path (close >= open:
 * open, low, high, close; else open, high, low, close), at its open, at 1/4 and 1/2 of it and 1 ms before its end, each
 * with a quarter of its volume. Ticks of several markets come in the order of time, of one time in that of the pairs' names.
 */
import { type Amount, amount, divide, type EpochMs, type Pair, ValueError } from '@holdfast/domain';
import { pathOf } from './market-state.ts';
import type { CandleRow, MarketRequest, MarketTick, TickFeed } from './port.ts';
import { type Steps, stepsSeen } from './steps.ts';

const columns = 6;

/** Candles of one market in columns: open time, then prices in ticks and volume in lots. */
export class CandleTable {
  readonly pair: Pair;
  readonly tick: Amount;
  readonly lot: Amount;
  #data = new Float64Array(columns * 1024);
  #rows = 0;

  constructor(market: Pick<MarketRequest, 'pair' | 'tick' | 'lot'>) {
    this.pair = market.pair;
    this.tick = market.tick;
    this.lot = market.lot;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Open time of a row. */
  time(row: number): number {
    return this.#data[row * columns] as number;
  }

  /** Ms from one candle to the next: the smallest distance of the first hundred. */
  interval(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let row = 1; row < Math.min(this.#rows, 100); row++) least = Math.min(least, this.time(row) - this.time(row - 1));
    return Number.isFinite(least) ? least : 60_000;
  }

  /**
   * Adds one line `time_ms,open,high,low,close,volume`. Prices round to the tick, volume down to the lot.
   * @throws ValueError `tape-line-malformed`, `tape-not-ascending`
   */
  push(line: string): void {
    const parts = line.split(',');
    const [time, open, high, low, close] = [
      Number(parts[0]),
      this.#ticks(parts[1]),
      this.#ticks(parts[2]),
      this.#ticks(parts[3]),
      this.#ticks(parts[4]),
    ];
    const volume = this.#lots(parts[5]);
    const values = [time, open, high, low, close, volume];
    if (parts.length < columns || !values.every(Number.isSafeInteger) || low < 1 || high < low || volume < 0)
      throw new ValueError('tape-line-malformed', line);
    if (this.#rows > 0 && time <= this.time(this.#rows - 1)) throw new ValueError('tape-not-ascending', line);
    if ((this.#rows + 1) * columns > this.#data.length) {
      const grown = new Float64Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data.set(values, this.#rows * columns);
    this.#rows++;
  }

  #ticks(text: string | undefined): number {
    return Number(divide(decimalOf(text) * 2n + this.tick, this.tick * 2n, 'down'));
  }

  #lots(text: string | undefined): number {
    return Number(decimalOf(text) / this.lot);
  }

  /** One row as a stored candle; quote volume, trades and takers are what its four ticks give. */
  row(row: number): CandleRow {
    const at = row * columns;
    const data = this.#data;
    const [open, high, low, close] = [data[at + 1], data[at + 2], data[at + 3], data[at + 4]] as [number, number, number, number];
    const volume = data[at + 5] as number;
    const path = pathOf({ open, high, low, close });
    let quote = 0;
    let takerVolume = 0;
    let takerQuote = 0;
    let trades = 0;
    for (const [step, price] of path.entries()) {
      const lots = quarter(volume, step);
      if (lots === 0) continue;
      trades++;
      quote += lots * price;
      const rose = step === 0 || price >= (path[step - 1] as number);
      takerVolume += rose ? lots : 0;
      takerQuote += rose ? lots * price : 0;
    }
    return {
      openTime: data[at] as number,
      open,
      high,
      low,
      close,
      volume,
      quote,
      trades,
      takerVolume,
      takerQuote,
      firstId: -1,
      lastId: -1,
    };
  }

  /** First row that opens at `time` or later. */
  rowFrom(time: number): number {
    let low = 0;
    let high = this.#rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** One of the four ticks of a row. */
  tickOf(row: number, step: number, interval: number): MarketTick {
    const at = row * columns;
    const data = this.#data;
    const isUp = (data[at + 4] as number) >= (data[at + 1] as number);
    const column = step === 0 ? 1 : step === 3 ? 4 : (step === 1) === isUp ? 3 : 2;
    const delay = step === 3 ? interval - 1 : (interval * step) / 4;
    return {
      pair: this.pair,
      at: ((data[at] as number) + Math.floor(delay)) as EpochMs,
      price: data[at + column] as number,
      volume: quarter(data[at + 5] as number, step),
    };
  }
}

/** A quarter of a volume; the last takes what does not divide. */
const quarter = (volume: number, step: number): number => {
  const part = Math.floor(volume / 4);
  return step === 3 ? volume - 3 * part : part;
};

/** Decimals as written in recorded files: exponents (1e-08) and more digits than counted are met there. */
function decimalOf(text: string | undefined): Amount {
  const match = /^(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec((text ?? '').trim());
  if (match === null) throw new ValueError('tape-line-malformed', text ?? '');
  const shift = Number(match[3] ?? 0);
  const whole = match[1] as string;
  const fraction = match[2] ?? '';
  if (shift === 0 && fraction.length <= 18) return amount(fraction === '' ? whole : `${whole}.${fraction}`);
  const digits = BigInt(whole + fraction);
  const exponent = 18 + shift - fraction.length;
  return (exponent >= 0 ? digits * 10n ** BigInt(exponent) : digits / 10n ** BigInt(-exponent)) as Amount;
}

/** Decimals that a number needs; more than 18 are not counted. */
function decimalsOf(value: Amount): number {
  let decimals = 0;
  while (decimals < 18 && value % 10n ** BigInt(18 - decimals) !== 0n) decimals++;
  return decimals;
}

/** Tick and lot that fit lines of recorded candles. @throws ValueError `tape-line-malformed` */
export function inferSteps(lines: readonly string[]): Steps {
  const rows = lines.map((line) => line.split(','));
  const needed = (texts: readonly (string | undefined)[]): number[] => texts.map((text) => decimalsOf(decimalOf(text)));
  return stepsSeen({
    prices: needed(rows.flatMap((row) => row.slice(1, 5))),
    volumes: needed(rows.map((row) => row[5])),
    price: decimalOf(rows[0]?.[4] ?? '1'),
  });
}

/** Mean lots of a house quote for a tape: an eighth of its mean candle's volume, at least 1. */
export function houseLevelLots(table: CandleTable): number {
  let sum = 0;
  const rows = Math.min(table.rows, 1440);
  for (let row = 0; row < rows; row++) sum += table.row(row).volume;
  return Math.max(1, Math.floor(sum / Math.max(1, rows) / 8));
}

interface Cursor {
  row: number;
  step: number;
}

/** Candle tables as a feed. @param from first open time played @param to end (exclusive) @param position of `position()` */
export class CandleFeed implements TickFeed {
  readonly markets: readonly MarketRequest[];
  readonly start: EpochMs;
  readonly #tables: readonly CandleTable[];
  readonly #intervals: readonly number[];
  readonly #ends: readonly number[];
  /** Tables in the order of their pairs' names. */
  readonly #order: readonly number[];
  readonly #cursors: Cursor[];

  constructor(
    markets: readonly MarketRequest[],
    tables: readonly CandleTable[],
    range: { readonly from?: number | undefined; readonly to?: number | undefined; readonly position?: string | undefined },
  ) {
    this.markets = markets;
    this.#tables = tables;
    this.#intervals = tables.map((table) => table.interval());
    const name = (index: number): string => tables[index]?.pair ?? '';
    this.#order = [...tables.keys()].sort((a, b) => (name(a) < name(b) ? -1 : 1));
    this.#ends = tables.map((table) => (range.to === undefined ? table.rows : table.rowFrom(range.to)));
    const first = tables.map((table) => ({ row: range.from === undefined ? 0 : table.rowFrom(range.from), step: 0 }));
    this.start = Math.min(...first.map((cursor, i) => tables[i]?.time(cursor.row) ?? Number.POSITIVE_INFINITY)) as EpochMs;
    this.#cursors = range.position === undefined ? first : (JSON.parse(range.position) as Cursor[]);
  }

  #earliest(): number {
    let found = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (const i of this.#order) {
      const at = this.#tickAt(i)?.at;
      if (at !== undefined && at < earliest) {
        earliest = at;
        found = i;
      }
    }
    return found;
  }

  #tickAt(market: number): MarketTick | undefined {
    const cursor = this.#cursors[market] as Cursor;
    if (cursor.row >= (this.#ends[market] as number)) return undefined;
    return (this.#tables[market] as CandleTable).tickOf(cursor.row, cursor.step, this.#intervals[market] as number);
  }

  peek(): MarketTick | undefined {
    const market = this.#tables.length === 1 ? 0 : this.#earliest();
    return market < 0 ? undefined : this.#tickAt(market);
  }

  next(): MarketTick | undefined {
    const market = this.#tables.length === 1 ? 0 : this.#earliest();
    if (market < 0) return undefined;
    const tick = this.#tickAt(market);
    const cursor = this.#cursors[market] as Cursor;
    if (tick === undefined) return undefined;
    cursor.step++;
    if (cursor.step === 4) {
      cursor.step = 0;
      cursor.row++;
    }
    return tick;
  }

  position(): string {
    return JSON.stringify(this.#cursors);
  }

  *history(pair: Pair): Iterable<CandleRow> {
    const market = this.#tables.findIndex((table) => table.pair === pair);
    const table = this.#tables[market];
    if (table === undefined) return;
    for (let row = 0; row < (this.#cursors[market] as Cursor).row; row++) yield table.row(row);
  }
}
