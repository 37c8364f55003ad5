/** R12's memory: the highest equity of the last 24 h, deposits and withdrawals taken out. */
import { dayMs, minuteMs } from '../book.ts';

interface Peak {
  at: number;
  equity: bigint;
}

/** `peaks` falls in equity and rises in time: a peak that a later one passes will never be the highest again. */
export interface EquityWatch {
  readonly peaks: Peak[];
  newest: bigint;
}

export const equityWatch = (): EquityWatch => ({ peaks: [], newest: 0n });

export function watchEquity(watch: EquityWatch, equity: bigint, now: number): void {
  const { peaks } = watch;
  watch.newest = equity;
  while (peaks.length > 0 && peaks[0]!.at <= now - dayMs) peaks.shift();
  while (peaks.length > 0 && peaks.at(-1)!.equity <= equity) peaks.pop();
  const last = peaks.at(-1);
  // In a fall, one peak a minute is enough; the earlier and higher one stays.
  if (last !== undefined && now - last.at < minuteMs) return;
  peaks.push({ at: now, equity });
}

export function shiftEquity(watch: EquityWatch, change: bigint): void {
  for (const peak of watch.peaks) peak.equity += change;
  watch.newest += change;
}

/** How far the newest equity lies under the highest of 24 h; 0 before any was seen. */
export const lossAt = (watch: EquityWatch): bigint => {
  const highest = watch.peaks[0];
  return highest === undefined || highest.equity < watch.newest ? 0n : highest.equity - watch.newest;
};

/** Falls count from the next equity on. */
export const forgetPeaks = (watch: EquityWatch): void => void watch.peaks.splice(0);
