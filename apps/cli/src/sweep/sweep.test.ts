/** `sweep` and `walk-forward` as a person types them, on candles made here; one process for all but what is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Best,
  botsOf,
  runBacktest,
  type SweepDocument,
  type SweepRow,
  storeSeries,
  type TrialRow,
} from '@holdfast/backtest';
import { readCandleFile } from '@holdfast/backtest/data';
import { Command } from 'commander';
import { addSweepCommands } from '../commands/sweep.ts';
import { CliError } from '../exit.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-sweep-'));
after(() => rmSync(data, { recursive: true, force: true }));
const start = Date.UTC(2025, 0, 1);
const minute = 60_000;

/** Minutes of a price that swings around `level` and drifts. */
function candles(rows: number, level: number, phase: number): string {
  const lines = ['time_ms,open,high,low,close,volume'];
  const price = (t: number): number => level * (1 + 0.025 * Math.sin(t / 300 + phase) + 0.012 * Math.sin(t / 47) + 0.000_001 * t);
  for (let row = 0; row < rows; row += 1) {
    const [open, close] = [price(row), price(row + 1)];
    const [high, low] = [Math.max(open, close) * 1.0002, Math.min(open, close) * 0.9998];
    lines.push([start + row * minute, ...[open, high, low, close].map((it) => it.toFixed(2)), '25.00001'].join(','));
  }
  return `${lines.join('\n')}\n`;
}

const rows = 8000;
before(async () => {
  for (const [base, level, phase] of [
    ['BTC', 60_000, 0],
    ['ETH', 3_000, 2],
  ] as const) {
    const file = join(data, `${base}.csv`);
    writeFileSync(file, candles(rows, level, phase));
    const { series, report } = await readCandleFile(file, { exchange: 'binance', pair: `${base}/USDT` });
    storeSeries(data, series, report);
  }
});

interface Told {
  readonly out: string;
  readonly error: CliError | undefined;
}

/** What one command says; its output is taken from this process. */
async function holdfast(...args: readonly string[]): Promise<Told> {
  const program = new Command('holdfast').exitOverride();
  addSweepCommands(program);
  const write = process.stdout.write;
  let out = '';
  // The runner of tests speaks by buffers, commands by text.
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
    if (typeof chunk !== 'string') return write.call(process.stdout, chunk, ...rest);
    out += chunk;
    return true;
  }) as typeof process.stdout.write;
  try {
    await program.parseAsync([...args, '--data', data], { from: 'user' });
    return { out, error: undefined };
  } catch (error) {
    assert.ok(error instanceof CliError, String((error as Error).stack));
    return { out, error };
  } finally {
    process.stdout.write = write;
  }
}

async function told<Answer>(...args: readonly string[]): Promise<Answer> {
  const { out, error } = await holdfast(...args, '--json');
  assert.equal(error, undefined, String(error));
  return JSON.parse(out) as Answer;
}

type Done = SweepDocument & { readonly state: 'done' };
const asked = ['--pair', 'BTC/USDT', '--set', 'baseOrderSize=100', '--set', 'averagingOrderSize=100', '--start-dates', '3'];
const vary = ['--vary', 'stepPercent=0.4..1.2/0.4', '--vary', 'takeProfitPercent=0.5,1,1.5'];
const inline = ['--workers', '0'];

/** What must not hang on who worked or when. */
const facts = ({ top, best, walk, hash, warnings, trials }: Done) => ({ top, best, walk, hash, warnings, trials });

