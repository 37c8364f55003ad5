/**
 * What there is to say of a sweep's best: the bot's own runs of it, the part that nothing was chosen by, and how much is luck.
 * What is ranked by a kernel is held here to what the bot does.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type Amount, epochMs, InvariantError } from '@holdfast/domain';
import { metricsOf, type Trials } from '../metrics/metrics.ts';
import { toNumber } from '../metrics/returns.ts';
import { type Random, seededRandom } from '../monte-carlo/bands.ts';
import { type DealPaths, dealPaths } from '../monte-carlo/deal-order.ts';
import { sensitivityOf } from '../monte-carlo/sensitivity.ts';
import { type PeriodOutcome, type StartDates, startDates, startPeriods } from '../monte-carlo/start-date.ts';
import { otherPathOf } from '../report/document.ts';
import type { RunResult } from '../run/result.ts';
import { runBacktest } from '../run/run.ts';
import type { Best, BestCase, Part, Varied } from './document.ts';
import { figureNames, figuresOf } from './figures.ts';
import type { Figures } from './formula.ts';
import type { Case } from './jobs.ts';
import { casesOf, type ReadySweep } from './prepare.ts';
import { runSums, sumsOfRun } from './run-sums.ts';
import { type Axis, type Point, type SettingValue, settingsAt } from './space.ts';
import type { SweepEnd, Trial } from './sweep.ts';

export const variedAt = (axes: readonly Axis[], point: Point): Varied =>
  Object.fromEntries(axes.map(({ field, values }, i) => [field, values[point[i] as number] as SettingValue]));

/** The best trial; undefined when none met the constraints. */
export const bestOf = ({ trials }: SweepEnd): Trial | undefined => trials.find(({ score }) => !Number.isNaN(score));

export const runOf = (of: Case, settings: unknown): RunResult => runBacktest({ ...of, settings, driver: 'jump' });
/** The same run on the other path through each candle. */
export function onOtherPath(of: Case, settings: unknown): RunResult {
  const path = of.assumptions.path === 'published' ? 'adverse' : 'published';
  return runOf({ ...of, assumptions: { ...of.assumptions, path } }, settings);
}

export const ownFigures = (of: Case, result: RunResult): Figures => figuresOf(sumsOfRun(of, result));

/** Below so many trials every best stands alone. */
const sensitivityLeast = 9;

/** Sums of two ways of counting may differ by so much, relative to the larger. */
const same = 1e-6;

/** @throws InvariantError when the bot's own run does not give what it was ranked by */
export function mustAgree(own: Figures, ranked: Figures | null | undefined, what: string): void {
  for (const name of figureNames) {
    const [a, b] = [own[name] ?? Number.NaN, ranked?.[name] ?? Number.NaN];
    // A gain of minutes is endless in a year.
    if (!(a === b || Math.abs(a - b) <= same * Math.max(1, Math.abs(a))))
      throw new InvariantError(
        `the best settings give ${name} ${a} on ${what} and were ranked by ${b}: a fault of the sweep; please report it with the settings`,
      );
  }
}

/** Sharpe ratios of the trials are yearly; the test wants those of a day. */
function luckOf(end: SweepEnd, at: number): Trials {
  const sharpes = end.trials.map(({ figures }) => figures[at]?.sharpe ?? Number.NaN).filter(Number.isFinite);
  const mean = sharpes.reduce((sum, it) => sum + it, 0) / Math.max(1, sharpes.length);
  const variance = sharpes.reduce((sum, it) => sum + (it - mean) ** 2, 0) / Math.max(1, sharpes.length - 1) / 365;
  return { count: end.trials.length, variance };
}

/** Profits of the deals that sold something, in quote; what is still open counts as one more, or closed deals would look better than the bot is. */
export function profitsOf({ deals, startEquity, endEquity }: RunResult): readonly number[] {
  const closed = deals.filter((deal) => deal.sold > 0n).map(({ profit }) => profit);
  const open = endEquity - startEquity - closed.reduce((sum, it) => sum + it, 0n);
  return [...closed, ...(open === 0n ? [] : [open as Amount])].map(toNumber);
}

