/**
 * What a trade does now, from its state and the price: sells that are wanted are placed, others are cancelled, buys that are due
 * are made, a trade that is over ends. Doing it twice does nothing the second time.
 *   P1  It never offers more than it holds nor bids more than its sub-book has.
 *   P2  An order is replaced only after the exchange has answered the cancel of the one before.
 */
import {
  type Amount,
  baseOf,
  divide,
  type EpochMs,
  formatAmount,
  type Lots,
  lots,
  type PlaceOco,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Side,
  type Step,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import { buyReserve, lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { type OrderRole, ocoName, orderName } from '../order-name.ts';
import { cancelOf, newOco, newOrder, twinIn } from '../orders/live-orders.ts';
import { free, held, reserved } from '../orders/sub-book.ts';
import { isTradable, lotsOf, onTick } from './arithmetic.ts';
import { close, withDivided, withEntry, withStep } from './change.ts';
import { entryTrigger, ocoStop, ticksOf } from './observe.ts';
import type { TradeSettings } from './settings.ts';
import type { Addition, Ending, Part, Role, TradeOrder, TradeState } from './state.ts';
import { canSell, type Sell, sameSell, sellsNow, sellsResting } from './wanted.ts';

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

export function plan(turn: Turn): void {
  planSells(turn);
  planBuys(turn);
  planEnd(turn);
}

/** Whether this part waits before it places another order. */
export function isHeldUp(state: TradeState, part: Part, at: EpochMs): boolean {
  const holdup = state.holdups[part];
  return holdup !== null && at < holdup.at;
}

function planSells(turn: Turn): void {
  const { settings, quote } = turn;
  turn.state = withoutTooSmall(turn);
  const now = isHeldUp(turn.state, 'exit', turn.at) ? [] : sellsNow(settings, turn.state, quote);
  const urgent = now[0];
  const resting = sellsResting(settings, turn.state, quote.last);
  const isSelling = turn.state.orders.some(({ side, order }) => side === 'sell' && order === 'ioc');
  for (const order of turn.state.orders) {
    if (order.side !== 'sell' || order.order === 'ioc' || sellsItself(turn, order)) continue;
    const isWanted = resting.some((sell) => sameSell(sell, turn.state, order));
    if (!isWanted || (urgent !== undefined && blocks(turn.state, order, urgent))) cancel(turn, order);
  }
  // One at a time, and nothing rests again before it is known what it sold.
  if (isSelling) return;
  if (urgent !== undefined) {
    if (fits(turn.state, urgent.quantity)) placeSell(turn, urgent);
    return;
  }
  for (const sell of resting) {
    if (partsOf(sell).some((part) => isHeldUp(turn.state, part, turn.at))) continue;
    if (turn.state.orders.some((order) => isRival(turn.state, sell, order))) continue;
    if (fits(turn.state, sell.quantity)) placeSell(turn, sell);
  }
}

/** X3: the exchange has triggered it, or does so now, and the market has not left it behind: it needs no help. */
function sellsItself({ state, quote, settings }: Turn, order: TradeOrder): boolean {
  const stop = ocoStop(state, order);
  if (stop === undefined) return false;
  const isReached = twinIn(state.orders, stop) === undefined || quote.last <= ticksOf(stop, state);
  return isReached && (settings.stopLoss?.order === 'limit' || priceAmount(quote.bid, state.rules) >= stop.limit);
}

const partsOf = (sell: Sell): readonly Part[] =>
  sell.order === 'oco' ? ['stop', 'exit'] : [sell.role === 'stop-loss' ? 'stop' : 'exit'];

/** There already, or its forerunner: that has to be gone first. The stop of an OCO is no forerunner of one for the rest. */
const isRival = ({ orders }: TradeState, sell: Sell, order: TradeOrder): boolean =>
  order.role === sell.role && order.step === sell.step && (sell.role !== 'stop-loss' || twinIn(orders, order) === undefined);

/** A step that is to sell now and is below the exchange's smallest order is over; the others take its coins. */
function withoutTooSmall({ settings, state, quote }: Turn): TradeState {
  const price = lowered(quote.bid, settings.slippage);
  const index = state.steps.findIndex(
    (step) => step.due && !step.over && !isTradable(lotsOf(step.left, state.rules), price, state.rules),
  );
  const isLive = state.orders.some(({ role, step }) => role === 'take-profit' && step === index);
  return index < 0 || isLive ? state : withDivided(settings, withStep(state, index, { over: true, left: zero }));
}

/** The sub-book may have more of the coin than the trade holds. */
const fits = ({ held: { quantity: has }, orders, rules }: TradeState, quantity: Lots): boolean =>
  has - reserved(orders, baseOf(rules.pair), 0n) >= quantityAmount(quantity, rules);

/** X2: a resting sell is in the way of one that sells now, if that lacks the coins or is of the same step. */
const blocks = (state: TradeState, order: TradeOrder, urgent: Sell): boolean =>
  !fits(state, urgent.quantity) || (order.role === urgent.role && order.step === urgent.step);

function placeSell(turn: Turn, sell: Sell): void {
  const { role, step, order, quantity, limit, trigger, stopLimit } = sell;
  if (order !== 'oco') place(turn, role, step, 'sell', order, quantity, limit, trigger);
  else if (trigger !== null && stopLimit !== undefined) placeOco(turn, step, quantity, limit, { trigger, limit: stopLimit });
}

function placeOco(
  turn: Turn,
  step: number,
  quantity: Lots,
  limit: Ticks,
  stop: { readonly trigger: Ticks; readonly limit: Ticks },
): void {
  const { state, settings } = turn;
  const { rules, sequence } = state;
  const name = (role: 'take-profit' | 'stop-loss') => orderName({ bot: state.bot, deal: 1, role, sequence });
  const intent: PlaceOco = {
    kind: 'place-oco',
    clientOrderId: ocoName({ bot: state.bot, deal: 1, sequence }),
    pair: settings.pair,
    side: 'sell',
    quantity: quantityAmount(quantity, rules),
    limitLeg: { clientOrderId: name('take-profit'), limit: priceAmount(limit, rules) },
    stopLeg: {
      clientOrderId: name('stop-loss'),
      trigger: priceAmount(stop.trigger, rules),
      limit: priceAmount(stop.limit, rules),
    },
  };
  turn.intents.push(intent);
  const legs = newOco<Pick<TradeOrder, 'role' | 'step'>>(intent, {
    limit: { role: 'take-profit', step },
    stop: { role: 'stop-loss', step },
  });
  turn.state = { ...state, sequence: sequence + 1, orders: [...state.orders, ...legs] };
}

function planBuys(turn: Turn): void {
  const { state, settings } = turn;
  const hasSold = state.sold > 0n;
  if (state.exit !== null) {
    endBuys(turn);
    return;
  }
  if (state.entry.phase !== 'over') {
    const isLate = settings.entryTimeoutMs > 0 && turn.at >= (state.startedAt ?? turn.at) + settings.entryTimeoutMs;
    if (isLate || hasSold) turn.state = withEntry(state, { phase: 'over' });
    else if (state.entry.phase === 'working') planEntry(turn);
  }
  if (turn.state.entry.phase === 'over') cancelAll(turn, 'entry');
  for (const order of turn.state.orders)
    if (order.role === 'add' && !turn.state.additions.some(({ number }) => number === order.step)) cancel(turn, order);
  for (const addition of turn.state.additions) planAddition(turn, addition);
}

/** All is on its way out: nothing more is bought. */
function endBuys(turn: Turn): void {
  if (turn.state.entry.phase !== 'over') turn.state = withEntry(turn.state, { phase: 'over' });
  if (turn.state.additions.length > 0) turn.state = { ...turn.state, additions: [] };
  cancelAll(turn, 'entry');
  cancelAll(turn, 'add');
}

/** Limit of the entry; null for the market. */
function entryLimit(settings: TradeSettings, state: TradeState): Ticks | null {
  if (settings.entry === 'limit') return entryTrigger(settings, state);
  const { entryLimit: limit } = settings;
  return settings.entry === 'conditional' && limit !== null ? onTick(limit, state.rules, 'down') : null;
}

function planEntry(turn: Turn): void {
  const { settings } = turn;
  const { state } = turn;
  const limit = entryLimit(settings, state);
  const live = state.orders.find(({ role }) => role === 'entry');
  if (live !== undefined) {
    if (state.entry.renew) cancel(turn, live);
    return;
  }
  if (state.entry.renew) turn.state = withEntry(state, { renew: false });
  const triesMost = limit === null ? settings.entryAttempts : Number.POSITIVE_INFINITY;
  if (state.entry.tries >= triesMost) turn.state = withEntry(state, { phase: 'over' });
  else if (!isHeldUp(state, 'entry', turn.at) && !buy(turn, 'entry', 0, state.entry.left, limit)) {
    const isFirst = state.bought === 0n;
    turn.state = withEntry(state, { phase: 'over' });
    if (isFirst) turn.state = { ...turn.state, stoppedBecause: { code: 'funds-short', reason: shortage(turn) } };
  }
}

function shortage({ settings, state }: Turn): string {
  const asset = quoteOf(settings.pair);
  return (
    `the entry of ${formatAmount(state.entry.left)} ${asset} buys less than the exchange's smallest order ` +
    `of ${formatAmount(state.rules.minNotional)} with the ${formatAmount(held(state.book, asset))} that the bot has`
  );
}

function planAddition(turn: Turn, addition: Addition): void {
  const { state, settings } = turn;
  if (state.orders.some(({ role, step }) => role === 'add' && step === addition.number)) return;
  const limit = addition.limit === null ? null : onTick(addition.limit, state.rules, 'down');
  const isGivenUp = limit === null && addition.tries >= settings.entryAttempts;
  if (!isGivenUp && isHeldUp(state, 'add', turn.at)) return;
  if (!isGivenUp && buy(turn, 'add', addition.number, addition.left, limit)) return;
  turn.state = { ...turn.state, additions: state.additions.filter(({ number }) => number !== addition.number) };
}

/** Buys for `value` of quote, down to the lot and within the funds; false when that is below the exchange's smallest order. */
function buy(turn: Turn, role: 'entry' | 'add', step: number, value: Amount, limit: Ticks | null): boolean {
  const { settings, state, quote } = turn;
  const { rules } = state;
  const most = limit ?? (Math.min(raised(quote.ask, settings.slippage), rules.maxPrice) as Ticks);
  const within = Math.min(lotsWithin(value, limit ?? quote.ask, rules), rules.maxQuantity);
  const quantity = affordable(turn, lots(within), most);
  if (!isTradable(quantity, limit ?? quote.ask, rules)) return false;
  place(turn, role, step, 'buy', limit === null ? 'ioc' : 'limit', quantity, most, null);
  return true;
}

/** Quote that no open buy may take, and no fee of one. */
export function freeQuote(settings: TradeSettings, state: TradeState): Amount {
  return free(state.book, state.orders, quoteOf(settings.pair), settings.feeAsset === 'quote' ? settings.fee : 0n);
}

function affordable(turn: Turn, wanted: Lots, limit: Ticks): Lots {
  const { settings, state } = turn;
  const price = priceAmount(limit, state.rules);
  const funds = freeQuote(settings, state);
  const reserve = (quantity: Lots): bigint => buyReserve(quantityAmount(quantity, state.rules), price, settings);
  if (reserve(wanted) <= funds) return wanted;
  const within = settings.feeAsset === 'quote' ? divide(funds * unit, unit + settings.fee, 'down') : funds;
  let quantity = lotsWithin(within, limit, state.rules);
  while (quantity > 0 && reserve(quantity) > funds) quantity = lots(quantity - 1);
  return quantity;
}

function planEnd(turn: Turn): void {
  const { settings, state, quote } = turn;
  if (state.orders.length > 0) return;
  const { exit } = state;
  if (exit !== null) {
    if (exit.how === 'keep' || !canSell(settings, state, quote)) end(turn, exit.ending);
    return;
  }
  if (state.entry.phase !== 'over' || state.additions.length > 0) return;
  if (state.bought === 0n && settings.entry !== 'held') end(turn, 'no-entry');
  else if (settings.stopLoss === null && settings.takeProfits.length === 0) end(turn, 'bought');
  else if (!canSell(settings, state, quote)) {
    const divided = withDivided(settings, state);
    if (canSell(settings, divided, quote)) turn.state = divided;
    else end(turn, state.sold > 0n ? 'take-profit' : 'too-small');
  }
}

function end(turn: Turn, ending: Ending): void {
  turn.state = close(turn.settings, turn.state, ending, turn.at);
}

function place(
  turn: Turn,
  role: Role,
  step: number,
  side: Side,
  kind: 'limit' | 'ioc' | 'stop-limit',
  quantity: Lots,
  limit: Ticks,
  trigger: Ticks | null,
): void {
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

function cancel(turn: Turn, order: TradeOrder): void {
  if (order.order === 'ioc') return;
  const { orders, intent } = cancelOf(turn.state.orders, order, turn.at);
  if (intent === null) return;
  turn.intents.push(intent);
  turn.state = { ...turn.state, orders };
}

function cancelAll(turn: Turn, role: Role): void {
  for (const order of turn.state.orders) if (order.role === role) cancel(turn, order);
}
