/** Runs one backtest in a thread of its own, stores what came out, and says how far it is. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BacktestAsk, type BacktestDocument, runBacktest, runJob, storeDocument } from '@holdfast/backtest';

export interface WorkerTask {
  readonly ask: BacktestAsk;
  readonly data: string;
  readonly madeAt: number;
  readonly code: BacktestDocument['code'];
}

export type WorkerNews =
  | { readonly kind: 'progress'; readonly share: number; readonly doing: string }
  | { readonly kind: 'done'; readonly run: string }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string; readonly field: string | null };

const { ask, data, madeAt, code } = workerData as WorkerTask;
const tell = (news: WorkerNews): void => parentPort?.postMessage(news);
/** Refusals of the backtest; anything else is a fault of ours. */
const known = new Set(['AskError', 'DataError', 'RunError', 'ValueError']);

function failure(error: unknown): WorkerNews {
  const { name, message, code: own, field } = error as Error & { readonly code?: string; readonly field?: string };
  if (own !== undefined && known.has(name)) return { kind: 'failed', code: own, reason: message, field: field ?? null };
  if (own === 'EACCES' || own === 'EROFS' || own === 'ENOSPC' || own === 'EPERM')
    return {
      kind: 'failed',
      code: 'backtest-unwritable',
      reason: `the result cannot be stored in ${data}: ${message}`,
      field: null,
    };
  return { kind: 'failed', code: 'server-fault', reason: `the run failed: ${message}`, field: null };
}

try {
  const onProgress = (share: number, doing: string): void => tell({ kind: 'progress', share, doing });
  const { document } = runJob(ask, data, { run: runBacktest, madeAt, code, onProgress });
  tell({ kind: 'done', run: storeDocument(data, document).id });
} catch (error) {
  tell(failure(error));
}
