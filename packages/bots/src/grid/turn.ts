/** One call of a grid bot: what it knows, what it has decided so far, and how it asks for orders. */
import {
  type EpochMs,
  type Lots,
  type OrderKind,
  priceAmount,
  type Quote,
  quantityAmount,
  type Side,
  type Step,
  type Ticks,
} from '@holdfast/domain';
import { type OrderRole, orderName } from '../order-name.ts';
import { cancelOf, newOrder } from '../orders/live-orders.ts';
import type { GridSettings } from './settings.ts';
import type { Cell, GridOrder, GridState } from './state.ts';

export interface Turn {
  readonly settings: GridSettings;
  readonly at: EpochMs;
  readonly quote: Quote | undefined;
  state: GridState;
  readonly intents: Step<GridState>['intents'][number][];
  /** Nothing but a price is missing. */
  needsQuote: boolean;
}

/** Orders that may be on their way at once: what is refused together is asked again together. */
export const unansweredMost = 10;

export const isPaused = ({ state, at }: Turn): boolean =>
  state.halted ||
  (state.pause !== null && at < state.pause.at) ||
  state.orders.filter(({ status }) => status === 'sent').length >= unansweredMost;

interface Terms {
  readonly side: Side;
  readonly order: OrderKind;
  readonly quantity: Lots;
  readonly limit: Ticks;
}

const roleOf = { line: 'line', balance: 'balance', close: 'close' } as const satisfies Record<GridOrder['role'], OrderRole>;

/** Asks for an order of a cell, or of the round when there is no cell. */
export function place(turn: Turn, role: GridOrder['role'], cell: Cell | null, terms: Terms): void {
  const { settings, state } = turn;
  const isNewTrip = cell !== null && cell.trip === null;
  const number = cell === null ? state.round : (cell.trip?.number ?? state.nextNumber);
  const { order, intent } = newOrder(
    {
      id: orderName({ bot: state.bot, deal: number, role: roleOf[role], sequence: state.sequence }),
      pair: settings.pair,
      side: terms.side,
      order: terms.order,
      quantity: quantityAmount(terms.quantity, state.rules),
      limit: priceAmount(terms.limit, state.rules),
    },
    { role, cell: cell?.index ?? null, number },
  );
  turn.intents.push(intent);
  turn.state = {
    ...state,
    sequence: state.sequence + 1,
    nextNumber: isNewTrip ? state.nextNumber + 1 : state.nextNumber,
    orders: [...state.orders, order],
  };
}

/** Asks for an order to go, once; only the exchange's answer takes it off our list. */
export function cancel(turn: Turn, order: GridOrder): void {
  const { orders, intent } = cancelOf(turn.state.orders, order, turn.at);
  if (intent === null) return;
  turn.intents.push(intent);
  turn.state = { ...turn.state, orders };
}
