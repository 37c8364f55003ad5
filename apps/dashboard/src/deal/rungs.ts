/** The ladder of an open deal as it is drawn: by price from the top, with the market and the average among the orders. */
import type { LadderLevel, OpenDeal } from '@holdfast/contracts';
import { compareDecimals, percentFrom } from '../format/decimal.ts';

type State = LadderLevel['state'];

export interface Rung {
  readonly key: string;
  readonly kind: 'take-profit' | 'market' | 'average' | 'base' | 'averaging' | 'target';
  readonly name: string;
  readonly price: string | null;
  readonly quantity: string | null;
  readonly filled: string | null;
  /** Null for what is no order. */
  readonly state: State | null;
  /** From the market, in percent; null while either is unknown. */
  readonly distance: string | null;
}

/** Where the ladder has the way out step by step, the take profit is the next of them. */
export const isTarget = ({ kind }: LadderLevel): boolean => kind === 'target';

/** `last` is the price of the market, null while it is unknown. Rungs without a price come last. */
export function rungsOf(deal: OpenDeal, last: string | null): Rung[] {
  const distance = (price: string | null): string | null => (price === null || last === null ? null : percentFrom(price, last));
  const { takeProfit, averagePrice, ladder } = deal;
  const bare = { quantity: null, filled: null, state: null };
  const rungs: Rung[] = ladder.map((level) => ({
    key: `${level.kind}-${level.index}`,
    kind: level.kind,
    name: level.kind === 'base' ? 'Base order' : `${level.kind === 'target' ? 'Target' : 'Averaging'} ${level.index}`,
    price: level.price,
    quantity: level.quantity,
    filled: level.filled,
    state: level.state,
    distance: distance(level.price),
  }));
  if (takeProfit !== null && !ladder.some(isTarget))
    rungs.push({
      key: 'take-profit',
      kind: 'take-profit',
      name: 'Take profit',
      ...takeProfit,
      distance: distance(takeProfit.price),
    });
  if (averagePrice !== null)
    rungs.push({
      key: 'average',
      kind: 'average',
      name: 'Average price',
      price: averagePrice,
      ...bare,
      distance: distance(averagePrice),
    });
  if (last !== null) rungs.push({ key: 'market', kind: 'market', name: 'Market', price: last, ...bare, distance: null });
  return rungs.sort(byPriceDown);
}

/** At the same price the market stands above. */
function byPriceDown(a: Rung, b: Rung): number {
  if (a.price === null || b.price === null) return a.price === b.price ? 0 : a.price === null ? 1 : -1;
  return compareDecimals(b.price, a.price) || (a.kind === 'market' ? -1 : b.kind === 'market' ? 1 : 0);
}
