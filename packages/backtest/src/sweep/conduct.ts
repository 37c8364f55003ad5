/** Carries a sweep out: the choice of the best, the walk-forward, what is to be said of both. What is done is kept, so it may stop anywhere. */
import { createHash } from 'node:crypto';
import type { BacktestDocument } from '../report/document.ts';
import { textOf } from '../report/document.ts';
import type { Best, SweepDocument, TrialRow, Varied, WalkReport } from './document.ts';
import { sweepFormat, sweepVersion, trialsKept } from './document.ts';
import type { Helper } from './helpers.ts';
import { bestOf, judge, variedAt } from './judge.ts';
import { judgeWalk } from './out-of-sample.ts';
import { type OwnFolders, openPool, type Pool } from './pool.ts';
import { casesOf, type ReadySweep, searchOf } from './prepare.ts';
import type { TrialFile } from './store.ts';
import { byScore, runSweep, type SweepEnd, scoreOf, type Trial } from './sweep.ts';
import { walkForward } from './walk-forward.ts';
import { warningsOfSweep } from './warnings.ts';

export interface SweepProgress {
  /** What is done now, for people. */
  readonly doing: string;
  /** Settings tried, of all, over choice and windows. */
  readonly done: number;
  readonly total: number;
  /** Settings a second since it was begun or gone on with; null before the first. */
  readonly rate: number | null;
  /** Time left at that rate, ms; null while there is none. */
  readonly leftMs: number | null;
  /** Of those that the best will be chosen from; null before there is one. */
  readonly best: { readonly varied: Varied; readonly score: number } | null;
}

export interface SweepPorts {
  readonly id: string;
  /** Wall clock. */
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
  readonly trials: TrialFile;
  /** Threads; one for each core when left out, 0: the caller's own. */
  readonly workers?: number | undefined;
  /** Others who take part where `workers` is 0. */
  readonly helpers?: readonly Helper[] | undefined;
  /** Processes of the strategy that is swept, where it is one's own: a worker for each. */
  readonly own?: OwnFolders | null | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
  /** A clock that only goes on, ms. */
  readonly now: () => number;
}

export type Conducted =
  | { readonly kind: 'done'; readonly document: SweepDocument }
  | { readonly kind: 'paused'; readonly done: number; readonly total: number };

/** @throws InvariantError when kernel and bot differ; Error when a worker dies */
export async function conductSweep(ready: ReadySweep, ports: SweepPorts): Promise<Conducted> {
  const meter = meterOf(ready, ports);
  const pool = openPool(ready.cases, ports.workers, ports.helpers, ports.own);
  try {
    return (await perform(ready, ports, pool, meter)) ?? { kind: 'paused', ...meter.counts() };
  } catch (error) {
    if (ports.signal?.aborted && (error as Error).name === 'AbortError') return { kind: 'paused', ...meter.counts() };
    throw error;
  } finally {
    await pool.close();
  }
}

interface Meter {
  /** Of a stage, from 0: how many are done, and how many of them now. */
  tell(stage: number, doing: string, done: number, fresh: number): void;
  see(trials: readonly Trial[]): void;
  counts(): { readonly done: number; readonly total: number };
}

function meterOf(ready: ReadySweep, { now, onProgress }: SweepPorts): Meter {
  const each = searchOf(ready).total;
  const total = each * (1 + ready.windows.length);
  const began = now();
  const fresh = new Map<number, number>();
  let last = 0;
  let best: Trial | undefined;
  return {
    see(trials) {
      for (const trial of trials)
        if (!Number.isNaN(trial.score) && (best === undefined || byScore(trial, best) < 0)) best = trial;
    },
    tell(stage, doing, done, made) {
      fresh.set(stage, made);
      last = stage * each + done;
      const all = [...fresh.values()].reduce((sum, it) => sum + it, 0);
      const seconds = (now() - began) / 1000;
      const rate = all > 0 && seconds > 0 ? all / seconds : null;
      const leftMs = rate === null ? null : ((total - last) / rate) * 1000;
      const top = best === undefined ? null : { varied: variedAt(ready.axes, best.point), score: best.score };
      onProgress?.({ doing, done: last, total, rate, leftMs, best: top });
    },
    counts: () => ({ done: last, total }),
  };
}

