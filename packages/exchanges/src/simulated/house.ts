/**
 * The house's quotes: bid at the price of the tape, ask a spread above, then levels half a basis point apart. Sizes
 * depend on seed, price and a slow count of ticks, so a book that moves by a tick mostly stays what it was.
 */

import type { HouseRules, OrderSide } from './port.ts';
import { mix } from './random.ts';

export interface Quote {
  readonly price: number;
  readonly quantity: number;
}

const levelsPerPrice = 20_000; // one level per half basis point of the price
const ticksPerRefresh = 16;

/** Price of the best quote: around the tape, but never at or through the best order of a user on the other side. */
function bestPrice(side: OrderSide, rules: HouseRules, anchor: number, limit: number): number {
  if (side === 'BUY') return limit === 0 ? anchor : Math.min(anchor, limit - 1);
  return Math.max(anchor + rules.spreadTicks, limit + 1);
}

function levelPrices(side: OrderSide, rules: HouseRules, anchor: number, limit: number): number[] {
  const step = Math.max(1, Math.floor(anchor / levelsPerPrice));
  const prices: number[] = [];
  const best = bestPrice(side, rules, anchor, limit);
  const second = side === 'BUY' ? Math.floor((best - 1) / step) * step : (Math.floor(best / step) + 1) * step;
  const direction = side === 'BUY' ? -1 : 1;
  for (let level = 0; level < rules.levels; level++) {
    const price = level === 0 ? best : second + direction * (level - 1) * step;
    if (price > 0) prices.push(price);
  }
  return prices;
}

/** Lots that the house offers at one price during one tick. */
const quoteSize = (rules: HouseRules, tickCount: number, price: number): number =>
  1 + (mix(mix(rules.seed, price >>> 0), Math.floor(tickCount / ticksPerRefresh)) % (2 * rules.levelLots));

/**
 * Quotes of one side, best first; `limit` is the best price of the users on the other side, 0 for none.
 * @param consumed lots taken since the last tick, by price; bids negative prices, asks positive
 */
export function houseQuotes(
  side: OrderSide,
  rules: HouseRules,
  state: { readonly anchor: number; readonly tickCount: number; readonly consumed: ReadonlyMap<number, number> },
  limit: number,
): Quote[] {
  if (state.anchor === 0) return [];
  const quotes: Quote[] = [];
  for (const price of levelPrices(side, rules, state.anchor, limit)) {
    const taken = state.consumed.size === 0 ? 0 : (state.consumed.get(side === 'BUY' ? -price : price) ?? 0);
    const quantity = quoteSize(rules, state.tickCount, price) - taken;
    if (quantity > 0) quotes.push({ price, quantity });
  }
  return quotes;
}

/** The best quote of one side, without making the others; undefined when there is none. */
export function bestHouseQuote(
  side: OrderSide,
  rules: HouseRules,
  state: { readonly anchor: number; readonly tickCount: number; readonly consumed: ReadonlyMap<number, number> },
  limit: number,
): Quote | undefined {
  if (state.anchor === 0) return undefined;
  const price = bestPrice(side, rules, state.anchor, limit);
  if (price > 0 && state.consumed.size === 0) return { price, quantity: quoteSize(rules, state.tickCount, price) };
  return houseQuotes(side, rules, state, limit)[0];
}
