/** Sizes and prices of a signal bot, exact; each rounding is named. A short is a long with the sides and directions swapped. */
import {
  type Amount,
  baseOf,
  type Direction,
  divide,
  formatAmount,
  type Lots,
  lots,
  multiply,
  notional,
  type PairRules,
  type Quote,
  quantityAmount,
  quoteOf,
  type Side,
  type SignalLimit,
  type SignalSize,
  type Ticks,
  ticks,
  toLots,
  unit,
  zero,
} from '@holdfast/domain';
import { buyReserve, lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { free, held } from '../orders/sub-book.ts';
import type { SignalSettings } from './settings.ts';
import type { Position, SignalState } from './state.ts';

export const percent = 10n ** 20n;

export const entrySide = (direction: Direction): Side => (direction === 'long' ? 'buy' : 'sell');
export const exitSide = (direction: Direction): Side => (direction === 'long' ? 'sell' : 'buy');

/** What an order of that side would trade at now. */
export const marketPrice = ({ bid, ask }: Quote, side: Side): Ticks => (side === 'buy' ? ask : bid);

/** The worst price that an order which takes at once may have. */
export function cappedPrice(quote: Quote, side: Side, settings: SignalSettings, rules: PairRules): Ticks {
  const price = marketPrice(quote, side);
  const capped = side === 'buy' ? raised(price, settings.slippage) : lowered(price, settings.slippage);
  return Math.max(Math.min(capped, rules.maxPrice), rules.minPrice) as Ticks;
}

/** A price of exact quote on a tick that the exchange takes. */
export function onTick(price: bigint, rules: PairRules, rounding: 'up' | 'down'): Ticks {
  const count = Number(divide(price > 0n ? price : 0n, rules.tick, rounding));
  return ticks(Math.max(Math.min(count, rules.maxPrice), rules.minPrice));
}

/** Average price of the entries, in quote, without fees, down at 10^-18; null before the first fill. */
export const averageEntry = ({ base, value }: Position['entered']): Amount | null =>
  base === 0n ? null : (divide(value * unit, base, 'down') as Amount);

/** `price` moved by so many percent (10^-18 of one percent), in the direction of the profit, or of the loss when negative. */
export function moved(price: Amount, by: bigint, direction: Direction): bigint {
  const change = (price * by) / percent;
  return direction === 'long' ? price + change : price - change;
}

/** Where an entry rests, on the tick: a buy rounded down, a sell up. Null where it counts from a position that is not there. */
export function limitPrice(limit: SignalLimit, state: SignalState, quote: Quote, direction: Direction): Ticks | null {
  const { rules, position } = state;
  const rounding = direction === 'long' ? 'down' : 'up';
  if (limit.kind === 'price') return onTick(limit.price, rules, rounding);
  const from =
    limit.from === 'current'
      ? ((BigInt(marketPrice(quote, entrySide(direction))) * rules.tick) as Amount)
      : position === null
        ? null
        : averageEntry(limit.from === 'base-entry' ? position.firstEntry : position.entered);
  return from === null ? null : onTick(from + (from * limit.percent) / percent, rules, rounding);
}

export const isTradable = (quantity: Lots, price: Ticks, rules: PairRules): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

/** Base that a short may sell: what no long and no dust of one has a claim to. */
export function freeBase(settings: SignalSettings, state: SignalState): Amount {
  const base = free(state.book, state.orders, baseOf(settings.pair));
  const long = state.position?.direction === 'long' ? state.position.held.quantity : zero;
  const left = base - long - state.dust.quantity - state.kept.quantity;
  return (left > 0n ? left : 0n) as Amount;
}

export const freeQuote = (settings: SignalSettings, state: SignalState): Amount =>
  free(state.book, state.orders, quoteOf(settings.pair), settings.feeAsset === 'quote' ? settings.fee : 0n);

/** Lots that may be bought at `price` for what is free. */
export function affordable(settings: SignalSettings, state: SignalState, wanted: Lots, price: Ticks): Lots {
  const { rules } = state;
  const limit = BigInt(price) * rules.tick;
  const funds = freeQuote(settings, state);
  if (buyReserve(quantityAmount(wanted, rules), limit, settings) <= funds) return wanted;
  const within = settings.feeAsset === 'quote' ? (funds * unit) / (unit + settings.fee) : funds;
  let quantity = lotsWithin(within, price, rules);
  while (quantity > 0 && buyReserve(quantityAmount(quantity, rules), limit, settings) > funds) quantity = lots(quantity - 1);
  return quantity;
}

export type Sized = { readonly kind: 'sized'; readonly quantity: Lots } | { readonly kind: 'refused'; readonly reason: string };

/** Size of an entry at `price`, down to the lot; refused where it passes a cap, the funds or the exchange's least. */
export function entrySize(
  settings: SignalSettings,
  state: SignalState,
  size: SignalSize,
  direction: Direction,
  price: Ticks,
): Sized {
  const { rules } = state;
  const quote = quoteOf(settings.pair);
  const refuse = (reason: string): Sized => ({ kind: 'refused', reason });
  if (size.of === 'position') return refuse('a share of the position is a size for exits');
  const inQuote = size.of === 'quote' ? size.amount : multiply(settings.maxInvestment, size.amount / 100n, 'down');
  const unitPrice = BigInt(price) * rules.tick;
  const base = size.of === 'base' ? size.amount : (divide(inQuote * unit, unitPrice, 'down') as Amount);
  if (divide(base, rules.lot, 'down') > BigInt(rules.maxQuantity))
    return refuse(`${formatAmount(base)} is above the exchange's largest order`);
  const quantity = toLots(base, rules, 'down');
  const value = notional(price, quantity, rules, 'up');
  if (!isTradable(quantity, price, rules))
    return refuse(
      `an entry worth ${formatAmount(value)} ${quote} is below the exchange's smallest order of ${formatAmount(rules.minNotional)}`,
    );
  if (value > settings.maxEntry)
    return refuse(
      `an entry worth ${formatAmount(value)} ${quote} is above the cap of ${formatAmount(settings.maxEntry)} per entry`,
    );
  const invested = state.position?.direction === direction ? state.position.held.cost : zero;
  if (invested + value > settings.maxInvestment)
    return refuse(
      `${formatAmount(invested)} ${quote} are invested and ${formatAmount(value)} more pass the cap of ${formatAmount(settings.maxInvestment)}`,
    );
  if (direction === 'short') {
    const coins = freeBase(settings, state);
    if (quantityAmount(quantity, rules) > coins)
      return refuse(
        `the bot has ${formatAmount(coins)} ${baseOf(settings.pair)} to sell and ${formatAmount(quantityAmount(quantity, rules))} are asked`,
      );
  } else if (affordable(settings, state, quantity, price) < quantity)
    return refuse(
      `the bot has ${formatAmount(freeQuote(settings, state))} ${quote} free and an entry worth ${formatAmount(value)} is asked`,
    );
  return { kind: 'sized', quantity };
}

/** Base that ends `left` of the position (null: all of it): sells go down to the lot; what is bought back goes up, its fee in base included. */
export function exitQuantity(settings: SignalSettings, state: SignalState, position: Position, left: Amount | null): Lots {
  const { rules } = state;
  const { quantity } = position.held;
  const part = left === null || left > quantity ? quantity : left;
  const most = (count: number): Lots => lots(Math.min(count, rules.maxQuantity));
  if (position.direction === 'long') return most(toLots(part, rules, 'down'));
  const gross = settings.feeAsset === 'base' ? (divide(part * unit, unit - settings.fee, 'up') as Amount) : part;
  return most(toLots(gross, rules, 'up'));
}

/** Profit of ending the position now, in percent (10^-18) of what it cost; null while nothing is held. */
export function profitNow(settings: SignalSettings, position: Position, quote: Quote, rules: PairRules): bigint | null {
  const { quantity, cost } = position.held;
  if (quantity === 0n || cost === 0n) return null;
  const value = multiply(quantity, BigInt(marketPrice(quote, exitSide(position.direction))) * rules.tick, 'down');
  const fee = multiply(value, settings.fee, 'up');
  const profit = position.direction === 'long' ? value - fee - cost : cost - value - fee;
  return (profit * percent) / cost;
}

export const heldBase = (settings: SignalSettings, state: SignalState): Amount => held(state.book, baseOf(settings.pair));
