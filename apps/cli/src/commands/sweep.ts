/** `sweep` and `walk-forward`: many settings over stored candles, and what the best of them are worth where nothing was chosen. */
import type { Figures, Method, SweepEnd, SweepTrial, WalkForward } from '@holdfast/backtest';
import { botSettings } from '@holdfast/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { openDataDirectory } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';
import { bestOf, type Judged, judge } from '../sweep/judge.ts';
import { type Ready, ready, type SweepAsk, searchOf } from '../sweep/plan.ts';
import { append, create, known, list, read, type StoredSweep } from '../sweep/store.ts';
import { refusing } from './backtest.ts';
import { type AskFlags, askOf, askOptions } from './backtest-ask.ts';

interface SweepFlags extends AskFlags {
  readonly vary: readonly string[];
  readonly method?: Method;
  readonly trials: number;
  readonly goal: string;
  readonly require: readonly string[];
  readonly over: 'mean' | 'worst';
  readonly holdOut: number;
  readonly workers?: number;
  readonly top: number;
  readonly name?: string;
}

interface WalkFlags extends SweepFlags {
  readonly trainDays: number;
  readonly testDays: number;
  readonly anchored?: true;
}

const several = (text: string, before: readonly string[]): readonly string[] => [...before, text];

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}, got "${text}"`);
  };

function readShare(text: string): number {
  const value = Number(text.endsWith('%') ? text.slice(0, -1) : text) / (text.endsWith('%') ? 100 : 1);
  if (/^[\d.]+%?$/.test(text) && value >= 0 && value <= 0.9) return value;
  throw new InvalidArgumentError(`a share from 0 to 90 % such as 30% or 0.3, got "${text}"`);
}

const oneOf =
  <const Value extends string>(...values: readonly Value[]) =>
  (text: string): Value => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`must be ${values.join(' or ')}, got "${text}"`);
    return found;
  };

/** A grid of at most so many points is tried whole when no method is named. */
const wholeGridMost = 5000;

const sweepOptions = (command: Command): Command =>
  askOptions(command)
    .option(
      '--vary <setting>',
      'FIELD=FROM..TO/STEP, such as stepPercent=0.5..3/0.25, or FIELD=VALUE,VALUE; give it again for more',
      several,
      [],
    )
    .option(
      '--method <method>',
      'grid, random or evolution; a small grid whole, else evolution',
      oneOf('grid', 'random', 'evolution'),
    )
    .option('--trials <n>', 'settings tried by random or evolution', whole(1, 1_000_000), 1000)
    .option('--goal <formula>', 'what is to be large, such as "calmar" or "profit / (drawdown + 0.01)"', 'profit - drawdown')
    .option('--require <formula>', 'must hold, such as "drawdown < 0.2"; may be given again', several, [])
    .option('--over <how>', 'of several pairs: mean or worst', oneOf('mean', 'worst'), 'mean')
    .option('--workers <n>', 'threads; one for each core when left out, 0 for none', whole(0, 64));

async function opened(flags: SweepFlags): Promise<SweepAsk> {
  const backtest = await import('@holdfast/backtest');
  if (flags.vary.length === 0)
    throw new CliError(exitCode.usage, 'say what varies, such as --vary takeProfitPercent=0.5..3/0.25');
  const forms = (await import('../sweep/plan.ts')).formsOf(flags.kind);
  const axes = flags.vary.map((text) => backtest.readAxis(text, forms));
  // What varies need not be set as well.
  const ask = askOf({ ...flags, set: [...axes.map(({ field, values }) => `${field}=${values[0]}`), ...flags.set] });
  const method = flags.method ?? (backtest.pointsOf(axes) <= BigInt(wholeGridMost) ? 'grid' : 'evolution');
  const { vary, trials, goal, require, over } = flags;
  return { v: 1, ask, vary, method, trials, goal, require, over, holdOut: flags.holdOut };
}

/** Rate, share and time left on one line of a terminal. */
function progress(json: true | undefined): (done: number, total: number) => void {
  if (json === true || !process.stderr.isTTY) return () => {};
  const began = Date.now();
  return (done, total) => {
    const seconds = (Date.now() - began) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
    const line = done >= total ? '' : `${done} of ${total} settings, ${rate.toFixed(0)} a second, ${left} s left`;
    process.stderr.write(`\r\u001b[K${line}`);
  };
}

/** Ctrl-C stops after the runs that are going on, and keeps them. */
function untilInterrupted(): { readonly signal: AbortSignal; readonly done: () => void } {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  return { signal: abort.signal, done: () => process.off('SIGINT', stop) };
}

const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '-' : `${share > 0 ? '+' : ''}${(share * 100).toFixed(2)}%`;
const plain = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(2));

function trialRow({ axes }: Ready, { point, score, figures }: SweepTrial): string[] {
  const mean = (name: string): number =>
    figures.reduce((sum, it) => sum + (it?.[name] ?? Number.NaN), 0) / Math.max(1, figures.length);
  return [
    ...axes.map(({ values }, i) => String(values[point[i]!])),
    Number.isNaN(score) ? '-' : score.toPrecision(4),
    percent(mean('profit')),
    percent(-mean('drawdown')),
    mean('deals').toFixed(0),
    plain(mean('sharpe')),
  ];
}

const trialHead = ({ axes }: Ready): string[] => [
  ...axes.map(({ field }) => field),
  'score',
  'profit',
  'fall',
  'deals',
  'sharpe',
];

const figureRow = (name: string, it: Figures): string[] => [
  name,
  percent(it.profit),
  percent(it.buyAndHold),
  percent(-it.drawdown!),
  it.deals!.toFixed(0),
  percent(it.timeInMarket),
  plain(it.sharpe),
  plain(it.calmar),
];
const figureHead = ['', 'profit', 'held', 'fall', 'deals', 'in market', 'sharpe', 'calmar'];

async function tellBest(made: Ready, judged: Judged): Promise<void> {
  const { sensitivityText } = await import('@holdfast/backtest');
  const of = (part: 'train' | 'test') => made.stretches.filter((it) => it.part === part);
  const rows = [
    ...judged.train.map((it, at) => figureRow(`${of('train')[at]!.pair} chosen by`, it)),
    ...judged.test.map((it, at) => figureRow(`${of('test')[at]!.pair} never seen`, it)),
  ];
  print(
    `\nThe best, run by the bot itself: ${Object.entries(judged.varied)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  );
  print(table(figureHead, rows));
  const [train] = of('train');
  const [test] = of('test');
  if (test !== undefined)
    print(
      `Chosen by ${timeText(train!.from)} to ${timeText(train!.to)}; never seen: up to ${timeText(test.to)}. Believe the second.`,
    );
  const luck = judged.deflatedSharpe[0];
  print(
    `The best of ${judged.trials} settings${luck === null || luck === undefined ? '' : `: ${(luck * 100).toFixed(0)} % likely to be better than luck among so many (deflated Sharpe)`}.`,
  );
  if (judged.sensitivity !== null) print(sensitivityText(judged.sensitivity));
}