test('a sweep ranks, holds out, walks forward, is kept and shown', async () => {
  const done = await told<Done>(
    'sweep',
    ...asked,
    ...vary,
    '--goal',
    'profit',
    '--name',
    'first',
    '--workers',
    '2',
    '--csv',
    join(data, 'out.csv'),
  );
  assert.deepEqual([done.state, done.trials, done.space, done.groups, done.periods.length], ['done', 9, '9', [['BTC/USDT']], 1]);
  const scores = done.top.map(({ score }) => score!);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  const best = done.best as Best;
  assert.deepEqual(best.varied, done.top[0]!.varied);
  const [one] = best.cases;
  assert.equal(one!.train.to, one!.test!.from);
  assert.equal(one!.train.to, start + rows * minute * 0.7);
  assert.equal(one!.startDates!.runs, 3);
  assert.ok(one!.deflatedSharpe === null || (one!.deflatedSharpe >= 0 && one!.deflatedSharpe <= 1));
  assert.ok(best.sensitivity !== null);
  const walk = done.walk!;
  assert.equal(walk.windows.length, 4);
  assert.equal(walk.trials, 36);
  for (const [at, { from, split, to }] of walk.windows.entries()) {
    assert.ok(from < split && split < to);
    if (at > 0) assert.equal(split, walk.windows[at - 1]!.to, 'the tests touch and do not overlap');
  }
  const chained = walk.windows.reduce((worth, { test: of }) => worth * (1 + of[0]!.profit!), 1) - 1;
  assert.ok(Math.abs(chained - walk.outOfSample.profit) < 1e-9);
  assert.ok(Math.abs(walk.outOfSample.daily.at(-1)![1] - 1 - chained) < 1e-6);
  assert.equal(readFileSync(join(data, 'out.csv'), 'utf8').trimEnd().split('\r\n').length, 10);

  assert.deepEqual(facts(await told<Done>('sweep', 'show', 'first', '--top', '100')), facts(done));
  const text = (await holdfast('sweep', 'show', 'first')).out;
  for (const said of [
    'Walk-forward',
    'Out of sample',
    'NEVER SEEN',
    'Holding through the same time',
    'The best of 9 settings',
    'Begun on 3 other days',
    'On the adverse path through each candle',
    'The same on the adverse path',
  ])
    assert.ok(text.includes(said), said);
  const page = join(data, 'page.html');
  await holdfast('sweep', 'show', 'first', '--html', page);
  const html = readFileSync(page, 'utf8');
  for (const said of ['never seen', 'How much of it is luck', 'Around the best', 'Held', done.hash])
    assert.ok(html.includes(said), said);
  assert.doesNotMatch(html, /<script|https?:\/\/(?!www\.w3\.org)/);
  assert.match((await holdfast('sweep', 'show', 'first', '--html', page)).error!.message, /is there already; give --force/);
  assert.match(
    (await holdfast('sweep', ...asked, ...vary, '--name', 'first')).error!.message,
    /is there already.*resume first.*sweep-taken/,
  );
});

test('what the best made is what the bot makes of the same settings', async () => {
  const { best } = await told<Done>('sweep', 'show', 'first');
  const { readySweep, readSweep } = await import('@holdfast/backtest');
  const { settingsOf } = await import('./ask.ts');
  const { cases } = readySweep(readSweep(data, 'first').asked, data, await settingsOf('dca', undefined));
  for (const [at, part] of [best!.cases[0]!.train, best!.cases[0]!.test!].entries()) {
    const { hash, deals } = runBacktest({ ...cases[at]!, settings: best!.settings, driver: 'step' });
    assert.deepEqual([hash, deals.length], [part.hash, part.figures.deals]);
  }
});

test('a paused sweep shows where it stands, goes on and ends as if it never stopped', async () => {
  const whole = await told<Done>('sweep', ...asked, ...vary, '--name', 'whole', ...inline);
  const paused = await told<{ state: string; done: number; total: number; top: readonly TrialRow[] }>(
    ...['sweep', ...asked, ...vary, '--name', 'stopped', ...inline, '--pause-after', '0.001s'],
  );
  assert.equal(paused.state, 'paused');
  assert.ok(paused.done < paused.total && paused.total === 45, JSON.stringify(paused));
  // Cut off in the middle of a line, as a power cut leaves it.
  const trials = join(data, 'backtests/sweeps/whole/trials.jsonl');
  const lines = readFileSync(trials, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 45);
  const torn = join(data, 'backtests/sweeps/stopped/trials.jsonl');
  writeFileSync(torn, `${lines.slice(0, 20).join('\n')}\n${lines[20]!.slice(0, 30)}`);
  const shown = await told<{ state: string; done: number }>('sweep', 'show', 'stopped');
  assert.deepEqual([shown.state, shown.done], ['paused', 20]);
  assert.match(
    (await holdfast('sweep', 'show', 'stopped')).out,
    /best so far[\s\S]*Paused after 20 of 45 settings; "holdfast sweep resume stopped"/,
  );
  assert.match(
    (await holdfast('sweep', 'compare', 'whole', 'stopped')).error!.message,
    /sweep stopped is not done.*\(sweep-not-done\)/,
  );
  const resumed = await told<Done>('sweep', 'resume', 'stopped', ...inline);
  assert.deepEqual(facts(resumed), facts(whole));
  assert.equal(readFileSync(torn, 'utf8').trimEnd().split('\n').length, 46, 'only what was missing was made again');
});

