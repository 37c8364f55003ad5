/**
 * Rounds, medians and rows. Work of one thread is timed by the CPU time of that thread: the wall time of a machine that has nothing
 * else to do; what starts processes or threads is timed by the clock.
 */
import type { Row } from '../rows/row.ts';

export const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export interface Timed<T> {
  /** Median ms of a round, and the slowest. */
  readonly ms: number;
  readonly most: number;
  readonly result: T;
}

/** CPU time is counted in steps of a few ms: a round goes on until that does not matter. */
const roundMs = 60;

const cpuSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};

/** Runs `work` until the compiler has seen it, then `rounds` times, several runs to a round where they are short. */
export function timed<T>(rounds: number, warmUp: number, work: () => T): Timed<T> {
  let result = work();
  for (let round = 1; round < warmUp; round++) result = work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    let [runs, spent] = [0, 0];
    for (; spent < roundMs; spent = cpuSince(before), runs++) result = work();
    times.push(spent / runs);
  }
  return { ms: medianOf(times), most: Math.max(...times), result };
}

/** A figure with an aim that is met when `isMet`; one without an aim has none to meet. */
export const row = (
  name: string,
  median: number,
  unit: string,
  aim: string | null = null,
  isMet = true,
  p99: number | null = null,
): Row => ({
  name,
  median,
  p99,
  unit,
  aim,
  reached: aim === null ? null : isMet,
});

let faults = 0;
process.on('exit', () => {
  if (faults > 0) process.exitCode = 1;
});

/**
 * Prints the hashes of runs that must have done the same, and whether they are one. Undefined: not run here. When they differ the
 * benchmark ends with an error, however fast it was.
 */
export function agree(what: string, hashes: Readonly<Record<string, string | undefined>>): boolean {
  const there = Object.entries(hashes).filter(([, hash]) => hash !== undefined);
  const isOne = new Set(there.map(([, hash]) => hash)).size === 1;
  if (!isOne) faults++;
  const said = there.map(([name, hash]) => `${name} ${hash}`).join(', ');
  process.stderr.write(`hash of ${what}: ${said}${isOne ? '' : '  THEY DIFFER'}\n`);
  return isOne;
}
