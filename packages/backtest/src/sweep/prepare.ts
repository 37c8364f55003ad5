/** From what a sweep is asked to what is run: axes, and for each stage the stretches of candles that its points are tried on. */
import { epochMs } from '@holdfast/domain';
import { rowAt } from '../data/series.ts';
import { AskError } from '../report/ask-error.ts';
import type { DataVersion } from '../report/document.ts';
import { prepare } from '../report/job.ts';
import type { Span, SweepAsk } from './ask.ts';
import { figureNames } from './figures.ts';
import { readFormula } from './formula.ts';
import type { Case } from './jobs.ts';
import { evolutionSearch, gridMost, gridSearch, randomSearch, type Search } from './search.ts';
import { type Axis, type Point, pointAt, pointsOf, readAxis, settingsAt, type ValueForm } from './space.ts';
import type { SweepPlan } from './sweep.ts';
import { SweepError } from './sweep-error.ts';
import { type Window, windowsOf } from './walk-forward.ts';

/** What the caller knows of the kinds of bots. */
export interface SettingsOf {
  /** What values a setting at the top level takes; undefined where there is none. */
  readonly formOf: (field: string) => ValueForm | undefined;
  /** From typed settings to checked ones. @throws Error with the reason when they cannot be */
  readonly check: (settings: Readonly<Record<string, unknown>>) => unknown;
  /** A strategy of one's own in place of a listed kind. */
  readonly own?: Case['own'] | undefined;
}

/** A stretch of candles and what it is for. */
export interface Stretch extends Span {
  readonly pairs: readonly string[];
  /** Number of its period, from 0. */
  readonly period: number;
  readonly part: 'train' | 'test';
  /** Number of the window that it belongs to; null: of the choice of the best. */
  readonly window: number | null;
}

export interface ReadySweep {
  readonly asked: SweepAsk;
  readonly axes: readonly Axis[];
  readonly plan: Omit<SweepPlan, 'cases'>;
  readonly cases: readonly Case[];
  /** Of each case. */
  readonly stretches: readonly Stretch[];
  readonly periods: readonly Span[];
  /** Windows of all periods, in order of time. */
  readonly windows: readonly Window[];
  /** Why there are no windows although they were wanted; null where nothing is to be said. */
  readonly noWalk: string | null;
  /** Where candles of a pair begin late or end early. */
  readonly shortened: readonly string[];
  readonly data: readonly DataVersion[];
  /** Runs in all, as far as they are known before. */
  readonly runs: bigint;
}

/** Runs of one sweep: some hours of one core where a kernel knows the settings. */
const runsMost = 50_000_000n;
const dayMs = 86_400_000;

/** Which cases a stage runs on. */
export const casesOf = ({ stretches }: ReadySweep, window: number | null, part: Stretch['part']): readonly number[] =>
  stretches.flatMap((it, at) => (it.window === window && it.part === part ? [at] : []));

export function searchOf({ asked: { method, trials, ask }, axes }: Pick<ReadySweep, 'asked' | 'axes'>): Search {
  if (method === 'grid') return gridSearch(axes);
  return (method === 'random' ? randomSearch : evolutionSearch)(axes, trials, ask.seed);
}

/** @throws SweepError, AskError, DataError */
export function readySweep(asked: SweepAsk, data: string, { formOf, check, own }: SettingsOf): ReadySweep {
  const base = asked.ask.settings as Readonly<Record<string, unknown>>;
  const axes = axesOf(asked, base, formOf);
  someMustFit(axes, base, check);
  const groups = asked.together ? [asked.ask.pairs] : asked.ask.pairs.map((pair) => [pair]);
  const prepared = groups.map((pairs) => ({ pairs, ...prepare({ ...asked.ask, pairs }, data) }));
  const whole = {
    from: Math.max(...prepared.map(({ request }) => request.from)),
    to: Math.min(...prepared.map(({ request }) => request.to)),
  };
  const periods = asked.periods.length === 0 ? [whole] : asked.periods.map((period) => inside(period, whole));
  mustFollow(periods);
  const { windows, noWalk } = windowsWanted(asked, periods);
  const [cases, stretches]: [Case[], Stretch[]] = [[], []];
  const add = (span: Span, period: number, part: Stretch['part'], window: number | null): void => {
    for (const { pairs, request } of prepared) {
      const { settings: _, driver: __, ...of } = request;
      mustHaveCandles(of, span);
      cases.push({ ...of, ...(own === undefined ? {} : { own }), from: epochMs(span.from), to: epochMs(span.to) });
      stretches.push({ ...span, pairs, period, part, window });
    }
  };
  const parts = periods.map((period) => partsOf(asked, period, windows));
  for (const [at, { train }] of parts.entries()) add(train, at, 'train', null);
  for (const [at, { test }] of parts.entries()) if (test !== null) add(test, at, 'test', null);
  for (const [at, { from, split, to }] of windows.entries()) {
    const period = periods.findIndex((it) => split >= it.from && split < it.to);
    add({ from, to: split }, period, 'train', at);
    add({ from: split, to }, period, 'test', at);
  }
  const points = asked.method === 'grid' ? pointsOf(axes) : BigInt(searchOf({ asked, axes }).total);
  const runs = points * BigInt(stretches.filter(({ part }) => part === 'train').length);
  if (runs > runsMost)
    throw new SweepError(
      'sweep-too-large',
      `${points} settings on ${cases.length} stretches of candles are ${runs} runs, more than ${runsMost}; vary less, use larger steps, or --method evolution with fewer --trials`,
    );
  const goal = readFormula(asked.goal, figureNames);
  const constraints = asked.require.map((text) => readFormula(text, figureNames));
  return {
    asked,
    axes,
    plan: { axes, base, goal, constraints, over: asked.over, check },
    cases,
    stretches,
    periods,
    windows,
    noWalk,
    shortened: [...new Set(prepared.flatMap(({ shortened }) => shortened))],
    data: prepared.flatMap((it) => it.data),
    runs,
  };
}

