/** Asks the process in which backtests run. */
import { connect } from 'node:net';
import type { AskBacktest, AskSweep } from '@holdfast/contracts';
import { type HostNews, type HostRequest, hostNews } from './protocol.ts';

export interface BacktestHost {
  /** News until `done` or `failed`, which comes once and last. The function that comes back ends it, without further news. */
  run(ask: AskBacktest, hear: (news: HostNews) => void): () => void;
  /** Forgets a stored run. */
  remove(run: string): Promise<HostNews>;
  /** Begins a sweep, or goes on with a stored one (null); as `run`, and what it did is kept when it is ended. */
  sweep(id: string, ask: AskSweep | null, hear: (news: HostNews) => void): () => void;
  /** Forgets a stored sweep. */
  removeSweep(id: string): Promise<HostNews>;
}

const away = (why: string): HostNews => ({
  kind: 'failed',
  code: 'backtests-unreachable',
  reason: `the process that runs backtests ${why}; "holdfast backtest" runs them without it`,
  field: null,
});

function ask(path: string, request: HostRequest, hear: (news: HostNews) => void): () => void {
  let [held, over] = ['', false];
  const socket = connect(path);
  const tell = (news: HostNews): void => {
    if (over) return;
    over = news.kind !== 'progress';
    hear(news);
  };
  socket.on('error', () => tell(away('does not run')));
  socket.on('close', () => tell(away('went away before it answered')));
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const news = hostNews.safeParse(JSON.parse(line));
      if (news.success) tell(news.data);
    }
  });
  socket.write(`${JSON.stringify(request)}\n`);
  return () => {
    over = true;
    socket.destroy();
  };
}

/** The process behind the socket `path()`; asked for each time, since it may start later. */
export const backtestHost = (path: () => string): BacktestHost => ({
  run: (body, hear) => ask(path(), { do: 'run', ask: body }, hear),
  remove: (run) => new Promise((done) => void ask(path(), { do: 'remove', run }, done)),
  sweep: (id, body, hear) => ask(path(), { do: 'sweep', id, ask: body }, hear),
  removeSweep: (id) => new Promise((done) => void ask(path(), { do: 'remove-sweep', id }, done)),
});
