/** One-minute candles of a seeded walk: BTC/USDT at about 60,000, mean range 0.1 % a minute. The same seed, the same candles. */

import type { Series } from '@holdfast/backtest';
import { amount, type Lots, type PairRules, pair, type Ticks } from '@holdfast/domain';

const first = Date.UTC(2024, 0, 1);
const stepsPerMinute = 60;
/** Of a step, as a share of the price: makes a minute's mean range 0.1 %. */
const stepSize = 0.000_08;

export const rules: PairRules = {
  pair: pair('BTC/USDT'),
  tick: amount('0.01'),
  lot: amount('0.00001'),
  minPrice: 1 as Ticks,
  maxPrice: 100_000_000 as Ticks,
  minQuantity: 1 as Lots,
  maxQuantity: 900_000_000 as Lots,
  minNotional: amount('5'),
  maxOrders: 200,
  maxAlgoOrders: 5,
  maxOrderLists: 0,
};

function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function candles(rows: number, seed = 1): Series {
  const column = (): Int32Array => new Int32Array(new SharedArrayBuffer(rows * 4));
  const [open, high, low, close] = [column(), column(), column(), column()];
  const volume = new Uint32Array(new SharedArrayBuffer(rows * 4));
  const next = uniform(seed);
  let price = 60_000;
  for (let row = 0; row < rows; row++) {
    const start = Math.round(price * 100);
    let [most, least] = [start, start];
    for (let step = 0; step < stepsPerMinute; step++) {
      // Pulled back to where it began, so that no seed wanders off in a year.
      price *= 1 + (next() + next() - 1) * stepSize * 3 - (Math.log(price / 60_000) * 0.000_01) / stepsPerMinute;
      const ticks = Math.round(price * 100);
      if (ticks > most) most = ticks;
      if (ticks < least) least = ticks;
    }
    open[row] = start;
    high[row] = most;
    low[row] = least;
    close[row] = Math.round(price * 100);
    volume[row] = 1_000_000 + Math.floor(next() * 1_000_000);
  }
  return {
    exchange: 'synthetic',
    pair: 'BTC/USDT',
    intervalMs: 60_000,
    priceDigits: 2,
    volumeDigits: 5,
    rows,
    segments: [{ row: 0, time: first }],
    open,
    high,
    low,
    close,
    volume,
  };
}
