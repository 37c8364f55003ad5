/** The same settings begun on other days: a bot whose result hangs on the day it was started has been lucky or unlucky. */
import { dayMs } from '../metrics/returns.ts';
import { type Band, bandOf, type Random } from './bands.ts';

export interface Period {
  readonly from: number;
  readonly to: number;
}

/**
 * Periods of one length (a share of the whole) that begin at random moments on a grid of `stepMs`, none twice, in order of time.
 * When the whole has no more beginnings than asked for, all of them. Empty when the whole is shorter than a step beyond one period.
 */
export function startPeriods(whole: Period, count: number, random: Random, share = 0.5, stepMs = 3_600_000): readonly Period[] {
  const length = Math.ceil(((whole.to - whole.from) * share) / stepMs) * stepMs;
  const beginnings = Math.floor((whole.to - whole.from - length) / stepMs) + 1;
  if (length <= 0 || beginnings < 2) return [];
  const chosen = new Set<number>();
  if (beginnings <= count) for (let at = 0; at < beginnings; at += 1) chosen.add(at);
  while (chosen.size < Math.min(count, beginnings)) chosen.add(Math.floor(random() * beginnings));
  return [...chosen]
    .sort((a, b) => a - b)
    .map((at) => ({ from: whole.from + at * stepMs, to: whole.from + at * stepMs + length }));
}

/** How one period went: shares, 0.02 is 2 %. */
export interface PeriodOutcome extends Period {
  readonly return: number;
  readonly drawdown: number;
  readonly buyAndHold: number;
}

export interface StartDates {
  readonly runs: number;
  /** Length of each, days. */
  readonly days: number;
  readonly return: Band;
  readonly drawdown: Band;
  readonly shareLosing: number;
  /** Share of periods that did better than holding. */
  readonly shareAboveHolding: number;
  readonly worst: PeriodOutcome;
}

/** Null without outcomes. */
export function startDates(outcomes: readonly PeriodOutcome[]): StartDates | null {
  const [first] = outcomes;
  if (first === undefined) return null;
  const shareOf = (holds: (it: PeriodOutcome) => boolean): number => outcomes.filter(holds).length / outcomes.length;
  return {
    runs: outcomes.length,
    days: (first.to - first.from) / dayMs,
    return: bandOf(outcomes.map((it) => it.return))!,
    drawdown: bandOf(outcomes.map((it) => it.drawdown))!,
    shareLosing: shareOf((it) => it.return < 0),
    shareAboveHolding: shareOf((it) => it.return > it.buyAndHold),
    worst: outcomes.reduce((worst, it) => (it.return < worst.return ? it : worst), first),
  };
}