const sweepJson = (id: string | null, made: Ready, end: SweepEnd, judged: Judged | null, top: number) => ({
  id,
  total: end.total,
  done: end.trials.length,
  stopped: end.stopped,
  best: judged,
  stretches: made.stretches,
  trials: end.trials.slice(0, top).map(({ point, figures, fault, score }) => ({
    settings: Object.fromEntries(made.axes.map(({ field, values }, i) => [field, values[point[i]!]])),
    score: Number.isNaN(score) ? null : score,
    figures,
    fault,
  })),
});

async function perform(id: string, stored: StoredSweep, flags: Common & { readonly workers?: number; readonly top: number }) {
  const { openPool, runSweep } = await import('@holdfast/backtest');
  const made = ready(stored.asked, flags.data);
  if (JSON.stringify(made.data) !== JSON.stringify(stored.data))
    throw new CliError(
      exitCode.failed,
      `the candles are not those that sweep ${id} was begun with; begin a new one with another --name`,
    );
  const interrupt = untilInterrupted();
  const pool = openPool(made.cases, flags.workers);
  try {
    const end = await runSweep(made.plan, searchOf(stored.asked, made.axes), pool, {
      known: known(flags.data, id),
      onTrials: (trials) => append(flags.data, id, trials),
      onProgress: progress(flags.json),
      signal: interrupt.signal,
    });
    await tell(id, made, end, flags);
  } finally {
    interrupt.done();
    await pool.close();
  }
}

