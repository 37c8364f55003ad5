import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, asset, formatAmount } from '@holdfast/domain';
import { figuresOf, sumsOf } from '../sweep/figures.ts';
import { day, sampleDeal, sampleFill, sampleRun, start } from '../testing/sample-run.ts';
import { buyAndHold, fallOfPrice } from './buy-and-hold.ts';
import { dealFigures } from './deals.ts';
import { distributionOf, histogram, niceStep } from './distribution.ts';
import { exposureOf, turnoverOf } from './exposure.ts';
import { metricsOf } from './metrics.ts';
import { monthsOf } from './months.ts';
import { normalCdf, normalInverse } from './normal.ts';
import { annualReturn, annualSharpe, annualSortino, calmarOf, everyDay, largestFall, momentsOf, returnsOf } from './returns.ts';
import { deflatedSharpe, expectedBestSharpe, probabilisticSharpe } from './sharpe-tests.ts';

const near = (actual: number | null, expected: number, within = 1e-12): void => {
  assert.ok(actual !== null && Math.abs(actual - expected) <= within, `${actual} is not ${expected} within ${within}`);
};

test('the normal distribution has the values of the tables', () => {
  near(normalCdf(0), 0.5);
  near(normalCdf(1), 0.841344746068543, 1e-14);
  near(normalCdf(1.959963984540054), 0.975, 1e-14);
  near(normalCdf(-3), 0.0013498980316300946, 1e-15);
  near(normalInverse(0.975), 1.959963984540054, 1e-13);
  near(normalInverse(0.01), -2.3263478740408408, 1e-13);
  assert.equal(normalInverse(0), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(normalInverse(1.5)));
});

test('returns and their moments are those made by hand', () => {
  const returns = returnsOf(100, [110, 99, 99]);
  assert.deepEqual(
    [...returns].map((it) => it.toFixed(12)),
    ['0.100000000000', '-0.100000000000', '0.000000000000'],
  );
  // 1, 2, 3, 4, 10: mean 4, squares 9 4 1 0 36 = 50, cubes -27 -8 -1 0 216 = 180, fourths 81 16 1 0 1296 = 1394
  const moments = momentsOf([1, 2, 3, 4, 10])!;
  near(moments.mean, 4);
  near(moments.deviation, Math.sqrt(50 / 4));
  near(moments.skewness, 36 / 10 ** 1.5);
  near(moments.kurtosis, 278.8 / 100);
  assert.equal(momentsOf([0.1, 0.1, 0.1]), null, 'equal values have no spread');
  assert.equal(momentsOf([1]), null);
});

test('a curve that falls to nothing ends its returns there', () => {
  assert.equal(returnsOf(100, [50, 0, 10]).length, 2);
});

test('Sharpe, Sortino and Calmar are those made by hand', () => {
  // 3 %, -1 %, 1 %, 1 %: mean 1 %, squares around it 4 4 0 0 = 8 of 10^-4, deviation sqrt(8/3) %
  const returns = [0.03, -0.01, 0.01, 0.01];
  near(annualSharpe(momentsOf(returns)!), (1 / Math.sqrt(8 / 3)) * Math.sqrt(365), 1e-9);
  // downside: sqrt(1 / 4) % = 0.5 %
  near(annualSortino(returns), 2 * Math.sqrt(365), 1e-9);
  assert.equal(annualSortino([0.01, 0.02]), null, 'nothing was lost');
  near(annualReturn(100, 121, 2 * 365 * day), 0.1, 1e-12);
  assert.equal(annualReturn(100, 101, day / 2), null);
  assert.equal(annualReturn(100, 0, 10 * day), -1);
  near(calmarOf(0.3, 0.1), 3);
  assert.equal(calmarOf(0.3, 0), null);
  near(largestFall(100, [120, 90, 130, 104]), 0.25);
});

test('the deflated Sharpe ratio gives the numbers of its paper', () => {
  // Bailey and López de Prado 2014: 2.5 a year over 1,250 days, 100 trials with variance 1/2 a year, skewness -3, kurtosis 10.
  const sample = { sharpe: 2.5 / Math.sqrt(250), count: 1250, skewness: -3, kurtosis: 10 };
  const variance = 1 / 2 / 250;
  near(expectedBestSharpe(100, variance), 0.1132, 5e-5);
  near(deflatedSharpe(sample, 100, variance), 0.9004, 5e-5);
  near(deflatedSharpe(sample, 46, variance), 0.9505, 5e-5);
  assert.equal(deflatedSharpe(sample, 1, variance), probabilisticSharpe(sample), 'one trial deflates nothing');
});

