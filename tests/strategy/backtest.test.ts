/** A strategy of one's own in a backtest: its confined process decides, both drivers agree, and it knows nothing of the future. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import {
  type Case,
  checkLookahead,
  type Job,
  openPool,
  type RunRequest,
  runBacktest,
  timeOf,
  usualAssumptions,
} from '@holdfast/backtest';
import type { EpochMs } from '@holdfast/domain';
import { testRules } from '@holdfast/testkit';
import { ownBacktest } from '../../apps/cli/src/commands/backtest-own.ts';
import { walkSeries } from '../../packages/backtest/src/run/testing/tables.ts';

const file = resolve(import.meta.dirname, '../../docs/examples/strategy.ts');
const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');

test('the example runs over candles as any kind does', async (t) => {
  const it = await ownBacktest(file);
  t.after(() => it.end());
  assert.match(it.kind, /^own-dip-[0-9a-f]{8}$/);
  assert.throws(() => it.settings({ closes: '1', other: 'x' }), /other: is not a setting.*funds: must be given; closes: must be/);
  const request: RunRequest = {
    kind: it.kind,
    own: it.own,
    settings: it.settings({ funds: '1000', closes: '4', fallPercent: '0.05', gainPercent: '0.25' }),
    series: new Map([[rules.pair, walkSeries(rules, { rows: 400, seed: 3 })]]),
    rules: new Map([[rules.pair, rules]]),
    from: 0 as EpochMs,
    to: Number.MAX_SAFE_INTEGER as EpochMs,
    funds: null,
    assumptions: { ...usualAssumptions, volumeShare: null, depth: 'best' },
    driver: 'jump',
  };
  const run = runBacktest(request);
  assert.ok(run.deals.length >= 2, `${run.deals.length} deals, ${run.fills.length} fills`);
  assert.equal(run.kind, it.kind);
  assert.deepEqual(run.warnings, []);
  assert.equal(runBacktest({ ...request, driver: 'step' }).hash, run.hash);
  const { holds, cuts } = checkLookahead(request, runBacktest, 2);
  assert.ok(holds, JSON.stringify(cuts));
});

test('a sweep asks a process for each worker and gives what one alone gives', async (t) => {
  const it = await ownBacktest(file);
  t.after(() => it.end());
  const series = walkSeries(rules, { rows: 160, seed: 4 });
  const stretch = (from: number, to: number): Case => ({
    kind: it.kind,
    own: it.own,
    series: new Map([[rules.pair, series]]),
    rules: new Map([[rules.pair, rules]]),
    from: timeOf(series, from) as EpochMs,
    to: timeOf(series, to) as EpochMs,
    funds: null,
    assumptions: { ...usualAssumptions, volumeShare: null, depth: 'best' },
  });
  const cases = [stretch(0, 80), stretch(70, 159)];
  const jobs: readonly Job[] = Array.from({ length: 8 }, (_, at) => ({
    settings: it.settings({ funds: '1000', closes: String(2 + (at >> 1)), fallPercent: '0.05', gainPercent: '0.25' }),
    of: at % 2,
  }));
  const alone = await openPool(cases, 0).run(jobs);
  const own = await it.more(2);
  assert.equal(new Set(own.folders).size, 2);
  const pool = openPool(cases, 2, [], own);
  t.after(() => pool.close());
  const shared = await pool.run(jobs);
  assert.deepEqual(alone.faults, []);
  assert.deepEqual(shared.faults, []);
  assert.deepEqual(shared.figures, alone.figures);
  assert.ok(new Set(alone.figures).size > 20);
});

test('a file that is none is refused before anything runs', async () => {
  await assert.rejects(ownBacktest('/nowhere/dip.ts'), /the strategy \/nowhere\/dip.ts cannot be read/);
  await assert.rejects(ownBacktest(resolve(import.meta.dirname, '../terminal/page.ts')), /may import @holdfast\/domain/);
});
