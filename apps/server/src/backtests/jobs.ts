/**
 * Backtests that were asked for: one runs at a time, in a process of its own, so that the server goes on answering; the others
 * wait. What is done is kept in the list for a while; the result itself is stored.
 */
import { randomUUID } from 'node:crypto';
import type { AskBacktest, BacktestJob } from '@holdfast/contracts';
import { ApiFailure } from '../failure.ts';
import type { BacktestHost } from './client.ts';
import type { HostNews } from './protocol.ts';

const waitingMost = 20;
const keptMost = 50;
/** A run that takes longer is ended: what is asked for over the API is one run, not a search. */
const runMsMost = 10 * 60_000;

export interface BacktestJobs {
  /** @throws ApiFailure `backtests-busy` when too many wait */
  ask(ask: AskBacktest): BacktestJob;
  /** Newest first. */
  list(): readonly BacktestJob[];
  /** @throws ApiFailure `backtest-unknown` */
  find(id: string): BacktestJob;
  /** Ends it if it runs or waits. @throws ApiFailure `backtest-unknown` */
  cancel(id: string): BacktestJob;
  close(): void;
}

interface Entry {
  job: BacktestJob;
  readonly ask: AskBacktest;
}

const isOver = ({ job: { state } }: Entry): boolean => state !== 'waiting' && state !== 'running';

export function backtestJobs(host: BacktestHost, now: () => number): BacktestJobs {
  const entries: Entry[] = [];
  let running: { readonly entry: Entry; readonly stop: () => void; readonly timer: NodeJS.Timeout } | undefined;

  const change = (entry: Entry, news: Partial<BacktestJob>): void => {
    entry.job = { ...entry.job, ...news };
  };

  /** Once per job, whatever ends it first. */
  function end(entry: Entry, news: Partial<BacktestJob>): void {
    if (running?.entry !== entry) return;
    clearTimeout(running.timer);
    running.stop();
    running = undefined;
    change(entry, news);
    startNext();
  }

  const failed = (entry: Entry, code: string, reason: string, field: string | null): void =>
    end(entry, { state: 'failed', doing: '', error: { code, reason, field } });

  function hear(entry: Entry, news: HostNews): void {
    if (news.kind === 'progress') change(entry, { share: news.share, doing: news.doing });
    else if (news.kind === 'done') end(entry, { state: 'done', share: 1, doing: '', run: news.run });
    else failed(entry, news.code, news.reason, news.field);
  }

  function startNext(): void {
    const entry = entries.find(({ job }) => job.state === 'waiting');
    if (running !== undefined || entry === undefined) return;
    const late = `the run took longer than ${runMsMost / 60_000} minutes; ask for a shorter period, or use "holdfast backtest"`;
    const timer = setTimeout(() => failed(entry, 'backtest-too-long', late, null), runMsMost);
    timer.unref();
    change(entry, { state: 'running' });
    running = { entry, timer, stop: host.run(entry.ask, (news) => hear(entry, news)) };
  }

  function find(id: string): Entry {
    const entry = entries.find(({ job }) => job.id === id);
    if (entry === undefined) throw new ApiFailure(404, 'backtest-unknown', `there is no job ${id}; it may have been long ago`);
    return entry;
  }

  function cancel(entry: Entry): void {
    if (entry.job.state === 'waiting') change(entry, { state: 'cancelled' });
    else end(entry, { state: 'cancelled', doing: '' });
  }

  return {
    ask(ask) {
      if (entries.filter(({ job }) => job.state === 'waiting').length >= waitingMost)
        throw new ApiFailure(429, 'backtests-busy', `${waitingMost} backtests wait already; ask again when some are done`);
      const job: BacktestJob = {
        id: randomUUID(),
        state: 'waiting',
        kind: ask.kind,
        pairs: [...ask.pairs],
        askedAt: now(),
        share: 0,
        doing: '',
        run: null,
        error: null,
      };
      const entry: Entry = { ask, job };
      entries.push(entry);
      const old = entries.findIndex(isOver);
      if (entries.length > keptMost && old >= 0) entries.splice(old, 1);
      startNext();
      return entry.job;
    },
    list: () => entries.map(({ job }) => job).reverse(),
    find: (id) => find(id).job,
    cancel(id) {
      const entry = find(id);
      cancel(entry);
      return entry.job;
    },
    close() {
      for (const entry of entries.toReversed()) cancel(entry);
    },
  };
}