test('a sweep that is killed goes on where it was', { timeout: 240_000 }, async () => {
  const many = ['--vary', 'stepPercent=0.4..1.3/0.1', '--vary', 'takeProfitPercent=0.5..1.4/0.1'];
  // A stop loss has no kernel, so that there is time to kill it.
  const slow = ['--set', 'stopLossPercent=30', '--no-walk-forward', '--name', 'killed'];
  const main = resolve(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, 'sweep', ...asked, ...many, ...slow, '--data', data, '--workers', '1'], {
    stdio: 'ignore',
  });
  const trials = join(data, 'backtests/sweeps/killed/trials.jsonl');
  while (child.exitCode === null && !(existsSync(trials) && statSync(trials).size > 2000)) await sleep(20);
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
  const [before] = await told<SweepRow[]>('sweep', 'list').then((all) => all.filter(({ id }) => id === 'killed'));
  assert.deepEqual([before!.state, before!.best], ['paused', null]);
  assert.ok(before!.trials > 5 && before!.trials < 100, `${before!.trials} trials were kept`);
  const { trials: done } = await told<Done>('sweep', 'resume', 'killed', '--workers', '2');
  assert.equal(done, 100);
});

test('several pairs and periods in one sweep, by the mean or by the worst', async () => {
  const spans = ['--period', '2025-01-01..2025-01-03', '--period', '2025-01-03..2025-01-06'];
  const both = ['--pair', 'ETH/USDT', ...spans, '--no-walk-forward', '--goal', 'profit', ...inline];
  const mean = await told<Done>('sweep', ...asked, ...both, ...vary, '--name', 'mean');
  const worst = await told<Done>('sweep', ...asked, ...both, ...vary, '--name', 'worst', '--over', 'worst');
  assert.deepEqual(mean.groups, [['BTC/USDT'], ['ETH/USDT']]);
  assert.deepEqual(
    mean.best!.cases.map(({ pairs, period }) => [pairs[0], period]),
    [
      ['BTC/USDT', 0],
      ['ETH/USDT', 0],
      ['BTC/USDT', 1],
      ['ETH/USDT', 1],
    ],
  );
  const profits = ({ figures }: TrialRow): number[] => figures.map((it) => it!.profit!);
  for (const trial of mean.top) assert.ok(Math.abs(trial.score! - profits(trial).reduce((sum, it) => sum + it, 0) / 4) < 1e-12);
  for (const trial of worst.top) assert.equal(trial.score, Math.min(...profits(trial)));
  const compared = await told<{ differing: { name: string; values: string[] }[] }>('sweep', 'compare', 'mean', 'worst');
  assert.deepEqual(
    compared.differing.map(({ name, values }) => [name, ...values]),
    [['asked over', 'mean', 'worst']],
  );
  assert.equal(botsOf(worst, 'best', []).length, 2);
  const [bot, ...others] = botsOf(worst, 'best', ['ETH/USDT']);
  assert.deepEqual([bot!.kind, bot!.pair, bot!.name, others.length], ['dca', 'ETH/USDT', 'best', 0]);
  assert.equal(bot!.settings.stepPercent, worst.best!.varied.stepPercent);
  assert.throws(() => botsOf(worst, undefined, ['SOL/USDT']), /SOL\/USDT is not of sweep worst/);
  const overlapping = await holdfast(
    'sweep',
    ...asked,
    ...vary,
    '--period',
    '2025-01-01..2025-01-04',
    '--period',
    '2025-01-03..2025-01-05',
  );
  assert.match(overlapping.error!.message, /periods must follow each other/);
  const outside = await holdfast('sweep', ...asked, ...vary, '--period', '2024-01-01..2024-02-01');
  assert.match(
    outside.error!.message,
    /from 2024-01-01T00:00 to 2024-02-01T00:00 has no candles of every pair: they reach from 2025-01-01T00:00/,
  );
});

