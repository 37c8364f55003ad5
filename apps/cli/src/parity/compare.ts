/** Two plays of one bot over one tape: equal, or where they first differ. */

/** An order of the bot, or a fill of one, as texts by the name of what is compared. */
export type Line = Readonly<Record<string, string>>;

export interface Play {
  readonly name: string;
  /** In the order in which they were planned. */
  readonly orders: readonly Line[];
  /** In the order in which they happened. */
  readonly fills: readonly Line[];
}

export interface Difference {
  readonly of: 'order' | 'fill';
  /** Counted from 1. */
  readonly number: number;
  /** What differs first, by name; `presence` when one play has fewer. */
  readonly what: string;
  readonly first: Line | null;
  readonly second: Line | null;
}

/** What differs first in the time of the tape, of equals a fill; null when all is equal. */
export function firstDifference(first: Play, second: Play): Difference | null {
  const fill = inLines('fill', first.fills, second.fills);
  const order = inLines('order', first.orders, second.orders);
  if (fill === null || order === null) return fill ?? order;
  return timeOf(order) < timeOf(fill) ? order : fill;
}

/**
 * Fills of one time by their pair, those of a pair in their order. Between processes the orders of several pairs go to the exchange
 * side by side, and which of two markets trades first within a moment of the tape changes nothing in either.
 */
export const byMarket = (play: Play): Play => ({
  ...play,
  fills: [...play.fills].sort(
    (a, b) => Number(a.time) - Number(b.time) || (a.pair === b.pair ? 0 : (a.pair ?? '') < (b.pair ?? '') ? -1 : 1),
  ),
});

/** Time of the tape. */
export const timeOf = ({ first, second }: Difference): number =>
  Math.min(Number(first?.time ?? Number.POSITIVE_INFINITY), Number(second?.time ?? Number.POSITIVE_INFINITY));

function inLines(of: Difference['of'], first: readonly Line[], second: readonly Line[]): Difference | null {
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    const [a, b] = [first[at] ?? null, second[at] ?? null];
    const what = a === null || b === null ? 'presence' : Object.keys(a).find((name) => a[name] !== b[name]);
    if (what !== undefined) return { of, number: at + 1, what, first: a, second: b };
  }
  return null;
}
