/**
 * Profit of each deal of one bot on one pair, recomputed from its fills: average cost, and a deal carries the base it
 * could not sell, with its cost, into the next one. Independent of the bot's own counting, so the two can be compared.
 *   V1  The profits of all deals plus the cost of what is carried and kept equal earned less spent, to the last digit.
 */
import { type Amount, divide, multiply, zero } from '@holdfast/domain';
import { feeOf } from './deal-figures.ts';
import type { FillRecord } from './fill-record.ts';

/** Base and what it cost in quote. */
export interface Position {
  readonly quantity: Amount;
  readonly cost: Amount;
}

export const noPosition: Position = { quantity: zero, cost: zero };

export interface DealProfit {
  readonly deal: number;
  readonly profit: Amount;
  /** What the base that was sold had cost. */
  readonly cost: Amount;
  /** `profit` / `cost`, rounded down; null when nothing was sold. */
  readonly return: Amount | null;
}

export interface ProfitView {
  readonly deals: readonly DealProfit[];
  readonly realised: Amount;
  /** What is held now: by the open deal or carried. */
  readonly position: Position;
  /** What cancelled deals left to the owner. */
  readonly kept: Position;
}

/** Posts one fill to a position; hands out what a sale realised. */
export function withFill(
  position: Position,
  fill: FillRecord,
): { readonly position: Position; readonly profit: Amount; readonly cost: Amount } {
  const fee = feeOf(fill);
  if (fill.side === 'buy') {
    const cost = multiply(fill.price, fill.quantity, 'up') + fee.quote;
    const quantity = position.quantity + fill.quantity - fee.base;
    return { position: { quantity: quantity as Amount, cost: (position.cost + cost) as Amount }, profit: zero, cost: zero };
  }
  const out = fill.quantity + fee.base;
  const cost = out >= position.quantity ? position.cost : divide(position.cost * out, position.quantity, 'up');
  const earned = multiply(fill.price, fill.quantity, 'down') - fee.quote;
  return {
    position: { quantity: (position.quantity - out) as Amount, cost: (position.cost - cost) as Amount },
    profit: (earned - cost) as Amount,
    cost: cost as Amount,
  };
}

/** `fills` oldest first; `cancelled` names the deals whose coins were kept. Fees in a third asset are not counted here. */
export function profitView(fills: Iterable<FillRecord>, cancelled: ReadonlySet<number> = new Set()): ProfitView {
  const deals = new Map<number, { profit: bigint; cost: bigint }>();
  let [position, kept] = [noPosition, noPosition];
  let current: number | undefined;
  const leave = (): void => {
    if (current === undefined || !cancelled.has(current)) return;
    kept = { quantity: (kept.quantity + position.quantity) as Amount, cost: (kept.cost + position.cost) as Amount };
    position = noPosition;
  };
  for (const fill of fills) {
    if (fill.deal !== current) leave();
    current = fill.deal;
    const posted = withFill(position, fill);
    position = posted.position;
    const sums = deals.get(fill.deal) ?? { profit: 0n, cost: 0n };
    deals.set(fill.deal, { profit: sums.profit + posted.profit, cost: sums.cost + posted.cost });
  }
  leave();
  const list = [...deals].map(([deal, { profit, cost }]) => dealProfit(deal, profit, cost));
  return { deals: list, realised: list.reduce((sum, { profit }) => sum + profit, 0n) as Amount, position, kept };
}

function dealProfit(deal: number, profit: bigint, cost: bigint): DealProfit {
  const size = profit < 0n ? -profit : profit;
  const share = cost === 0n ? null : divide(size * 10n ** 18n, cost, profit < 0n ? 'up' : 'down');
  return {
    deal,
    profit: profit as Amount,
    cost: cost as Amount,
    return: share === null ? null : ((profit < 0n ? -share : share) as Amount),
  };
}

/** What a position would bring at `price`, the fee of the sale (a count of 10^-18 of one) taken off, less its cost. */
export function unrealised(position: Position, price: Amount, fee: bigint): Amount {
  const value = multiply(position.quantity, price, 'down');
  return (value - multiply(value, fee, 'up') - position.cost) as Amount;
}
