/** Orders of a DCA bot: what a turn knows, what may be ordered, and how an order goes out and is called back. */
import {
  type Amount,
  type EpochMs,
  type Lots,
  legsOf,
  lots,
  type OrderKind,
  type PlaceOrder,
  priceAmount,
  type Quote,
  quantityAmount,
  type Side,
  type Step,
  type Ticks,
  toLots,
  zero,
} from '@holdfast/domain';
import { type OrderRole, orderName } from '../order-name.ts';
import { ocoIntent } from '../orders/oco.ts';
import { entryCap, entryCost, lotsCovered } from './arithmetic.ts';
import { withDeal, withLegs } from './change.ts';
import { givenOf, type Way, wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, LiveOrder, Part } from './state.ts';

/** One call of a bot: what it knows, and what it has decided so far. */
export interface Turn {
  readonly settings: DcaSettings;
  readonly at: EpochMs;
  readonly quote: Quote | undefined;
  /** The condition that holds now, where that is why the bot was called. */
  readonly condition: string | null;
  state: DcaState;
  readonly intents: Step<DcaState>['intents'][number][];
  /** Nothing but a price is missing. */
  needsQuote: boolean;
}

export function isHeldUp(turn: Turn, part: Part): boolean {
  const holdup = turn.state.deal?.holdups[part] ?? null;
  return holdup !== null && turn.at < holdup.at;
}

/** What the sub-book has of the asset that deals give, less what open entries may take. */
export function freeFunds(settings: DcaSettings, state: DcaState): Amount {
  const way = wayOf(settings);
  let free = givenOf(way, state) as bigint;
  for (const { side, quantity, filled, limit } of state.orders)
    if (side === way.entry) free -= entryCost(way, quantity - filled, limit, settings);
  return free as Amount;
}

/** As much of `wanted` as the free funds cover at a limit. */
export function affordable({ settings, state }: Turn, wanted: Lots, limit: Ticks): Lots {
  const { rules } = state;
  const way = wayOf(settings);
  const free = freeFunds(settings, state);
  if (entryCost(way, quantityAmount(wanted, rules), priceAmount(limit, rules), settings) <= free) return wanted;
  if (free <= 0n) return lots(0);
  return way.gives === 'quote' ? lotsCovered(free, limit, rules, settings) : toLots(free, rules, 'down');
}

/** The worst price at which an entry at the market may trade. */
export const capOf = ({ settings, state }: Turn, way: Way, price: Ticks): Ticks =>
  entryCap(way, price, settings.slippage, state.rules);

export interface Terms {
  readonly role: OrderRole;
  readonly side: Side;
  readonly order: OrderKind;
  readonly quantity: Lots;
  readonly limit: Ticks;
  readonly level?: number;
  readonly trigger?: Ticks;
  /** Of a target that rests together with the stop, as one OCO. */
  readonly stop?: { readonly trigger: Ticks; readonly limit: Ticks };
  readonly repriceAt?: EpochMs;
}

export function place(turn: Turn, { role, side, order: kind, quantity, limit, level = 0, trigger, repriceAt }: Terms): void {
  const { state, settings } = turn;
  const deal = state.deal as Deal;
  const at = trigger === undefined ? null : priceAmount(trigger, state.rules);
  const intent: PlaceOrder = {
    kind: 'place-order',
    clientOrderId: orderName({ bot: state.bot, deal: deal.number, role, sequence: deal.sequence }),
    pair: settings.pair,
    side,
    order: kind,
    quantity: quantityAmount(quantity, state.rules),
    limit: priceAmount(limit, state.rules),
    ...(at === null ? {} : { trigger: at }),
  };
  const order = placed(intent, role, level, repriceAt);
  turn.intents.push(intent);
  turn.state = { ...withDeal(state, { sequence: deal.sequence + 1 }), orders: [...state.orders, order] };
}

/** A target and the stop, of which one at most trades. */
export function placeOco(turn: Turn, { side, quantity, limit, level = 0 }: Terms, stop: NonNullable<Terms['stop']>): void {
  const { state, settings } = turn;
  const deal = state.deal as Deal;
  const name = { bot: state.bot, deal: deal.number, sequence: deal.sequence };
  const intent = ocoIntent({ name, pair: settings.pair, side, quantity, limit, stop }, state.rules);
  const legs = legsOf(intent);
  const target = { ...placed(legs.limit, 'take-profit', level), twin: legs.stop.clientOrderId };
  const cut = { ...placed(legs.stop, 'stop-loss', level), twin: legs.limit.clientOrderId };
  turn.intents.push(intent);
  turn.state = { ...withDeal(state, { sequence: deal.sequence + 1 }), orders: [...state.orders, target, cut] };
}

const placed = (intent: PlaceOrder, role: OrderRole, level: number, repriceAt: EpochMs | null = null): LiveOrder => ({
  id: intent.clientOrderId,
  role,
  level,
  side: intent.side,
  quantity: intent.quantity,
  limit: intent.limit,
  isTaking: intent.order === 'ioc',
  trigger: intent.trigger ?? null,
  repriceAt,
  filled: zero,
  trades: [],
  status: 'sent',
  cancelling: false,
  cancelAgainAt: null,
  cancelTries: 0,
  filledMustBe: null,
});

/** Asks for an order to go, once; only the exchange's answer takes it off our list. */
export function cancel(turn: Turn, { id }: LiveOrder): void {
  // The other leg of an OCO may have been asked for a moment ago.
  const order = turn.state.orders.find((each) => each.id === id);
  if (order === undefined || order.status !== 'open' || order.cancelling || order.isTaking) return;
  if (order.cancelAgainAt !== null && turn.at < order.cancelAgainAt) return;
  turn.intents.push({ kind: 'cancel-order', clientOrderId: order.id, pair: turn.settings.pair });
  turn.state = withLegs(turn.state, order, { cancelling: true, cancelAgainAt: null });
}