const few = ['--no-walk-forward', '--start-dates', '0', ...inline];
for (const [kind, args] of Object.entries({
  grid: [
    '--pair',
    'BTC/USDT',
    '--set',
    'lowerPrice=57000',
    '--set',
    'upperPrice=63000',
    '--set',
    'amountPerLine=50',
    '--vary',
    'lines=6..10/2',
  ],
  recurring: ['--pair', 'BTC/USDT', '--set', 'schedule=0 */6 * * *', '--vary', 'size=20,40'],
  trade: [
    ...['--pair', 'BTC/USDT', '--settings', '{"size":"100","takeProfits":[{"percent":"1","sharePercent":"100"}]}'],
    ...['--vary', 'takeProfits.0.percent=0.5..1.5/0.5'],
  ],
  signal: [
    ...['--pair', 'BTC/USDT', '--set', 'size=100', '--set', 'maxEntryQuote=200', '--set', 'maxInvestmentQuote=200'],
    ...['--vary', 'takeProfitPercent=1,2'],
  ],
  rebalance: [
    ...['--pair', 'BTC/USDT', '--pair', 'ETH/USDT', '--funds', '10000 USDT', '--vary', 'thresholdPercent=1..3/1', '--settings'],
    '{"targets":[{"pair":"BTC/USDT","percent":"50"},{"pair":"ETH/USDT","percent":"50"}],"cashPercent":"0"}',
  ],
  dca: [
    ...[
      '--pair',
      'BTC/USDT',
      '--settings',
      '{"baseOrderSize":"100","averagingOrderSize":"100","start":"conditions","startConditions":[{"kind":"indicator","indicator":"rsi","parameters":[14],"timeframe":"5m","when":"less","than":40}]}',
    ],
    ...['--vary', 'startConditions.0.parameters.0=7..14/7', '--vary', 'startConditions.0.than=35,40.5'],
  ],
}))
  test(`a ${kind} bot is swept`, async () => {
    const done = await told<Done>('sweep', '--kind', kind, ...args, ...few, '--name', `kind-${kind}`);
    assert.ok(done.best !== null, done.warnings.join('\n'));
    assert.equal(done.impossible, 0, done.fault ?? '');
    if (kind === 'rebalance') assert.deepEqual(done.groups, [['BTC/USDT', 'ETH/USDT']]);
    if (kind !== 'signal') assert.ok(done.best.cases[0]!.train.figures.fills! > 0, 'it traded');
  });

test('evolution keeps its budget, and the same seed finds the same', async () => {
  const many = ['--vary', 'stepPercent=0.2..3/0.05', '--vary', 'takeProfitPercent=0.2..3/0.05', '--method', 'evolution'];
  const wanted = [...many, '--trials', '40', '--seed', '3', '--no-walk-forward'];
  const once = await told<Done>('sweep', ...asked, ...wanted, '--name', 'e1', ...inline);
  const again = await told<Done>('sweep', ...asked, ...wanted, '--name', 'e2', '--workers', '2');
  assert.deepEqual([once.trials, once.space], [40, '3249']);
  assert.deepEqual(again.top, once.top);
});

test('walk-forward chooses the best of the newest candles and tells what was never seen', async () => {
  const done = await told<Done>(
    'walk-forward',
    ...asked,
    ...vary,
    '--train-days',
    '2',
    '--test-days',
    '1',
    ...inline,
    '--name',
    'walked',
  );
  assert.equal(done.walk!.windows.length, 3);
  const [one] = done.best!.cases;
  assert.equal(one!.test, null);
  assert.deepEqual([one!.train.from, one!.train.to], [start + (rows - 2 * 1440) * minute, start + rows * minute]);
  const anchored = await told<Done>(
    'walk-forward',
    ...asked,
    ...vary,
    '--train-days',
    '2',
    '--test-days',
    '1',
    '--anchored',
    ...inline,
    '--name',
    'anchored',
  );
  assert.deepEqual(
    anchored.walk!.windows.map(({ from }) => from),
    [start, start, start],
  );
  assert.match(
    (await holdfast('walk-forward', ...asked, ...vary, '--train-days', '300')).error!.message,
    /hold no train stretch of 300\.0 days/,
  );
});

