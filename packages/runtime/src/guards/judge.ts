/**
 * The limits over all bots, judged for one order; pure.
 *   G3  An exit is never held back.
 *   G4  No order that is not an exit brings the bots' exposure in a coin above its cap, in whatever order bots ask.
 *   G5  A limit that cannot be decided, for want of a price, holds back.
 */
import {
  type Amount,
  type Asset,
  baseOf,
  type EpochMs,
  formatAmount,
  type GuardCode,
  multiply,
  type Pair,
  type PlaceOrder,
  quoteOf,
  utcText,
} from '@holdfast/domain';
import { dealOf, isDealStart, meaningOf } from './order.ts';
import { type GuardSettings, guardsAnything } from './settings.ts';
import { dayMs, type GuardState, type GuardTrip, pauseOf, resultOf, today } from './state.ts';

/** The account as the guards see it. */
export interface GuardView {
  readonly settings: GuardSettings;
  readonly state: GuardState;
  readonly at: EpochMs;
  /** What caps are counted in. */
  readonly quote: Asset;
  /** Deals that are open, as `BOT-NUMBER`. */
  deals(): ReadonlySet<string>;
  /** One unit of an asset in `quote`; undefined while that is not known. */
  price(asset: Asset): Amount | undefined;
  /** What all bots hold of an asset, their orders included. */
  held(asset: Asset): Amount;
  /** What open orders that buy a coin may still spend. */
  buying(coin: Asset): Iterable<{ readonly asset: Asset; readonly amount: Amount }>;
}

export interface GuardRefusal {
  readonly code: GuardCode;
  readonly reason: string;
}

/** Why an order is held back; undefined when it may go. */
export function judgeGuards(view: GuardView, order: PlaceOrder): GuardRefusal | undefined {
  if (!guardsAnything(view.settings)) return undefined;
  const meaning = meaningOf(order, () => view.deals());
  if (meaning === 'exit') return undefined;
  const { pair } = order;
  return (
    blackListed(view, pair) ??
    (meaning === 'start' ? (stoppedToday(view) ?? paused(view, pair)) : undefined) ??
    (meaning === 'start' && isDealStart(order) ? tooManyDeals(view) : undefined) ??
    (order.side === 'buy' ? overExposed(view, order) : undefined)
  );
}

/** The account with these orders placed. */
export function withPlaced(view: GuardView, orders: readonly PlaceOrder[]): GuardView {
  if (orders.length === 0) return view;
  const started = orders.filter(isDealStart).flatMap((order) => dealOf(order) ?? []);
  return {
    ...view,
    deals: () => (started.length === 0 ? view.deals() : new Set([...view.deals(), ...started])),
    price: (asset) => view.price(asset),
    held: (asset) => view.held(asset),
    buying: (coin) => [
      ...view.buying(coin),
      ...orders.filter((order) => order.side === 'buy' && baseOf(order.pair) === coin).map(spending),
    ],
  };
}

const spending = ({ pair, quantity, limit }: PlaceOrder) => ({
  asset: quoteOf(pair),
  amount: multiply(quantity, limit, 'up'),
});

function blackListed({ settings: { blackList } }: GuardView, pair: Pair): GuardRefusal | undefined {
  const name = [pair, baseOf(pair), quoteOf(pair)].find((each) => blackList.has(each));
  if (name === undefined) return undefined;
  return { code: 'guard-black-list', reason: `${name} is on the account's black list: only exits trade on ${pair}.` };
}

function stoppedToday({ settings, state, at, price, quote }: GuardView): GuardRefusal | undefined {
  if (settings.dailyLoss === null) return undefined;
  const { stopped, results, number } = today(state, at);
  const most = formatAmount(settings.dailyLoss.most);
  const result = resultOf(results, price);
  const code = 'guard-daily-loss';
  const end = utcText((number + 1) * dayMs);
  if (result === undefined)
    return { code, reason: `A loss of today cannot be counted in ${quote} for want of a price; no deal starts until ${end}.` };
  if (!stopped && -result < settings.dailyLoss.most) return undefined;
  return { code, reason: `Today's deals reached the daily loss limit of ${most} ${quote}; no deal starts until ${end}.` };
}

function paused({ settings, state, at }: GuardView, pair: Pair): GuardRefusal | undefined {
  const pause = pauseOf(settings, state, pair, at);
  if (pause === undefined) return undefined;
  const fell = `${pause.pair} fell from ${formatAmount(pause.from)} to ${formatAmount(pause.to)}`;
  return { code: 'guard-crash', reason: `${fell}; no deal starts until ${utcText(pause.until)}.` };
}

function tooManyDeals({ settings: { maxDeals }, deals }: GuardView): GuardRefusal | undefined {
  if (maxDeals === 0) return undefined;
  const open = deals().size;
  if (open < maxDeals) return undefined;
  return { code: 'guard-deals', reason: `${open} deals are open on the account, which may have ${maxDeals} at once.` };
}

function overExposed(view: GuardView, order: PlaceOrder): GuardRefusal | undefined {
  const { maxExposure, coin, code } = {
    maxExposure: view.settings.maxExposure,
    coin: baseOf(order.pair),
    code: 'guard-exposure' as const,
  };
  if (maxExposure === 0n || coin === view.quote) return undefined;
  const after = exposureOf(withPlaced(view, [order]), coin);
  if (after === undefined)
    return { code, reason: `What the bots hold of ${coin} cannot be valued in ${view.quote} for want of a price.` };
  if (after <= maxExposure) return undefined;
  const [has, cap] = [formatAmount(after), `${formatAmount(maxExposure)} ${view.quote}`];
  return { code, reason: `All bots together would hold and order ${coin} for ${has} ${view.quote}; the cap is ${cap}.` };
}

/** What bots hold of a coin at the price of now, and what their open buys may still spend on it, in the view's quote. */
export function exposureOf(view: GuardView, coin: Asset): Amount | undefined {
  const held = view.held(coin);
  const parts = [...(held === 0n ? [] : [{ asset: coin, amount: held }]), ...view.buying(coin)];
  let sum = 0n;
  for (const { asset, amount } of parts) {
    const price = view.price(asset);
    if (price === undefined) return undefined;
    sum += multiply(amount, price, 'up');
  }
  return sum as Amount;
}

/** A trip in words for the log. */
export function tripWords(trip: GuardTrip, settings: GuardSettings): string {
  if (trip.kind === 'daily-loss') {
    const closes = settings.dailyLoss?.closes ? ' Open deals are closed.' : '';
    return `Daily loss stop: today's deals lost ${formatAmount(trip.loss)} ${trip.quote}. No deal starts before tomorrow (UTC).${closes}`;
  }
  const { pair, from, to, until } = trip.pause;
  const closes = settings.crash?.closes ? ' Open deals are closed.' : '';
  return `Crash breaker: ${pair} fell from ${formatAmount(from)} to ${formatAmount(to)}. No deal starts${settings.crash?.scope === 'pair' ? ` on ${pair}` : ''} until ${utcText(until)}.${closes}`;
}