function axesOf(asked: SweepAsk, base: Readonly<Record<string, unknown>>, formOf: SettingsOf['formOf']): readonly Axis[] {
  if (asked.vary.length === 0)
    throw new SweepError('sweep-axis-malformed', 'say what varies, such as --vary takeProfitPercent=0.5..3/0.25');
  const axes = asked.vary.map((text) => readAxis(text, formOf, base));
  const twice = axes.find(({ field }, at) => axes.findIndex((other) => other.field === field) !== at);
  if (twice !== undefined)
    throw new SweepError('sweep-axis-malformed', `${twice.field} is varied twice; name all its values in one --vary`);
  const points = pointsOf(axes);
  if (asked.method === 'grid' && points > gridMost)
    throw new SweepError(
      'sweep-too-large',
      `a grid of ${points} settings is more than ${gridMost}; use --method evolution or random with --trials, or larger steps`,
    );
  return axes;
}

/** A setting that is wrong in every point is said before anything runs. @throws what `check` throws */
function someMustFit(axes: readonly Axis[], base: Readonly<Record<string, unknown>>, check: SettingsOf['check']): void {
  const corners: Point[] = [axes.map(() => 0), axes.map(({ values }) => values.length - 1)];
  const space = pointsOf(axes);
  for (let n = 1n; n < 64n; n += 1n) corners.push(pointAt(axes, Number((space * n) / 64n)));
  let fault: unknown;
  for (const point of corners)
    try {
      check(settingsAt(axes, point, base));
      return;
    } catch (error) {
      fault ??= error;
    }
  throw fault;
}

const iso = (time: number): string => new Date(time).toISOString().slice(0, 16);

function inside(period: Span, whole: Span): Span {
  const clipped = { from: Math.max(period.from, whole.from), to: Math.min(period.to, whole.to) };
  if (clipped.from < clipped.to) return clipped;
  throw new AskError(
    'backtest-period-empty',
    `the period from ${iso(period.from)} to ${iso(period.to)} has no candles of every pair: they reach from ${iso(whole.from)} to ${iso(whole.to)}`,
    'periods',
  );
}

/** Two periods that share candles would let the best be chosen by what it is tested on. */
function mustFollow(periods: readonly Span[]): void {
  for (const [at, { from, to }] of periods.entries()) {
    const before = periods[at - 1];
    if (!(from < to))
      throw new AskError(
        'backtest-period-empty',
        'the pairs have no candles of the same time; name others, or another period',
        'periods',
      );
    if (before !== undefined && from < before.to)
      throw new AskError(
        'backtest-value-malformed',
        `the periods must follow each other: one begins on ${iso(from)}, before the one above it ends on ${iso(before.to)}`,
        'periods',
      );
  }
}

function mustHaveCandles({ series }: Case, { from, to }: Span): void {
  for (const [pair, of] of series)
    if (rowAt(of, from) >= rowAt(of, to))
      throw new AskError('backtest-period-empty', `there are no candles of ${pair} from ${iso(from)} to ${iso(to)}`, 'periods');
}

/** Of the usual walk: settings are chosen on two fifths of the period, and tried on the next 15 %, four times. */
const usualTrain = 0.4;
const usualTest = 0.15;
const usualLeastMs = 4 * dayMs;

function windowsWanted({ walk, choosesBy }: SweepAsk, periods: readonly Span[]): Pick<ReadySweep, 'windows' | 'noWalk'> {
  if (walk === null) return { windows: [], noWalk: null };
  if (walk !== 'usual') return { windows: periods.flatMap((period) => windowsOf({ ...period, ...walk })), noWalk: null };
  const shortest = Math.min(...periods.map(({ from, to }) => to - from));
  if (shortest < usualLeastMs && choosesBy === 'walk-forward')
    throw new SweepError(
      'walk-forward-too-short',
      `a walk-forward wants ${usualLeastMs / dayMs} days in each period, and the shortest has ${(shortest / dayMs).toFixed(1)}; give more candles, or --train-days and --test-days`,
    );
  if (shortest < usualLeastMs)
    return {
      windows: [],
      noWalk: `No walk-forward: it wants ${usualLeastMs / dayMs} days in each period, and the shortest has ${(shortest / dayMs).toFixed(1)}.`,
    };
  // A second less, so that four tests fit whatever was rounded.
  const ms = (share: number, length: number): number => Math.floor((length * share) / 1000) * 1000;
  const windows = periods.flatMap(({ from, to }) =>
    windowsOf({ from, to, trainMs: ms(usualTrain, to - from), testMs: ms(usualTest, to - from), anchored: false }),
  );
  return { windows, noWalk: null };
}

/** What the best is chosen by, and what is held out. */
function partsOf(
  { choosesBy, holdOut, walk }: SweepAsk,
  period: Span,
  windows: readonly Window[],
): { readonly train: Span; readonly test: Span | null } {
  if (choosesBy === 'walk-forward' && walk !== null) {
    const last = windows.findLast(({ split }) => split >= period.from && split < period.to);
    const length = last === undefined || (walk !== 'usual' && walk.anchored) ? Number.POSITIVE_INFINITY : last.split - last.from;
    return { train: { from: Math.max(period.from, period.to - length), to: period.to }, test: null };
  }
  if (holdOut === 0) return { train: period, test: null };
  const split = Math.round(period.to - (period.to - period.from) * holdOut);
  return { train: { from: period.from, to: split }, test: { from: split, to: period.to } };
}
