/** Buys of a deal after its base order: the ladder, resting or by condition, and funds that a person adds. */
import {
  type Amount,
  divide,
  type Lots,
  lots,
  multiply,
  priceAmount,
  quantityAmount,
  subtract,
  type Ticks,
  toLots,
  unit,
} from '@holdfast/domain';
import { deviation, lotsFor } from './arithmetic.ts';
import { termsOf, withDeal } from './change.ts';
import { entryQuote, isPriceKnown, reaches, roundingTo, wayOf } from './direction.ts';
import { restingExits } from './needs-parts.ts';
import { affordable, cancel, capOf, isHeldUp, place, type Turn } from './orders.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, Level, LiveOrder } from './state.ts';
import { isTradable, lower } from './targets.ts';

/** What remains to be bought of a level, as far as funds and the exchange's smallest order allow. */
export function levelOrder(turn: Turn, level: Level, limit: Ticks): Lots | null {
  const { rules } = turn.state;
  if (level.refused || !isPriceKnown(level.price, rules)) return null;
  const open = subtract(quantityAmount(level.quantity, rules), level.filled);
  if (open <= 0n) return null;
  const quantity = affordable(turn, lots(Math.min(toLots(open, rules, 'down'), rules.maxQuantity)), limit);
  return isTradable(turn.state, quantity, lower(level.price, limit)) ? quantity : null;
}

/** Averaging orders that wait at their level. */
export const restingLevels = ({ orders }: DcaState): readonly LiveOrder[] =>
  orders.filter(({ role, level }) => role === 'averaging' && level > 0);

/** How many may rest: as set, as far as the exchange's number of orders (MAX_NUM_ORDERS) leaves room beside all exits. */
function mostAtOnce(terms: DcaSettings, { rules }: DcaState, { averagingMost }: Deal): number {
  const room = Math.max(rules.maxOrders - restingExits(terms, rules), 0);
  return Math.min(terms.averagingOrdersActive, room, averagingMost ?? room);
}

/** Keeps the next levels below the price resting, as many at once as the settings say; none while a target is trailed. */
export function planLadder(turn: Turn): void {
  const deal = turn.state.deal as Deal;
  const terms = termsOf(turn.settings, deal);
  if (turn.state.halted) return;
  const resting = restingLevels(turn.state);
  const most = mostAtOnce(terms, turn.state, deal);
  const nearest = [...resting].sort((a, b) => a.level - b.level);
  const unwanted = nearest.filter(({ level }, i) => deal.trail !== null || level > deal.ladder.length || i >= most);
  for (const order of unwanted) cancel(turn, order);
  if (deal.trail !== null || isHeldUp(turn, 'averaging')) return;
  if (terms.averagingCondition !== null) {
    if (turn.condition === terms.averagingCondition) buyByCondition(turn, terms, deal);
    return;
  }
  let active = resting.length - unwanted.length;
  for (const [i, level] of deal.ladder.entries()) {
    if (active >= most) return;
    if (resting.some((order) => order.level === i + 1)) continue;
    const quantity = levelOrder(turn, level, level.price);
    if (quantity === null) continue;
    const { entry: side } = wayOf(terms);
    place(turn, { role: 'averaging', side, order: 'limit', quantity, limit: level.price, level: i + 1 });
    active++;
  }
}

/** The conditions hold: buys at the market every level whose distance is reached, or the next one only when counted from the last buy. */
function buyByCondition(turn: Turn, terms: DcaSettings, deal: Deal): void {
  const { quote, state } = turn;
  if (quote === undefined || state.orders.some(({ role }) => role === 'averaging')) return;
  const way = wayOf(terms);
  const price = entryQuote(way, quote);
  const limit = capOf(turn, way, price);
  for (const [i, level] of deal.ladder.entries()) {
    const isDone = level.refused || level.filled >= quantityAmount(level.quantity, state.rules);
    if (isDone) continue;
    if (!isDeepEnough(terms, state, deal, i, price)) return;
    const quantity = levelOrder(turn, level, limit);
    if (quantity !== null) place(turn, { role: 'averaging', side: way.entry, order: 'ioc', quantity, limit, level: i + 1 });
    if (terms.averagingFrom === 'last') return;
  }
}

function isDeepEnough(terms: DcaSettings, { rules }: DcaState, deal: Deal, index: number, price: Ticks): boolean {
  const way = wayOf(terms);
  if (terms.averagingFrom === 'base' || deal.lastBuy === null) return reaches(way, (deal.ladder[index] as Level).price, price);
  return reaches(way, fromLast(terms, deal.lastBuy, index), priceAmount(price, rules));
}

/** The price one step of the ladder below the last buy, in quote, rounded down; of a short deal above the last sale, up. */
export function fromLast(terms: DcaSettings, lastBuy: Amount, index: number): Amount {
  const [before, here] = [deviation(terms, index), deviation(terms, index + 1)];
  const from = index === 0 ? 0n : divide(before.numerator * unit, before.denominator, 'down');
  const step = divide(here.numerator * unit, here.denominator, 'up') - from;
  const way = wayOf(terms);
  const left = unit - BigInt(way.sign) * step;
  return left <= 0n ? (0n as Amount) : multiply(lastBuy, left, roundingTo(way, 'loss'));
}

/** Places what a person added, and takes back what a person dropped. */
export function planAdded(turn: Turn): void {
  const deal = turn.state.deal as Deal;
  const added = turn.state.orders.filter(({ role }) => role === 'added');
  if (deal.dropsAdded) {
    if (added.length === 0) turn.state = withDeal(turn.state, { dropsAdded: false });
    if (!turn.state.halted) for (const order of added) cancel(turn, order);
  }
  if (deal.adding === null || turn.state.halted) return;
  const way = wayOf(turn.settings);
  const now = turn.quote === undefined ? null : entryQuote(way, turn.quote);
  const limit = deal.adding.limit ?? (now === null ? null : capOf(turn, way, now));
  if (limit === null) {
    turn.needsQuote = true;
    return;
  }
  const price = deal.adding.limit ?? (now as Ticks);
  const { rules } = turn.state;
  const wanted = lots(Math.min(lotsFor(deal.adding.quote, price, rules), rules.maxQuantity));
  const quantity = affordable(turn, wanted, limit);
  const order = deal.adding.limit === null ? 'ioc' : 'limit';
  turn.state = withDeal(turn.state, { adding: null });
  const { entry: side } = way;
  if (isTradable(turn.state, quantity, lower(price, limit))) place(turn, { role: 'added', side, order, quantity, limit });
}
