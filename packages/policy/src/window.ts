/**
 * Rolling sums. An amount counts from its time until just before the same time a window later, so there is no moment
 * (such as midnight) at which an allowance comes back whole.
 */

/** Amounts in the order of their times. Owned and changed by whoever holds it. */
export interface RollingWindow {
  readonly lengthMs: number;
  entries: { readonly at: number; readonly amount: bigint }[];
  /** Sum of all entries kept, expired ones that were not dropped yet included. */
  sum: bigint;
}

export const rollingWindow = (lengthMs: number): RollingWindow => ({ lengthMs, entries: [], sum: 0n });

/** Sum of what is younger than the window's length at `now`. Changes nothing. */
export function sumAt(window: RollingWindow, now: number): bigint {
  let sum = window.sum;
  for (const entry of window.entries) {
    if (entry.at > now - window.lengthMs) break;
    sum -= entry.amount;
  }
  return sum;
}

/** Adds an amount; `at` must not be before the newest entry. Drops what has expired, a batch at a time. */
export function addTo(window: RollingWindow, at: number, amount: bigint): void {
  let expired = 0;
  while (expired < window.entries.length && window.entries[expired]!.at <= at - window.lengthMs) expired++;
  if (expired > 64 || expired === window.entries.length) {
    for (const entry of window.entries.splice(0, expired)) window.sum -= entry.amount;
  }
  window.entries.push({ at, amount });
  window.sum += amount;
}
