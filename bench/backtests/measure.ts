/**
 * Rounds, medians and rows. Work of one thread is timed by the CPU time of that thread: the wall time of a machine that has nothing
 * else to do; what starts processes or threads is timed by the clock.
 */

export interface Row {
  readonly name: string;
  readonly median: number;
  readonly p99: number | null;
  readonly unit: string;
  readonly aim: string | null;
  readonly reached: boolean | null;
}

export const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export interface Timed<T> {
  /** Median ms of a round, and the slowest. */
  readonly ms: number;
  readonly most: number;
  readonly result: T;
}

/** CPU time is counted in steps of a few ms: a round lasts long enough for that not to matter. */
const roundMs = 60;

/** Runs `work` until the compiler has seen it, then `rounds` times, several runs to a round where they are short. */
export function timed<T>(rounds: number, warmUp: number, work: () => T): Timed<T> {
  const began = performance.now();
  let result = work();
  for (let round = 1; round < warmUp; round++) result = work();
  const runs = Math.max(1, Math.ceil((roundMs * warmUp) / (performance.now() - began)));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    for (let run = 0; run < runs; run++) result = work();
    const { user, system } = process.threadCpuUsage(before);
    times.push((user + system) / 1000 / runs);
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