async function perform(ready: ReadySweep, ports: SweepPorts, pool: Pool, meter: Meter): Promise<Conducted | undefined> {
  const { trials, signal } = ports;
  const plan = { ...ready.plan, cases: casesOf(ready, null, 'train') };
  meter.see(allKnown(ready, trials));
  const end = await runSweep(plan, searchOf(ready), pool, {
    signal,
    known: trials.known('best'),
    onTrials: (made) => {
      meter.see(made);
      trials.append('best', made);
    },
    onProgress: (done, _, fresh) => meter.tell(0, 'choosing settings', done, fresh),
  });
  if (end.stopped) return undefined;
  const top = bestOf(end);
  const best = top === undefined ? null : await judge(ready, end, top, signal);
  const walk = await walked(ready, ports, pool, meter);
  if (walk === undefined) return undefined;
  meter.tell(ready.windows.length, 'writing', end.total, 0);
  return { kind: 'done', document: documentOf(ready, ports, end, best, walk) };
}

type Walked = { readonly report: WalkReport | null; readonly hashes: readonly string[] };

async function walked(ready: ReadySweep, { trials, signal }: SweepPorts, pool: Pool, meter: Meter): Promise<Walked | undefined> {
  if (ready.windows.length === 0) return { report: null, hashes: [] };
  const walk = await walkForward(
    ready.plan,
    ready.windows,
    (w) => ({ train: casesOf(ready, w, 'train'), test: casesOf(ready, w, 'test') }),
    () => searchOf(ready),
    pool,
    (w) => ({
      signal,
      known: trials.known(w),
      onTrials: (made) => trials.append(w, made),
      onProgress: (done, _, fresh) => meter.tell(w + 1, `window ${w + 1} of ${ready.windows.length}`, done, fresh),
    }),
  );
  return walk.stopped ? undefined : judgeWalk(ready, walk, signal);
}

export const trialRow = ({ axes }: Pick<ReadySweep, 'axes'>, { point, figures, fault, score }: Trial): TrialRow => ({
  varied: variedAt(axes, point),
  score: Number.isNaN(score) ? null : score,
  figures,
  fault,
});

function allKnown(ready: ReadySweep, trials: TrialFile): Trial[] {
  const plan = { ...ready.plan, cases: casesOf(ready, null, 'train') };
  return [...trials.known('best')].map(([key, known]) => ({
    point: key.split('.').map(Number),
    ...known,
    score: scoreOf(plan, known.figures),
  }));
}

/** The best trials so far of a sweep that is not done. */
export function standing(ready: ReadySweep, trials: TrialFile): readonly TrialRow[] {
  return allKnown(ready, trials)
    .sort(byScore)
    .slice(0, trialsKept)
    .map((trial) => trialRow(ready, trial));
}

function documentOf(ready: ReadySweep, ports: SweepPorts, end: SweepEnd, best: Best | null, walk: Walked): SweepDocument {
  const { asked, axes, plan, stretches } = ready;
  const impossible = end.trials.filter(({ fault }) => fault !== null);
  const hash = createHash('sha256');
  for (const part of best?.cases.flatMap(({ train, test }) => (test === null ? [train] : [train, test])) ?? [])
    hash.update(part.hash);
  for (const each of walk.hashes) hash.update(each);
  const groups = stretches.filter(({ window, part, period }) => window === null && part === 'train' && period === 0);
  const document: Omit<SweepDocument, 'warnings'> = {
    format: sweepFormat,
    version: sweepVersion,
    id: ports.id,
    madeAt: ports.madeAt,
    code: ports.code,
    data: ready.data,
    kind: asked.ask.kind,
    pairs: asked.ask.pairs,
    groups: groups.map(({ pairs }) => pairs),
    periods: ready.periods,
    asked: textOf(asked),
    axes,
    space: String(axes.reduce((product, { values }) => product * BigInt(values.length), 1n)),
    trials: end.trials.length,
    impossible: impossible.length,
    unfit: end.trials.filter(({ fault, score }) => fault === null && Number.isNaN(score)).length,
    fault: impossible[0]?.fault ?? null,
    best,
    top: end.trials.slice(0, trialsKept).map((trial) => trialRow({ axes }, trial)),
    walk: walk.report,
    hash: hash.digest('hex'),
  };
  return { ...document, warnings: [...ready.shortened, ...warningsOfSweep(document, plan.constraints.length, ready.noWalk)] };
}
