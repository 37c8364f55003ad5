/** Deals as people look at them: the open one at the last price, and the sums over closed ones. */
import { type Amount, type ClosedDeal, divide, multiply, type OpenDeal, unit, zero } from '@holdfast/domain';
import { unrealised } from './profit.ts';

export interface OpenDealView {
  readonly deal: OpenDeal;
  readonly lastPrice: Amount | null;
  /** What a sale of all of it at the last price would make, after its fee, with what the deal has realised; null without a price. */
  readonly profit: Amount | null;
  /** Rise from the last price to the take profit as a fraction; negative when the price is above; null without either. */
  readonly toTakeProfit: Amount | null;
  /** Quote that resting averaging orders hold. */
  readonly locked: Amount;
  readonly averagingOrders: { readonly filled: number; readonly resting: number; readonly all: number };
}

/** `fee` of a sale as a count of 10^-18 of its value. */
export function openDealView(deal: OpenDeal, lastPrice: Amount | null, fee: bigint): OpenDealView {
  const counted = (state: string): number => deal.ladder.filter((level) => level.state === state).length;
  return {
    deal,
    lastPrice,
    profit:
      lastPrice === null
        ? null
        : ((deal.realised + unrealised({ quantity: deal.held, cost: deal.cost }, lastPrice, fee)) as Amount),
    toTakeProfit: lastPrice === null || deal.takeProfit === null ? null : change(lastPrice, deal.takeProfit.price),
    locked: fundsLocked(
      deal.ladder
        .filter((level) => level.state === 'resting')
        .map(({ price, quantity, filled }) => ({ side: 'buy', price, open: (quantity - filled) as Amount })),
    ).quote,
    averagingOrders: { filled: counted('filled'), resting: counted('resting'), all: deal.ladder.length },
  };
}

/** (to - from) / from, rounded towards zero. */
function change(from: Amount, to: Amount): Amount {
  const size = divide((to > from ? to - from : from - to) * unit, from, 'down');
  return (to > from ? size : -size) as Amount;
}

export interface OpenOrder {
  readonly side: 'buy' | 'sell';
  readonly price: Amount;
  /** Base not filled yet. */
  readonly open: Amount;
}

/** What open orders hold: quote of buys, rounded up, and base of sells. */
export function fundsLocked(orders: Iterable<OpenOrder>): { readonly quote: Amount; readonly base: Amount } {
  let [quote, base] = [0n, 0n];
  for (const { side, price, open } of orders) {
    if (side === 'buy') quote += multiply(price, open, 'up');
    else base += open;
  }
  return { quote: quote as Amount, base: base as Amount };
}

export interface ClosedDealsView {
  readonly deals: number;
  readonly won: number;
  readonly lost: number;
  readonly profit: Amount;
  readonly best: Amount;
  readonly worst: Amount;
  /** Milliseconds a deal was open on average, rounded down; null without deals. */
  readonly durationMsMean: number | null;
}

/** Sums over deals that bought something. */
export function closedDealsView(closed: Iterable<ClosedDeal>): ClosedDealsView {
  const deals = [...closed].filter(({ bought }) => bought > 0n);
  const profits = deals.map(({ profit }) => profit);
  const durations = deals.reduce((sum, { openedAt, closedAt }) => sum + (closedAt - openedAt), 0);
  return {
    deals: deals.length,
    won: profits.filter((profit) => profit > 0n).length,
    lost: profits.filter((profit) => profit < 0n).length,
    profit: profits.reduce((sum, profit) => sum + profit, 0n) as Amount,
    best: profits.reduce((most, profit) => (profit > most ? profit : most), profits[0] ?? zero),
    worst: profits.reduce((least, profit) => (profit < least ? profit : least), profits[0] ?? zero),
    durationMsMean: deals.length === 0 ? null : Math.floor(durations / deals.length),
  };
}
