/** Orders that a trade asks for, and their cancels. */
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
  takesAtOnce,
} from '@holdfast/domain';
import { type OrderRole, orderName } from '../order-name.ts';
import { cancelOf, newOco, newOrder } from '../orders/live-orders.ts';
import { ocoIntent } from '../orders/oco.ts';
import type { TradeSettings } from './settings.ts';
import type { Part, Role, TradeOrder, TradeState } from './state.ts';

/** One call of a bot: what it knows, and what it has decided so far. */
export interface Turn {
  readonly settings: TradeSettings;
  readonly at: EpochMs;
  readonly quote: Quote;
  state: TradeState;
  readonly intents: Step<TradeState>['intents'][number][];
}

const roleNames = {
  entry: 'base',
  add: 'averaging',
  'take-profit': 'take-profit',
  'stop-loss': 'stop-loss',
  close: 'close',
} as const satisfies Record<Role, OrderRole>;

/** Whether this part waits before it places another order. */
export function isHeldUp(state: TradeState, part: Part, at: EpochMs): boolean {
  const holdup = state.holdups[part];
  return holdup !== null && at < holdup.at;
}

interface Terms {
  readonly role: Role;
  readonly step: number;
  readonly side: Side;
  readonly order: OrderKind;
  readonly quantity: Lots;
  readonly limit: Ticks;
  readonly trigger: Ticks | null;
}

export function place(turn: Turn, { role, step, side, order: kind, quantity, limit, trigger }: Terms): void {
  const { state, settings } = turn;
  const { order, intent } = newOrder(
    {
      id: orderName({ bot: state.bot, deal: 1, role: roleNames[role], sequence: state.sequence }),
      pair: settings.pair,
      side,
      order: kind,
      quantity: quantityAmount(quantity, state.rules),
      limit: priceAmount(limit, state.rules),
      trigger: trigger === null ? null : priceAmount(trigger, state.rules),
    },
    { role, step },
  );
  turn.intents.push(intent);
  turn.state = { ...state, sequence: state.sequence + 1, orders: [...state.orders, order] };
}

/** A step of a long trade together with the stop. */
export function placeOco(
  turn: Turn,
  step: number,
  quantity: Lots,
  limit: Ticks,
  stop: { readonly trigger: Ticks; readonly limit: Ticks },
): void {
  const { state, settings } = turn;
  const { sequence } = state;
  const name = { bot: state.bot, deal: 1, sequence };
  const intent = ocoIntent({ name, pair: settings.pair, side: 'sell', quantity, limit, stop }, state.rules);
  turn.intents.push(intent);
  const legs = newOco<Pick<TradeOrder, 'role' | 'step'>>(intent, {
    limit: { role: 'take-profit', step },
    stop: { role: 'stop-loss', step },
  });
  turn.state = { ...state, sequence: sequence + 1, orders: [...state.orders, ...legs] };
}

export function cancel(turn: Turn, order: TradeOrder): void {
  if (takesAtOnce(order.order)) return;
  const { orders, intent } = cancelOf(turn.state.orders, order, turn.at);
  if (intent === null) return;
  turn.intents.push(intent);
  turn.state = { ...turn.state, orders };
}

export function cancelAll(turn: Turn, role: Role): void {
  for (const order of turn.state.orders) if (order.role === role) cancel(turn, order);
}
