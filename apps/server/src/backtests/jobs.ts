/**
 * Backtests that were asked for: one runs at a time, in a thread of its own, so that the server goes on answering; the others
 * wait. What is done is kept in the list for a while; the result itself is stored.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { BacktestAsk, BacktestDocument } from '@holdfast/backtest';
import type { BacktestJob } from '@holdfast/contracts';
import { ApiFailure } from '../failure.ts';
import type { WorkerNews, WorkerTask } from './worker.ts';

const waitingMost = 20;
const keptMost = 50;
/** A run that takes longer is ended: what is asked for over the API is one run, not a search. */
const runMsMost = 10 * 60_000;
const heapMegabytes = 1024;

export interface BacktestJobs {
  /** @throws ApiFailure `backtests-busy` when too many wait */
  ask(ask: BacktestAsk): BacktestJob;
  list(): readonly BacktestJob[];
  /** @throws ApiFailure `backtest-unknown` */
  find(id: string): BacktestJob;
  /** Ends it if it runs or waits. @throws ApiFailure `backtest-unknown` */
  cancel(id: string): BacktestJob;
  close(): Promise<void>;
}

export interface JobsOptions {
  readonly data: string;
  readonly code: BacktestDocument['code'];
  readonly now: () => number;
}

interface Entry {
  job: BacktestJob;
  readonly ask: BacktestAsk;
}

export function backtestJobs({ data, code, now }: JobsOptions): BacktestJobs {
  const entries: Entry[] = [];
  let running: { readonly entry: Entry; readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined;

  const change = (entry: Entry, news: Partial<BacktestJob>): void => {
    entry.job = { ...entry.job, ...news };
  };

  /** Once per job, whatever ends it first. */
  function end(entry: Entry, news: Partial<BacktestJob>): void {
    if (running?.entry !== entry) return;
    clearTimeout(running.timer);
    void running.worker.terminate();
    running = undefined;
    change(entry, news);
    startNext();
  }

  const failed = (entry: Entry, reason: string, errorCode = 'server-fault', field: string | null = null): void =>
    end(entry, { state: 'failed', error: { code: errorCode, reason, field } });

  function hear(entry: Entry, news: WorkerNews): void {
    if (news.kind === 'progress') change(entry, { share: news.share, doing: news.doing });
    else if (news.kind === 'done') end(entry, { state: 'done', share: 1, doing: '', run: news.run });
    else failed(entry, news.reason, news.code, news.field);
  }

  function startNext(): void {
    const entry = entries.find(({ job }) => job.state === 'waiting');
    if (running !== undefined || entry === undefined) return;
    const workerData: WorkerTask = { ask: entry.ask, data, madeAt: now(), code };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    const minutes = runMsMost / 60_000;
    const timer = setTimeout(
      () =>
        failed(
          entry,
          `the run took longer than ${minutes} minutes; ask for a shorter period, or use "holdfast backtest"`,
          'backtest-too-long',
        ),
      runMsMost,
    );
    timer.unref();
    running = { entry, worker, timer };
    change(entry, { state: 'running' });
    worker.on('message', (news: WorkerNews) => hear(entry, news));
    worker.on('error', (error: unknown) => failed(entry, `the run failed: ${(error as Error).message}`));
    worker.on('exit', () => failed(entry, 'the run ended without a result'));
  }

  function find(id: string): Entry {
    const entry = entries.find(({ job }) => job.id === id);
    if (entry === undefined) throw new ApiFailure(404, 'backtest-unknown', `there is no job ${id}; it may have been long ago`);
    return entry;
  }

  return {
    ask(ask) {
      if (entries.filter(({ job }) => job.state === 'waiting').length >= waitingMost)
        throw new ApiFailure(429, 'backtests-busy', `${waitingMost} backtests wait already; ask again when some are done`);
      const entry: Entry = {
        ask,
        job: {
          id: randomUUID(),
          state: 'waiting',
          kind: ask.kind,
          pairs: [...ask.pairs],
          askedAt: now(),
          share: 0,
          doing: '',
          run: null,
          error: null,
        },
      };
      entries.push(entry);
      const over = entries.findIndex(({ job }) => job.state !== 'waiting' && job.state !== 'running');
      if (entries.length > keptMost && over >= 0) entries.splice(over, 1);
      startNext();
      return entry.job;
    },
    list: () => entries.map(({ job }) => job).reverse(),
    find: (id) => find(id).job,
    cancel(id) {
      const entry = find(id);
      if (entry.job.state === 'running') end(entry, { state: 'cancelled' });
      else if (entry.job.state === 'waiting') change(entry, { state: 'cancelled' });
      return entry.job;
    },
    async close() {
      for (const entry of entries) if (entry.job.state === 'waiting') change(entry, { state: 'cancelled' });
      const worker = running?.worker;
      if (running !== undefined) end(running.entry, { state: 'cancelled' });
      await worker?.terminate();
    },
  };
}
