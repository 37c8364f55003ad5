/** Kinds of bots that sweeps run in plain numbers; docs/decisions/0013-kernels.md says why there are such. */
import { type DcaSettingsText, type GridSettingsText, readDcaSettings, readGridSettings, type SubBook } from '@holdfast/bots';
import { type Pair, quoteOf, zero } from '@holdfast/domain';
import { type KernelRequest, type KernelResult, runDca } from './dca.ts';
import { type GridRequest, runGrid } from './grid.ts';

export type { KernelResult } from './dca.ts';
export { FillLog, type KernelFill } from './fill-log.ts';

export interface KernelRun extends Omit<KernelRequest, 'settings' | 'funds'> {
  readonly funds: SubBook;
}

/** Runs settings as stored; null where the kernel does not know them. */
export type Kernel = (pair: Pair, settings: unknown, run: KernelRun) => KernelResult | null;

export const kernels = {
  dca: (pair, settings, { funds, ...run }) =>
    runDca({ ...run, funds: funds[quoteOf(pair)] ?? zero, settings: readDcaSettings(pair, settings as DcaSettingsText) }),
  grid: (pair, settings, run) =>
    runGrid({ ...run, settings: readGridSettings(pair, settings as GridSettingsText) } satisfies GridRequest),
} as const satisfies Readonly<Record<string, Kernel>>;