test('the probabilistic Sharpe ratio gives the numbers of its paper', () => {
  // Bailey and López de Prado 2012: 24 months at 0.458; normal, then with the moments of hedge funds.
  near(probabilisticSharpe({ sharpe: 0.458, count: 24, skewness: 0, kurtosis: 3 }), 0.982, 6e-4);
  near(probabilisticSharpe({ sharpe: 0.458, count: 24, skewness: -2.448, kurtosis: 10.164 }), 0.913, 6e-4);
});

test('sums of deals are exact and shares are plain', () => {
  const figures = dealFigures([
    ...sampleRun().deals,
    sampleDeal({ number: 4, opened: 80, closed: 81, cost: '0', profit: '0', ending: 'no-entry', sold: '0' }),
  ]);
  assert.equal(figures.count, 3);
  assert.equal(formatAmount(figures.grossProfit), '40');
  assert.equal(formatAmount(figures.grossLoss), '20');
  assert.equal(figures.profitFactor, 2);
  near(figures.winRate, 2 / 3);
  assert.equal(formatAmount(figures.expectancy!), '6.666666666666666666');
  assert.equal(formatAmount(figures.averageWin!), '20');
  assert.equal(formatAmount(figures.worst!), '-20');
  assert.equal(figures.averageMs, 16 * 3_600_000);
  assert.equal(figures.medianMs, 12 * 3_600_000);
  assert.equal(figures.longestMs, 24 * 3_600_000);
  assert.deepEqual([figures.wonInARow, figures.lostInARow], [1, 1]);
  assert.deepEqual(figures.endings, { 'take-profit': 2, 'stop-loss': 1, 'no-entry': 1 });
});

test('no deal has no shares, and no loss has no profit factor', () => {
  const none = dealFigures([]);
  assert.deepEqual([none.winRate, none.profitFactor, none.expectancy, none.averageMs], [null, null, null, null]);
  assert.equal(dealFigures([sampleRun().deals[0]!]).profitFactor, null);
});

test('bins have round widths and none holds wins and losses', () => {
  assert.deepEqual([0.9, 1, 1.1, 2.2, 3, 7].map(niceStep), [1, 1, 2, 2.5, 5, 10]);
  const bins = histogram([-3, -0.5, 0, 0.4, 9.9], 8);
  assert.deepEqual(
    bins.map(({ from, to, count }) => [from, to, count]),
    [
      [-5, -2.5, 1],
      [-2.5, 0, 1],
      [0, 2.5, 2],
      [2.5, 5, 0],
      [5, 7.5, 0],
      [7.5, 10, 1],
    ],
  );
  assert.deepEqual(histogram([]), []);
  assert.equal(
    histogram([5, 5, 5]).reduce((sum, { count }) => sum + count, 0),
    3,
  );
  const { quantiles } = distributionOf(['5', '1', '2', '4', '3'].map(amount));
  assert.deepEqual(
    quantiles.map(({ at, value }) => [at, formatAmount(value)]),
    [
      [0, '1'],
      [0.05, '1'],
      [0.25, '2'],
      [0.5, '3'],
      [0.75, '4'],
      [0.95, '5'],
      [1, '5'],
    ],
  );
});

test('months take the day that closes at their midnight, and their own deals', () => {
  const { daily, deals, startEquity } = sampleRun();
  const [january, february, ...more] = monthsOf(startEquity, daily, deals);
  assert.equal(more.length, 0);
  assert.equal(january!.month, '2025-01');
  near(january!.return, 0.01);
  near(january!.drawdown, 20 / 1030);
  assert.equal(formatAmount(january!.realised), '30');
  assert.equal(january!.deals, 1);
  near(february!.return, 1020 / 1010 - 1);
  assert.equal(formatAmount(february!.realised), '-10');
});

test('exposure weighs what was held by time, and knows what was held before', () => {
  // 1 at 100 for 12 h, 2 at 120 for 24 h, 1 at 100 for 12 h, of 96 h and 1,000
  const { fills, report, startEquity } = sampleRun();
  const exposure = exposureOf(fills, report.holdings, startEquity, start, start + 4 * day);
  near(exposure.mean, (12 * 100 + 24 * 240 + 12 * 100) / 96 / 1000);
  near(exposure.most, 0.24);
  const sale = [sampleFill('sell', '100', '1', 48)];
  near(exposureOf(sale, [{ asset: asset('BTC'), amount: amount('1') }], startEquity, start, start + 4 * day).mean, 0.15);
  assert.equal(formatAmount(turnoverOf(fills)), '900');
});

