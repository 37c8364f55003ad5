/** A plain strategy and the bot of it: the same fills, one by one, and the same money. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, epochMs } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import fc from 'fast-check';
import { FillLog } from '../kernels/fill-log.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import { columnsOf } from '../run/columns.ts';
import type { Assumptions } from '../run/result.ts';
import { runBacktest } from '../run/run.ts';
import { tableStart, walkSeries } from '../run/testing/tables.ts';
import { chance } from '../sweep/random.ts';
import { plainKind } from './plain-kind.ts';
import { type PlainStrategy, runPlain } from './run-plain.ts';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const funds = { USDT: amount('2000'), BTC: amount('0.5') };

/** Does something at about every fifth close, by what the row's number makes of a seed. */
const byChance =
  (seed: number): PlainStrategy =>
  (row, { close }, { resting }) => {
    const next = chance(seed + row * 7919);
    if (next() > 0.2) return null;
    if (resting > 0 && next() < 0.2) return { side: 'buy', lots: 0, limit: 0, rests: false };
    const side = next() < 0.5 ? 'buy' : 'sell';
    const away = Math.round((next() - 0.4) * 400) * (side === 'buy' ? -1 : 1);
    return { side, lots: 1 + Math.floor(next() * 60_000), limit: close[row]! + away, rests: next() < 0.6 };
  };

const assumptions = fc.record({
  fill: fc.constantFrom('touch', 'through'),
  spreadTicks: fc.constantFrom(1, 7),
  slippageTicks: fc.constantFrom(0, 3),
  feeIn: fc.constantFrom('received', 'quote'),
  volumeShare: fc.constantFrom(null, 1, 0.1),
  depth: fc.constantFrom('best', 'house'),
});

const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

test('a plain strategy does what the bot of it does, fill by fill', () => {
  let [fills, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 3, max: 400 }),
      fc.integer({ min: 0, max: 50 }),
      fc.boolean(),
      assumptions,
      (seed, rows, first, some, given) => {
        const series = walkSeries(rules, { rows, seed, gaps: 0.01, quiet: 0.1 });
        const columns = columnsOf(series, rules);
        const from = Math.min(first, series.rows - 2);
        const assumed = { ...usualAssumptions, ...given } as Assumptions;
        const at = some ? Int32Array.from({ length: Math.ceil(series.rows / 7) }, (_, n) => n * 7) : undefined;
        const parts = { strategy: byChance(seed), columns, ...(at === undefined ? {} : { at }) };
        const log = new FillLog();
        const fast = runPlain({ ...parts, assumptions: assumed, funds, first: from, log })!;
        const slow = runBacktest({
          kind: 'plain',
          own: () => plainKind(parts),
          settings: null,
          series: new Map([[rules.pair, series]]),
          rules: new Map([[rules.pair, rules]]),
          from: epochMs(timeOfRow(series, from)),
          to: epochMs(tableStart * 2),
          funds,
          assumptions: assumed,
          driver: 'jump',
        });
        assert.deepEqual(
          [...log.over(columns)].map(({ at: when, side, price, lots, fee, maker }) =>
            [when, side, price, lots, fee, maker].join(' '),
          ),
          slow.fills.map(({ at: when, side, price, quantity, fee, maker }) =>
            [when, side, price / rules.tick, quantity / rules.lot, fee / 10n ** 10n, maker].join(' '),
          ),
        );
        assert.equal(fast.fills, slow.fills.length);
        assert.equal(
          fast.refused,
          Object.values(slow.refused).reduce((sum, count) => sum + count, 0),
        );
        near(fast.drawdown.most, slow.drawdown.most);
        near(fast.endEquity, Number(slow.endEquity) / 1e18);
        near(fast.fees / 1e8, Number(slow.fees) / 1e18);
        assert.deepEqual(fast.daily.times, slow.daily.times);
        for (const [day, value] of fast.daily.values.entries()) near(value, slow.daily.values[day]!);
        fills += fast.fills;
        refused += fast.refused;
      },
    ),
    { numRuns: 120 },
  );
  assert.ok(fills > 500 && refused > 100, `${fills} fills and ${refused} refusals`);
});

function timeOfRow({ segments, intervalMs }: ReturnType<typeof walkSeries>, row: number): number {
  const { row: began, time } = segments.findLast((segment) => segment.row <= row)!;
  return time + (row - began) * intervalMs;
}

test('what plain numbers cannot hold is left to the bot', () => {
  const columns = columnsOf(walkSeries(rules, { rows: 20, seed: 1 }), rules);
  const run = (change: Partial<Assumptions>) =>
    runPlain({ strategy: byChance(1), columns, funds, assumptions: { ...usualAssumptions, ...change } });
  assert.notEqual(run({}), null);
  assert.equal(run({ latencyMs: 20 }), null);
  assert.equal(run({ path: 'adverse' }), null);
});
