/** The figures of a whole run, made again from its fills and the candles by the plainest arithmetic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dcaSettings } from '@holdfast/contracts';
import { type EpochMs, formatAmount } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { timeOf } from '../data/series.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import { runBacktest } from '../run/run.ts';
import { walkSeries } from '../run/testing/tables.ts';
import { metricsOf } from './metrics.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const series = walkSeries(rules, { rows: 6 * 1440, seed: 21 });
const result = runBacktest({
  kind: 'dca',
  settings: dcaSettings.parse({
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 3,
    stepPercent: '0.3',
    takeProfitPercent: '0.3',
    stopLossPercent: '1.5',
  }),
  series: new Map([[rules.pair, series]]),
  rules: new Map([[rules.pair, rules]]),
  from: 0 as EpochMs,
  to: Number.MAX_SAFE_INTEGER as EpochMs,
  funds: null,
  assumptions: usualAssumptions,
  driver: 'jump',
});
const number = (value: bigint): number => Number(formatAmount(value as never));
const near = (found: number | null, wanted: number, what: string): void =>
  assert.ok(
    found !== null && Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)),
    `${what}: ${found}, not ${wanted}`,
  );

/** Equity at each close: start, all fills before it, what is held at the close. */
function curve(): { readonly at: number; readonly value: number }[] {
  let [quote, base, next] = [number(result.startEquity), 0, 0];
  return Array.from({ length: series.rows }, (_, row) => {
    const at = timeOf(series, row) + series.intervalMs;
    for (let fill = result.fills[next]; fill !== undefined && fill.at < at; fill = result.fills[++next]) {
      const [price, quantity, fee] = [number(fill.price), number(fill.quantity), number(fill.fee)];
      const sign = fill.side === 'buy' ? 1 : -1;
      base += sign * quantity - (fill.feeAsset === 'BTC' ? fee : 0);
      quote -= sign * price * quantity + (fill.feeAsset === 'USDT' ? fee : 0);
    }
    return { at, value: quote + (base * series.close[row]!) / 100 };
  });
}

const closes = curve();
const metrics = metricsOf(result);

test('profit, largest fall and return are those of the plain curve', () => {
  assert.ok(result.deals.length > 30);
  const start = number(result.startEquity);
  near(number(metrics.profit), closes.at(-1)!.value - start, 'profit');
  near(metrics.totalReturn, closes.at(-1)!.value / start - 1, 'total return');
  let [peak, most] = [Number.NEGATIVE_INFINITY, 0];
  for (const { value } of closes) {
    peak = Math.max(peak, value);
    most = Math.max(most, (peak - value) / peak);
  }
  near(metrics.drawdown, most, 'largest fall');
  const years = (result.to - result.from) / (365 * 86_400_000);
  near(metrics.annualReturn, (closes.at(-1)!.value / start) ** (1 / years) - 1, 'return a year');
  near(metrics.calmar, ((closes.at(-1)!.value / start) ** (1 / years) - 1) / most, 'Calmar');
});

test('Sharpe and Sortino are those of the days of the plain curve', () => {
  const days = new Map<number, number>();
  for (const { at, value } of closes) days.set(Math.floor((at - 1) / 86_400_000), value);
  const values = [number(result.startEquity), ...days.values()];
  const returns = values.slice(1).map((value, at) => value / values[at]! - 1);
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
  const deviation = Math.sqrt(returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (returns.length - 1));
  const downside = Math.sqrt(returns.reduce((sum, each) => sum + Math.min(each, 0) ** 2, 0) / returns.length);
  near(metrics.sharpe, (mean / deviation) * Math.sqrt(365), 'Sharpe');
  near(metrics.sortino, (mean / downside) * Math.sqrt(365), 'Sortino');
});

test('turnover, fees and the figures of deals are sums over fills and deals', () => {
  const turnover = result.fills.reduce((sum, { price, quantity }) => sum + number(price) * number(quantity), 0);
  near(number(metrics.turnover), turnover, 'turnover');
  const fees = result.fills.reduce(
    (sum, { fee, feeAsset, price }) => sum + number(fee) * (feeAsset === 'BTC' ? number(price) : 1),
    0,
  );
  near(number(metrics.fees), fees, 'fees');
  const profits = result.deals.map(({ profit }) => number(profit));
  const won = profits.filter((profit) => profit > 0);
  const lost = profits.filter((profit) => profit < 0);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  assert.ok(won.length > 0 && lost.length > 0);
  near(metrics.deals.winRate, won.length / profits.length, 'win rate');
  near(metrics.deals.profitFactor, sum(won) / -sum(lost), 'profit factor');
  near(number(metrics.deals.expectancy!), sum(profits) / profits.length, 'expectancy');
});

test('time in market is the time between fills in which base was held', () => {
  let [base, since, held] = [0n, 0, 0];
  for (const { side, quantity, fee, feeAsset, at } of result.fills) {
    const before = base;
    base += (side === 'buy' ? quantity : -quantity) - (feeAsset === 'BTC' ? fee : 0n);
    if (before < rules.lot && base >= rules.lot) since = at;
    if (before >= rules.lot && base < rules.lot) held += at - since;
  }
  if (base >= rules.lot) held += result.to - since;
  near(metrics.timeInMarket, held / (result.to - result.from), 'time in market');
});