test('holding pays the fee once, and its fall is that of all closes', () => {
  near(buyAndHold(amount('100'), amount('110'), amount('0.001')), 1.1 * 0.999 - 1);
  const series = {
    exchange: 'x',
    pair: 'BTC/USDT',
    intervalMs: 60_000,
    priceDigits: 0,
    volumeDigits: 0,
    rows: 5,
    segments: [{ row: 0, time: start }],
    open: Int32Array.of(1, 1, 1, 1, 1),
    high: Int32Array.of(200, 200, 200, 200, 200),
    low: Int32Array.of(1, 1, 1, 1, 1),
    close: Int32Array.of(500, 100, 80, 120, 60),
    volume: Uint32Array.of(1, 1, 1, 1, 1),
  };
  near(fallOfPrice(series, start + 60_000, start + 300_000), 0.5);
  near(fallOfPrice(series, start + 60_000, start + 180_000), 0.2);
});

test('the figures of a run come together', () => {
  const metrics = metricsOf(sampleRun(), { count: 20, variance: 0.01 });
  assert.equal(formatAmount(metrics.profit), '20');
  near(metrics.totalReturn, 0.02);
  near(metrics.annualReturn, 1.02 ** (365 / 4) - 1, 1e-9);
  near(metrics.buyAndHold, 0.0989);
  near(metrics.aboveBuyAndHold, 0.02 - 0.0989);
  near(metrics.timeInMarket, 0.5);
  near(metrics.feesShare, 0.6 / 20.6);
  near(metrics.feesOfTurnover, 0.6 / 900);
  assert.equal(metrics.daily!.count, 4);
  assert.ok(metrics.deflatedSharpe! < metrics.probabilisticSharpe!, 'twenty trials make the same ratio worth less');
  assert.equal(metrics.quote, 'USDT');
  assert.equal(metricsOf(sampleRun()).deflatedSharpe, null);
});

test('a day without candles is a day without a return, so weeks are no days', () => {
  const weeks = { times: Float64Array.of(start + 7 * day, start + 14 * day), values: Float64Array.of(110, 99) };
  const six = (value: number): number[] => new Array<number>(6).fill(value);
  assert.deepEqual([...everyDay(100, start, weeks)], [...six(100), 110, ...six(110), 99]);
  const late = { times: Float64Array.of(start + 2 * day - 60_000, start + 3.5 * day), values: Float64Array.of(1, 2) };
  assert.deepEqual([...everyDay(5, start + 3_600_000, late)], [5, 1, 1, 2]);
  assert.deepEqual([...everyDay(5, start, { times: [], values: [] })], []);
  // Every second day: as many figures of a year as if the others had been seen.
  const run = sampleRun();
  const holes = { times: run.daily.times.map((time) => start + 2 * (time - start)), values: run.daily.values };
  const filled = {
    times: Float64Array.from({ length: 8 }, (_, at) => start + (at + 1) * day),
    values: Float64Array.of(1000, 1030, 1030, 1010, 1010, 1020, 1020, 1020),
  };
  const figures = (daily: typeof holes) => {
    const { sharpe, sortino, probabilisticSharpe } = metricsOf(sampleRun({ daily }));
    const { sharpe: swept, sortino: also } = figuresOf(sumsOf(sampleRun({ daily })));
    return [sharpe, sortino, probabilisticSharpe, swept, also];
  };
  assert.deepEqual(figures(holes), figures(filled));
  assert.notEqual(figures(holes)[0], metricsOf(run).sharpe);
});

test('a run without money or time has no ratios, and does not fail', () => {
  const empty = sampleRun({
    startEquity: amount('0'),
    endEquity: amount('0'),
    fees: amount('0'),
    deals: [],
    fills: [],
    daily: { times: new Float64Array(0), values: new Float64Array(0) },
  });
  const metrics = metricsOf(empty);
  for (const key of ['totalReturn', 'annualReturn', 'sharpe', 'sortino', 'feesShare', 'feesOfTurnover'] as const)
    assert.equal(metrics[key], null, key);
  assert.deepEqual(metrics.months, []);
});