const stepsMost = 5_000_000;
export const pathsOf = (start: number, profits: readonly number[], wanted: number, random: Random): DealPaths | null =>
  dealPaths(start, profits, Math.min(wanted, Math.max(100, Math.floor(stepsMost / Math.max(1, profits.length)))), random);

/** Lets others work between two runs, and ends when they say so. @throws AbortError */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await turn();
  signal?.throwIfAborted();
}

/** Runs the best by itself on everything. @throws InvariantError; AbortError when told to stop */
export async function judge(ready: ReadySweep, end: SweepEnd, best: Trial, signal?: AbortSignal): Promise<Best> {
  const { asked, axes, plan, cases, stretches } = ready;
  const settings = plan.check(settingsAt(axes, best.point, plan.base));
  const random = seededRandom(asked.ask.seed);
  const [trains, tests] = [casesOf(ready, null, 'train'), casesOf(ready, null, 'test')];
  const partOf = (at: number): Part & { readonly result: RunResult } => {
    const result = runOf(cases[at] as Case, settings);
    const paths = pathsOf(toNumber(result.startEquity), profitsOf(result), asked.ask.dealOrders, random);
    return {
      from: result.from,
      to: result.to,
      figures: ownFigures(cases[at] as Case, result),
      dealPaths: paths,
      otherPath: asked.ask.otherPath ? otherPathOf(result, onOtherPath(cases[at] as Case, settings)) : null,
      hash: result.hash,
      ...(result.margin?.liquidation == null ? {} : { liquidatedAt: result.margin.liquidation.at }),
      result,
    };
  };
  const judged: BestCase[] = [];
  for (const [i, at] of trains.entries()) {
    await breathe(signal);
    const { pairs, period } = stretches[at] as (typeof stretches)[number];
    const { result, ...train } = partOf(at);
    mustAgree(train.figures, best.figures[i], pairs.join(', '));
    const held = tests[i];
    const { result: _, ...test } = held === undefined ? { result: null } : partOf(held);
    const to = held === undefined ? train.to : (cases[held] as Case).to;
    judged.push({
      pairs,
      period,
      train,
      test: held === undefined ? null : (test as Part),
      startDates: await otherDays({ ...(cases[at] as Case), to: epochMs(to) }, settings, asked.ask.startDates, random, signal),
      deflatedSharpe: metricsOf(result, luckOf(end, i)).deflatedSharpe,
    });
  }
  return {
    varied: variedAt(axes, best.point),
    settings,
    score: best.score,
    cases: judged,
    sensitivity:
      end.trials.length < sensitivityLeast
        ? null
        : sensitivityOf(end.trials.map(({ point, score }) => ({ score, settings: ordered(axes, point) }))),
  };
}

const ordered = (axes: readonly Axis[], point: Point): Record<string, number | string> =>
  Object.fromEntries(axes.map(({ field, values }, i) => [field, numberOr(values[point[i] as number] as SettingValue)]));

const numberOr = (value: SettingValue): number | string =>
  typeof value === 'number' ? value : typeof value === 'string' && /^-?[\d.]+$/.test(value) ? Number(value) : String(value);

async function otherDays(
  of: Case,
  settings: unknown,
  count: number,
  random: Random,
  signal: AbortSignal | undefined,
): Promise<StartDates | null> {
  const outcomes: PeriodOutcome[] = [];
  for (const { from, to } of count > 0 ? startPeriods(of, count, random) : []) {
    await breathe(signal);
    const part = { ...of, from: epochMs(from), to: epochMs(to) };
    // By a kernel where one knows them: the same to the last bit, and not the tail of every sweep.
    const sums = runSums({ ...part, settings });
    const { profit = 0, buyAndHold = 0 } = figuresOf(sums);
    outcomes.push({ from: sums.from, to: sums.to, return: profit, drawdown: sums.drawdown, buyAndHold });
  }
  return startDates(outcomes);
}
