/** Brings the orders that exist to those that the strategy wants: what is not wanted is cancelled, what is missing is placed. */
import {
  type Amount,
  amount,
  baseOf,
  type EpochMs,
  formatAmount,
  type Intent,
  type Lots,
  lots,
  notional,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Ticks,
} from '@holdfast/domain';
import { buyReserve, lotsWithin, lowered, raised } from '../dca/arithmetic.ts';
import { orderName } from '../order-name.ts';
import { cancelOf, newOrder } from '../orders/live-orders.ts';
import { free } from '../orders/sub-book.ts';
import { isTradable, lotsOf } from '../trade/arithmetic.ts';
import { freeFunds, heldLots, newDeal, wantedNow, withClosed } from './facts.ts';
import type { WantedOrder } from './protocol.ts';
import type { OwnSettings } from './settings.ts';
import type { OwnOrder, OwnState } from './state.ts';

export interface Turn {
  readonly settings: OwnSettings;
  readonly at: EpochMs;
  readonly quote: Quote;
  state: OwnState;
  readonly intents: Intent[];
}

export function plan(turn: Turn): void {
  const { state } = turn;
  if (state.halted) return;
  const wanted = wantedNow(state);
  const terms = wanted.map((each) => ({ each, ...termsOf(turn, each) }));
  for (const order of state.orders) {
    const match = terms.find(({ each }) => each.name === order.name);
    if (match === undefined || !fits(order, match.limit, match.quantity)) cancel(turn, order);
  }
  // While the strategy is not asked any more, what rests stays and nothing new is placed but the end.
  if (state.paused !== null && !state.closing) return;
  for (const { each, limit, quantity } of terms) {
    if (turn.state.orders.some(({ name }) => name === each.name)) continue;
    const holdup = turn.state.holdups[each.name];
    if (holdup !== undefined && turn.at < holdup.at) continue;
    place(turn, each, limit, quantity);
  }
}

const fits = (order: OwnOrder, limit: Amount, quantity: Amount): boolean =>
  order.order === 'ioc' || (order.limit === limit && (order.quantity === quantity || order.quantity - order.filled === quantity));

/** Of so much quote what buys the most that one order may have: more could be more lots than are counted. */
const atMost = (quote: Amount, limit: Ticks, rules: PairRules): Amount => {
  const most = notional(limit, rules.maxQuantity, rules, 'up');
  return quote < most ? quote : most;
};

/** Exact limit and quantity of a wanted order at the prices of now. */
function termsOf({ settings, state, quote }: Turn, want: WantedOrder): { readonly limit: Amount; readonly quantity: Amount } {
  const { rules } = state;
  const market = want.side === 'buy' ? raised(quote.ask, settings.slippage) : lowered(quote.bid, settings.slippage);
  const limit = Math.min(Math.max(want.limit ?? market, rules.minPrice), rules.maxPrice) as Ticks;
  const held = heldLots(settings, state);
  const count =
    want.quantity === 'all'
      ? held
      : want.quantity !== null
        ? want.side === 'sell'
          ? Math.min(want.quantity, held)
          : want.quantity
        : lotsWithin(atMost(amount(want.quote ?? '0'), limit, rules), limit, rules);
  const most = Math.min(count, rules.maxQuantity);
  return { limit: priceAmount(limit, rules), quantity: quantityAmount(lots(most), rules) };
}

function place(turn: Turn, want: WantedOrder, limit: Amount, quantity: Amount): void {
  const { settings, state, at } = turn;
  const count: Lots = lotsOf(quantity, state.rules);
  if (!isTradable(count, Number(limit / state.rules.tick) as Ticks, state.rules)) {
    // Less than the exchange takes: a close is over then, anything else waits for more.
    if (state.closing && state.deal !== null && state.orders.length === 0)
      turn.state = withClosed(settings, state, state.deal, at, 'too-small');
    else if (count > 0 || want.side === 'buy') tooSmall(turn, want);
    return;
  }
  const asset = want.side === 'buy' ? quoteOf(settings.pair) : baseOf(settings.pair);
  const need = want.side === 'buy' ? buyReserve(quantity, limit, settings) : quantity;
  const has = want.side === 'buy' ? freeFunds(settings, state) : free(state.book, state.orders, asset, 0n);
  if (need > has) {
    // Freed when an order that is being cancelled is gone; the strategy is told its free funds.
    hold(turn, want.name, `order ${want.name} needs ${formatAmount(need)} ${asset}, and ${formatAmount(has)} are free`);
    return;
  }
  const deal = state.deal ?? newDeal(state, state.deals + 1, at);
  const isNew = state.deal === null;
  const { order, intent } = newOrder(
    {
      id: orderName({
        bot: state.bot,
        deal: deal.number,
        role: want.side === 'buy' ? 'base' : 'close',
        sequence: state.sequence,
      }),
      pair: settings.pair,
      side: want.side,
      order: want.order,
      quantity,
      limit,
    },
    { name: want.name, deal: deal.number },
  );
  turn.intents.push(intent);
  turn.state = {
    ...state,
    orders: [...state.orders, order],
    sequence: state.sequence + 1,
    deal,
    ...(isNew ? { deals: deal.number, dust: { quantity: 0n as Amount, cost: 0n as Amount } } : {}),
  };
}

const tooSmall = (turn: Turn, { name }: WantedOrder): void =>
  hold(turn, name, `order ${name} is below the exchange's smallest of ${formatAmount(turn.state.rules.minNotional)}`);

/** Looked at again after a while, as funds and prices change. */
function hold(turn: Turn, name: string, reason: string): void {
  const again = (turn.at + Math.max(turn.settings.retryMs, 60_000)) as EpochMs;
  const tries = turn.state.holdups[name]?.tries ?? 0;
  turn.state = { ...turn.state, holdups: { ...turn.state.holdups, [name]: { at: again, tries, reason } } };
}

function cancel(turn: Turn, order: OwnOrder): void {
  const { orders, intent } = cancelOf(turn.state.orders, order, turn.at);
  if (orders === turn.state.orders) return;
  turn.state = { ...turn.state, orders };
  if (intent !== null) turn.intents.push(intent);
}
