/**
 * Which exits a trade wants at the exchange now, from its state and the price alone. Coins and quote on spot back one order each, so take
 * profit and stop both rest only as OCOs:
 *   X0  Where both are wanted and the exchange's filters allow it, each step rests together with the stop (`orders/pairing.ts`).
 *   X1  Else a stop that can rest rests for all that is held, and the steps are watched; with `rests: take-profit`, with a timeout,
 *       on bid or ask, or when the exchange or the vault will not have it, the steps rest and the stop is watched.
 *   X2  What trades now goes before what rests: resting exits are cancelled as far as means are missing.
 *   X3  The stop of an OCO that was triggered trades by itself, unless the market is beyond its limit; then all is done at once.
 *   X4  Of a short trade they never rest together: what coins cost at the stop is more than the quote that they brought.
 */
import { type Lots, lots, type PairRules, priceAmount, type Quote, quantityAmount, type Ticks } from '@holdfast/domain';
import { lowered, raised } from '../dca/arithmetic.ts';
import { exitQuote, reaches, type Way, wayOf } from '../orders/direction.ts';
import { twinIn } from '../orders/live-orders.ts';
import { type Goal, type Pairing, pairExits, restsPaired } from '../orders/pairing.ts';
import {
  exitReserve,
  isTradable,
  lotsPaid,
  purse,
  stepLots,
  stopLimit,
  stopPrice,
  stopReach,
  targetPrice,
  trails,
} from './arithmetic.ts';
import { restingStop, ticksOf, whole } from './observe.ts';
import type { StopLoss, TradeSettings } from './settings.ts';
import type { ExitStep, Role, TradeOrder, TradeState } from './state.ts';

export interface Exit {
  readonly role: Role;
  readonly step: number;
  readonly order: 'limit' | 'ioc' | 'stop-limit' | 'oco';
  readonly quantity: Lots;
  readonly limit: Ticks;
  /** Of a stop and of an OCO. */
  readonly trigger: Ticks | null;
  /** Of an OCO: the limit of its stop leg. */
  readonly stopLimit?: Ticks;
}

/** Whether the stop can be an order at the exchange at all. */
const isOrder = (settings: TradeSettings, state: TradeState): boolean =>
  settings.stopLoss !== null &&
  settings.stopLoss.timeoutMs === 0 &&
  settings.stopLoss.of === 'last' &&
  state.stop.cannotRest === null &&
  state.stop.tooFar?.waits !== true;

/** X1: whether the stop alone rests. */
export const stopRests = (settings: TradeSettings, state: TradeState, last?: Ticks): boolean =>
  isOrder(settings, state) && settings.rests === 'stop-loss' && pairing(settings, state, last) === null;

/** X0; null where the exits do not rest together. */
export function pairing(settings: TradeSettings, state: TradeState, last: Ticks | undefined): Pairing | null {
  const { rules } = state;
  const { stopLoss } = settings;
  const way = wayOf(settings);
  const level = way.sign === -1 ? null : stopPrice(settings, state);
  const isOff = state.exit !== null || state.stop.cannotPair !== undefined || !isOrder(settings, state);
  if (stopLoss === null || level === null || isOff) return null;
  const goals = restingSteps(settings, state).map(
    ({ step, limit, quantity }): Goal => ({
      step,
      limit,
      quantity,
      isPaired: restsPaired(state.orders, priceAmount(limit, rules), (order) => order.step === step),
    }),
  );
  const trigger = stopTrigger(settings, state, level, stopLoss);
  const stop = { trigger, limit: stopLimit(way, trigger, stopLoss, rules) };
  return pairExits({ rules, last, goals, stop, whole: whole(settings, state, stop.limit) });
}

const ifTradable = (exit: Exit, rules: PairRules): readonly Exit[] =>
  isTradable(exit.quantity, exit.limit, rules) ? [exit] : [];

/** It waits at its limit, wherever the market looks from. */
const isPlain = (step: ExitStep): boolean => !trails(step) && step.order === 'limit';

