/**
 * Others who take jobs of a sweep where threads may not be: processes that know the same cases. Each gets a few jobs at a time and
 * sends back what came of them; what one took and did not bring back is done here.
 */
import { figureCount } from './figures.ts';
import { type Board, type Case, controlAt, type Fault, type Job, jobState, newBoard, work, workOne } from './jobs.ts';

/** What came of some jobs; places count from the first of them. */
export interface Brought {
  /** Bytes of the rows of figures, base64. */
  readonly figures: string;
  readonly states: readonly number[];
  readonly faults: readonly Fault[];
}

export interface Helper {
  /** @throws Error when it is gone */
  run(jobs: readonly Job[]): Promise<Brought>;
  close(): void;
}

/** Does jobs as a helper does. */
export function bring(cases: readonly Case[], jobs: readonly Job[]): Brought {
  const board = newBoard(jobs.length);
  const faults = work(cases, jobs, board);
  return { figures: Buffer.from(new Uint8Array(board.figures.buffer)).toString('base64'), states: [...board.states], faults };
}

/** Jobs that a helper gets at once, by how long the last ones took: neither a message a job nor a long wait for the last. */
const [takenLeast, takenMost] = [4, 256];
const [shortMs, longMs] = [60, 250];

/** Lets a helper take jobs until none is left or somebody says stop. @returns faults, those of jobs that it lost too */
export async function help(
  helper: Helper,
  cases: readonly Case[],
  jobs: readonly Job[],
  board: Board,
  signal: AbortSignal | undefined,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  let taken = takenLeast;
  while (signal?.aborted !== true) {
    const first = Atomics.add(board.control, controlAt.next, taken);
    const end = Math.min(first + taken, jobs.length);
    if (first >= end) return faults;
    const began = performance.now();
    try {
      faults.push(...write(await helper.run(jobs.slice(first, end)), board, first, end));
    } catch {
      for (let job = first; job < end; job++) {
        const fault = workOne(cases, jobs, board, job);
        if (fault !== null) faults.push(fault);
      }
      return faults;
    }
    const ms = performance.now() - began;
    if (ms < shortMs) taken = Math.min(takenMost, taken * 2);
    if (ms > longMs) taken = Math.max(takenLeast, taken >> 1);
  }
  return faults;
}

/** @throws Error when it is not what was asked for */
function write({ figures, states, faults }: Brought, board: Board, first: number, end: number): readonly Fault[] {
  const bytes = Buffer.from(figures, 'base64');
  const count = end - first;
  if (bytes.byteLength !== count * figureCount * 8 || states.length !== count)
    throw new Error('a helper brought other jobs than it took');
  new Uint8Array(board.figures.buffer).set(bytes, first * figureCount * 8);
  for (const [at, state] of states.entries())
    Atomics.store(board.states, first + at, state === jobState.done ? jobState.done : jobState.impossible);
  Atomics.add(board.control, controlAt.finished, count);
  return faults.map(({ job, reason }) => ({ job: first + job, reason }));
}
