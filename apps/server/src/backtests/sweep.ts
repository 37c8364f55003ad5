/**
 * A sweep for the server, in this process's own thread and in processes that help: a confined process may have no other threads,
 * since one could lift its confinement. Closing the connection pauses it; "holdfast sweep resume" goes on with the same one.
 */
import type { Socket } from 'node:net';
import {
  type BacktestDocument,
  conductSweep,
  createSweep,
  mustBeSameData,
  openTrials,
  readSweep,
  readSweepResult,
  readySweep,
  storeSweepResult,
} from '@holdfast/backtest';
import { settingsOf, toSweepAsk } from './ask.ts';
import { helpersOf } from './help.ts';
import type { HostNews, HostRequest } from './protocol.ts';

interface Options {
  readonly data: string;
  readonly code: BacktestDocument['code'];
  readonly now: () => number;
}

/** @returns undefined when it was paused: nobody hears it any more. @throws SweepError, AskError, DataError, ApiFailure */
export async function sweep(
  { id, ask }: Extract<HostRequest, { do: 'sweep' }>,
  socket: Socket,
  { data, code, now }: Options,
): Promise<HostNews | undefined> {
  const fresh = ask === null ? null : toSweepAsk(ask);
  if (fresh === null && readSweepResult(data, id) !== undefined) return { kind: 'done', run: id };
  const asked = fresh ?? readSweep(data, id).asked;
  const ready = readySweep(asked, data, settingsOf(asked.ask.kind));
  if (fresh === null) mustBeSameData(id, readSweep(data, id), ready);
  else createSweep(data, id, { asked, madeAt: now(), data: ready.data });
  const abort = new AbortController();
  socket.once('close', () => abort.abort());
  if (socket.destroyed) return undefined;
  const conducted = await conductSweep(ready, {
    id,
    madeAt: now(),
    code,
    trials: openTrials(data, id),
    workers: 0,
    helpers: helpersOf(data, id),
    signal: abort.signal,
    now: () => performance.now(),
    onProgress: ({ doing, ...progress }) => {
      const share = progress.total === 0 ? 0 : progress.done / progress.total;
      const news: HostNews = { kind: 'progress', share, doing, sweep: { ...progress, best: plain(progress.best) } };
      if (!socket.destroyed) socket.write(`${JSON.stringify(news)}\n`);
    },
  });
  if (conducted.kind === 'paused') return undefined;
  storeSweepResult(data, conducted.document);
  return { kind: 'done', run: id };
}

const plain = <Best extends { readonly varied: object }>(best: Best | null) =>
  best === null ? null : { ...best, varied: { ...best.varied } };
