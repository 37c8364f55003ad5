/**
 * The space left for the journal. Before it is used up nothing new is risked: what was decided could no longer be recorded,
 * and a stop or an exit could. With space again it goes on by itself.
 */
import type { ClockPort } from '../link.ts';

/** Share of the file system in use from which only exits and cancels are done, in basis points (custody 3.10). */
const usedBpsMax = 9500;
const lookEveryMs = 10_000;

/** In blocks of one size: all that are in use, and those that this user may still take. */
export interface DiskSpace {
  readonly used: number;
  readonly free: number;
}

/** Looks at once and from then on; answers why nothing new may be risked, '' when it may. `onChange` hears each change. */
export function createDiskWatch(clock: ClockPort, look: () => DiskSpace, onChange: (fault: string) => void): () => string {
  let fault = '';
  const watch = (): void => {
    const found = faultOf(look());
    if ((found === '') !== (fault === '')) onChange(found);
    fault = found;
    clock.after(lookEveryMs, watch);
  };
  watch();
  return () => fault;
}

function faultOf({ used, free }: DiskSpace): string {
  const usedBps = Math.floor((used * 10_000) / (used + free));
  return usedBps < usedBpsMax
    ? ''
    : `the disk of the vault is ${(usedBps / 100).toFixed(1)} % full, limit ${usedBpsMax / 100} %: only exits and cancels are done; free space`;
}
