/**
 * What a DCA bot does now, from its state alone: orders that should rest and do not are placed, orders that should not
 * are cancelled, a deal that is over ends. Doing it twice does nothing the second time.
 *   P1  The bot never sells more than the deal holds nor reserves more quote than its sub-book has.
 */
import { priceAmount, type Ticks } from '@holdfast/domain';
import { lowered } from './arithmetic.ts';
import { closeDeal, goOn, sellable, termsOf } from './change.ts';
import { planEntering, planIdle } from './entering.ts';
import { planHolding } from './holding.ts';
import { cancel, isHeldUp, place, type Turn } from './orders.ts';
import type { DcaState, Deal, LiveOrder } from './state.ts';
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
  const { settings, state, at } = turn;
  if (state.orders.length > 0) {
    for (const order of state.orders) if (!isSelling(turn, order)) cancel(turn, order);
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

/** A triggered stop sells by itself as long as the bid is not below its limit. */
function isSelling({ quote, state }: Turn, { role, filled, limit }: LiveOrder): boolean {
  return role === 'stop-loss' && filled > 0n && quote !== undefined && priceAmount(quote.bid, state.rules) >= limit;
}

/** Sells at the market, capped, until what is left is too small for an order. */
function planClose(turn: Turn, deal: Deal, floor: Ticks | null): void {
  const { state, settings } = turn;
  const quantity = sellable(deal.held, state.rules);
  if (deal.bought === 0n || quantity < state.rules.minQuantity || quantity === 0) {
    turn.state = closeDeal(settings, state, turn.at);
    return;
  }
  if (state.halted) return;
  if (turn.quote === undefined) {
    if (!isHeldUp(turn, 'exit')) turn.needsQuote = true;
    return;
  }
  if (floor !== null && turn.quote.bid < floor) {
    turn.state = goOn(state);
    return;
  }
  if (isHeldUp(turn, 'exit')) return;
  const capped = lowered(turn.quote.bid, settings.slippage);
  const limit = floor !== null && floor > capped ? floor : capped;
  if (isTradable(state, quantity, limit)) place(turn, { role: 'close', side: 'sell', order: 'ioc', quantity, limit });
  else turn.state = closeDeal(settings, state, turn.at);
}
