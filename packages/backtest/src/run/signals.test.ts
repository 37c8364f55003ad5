/** Signals in a backtest: what conditions make of them as in the engine, the same by steps and jumps, and nothing before its time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import { epochMs } from '@holdfast/domain';
import type { Outside, RunResult } from './result.ts';
import { runBacktest } from './run.ts';
import { requestOf, rules } from './testing/play.ts';
import { tableStart, walkSeries } from './testing/tables.ts';

const minute = 60_000;
const signal = (seconds: number, name: string): Outside => ({
  at: epochMs(tableStart + seconds * 1000),
  kind: 'signal',
  signal: { id: `${name}-${seconds}`, price: null, ask: { kind: 'condition', name } },
});

const dca = {
  feePercent: '0',
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 0,
  takeProfitPercent: '50',
  start: 'conditions',
};

function run(settings: object, candles: string, outside: readonly Outside[]): RunResult {
  const request = { ...requestOf({ kind: 'dca', settings: { ...dca, ...settings }, candles }), outside };
  const result = runBacktest(request);
  assert.equal(runBacktest({ ...request, driver: 'jump' }).hash, result.hash);
  return result;
}

const quiet = (minutes: number): string => Array.from({ length: minutes }, () => '100 100.1 99.9 100').join('\n');
const fills = ({ fills: all }: RunResult): string[] => all.map(({ at, side }) => `${side} ${(at - tableStart) / 1000}`);

test('a signal wakes who waits for it when it comes; the order meets the prices of then', () => {
  const result = run({ startConditions: 'signal go 60s' }, quiet(10), [signal(125, 'go')]);
  assert.deepEqual(fills(result), ['buy 125']);
});

test('a signal together with an indicator holds while it counts', () => {
  const falling = [...Array.from({ length: 6 }, (_, at) => `${100 - at} ${100 - at} ${99 - at} ${99 - at}`), quiet(4)].join('\n');
  // Below 96 for the first time at the close of the fourth minute, which the next tick tells.
  const both = { startConditions: 'price 1m < 96.5; signal go 120s' };
  assert.deepEqual(fills(run(both, falling, [signal(130, 'go')])), ['buy 240']);
  assert.deepEqual(fills(run(both, falling, [signal(10, 'go')])), [], 'it came too early');
  assert.deepEqual(fills(run(both, falling, [signal(290, 'go')])), ['buy 290'], 'the indicator held already');
});

test('a signal that nobody waits for is refused and never counts', () => {
  const settings = { startConditions: 'signal go 60s', closeConditions: 'signal out 600s', cooldownSeconds: 60 };
  const candles = quiet(30);
  const result = run(settings, candles, [signal(30, 'out'), signal(65, 'go'), signal(300, 'what'), signal(600, 'out')]);
  assert.deepEqual(fills(result), ['buy 65', 'sell 600']);
  assert.deepEqual(result.refused, { 'signal-not-now': 1, 'signal-unsupported': 1 });
});

test('a command for one of several deals is for that one; for one that is not open it is refused', () => {
  const settings = { start: 'command', dealsAtOnce: 2, dealsPerPair: 2 };
  const command = (seconds: number, name: 'start-deal' | 'close-now', deal?: number): Outside => ({
    at: epochMs(tableStart + seconds * 1000),
    kind: 'command',
    command: { name },
    ...(deal === undefined ? {} : { deal }),
  });
  const starts = [command(65, 'start-deal'), command(200, 'start-deal')];
  const result = run(settings, quiet(20), [...starts, command(400, 'close-now', 7), command(500, 'close-now', 1)]);
  assert.deepEqual(fills(result), ['buy 65', 'buy 200', 'sell 500']);
  assert.deepEqual(result.refused, { 'command-refused': 1 });
  assert.deepEqual(
    result.deals.map(({ number, ending }) => [number, ending]),
    [[1, 'closed']],
  );
});

test('random signals and conditions: stepping and jumping alike', () => {
  let bought = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const series = walkSeries(rules, { rows: 600, seed, price: 10_000, move: 40, gaps: seed % 3 === 0 ? 0.02 : 0 });
    const outside = Array.from({ length: 80 }, (_, at) =>
      signal(at * 430 + ((seed * 37 * at) % 400), at % 3 === 0 ? 'out' : 'go'),
    );
    const settings = botSettings.dca.parse({
      ...dca,
      startConditions: seed % 2 === 0 ? 'signal go 90s' : 'rsi(7) 1m < 55; signal go 300s',
      closeConditions: 'rsi(7) 5m > 40; signal out 900s',
      cooldownSeconds: 60,
    });
    const request = {
      ...requestOf({ kind: 'dca', settings: { ...dca, start: 'at-once' }, candles: quiet(1) }),
      settings,
      series: new Map([[rules.pair, series]]),
      outside,
    };
    const step = runBacktest(request);
    assert.equal(runBacktest({ ...request, driver: 'jump' }).hash, step.hash, `seed ${seed}`);
    bought += step.fills.length;
    const cut = tableStart + 300 * minute;
    const before = outside.filter(({ at }) => at < cut);
    const short = runBacktest({ ...request, outside: before, to: epochMs(cut) }).fills;
    assert.deepEqual(
      short,
      step.fills.filter(({ at }) => at < cut),
      `seed ${seed}: signals behind change nothing`,
    );
  }
  assert.ok(bought > 30, `${bought} fills`);
});
