/** Kinds of bots that sweeps run in plain numbers; docs/decisions/0013-kernels.md says why there are such. */
import { type DcaPairsSettingsText, dcaPairs, type GridSettingsText, readGridSettings } from '@holdfast/bots';
import type { Pair } from '@holdfast/domain';
import { runDca } from './dca.ts';
import { runGrid } from './grid.ts';
import type { KernelResult, KernelRun } from './run.ts';

export { FillLog, type KernelFill } from './fill-log.ts';
export type { KernelResult, KernelRun } from './run.ts';

/** Runs settings as stored; null where the kernel does not know them. */
export type Kernel = (pair: Pair, settings: unknown, run: KernelRun) => KernelResult | null;

export const kernels = {
  dca: (pair, settings, run) => {
    const read = dcaPairs.readSettings([pair], settings as DcaPairsSettingsText);
    return 'parts' in read ? null : runDca(read, run);
  },
  grid: (pair, settings, run) => runGrid(readGridSettings(pair, settings as GridSettingsText), run),
} as const satisfies Readonly<Record<string, Kernel>>;