/** The worst price of an exit at the market. */
export const marketLimit = (way: Way, quote: Quote, { slippage }: TradeSettings, { maxPrice }: PairRules): Ticks =>
  way.exit === 'sell' ? lowered(quote.bid, slippage) : (Math.min(raised(quote.ask, slippage), maxPrice) as Ticks);

/** Exits that take what they can now, the most urgent first. */
export function exitsNow(settings: TradeSettings, state: TradeState, quote: Quote): readonly Exit[] {
  const { rules, exit } = state;
  const way = wayOf(settings);
  const worst = marketLimit(way, quote, settings, rules);
  if (exit !== null)
    return exit.how === 'market'
      ? ifTradable(
          { role: 'close', step: 0, order: 'ioc', quantity: whole(settings, state, worst), limit: worst, trigger: null },
          rules,
        )
      : [];
  return state.steps.flatMap((step, index) => {
    if (step.over || step.left === 0n) return [];
    const price = targetPrice(step, state.basis, settings, rules);
    const isTouched = price !== null && isPlain(step) && reaches(way, exitQuote(way, quote), price);
    if (!step.due && !(isTouched && stopRests(settings, state, quote.last))) return [];
    const limit = step.due || price === null ? worst : price;
    const quantity = lots(Math.min(stepLots(settings, state, step, limit), whole(settings, state, limit)));
    return ifTradable({ role: 'take-profit', step: index, order: 'ioc', quantity, limit, trigger: null }, rules);
  });
}

/** Exits that wait at the exchange. */
export function exitsResting(settings: TradeSettings, state: TradeState, last: Ticks): readonly Exit[] {
  const { rules, exit } = state;
  const { stopLoss } = settings;
  const level = stopPrice(settings, state);
  if (exit !== null) {
    if (exit.how !== 'limit' || stopLoss === null || level === null) return [];
    const limit = stopLimit(wayOf(settings), level, stopLoss, rules);
    const quantity = whole(settings, state, limit);
    return ifTradable({ role: 'stop-loss', step: 0, order: 'limit', quantity, limit, trigger: null }, rules);
  }
  const paired = stopLoss === null || level === null ? null : pairing(settings, state, last);
  if (paired !== null && stopLoss !== null && level !== null) return together(settings, state, paired, level, stopLoss);
  if (stopLoss !== null && level !== null && stopRests(settings, state, last))
    return restStop(settings, state, level, stopLoss, null);
  return restingSteps(settings, state);
}

/** Take profits that can wait at the exchange, as far as the purse pays for all of them. */
function restingSteps(settings: TradeSettings, state: TradeState): readonly Exit[] {
  const { rules } = state;
  let left: bigint = purse(settings, state);
  return state.steps.flatMap((step, index) => {
    const price = targetPrice(step, state.basis, settings, rules);
    if (step.over || step.due || step.left === 0n || !isPlain(step) || price === null) return [];
    const paid = lotsPaid(settings, rules, left, price);
    const quantity = lots(Math.min(stepLots(settings, state, step, price), paid, rules.maxQuantity));
    const exits = ifTradable({ role: 'take-profit', step: index, order: 'limit', quantity, limit: price, trigger: null }, rules);
    if (exits.length > 0) left -= exitReserve(settings, quantity, price, rules);
    return exits;
  });
}

function together(
  settings: TradeSettings,
  state: TradeState,
  paired: Pairing,
  level: Ticks,
  stopLoss: StopLoss,
): readonly Exit[] {
  const trigger = stopTrigger(settings, state, level, stopLoss);
  const limitOfStop = stopLimit(wayOf(settings), trigger, stopLoss, state.rules);
  return [
    ...paired.together.map(
      ({ step, limit, quantity }): Exit => ({
        role: 'take-profit',
        step,
        order: 'oco',
        quantity,
        limit,
        trigger,
        stopLimit: limitOfStop,
      }),
    ),
    ...paired.alone.map(
      ({ step, limit, quantity }): Exit => ({ role: 'take-profit', step, order: 'limit', quantity, limit, trigger: null }),
    ),
    ...(paired.rest > 0 ? restStop(settings, state, trigger, stopLoss, paired.rest) : []),
  ];
}

