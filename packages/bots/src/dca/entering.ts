/** The beginning of a deal: whether one may open, how large it is, and its base order. */
import {
  type Amount,
  divide,
  type EpochMs,
  formatAmount,
  type Lots,
  lots,
  multiply,
  priceAmount,
  type Quote,
  quantityAmount,
  type Ticks,
  toLots,
  toTicks,
  unit,
  zero,
} from '@holdfast/domain';
import { averagingSize, entryCost, lotsFor, sizedLots } from './arithmetic.ts';
import { hold, openDeal, withDeal } from './change.ts';
import { entryQuote, wayOf } from './direction.ts';
import { affordable, cancel, capOf, freeFunds, isHeldUp, place, type Turn } from './orders.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';
import { isTradable, lower } from './targets.ts';

/** Remembers the price that bounds are counted from; true where nothing else is to be done now. */
function takesStartPrice(turn: Turn): boolean {
  const { settings, state, quote } = turn;
  if (settings.minPriceShare === 0n && settings.maxPriceShare === 0n) return false;
  if (!state.running || state.startedAt !== undefined) return false;
  if (quote === undefined) turn.needsQuote = true;
  else turn.state = { ...state, startedAt: entryQuote(wayOf(settings), quote) };
  return true;
}

export const wantsDeal = (settings: DcaSettings, state: DcaState): boolean =>
  state.deal === null && state.running && !state.halted && (state.dealAsked || settings.start !== 'command');

/** Opens a deal when nothing is left to wait for. A deal asked for by command waits for no pause and no condition. */
export function planIdle(turn: Turn): void {
  if (takesStartPrice(turn)) return;
  const { settings, state, at } = turn;
  if (!wantsDeal(settings, state)) return;
  const done = doneBecause(settings, state);
  if (done !== null) {
    turn.state = { ...state, running: false, startAt: null, dealAsked: false, stoppedBecause: done };
    return;
  }
  if (!state.dealAsked && state.restUntil !== null && at < state.restUntil) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  if (!isPriceInside(settings, state, turn.quote)) {
    // What held then says nothing about the time when the price is back.
    if (state.startAt !== null && at >= state.startAt) turn.state = { ...state, startAt: null };
    return;
  }
  if (!state.dealAsked && settings.startCondition !== null && !isDue(turn)) return;
  turn.state = openDeal(settings, turn.state, at, scaleOf(settings, state, turn.quote));
}

/** Whether the start conditions hold, and held as long ago as the delay says. */
function isDue(turn: Turn): boolean {
  const { settings, state, at, condition } = turn;
  if (state.startAt !== null) return at >= state.startAt;
  if (condition !== settings.startCondition) return false;
  if (settings.startDelayMs === 0) return true;
  turn.state = { ...state, startAt: (at + settings.startDelayMs) as EpochMs };
  return false;
}

function doneBecause({ dealsAtMost, lossesAtMost }: DcaSettings, state: DcaState): DcaState['stoppedBecause'] {
  if (dealsAtMost > 0 && state.dealsInRow >= dealsAtMost)
    return { code: 'deals-done', reason: `${state.dealsInRow} deals are done, as many as it was set to do` };
  if (lossesAtMost > 0 && state.lossesInRow >= lossesAtMost)
    return { code: 'losses-in-a-row', reason: `${state.lossesInRow} deals in a row have lost, as many as it was set to bear` };
  return null;
}

/** Bounds of the price inside which deals open, in ticks; null where there is none. */
export function priceBounds(settings: DcaSettings, { rules, startedAt, beyond }: DcaState) {
  const from = startedAt === undefined ? zero : priceAmount(startedAt, rules);
  const least = larger(settings.minPrice, multiply(from, settings.minPriceShare, 'up'));
  const mosts = [settings.maxPrice, multiply(from, settings.maxPriceShare, 'down')].filter((price) => price >= rules.tick);
  const most = mosts.length === 0 ? null : mosts.reduce((lowest, price) => (price < lowest ? price : lowest));
  const bounds = {
    least: least === 0n ? null : toTicks(least, rules, 'up'),
    most: most === null ? null : toTicks(most, rules, 'down'),
  };
  if (beyond === undefined) return bounds;
  const isLong = wayOf(settings).sign === 1;
  return isLong
    ? { ...bounds, most: bounds.most === null ? beyond : lower(bounds.most, beyond) }
    : { ...bounds, least: bounds.least === null || bounds.least < beyond ? beyond : bounds.least };
}

const larger = (a: Amount, b: Amount): Amount => (a > b ? a : b);

export function isPriceInside(settings: DcaSettings, state: DcaState, quote: Quote): boolean {
  const { least, most } = priceBounds(settings, state);
  const price = entryQuote(wayOf(settings), quote);
  return (least === null || price >= least) && (most === null || price <= most);
}

/**
 * The factor of all sizes of a deal: 1, more by the share of what was earned that is put in again, less by the share of what
 * was lost. Counted against the value of a deal as set, at the price of now.
 */