async function tell(id: string, made: Ready, end: SweepEnd, { json, top }: Common & { readonly top: number }): Promise<void> {
  const best = bestOf(end);
  const judged = best === undefined ? null : judge(made, end, best);
  if (json) return printJson(sweepJson(id, made, end, judged, top));
  const rows = end.trials.filter(({ score }) => !Number.isNaN(score)).slice(0, top);
  print(
    table(
      trialHead(made),
      rows.map((trial) => trialRow(made, trial)),
    ),
  );
  const failed = end.trials.filter(({ fault }) => fault !== null);
  if (failed.length > 0) print(`${failed.length} settings cannot trade, such as: ${failed[0]!.fault}`);
  if (end.stopped) print(`Stopped after ${end.trials.length} of ${end.total}; "holdfast sweep resume ${id}" goes on.`);
  if (judged === null) print('No settings met what is required.');
  else await tellBest(made, judged);
  print(`Kept as ${id}; "holdfast sweep show ${id}" shows it again`);
}

const newId = (kind: string, pairs: readonly string[]): string =>
  `${kind}-${pairs.map((pair) => pair.replace('/', '').toLowerCase()).join('-')}-${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}`.slice(
    0,
    60,
  );

async function begin(flags: SweepFlags): Promise<void> {
  const asked = await opened(flags);
  const made = ready(asked, flags.data);
  const id = flags.name ?? newId(asked.ask.kind, asked.ask.pairs);
  const stored: StoredSweep = { asked, madeAt: Date.now(), data: made.data };
  create(openDataDirectory(flags.data), id, stored);
  await perform(id, stored, flags);
}

async function walk(flags: WalkFlags): Promise<void> {
  const backtest = await import('@holdfast/backtest');
  const asked = { ...(await opened({ ...flags, holdOut: 0 })), holdOut: 0 };
  const made = ready(asked, flags.data);
  const day = 86_400_000;
  const from = Math.max(...made.cases.map((it) => it.from));
  const to = Math.min(...made.cases.map((it) => it.to));
  const spans = { from, to, trainMs: flags.trainDays * day, testMs: flags.testDays * day, anchored: flags.anchored === true };
  const windows = backtest.windowsOf(spans);
  const pairs = made.cases.length;
  const cases = windows.flatMap(({ from, split, to }) => [
    ...made.cases.map((of) => ({ ...of, from, to: split })),
    ...made.cases.map((of) => ({ ...of, from: split, to })),
  ]);
  const interrupt = untilInterrupted();
  const pool = backtest.openPool(cases, flags.workers);
  const show = progress(flags.json);
  let window = 0;
  try {
    const { cases: _, ...plan } = made.plan;
    const range = (first: number): readonly number[] => Array.from({ length: pairs }, (_, at) => first + at);
    const walked = await backtest.walkForward(
      plan,
      windows,
      (w) => ({ train: range(2 * w * pairs), test: range((2 * w + 1) * pairs) }),
      () => searchOf(asked, made.axes),
      pool,
      {
        signal: interrupt.signal,
        onWindow: (now) => {
          window = now;
        },
        onProgress: (done, total) => show(window * total + done, windows.length * total),
      },
    );
    tellWalk(made, walked, windows.length, flags);
  } finally {
    interrupt.done();
    await pool.close();
  }
}

