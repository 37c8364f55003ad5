/**
 * Whether an order of one bot would trade with another bot's on the same account; pure.
 *   X1  Orders that can be on the book at one time, the one at the other's price or beyond it, meet. A stop that waits for its
 *       trigger is no order yet: when it becomes one, the market has taken everything on the other side before its trigger, so it
 *       meets what rests from its trigger to its limit. What takes at once is gone by then and never on the book together with
 *       another that does; two stops do not meet.
 *   X2  What takes at once and meets an order behind the best price takes up to that order and no further.
 * Should two meet after all, the exchange's own self-trade prevention is what is left.
 */
import {
  type Amount,
  type BotId,
  type ClientOrderId,
  type Pair,
  type PlaceOrder,
  type Side,
  takesAtOnce,
} from '@holdfast/domain';

/** An order of ours that may trade: on the book or on its way to it. */
export interface LiveOrder {
  readonly clientOrderId: ClientOrderId;
  readonly bot: BotId;
  readonly pair: Pair;
  readonly side: Side;
  /** In quote per base. */
  readonly limit: Amount;
  /** Of a stop-limit; in quote per base. */
  readonly trigger?: Amount | undefined;
  readonly takesAtOnce?: boolean;
}

/** Prices of a pair as they are known now, in quote per base. */
export interface PairPrices {
  readonly last: Amount;
  readonly bid: Amount;
  readonly ask: Amount;
  readonly tick: Amount;
}

export interface LiveBook {
  /** Orders of all bots on one side of a pair but for stops, those first that the market reaches first: the highest buy, the lowest sale. */
  orders(pair: Pair, side: Side): Iterable<LiveOrder>;
  /** Stop-limits of all bots on one side of a pair, in any order. */
  stops(pair: Pair, side: Side): Iterable<LiveOrder>;
  /** Undefined while the pair has no price: every stop is taken for one that was triggered then. */
  prices(pair: Pair): PairPrices | undefined;
}

/** The nearest order of another bot that it would trade with. */
export function metBy(bot: BotId, book: LiveBook, order: PlaceOrder): LiveOrder | undefined {
  const { pair } = order;
  const side = order.side === 'buy' ? 'sell' : 'buy';
  for (const other of book.orders(pair, side)) {
    // What comes behind is farther away still.
    if (!reaches(order, other)) break;
    if (other.bot !== bot && meets(book, order, other)) return other;
  }
  for (const other of book.stops(pair, side))
    if (other.bot !== bot && reaches(order, other) && meets(book, order, other)) return other;
  return undefined;
}

const reaches = (order: PlaceOrder, other: LiveOrder): boolean =>
  order.side === 'buy' ? order.limit >= other.limit : order.limit <= other.limit;

/** Of two that reach each other. */
function meets(book: LiveBook, order: PlaceOrder, other: LiveOrder): boolean {
  const prices = book.prices(order.pair);
  const [isOwnWaiting, isOtherWaiting] = [waits(order, prices), waits(other, prices)];
  const isGone = other.takesAtOnce === true && (isOwnWaiting || takesAtOnce(order.order));
  if (isGone) return false;
  if (isOwnWaiting) return !isOtherWaiting && isWithin(other.limit, order);
  return isOtherWaiting ? !takesAtOnce(order.order) && isWithin(order.limit, other) : true;
}

type Stop = Pick<LiveOrder, 'side' | 'trigger'>;

/** Whether the market has not come to its trigger yet. */
function waits({ side, trigger }: Stop, prices: PairPrices | undefined): boolean {
  if (trigger === undefined || prices === undefined) return false;
  return side === 'sell' ? prices.last > trigger : prices.last < trigger;
}

/** Whether a limit on the other side is one that the market has not taken before it comes to the trigger. */
const isWithin = (limit: Amount, { side, trigger }: Stop): boolean =>
  trigger === undefined || (side === 'sell' ? limit <= trigger : limit >= trigger);

/** X2: the order, ending one tick before the other; undefined where nothing could be had there. */
export function endedBefore(book: LiveBook, order: PlaceOrder, other: LiveOrder): PlaceOrder | undefined {
  const prices = book.prices(order.pair);
  if (!takesAtOnce(order.order) || prices === undefined) return undefined;
  const limit = (order.side === 'sell' ? other.limit + prices.tick : other.limit - prices.tick) as Amount;
  const isWorthwhile = order.side === 'sell' ? prices.bid >= limit : prices.ask <= limit;
  return isWorthwhile ? { ...order, limit } : undefined;
}
