/** Sweeps over real workers: who works, in which order, and whether it was stopped in between changes no figure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, epochMs, type Lots, type Pair, type PairRules, pair, type Ticks } from '@holdfast/domain';
import type { Series } from '../data/series.ts';
import { usualAssumptions } from '../run/assumptions.ts';
import { runBacktest } from '../run/run.ts';
import { figureNames, figuresOf, sumsOf } from './figures.ts';
import { readFormula } from './formula.ts';
import { bring, type Helper } from './helpers.ts';
import type { Case } from './jobs.ts';
import { openPool } from './pool.ts';
import { chance } from './random.ts';
import { gridSearch } from './search.ts';
import { type Axis, pointKey, settingsAt } from './space.ts';
import { runSweep, type SweepPlan, type Trial } from './sweep.ts';
import { walkForward, windowsOf } from './walk-forward.ts';

const btc = pair('BTC/USDT');
const rules: PairRules = {
  pair: btc,
  tick: amount('0.01'),
  lot: amount('0.00001'),
  minPrice: 1 as Ticks,
  maxPrice: 100_000_000 as Ticks,
  minQuantity: 1 as Lots,
  maxQuantity: 900_000_000 as Lots,
  minNotional: amount('5'),
  maxOrders: 200,
  maxAlgoOrders: 5,
  maxOrderLists: 20,
};
const minute = 60_000;
const start = Date.UTC(2025, 0, 1);

function walk(rows: number): Series {
  const next = chance(7);
  const column = () => new Int32Array(rows);
  const [open, high, low, close] = [column(), column(), column(), column()];
  let price = 6_000_000;
  for (let row = 0; row < rows; row++) {
    const points = [0, 1, 2, 3].map(() => {
      price = Math.round(price * (1 + (next() - 0.5) * 0.003));
      return price;
    });
    open[row] = points[0]!;
    close[row] = points[3]!;
    high[row] = Math.max(...points);
    low[row] = Math.min(...points);
  }
  const volume = new Uint32Array(rows).fill(40_000_000);
  const segments = [{ row: 0, time: start }];
  return {
    exchange: 'test',
    pair: btc,
    intervalMs: minute,
    priceDigits: 2,
    volumeDigits: 5,
    rows,
    segments,
    open,
    high,
    low,
    close,
    volume,
  };
}

const rows = 4000;
const series = walk(rows);
const stretch = (from: number, to: number): Case => ({
  kind: 'dca',
  series: new Map<Pair, Series>([[btc, series]]),
  rules: new Map([[btc, rules]]),
  from: epochMs(start + from * minute),
  to: epochMs(start + to * minute),
  funds: { USDT: amount('100000') },
  assumptions: usualAssumptions,
});

const base = {
  start: 'at-once',
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 3,
  averagingOrdersActive: 2,
  stepPercent: '1',
  stepMultiplier: '1',
  sizeMultiplier: '1.2',
  takeProfitPercent: '1',
  cooldownSeconds: 60,
  feeAsset: 'base',
  feePercent: '0.1',
  slippagePercent: '0.5',
  entryAttempts: 5,
  retrySeconds: 10,
  stopLossPercent: '0',
};
const axes: readonly Axis[] = [
  { field: 'stepPercent', values: ['0.3', '0.6', '1.2'] },
  { field: 'takeProfitPercent', values: ['0.4', '0.8'] },
  // The kernel declines stops, so both ways of running take part.
  { field: 'stopLossPercent', values: ['0', '9'] },
];
const check = (settings: Readonly<Record<string, unknown>>): unknown => {
  if (settings.stepPercent === '1.2' && settings.takeProfitPercent === '0.8') throw new Error('these two do not go together');
  return settings;
};
const plan: SweepPlan = {
  axes,
  base,
  cases: [0, 1],
  goal: readFormula('profit - drawdown', figureNames),
  constraints: [readFormula('deals > 0', figureNames)],
  over: 'mean',
  check,
};
const cases = [stretch(0, 2000), stretch(2000, rows)];

async function sweep(workers: number): Promise<readonly Trial[]> {
  const pool = openPool(cases, workers);
  try {
    return (await runSweep(plan, gridSearch(axes), pool)).trials;
  } finally {
    await pool.close();
  }
}

test('one worker, two or none give the same ranking', async () => {
  const [none, one, two] = [await sweep(0), await sweep(1), await sweep(2)];
  assert.equal(none.length, 12);
  assert.deepEqual(one, none);
  assert.deepEqual(two, none);
  const scores = none.filter(({ score }) => !Number.isNaN(score)).map(({ score }) => score);
  assert.equal(scores.length, 10);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  assert.match(none.at(-1)?.fault ?? '', /do not go together/);
});

test('others who help change nothing, nor does one who goes away with jobs', async () => {
  const alone = openPool(cases, 0);
  const jobs = Array.from({ length: 60 }, (_, at) => ({
    settings: { ...base, takeProfitPercent: String(1 + (at % 7) / 10), ...(at === 31 ? { baseOrderSize: '1' } : {}) },
    of: at % 2,
  }));
  const expected = await alone.run(jobs);
  let [brought, closed] = [0, 0];
  const helper = (lasts: number): Helper => ({
    run: async (some) => {
      if (brought >= lasts) throw new Error('gone');
      brought += some.length;
      return bring(cases, JSON.parse(JSON.stringify(some)));
    },
    close: () => closed++,
  });
  const pool = openPool(cases, 0, [helper(Number.POSITIVE_INFINITY), helper(8)]);
  const made = await pool.run(jobs);
  await pool.close();
  assert.ok(brought >= 4 && closed === 2, `${brought} brought`);
  assert.deepEqual([...made.figures], [...expected.figures]);
  assert.deepEqual([...made.states], [...expected.states]);
  assert.deepEqual(made.faults, expected.faults);
  assert.equal(Atomics.load(made.control, 1), jobs.length);
});

test('what a sweep says of its best is what the bot itself does', async () => {
  for (const trial of (await sweep(0)).slice(0, 4))
    for (const [i, figures] of trial.figures.entries()) {
      const settings = settingsAt(axes, trial.point, base);
      const whole = figuresOf(sumsOf(runBacktest({ ...cases[i]!, settings, driver: 'step' })));
      for (const name of figureNames)
        assert.ok(
          Math.abs(whole[name]! - figures![name]!) < 1e-9 * Math.max(1, Math.abs(whole[name]!)),
          `${name} of ${pointKey(trial.point)}: ${whole[name]} ${figures![name]}`,
        );
    }
});

test('a sweep that was stopped goes on where it was and ends the same', async () => {
  const whole = await sweep(0);
  const kept = new Map<string, Trial>();
  const half = whole.slice(3, 8);
  for (const trial of half) kept.set(pointKey(trial.point), trial);
  const fresh: Trial[] = [];
  const pool = openPool(cases, 0);
  const again = await runSweep(plan, gridSearch(axes), pool, { known: kept, onTrials: (trials) => fresh.push(...trials) });
  assert.equal(fresh.length, whole.length - half.length);
  assert.deepEqual(again.trials, whole);
});

test('an aborted sweep says so and keeps what is whole', async () => {
  const pool = openPool(cases, 2);
  const abort = new AbortController();
  abort.abort();
  const end = await runSweep(plan, gridSearch(axes), pool, { signal: abort.signal });
  await pool.close();
  assert.equal(end.stopped, true);
  assert.ok(end.trials.length < end.total);
});

test('walk-forward chooses on what came before and is told by what came after', async () => {
  const windows = windowsOf({
    from: start,
    to: start + rows * minute,
    trainMs: 1500 * minute,
    testMs: 800 * minute,
    anchored: false,
  });
  assert.equal(windows.length, 3);
  const spans = windows.flatMap(({ from, split, to }) => [
    [from, split],
    [split, to],
  ]);
  const pool = openPool(
    spans.map(([from, to]) => ({ ...stretch(0, rows), from: epochMs(from!), to: epochMs(to!) })),
    2,
  );
  const { cases: _, ...rest } = plan;
  const choosing = { ...rest, constraints: [] };
  const walked = await walkForward(
    choosing,
    windows,
    (w) => ({ train: [2 * w], test: [2 * w + 1] }),
    () => gridSearch(axes),
    pool,
  );
  await pool.close();
  assert.equal(walked.steps.length, 3);
  assert.equal(walked.trials, 36);
  for (const { window, best } of walked.steps) {
    assert.ok(best !== null, `no best from ${window.from}`);
    const settings = settingsAt(axes, best.point, base);
    const own = figuresOf(
      sumsOf(runBacktest({ ...stretch(0, rows), settings, from: window.split, to: window.to, driver: 'jump' })),
    );
    assert.ok(Math.abs(own.profit! - best.test[0]!.profit!) < 1e-9, `${own.profit} ${best.test[0]!.profit}`);
  }
  const chained = walked.steps.reduce((worth, { best }) => worth * (1 + best!.test[0]!.profit!), 1) - 1;
  assert.ok(Math.abs(chained - walked.outOfSample) < 1e-12);
});
