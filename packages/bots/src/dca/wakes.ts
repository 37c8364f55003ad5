/** When a DCA bot wants to be called again: the complete set after each step. */
import { type Amount, type EpochMs, type Quote, type Ticks, toTicks, type Wake } from '@holdfast/domain';
import { nearEnough } from '../orders/too-far.ts';
import { termsOf } from './change.ts';
import { along, entryQuote, exitQuote, reaches, type Way, wayOf } from './direction.ts';
import { isPriceInside, priceBounds, wantsDeal } from './entering.ts';
import type { Turn } from './orders.ts';
import { isExitingItself, limitOfStop, limitsOfStops, stopToRest, together } from './protection.ts';
import { awaited } from './pyramid.ts';
import type { DcaSettings } from './settings.ts';
import { scoped } from './signals.ts';
import type { DcaState, Deal } from './state.ts';
import { entryPrice, isOwnPrice, liftStep, stopPrice, targetsOf, trailPrice } from './targets.ts';

class Wakes {
  readonly #turn: Turn;
  readonly #times = new Set<EpochMs>();
  readonly #others: Wake[] = [];

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  later(time: number | null | undefined): void {
    if (time !== null && time !== undefined && time > this.#turn.at) this.#times.add(time as EpochMs);
  }

  price(of: 'last' | 'bid' | 'ask', when: 'at-or-below' | 'at-or-above', price: number): void {
    if (price >= 1 && Number.isSafeInteger(price))
      this.#others.push({ kind: 'price', pair: this.#turn.settings.pair, of, when, price: price as Ticks });
  }

  condition(condition: string): void {
    const { settings, state } = this.#turn;
    this.#others.push({ kind: 'condition', pair: settings.pair, condition: scoped(condition, state.bot) });
  }

  get all(): readonly Wake[] {
    const times = [...this.#times].sort((a, b) => a - b).map((at): Wake => ({ kind: 'time', at }));
    return [...times, ...this.#others];
  }
}

export function wakesOf(turn: Turn): readonly Wake[] {
  const { settings, state } = turn;
  const { deal } = state;
  const wakes = new Wakes(turn);
  if (deal === null) idle(wakes, turn);
  else if (!state.halted) {
    if (deal.phase === 'entering') wakes.later(deal.holdups.entry?.at);
    else wakes.later(deal.holdups.exit?.at);
    if (deal.phase === 'holding') holding(wakes, turn, termsOf(settings, deal), deal);
    if (deal.phase === 'closing') closing(wakes, turn);
  }
  for (const { cancelAgainAt, repriceAt } of state.orders) {
    wakes.later(cancelAgainAt);
    wakes.later(repriceAt);
  }
  if (turn.needsQuote) wakes.price('ask', 'at-or-above', 1);
  return wakes.all;
}

function idle(wakes: Wakes, { settings, state, at, quote }: Turn): void {
  if (!wantsDeal(settings, state)) return;
  if (!state.dealAsked && state.restUntil !== null && at < state.restUntil) {
    wakes.later(state.restUntil);
    return;
  }
  if (quote === undefined) return;
  const way = wayOf(settings);
  const price = entryQuote(way, quote);
  if (!isPriceInside(settings, state, quote)) {
    const { least, most } = priceBounds(settings, state);
    if (least !== null && price < least) wakes.price(way.entersAt, 'at-or-above', least);
    if (most !== null && price > most) wakes.price(way.entersAt, 'at-or-below', most);
    wakes.later(state.startAt);
  } else if (state.startAt !== null) wakes.later(state.startAt);
  else if (settings.startCondition !== null) wakes.condition(settings.startCondition);
}

function holding(wakes: Wakes, turn: Turn, terms: DcaSettings, deal: Deal): void {
  const { state } = turn;
  wakes.later(deal.holdups.averaging?.at);
  wakes.later(deal.holdups.stop?.at);
  if (terms.dealTimeoutMs > 0) wakes.later(deal.openedAt + terms.dealTimeoutMs);
  if (deal.held.quantity <= 0n) return;
  const stop = stopPrice(terms, deal, state.rules);
  if (stop !== null) {
    stopWakes(wakes, state, terms, deal, stop);
    tooFarWakes(wakes, turn, terms, deal);
  }
  targetWakes(wakes, turn, terms, deal);
  const opens = deal.trail === null && deal.ladder.some(({ filled, refused }) => !refused && filled === 0n);
  const way = wayOf(terms);
  for (const { price } of awaited(deal))
    if (turn.quote === undefined || !reaches(way, entryQuote(way, turn.quote), price))
      wakes.price(way.entersAt, way.toProfit, price);
  if (terms.averagingCondition !== null && opens) wakes.condition(terms.averagingCondition);
  if (terms.closeCondition !== null && terms.closeCondition !== terms.averagingCondition) wakes.condition(terms.closeCondition);
}

function stopWakes(wakes: Wakes, state: DcaState, terms: DcaSettings, deal: Deal, stop: Ticks): void {
  const way = wayOf(terms);
  if (terms.stopTrailing && terms.stopLoss > 0n) {
    const next = deal.lift + liftStep(terms, deal, state.rules);
    wakes.price('last', way.toProfit, along(way, entryPrice(terms, deal, state.rules), next));
  }
  if (deal.stopSince !== null) {
    wakes.later(deal.stopSince + terms.stopTimeoutMs);
    wakes.price('last', way.toProfit, along(way, stop, 1));
    return;
  }
  const limits = terms.stopTimeoutMs > 0 ? null : limitsOfStops(terms, state, deal);
  if (limits === null) wakes.price('last', way.toLoss, stop);
  else for (const limit of new Set(limits)) wakes.price('last', way.toLoss, along(way, limitOf({ limit }, state), -1));
}

/** Where and when a stop is asked for again that the band of the vault kept away. */
function tooFarWakes(wakes: Wakes, { state, at }: Turn, terms: DcaSettings, deal: Deal): void {
  const { stopTooFar } = deal;
  const limit = stopTooFar?.waits === true ? limitOfStop(terms, deal, state.rules) : null;
  if (limit === null) return;
  const way = wayOf(terms);
  const near = nearEnough(stopTooFar, way, limit, at);
  if (near !== null) wakes.price(way.exitsAt, way.toLoss, near);
  wakes.later(stopTooFar?.until);
}

const limitOf = ({ limit }: { readonly limit: Amount }, { rules }: DcaState): number => toTicks(limit, rules, 'down');

/** While the best price is our own order's, only one beyond it is another's. */
function trailedFrom(state: DcaState, way: Way, target: Ticks, quote: Quote | undefined): number {
  const price = quote === undefined ? target : exitQuote(way, quote);
  return reaches(way, price, target) && isOwnPrice(state, way, price) ? along(way, price, 1) : target;
}

function targetWakes(wakes: Wakes, { state, quote }: Turn, terms: DcaSettings, deal: Deal): void {
  const way = wayOf(terms);
  const last = deal.steps.at(-1);
  if (terms.trailing > 0n && last !== undefined) {
    if (deal.trail === null) wakes.price(way.exitsAt, way.toProfit, trailedFrom(state, way, last.price, quote));
    else {
      wakes.price(way.exitsAt, way.toProfit, along(way, deal.trail, 1));
      wakes.price(way.exitsAt, way.toLoss, trailPrice(terms, deal.trail));
    }
  }
  if (terms.closeCondition !== null) return;
  const paired = together(terms, state, deal, quote?.last);
  if (paired !== null) {
    // It rests without the stop until the market has left it.
    for (const { limit } of paired.alone) wakes.price('last', way.toLoss, along(way, limit, -1));
    return;
  }
  if (stopToRest(terms, state, deal) === null) return;
  const watched = targetsOf(terms, state, deal).filter(({ level }) => terms.trailing === 0n || level < deal.steps.length);
  const next = watched[0];
  if (next === undefined) return;
  if (quote === undefined || !reaches(way, exitQuote(way, quote), next.price)) wakes.price(way.exitsAt, way.toProfit, next.price);
  else wakes.price(way.exitsAt, way.toLoss, along(way, next.price, -1));
}

/** A triggered stop is left alone until the price has left its limit behind, or turns out not to have triggered it. */
function closing(wakes: Wakes, { settings, state, quote }: Turn): void {
  const way = wayOf(settings);
  for (const order of state.orders) {
    if (order.role !== 'stop-loss' || order.cancelling) continue;
    if (order.filled === 0n && (quote === undefined || !isExitingItself(settings, state, order, quote))) continue;
    wakes.price(way.exitsAt, way.toLoss, along(way, limitOf(order, state), -1));
    if (order.filled === 0n && order.trigger !== null)
      wakes.price('last', way.toProfit, along(way, limitOf({ limit: order.trigger }, state), 1));
  }
}
