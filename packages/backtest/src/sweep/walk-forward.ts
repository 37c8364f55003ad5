/**
 * Walk-forward (Pardo 1992): settings are chosen on one stretch and tried on the one after it, again and again; only what the
 * later stretches gave says what the choosing is worth. No candle of a test is seen before its settings are chosen.
 */
import { type EpochMs, epochMs } from '@holdfast/domain';
import { figureCount, readFigures } from './figures.ts';
import type { Figures } from './formula.ts';
import { jobState } from './jobs.ts';
import type { Pool } from './pool.ts';
import type { Search } from './search.ts';
import { type Point, settingsAt } from './space.ts';
import { runSweep, type SweepPlan, type SweepRun, type Trial } from './sweep.ts';
import { SweepError } from './sweep-error.ts';

/** Train from `from` up to `split`, test from there up to `to`; unix ms. */
export interface Window {
  readonly from: EpochMs;
  readonly split: EpochMs;
  readonly to: EpochMs;
}

export interface WindowOptions {
  readonly from: number;
  readonly to: number;
  readonly trainMs: number;
  readonly testMs: number;
  /** Whether each train stretch begins at the start, or moves on with its test. */
  readonly anchored: boolean;
}

/** Windows one after the other; the tests touch and do not overlap. @throws SweepError `walk-forward-too-short` */
export function windowsOf({ from, to, trainMs, testMs, anchored }: WindowOptions): readonly Window[] {
  const windows: Window[] = [];
  for (let split = from + trainMs; split + testMs <= to; split += testMs)
    windows.push({ from: epochMs(anchored ? from : split - trainMs), split: epochMs(split), to: epochMs(split + testMs) });
  if (windows.length === 0) {
    const days = (ms: number): string => `${(ms / 86_400_000).toFixed(1)} days`;
    throw new SweepError(
      'walk-forward-too-short',
      `${days(to - from)} of candles hold no train stretch of ${days(trainMs)} with a test of ${days(testMs)} after it`,
    );
  }
  return windows;
}

export interface WalkStep {
  readonly window: Window;
  /** Null when no settings met the constraints. */
  readonly best: { readonly point: Point; readonly train: readonly Figures[]; readonly test: readonly (Figures | null)[] } | null;
  readonly trials: number;
}

export interface WalkForward {
  readonly steps: readonly WalkStep[];
  /** Profit of the tests one after the other, as if each began with what the one before left; shares of 1. A step without settings earns nothing. */
  readonly outOfSample: number;
  /** What the chosen settings made where they were chosen, one after the other. */
  readonly inSample: number;
  /** Yearly profit of the tests over yearly profit of the train stretches; null when the latter is not above 0. */
  readonly efficiency: number | null;
  /** Share of tests that earned. */
  readonly testsWon: number;
  /** Largest fall inside any one test. */
  readonly drawdown: number;
  readonly trials: number;
  /** Whether it was stopped before all windows were done. */
  readonly stopped: boolean;
}

/** What a sweep is told and tells, by window. */
export type WalkForwardRun = (window: number) => SweepRun;

/**
 * @param cases of window `w`: the pool's cases of its train stretch and of its test stretch, in the same order of pairs
 * @param search a new one for each window
 */
export async function walkForward(
  plan: Omit<SweepPlan, 'cases'>,
  windows: readonly Window[],
  cases: (window: number) => { readonly train: readonly number[]; readonly test: readonly number[] },
  search: () => Search,
  pool: Pool,
  run: WalkForwardRun = () => ({}),
): Promise<WalkForward> {
  const steps: WalkStep[] = [];
  for (const [w, window] of windows.entries()) {
    const { train, test } = cases(w);
    const { trials, stopped } = await runSweep({ ...plan, cases: train }, search(), pool, run(w));
    if (stopped) return { ...sumUp(steps), stopped };
    const best = trials.find(({ score }) => !Number.isNaN(score));
    steps.push({ window, trials: trials.length, best: best === undefined ? null : await tested(plan, best, test, pool) });
  }
  return { ...sumUp(steps), stopped: false };
}

async function tested(
  plan: Omit<SweepPlan, 'cases'>,
  { point, figures }: Trial,
  test: readonly number[],
  pool: Pool,
): Promise<NonNullable<WalkStep['best']>> {
  const settings = plan.check(settingsAt(plan.axes, point, plan.base));
  const batch = await pool.run(test.map((of) => ({ settings, of })));
  return {
    point,
    train: figures as readonly Figures[],
    test: test.map((_, i) => (batch.states[i] === jobState.done ? readFigures(batch.figures, i * figureCount) : null)),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;
/** Of several pairs, each with its own funds. */
const profitOf = (figures: readonly (Figures | null)[]): number => mean(figures.map((it) => it?.profit ?? 0));

export function sumUp(steps: readonly WalkStep[]): Omit<WalkForward, 'stopped'> {
  const tests = steps.map(({ best }) => (best === null ? 0 : profitOf(best.test)));
  const trains = steps.map(({ best }) => (best === null ? 0 : profitOf(best.train)));
  const chained = (profits: readonly number[]): number => profits.reduce((worth, it) => worth * (1 + it), 1) - 1;
  const span = (ms: (window: Window) => number): number => steps.reduce((sum, { window }) => sum + ms(window), 0);
  const [testMs, trainMs] = [span(({ split, to }) => to - split), span(({ from, split }) => split - from)];
  const perMs = (profit: number, ms: number): number => (profit <= -1 || ms === 0 ? -1 : Math.log1p(profit) / ms);
  const [out, inside] = [perMs(chained(tests), testMs), perMs(chained(trains), trainMs)];
  return {
    steps,
    outOfSample: chained(tests),
    inSample: chained(trains),
    efficiency: inside > 0 ? out / inside : null,
    testsWon: steps.length === 0 ? 0 : tests.filter((it) => it > 0).length / steps.length,
    drawdown: Math.max(0, ...steps.flatMap(({ best }) => (best?.test ?? []).map((it) => it?.drawdown ?? 0))),
    trials: steps.reduce((sum, { trials }) => sum + trials, 0),
  };
}
