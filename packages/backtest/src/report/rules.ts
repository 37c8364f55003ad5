/** The exchange's rules of a pair for a backtest: as given, else as the simulated exchange has them on a tape of the same candles. */
import {
  type Amount,
  amount,
  formatAmount,
  type Lots,
  type PairRules,
  pair,
  quoteOf,
  type Ticks,
  ValueError,
} from '@holdfast/domain';
import type { Series } from '../data/series.ts';
import { AskError } from './ask-error.ts';

/** Decimals as text; null: the usual. */
export interface RulesAsk {
  readonly tick: string | null;
  readonly lot: string | null;
  readonly minNotional: string | null;
}

/** Decimals that price × quantity has at most at exchanges. */
const decimalsMost = 8;
/** Counts stay small enough for exact products. */
const countMost = 900_000_000_000;
const usualMinNotional: Readonly<Record<string, Amount>> = { BTC: amount('0.0001'), ETH: amount('0.001'), BNB: amount('0.01') };
const ordersMost = 200;

const stepOf = (digits: number): Amount => (10n ** BigInt(18 - digits)) as Amount;

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
  const of = pair(series.pair);
  const priceDigits = Math.min(series.priceDigits, decimalsMost);
  const volumeDigits = Math.min(series.volumeDigits, decimalsMost - priceDigits);
  const tick = ask.tick === null ? stepOf(priceDigits) : readPositive(ask.tick, 'tick');
  const lot = ask.lot === null ? stepOf(volumeDigits) : readPositive(ask.lot, 'lot');
  const least = usualMinNotional[quoteOf(of)] ?? amount('5');
  const minNotional = ask.minNotional === null ? least : readPositive(ask.minNotional, 'min-notional');
  const most = (value: string, step: Amount): number => Number(bigMin(amount(value) / step, BigInt(countMost)));
  const inferred = [
    ...(ask.tick === null ? ['tick'] : []),
    ...(ask.lot === null ? ['lot'] : []),
    ...(ask.minNotional === null ? ['least order'] : []),
  ];
  if (tick > amount('1000000'))
    throw new AskError('backtest-value-malformed', `--tick ${formatAmount(tick)} is above every price`, 'tick');
  return {
    source: inferred.length === 0 ? 'as given' : `${inferred.join(', ')}: as the simulated exchange has them for these candles`,
    rules: {
      pair: of,
      tick,
      lot,
      minPrice: 1 as Ticks,
      maxPrice: most('1000000', tick) as Ticks,
      minQuantity: 1 as Lots,
      maxQuantity: most('100000000', lot) as Lots,
      minNotional,
      maxOrders: ordersMost,
      maxAlgoOrders: 5,
      maxOrderLists: 20,
    },
  };
}

const bigMin = (a: bigint, b: bigint): bigint => (a < b ? a : b);
