/** What an order is by its type and state. */
import type { Order, OrderSide, OrderType } from './port.ts';

export type Mutable<Record> = { -readonly [Key in keyof Record]: Record[Key] };

export const isOpen = (order: Pick<Order, 'status'>): boolean =>
  order.status === 'NEW' || order.status === 'PARTIALLY_FILLED' || order.status === 'PENDING_NEW';

/** Waits for a stop price (or a trailing distance) before it works. */
export const isConditional = (type: OrderType): boolean => type.startsWith('STOP_LOSS') || type.startsWith('TAKE_PROFIT');

/** Has a limit price: can rest on the book. */
export const hasPrice = (type: OrderType): boolean => type.startsWith('LIMIT') || type.endsWith('_LIMIT');

/** Whether the trigger lies above the market: STOP_LOSS BUY and TAKE_PROFIT SELL. */
export const triggersAbove = (type: OrderType, side: OrderSide): boolean => type.startsWith('STOP_LOSS') === (side === 'BUY');

/** Lots that can still trade. */
export const remaining = (order: Pick<Order, 'quantity' | 'executed' | 'prevented'>): number =>
  order.quantity - order.executed - order.prevented;

export const opposite = (side: OrderSide): OrderSide => (side === 'BUY' ? 'SELL' : 'BUY');

/** Lots that the book shows of it. */
export const shown = (order: Order): number =>
  order.icebergQuantity === 0 ? remaining(order) : Math.min(order.slice, remaining(order));
