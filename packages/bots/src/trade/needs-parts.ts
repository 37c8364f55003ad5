/** What the needs of long and short trades are made of. */
import {
  type AllowedKind,
  type Amount,
  divide,
  type Lots,
  multiply,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  type Ticks,
  unit,
} from '@holdfast/domain';
import { entryCap, entryCost, lotsWithin } from '../dca/arithmetic.ts';
import type { Holding } from '../dca/state.ts';
import { entryQuote, roundingTo, type Way, wayOf } from '../orders/direction.ts';
import { lotsOf, onTick } from './arithmetic.ts';
import type { StopLoss, TradeSettings } from './settings.ts';

export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Price that the entry counts from where the settings name one, else the given one. */
export function entryPriceOf(settings: TradeSettings, rules: PairRules, market: Ticks): Ticks;
export function entryPriceOf(settings: TradeSettings, rules: PairRules, market: null): Ticks | null;
export function entryPriceOf(settings: TradeSettings, rules: PairRules, market: Ticks | null): Ticks | null {
  const named = settings.entryLimit ?? settings.entryPrice ?? settings.heldPrice;
  return named === null ? market : onTick(named, rules, roundingTo(wayOf(settings), 'loss'));
}

/** A holding of one coin at a price: what targets in percent are counted from before anything is held. */
export const oneCoin = (way: Way, price: bigint): Holding => {
  const [quote, base] = [price as Amount, unit as Amount];
  return way.takes === 'base' ? { quantity: base, cost: quote } : { quantity: quote, cost: base };
};

/** Lots of the entry at a price. */
export const sizeLots = ({ size, sizeIn }: TradeSettings, price: Ticks, rules: PairRules): Lots =>
  sizeIn === 'base' ? lotsOf(size, rules) : lotsWithin(size, price, rules);

/** The entry at its limit: `value` in quote, `cost` in what the trade gives. */
export function entryAt(settings: TradeSettings, rules: PairRules, quote: Quote) {
  const way = wayOf(settings);
  const price = entryPriceOf(settings, rules, entryQuote(way, quote));
  const isFixed = settings.entry === 'limit' || (settings.entry === 'conditional' && settings.entryLimit !== null);
  const cap = isFixed ? price : entryCap(way, price, settings.slippage, rules);
  const quantity = quantityAmount(sizeLots(settings, price, rules), rules);
  const limit = priceAmount(cap, rules);
  return {
    price,
    cap,
    base: quantity,
    value: multiply(quantity, limit, 'up'),
    cost: entryCost(way, quantity, limit, settings),
  };
}

/** The stop as counted from a price, rounded to the side of loss; above zero. */
export function stopLevel({ price, percent, distance }: StopLoss, way: Way, from: bigint): bigint {
  if (price !== null) return price;
  const sign = BigInt(way.sign);
  if (distance !== undefined) return larger(from - sign * distance, 1n);
  return divide(from * (unit - sign * (percent ?? 0n)), unit, roundingTo(way, 'loss'));
}

/** Kinds of orders that a trade sends. */
export const ordersOf = ({ entry, entryTimeInForce }: TradeSettings, hasStop: boolean): readonly AllowedKind[] => [
  'limit',
  'ioc',
  ...(entry !== 'held' && entryTimeInForce === 'post-only' ? (['post-only'] as const) : []),
  ...(hasStop ? (['stop-limit'] as const) : []),
];

/** Room that a price may go beyond what the settings name, either way: 25 %. */
export const room = unit / 4n;
