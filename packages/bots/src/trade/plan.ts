/**
 * What a trade does now, from its state and the price: exits that are wanted are placed, others are cancelled, entries that are due
 * are made (entries.ts), a trade that is over ends. Doing it twice does nothing the second time.
 *   P1  It never offers more than it holds nor bids more than its sub-book has.
 *   P2  An order is replaced only after the exchange has answered the cancel of the one before.
 */
import { baseOf, type Lots, lots, priceAmount, quoteOf, zero } from '@holdfast/domain';
import { exitQuote, reaches, wayOf } from '../orders/direction.ts';
import { twinIn } from '../orders/live-orders.ts';
import { reserved } from '../orders/sub-book.ts';
import { exitReserve, isTradable, lotsPaid, purse, stepLots } from './arithmetic.ts';
import { close, withDivided, withStep } from './change.ts';
import { planEntries } from './entries.ts';
import { ocoStop, ticksOf } from './observe.ts';
import { cancel, isHeldUp, place, placeOco, type Turn } from './placing.ts';
import type { Ending, ExitStep, Part, TradeOrder, TradeState } from './state.ts';
import { canExit, type Exit, exitsNow, exitsResting, marketLimit, sameExit } from './wanted.ts';

export function plan(turn: Turn): void {
  planExits(turn);
  planEntries(turn);
  planEnd(turn);
}

function planExits(turn: Turn): void {
  const { settings, quote } = turn;
  const { exit: side } = wayOf(settings);
  turn.state = withoutTooSmall(turn);
  const now = isHeldUp(turn.state, 'exit', turn.at) ? [] : exitsNow(settings, turn.state, quote);
  const urgent = now[0];
  const resting = exitsResting(settings, turn.state, quote.last);
  const isTaking = turn.state.orders.some((each) => each.side === side && each.order === 'ioc');
  for (const order of turn.state.orders) {
    if (order.side !== side || order.order === 'ioc' || tradesItself(turn, order)) continue;
    const isWanted = resting.some((exit) => sameExit(exit, turn.state, order));
    if (!isWanted || (urgent !== undefined && blocks(turn, order, urgent))) cancel(turn, order);
  }
  // One at a time, and nothing rests again before it is known what it traded.
  if (isTaking) return;
  if (urgent !== undefined) {
    if (fits(turn, urgent)) placeExit(turn, urgent);
    return;
  }
  for (const exit of resting) {
    if (partsOf(exit).some((part) => isHeldUp(turn.state, part, turn.at))) continue;
    if (turn.state.orders.some((order) => isRival(turn.state, exit, order))) continue;
    if (fits(turn, exit)) placeExit(turn, exit);
  }
}

/** X3: the exchange has triggered it, or does so now, and the market has not left it behind: it needs no help. */
function tradesItself({ state, quote, settings }: Turn, order: TradeOrder): boolean {
  const stop = ocoStop(state, order);
  if (stop === undefined) return false;
  const way = wayOf(settings);
  const isReached = twinIn(state.orders, stop) === undefined || reaches(way, ticksOf(stop, state), quote.last);
  const isLeft = !reaches(way, priceAmount(exitQuote(way, quote), state.rules), stop.limit);
  return isReached && (settings.stopLoss?.order === 'limit' || !isLeft);
}

const partsOf = (exit: Exit): readonly Part[] =>
  exit.order === 'oco' ? ['stop', 'exit'] : [exit.role === 'stop-loss' ? 'stop' : 'exit'];

/** There already, or its forerunner: that has to be gone first. The stop of an OCO is no forerunner of one for the rest. */
const isRival = ({ orders }: TradeState, exit: Exit, order: TradeOrder): boolean =>
  order.role === exit.role && order.step === exit.step && (exit.role !== 'stop-loss' || twinIn(orders, order) === undefined);

/** A step that is to trade now and is below the exchange's smallest order is over; the others take its part. */
function withoutTooSmall({ settings, state, quote }: Turn): TradeState {
  const price = marketLimit(wayOf(settings), quote, settings, state.rules);
  const nowOf = (step: ExitStep): Lots =>
    lots(Math.min(stepLots(settings, state, step, price), lotsPaid(settings, state.rules, purse(settings, state), price)));
  const index = state.steps.findIndex((step) => step.due && !step.over && !isTradable(nowOf(step), price, state.rules));
  const isLive = state.orders.some(({ role, step }) => role === 'take-profit' && step === index);
  return index < 0 || isLive ? state : withDivided(settings, withStep(state, index, { over: true, left: zero }));
}

/** The sub-book may have more than the trade holds. */
function fits({ settings, state }: Turn, { quantity, limit }: Pick<Exit, 'quantity' | 'limit'>): boolean {
  const { rules, orders } = state;
  const asset = settings.direction === 'long' ? baseOf(rules.pair) : quoteOf(rules.pair);
  const left = purse(settings, state) - reserved(orders, asset, settings.feeAsset === 'quote' ? settings.fee : 0n);
  return left >= exitReserve(settings, quantity, limit, rules);
}

/** X2: a resting exit is in the way of one that trades now, if that lacks the means or is of the same step. */
const blocks = (turn: Turn, order: TradeOrder, urgent: Exit): boolean =>
  !fits(turn, urgent) || (order.role === urgent.role && order.step === urgent.step);

function placeExit(turn: Turn, exit: Exit): void {
  const { role, step, order, quantity, limit, trigger, stopLimit } = exit;
  if (order !== 'oco') place(turn, { role, step, side: wayOf(turn.settings).exit, order, quantity, limit, trigger });
  else if (trigger !== null && stopLimit !== undefined) placeOco(turn, step, quantity, limit, { trigger, limit: stopLimit });
}

function planEnd(turn: Turn): void {
  const { settings, state, quote } = turn;
  if (state.orders.length > 0) return;
  const { exit } = state;
  if (exit !== null) {
    if (exit.how === 'keep' || !canExit(settings, state, quote)) end(turn, exit.ending);
    return;
  }
  if (state.entry.phase !== 'over' || state.additions.length > 0) return;
  if (state.bought === 0n && settings.entry !== 'held') end(turn, 'no-entry');
  else if (settings.stopLoss === null && settings.takeProfits.length === 0) end(turn, 'bought');
  else if (!canExit(settings, state, quote)) {
    const divided = withDivided(settings, state);
    if (canExit(settings, divided, quote)) turn.state = divided;
    else end(turn, state.sold > 0n ? 'take-profit' : 'too-small');
  }
}

function end(turn: Turn, ending: Ending): void {
  turn.state = close(turn.settings, turn.state, ending, turn.at);
}
