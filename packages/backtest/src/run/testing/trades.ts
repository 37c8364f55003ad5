/** Trades for tests: from lines of text, and seeded ones that make the candles of a series. Tests only. */
import { amount, type PairRules } from '@holdfast/domain';
import { type Series, timeOf } from '../../data/series.ts';
import type { Trades } from '../../data/trades.ts';
import { TradesBuilder } from '../../data/trades-builder.ts';
import { random, tableStart } from './tables.ts';

const digitsOf = (step: bigint): number => 18 - (String(step).length - 1);

/** One trade a line: seconds after the first candle opens, price, coins, and its id; counted when left out. */
export function tradesFrom(lines: readonly string[], { pair, tick, lot }: PairRules): Trades {
  const builder = new TradesBuilder('test', pair, 'table');
  for (const [at, line] of lines.entries()) {
    const [seconds = '', price = '', coins = '', id = String(at + 1)] = line.split(/\s+/);
    builder.add(
      {
        time: tableStart + Number(seconds) * 1000,
        price: { mantissa: Number(amount(price) / tick), digits: digitsOf(tick) },
        quantity: { mantissa: Number(amount(coins) / lot), digits: digitsOf(lot) },
        id: Number(id),
      },
      at + 1,
    );
  }
  return builder.finish().trades;
}

/** Trades that make most of the candles of a series; a `share` of them has none. */
export function tradesMaking(series: Series, seed: number, share: number): Trades {
  const next = random(seed);
  const builder = new TradesBuilder(series.exchange, series.pair, 'seed');
  let id = 1000;
  for (let row = 0; row < series.rows; row++) {
    const [open, high, low, close] = [series.open[row]!, series.high[row]!, series.low[row]!, series.close[row]!];
    // Ids go on over a candle without trades: nobody says that they are missing.
    if (row > 0 && next() < share) continue;
    const extremes = next() < 0.5 ? [high, low] : [low, high];
    const others = Array.from({ length: Math.floor(next() * 6) }, () => low + Math.floor(next() * (high - low + 1)));
    const prices = [open, ...extremes, ...others, close];
    const times = prices.map(() => Math.floor(next() * series.intervalMs)).sort((a, b) => a - b);
    const most = Math.max(1, Math.floor((series.volume[row]! * 2) / prices.length));
    for (const [at, price] of prices.entries())
      builder.add(
        {
          time: timeOf(series, row) + times[at]!,
          price: { mantissa: price, digits: series.priceDigits },
          quantity: { mantissa: 1 + Math.floor(next() * most), digits: series.volumeDigits },
          id: id++,
        },
        id,
      );
  }
  return builder.finish().trades;
}
