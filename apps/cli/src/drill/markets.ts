/** The markets of the drill: two liquid pairs that the mandates name and a thin coin that none of them names. */
import { type Amount, amount, divide, multiply, type Pair, pair, unit } from '@holdfast/domain';
import type { InProcessMarket } from '@holdfast/exchange/in-process';

export interface DrillMarket {
  readonly pair: Pair;
  readonly tick: Amount;
  readonly lot: Amount;
  /** True price at the beginning. */
  readonly price: Amount;
  /** Quote traded in 24 h. */
  readonly volume24h: Amount;
}

export const btc = pair('BTC/USDT');
export const eth = pair('ETH/USDT');
/** The coin that the attacker holds. Prices of autumn 2022, in round numbers. */
export const thinCoin = pair('DMG/USDT');

const million = (count: number): Amount => amount(`${count}000000`);

export const drillMarkets: readonly DrillMarket[] = [
  { pair: btc, tick: amount('0.01'), lot: amount('0.00001'), price: amount('16000'), volume24h: million(900) },
  { pair: eth, tick: amount('0.01'), lot: amount('0.0001'), price: amount('1200'), volume24h: million(400) },
  { pair: thinCoin, tick: amount('0.0001'), lot: amount('1'), price: amount('0.05'), volume24h: amount('80000') },
];

/**
 * No house quotes: the attacker is the other side of everything, as if he had swept the book. That is the worst case
 * and the same for both runs of a scenario.
 */
export const exchangeMarkets: readonly InProcessMarket[] = drillMarkets.map(({ pair: of, tick, lot, price, volume24h }) => ({
  pair: of,
  tick,
  lot,
  price,
  volume24h,
  minNotional: amount('1'),
}));

export function marketOf(of: Pair): DrillMarket {
  const found = drillMarkets.find((it) => it.pair === of);
  if (found === undefined) throw new RangeError(`the drill has no market ${of}`);
  return found;
}

/** `price` moved by basis points, on a tick; to the cautious or the bold side as `rounding` says. */
export function moved(of: Pair, price: Amount, bps: number, rounding: 'up' | 'down'): Amount {
  const { tick } = marketOf(of);
  const raw = divide(price * BigInt(10_000 + Math.round(bps)), 10_000n, rounding);
  const whole = divide(raw, tick, rounding) * tick;
  return (whole > 0n ? whole : tick) as Amount;
}

/** Base for a sum of quote at a price, in whole lots, rounded down. */
export function baseFor(of: Pair, quote: Amount, price: Amount): Amount {
  const { lot } = marketOf(of);
  return (divide(quote * unit, price * lot, 'down') * lot) as Amount;
}

export const inLots = (of: Pair, quantity: bigint): Amount => {
  const { lot } = marketOf(of);
  return (divide(quantity, lot, 'down') * lot) as Amount;
};

export const worth = (quantity: Amount, price: Amount): Amount => multiply(quantity, price, 'down');
export const ticksOf = (of: Pair, price: Amount): number => Number(divide(price, marketOf(of).tick, 'down'));
