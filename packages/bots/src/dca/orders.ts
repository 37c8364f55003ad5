/** Orders of a DCA bot: what a turn knows, what may be ordered, and how an order goes out and is called back. */
import {
  type Amount,
  type EpochMs,
  type Lots,
  lots,
  type OrderKind,
  type PlaceOrder,
  priceAmount,
  type Quote,
  quantityAmount,
  type Side,
  type Step,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import { type OrderRole, orderName } from '../order-name.ts';
import { buyReserve, lotsWithin, raised } from './arithmetic.ts';
import { withDeal, withOrder } from './change.ts';
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

/** Quote of the sub-book that no open buy may take. */
export function freeQuote(settings: DcaSettings, state: DcaState): Amount {
  let free = state.quote as bigint;
  for (const { side, quantity, filled, limit } of state.orders)
    if (side === 'buy') free -= buyReserve(quantity - filled, limit, settings);
  return free as Amount;
}

/** As much of `wanted` as the free quote covers at a limit. */
export function affordable(turn: Turn, wanted: Lots, limit: Ticks): Lots {
  const { settings, state } = turn;
  const price = priceAmount(limit, state.rules);
  const free = freeQuote(settings, state);
  if (buyReserve(quantityAmount(wanted, state.rules), price, settings) <= free) return wanted;
  const within = settings.feeAsset === 'quote' ? (free * unit) / (unit + settings.fee) : free;
  let quantity = lotsWithin(within, limit, state.rules);
  while (quantity > 0 && buyReserve(quantityAmount(quantity, state.rules), price, settings) > free) quantity = lots(quantity - 1);
  return quantity;
}

/** The highest price at which a buy at the market may trade: the slippage above the ask. */
export const buyCap = ({ settings, state }: Turn, ask: Ticks): Ticks =>
  Math.min(raised(ask, settings.slippage), state.rules.maxPrice) as Ticks;

export interface Terms {
  readonly role: OrderRole;
  readonly side: Side;
  readonly order: OrderKind;
  readonly quantity: Lots;
  readonly limit: Ticks;
  readonly level?: number;
  readonly trigger?: Ticks;
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
  const order: LiveOrder = {
    id: intent.clientOrderId,
    role,
    level,
    side,
    quantity: intent.quantity,
    limit: intent.limit,
    isTaking: kind === 'ioc',
    trigger: at,
    repriceAt: repriceAt ?? null,
    filled: zero,
    trades: [],
    status: 'sent',
    cancelling: false,
    cancelAgainAt: null,
    cancelTries: 0,
    filledMustBe: null,
  };
  turn.intents.push(intent);
  turn.state = { ...withDeal(state, { sequence: deal.sequence + 1 }), orders: [...state.orders, order] };
}

/** Asks for an order to go, once; only the exchange's answer takes it off our list. */
export function cancel(turn: Turn, order: LiveOrder): void {
  if (order.status !== 'open' || order.cancelling || order.isTaking) return;
  if (order.cancelAgainAt !== null && turn.at < order.cancelAgainAt) return;
  turn.intents.push({ kind: 'cancel-order', clientOrderId: order.id, pair: turn.settings.pair });
  turn.state = withOrder(turn.state, order.id, { cancelling: true, cancelAgainAt: null });
}
