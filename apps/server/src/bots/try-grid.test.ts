import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineGridSuggestion, gridSettings, suggestionAnswer } from '@holdfast/contracts';
import { formatAmount, type Pair } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { triedGrid } from './try-grid.ts';

const pair = 'BTC/USDT' as Pair;
const rules = JSON.parse(
  JSON.stringify(testRules(pair, '0.01', '0.0001', '5'), (_, value) => (typeof value === 'bigint' ? formatAmount(value) : value)),
) as Record<string, unknown>;
const intervalMs = 300_000;
const start = Date.UTC(2026, 0, 5);

/** Candles that open and close at 101 and touch 99.5 and 102.5 between: one round trip each, of the lines at 100 and 102. */
const swinging = (count: number): EngineGridSuggestion => ({
  settings: gridSettings.parse({ lowerPrice: '100', upperPrice: '102', lines: 2, amountPerLine: '500', feePercent: '0.1' }),
  meanMovePercent: '3',
  stepPercent: '2',
  feePercent: '0.1',
  funds: '1000',
  candles: { interval: '1h', count: 1, from: start },
  tape: {
    intervalMs,
    rules,
    rows: Array.from({ length: count }, (_, at) => [start + at * intervalMs, '101', '102.5', '99.5', '101', '100000']),
  },
});

test('a grid of two lines earns a step less two fees with each swing', () => {
  const { backtest, backtestMissing } = triedGrid(pair, swinging(50));
  assert.equal(backtestMissing, null);
  assert.ok(backtest !== null);
  assert.deepEqual([backtest.candles, backtest.from, backtest.to], [50, start, start + 50 * intervalMs]);
  assert.ok(backtest.roundTrips >= 48 && backtest.roundTrips <= 50, `${backtest.roundTrips} round trips`);
  // 5 bought at 100 with the fee in base, 5 sold at 102 less the fee.
  const each = 5 * (102 * 0.999 - 100 / 0.999);
  assert.ok(Math.abs(Number(backtest.realised) / backtest.roundTrips - each) < 0.01, backtest.realised);
  assert.ok(Math.abs(Number(backtest.profit) - Number(backtest.realised)) < 12, backtest.profit);
  assert.equal(backtest.pricePercent, 0);
  suggestionAnswer.shape.backtest.parse(backtest);
});

test('what cannot be played, or not with these funds, says why', () => {
  assert.match(triedGrid(pair, swinging(0)).backtestMissing ?? '', /has no candles/);
  const poor = triedGrid(pair, { ...swinging(5), funds: '1' }).backtest;
  assert.equal(poor?.roundTrips, 0);
  assert.match(poor?.warnings.join(' ') ?? '', /need up to .* and 1 are given/);
});
