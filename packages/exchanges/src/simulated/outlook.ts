/** The book as a taker would meet it. */
import type { Amount } from '@holdfast/domain';
import type { MarketState } from './market-state.ts';
import { isWithin } from './matching.ts';
import { opposite, remaining } from './orders.ts';
import { houseUser, type Order, type OrderRequest, type OrderSide, type UserId } from './port.ts';

/** What a taker would get now: for balance checks, FOK and orders by quote. */
export interface Outlook {
  /** Lots that would trade. */
  readonly lots: number;
  readonly quote: Amount;
  /** Lots that self-trade prevention would take from it. */
  readonly prevented: number;
  /** Price of the last level it would meet; 0 when none. */
  readonly lastPrice: number;
}

/** Walks the book as a taker would, without trading. @param budget in quote; undefined: no limit */
export function outlookOf(
  market: MarketState,
  taker: {
    readonly request: Pick<OrderRequest, 'side' | 'userId'>;
    readonly stpMode: Order['stpMode'];
    readonly price: number;
  },
  wanted: number,
  budget: Amount | undefined,
): Outlook {
  const { side, userId } = taker.request;
  let lots = 0;
  let prevented = 0;
  let quote = 0n;
  let lastPrice = 0;
  for (const level of offersOf(market, opposite(side))) {
    if (lots + prevented >= wanted || !isWithin(side, level.price, taker.price)) break;
    lastPrice = level.price;
    const affordable = budget === undefined ? wanted : Number((budget - quote) / market.notional(level.price, 1));
    const room = Math.min(wanted - lots - prevented, level.quantity, affordable);
    if (room <= 0) break;
    if (level.userId === userId && taker.stpMode !== 'NONE') {
      if (taker.stpMode === 'EXPIRE_MAKER') continue;
      prevented += room;
      if (taker.stpMode !== 'DECREMENT') break;
      if (budget !== undefined) quote += market.notional(level.price, room);
      continue;
    }
    lots += room;
    quote += market.notional(level.price, room);
    if (room === affordable) break;
  }
  return { lots, quote: quote as Amount, prevented, lastPrice };
}

/** Everything that offers on a side, in the order in which a taker meets it (icebergs whole). */
function* offersOf(
  market: MarketState,
  side: OrderSide,
): Generator<{ readonly price: number; readonly quantity: number; readonly userId: UserId }> {
  const quotes = market.quotes(side);
  let next = 0;
  const isBetter = (price: number, than: number): boolean => (side === 'BUY' ? price > than : price < than);
  for (const order of market.side(side)) {
    for (let quote = quotes[next]; quote !== undefined; quote = quotes[next]) {
      if (!isBetter(quote.price, order.price) && !(quote.price === order.price && order.rank >= market.tickRank)) break;
      yield { ...quote, userId: houseUser };
      next++;
    }
    yield { price: order.price, quantity: remaining(order), userId: order.userId };
  }
  for (const quote of quotes.slice(next)) yield { ...quote, userId: houseUser };
}
