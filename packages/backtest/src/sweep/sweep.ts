/**
 * A sweep: many settings on one or more stretches of candles, ranked by a goal. What is done is kept line by line, so that a
 * stopped sweep goes on where it was; the same plan gives the same ranking whatever the workers did in which order.
 */
import { InvariantError } from '@holdfast/domain';
import { figureCount, readFigures } from './figures.ts';
import type { Figures, Formula } from './formula.ts';
import { type Job, jobState } from './jobs.ts';
import type { Pool, PoolRun } from './pool.ts';
import type { Search } from './search.ts';
import { type Axis, type Point, pointKey, settingsAt } from './space.ts';

export interface Trial {
  readonly point: Point;
  /** Figures of each case; null where the settings cannot trade. */
  readonly figures: readonly (Figures | null)[];
  /** Why not, by the first case that refused. */
  readonly fault: string | null;
  /** Of the goal over all cases; NaN where a constraint or the settings fail. */
  readonly score: number;
}

export interface SweepPlan {
  readonly axes: readonly Axis[];
  /** Settings that do not vary. */
  readonly base: Readonly<Record<string, unknown>>;
  /** Which cases of the pool each point is tried on. */
  readonly cases: readonly number[];
  /** What is to be large. */
  readonly goal: Formula;
  /** Must not be 0, in every case. */
  readonly constraints: readonly Formula[];
  /** How scores of several cases make one. */
  readonly over: 'mean' | 'worst';
  /** From typed settings to checked ones. @throws Error with the reason when they cannot be */
  readonly check: (settings: Readonly<Record<string, unknown>>) => unknown;
}

/** Figures of trials that were made before, by point. */
export type Known = ReadonlyMap<string, Pick<Trial, 'figures' | 'fault'>>;

export interface SweepRun extends Pick<PoolRun, 'signal'> {
  readonly known?: Known;
  /** Each new trial, as soon as its batch is done: write it down here. */
  readonly onTrials?: (trials: readonly Trial[]) => void;
  /** Trials done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SweepEnd {
  /** Best first; trials of the same score in the order of their points. */
  readonly trials: readonly Trial[];
  readonly total: number;
  /** Whether it was stopped before all was tried. */
  readonly stopped: boolean;
}

/** The score of a point from its figures. */
export function scoreOf({ goal, constraints, over }: SweepPlan, figures: readonly (Figures | null)[]): number {
  const scores: number[] = [];
  for (const each of figures) {
    if (each === null || !constraints.every((holds) => holds(each) !== 0 && !Number.isNaN(holds(each)))) return Number.NaN;
    scores.push(goal(each));
  }
  const score = over === 'worst' ? Math.min(...scores) : scores.reduce((sum, it) => sum + it, 0) / scores.length;
  return Number.isFinite(score) ? score : Number.NaN;
}

/** Best first. NaN is last. */
export function byScore(a: Trial, b: Trial): number {
  const [x, y] = [a, b].map(({ score }) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score)) as [number, number];
  if (x !== y) return y > x ? 1 : -1;
  for (const [i, index] of a.point.entries()) if (index !== b.point[i]) return index - (b.point[i] as number);
  return 0;
}

export async function runSweep(plan: SweepPlan, search: Search, pool: Pool, run: SweepRun = {}): Promise<SweepEnd> {
  const trials: Trial[] = [];
  const known = run.known ?? new Map();
  for (let points = search.ask(); points.length > 0; points = search.ask()) {
    const fresh = points.filter((point) => !known.has(pointKey(point)));
    const made = new Map(
      (await tryAll(plan, fresh, pool, run, trials.length, search.total)).map((it) => [pointKey(it.point), it]),
    );
    const batch: Trial[] = [];
    for (const point of points) {
      const old = known.get(pointKey(point));
      const trial = old === undefined ? made.get(pointKey(point)) : { point, ...old, score: scoreOf(plan, old.figures) };
      if (trial !== undefined) batch.push(trial);
    }
    run.onTrials?.([...made.values()]);
    trials.push(...batch);
    if (batch.length < points.length) return { trials: trials.sort(byScore), total: search.total, stopped: true };
    search.tell(batch);
    run.onProgress?.(trials.length, search.total);
  }
  return { trials: trials.sort(byScore), total: search.total, stopped: false };
}

/** Trials of the points that could be finished; fewer than asked when the run was stopped. */
async function tryAll(
  plan: SweepPlan,
  points: readonly Point[],
  pool: Pool,
  { signal, onProgress }: SweepRun,
  before: number,
  total: number,
): Promise<readonly Trial[]> {
  const jobs: Job[] = [];
  const faults = new Map<string, string>();
  const places = new Map<string, number>();
  for (const point of points) {
    try {
      const settings = plan.check(settingsAt(plan.axes, point, plan.base));
      places.set(pointKey(point), jobs.length);
      for (const of of plan.cases) jobs.push({ settings, of });
    } catch (error) {
      faults.set(pointKey(point), (error as Error).message);
    }
  }
  const batch = await pool.run(jobs, {
    signal,
    onProgress: (finished) => onProgress?.(before + Math.floor(finished / plan.cases.length), total),
  });
  const reasons = new Map(batch.faults.map(({ job, reason }) => [job, reason]));
  const trials: Trial[] = [];
  for (const point of points) {
    const fault = faults.get(pointKey(point));
    const first = places.get(pointKey(point));
    if (fault !== undefined || first === undefined) {
      if (fault === undefined) throw new InvariantError(`point ${pointKey(point)} has neither jobs nor a fault`);
      trials.push({ point, figures: plan.cases.map(() => null), fault, score: Number.NaN });
      continue;
    }
    const mine = plan.cases.map((_, i) => first + i);
    if (mine.some((job) => batch.states[job] === jobState.waiting)) continue;
    const figures = mine.map((job) =>
      batch.states[job] === jobState.done ? readFigures(batch.figures, job * figureCount) : null,
    );
    const reason = mine.map((job) => reasons.get(job)).find((it) => it !== undefined) ?? null;
    trials.push({ point, figures, fault: reason, score: scoreOf(plan, figures) });
  }
  return trials;
}