function scaleOf(settings: DcaSettings, state: DcaState, quote: Quote): bigint {
  const share = state.realised > 0n ? settings.reinvest : settings.riskReduction;
  if (share === 0n || state.realised === 0n) return unit;
  const value = valueAsSet(settings, priceAmount(entryQuote(wayOf(settings), quote), state.rules));
  const scale = unit + (share * state.realised) / value;
  return scale > 0n ? scale : 0n;
}

/** Base order and all averaging orders in the asset that deals give, as set. Sizes in percent are not scaled: they follow the funds by themselves. */
function valueAsSet(settings: DcaSettings, price: Amount): Amount {
  const { gives } = wayOf(settings);
  const given = (size: Amount, sizeIn: DcaSettings['baseOrderSizeIn']): bigint => {
    if (sizeIn === 'percent' || sizeIn === gives) return size;
    return gives === 'quote' ? multiply(size, price, 'up') : divide(size * unit, price, 'up');
  };
  let value = given(settings.baseOrderSize, settings.baseOrderSizeIn);
  for (let n = 1; n <= settings.averagingOrders; n++) value += given(averagingSize(settings, n), settings.averagingOrderSizeIn);
  for (const { size } of settings.pyramid) value += given(size, settings.averagingOrderSizeIn);
  return value as Amount;
}

export function planEntering(turn: Turn, deal: Deal): void {
  const { settings, state } = turn;
  if (state.orders.length > 0) {
    for (const order of state.orders)
      if (!state.running || (order.repriceAt !== null && turn.at >= order.repriceAt)) cancel(turn, order);
    return;
  }
  const has = deal.entry.quantity > 0n;
  if (deal.entryTries >= settings.entryAttempts || (!state.running && !has)) {
    endEntry(turn, has);
    return;
  }
  if (state.halted || isHeldUp(turn, 'entry')) return;
  if (turn.quote === undefined) turn.needsQuote = true;
  else placeBase(turn, deal, turn.quote, has);
}

/** For what is missing: at the market with a cap, or resting at the best price of its side until it is to be priced anew. */
function placeBase(turn: Turn, deal: Deal, quote: Quote, has: boolean): void {
  const { settings, state, at } = turn;
  const rests = settings.baseOrderType === 'limit';
  const way = wayOf(settings);
  const price = quote[rests ? way.exitsAt : way.entersAt];
  const limit = rests ? price : capOf(turn, way, price);
  const { entry: side } = way;
  const wanted = missingLots(settings, state, deal, price);
  const quantity = affordable(turn, lots(Math.min(wanted, state.rules.maxQuantity)), limit);
  if (!isTradable(state, quantity, lower(price, limit))) {
    if (has) endEntry(turn, true);
    else noFunds(turn, wanted, limit);
  } else if (rests) {
    const repriceAt = (at + settings.repriceMs) as EpochMs;
    place(turn, { role: 'base', side, order: 'limit', quantity, limit, repriceAt });
  } else place(turn, { role: 'base', side, order: 'ioc', quantity, limit });
}

function missingLots(settings: DcaSettings, { rules }: DcaState, deal: Deal, price: Ticks): Lots {
  const { baseOrderSize, baseOrderSizeIn } = settings;
  const { funds, scale } = deal.sizing;
  const way = wayOf(settings);
  if (baseOrderSizeIn === 'base' || (baseOrderSizeIn === 'percent' && way.gives === 'base')) {
    const whole = quantityAmount(sizedLots(baseOrderSize, baseOrderSizeIn, price, rules, deal.sizing, way), rules);
    return toLots((whole > deal.entryBase ? whole - deal.entryBase : 0n) as Amount, rules, 'up');
  }
  const size = baseOrderSizeIn === 'percent' ? multiply(funds, baseOrderSize, 'up') : baseOrderSize;
  const missing = (scale === unit ? size : multiply(size, scale, 'up')) - deal.entryValue;
  return missing <= 0n ? lots(0) : lotsFor(missing as Amount, price, rules);
}

function noFunds(turn: Turn, wanted: Lots, limit: Ticks): void {
  const { state, settings } = turn;
  const quantity = quantityAmount(wanted, state.rules);
  const needed = entryCost(wayOf(settings), quantity, priceAmount(limit, state.rules), settings);
  const free = freeFunds(settings, state);
  const reason =
    needed > free
      ? `the base order needs ${formatAmount(needed)} and the bot has ${formatAmount(free)} left of its funds`
      : `the base order is below the exchange's smallest order of ${formatAmount(state.rules.minNotional)}`;
  turn.state = { ...withDeal(state, { phase: 'closing' }), running: false, stoppedBecause: { code: 'funds-short', reason } };
}

function endEntry(turn: Turn, has: boolean): void {
  turn.state = has ? hold(turn.settings, turn.state) : withDeal(turn.state, { phase: 'closing' });
}
