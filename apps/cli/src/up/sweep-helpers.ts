/** A confined process has no threads: each further core that sweeps of the server use is a process of its own. */
import { availableParallelism } from 'node:os';

/** Cores that sweeps of the server use at most. */
const coresMost = 16;

/** How many there are beside the process of backtests itself. */
export const sweepHelpers = (): number => Math.min(availableParallelism(), coresMost) - 1;

/** What the n-th of them, from 1, is called, and told besides. */
export const helperName = (n: number): string => `backtests-${n}`;
export const helperArgs = (n: number): readonly string[] => ['--helper', String(n)];
