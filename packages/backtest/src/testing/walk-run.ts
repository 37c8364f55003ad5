/** A run over a seeded random walk with brackets of 1 % up and 1.5 % down, made by plain arithmetic. For tests of reports. Tests only. */
import {
  type Amount,
  amount,
  asset,
  type ClosedDeal,
  clientOrderId,
  epochMs,
  lots,
  type PairRules,
  pair,
  ticks,
} from '@holdfast/domain';
import type { Series } from '../data/series.ts';
import { seededRandom } from '../monte-carlo/bands.ts';
import type { RunFill, RunRequest, RunResult } from '../run/result.ts';
import { sampleRun } from './sample-run.ts';

const btc = pair('BTC/USDT');
const day = 86_400_000;
const begin = Date.UTC(2025, 0, 1);
const tick = 10n ** 16n;

export const sampleRules: PairRules = {
  pair: btc,
  tick: amount('0.01'),
  lot: amount('0.00001'),
  minPrice: ticks(1),
  maxPrice: ticks(100_000_000),
  minQuantity: lots(1),
  maxQuantity: lots(900_000_000),
  minNotional: amount('5'),
  maxOrders: 200,
  maxAlgoOrders: 5,
  maxOrderLists: 0,
};

/** Candles of 15 minutes around 50,000. */
export function walkSeries(days: number, seed: number): Series {
  const rows = days * 96;
  const random = seededRandom(seed);
  const columns = {
    open: new Int32Array(rows),
    high: new Int32Array(rows),
    low: new Int32Array(rows),
    close: new Int32Array(rows),
  };
  let price = 5_000_000;
  for (let row = 0; row < rows; row += 1) {
    const path = Array.from({ length: 4 }, () => Math.round(price * (1 + (random() - 0.499) * 0.006)));
    const next = path[3]!;
    columns.open[row] = price;
    columns.high[row] = Math.max(price, ...path);
    columns.low[row] = Math.min(price, ...path);
    columns.close[row] = next;
    price = next;
  }
  return {
    exchange: 'binance',
    pair: btc,
    intervalMs: 900_000,
    priceDigits: 2,
    volumeDigits: 5,
    rows,
    segments: [{ row: 0, time: begin }],
    ...columns,
    volume: new Uint32Array(rows).fill(100_000),
  };
}

/** One coin at a time, bought at an open and sold at a bound. */
export function walkRun(days: number, seed: number): { readonly request: RunRequest; readonly result: RunResult } {
  const series = walkSeries(days, seed);
  const [fills, deals]: [RunFill[], ClosedDeal[]] = [[], []];
  const values = new Float64Array(days);
  const startEquity = amount('100000');
  let [equity, entry, opened] = [startEquity as bigint, 0, 0];
  const at = (row: number) => epochMs(begin + row * series.intervalMs);
  const fillOf = (side: 'buy' | 'sell', price: number, row: number): RunFill => ({
    clientOrderId: clientOrderId(`walk-${side}-${row}`),
    pair: btc,
    side,
    price: (BigInt(price) * tick) as Amount,
    quantity: amount('1'),
    complete: true,
    fee: amount('25'),
    feeAsset: asset('USDT'),
    maker: side === 'sell',
    at: at(row),
  });
  for (let row = 0; row < series.rows; row += 1) {
    if (entry === 0) {
      [entry, opened] = [series.open[row]!, row];
      fills.push(fillOf('buy', entry, row));
    } else {
      const [target, stop] = [Math.round(entry * 1.01), Math.round(entry * 0.985)];
      const exit = series.low[row]! <= stop ? stop : series.high[row]! >= target ? target : 0;
      if (exit > 0) {
        fills.push(fillOf('sell', exit, row));
        const [cost, proceeds] = [BigInt(entry) * tick + amount('25'), BigInt(exit) * tick - amount('25')];
        equity += proceeds - cost;
        deals.push({
          number: deals.length + 1,
          pair: btc,
          openedAt: at(opened),
          closedAt: at(row),
          ending: exit === stop ? 'stop-loss' : 'take-profit',
          bought: amount('1'),
          sold: amount('1'),
          spent: cost as Amount,
          cost: cost as Amount,
          proceeds: proceeds as Amount,
          profit: (proceeds - cost) as Amount,
          fees: amount('50'),
          averagingOrdersFilled: row % 3,
        });
        entry = 0;
      }
    }
    const open = entry === 0 ? 0n : BigInt(series.close[row]! - entry) * tick;
    values[Math.floor(row / 96)] = Number(equity + open) / 1e18;
  }
  const [from, to] = [epochMs(begin), epochMs(begin + days * day)];
  const result = sampleRun({
    from,
    to,
    intervalMs: series.intervalMs,
    candles: series.rows,
    missing: 0,
    fills,
    deals,
    startEquity,
    endEquity: equity as Amount,
    fees: (amount('25') * BigInt(fills.length)) as Amount,
    daily: { times: Float64Array.from(values, (_, index) => begin + (index + 1) * day), values },
    drawdown: { most: 0.05, quote: 5000, from, to: epochMs(begin + (days * day) / 2) },
    heldMs: days * day * 0.9,
    firstPrice: (BigInt(series.open[0]!) * tick) as Amount,
    lastPrice: (BigInt(series.close.at(-1)!) * tick) as Amount,
    warnings: ['The bot stopped <once> & went on.'],
  });
  return {
    result,
    request: {
      kind: 'dca',
      settings: result.settings,
      series: new Map([[btc, series]]),
      rules: new Map([[btc, sampleRules]]),
      from,
      to,
      funds: null,
      assumptions: result.assumptions,
      driver: 'jump',
    },
  };
}
