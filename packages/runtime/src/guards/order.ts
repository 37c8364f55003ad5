/** What an order means to the guards, from its side and the part that its id says it plays. */
import { type OrderRole, readOrderName } from '@holdfast/bots';
import type { PlaceOrder } from '@holdfast/domain';

/** `exit` ends or lessens what is held, `start` opens something new, `more` goes on with what is open. */
export type Meaning = 'exit' | 'start' | 'more';

/** Parts of a deal that begin or deepen it; of the others a sale is always an exit. */
const entering: ReadonlySet<OrderRole> = new Set(['base', 'averaging', 'added']);
const leaving: ReadonlySet<OrderRole> = new Set(['take-profit', 'stop-loss', 'close']);

/** The deal that an order belongs to, as `BOT-NUMBER`; null for an id that no bot made. */
export function dealOf({ clientOrderId }: PlaceOrder): string | null {
  const name = readOrderName(clientOrderId);
  return name === null ? null : `${name.bot}-${name.deal}`;
}

/** Whether an order begins a deal, which the cap of deals counts; lines of a grid and balancing orders are no deals. */
export const isDealStart = ({ clientOrderId }: PlaceOrder): boolean => readOrderName(clientOrderId)?.role === 'base';

/** A deal that sells first is left by buying back. `deals`: those that are open. */
export function meaningOf(order: PlaceOrder, deals: () => ReadonlySet<string>): Meaning {
  const role = readOrderName(order.clientOrderId)?.role;
  if (role !== undefined && leaving.has(role)) return 'exit';
  if (role === undefined || !entering.has(role)) return order.side === 'sell' ? 'exit' : 'start';
  return role !== 'base' || deals().has(dealOf(order) ?? '') ? 'more' : 'start';
}
