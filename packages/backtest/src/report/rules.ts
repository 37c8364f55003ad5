/** The exchange's rules of a pair for a backtest: as given, else as the simulated exchange has them on a tape of the same candles. */
import { type Amount, amount, formatAmount, type PairRules, pair as readPair, ValueError } from '@holdfast/domain';
import {
  describeMarket,
  rowsForSteps,
  type Steps,
  stepsOf,
  stepsSeen,
  usualMinNotional,
} from '@holdfast/exchanges/simulated/rules';
import type { Series } from '../data/series.ts';
import { AskError } from './ask-error.ts';

/** Decimals as text; null: the usual. */
export interface RulesAsk {
  readonly tick: string | null;
  readonly lot: string | null;
  readonly minNotional: string | null;
}

/** Rows that are looked at for steps. */
interface Sample {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

/** Zeros behind a whole number are decimals that it does not need. */
function decimalsNeeded(column: ArrayLike<number>, digits: number, { from, to, stride }: Sample): number[] {
  return Array.from({ length: Math.ceil((to - from) / stride) }, (_, at) => {
    let [value, decimals] = [column[from + at * stride]!, digits];
    while (decimals > 0 && value % 10 === 0) {
      value /= 10;
      decimals--;
    }
    return decimals;
  });
}

const amountOf = (price: number, digits: number): Amount => (BigInt(price) * 10n ** BigInt(18 - digits)) as Amount;

function seenIn({ priceDigits, volumeDigits, ...columns }: Series, rows: Sample, price: number): Steps {
  const { open, high, low, close, volume } = columns;
  return stepsSeen({
    prices: [open, high, low, close].flatMap((column) => decimalsNeeded(column, priceDigits, rows)),
    volumes: decimalsNeeded(volume, volumeDigits, rows),
    price: amountOf(price, priceDigits),
  });
}

const rowsOfLater = 100;
/** A shorter rest says too little. */
const rowsLeast = 500;

function lowest(low: Series['low'], from: number, to: number): number {
  let least = low[from]!;
  for (let row = from + 1; row < to; row++) if (low[row]! < least) least = low[row]!;
  return least;
}

/**
 * Steps as the simulated exchange has them on a tape of these candles, which looks at its beginning; finer where the exchange
 * made them finer later, as it does when a price has fallen far.
 */
function stepsFor(series: Series): Steps {
  const { rows } = series;
  let steps = seenIn(series, { from: 0, to: Math.min(rows, rowsForSteps), stride: 1 }, series.close[0]!);
  const stride = rowsForSteps / rowsOfLater;
  for (let from = rowsForSteps; from + rowsLeast <= rows; from += rowsForSteps) {
    const to = Math.min(rows, from + rowsForSteps);
    // Within a part a price may fall far.
    const later = seenIn(series, { from, to, stride }, lowest(series.low, from, to));
    // The lot stays: while the coin was dear it was as fine as that.
    if (later.tick < steps.tick) steps = { ...steps, tick: later.tick };
  }
  return stepsOf(readPair(series.pair), steps);
}

/** Refuses a tick by which the cheapest candle would cost nothing. @throws AskError `backtest-value-malformed` */
function checkTick({ pair, priceDigits, low, rows }: Series, tick: Amount): void {
  const least = amountOf(lowest(low, 0, rows), priceDigits);
  if (least * 2n >= tick) return;
  throw new AskError(
    'backtest-value-malformed',
    `With a tick of ${formatAmount(tick)} the lowest price of ${pair}, ${formatAmount(least)}, would round to 0: give a finer --tick`,
    'tick',
  );
}

/** @throws AskError `backtest-value-malformed` */
export function readPositive(text: string, field: string): Amount {
  try {
    const value = amount(text);
    if (value > 0n) return value;
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
  }
  throw new AskError(
    'backtest-value-malformed',
    `--${field} must be a decimal above 0 such as "0.01", got "${text.slice(0, 60)}"`,
    field,
  );
}

export interface FoundRules {
  readonly rules: PairRules;
  /** Where they come from, for people. */
  readonly source: string;
}

export function rulesOf(series: Series, ask: RulesAsk): FoundRules {
  const of = readPair(series.pair);
  const usual = ask.tick === null || ask.lot === null ? stepsFor(series) : null;
  const tick = ask.tick === null ? usual!.tick : readPositive(ask.tick, 'tick');
  const lot = ask.lot === null ? usual!.lot : readPositive(ask.lot, 'lot');
  const minNotional = ask.minNotional === null ? usualMinNotional(of) : readPositive(ask.minNotional, 'min-notional');
  const { filters } = describeMarket({ pair: of, tick, lot, minNotional });
  const inferred = [
    ...(ask.tick === null ? ['tick'] : []),
    ...(ask.lot === null ? ['lot'] : []),
    ...(ask.minNotional === null ? ['least order'] : []),
  ];
  if (tick > amount('1000000'))
    throw new AskError('backtest-value-malformed', `--tick ${formatAmount(tick)} is above every price`, 'tick');
  checkTick(series, tick);
  return {
    source: inferred.length === 0 ? 'as given' : `${inferred.join(', ')}: as the simulated exchange has them for these candles`,
    rules: {
      pair: of,
      tick,
      lot,
      minPrice: filters.minPrice,
      maxPrice: filters.maxPrice,
      minQuantity: filters.minQuantity,
      maxQuantity: filters.maxQuantity,
      minNotional,
      maxOrders: filters.maxOrders,
      maxAlgoOrders: filters.maxAlgoOrders,
      maxOrderLists: filters.maxOrderLists,
    },
  };
}
