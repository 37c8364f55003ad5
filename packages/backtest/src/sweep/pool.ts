/**
 * Worker threads for sweeps. Candles lie in shared memory, work is handed out by one counter, results go into one array: no
 * message a run. How many workers there are and who takes which job changes no figure.
 */
import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Series } from '../data/series.ts';
import { type Helper, help } from './helpers.ts';
import { type Board, type Case, controlAt, type Fault, type Job, newBoard, work } from './jobs.ts';
import { type Packed, pack } from './packed-jobs.ts';

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

/** Processes that run a strategy of one's own: folders of their pipes, one for each worker. */
export interface OwnFolders {
  /** As `ownKind` calls it. */
  readonly kind: string;
  readonly folders: readonly string[];
}

/** A worker has no part in the cache of compiled sources that its process has, unless it is told where it is: beside other runtimes' own. */
const withCache = (): NodeJS.ProcessEnv => {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) };
};

/** What a worker begins with. */
export interface WorkerParts {
  readonly cases: readonly Case[];
  readonly own: { readonly kind: string; readonly folder: string } | null;
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

/** A function does not cross to a worker: each makes the strategy of its own anew. */
const shareCase = ({ own: _, ...of }: Case): Case => ({
  ...of,
  series: new Map([...of.series].map(([pair, series]) => [pair, shareSeries(series)])),
});

/**
 * @param workers how many threads; 0 works in the caller's own, beside `helpers`. Default: one for each core.
 * @param own where the cases are of a strategy of one's own: a worker for each of its processes, if there are any
 */
export function openPool(
  of: readonly Case[],
  workers: number = availableParallelism(),
  helpers: readonly Helper[] = [],
  own: OwnFolders | null = null,
): Pool {
  if (workers === 0)
    return {
      workers,
      run: (jobs, options = {}) => inline(of, jobs, options, helpers),
      close: async () => {
        for (const helper of helpers) helper.close();
      },
    };
  const cases = of.map(shareCase);
  const parts: readonly WorkerParts[] =
    own === null
      ? Array.from({ length: workers }, () => ({ cases, own }))
      : own.folders.map((folder) => ({ cases, own: { kind: own.kind, folder } }));
  const threads = parts.map((workerData) => new Worker(new URL('worker.ts', import.meta.url), { workerData, env: withCache() }));
  return {
    workers: threads.length,
    run: (jobs, options = {}) => share(threads, jobs, options),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** How long the caller's own thread works before it looks at what else there is to do. */
const inlineMs = 25;

async function inline(
  cases: readonly Case[],
  jobs: readonly Job[],
  { onProgress, signal }: PoolRun,
  helpers: readonly Helper[],
): Promise<Batch> {
  const board = newBoard(jobs.length);
  const faults: Fault[] = [];
  // Two at once each: while one is on its way the other is worked on.
  const helped = [...helpers, ...helpers].map((helper) => help(helper, cases, jobs, board, signal));
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
  faults.push(...(await Promise.all(helped)).flat());
  return { ...board, faults: faults.sort((a, b) => a.job - b.job) };
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
    const packed = pack(jobs);
    const faults = await Promise.all(threads.map((thread) => answered(thread, { packed, board })));
    return { ...board, faults: faults.flat().sort((a, b) => a.job - b.job) };
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function answered(thread: Worker, message: { readonly packed: Packed; readonly board: Board }): Promise<readonly Fault[]> {
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
