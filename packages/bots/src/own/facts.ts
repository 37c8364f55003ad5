/** What events say happened, written into the state. Nothing is decided here. */
import { type Amount, type BotEvent, baseOf, type ClosedDeal, type EpochMs, quoteOf, toLots, zero } from '@holdfast/domain';
import { putIn, takeOut } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import { type OrderNews, tell } from '../orders/live-orders.ts';
import { free, postFill, reserved } from '../orders/sub-book.ts';
import type { WantedOrder } from './protocol.ts';
import type { OwnSettings } from './settings.ts';
import type { OwnDeal, OwnOrder, OwnState } from './state.ts';

const closedKept = 20;

/** The state after an `order-event` or `refused`, and whether the strategy has something to hear; the same state when it says nothing new. */
export function told(
  settings: OwnSettings,
  state: OwnState,
  event: BotEvent,
): { readonly state: OwnState; readonly hears: boolean } {
  const { orders, news } = tell(state.orders, event, settings.retryMs);
  if (orders === state.orders && news.kind === 'nothing') return { state, hears: false };
  const next = withNews(settings, { ...state, orders }, news, event.at);
  return { state: settled(settings, next, event.at), hears: news.kind === 'filled' || news.kind === 'over' };
}

function withNews(settings: OwnSettings, state: OwnState, news: OrderNews<OwnOrder>, at: EpochMs): OwnState {
  switch (news.kind) {
    case 'nothing':
      return state;
    case 'accepted':
      return without(state, news.order.name);
    case 'filled':
      return without(freed(filled(state, news, at)), news.order.name);
    case 'over':
      return news.asked || news.order.filled > 0n
        ? freed(state)
        : heldUp(settings, freed(state), news.order, at, 'soon', 'the order found nobody to trade with');
    case 'refused':
      return heldUp(settings, state, news.order, at, news.how, `${news.reason} (${news.code})`);
  }
}

function heldUp(
  settings: OwnSettings,
  state: OwnState,
  { name }: OwnOrder,
  at: EpochMs,
  how: 'soon' | 'later' | 'never',
  reason: string,
): OwnState {
  const tries = state.holdups[name]?.tries ?? 0;
  const again = askAgainAt(how === 'never' ? 'later' : how, at, tries, settings.retryMs);
  return { ...state, holdups: { ...state.holdups, [name]: { at: again, tries: tries + 1, reason } } };
}

/** What waited for funds or coins may find them now. */
const freed = (state: OwnState): OwnState => ({
  ...state,
  holdups: Object.fromEntries(Object.entries(state.holdups).filter(([, { tries }]) => tries > 0)),
});

function without(state: OwnState, name: string): OwnState {
  if (!(name in state.holdups)) return state;
  const { [name]: _, ...holdups } = state.holdups;
  return { ...state, holdups };
}

function filled(state: OwnState, { order, fill }: Extract<OrderNews<OwnOrder>, { kind: 'filled' }>, at: EpochMs): OwnState {
  const { book, posted } = postFill(state.book, order.pair, order.side, fill);
  const before = state.deal ?? newDeal(state, order.deal, at);
  const dust = state.deal === null ? nothing : state.dust;
  if (order.side === 'buy') {
    const [received, paid] = [posted.base as Amount, -posted.quote as Amount];
    const deal: OwnDeal = {
      ...before,
      held: putIn(before.held, received, paid),
      bought: (before.bought + received) as Amount,
      spent: (before.spent + paid) as Amount,
    };
    return { ...state, book, dust, deal };
  }
  const { rest, cost } = takeOut(before.held, -posted.base as Amount);
  const deal: OwnDeal = {
    ...before,
    held: rest,
    sold: (before.sold + fill.quantity) as Amount,
    cost: (before.cost + cost) as Amount,
    proceeds: (before.proceeds + posted.quote) as Amount,
  };
  return { ...state, book, dust, deal, realised: (state.realised + posted.quote - cost) as Amount };
}

const closeAll: WantedOrder = { name: 'close', side: 'sell', order: 'ioc', limit: null, quote: null, quantity: 'all' };

/** What shall exist: all that the strategy wants, only its sales while the bot is stopped, everything sold when it closes. */
export function wantedNow({ wanted, closing, running }: OwnState): readonly WantedOrder[] {
  if (closing) return [closeAll];
  return running ? wanted : wanted.filter(({ side }) => side === 'sell');
}

export const nothing = { quantity: zero, cost: zero };

/** A deal that takes over the dust of the one before. */
export const newDeal = (state: OwnState, number: number, openedAt: EpochMs): OwnDeal => ({
  number,
  openedAt,
  held: state.dust,
  bought: zero,
  sold: zero,
  spent: zero,
  cost: zero,
  proceeds: zero,
});

/** Closes the deal when nothing of it can happen any more (W2). */
export function settled(settings: OwnSettings, state: OwnState, at: EpochMs): OwnState {
  const { deal, rules } = state;
  if (deal === null || state.orders.length > 0 || toLots(deal.held.quantity, rules, 'down') > 0) return state;
  // An entry that is priced anew is the same deal.
  if (deal.bought === 0n && wantedNow(state).some(({ side }) => side === 'buy')) return state;
  return withClosed(settings, state, deal, at, deal.bought === 0n ? 'no-entry' : 'closed');
}

/** Ends a deal; what it still holds is carried into the next. */
export function withClosed(
  settings: OwnSettings,
  state: OwnState,
  deal: OwnDeal,
  at: EpochMs,
  ending: ClosedDeal['ending'],
): OwnState {
  const closed: ClosedDeal = {
    number: deal.number,
    pair: settings.pair,
    openedAt: deal.openedAt,
    closedAt: at,
    ending,
    bought: deal.bought,
    sold: deal.sold,
    spent: deal.spent,
    cost: deal.cost,
    proceeds: deal.proceeds,
    profit: (deal.proceeds - deal.cost) as Amount,
    fees: null,
    averagingOrdersFilled: 0,
  };
  return {
    ...state,
    deal: null,
    dust: deal.held,
    dealsClosed: state.dealsClosed + (deal.bought === 0n ? 0 : 1),
    closing: false,
    running: state.running && !state.closing,
    closed: [...state.closed, closed].slice(-closedKept),
  };
}

/** Quote that a further buy may take: of the sub-book what no order has reserved, and of the setting what holding and buys leave of it. */
export function freeFunds(settings: OwnSettings, { book, orders, deal, dust }: OwnState): Amount {
  const quote = quoteOf(settings.pair);
  const feeShare = settings.feeAsset === 'quote' ? settings.fee : 0n;
  const unspent = settings.funds - (deal?.held ?? dust).cost - reserved(orders, quote, feeShare);
  const inBook = free(book, orders, quote, feeShare);
  return (unspent < inBook ? (unspent > 0n ? unspent : 0n) : inBook) as Amount;
}

/** Base that the bot holds, in whole lots. */
export const heldLots = (settings: OwnSettings, { book, rules }: OwnState) =>
  toLots((book[baseOf(settings.pair)] ?? 0n) as Amount, rules, 'down');
