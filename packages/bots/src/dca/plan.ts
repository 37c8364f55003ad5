/**
 * What a DCA bot does now, from its state alone: orders that should rest and do not are placed, orders that should not
 * are cancelled, a deal that is over ends. Doing it twice does nothing the second time.
 *   P1  The bot never sells more than the deal holds nor reserves more quote than its sub-book has.
 *   P2  A take profit is replaced only after the exchange has answered the cancel of the one before.
 */
import {
  type Amount,
  type EpochMs,
  formatAmount,
  type Lots,
  lots,
  notional,
  type PlaceOrder,
  priceAmount,
  type Quote,
  quantityAmount,
  type Side,
  type Step,
  subtract,
  type Ticks,
  toLots,
  unit,
  zero,
} from '@holdfast/domain';
import { orderName } from '../order-name.ts';
import { buyReserve, lotsFor, lotsWithin, lowered, raised } from './arithmetic.ts';
import { closeDeal, hold, openDeal, sellable, withDeal, withOrder } from './change.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaRole, DcaState, Deal, Level, LiveOrder, Part } from './state.ts';

/** One call of a bot: what it knows, and what it has decided so far. */
export interface Turn {
  readonly settings: DcaSettings;
  readonly at: EpochMs;
  readonly quote: Quote | undefined;
  state: DcaState;
  readonly intents: Step<DcaState>['intents'][number][];
  /** Nothing but a price is missing. */
  needsQuote: boolean;
}

/** Acts until nothing is left to do: a deal may end and the next begin in one turn. */
export function plan(turn: Turn): void {
  for (let before: DcaState | undefined; before !== turn.state; ) {
    before = turn.state;
    if (before.deal === null) planIdle(turn);
    else if (before.deal.phase === 'entering') planEntering(turn, before.deal);
    else if (before.deal.phase === 'holding') planHolding(turn, before.deal);
    else planClosing(turn, before.deal);
  }
}

export const wantsDeal = (settings: DcaSettings, state: DcaState): boolean =>
  state.deal === null && state.running && !state.halted && (state.dealAsked || settings.start === 'at-once');

function planIdle(turn: Turn): void {
  const { settings, state, at } = turn;
  if (!wantsDeal(settings, state)) return;
  if (!state.dealAsked && state.restUntil !== null && at < state.restUntil) return;
  if (turn.quote === undefined) turn.needsQuote = true;
  else turn.state = openDeal(state, at);
}

function planEntering(turn: Turn, deal: Deal): void {
  const { settings, state } = turn;
  if (state.orders.length > 0) return;
  const has = deal.entry.quantity > 0n;
  if (deal.entryTries >= settings.entryAttempts || (!state.running && !has)) {
    endEntry(turn, has);
    return;
  }
  if (state.halted || isHeldUp(turn, 'entry')) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const { ask } = turn.quote;
  const limit = raisedWithin(ask, settings.slippage, state.rules.maxPrice);
  const missing = subtract(settings.baseOrderSize, deal.entryValue);
  const wanted = missing <= 0n ? lots(0) : lotsFor(missing, ask, state.rules);
  const quantity = affordable(turn, lots(Math.min(wanted, state.rules.maxQuantity)), limit);
  if (isTradable(turn.state, quantity, ask)) place(turn, 'base', 'buy', quantity, limit, 0);
  else if (has) endEntry(turn, true);
  else noFunds(turn, wanted, limit);
}

function noFunds(turn: Turn, wanted: Lots, limit: Ticks): void {
  const { state, settings } = turn;
  const needed = buyReserve(quantityAmount(wanted, state.rules), priceAmount(limit, state.rules), settings);
  const reason =
    needed > freeQuote(settings, state)
      ? `the base order needs ${formatAmount(needed)} and the bot has ${formatAmount(freeQuote(settings, state))} left of its funds`
      : `the base order is below the exchange's smallest order of ${formatAmount(state.rules.minNotional)}`;
  turn.state = { ...withDeal(state, { phase: 'closing' }), running: false, stoppedBecause: { code: 'funds-short', reason } };
}

function endEntry(turn: Turn, has: boolean): void {
  turn.state = has ? hold(turn.settings, turn.state) : withDeal(turn.state, { phase: 'closing' });
}

function planHolding(turn: Turn, deal: Deal): void {
  const resting = turn.state.orders.find(({ role }) => role === 'take-profit');
  const wanted = takeProfitOf(turn.state, deal);
  if (resting !== undefined) {
    if (wanted !== null && !turn.state.halted && !sells(turn.state, resting, wanted)) cancel(turn, resting);
  } else if (wanted !== null) {
    if (!turn.state.halted && !isHeldUp(turn, 'exit')) place(turn, 'take-profit', 'sell', wanted.quantity, wanted.price, 0);
  } else {
    // Nothing of this size can ever be sold alone: it is carried, so that no price has to come for the deal to end.
    turn.state = withDeal(turn.state, { phase: 'closing', ending: deal.sold > 0n ? 'take-profit' : 'too-small' });
    return;
  }
  planLadder(turn);
}

/** The take profit that should rest; null when the exchange would not take one of that size. */
export function takeProfitOf(state: DcaState, deal: Deal): { readonly price: Ticks; readonly quantity: Lots } | null {
  const { target: price, held } = deal;
  if (price === null || price > state.rules.maxPrice) return null;
  const quantity = sellable(held, state.rules);
  return isTradable(state, quantity, price) ? { price, quantity } : null;
}

