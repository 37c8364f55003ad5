/**
 * Candles of one market in ticks and lots of its exchange rules, made once per series and rules. Where the series has the
 * same steps its columns are used as they are; else prices round to the nearest tick and volume down to a lot, as a tape does.
 */
import type { Pair, PairRules } from '@holdfast/domain';
import type { Prices, Segment, Series, TradesInside, Volumes } from '../data/series.ts';

/** Trades inside of candles: which candles they make, and what they are in ticks and lots. */
export interface TradeColumns extends Pick<TradesInside, 'places' | 'first'>, Pick<TradesInside['trades'], 'start' | 'times'> {
  readonly price: Prices;
  readonly quantity: Volumes;
}

export interface Columns {
  readonly pair: Pair;
  readonly rules: PairRules;
  readonly intervalMs: number;
  /** Of the longest candle in it. */
  readonly coarsestMs: number;
  readonly rows: number;
  readonly segments: readonly Segment[];
  /** Ticks. */
  readonly open: Prices;
  readonly high: Prices;
  readonly low: Prices;
  readonly close: Prices;
  /** Lots. */
  readonly volume: Volumes;
  readonly trades?: TradeColumns;
}

const known = new WeakMap<Series, Map<string, Columns>>();

/** The columns of a series for an exchange's rules. */
export function columnsOf(series: Series, rules: PairRules): Columns {
  const made = known.get(series) ?? new Map<string, Columns>();
  known.set(series, made);
  const key = `${rules.tick} ${rules.lot}`;
  const found = made.get(key);
  if (found !== undefined) return found.rules === rules ? found : { ...found, rules };
  const columns = convert(series, rules);
  made.set(key, columns);
  return columns;
}

function convert(series: Series, rules: PairRules): Columns {
  const { intervalMs, rows, segments } = series;
  const price = stepsOf(series.priceDigits, rules.tick);
  const lots = stepsOf(series.volumeDigits, rules.lot);
  const ticksOf = (column: Prices): Prices => (price.from === price.to ? column : nearest(column, price));
  return {
    pair: rules.pair,
    rules,
    intervalMs,
    coarsestMs: (series.blend?.stayed.length ?? 0) > 0 ? series.blend!.coarseMs : intervalMs,
    rows,
    segments,
    open: ticksOf(series.open),
    high: ticksOf(series.high),
    low: ticksOf(series.low),
    close: ticksOf(series.close),
    volume: lots.from === lots.to ? series.volume : down(series.volume, lots),
    ...(series.inner === undefined ? {} : { trades: tradeColumns(series.inner, rules) }),
  };
}

function tradeColumns({ trades, places, first }: TradesInside, rules: PairRules): TradeColumns {
  const { start, times } = trades;
  const price = stepsOf(trades.priceDigits, rules.tick);
  const lots = stepsOf(trades.quantityDigits, rules.lot);
  return {
    places,
    first,
    start,
    times,
    price: price.from === price.to ? trades.price : nearest(trades.price, price),
    quantity: lots.from === lots.to ? trades.quantity : down(trades.quantity, lots),
  };
}

interface Steps {
  readonly from: number;
  readonly to: number;
}

/** A step of the series and a step of the exchange as whole numbers of their largest common part. */
function stepsOf(digits: number, step: bigint): Steps {
  const from = 10n ** BigInt(18 - digits);
  const common = gcd(from, step);
  return { from: Number(from / common), to: Number(step / common) };
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** Products that pass a safe integer go through bigint. */
function nearest(column: Prices, { from, to }: Steps): Prices {
  const made = new Float64Array(new SharedArrayBuffer(column.length * 8));
  for (let row = 0; row < column.length; row++) {
    const doubled = column[row]! * from * 2 + to;
    made[row] = Number.isSafeInteger(doubled)
      ? Math.floor(doubled / (to * 2))
      : Number((BigInt(column[row]!) * BigInt(from) * 2n + BigInt(to)) / BigInt(to * 2));
  }
  return made;
}

function down(column: Volumes, { from, to }: Steps): Volumes {
  const made = new Float64Array(new SharedArrayBuffer(column.length * 8));
  for (let row = 0; row < column.length; row++) {
    const product = column[row]! * from;
    made[row] = Number.isSafeInteger(product)
      ? Math.floor(product / to)
      : Number((BigInt(column[row]!) * BigInt(from)) / BigInt(to));
  }
  return made;
}
