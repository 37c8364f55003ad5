/** A worker of a sweep: gets the cases once, then jobs and the board to write on. */
import { parentPort, workerData } from 'node:worker_threads';
import { ownKind } from '@holdfast/bots';
import { StrategyPipe, stepOf } from '@holdfast/runtime';
import { type Board, type Case, work } from './jobs.ts';
import { type Packed, PackedJobs } from './packed-jobs.ts';
import type { WorkerParts } from './pool.ts';

const { cases: given, own } = workerData as WorkerParts;
const cases = own === null ? given : given.map((of) => ({ ...of, own: ownIn(own) }));

/** A strategy of one's own in the process that this worker alone asks. */
function ownIn({ kind, folder }: NonNullable<WorkerParts['own']>): NonNullable<Case['own']> {
  const pipe = new StrategyPipe(folder);
  return () => ownKind(kind, (step) => stepOf(pipe.ask({ kind, step })));
}

const port = parentPort;
if (port === null) throw new Error('a worker of a sweep has a parent');
port.on('message', ({ packed, board }: { readonly packed: Packed; readonly board: Board }) => {
  port.postMessage(work(cases, new PackedJobs(packed), board));
});
