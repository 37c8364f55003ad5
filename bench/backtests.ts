/**
 * How fast backtests are, and that the fast ways do what the bot itself does: every timed run is hashed over its fills and sums,
 * and one whose hash differs counts as not reached and ends the benchmark with an error.
 */
import { commandRows } from './backtests/commands.ts';
import { dcaRows, denseRows, gridRows, growthRows } from './backtests/kernels.ts';
import { conditionRows, strategyGrowthRows, strategyRows } from './backtests/strategies.ts';
import { sweepRows } from './backtests/sweep.ts';
import type { Row } from './rows/row.ts';

export async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const parts = [
    dcaRows,
    gridRows,
    denseRows,
    sweepRows,
    conditionRows,
    strategyRows,
    commandRows,
    growthRows,
    strategyGrowthRows,
  ];
  for (const part of parts) rows.push(...(await part()));
  return rows;
}
