/** R2's memory: how many entries the account places in a minute, over 30 days. */
import type { Mandate } from '@holdfast/domain';
import { dayMs, minuteMs } from '../book.ts';
import { addTo, type RollingWindow, rollingWindow, sumAt } from '../window.ts';

const daysKept = 30;

interface Day {
  readonly day: number;
  /** Minutes with so many entries, by number of entries; minutes without any are not counted. */
  readonly minutes: Map<number, number>;
}

export interface Pace {
  readonly placed: RollingWindow;
  /** Entries asked for in the last minute, by id: asking again is not asking more. */
  readonly asked: Map<string, number>;
  /** Oldest first. */
  readonly days: Day[];
  minute: number;
  inMinute: number;
}

export const pace = (): Pace => ({ placed: rollingWindow(minuteMs), asked: new Map(), days: [], minute: 0, inMinute: 0 });

/** Counts an entry that was asked for; answers how many different ones were asked for and placed in the last minute. */
export function countEntry(
  of: Pace,
  id: string,
  wasPlaced: boolean,
  ordersPerMinute: number,
  now: number,
): { readonly asked: number; readonly placed: number } {
  for (const [old, at] of of.asked) {
    if (at > now - minuteMs) break;
    of.asked.delete(old);
  }
  if (!of.asked.has(id) && of.asked.size <= 2 * ordersPerMinute) of.asked.set(id, now);
  if (wasPlaced) {
    addTo(of.placed, now, 1n);
    const minute = Math.floor(now / minuteMs);
    if (minute !== of.minute) turnMinute(of, minute);
    of.inMinute += 1;
  }
  return { asked: of.asked.size, placed: Number(sumAt(of.placed, now)) };
}

function turnMinute(of: Pace, minute: number): void {
  if (of.inMinute > 0) {
    const day = Math.floor((of.minute * minuteMs) / dayMs);
    let newest = of.days.at(-1);
    if (newest?.day !== day) {
      newest = { day, minutes: new Map() };
      of.days.push(newest);
      while (of.days[0]!.day <= day - daysKept) of.days.shift();
    }
    newest.minutes.set(of.inMinute, (newest.minutes.get(of.inMinute) ?? 0) + 1);
  }
  of.minute = minute;
  of.inMinute = 0;
}

/**
 * Most entries in a minute that are usual: `paceFactor` times the 99th percentile of the minutes that had any. Placing
 * once all orders that may be open is an honest start of a grid, and so never unusual.
 */
export function paceLimit(of: Pace, mandate: Mandate, now: number): number {
  const floor = mandate.openOrders;
  if (Number(sumAt(of.placed, now)) <= floor) return floor;
  return Math.max(floor, mandate.rules.paceFactor * percentile99(of, now));
}

function percentile99(of: Pace, now: number): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const { day, minutes } of of.days) {
    if (day <= Math.floor(now / dayMs) - daysKept) continue;
    for (const [entries, times] of minutes) {
      counts.set(entries, (counts.get(entries) ?? 0) + times);
      total += times;
    }
  }
  let above = Math.floor(total / 100);
  for (const entries of [...counts.keys()].sort((a, b) => b - a)) {
    above -= counts.get(entries)!;
    if (above < 0) return entries;
  }
  return 0;
}
