/** What a trade enters with now: its entry, and funds that were added. */
import {
  type Amount,
  baseOf,
  formatAmount,
  type Lots,
  lots,
  multiply,
  type OrderKind,
  type Quote,
  quoteOf,
  ratio,
  type Ticks,
  unit,
} from '@holdfast/domain';
import { entryCap, lotsCovered, lotsWithin } from '../dca/arithmetic.ts';
import { entryQuote, givenAsset, reaches, roundingTo, wayOf } from '../orders/direction.ts';
import { free, held } from '../orders/sub-book.ts';
import { isTradable, lotsOf, onTick } from './arithmetic.ts';
import { withEntry } from './change.ts';
import { entryTrigger } from './observe.ts';
import { cancel, cancelAll, isHeldUp, place, type Turn } from './placing.ts';
import type { TimeInForce, TradeSettings } from './settings.ts';
import type { Addition, TradeState } from './state.ts';

export function planEntries(turn: Turn): void {
  const { state, settings } = turn;
  const hasExited = state.sold > 0n;
  if (state.exit !== null) {
    endEntries(turn);
    return;
  }
  if (state.entry.phase !== 'over') {
    const isLate = settings.entryTimeoutMs > 0 && turn.at >= (state.startedAt ?? turn.at) + settings.entryTimeoutMs;
    if (isLate || hasExited) turn.state = withEntry(state, { phase: 'over' });
    else if (state.entry.phase === 'working') planEntry(turn);
  }
  if (turn.state.entry.phase === 'over') cancelAll(turn, 'entry');
  for (const order of turn.state.orders)
    if (order.role === 'add' && !turn.state.additions.some(({ number }) => number === order.step)) cancel(turn, order);
  for (const addition of turn.state.additions) planAddition(turn, addition);
}

/** All is on its way out: nothing more is entered. */
function endEntries(turn: Turn): void {
  if (turn.state.entry.phase !== 'over') turn.state = withEntry(turn.state, { phase: 'over' });
  if (turn.state.additions.length > 0) turn.state = { ...turn.state, additions: [] };
  cancelAll(turn, 'entry');
  cancelAll(turn, 'add');
}

/** Limit of the entry; null for the market. */
function entryLimit(settings: TradeSettings, state: TradeState): Ticks | null {
  if (settings.entry === 'limit') return entryTrigger(settings, state);
  const { entryLimit: limit } = settings;
  if (settings.entry !== 'conditional' || limit === null) return null;
  return onTick(limit, state.rules, roundingTo(wayOf(settings), 'loss'));
}

/** The limit of an entry that never takes, while the market stands there: it waits until the market has left it. */
export function limitTaken(settings: TradeSettings, state: TradeState, quote: Quote): Ticks | null {
  const limit = settings.entryTimeInForce === 'post-only' ? entryLimit(settings, state) : null;
  const way = wayOf(settings);
  return limit !== null && reaches(way, limit, entryQuote(way, quote)) ? limit : null;
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
  if (limitTaken(settings, state, turn.quote) !== null) return;
  const isAtOnce = settings.entryTimeInForce === 'ioc' || settings.entryTimeInForce === 'fok';
  const triesMost = limit === null ? settings.entryAttempts : isAtOnce ? 1 : Number.POSITIVE_INFINITY;
  if (state.entry.tries >= triesMost) turn.state = withEntry(state, { phase: 'over' });
  else if (!isHeldUp(state, 'entry', turn.at) && !enter(turn, 'entry', 0, sizeOf(settings, state, state.entry.left), limit)) {
    const isFirst = state.bought === 0n;
    turn.state = withEntry(state, { phase: 'over' });
    if (isFirst) turn.state = { ...turn.state, stoppedBecause: { code: 'funds-short', reason: shortage(turn) } };
  }
}

function shortage({ settings, state }: Turn): string {
  const way = wayOf(settings);
  const asset = givenAsset(way, settings.pair);
  const sizeAsset = settings.sizeIn === 'base' ? baseOf(settings.pair) : quoteOf(settings.pair);
  return (
    `the entry of ${formatAmount(state.entry.left)} ${sizeAsset} ${way.entry}s less than the exchange's smallest order ` +
    `of ${formatAmount(state.rules.minNotional)} with the ${formatAmount(held(state.book, asset))} ${asset} that the bot has`
  );
}

/** Lots at a price. */
type Size = (price: Ticks) => Lots;

const sizeOf =
  ({ sizeIn }: TradeSettings, { rules }: TradeState, left: Amount): Size =>
  (price) =>
    sizeIn === 'base' ? lotsOf(left, rules) : lotsWithin(left, price, rules);

function planAddition(turn: Turn, addition: Addition): void {
  const { state, settings } = turn;
  if (state.orders.some(({ role, step }) => role === 'add' && step === addition.number)) return;
  const limit = addition.limit === null ? null : onTick(addition.limit, state.rules, roundingTo(wayOf(settings), 'loss'));
  const isGivenUp = limit === null && addition.tries >= settings.entryAttempts;
  if (!isGivenUp && isHeldUp(state, 'add', turn.at)) return;
  const size: Size = (price) => lotsWithin(addition.left, price, state.rules);
  if (!isGivenUp && enter(turn, 'add', addition.number, size, limit)) return;
  turn.state = { ...turn.state, additions: state.additions.filter(({ number }) => number !== addition.number) };
}

/** Enters with a size, down to the lot and within the funds; false when that is below the exchange's smallest order. */
function enter(turn: Turn, role: 'entry' | 'add', step: number, size: Size, limit: Ticks | null): boolean {
  const { settings, state, quote } = turn;
  const { rules } = state;
  const way = wayOf(settings);
  const price = limit ?? entryQuote(way, quote);
  const worst = limit ?? entryCap(way, price, settings.slippage, rules);
  const most = entryLotsPaid(settings, state, worst);
  const quantity = lots(Math.min(size(price), rules.maxQuantity, most));
  if (!isTradable(quantity, way.entry === 'buy' ? price : worst, rules)) return false;
  const order = limit === null ? 'ioc' : orderAt(role === 'entry' ? settings.entryTimeInForce : 'gtc');
  place(turn, { role, step, side: way.entry, order, quantity, limit: worst, trigger: null });
  return true;
}

const orderAt = (timeInForce: TimeInForce): OrderKind => (timeInForce === 'gtc' ? 'limit' : timeInForce);

/** Lots that what is free of the funds enters with at a limit. */
function entryLotsPaid(settings: TradeSettings, state: TradeState, limit: Ticks): Lots {
  const funds = freeGiven(settings, state);
  return settings.direction === 'long' ? lotsCovered(funds, limit, state.rules, settings) : lotsOf(funds, state.rules);
}

/** What the trade gives that no open entry may take, and no fee of one. */
export function freeGiven(settings: TradeSettings, state: TradeState): Amount {
  const asset = givenAsset(wayOf(settings), settings.pair);
  return free(state.book, state.orders, asset, settings.feeAsset === 'quote' ? settings.fee : 0n);
}

/** What an addition of so much quote needs of that at most; null where only the market knows. */
export function neededToAdd({ direction, slippage, fee }: TradeSettings, value: Amount, limit: Amount | null): Amount | null {
  if (direction === 'long') return multiply(value, unit + slippage + fee, 'up');
  return limit === null ? null : ratio(value, limit, 'up');
}
