/** A worker of a sweep: gets the cases once, then jobs and the board to write on. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Board, type Case, type Job, work } from './jobs.ts';

const { cases } = workerData as { readonly cases: readonly Case[] };
const port = parentPort;
if (port === null) throw new Error('a worker of a sweep has a parent');
port.on('message', ({ jobs, board }: { readonly jobs: readonly Job[]; readonly board: Board }) => {
  port.postMessage(work(cases, jobs, board));
});
