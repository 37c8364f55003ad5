/**
 * A sweep: many settings on one or more stretches of candles, ranked by a goal. What is done is kept line by line, so that a
 * stopped sweep goes on where it was; the same plan gives the same ranking whatever the workers did in which order.
 */
import { figureCount, readFigures } from './figures.ts';
import type { Figures, Formula } from './formula.ts';
import { type Board, type Job, jobState } from './jobs.ts';
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
  /** New trials, soon after each is done: write them down here. */
  readonly onTrials?: (trials: readonly Trial[]) => void;
  /** Trials done, of all, and how many of them were not known before. */
  readonly onProgress?: (done: number, total: number, fresh: number) => void;
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
  let fresh = 0;
  for (let points = search.ask(); points.length > 0; points = search.ask()) {
    const missing = points.filter((point) => !known.has(pointKey(point)));
    const [before, old] = [trials.length, points.length - missing.length];
    const told = await tryAll(plan, missing, pool, {
      ...run,
      onProgress: (done) => run.onProgress?.(before + old + done, search.total, fresh + done),
    });
    const made = new Map(told.map((it) => [pointKey(it.point), it]));
    fresh += made.size;
    const batch: Trial[] = [];
    for (const point of points) {
      const had = known.get(pointKey(point));
      const trial = had === undefined ? made.get(pointKey(point)) : { point, ...had, score: scoreOf(plan, had.figures) };
      if (trial !== undefined) batch.push(trial);
    }
    trials.push(...batch);
    if (batch.length < points.length) return { trials: trials.sort(byScore), total: search.total, stopped: true };
    search.tell(batch);
    run.onProgress?.(trials.length, search.total, fresh);
  }
  return { trials: trials.sort(byScore), total: search.total, stopped: false };
}

interface Asked {
  readonly jobs: readonly Job[];
  /** First job of each point that can be run. */
  readonly places: ReadonlyMap<string, number>;
  /** Why the others cannot. */
  readonly faults: ReadonlyMap<string, string>;
}

function jobsOf(plan: SweepPlan, points: readonly Point[]): Asked {
  const jobs: Job[] = [];
  const [faults, places] = [new Map<string, string>(), new Map<string, number>()];
  for (const point of points) {
    try {
      const settings = plan.check(settingsAt(plan.axes, point, plan.base));
      places.set(pointKey(point), jobs.length);
      for (const of of plan.cases) jobs.push({ settings, of });
    } catch (error) {
      faults.set(pointKey(point), (error as Error).message);
    }
  }
  return { jobs, places, faults };
}

/** Trials of the points that could be finished; fewer than asked when the run was stopped. Each is told as soon as it is done. */
async function tryAll(
  plan: SweepPlan,
  points: readonly Point[],
  pool: Pool,
  { signal, onTrials, onProgress }: Pick<SweepRun, 'signal' | 'onTrials'> & { onProgress: (done: number) => void },
): Promise<readonly Trial[]> {
  const { jobs, places, faults } = jobsOf(plan, points);
  const trials = new Map<string, Trial>();
  /** New ones; a refused run has its reason only when the batch is over. */
  const gather = ({ states, figures: rows }: Board, reasons: ReadonlyMap<number, string> | null): void => {
    const fresh: Trial[] = [];
    for (const point of points) {
      const key = pointKey(point);
      const first = places.get(key);
      if (first === undefined || trials.has(key)) continue;
      const mine = plan.cases.map((_, i) => first + i);
      const stateOf = (job: number): number => Atomics.load(states, job);
      if (mine.some((job) => stateOf(job) === jobState.waiting)) continue;
      if (reasons === null && mine.some((job) => stateOf(job) === jobState.impossible)) continue;
      const figures = mine.map((job) => (stateOf(job) === jobState.done ? readFigures(rows, job * figureCount) : null));
      const fault = mine.map((job) => reasons?.get(job)).find((it) => it !== undefined) ?? null;
      const trial = { point, figures, fault, score: scoreOf(plan, figures) };
      trials.set(key, trial);
      fresh.push(trial);
    }
    if (fresh.length > 0) onTrials?.(fresh);
  };
  const refused = [...faults].map(([key, fault]) => ({
    point: key.split('.').map(Number),
    figures: plan.cases.map(() => null),
    fault,
    score: Number.NaN,
  }));
  for (const trial of refused) trials.set(pointKey(trial.point), trial);
  if (refused.length > 0) onTrials?.(refused);
  const batch = await pool.run(jobs, {
    signal,
    onProgress: (finished, board) => {
      gather(board, null);
      onProgress(refused.length + Math.floor(finished / plan.cases.length));
    },
  });
  gather(batch, new Map(batch.faults.map(({ job, reason }) => [job, reason])));
  return [...trials.values()];
}