const sells = (state: DcaState, order: LiveOrder, wanted: { readonly price: Ticks; readonly quantity: Lots }): boolean =>
  order.limit === priceAmount(wanted.price, state.rules) &&
  order.quantity - order.filled === quantityAmount(wanted.quantity, state.rules);

/** What remains to be bought of a level, as far as funds and the exchange's smallest order allow. */
function levelOrder(turn: Turn, level: Level): Lots | null {
  const { rules } = turn.state;
  if (level.refused || level.price < rules.minPrice) return null;
  const open = subtract(quantityAmount(level.quantity, rules), level.filled);
  if (open <= 0n) return null;
  const quantity = affordable(turn, lots(Math.min(toLots(open, rules, 'down'), rules.maxQuantity)), level.price);
  return isTradable(turn.state, quantity, level.price) ? quantity : null;
}

/** Keeps the next levels below the price resting, as many at once as the settings say. */
function planLadder(turn: Turn): void {
  const deal = turn.state.deal as Deal;
  if (turn.state.halted || isHeldUp(turn, 'averaging')) return;
  let active = turn.state.orders.filter(({ role }) => role === 'averaging').length;
  for (const [i, level] of deal.ladder.entries()) {
    if (active >= turn.settings.averagingOrdersActive) return;
    if (turn.state.orders.some((order) => order.role === 'averaging' && order.level === i + 1)) continue;
    const quantity = levelOrder(turn, level);
    if (quantity === null) continue;
    place(turn, 'averaging', 'buy', quantity, level.price, i + 1);
    active++;
  }
}

function planClosing(turn: Turn, deal: Deal): void {
  if (turn.state.orders.length > 0) {
    for (const order of turn.state.orders) if (order.role === 'averaging' || order.role === 'take-profit') cancel(turn, order);
    return;
  }
  if (deal.ending === 'closed') {
    planClose(turn, deal);
    return;
  }
  // An averaging order may have been filled while its cancel was on the way: the deal then goes on with it.
  const goesOn = deal.ending !== 'cancelled' && deal.bought > 0n && takeProfitOf(turn.state, deal) !== null;
  if (goesOn) turn.state = withDeal(turn.state, { phase: 'holding', ending: null });
  else turn.state = closeDeal(turn.settings, turn.state, turn.at);
}

/** Sells at the market, capped, until what is left is too small for an order. */
function planClose(turn: Turn, deal: Deal): void {
  const { state, settings } = turn;
  const quantity = sellable(deal.held, state.rules);
  if (deal.bought === 0n || quantity < state.rules.minQuantity || quantity === 0) {
    turn.state = closeDeal(settings, state, turn.at);
    return;
  }
  if (state.halted || isHeldUp(turn, 'exit')) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const limit = lowered(turn.quote.bid, settings.slippage);
  if (isTradable(state, quantity, limit)) place(turn, 'close', 'sell', quantity, limit, 0);
  else turn.state = closeDeal(settings, state, turn.at);
}

function isHeldUp(turn: Turn, part: Part): boolean {
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

function affordable(turn: Turn, wanted: Lots, limit: Ticks): Lots {
  const { settings, state } = turn;
  const price = priceAmount(limit, state.rules);
  const free = freeQuote(settings, state);
  if (buyReserve(quantityAmount(wanted, state.rules), price, settings) <= free) return wanted;
  const within = settings.feeAsset === 'quote' ? (free * unit) / (unit + settings.fee) : free;
  let quantity = lotsWithin(within, limit, state.rules);
  while (quantity > 0 && buyReserve(quantityAmount(quantity, state.rules), price, settings) > free) quantity = lots(quantity - 1);
  return quantity;
}

/** Whether the exchange takes an order of this size. A limit above `price` passes too. */
const isTradable = ({ rules }: DcaState, quantity: Lots, price: Ticks): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, quantity, rules, 'down') >= rules.minNotional;

const raisedWithin = (price: Ticks, share: bigint, most: Ticks): Ticks => Math.min(raised(price, share), most) as Ticks;

function place(turn: Turn, role: DcaRole, side: Side, quantity: Lots, limit: Ticks, level: number): void {
  const { state, settings } = turn;
  const deal = state.deal as Deal;
  const intent: PlaceOrder = {
    kind: 'place-order',
    clientOrderId: orderName({ bot: state.bot, deal: deal.number, role, sequence: deal.sequence }),
    pair: settings.pair,
    side,
    order: role === 'base' || role === 'close' ? 'ioc' : 'limit',
    quantity: quantityAmount(quantity, state.rules),
    limit: priceAmount(limit, state.rules),
  };
  const order: LiveOrder = {
    id: intent.clientOrderId,
    role,
    level,
    side,
    quantity: intent.quantity,
    limit: intent.limit,
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
function cancel(turn: Turn, order: LiveOrder): void {
  if (order.status !== 'open' || order.cancelling) return;
  if (order.cancelAgainAt !== null && turn.at < order.cancelAgainAt) return;
  turn.intents.push({ kind: 'cancel-order', clientOrderId: order.id, pair: turn.settings.pair });
  turn.state = withOrder(turn.state, order.id, { cancelling: true, cancelAgainAt: null });
}
