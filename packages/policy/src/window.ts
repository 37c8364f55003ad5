/**
 * Rolling sums. An amount counts from its time until at least the same time a window later, so there is no moment (such
 * as midnight) at which an allowance comes back whole. Amounts of one 1440th of the window's length count as one, at the
 * time of its newest: a day needs at most 1441 entries, and an amount comes back at most a minute late, never early.
 */

interface Entry {
  readonly since: number;
  at: number;
  amount: bigint;
}

/** Amounts in the order of their times. Owned and changed by whoever holds it. */
export interface RollingWindow {
  readonly lengthMs: number;
  readonly entries: Entry[];
  /** Entries before this one had expired at the newest look; `sum` is of the others. */
  first: number;
  sum: bigint;
  lookedAt: number;
}

const entriesPerWindow = 1440;

export const rollingWindow = (lengthMs: number): RollingWindow => ({ lengthMs, entries: [], first: 0, sum: 0n, lookedAt: 0 });

/** Sum of what is younger than the window's length at `now`. Constant on average while `now` does not fall. */
export function sumAt(window: RollingWindow, now: number): bigint {
  if (now < window.lookedAt) return sumBefore(window, now);
  window.lookedAt = now;
  const { entries } = window;
  while (window.first < entries.length && entries[window.first]!.at <= now - window.lengthMs) {
    window.sum -= entries[window.first]!.amount;
    window.first += 1;
  }
  return window.sum;
}

function sumBefore(window: RollingWindow, now: number): bigint {
  let sum = 0n;
  for (const entry of window.entries) if (entry.at > now - window.lengthMs) sum += entry.amount;
  return sum;
}

/** Adds an amount; `at` must not be before the newest entry. Forgets what has expired, a batch at a time. */
export function addTo(window: RollingWindow, at: number, amount: bigint): void {
  if (amount === 0n) return;
  sumAt(window, at);
  const { entries } = window;
  if (window.first > 64 && window.first * 2 > entries.length) {
    entries.splice(0, window.first);
    window.first = 0;
  }
  window.sum += amount;
  const newest = window.first < entries.length ? entries[entries.length - 1]! : undefined;
  if (newest !== undefined && at - newest.since < window.lengthMs / entriesPerWindow) {
    newest.at = at;
    newest.amount += amount;
    return;
  }
  entries.push({ since: at, at, amount });
}