function tellWalk({ axes }: Ready, walked: WalkForward, windows: number, { json }: Common): void {
  const steps = walked.steps.map(({ window, best, trials }) => ({
    from: window.from,
    split: window.split,
    to: window.to,
    trials,
    settings: best === null ? null : Object.fromEntries(axes.map(({ field, values }, i) => [field, values[best.point[i]!]])),
    train: best?.train ?? null,
    test: best?.test ?? null,
  }));
  if (json) {
    printJson({ ...walked, windows, steps });
    return;
  }
  const mean = (of: readonly (Figures | null)[] | null, name: string): number | undefined =>
    of === null ? undefined : of.reduce((sum, it) => sum + (it?.[name] ?? 0), 0) / of.length;
  print(
    table(
      ['tested from', 'to', ...axes.map(({ field }) => field), 'chosen by', 'never seen', 'fall', 'held'],
      steps.map(({ split, to, settings, train, test }) => [
        timeText(split).slice(0, 10),
        timeText(to).slice(0, 10),
        ...axes.map(({ field }) => String(settings?.[field] ?? '-')),
        percent(mean(train, 'profit')),
        percent(mean(test, 'profit')),
        percent(-(mean(test, 'drawdown') ?? Number.NaN)),
        percent(mean(test, 'buyAndHold')),
      ]),
    ),
  );
  if (walked.steps.length < windows) print(`Stopped after ${walked.steps.length} of ${windows} windows.`);
  print(`
Out of sample, one test after the other   ${percent(walked.outOfSample)}, deepest fall inside one ${percent(-walked.drawdown)}
Where the settings were chosen            ${percent(walked.inSample)}
Kept of what choosing promised            ${walked.efficiency === null ? '-' : `${(walked.efficiency * 100).toFixed(0)} % of the yearly rate`}
Tests that earned                         ${(walked.testsWon * 100).toFixed(0)} % of ${walked.steps.length}; ${walked.trials} runs in all`);
}

/** A stored sweep from its trials, without running what is not there. */
async function show(id: string, flags: Common & { readonly top: number }): Promise<void> {
  const { openPool, runSweep } = await import('@holdfast/backtest');
  const stored = read(flags.data, id);
  const made = ready(stored.asked, flags.data);
  const abort = new AbortController();
  abort.abort();
  const pool = openPool(made.cases, 1);
  try {
    const end = await runSweep(made.plan, searchOf(stored.asked, made.axes), pool, {
      known: known(flags.data, id),
      signal: abort.signal,
    });
    await tell(id, made, end, flags);
  } finally {
    await pool.close();
  }
}

function addStored(sweep: Command): void {
  const top = ['--top <n>', 'how many to show', whole(1, 10_000), 10] as const;
  const flagsOf = <Flags>(command: Command): Flags => command.optsWithGlobals<Flags & object>();
  common(sweep.command('list').description('stored sweeps')).action((_: unknown, command: Command) =>
    refusing(() => {
      const { data, json } = flagsOf<Common>(command);
      const rows = list(data).map((id) => ({ id, ...read(data, id), trials: known(data, id).size }));
      if (json) return printJson(rows.map(({ id, madeAt, trials }) => ({ id, madeAt, trials })));
      if (rows.length === 0) return print('no stored sweep yet; make one with "holdfast sweep"');
      print(
        table(
          ['sweep', 'begun', 'kind', 'pairs', 'varied', 'trials'],
          rows.map(({ id, madeAt, asked, trials }) => [
            id,
            timeText(madeAt),
            asked.ask.kind,
            asked.ask.pairs.join(' '),
            asked.vary.join(' '),
            String(trials),
          ]),
        ),
      );
    }),
  );
  common(sweep.command('show <id>').description('the best of a stored sweep'))
    .option(...top)
    .action((id: string, _: unknown, command: Command) => refusing(() => show(id, flagsOf(command))));
  common(sweep.command('resume <id>').description('goes on with a sweep that was stopped'))
    .option(...top)
    .option('--workers <n>', 'threads', whole(0, 64))
    .action((id: string, _: unknown, command: Command) =>
      refusing(() => {
        const flags = flagsOf<Common & { workers?: number; top: number }>(command);
        return perform(id, read(flags.data, id), flags);
      }),
    );
}

export function addSweepCommands(program: Command): void {
  const kinds = Object.keys(botSettings).join(', ');
  const sweep = sweepOptions(program.command('sweep').description(`many settings of a bot (${kinds}) over stored candles`))
    .option('--hold-out <share>', 'end of the period that nothing is chosen by', readShare, 0.3)
    .option('--top <n>', 'how many to show', whole(1, 10_000), 10)
    .option('--name <id>', 'name to keep it by')
    .action((flags: SweepFlags) => refusing(() => begin(flags)));
  addStored(sweep);
  sweepOptions(program.command('walk-forward').description('chooses settings again and again, and tests them on what came after'))
    .option('--train-days <n>', 'days that settings are chosen by', whole(1, 10_000), 60)
    .option('--test-days <n>', 'days after them that they are tested on', whole(1, 10_000), 20)
    .option('--anchored', 'each choice sees everything from the first day')
    .action((flags: WalkFlags) => refusing(() => walk(flags)));
}
