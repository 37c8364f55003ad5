/** `sweep` and `walk-forward` as a person types them, on candles made here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');
let data = '';

function holdfast(...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', data], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** Minutes of a price that swings around 60,000 and drifts. */
function candles(rows: number): string {
  const lines = ['time_ms,open,high,low,close,volume'];
  const start = Date.UTC(2025, 0, 1);
  const price = (t: number): number => 60_000 + 1500 * Math.sin(t / 300) + 700 * Math.sin(t / 47) + 0.05 * t;
  for (let row = 0; row < rows; row++) {
    const [open, close] = [price(row), price(row + 1)];
    const [high, low] = [Math.max(open, close) + 12, Math.min(open, close) - 12];
    lines.push([start + row * 60_000, ...[open, high, low, close].map((it) => it.toFixed(2)), '25.00000'].join(','));
  }
  return `${lines.join('\n')}\n`;
}

before(() => {
  data = mkdtempSync(join(tmpdir(), 'holdfast-sweep-'));
  const file = join(data, 'BINANCE-BTC-USDT-1m.csv');
  writeFileSync(file, candles(12_000));
  const { code, err } = holdfast('data', 'import', file);
  assert.equal(code, 0, err);
});
after(() => rmSync(data, { recursive: true, force: true }));

const asked = ['--pair', 'BTC/USDT', '--set', 'baseOrderSize=100', '--set', 'averagingOrderSize=100'];
const vary = ['--vary', 'stepPercent=0.4..1.2/0.4', '--vary', 'takeProfitPercent=0.5,1,1.5'];

interface Told {
  readonly total: number;
  readonly done: number;
  readonly best: {
    readonly varied: Record<string, string>;
    readonly train: { profit: number }[];
    readonly test: { profit: number }[];
  };
  readonly trials: {
    readonly settings: Record<string, string>;
    readonly score: number;
    readonly figures: { profit: number }[];
  }[];
}

test('a sweep ranks, is kept, shown again and gone on with', () => {
  const first = holdfast('sweep', ...asked, ...vary, '--goal', 'profit', '--name', 'first', '--json', '--workers', '2');
  assert.equal(first.code, 0, first.err);
  const told = JSON.parse(first.out) as Told;
  assert.equal(told.total, 9);
  assert.equal(told.done, 9);
  const scores = told.trials.map(({ score }) => score);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  assert.deepEqual(told.best.varied, told.trials[0]!.settings);
  assert.equal(told.best.test.length, 1);
  // The same settings by `backtest`, on the part that they were chosen by and on the other.
  const { stepPercent, takeProfitPercent } = told.best.varied;
  const sets = ['--set', `stepPercent=${stepPercent}`, '--set', `takeProfitPercent=${takeProfitPercent}`];
  const split = Date.UTC(2025, 0, 1) + 12_000 * 0.7 * 60_000;
  for (const [period, profit] of [
    [['--to', String(split)], told.best.train[0]!.profit],
    [['--from', String(split)], told.best.test[0]!.profit],
  ] as const) {
    const own = holdfast(
      'backtest',
      ...asked,
      ...sets,
      ...period,
      '--no-store',
      '--json',
      '--start-dates',
      '0',
      '--deal-orders',
      '0',
    );
    assert.equal(own.code, 0, own.err);
    const { totalReturn } = (JSON.parse(own.out) as { metrics: { totalReturn: number } }).metrics;
    assert.ok(Math.abs(totalReturn - profit) < 1e-6, `${totalReturn} ${profit}`);
  }
  // Cut off in the middle of a line, as a power cut leaves it.
  const trials = join(data, 'sweeps/first/trials.jsonl');
  const lines = readFileSync(trials, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 9);
  writeFileSync(trials, `${lines.slice(0, 4).join('\n')}\n`);
  appendFileSync(trials, lines[4]!.slice(0, 30));
  const resumed = holdfast('sweep', 'resume', 'first', '--json', '--workers', '1');
  assert.equal(resumed.code, 0, resumed.err);
  assert.deepEqual((JSON.parse(resumed.out) as Told).trials, told.trials);
  const shown = holdfast('sweep', 'show', 'first', '--json');
  assert.deepEqual((JSON.parse(shown.out) as Told).best, told.best);
  assert.match(holdfast('sweep', 'list').out, /first/);
  assert.match(holdfast('sweep', ...asked, ...vary, '--name', 'first').err, /is there already.*resume first/);
});

test('evolution keeps its budget, and the same seed finds the same', () => {
  const many = [
    '--vary',
    'stepPercent=0.2..3/0.05',
    '--vary',
    'takeProfitPercent=0.2..3/0.05',
    '--method',
    'evolution',
    '--trials',
    '40',
  ];
  const once = JSON.parse(holdfast('sweep', ...asked, ...many, '--seed', '3', '--name', 'e1', '--json').out) as Told;
  const again = JSON.parse(
    holdfast('sweep', ...asked, ...many, '--seed', '3', '--name', 'e2', '--json', '--workers', '1').out,
  ) as Told;
  assert.equal(once.done, 40);
  assert.deepEqual(again.trials, once.trials);
});

test('walk-forward tells what was never seen', () => {
  const { code, out, err } = holdfast('walk-forward', ...asked, ...vary, '--train-days', '3', '--test-days', '2', '--json');
  assert.equal(code, 0, err);
  const told = JSON.parse(out) as {
    windows: number;
    steps: { from: number; split: number; test: { profit: number }[] }[];
    outOfSample: number;
  };
  assert.equal(told.windows, 2);
  const chained = told.steps.reduce((worth, { test: of }) => worth * (1 + of[0]!.profit), 1) - 1;
  assert.ok(Math.abs(chained - told.outOfSample) < 1e-12);
  assert.match(holdfast('walk-forward', ...asked, ...vary, '--train-days', '300').err, /hold no train stretch of 300\.0 days/);
});

for (const [args, why] of [
  [['--vary', 'stepPercentt=1..2/1'], /"stepPercentt" is no setting/],
  [['--vary', 'stepPercent=2..1/1'], /name the lower one first/],
  [[], /say what varies/],
  [['--vary', 'stepPercent=1..2/1', '--goal', 'profitt'], /"profitt" is no figure; there are profit,/],
  [['--vary', 'stepPercent=1..2/1', '--vary', 'stepPercent=3,4'], /stepPercent is varied twice/],
  [
    ['--vary', 'stepPercent=0.01..50/0.01', '--vary', 'takeProfitPercent=0.01..50/0.01', '--method', 'grid'],
    /a grid of 25000000 settings/,
  ],
] as const)
  test(`a sweep with ${args.join(' ') || 'nothing'} is refused`, () => {
    const { code, err } = holdfast('sweep', ...asked, ...args);
    assert.equal(code, 64, err);
    assert.match(err, why);
    assert.equal(err.trimEnd().split('\n').length, 1);
  });
