/**
 * How take profits and the stop of a long position rest together. Coins can be locked once, so each target goes to the exchange
 * with the stop as an OCO, for the target's own quantity:
 *   O1  What no resting target sells (its last part is trailed, or sold at the market) is sold by a stop of its own.
 *   O2  A target that the market stands at already rests alone until the market has left it: the exchange takes no OCO there.
 *   O3  An OCO that rests stays as it is, wherever the market goes.
 *   O4  Where the exchange's filters or smallest order do not allow all of it, nothing is paired, and the bot's setting says
 *       which exit rests while the engine watches the other.
 */
import { type Amount, type Lots, lots, notional, type PairRules, type Ticks } from '@holdfast/domain';
import { type Leg, twinIn } from './live-orders.ts';

/** A take profit that is to rest. */
export interface Goal {
  /** Which one it is to the bot. */
  readonly step: number;
  readonly limit: Ticks;
  readonly quantity: Lots;
  /** Its OCO is at the exchange. */
  readonly isPaired: boolean;
}

export interface Pairing {
  /** Each rests with the stop as an OCO. */
  readonly together: readonly Goal[];
  readonly alone: readonly Goal[];
  /** What a stop of its own sells. */
  readonly rest: Lots;
}

export interface PairingOf {
  readonly rules: PairRules;
  /** Last price; undefined while it is not known. */
  readonly last: Ticks | undefined;
  readonly goals: readonly Goal[];
  readonly stop: { readonly trigger: Ticks; readonly limit: Ticks };
  /** All that is to be protected. */
  readonly whole: Lots;
}

const isTradable = (quantity: number, price: Ticks, rules: PairRules): boolean =>
  quantity > 0 && quantity >= rules.minQuantity && notional(price, lots(quantity), rules, 'down') >= rules.minNotional;

/** Whether the order of a target, at that limit, is the leg of an OCO that rests. */
export const restsPaired = <O extends Leg & { readonly role: string; readonly limit: Amount }>(
  orders: readonly O[],
  limit: Amount,
  isTarget: (order: O) => boolean,
): boolean =>
  orders.some(
    (order) => order.role === 'take-profit' && isTarget(order) && order.limit === limit && twinIn(orders, order) !== undefined,
  );

/** Null where the exits cannot rest together (O4). */
export function pairExits({ rules, last, goals, stop, whole }: PairingOf): Pairing | null {
  const isLeft = ({ limit, isPaired }: Goal): boolean => isPaired || last === undefined || last < limit;
  const together = goals.filter(isLeft);
  const alone = goals.filter((goal) => !isLeft(goal));
  const rest = goals.reduce((left, { quantity }) => left - quantity, whole as number);
  if (goals.length === 0 || rest < 0) return null;
  const stops = together.length + (rest > 0 ? 1 : 0);
  const orders = 2 * together.length + alone.length + (rest > 0 ? 1 : 0);
  if (together.length > rules.maxOrderLists || stops > rules.maxAlgoOrders || orders > rules.maxOrders) return null;
  const isSound = together.every(({ quantity, limit }) => stop.limit < limit && isTradable(quantity, stop.limit, rules));
  if (!isSound || (rest > 0 && !isTradable(rest, stop.limit, rules))) return null;
  return { together, alone, rest: lots(rest) };
}
