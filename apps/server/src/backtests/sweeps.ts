/** Sweeps that were asked for: one runs at a time, the others wait; each can be paused and gone on with, also after a restart. */
import type { AskSweep, SweepJob } from '@holdfast/contracts';
import { ApiFailure } from '../failure.ts';
import type { BacktestHost } from './client.ts';
import type { HostNews } from './protocol.ts';

const waitingMost = 20;
const keptMost = 50;

export interface SweepJobs {
  /** @throws ApiFailure `backtests-busy`, `sweep-taken` */
  ask(id: string, ask: AskSweep): SweepJob;
  /** Goes on with a paused or failed one; `isStored`: whether there is one of that name. @throws ApiFailure `sweep-unknown` */
  resume(id: string, isStored: boolean): SweepJob;
  /** What was done is kept. @throws ApiFailure `sweep-unknown` */
  pause(id: string): SweepJob;
  /** Newest first. */
  list(): readonly SweepJob[];
  find(id: string): SweepJob | undefined;
  /** Ends it if it runs, and forgets that it was asked for. */
  drop(id: string): void;
  close(): void;
}

interface Entry {
  job: SweepJob;
  /** Null once the process that runs it has written its plan. */
  ask: AskSweep | null;
}

const isActive = ({ job: { state } }: Entry): boolean => state === 'waiting' || state === 'running';

export function sweepJobs(host: BacktestHost, now: () => number): SweepJobs {
  const entries: Entry[] = [];
  let running: { readonly entry: Entry; readonly stop: () => void } | undefined;

  const change = (entry: Entry, news: Partial<SweepJob>): void => {
    entry.job = { ...entry.job, ...news };
  };

  /** Once per run, whatever ends it first. */
  function end(entry: Entry, news: Partial<SweepJob>): void {
    if (running?.entry !== entry) return;
    const { stop } = running;
    running = undefined;
    stop();
    change(entry, news);
    startNext();
  }

  function hear(entry: Entry, news: HostNews): void {
    if (news.kind === 'progress') {
      entry.ask = null;
      change(entry, { doing: news.doing, progress: news.sweep ?? entry.job.progress });
    } else if (news.kind === 'done') end(entry, { state: 'done', doing: '' });
    else {
      const error = { code: news.code, reason: news.reason, field: news.field };
      end(entry, { state: 'failed', doing: '', error });
    }
  }

  function startNext(): void {
    const entry = entries.find(({ job }) => job.state === 'waiting');
    if (running !== undefined || entry === undefined) return;
    change(entry, { state: 'running', error: null });
    running = { entry, stop: host.sweep(entry.job.id, entry.ask, (news) => hear(entry, news)) };
  }

  function enter(id: string, ask: AskSweep | null): SweepJob {
    if (entries.filter(({ job }) => job.state === 'waiting').length >= waitingMost)
      throw new ApiFailure(429, 'backtests-busy', `${waitingMost} sweeps wait already; ask again when some are done`);
    drop(id);
    const job: SweepJob = { id, state: 'waiting', askedAt: now(), doing: '', progress: null, error: null };
    const entry: Entry = { job, ask };
    entries.push(entry);
    const old = entries.findIndex((each) => !isActive(each) && each.ask === null);
    if (entries.length > keptMost && old >= 0) entries.splice(old, 1);
    startNext();
    return entry.job;
  }

  const find = (id: string): Entry | undefined => entries.find(({ job }) => job.id === id);

  function drop(id: string): void {
    const entry = find(id);
    if (entry === undefined) return;
    entries.splice(entries.indexOf(entry), 1);
    end(entry, { state: 'paused' });
  }

  function pause(entry: Entry): void {
    if (entry.job.state === 'waiting') change(entry, { state: 'paused' });
    else end(entry, { state: 'paused', doing: '' });
  }

  const unknown = (id: string): ApiFailure => new ApiFailure(404, 'sweep-unknown', `there is no sweep ${id}`, 'id');

  return {
    ask(id, ask) {
      if (find(id) !== undefined)
        throw new ApiFailure(409, 'sweep-taken', `a sweep ${id} is there already; go on with it, or give another name`, 'name');
      return enter(id, ask);
    },
    resume(id, isStored) {
      const entry = find(id);
      if (entry !== undefined && isActive(entry)) return entry.job;
      // One that was paused before it began has no plan yet.
      const ask = isStored ? null : (entry?.ask ?? undefined);
      if (ask === undefined) throw unknown(id);
      return enter(id, ask);
    },
    pause(id) {
      const entry = find(id);
      if (entry === undefined) throw unknown(id);
      pause(entry);
      return entry.job;
    },
    list: () => entries.map(({ job }) => job).reverse(),
    find: (id) => find(id)?.job,
    drop,
    close() {
      for (const entry of entries.toReversed()) pause(entry);
    },
  };
}