/** A stop that follows is moved when that gains a tenth of its distance; what lies between is watched. */
function stopTrigger(settings: TradeSettings, state: TradeState, level: Ticks, stopLoss: StopLoss): Ticks {
  const resting = restingStop(state);
  if (resting === undefined || !stopLoss.trailing || stopReach(stopLoss) === null || state.stop.peak === null) return level;
  const { sign } = wayOf(settings);
  const now = ticksOf(resting, state);
  const [gain, distance] = [sign * (level - now), sign * (state.stop.peak - level)];
  return gain > 0 && gain < distance / 10 ? now : level;
}

/** `quantity` null: for all that is held. */
function restStop(
  settings: TradeSettings,
  state: TradeState,
  level: Ticks,
  stopLoss: StopLoss,
  quantity: Lots | null,
): readonly Exit[] {
  const { rules } = state;
  const trigger = stopTrigger(settings, state, level, stopLoss);
  const limit = stopLimit(wayOf(settings), trigger, stopLoss, rules);
  const count = quantity ?? whole(settings, state, limit);
  return ifTradable({ role: 'stop-loss', step: 0, order: 'stop-limit', quantity: count, limit, trigger }, rules);
}

/** Whether anything of what is held can still be given back, now or at a price that it waits for. */
export function canExit(settings: TradeSettings, state: TradeState, quote: Quote): boolean {
  if (state.exit !== null)
    return exitsNow(settings, state, quote).length > 0 || exitsResting(settings, state, quote.last).length > 0;
  const { rules } = state;
  const now = exitQuote(wayOf(settings), quote);
  const hasStep = state.steps.some((step) => {
    const price = (step.due ? null : targetPrice(step, state.basis, settings, rules)) ?? now;
    const quantity = lots(
      Math.min(stepLots(settings, state, step, price), lotsPaid(settings, rules, purse(settings, state), price)),
    );
    return !step.over && isTradable(quantity, price, rules);
  });
  if (hasStep) return true;
  return settings.stopLoss !== null && isTradable(whole(settings, state, now), now, rules);
}

/** Whether an order at the exchange is this exit, or a leg of it. */
export function sameExit(exit: Exit, { rules, orders }: TradeState, order: TradeOrder): boolean {
  const twin = twinIn(orders, order);
  if (exit.order !== 'oco' || exit.stopLimit === undefined) return twin === undefined && isSame(exit, rules, order);
  const { step, quantity, trigger, stopLimit: limit } = exit;
  const stop: Exit = { role: 'stop-loss', step, order: 'stop-limit', quantity, limit, trigger };
  const legs = order.role === 'stop-loss' ? [twin, order] : [order, twin];
  const target: Exit = { ...exit, order: 'limit', trigger: null };
  return legs.every((leg, index) => leg !== undefined && isSame(index === 0 ? target : stop, rules, leg));
}

const isSame = (exit: Exit, rules: PairRules, order: TradeOrder): boolean =>
  order.role === exit.role &&
  order.step === exit.step &&
  order.order === exit.order &&
  isRestOf(exit, rules, order) &&
  order.limit === BigInt(exit.limit) * rules.tick &&
  order.trigger === (exit.trigger === null ? null : BigInt(exit.trigger) * rules.tick);

/** A purchase that trades below its limit leaves quote for more, which waits until it is done. */
function isRestOf(exit: Exit, rules: PairRules, { side, quantity, filled }: TradeOrder): boolean {
  const [left, wanted] = [quantity - filled, quantityAmount(exit.quantity, rules)];
  return left === wanted || (side === 'buy' && filled > 0n && left < wanted);
}
