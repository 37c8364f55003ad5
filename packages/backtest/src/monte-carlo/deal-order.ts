/**
 * The same deals in another order, or drawn again from the same urn. Profits add up, as they do for a bot that does not put its
 * profit into larger orders: so another order moves only the drawdown, and drawing again moves the end as well. Both take deals to
 * be independent of each other, and see a deal only at its end: falls inside a deal are not in these drawdowns.
 */
import { type Band, bandOf, type Random } from './bands.ts';

export interface DealPaths {
  readonly runs: number;
  readonly deals: number;
  /** Of the order that happened, deal by deal. */
  readonly drawdown: number;
  /** Same deals, other orders: largest fall as a share of the highest value. */
  readonly shuffled: { readonly drawdown: Band };
  /** As many deals, drawn with replacement: final equity in quote, and drawdown. */
  readonly drawn: { readonly end: Band; readonly drawdown: Band; readonly shareLosing: number };
}

/** Fisher and Yates, in place. */
export function shuffle(values: Float64Array, random: Random): void {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const kept = values[at]!;
    values[at] = values[other]!;
    values[other] = kept;
  }
}

/** Sum of the profits and largest fall on the way, from `start`. Who has nothing left trades no further. */
function walk(start: number, profits: Float64Array): { end: number; drawdown: number } {
  let [equity, peak, most] = [start, start, 0];
  for (const profit of profits) {
    equity += profit;
    if (equity <= 0) return { end: 0, drawdown: 1 };
    if (equity > peak) peak = equity;
    else if (peak - equity > most * peak) most = (peak - equity) / peak;
  }
  return { end: equity, drawdown: most };
}

/** Null below two deals or when `startEquity` is not above 0. Profits and equity in quote. */
export function dealPaths(startEquity: number, profits: readonly number[], runs: number, random: Random): DealPaths | null {
  if (profits.length < 2 || !(startEquity > 0) || runs < 1) return null;
  const happened = Float64Array.from(profits);
  const mixed = happened.slice();
  const drawn = new Float64Array(profits.length);
  const [shuffledFalls, drawnFalls, ends] = [new Float64Array(runs), new Float64Array(runs), new Float64Array(runs)];
  let losing = 0;
  for (let run = 0; run < runs; run += 1) {
    shuffle(mixed, random);
    shuffledFalls[run] = walk(startEquity, mixed).drawdown;
    for (let at = 0; at < drawn.length; at += 1) drawn[at] = happened[Math.floor(random() * happened.length)]!;
    const path = walk(startEquity, drawn);
    ends[run] = path.end;
    drawnFalls[run] = path.drawdown;
    if (path.end < startEquity) losing += 1;
  }
  return {
    runs,
    deals: profits.length,
    drawdown: walk(startEquity, happened).drawdown,
    shuffled: { drawdown: bandOf(shuffledFalls)! },
    drawn: { end: bandOf(ends)!, drawdown: bandOf(drawnFalls)!, shareLosing: losing / runs },
  };
}
