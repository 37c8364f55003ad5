/** The two legs of an OCO in the book: what both may spend is counted once, at the leg that carries it. */
import { type AccountBook, changeHeld, type OpenOrder } from './book.ts';

/**
 * A leg leaves the book: what it carries for both goes to the other, what it held for itself alone is free. False when it has no
 * open twin; then nothing is done.
 */
export function leaveToTwin(book: AccountBook, key: string, order: OpenOrder): boolean {
  const other = order.twin === null ? undefined : book.open.get(order.twin);
  if (other === undefined) return false;
  book.open.delete(key);
  other.twin = null;
  if (order.carries) {
    other.carries = true;
    for (const part of ['exitLeft', 'turnover', 'burn', 'exitTurnover', 'exitBurn'] as const) other[part] += order[part];
  }
  book.stopsHeld -= order.stop;
  changeHeld(book, order.pair, order.subKey, 0n, -order.extraBurn);
  return true;
}
