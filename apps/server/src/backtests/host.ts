/** Does what the server asks: runs backtests and sweeps and stores what came out. */
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type BacktestDocument, jobSteps, removeStored, removeSweep, runBacktest, storeDocument } from '@holdfast/backtest';
import { toAsk } from './ask.ts';
import { type HostNews, type HostRequest, hostRequest } from './protocol.ts';
import { sweep } from './sweep.ts';

export interface HostOptions {
  readonly data: string;
  readonly code: BacktestDocument['code'];
  readonly now: () => number;
}

/** Refusals of the backtest; anything else is a fault of ours. */
const known = new Set(['AskError', 'ApiFailure', 'DataError', 'RunError', 'SweepError', 'ValueError']);
const unwritable = new Set(['EACCES', 'ENOSPC', 'EPERM', 'EROFS', 'ERR_ACCESS_DENIED']);

function failure(error: unknown): HostNews {
  const { name, message, code, field } = error as Error & { readonly code?: string; readonly field?: string };
  if (code !== undefined && known.has(name)) return { kind: 'failed', code, reason: message, field: field ?? null };
  if (code !== undefined && unwritable.has(code))
    return { kind: 'failed', code: 'backtest-unwritable', reason: `the result cannot be stored: ${message}`, field: null };
  return { kind: 'failed', code: 'server-fault', reason: `the run failed: ${message}`, field: null };
}

/** Between two steps the connection is looked at: news leave, and a closed one ends the job. */
async function perform(request: HostRequest, socket: Socket, { data, code, now }: HostOptions): Promise<HostNews | undefined> {
  if (request.do === 'remove') {
    removeStored(data, request.run);
    return { kind: 'done', run: request.run };
  }
  if (request.do === 'remove-sweep') {
    removeSweep(data, request.id);
    return { kind: 'done', run: request.id };
  }
  if (request.do === 'sweep') return sweep(request, socket, { data, code, now });
  const steps = jobSteps(toAsk(request.ask), data, { run: runBacktest, madeAt: now(), code });
  while (!socket.destroyed) {
    const step = steps.next();
    if (step.done === true) return { kind: 'done', run: storeDocument(data, step.value.document).id };
    socket.write(`${JSON.stringify({ kind: 'progress', ...step.value } satisfies HostNews)}\n`);
    await turn();
  }
  return undefined;
}

/** Reads the request of a connection and answers it; never rejects. */
export async function answer(line: string, socket: Socket, options: HostOptions): Promise<void> {
  let news: HostNews | undefined;
  try {
    news = await perform(hostRequest.parse(JSON.parse(line)), socket, options);
  } catch (error) {
    news = failure(error);
  }
  if (news !== undefined && !socket.destroyed) socket.end(`${JSON.stringify(news)}\n`);
}
