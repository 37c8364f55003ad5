/** Runs of a sweep, one after the other, into shared memory. The same code for a worker and for a caller without workers. */
import type { RunRequest } from '../run/result.ts';
import { figureCount, writeFigures } from './figures.ts';
import { runSums } from './run-sums.ts';

/** A stretch of candles that every point is tried on: all of a request but the settings. */
export type Case = Omit<RunRequest, 'settings' | 'driver'>;

export interface Job {
  readonly settings: unknown;
  /** Index of its case. */
  readonly of: number;
}

/** Jobs by their numbers, as an array has them. */
export interface Jobs {
  readonly length: number;
  at(job: number): Job | undefined;
}

/** What became of a job: not yet run, run, or its settings cannot trade there. */
export const jobState = { waiting: 0, done: 1, impossible: 2 } as const;

/** Shared by all who work on the same jobs. */
export interface Board {
  /** A row of figures for each job. */
  readonly figures: Float64Array;
  readonly states: Int32Array;
  /** The next job that nobody has taken, how many are finished, and whether to stop. */
  readonly control: Int32Array;
}

export const controlAt = { next: 0, finished: 1, stop: 2 } as const;

export function newBoard(jobs: number): Board {
  return {
    figures: new Float64Array(new SharedArrayBuffer(jobs * figureCount * 8)),
    states: new Int32Array(new SharedArrayBuffer(jobs * 4)),
    control: new Int32Array(new SharedArrayBuffer(3 * 4)),
  };
}

export interface Fault {
  readonly job: number;
  readonly reason: string;
}

/** Works until no job is left, somebody says stop, or `isTired`. A run that throws is a fault of its settings, and the others go on. */
export function work(cases: readonly Case[], jobs: Jobs, board: Board, isTired: () => boolean = () => false): readonly Fault[] {
  const { control } = board;
  const faults: Fault[] = [];
  for (;;) {
    if (Atomics.load(control, controlAt.stop) === 1 || isTired()) return faults;
    // One at a time, so that the last ones end together: a year of a strategy of one's own takes minutes.
    const job = Atomics.add(control, controlAt.next, 1);
    if (job >= jobs.length) return faults;
    const fault = workOne(cases, jobs, board, job);
    if (fault !== null) faults.push(fault);
  }
}

/** One job, onto the board. */
export function workOne(cases: readonly Case[], jobs: Jobs, board: Board, job: number): Fault | null {
  const { figures, states, control } = board;
  const { settings, of } = jobs.at(job) as Job;
  let fault: Fault | null = null;
  try {
    writeFigures(runSums({ ...(cases[of] as Case), settings }), figures, job * figureCount);
    Atomics.store(states, job, jobState.done);
  } catch (error) {
    figures.fill(Number.NaN, job * figureCount, (job + 1) * figureCount);
    fault = { job, reason: (error as Error).message };
    Atomics.store(states, job, jobState.impossible);
  }
  Atomics.add(control, controlAt.finished, 1);
  return fault;
}
