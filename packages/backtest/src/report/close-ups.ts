/** Deals that a reader wants to see from near: where most was won, lost, waited and bought. */
import type { ClosedDeal } from '@holdfast/domain';
import type { Series } from '../data/series.ts';
import type { RunResult } from '../run/result.ts';
import { barsOf } from './candles.ts';
import type { CloseUp } from './document.ts';

const barsMost = 150;

/** The first deal that is more than all others by a measure; none when its measure is not above 0. */
function most(deals: readonly ClosedDeal[], measure: (deal: ClosedDeal) => number | bigint): ClosedDeal | undefined {
  let top: ClosedDeal | undefined;
  for (const deal of deals) if (top === undefined || measure(deal) > measure(top)) top = deal;
  return top === undefined || measure(top) <= 0 ? undefined : top;
}

export function closeUpsOf(series: Series, result: Pick<RunResult, 'deals' | 'pairs' | 'intervalMs'>): readonly CloseUp[] {
  const deals = result.deals.filter((deal) => deal.pair === result.pairs[0] && deal.sold > 0n);
  const seen = new Set<number>();
  const chosen: readonly (readonly [string, ClosedDeal | undefined])[] = [
    ['most won', most(deals, ({ profit }) => profit)],
    ['most lost', most(deals, ({ profit }) => -profit)],
    ['longest', most(deals, ({ openedAt, closedAt }) => closedAt - openedAt)],
    ['most averaging orders', most(deals, ({ averagingOrdersFilled }) => averagingOrdersFilled)],
  ];
  return chosen.flatMap(([title, deal]): CloseUp[] => {
    if (deal === undefined || seen.has(deal.number)) return [];
    seen.add(deal.number);
    // A tenth of its time, and at least ten candles, on both sides.
    const margin = Math.max((deal.closedAt - deal.openedAt) / 10, 10 * result.intervalMs);
    return [{ title, deal: deal.number, ...barsOf(series, deal.openedAt - margin, deal.closedAt + margin, barsMost) }];
  });
}
