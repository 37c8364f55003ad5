/**
 * How fast backtests are, and that the fast ways do what the bot itself does: every timed run is hashed over its fills and sums,
 * and one whose hash differs counts as not reached and ends the benchmark with an error.
 */
import { commandRows } from './backtests/commands.ts';
import { dcaRows, denseRows, gridRows, growthRows } from './backtests/kernels.ts';
import type { Row } from './backtests/measure.ts';
import { sweepRows } from './backtests/sweep.ts';

export async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const part of [dcaRows, gridRows, denseRows, sweepRows, commandRows, growthRows]) rows.push(...(await part()));
  return rows;
}
