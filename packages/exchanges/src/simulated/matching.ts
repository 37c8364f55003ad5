/** Who meets whom: when a tape fills, what a limit allows, who comes first, when a stop fires. */
import type { CheckedOrder } from './checks.ts';
import { triggersAbove } from './orders.ts';
import type { Order, OrderSide } from './port.ts';

/** Whether a resting order is filled by a tape at this price. */
export const isReached = (order: Order, side: OrderSide, price: number, fill: 'touch' | 'through'): boolean => {
  if (fill === 'touch' && order.price === price) return true;
  return side === 'BUY' ? order.price > price : order.price < price;
};

/** Whether a taker with this limit (0: none) takes at this price. */
export const isWithin = (side: OrderSide, price: number, limit: number): boolean =>
  limit === 0 || (side === 'BUY' ? price <= limit : price >= limit);

/** Whether the house's quote comes before the best user order of the same side. */
export const isBefore = (price: number, order: Order, side: OrderSide, tickRank: number): boolean =>
  price === order.price ? order.rank >= tickRank : side === 'BUY' ? price > order.price : price < order.price;

export const wouldTrigger = (checked: CheckedOrder, last: number): boolean =>
  wouldTriggerAt({ type: checked.request.type, side: checked.request.side, stopPrice: checked.stopPrice }, last);

export function wouldTriggerAt(order: Pick<Order, 'type' | 'side' | 'stopPrice'>, last: number): boolean {
  if (order.stopPrice === 0 || last === 0) return false;
  return triggersAbove(order.type, order.side) ? order.stopPrice <= last : order.stopPrice >= last;
}
