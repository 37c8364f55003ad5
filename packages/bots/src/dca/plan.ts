/**
 * What a DCA bot does now, from its state alone: orders that should rest and do not are placed, orders that should not
 * are cancelled, a deal that is over ends. Doing it twice does nothing the second time.
 *   P1  The bot never gives back more than the deal holds nor reserves more for entries than its sub-book has.
 */
import type { Ticks } from '@holdfast/domain';
import { yielded } from './arithmetic.ts';
import { closeDeal, givenBack, goOn, termsOf } from './change.ts';
import { better, exitQuote, reaches, wayOf } from './direction.ts';
import { planEntering, planIdle } from './entering.ts';
import { planHolding } from './holding.ts';
import { cancel, isHeldUp, place, type Turn } from './orders.ts';
import { isExitingItself } from './protection.ts';
import type { DcaState, Deal } from './state.ts';
import { isTradable, targetsOf } from './targets.ts';

/** Acts until nothing is left to do: a deal may end and the next begin in one turn. */
export function plan(turn: Turn): void {
  for (let before: DcaState | undefined; before !== turn.state; ) {
    before = turn.state;
    if (before.deal === null) planIdle(turn);
    else if (before.deal.phase === 'entering') planEntering(turn, before.deal);
    else if (before.deal.phase === 'holding') planHolding(turn);
    else planClosing(turn, before.deal);
  }
}

function planClosing(turn: Turn, deal: Deal): void {
  const { settings, state, at, quote } = turn;
  if (state.orders.length > 0) {
    for (const order of state.orders)
      if (quote === undefined || !isExitingItself(settings, state, order, quote)) cancel(turn, order);
    return;
  }
  if (deal.selling !== null) {
    planClose(turn, deal, deal.selling.floor);
    return;
  }
  // A buy may have been filled while its cancel was on the way: the deal then goes on with it.
  const isOver = deal.ending === 'cancelled' || deal.bought === 0n;
  if (!isOver && targetsOf(termsOf(settings, deal), state, deal).length > 0) turn.state = goOn(state);
  else turn.state = closeDeal(settings, state, at);
}

/** Exits at the market, capped, until what is left is too small for an order. */
function planClose(turn: Turn, deal: Deal, floor: Ticks | null): void {
  const { state, settings } = turn;
  const { rules } = state;
  const way = wayOf(settings);
  const limit = closeLimit(turn, floor);
  const quantity = limit === null && way.takes === 'quote' ? null : givenBack(settings, deal, limit ?? rules.minPrice, rules);
  const isTooLittle = quantity === null ? deal.held.quantity <= 0n : quantity === 0 || quantity < rules.minQuantity;
  if (deal.bought === 0n || isTooLittle) {
    turn.state = closeDeal(settings, state, turn.at);
    return;
  }
  if (state.halted) return;
  if (turn.quote === undefined || limit === null || quantity === null) {
    if (!isHeldUp(turn, 'exit')) turn.needsQuote = true;
    return;
  }
  if (floor !== null && !reaches(way, exitQuote(way, turn.quote), floor)) {
    turn.state = goOn(state);
    return;
  }
  if (isHeldUp(turn, 'exit')) return;
  if (isTradable(state, quantity, limit)) place(turn, { role: 'close', side: way.exit, order: 'ioc', quantity, limit });
  else turn.state = closeDeal(settings, state, turn.at);
}

/** The worst price of an exit at the market, no worse than `floor`; null without a price. */
function closeLimit({ settings, quote }: Turn, floor: Ticks | null): Ticks | null {
  if (quote === undefined) return null;
  const way = wayOf(settings);
  const capped = yielded(way, exitQuote(way, quote), settings.slippage);
  return floor === null ? capped : better(way, floor, capped);
}
