/** What an order may cost, and so what is locked for it while it is open. */
import type { Amount, Asset } from '@holdfast/domain';
import type { CheckedOrder } from './checks.ts';
import type { MarketState } from './market-state.ts';
import { hasPrice, remaining } from './orders.ts';
import type { Order, OrderSide } from './port.ts';

/** The asset that an order of this side gives. */
export const payAsset = (market: MarketState, side: OrderSide): Asset =>
  side === 'BUY' ? market.definition.quote : market.definition.base;

/** The parts of an order that say what it may cost. */
export type Costing = Pick<
  Order,
  'type' | 'side' | 'price' | 'stopPrice' | 'quantity' | 'executed' | 'prevented' | 'quoteOrderQty'
>;

/** What must be locked: base, or quote at its limit, at its stop, or (trailing without stop) at the last price. */
export function needOf(market: MarketState, order: Costing): Amount {
  if (order.side === 'SELL') return market.base(remaining(order));
  const price = hasPrice(order.type) ? order.price : order.stopPrice === 0 ? market.last : order.stopPrice;
  return market.notional(price, remaining(order));
}

export const ofChecked = (checked: CheckedOrder, last: number): Costing => ({
  type: checked.request.type,
  side: checked.request.side,
  price: checked.price,
  stopPrice: checked.stopPrice === 0 ? last : checked.stopPrice,
  quantity: checked.quantity,
  executed: 0,
  prevented: 0,
  quoteOrderQty: checked.quoteOrderQty,
});

export const withStop = (order: Order, last: number): Costing => ({
  ...order,
  stopPrice: order.stopPrice === 0 ? last : order.stopPrice,
});