test('requirements that nothing meets are said, and no bot can be made', async () => {
  const none = await told<Done>('sweep', ...asked, ...vary, '--require', 'profit > 5', ...inline, '--name', 'none');
  assert.equal(none.best, null);
  assert.equal(none.unfit, 9);
  assert.match(none.warnings.join('\n'), /No settings met what is required/);
  assert.match((await holdfast('sweep', 'as-bot', 'none')).error!.message, /found no settings that met what is required/);
  assert.match((await holdfast('sweep', 'show', 'none')).out, /No settings met/);
});

test('other candles, damage and strangers are refused by name', async () => {
  assert.match(
    (await holdfast('sweep', 'show', 'nobody')).error!.message,
    /there is no sweep nobody; "holdfast sweep list" shows/,
  );
  assert.match((await holdfast('sweep', 'show', '../x')).error!.message, /no name of a sweep/);
  const plan = join(data, 'backtests/sweeps/walked/plan.json');
  const text = readFileSync(plan, 'utf8');
  writeFileSync(plan, text.replace(/"sha256": "./, '"sha256": "z'));
  rmSync(join(data, 'backtests/sweeps/walked/result.json'));
  assert.match(
    (await holdfast('sweep', 'resume', 'walked')).error!.message,
    /candles are not those that sweep walked was begun with/,
  );
  appendFileSync(plan, 'x');
  const damaged = (await holdfast('sweep', 'resume', 'walked')).error!;
  assert.match(damaged.message, /plan\.json is damaged/);
  assert.equal(damaged.code, 65);
  assert.deepEqual(await told('sweep', 'remove', 'none', 'anchored'), { removed: ['none', 'anchored'] });
  assert.ok(!existsSync(join(data, 'backtests/sweeps/none')));
  assert.ok(!(await told<SweepRow[]>('sweep', 'list')).some(({ id }) => id === 'none' || id === 'walked'));
});

for (const [args, why] of [
  [['--vary', 'stepPercentt=1..2/1'], /"stepPercentt" is no setting/],
  [['--vary', 'stepPercent=2..1/1'], /name the lower one first/],
  [[], /say what varies/],
  [['--vary', 'stepPercent=1..2/1', '--goal', 'profitt'], /"profitt" is no figure; there are profit,/],
  [['--vary', 'stepPercent=1..2/1', '--vary', 'stepPercent=3,4'], /stepPercent is varied twice/],
  [['--vary', 'stepPercent=-2..-1/1'], /settings: stepPercent/],
  [['--vary', 'ladder.0.percent=1..2/1'], /must stand in the settings/],
  [
    ['--vary', 'stepPercent=0.01..50/0.01', '--vary', 'takeProfitPercent=0.01..50/0.01', '--method', 'grid'],
    /a grid of 25000000 settings is more than 1000000/,
  ],
  [
    [
      '--vary',
      'stepPercent=0.01..10/0.01',
      '--vary',
      'takeProfitPercent=0.01..10/0.01',
      '--method',
      'grid',
      '--vary',
      'stepMultiplier=1..2/0.001',
    ],
    /a grid of 1001000000 settings/,
  ],
  [
    [
      '--vary',
      'stepPercent=0.01..50/0.01',
      '--vary',
      'takeProfitPercent=0.01..50/0.01',
      '--trials',
      '1000000',
      ...Array.from({ length: 15 }, (_, day) => [
        '--period',
        `2025-01-0${1 + Math.floor(day / 3)}T${['00', '08', '16'][day % 3]}:00Z..2025-01-0${1 + Math.floor((day + 1) / 3)}T${['00', '08', '16'][(day + 1) % 3]}:00Z`,
      ]).flat(),
      '--no-walk-forward',
      '--pair',
      'ETH/USDT',
      '--pair',
      'BTC/USDT',
      '--pair',
      'ETH/USDT',
    ],
    /60000000 runs, more than 50000000/,
  ],
] as const)
  test(`a sweep with ${args.slice(0, 6).join(' ') || 'nothing'} is refused`, async () => {
    const { error } = await holdfast('sweep', ...asked, ...args);
    assert.match(error!.message, why);
    assert.equal(error!.code, 64, error!.message);
    assert.equal(error!.message.split('\n').length, 1);
  });
