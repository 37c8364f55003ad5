/**
 * Worker threads for sweeps. Candles lie in shared memory, work is handed out by one counter, results go into one array: no
 * message a run. How many workers there are and who takes which job changes no figure.
 */
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Series } from '../data/series.ts';
import { type Board, type Case, controlAt, type Fault, type Job, newBoard, work } from './jobs.ts';

export interface Batch extends Board {
  /** Jobs that could not be run, with the reason. */
  readonly faults: readonly Fault[];
}

export interface PoolRun {
  /** Now and then: how many jobs are finished, and the board that says which. */
  readonly onProgress?: (finished: number, board: Board) => void;
  /** Stops after the runs that are going on. */
  readonly signal?: AbortSignal | undefined;
}

export interface Pool {
  readonly workers: number;
  /** One batch at a time. @throws Error when a worker dies */
  run(jobs: readonly Job[], options?: PoolRun): Promise<Batch>;
  close(): Promise<void>;
}

const progressMs = 100;
const columns = ['open', 'high', 'low', 'close', 'volume'] as const;

/** The same series with its columns in shared memory; as it is where they are already. */
export function shareSeries(series: Series): Series {
  if (columns.every((name) => series[name].buffer instanceof SharedArrayBuffer)) return series;
  const shared = columns.map((name) => {
    const column = series[name];
    const copy = new (column.constructor as Float64ArrayConstructor)(new SharedArrayBuffer(column.byteLength) as never);
    copy.set(column);
    return [name, copy];
  });
  return { ...series, ...Object.fromEntries(shared) };
}

const shareCase = (of: Case): Case => ({
  ...of,
  series: new Map([...of.series].map(([pair, series]) => [pair, shareSeries(series)])),
});

/** @param workers how many threads; 0 works in the caller's own. Default: one for each core. */
export function openPool(of: readonly Case[], workers: number = availableParallelism()): Pool {
  if (workers === 0) return { workers, run: (jobs, options = {}) => inline(of, jobs, options), close: async () => {} };
  const cases = of.map(shareCase);
  const threads = Array.from(
    { length: workers },
    () => new Worker(new URL('worker.ts', import.meta.url), { workerData: { cases } }),
  );
  return {
    workers,
    run: (jobs, options = {}) => share(threads, jobs, options),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** How long the caller's own thread works before it looks at what else there is to do. */
const inlineMs = 25;

async function inline(cases: readonly Case[], jobs: readonly Job[], { onProgress, signal }: PoolRun): Promise<Batch> {
  const board = newBoard(jobs.length);
  const faults: Fault[] = [];
  let told = performance.now();
  while (Atomics.load(board.control, controlAt.next) < jobs.length && signal?.aborted !== true) {
    const began = performance.now();
    faults.push(...work(cases, jobs, board, () => performance.now() - began > inlineMs));
    if (performance.now() - told > progressMs) {
      told = performance.now();
      onProgress?.(Atomics.load(board.control, controlAt.finished), board);
    }
    await turn();
  }
  return { ...board, faults };
}

async function share(threads: readonly Worker[], jobs: readonly Job[], { onProgress, signal }: PoolRun): Promise<Batch> {
  const board = newBoard(jobs.length);
  const stop = (): void => {
    Atomics.store(board.control, controlAt.stop, 1);
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer =
    onProgress === undefined
      ? undefined
      : setInterval(() => onProgress(Atomics.load(board.control, controlAt.finished), board), progressMs);
  try {
    const faults = await Promise.all(threads.map((thread) => answered(thread, { jobs, board })));
    return { ...board, faults: faults.flat().sort((a, b) => a.job - b.job) };
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function answered(thread: Worker, message: { readonly jobs: readonly Job[]; readonly board: Board }): Promise<readonly Fault[]> {
  return new Promise((resolve, reject) => {
    const onMessage = (faults: readonly Fault[]): void => settle(() => resolve(faults));
    const onError = (error: unknown): void => settle(() => reject(error));
    const onExit = (code: number): void => settle(() => reject(new Error(`a worker of the sweep ended with code ${code}`)));
    const settle = (then: () => void): void => {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      then();
    };
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    thread.postMessage(message);
  });
}
