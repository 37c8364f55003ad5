/** The tests of a walk-forward as one run: the bot's own runs of what each window chose, one after the other. */

import { rowAt } from '../data/series.ts';
import { annualSharpe, dayMs, everyDay, momentsOf, returnsOf, sharpeOf, toNumber } from '../metrics/returns.ts';
import { probabilisticSharpe } from '../metrics/sharpe-tests.ts';
import { seededRandom } from '../monte-carlo/bands.ts';
import type { RunResult } from '../run/result.ts';
import type { OutOfSample, WalkReport, WalkWindow } from './document.ts';
import type { Figures } from './formula.ts';
import type { Case } from './jobs.ts';
import { breathe, mustAgree, onOtherPath, ownFigures, pathsOf, profitsOf, runOf, variedAt } from './judge.ts';
import { casesOf, type ReadySweep } from './prepare.ts';
import { settingsAt } from './space.ts';
import type { WalkForward, WalkStep } from './walk-forward.ts';

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, it) => sum + it, 0) / values.length;

const gainOf = ({ startEquity, endEquity }: RunResult): number => {
  const start = toNumber(startEquity);
  return start > 0 ? toNumber(endEquity) / start - 1 : 0;
};

/** What 1 in equal parts on all runs is worth at the end of each day. */
function together(results: readonly RunResult[]): [time: number, value: number][] {
  const from = Math.min(...results.map((result) => result.from));
  const to = Math.max(...results.map((result) => result.to));
  const curves = results.map(({ daily, startEquity }) => {
    const start = toNumber(startEquity);
    const days = everyDay(start, from, daily);
    return (day: number): number => (start > 0 && days.length > 0 ? days[Math.min(day, days.length - 1)]! / start : 1);
  });
  const first = Math.floor(from / dayMs);
  return Array.from({ length: Math.max(0, Math.ceil(to / dayMs) - first) }, (_, day) => [
    Math.min((first + day + 1) * dayMs, to),
    mean(curves.map((valueOn) => valueOn(day))),
  ]);
}

function fallOf(values: readonly number[]): number {
  let [peak, most] = [1, 0];
  for (const value of values) {
    peak = Math.max(peak, value);
    most = Math.max(most, 1 - value / peak);
  }
  return most;
}

const windowOf = (ready: ReadySweep, { window, best, trials }: WalkStep): WalkWindow => ({
  from: window.from,
  split: window.split,
  to: window.to,
  trials,
  varied: best === null ? null : variedAt(ready.axes, best.point),
  train: best?.train ?? [],
  test: best?.test ?? [],
});

/** @throws InvariantError; AbortError when told to stop */
export async function judgeWalk(
  ready: ReadySweep,
  walked: WalkForward,
  signal?: AbortSignal,
): Promise<{ readonly report: WalkReport; readonly hashes: readonly string[] }> {
  const daily: (readonly [number, number])[] = [];
  const [profits, hashes]: [number[], string[]] = [[], []];
  let [worth, worthOther, held, deals] = [1, 1, 1, 0];
  const { otherPath } = ready.asked.ask;
  for (const [at, { window, best }] of walked.steps.entries()) {
    const results: RunResult[] = [];
    const others: number[] = [];
    const cases = casesOf(ready, at, 'test');
    const settings = best === null ? null : ready.plan.check(settingsAt(ready.axes, best.point, ready.plan.base));
    for (const [i, of] of cases.entries()) {
      if (best === null || best.test[i] == null) continue;
      await breathe(signal);
      const result = runOf(ready.cases[of] as Case, settings);
      mustAgree(ownFigures(ready.cases[of] as Case, result), best.test[i], (ready.stretches[of]?.pairs ?? []).join(', '));
      results.push(result);
      hashes.push(result.hash);
      if (otherPath) others.push(gainOf(onOtherPath(ready.cases[of] as Case, settings)));
      const start = toNumber(result.startEquity);
      profits.push(...profitsOf(result).map((profit) => (start > 0 ? profit / start / cases.length : 0)));
      deals += result.deals.length;
    }
    const days = together(results);
    daily.push(
      ...(days.length === 0 ? [[window.to, worth] as const] : days.map(([time, value]) => [time, worth * value] as const)),
    );
    worth *= 1 + mean(cases.map((_, i) => best?.test[i]?.profit ?? 0));
    worthOther *= 1 + others.reduce((sum, it) => sum + it, 0) / Math.max(1, cases.length);
    held *= 1 + heldOver(ready, at, best?.test ?? []);
  }
  const moments = momentsOf(
    returnsOf(
      1,
      Float64Array.from(daily, ([, value]) => value),
    ),
  );
  const sample = moments === null ? null : { ...moments, sharpe: sharpeOf(moments) };
  const windows = walked.steps.map((step) => windowOf(ready, step));
  const outOfSample: OutOfSample = {
    profit: walked.outOfSample,
    otherPath: otherPath
      ? { path: ready.asked.ask.assumptions.path === 'adverse' ? 'published' : 'adverse', profit: worthOther - 1 }
      : null,
    inSample: walked.inSample,
    efficiency: walked.efficiency,
    testsWon: walked.testsWon,
    drawdown: Math.max(walked.drawdown, fallOf(daily.map(([, value]) => value))),
    buyAndHold: held - 1,
    deals,
    sharpe: moments === null ? null : annualSharpe(moments),
    probabilisticSharpe: sample === null ? null : probabilisticSharpe(sample),
    sample:
      sample === null
        ? null
        : { sharpe: sample.sharpe, count: sample.count, skewness: sample.skewness, kurtosis: sample.kurtosis },
    dealPaths: pathsOf(1, profits, ready.asked.ask.dealOrders, seededRandom(ready.asked.ask.seed)),
    daily,
    changes: windows.filter((it, at) => at > 0 && JSON.stringify(it.varied) !== JSON.stringify(windows[at - 1]?.varied)).length,
  };
  return { report: { windows, trials: walked.trials, outOfSample }, hashes };
}

/** Of holding each pair over a test, also where no settings were found for it. */
function heldOver(ready: ReadySweep, window: number, figures: readonly (Figures | null)[]): number {
  return mean(casesOf(ready, window, 'test').map((of, i) => figures[i]?.buyAndHold ?? priceChange(ready.cases[of] as Case)));
}

function priceChange({ series, from, to }: Case): number {
  const [of] = series.values();
  if (of === undefined) return 0;
  const [first, end] = [rowAt(of, from), rowAt(of, to)];
  return end > first ? (of.close[end - 1] as number) / (of.open[first] as number) - 1 : 0;
}
