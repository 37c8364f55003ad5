/** Small changes of a DCA bot's state; each gives a new state. */
import {
  type Amount,
  type ClientOrderId,
  type EpochMs,
  invariant,
  type Lots,
  lots,
  type PairRules,
  priceAmount,
  quantityAmount,
  toLots,
  toTicks,
  zero,
} from '@holdfast/domain';
import { backoff, ladder, putIn, takeProfitPrice } from './arithmetic.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, Holding, Holdup, LiveOrder, Part } from './state.ts';

export const nothingHeld: Holding = { quantity: zero, cost: zero };
const noHoldups: Deal['holdups'] = { entry: null, averaging: null, exit: null };

export function withDeal(state: DcaState, change: Partial<Deal>): DcaState {
  invariant(state.deal !== null, 'an order or a phase belongs to an open deal');
  return { ...state, deal: { ...state.deal, ...change } };
}

export const withOrder = (state: DcaState, id: ClientOrderId, change: Partial<LiveOrder>): DcaState => ({
  ...state,
  orders: state.orders.map((order) => (order.id === id ? { ...order, ...change } : order)),
});

export const withoutOrder = (state: DcaState, id: ClientOrderId): DcaState => ({
  ...state,
  orders: state.orders.filter((order) => order.id !== id),
});

export function withHoldup(state: DcaState, part: Part, holdup: Holdup | null): DcaState {
  if (state.deal === null || state.deal.holdups[part] === holdup) return state;
  return withDeal(state, { holdups: { ...state.deal.holdups, [part]: holdup } });
}

/** The deal's coins now, in lots that an order may sell: rounded down, at most what one order may have. */
export function sellable(held: Holding, rules: PairRules): Lots {
  return lots(Math.min(toLots(held.quantity, rules, 'down'), rules.maxQuantity));
}

export function openDeal(state: DcaState, at: EpochMs): DcaState {
  const number = state.dealNumber + 1;
  const deal: Deal = {
    number,
    openedAt: at,
    phase: 'entering',
    ending: null,
    sequence: 1,
    entryTries: 0,
    entryValue: zero,
    entry: nothingHeld,
    held: state.dust,
    bought: zero,
    sold: zero,
    spent: zero,
    soldCost: zero,
    proceeds: zero,
    ladder: [],
    target: null,
    holdups: noHoldups,
  };
  return { ...state, dealNumber: number, deal, dust: nothingHeld, dealAsked: false, restUntil: null };
}

/** The base order is done: the ladder hangs below its average price. */
export function hold(settings: DcaSettings, state: DcaState): DcaState {
  const deal = state.deal as Deal;
  return withDeal(state, {
    phase: 'holding',
    ending: null,
    ladder: ladder(settings, deal.entry, state.rules),
    target: takeProfitPrice(deal.held, settings, state.rules),
  });
}

/** Least rest between two deals, so that one step never ends one and opens the next (B5). */
const restMs = 1000;

const endings = { 'take-profit': 'take-profit', closed: 'closed', cancelled: 'cancelled', 'too-small': 'too-small' } as const;

/** Ends the deal. What it still holds is kept for the owner if it was cancelled, else carried into the next deal. */
export function closeDeal(settings: DcaSettings, state: DcaState, at: EpochMs): DcaState {
  const deal = state.deal as Deal;
  invariant(state.orders.length === 0, 'a deal ends without orders');
  const fruitful = deal.bought > 0n;
  const kept = deal.ending === 'cancelled' && fruitful;
  const pause = fruitful ? 0 : backoff(0 as EpochMs, state.fruitless, settings.retryMs * 4, 900_000);
  return {
    ...state,
    deal: null,
    dust: kept ? nothingHeld : deal.held,
    kept: kept ? putIn(state.kept, deal.held.quantity, deal.held.cost) : state.kept,
    fruitless: fruitful ? 0 : state.fruitless + 1,
    restUntil: (at + Math.max(settings.cooldownMs, pause, restMs)) as EpochMs,
    dealsClosed: state.dealsClosed + (fruitful ? 1 : 0),
    lastClosed: {
      number: deal.number,
      pair: settings.pair,
      openedAt: deal.openedAt,
      closedAt: at,
      ending: fruitful ? endings[deal.ending ?? 'too-small'] : 'no-entry',
      bought: deal.bought,
      sold: deal.sold,
      spent: deal.spent,
      cost: deal.soldCost,
      proceeds: deal.proceeds,
      profit: (deal.proceeds - deal.soldCost) as Amount,
      fees: null,
      averagingOrdersFilled: deal.ladder.filter((level) => level.filled > 0n).length,
    },
  };
}

/** Takes over new steps of the exchange: buys go down to the new tick and up to the new lot, the target up to the tick. */
export function withRules(state: DcaState, rules: PairRules): DcaState {
  const { deal, rules: old } = state;
  if (deal === null) return { ...state, rules };
  const moved = deal.ladder.flatMap((level) => {
    const price = priceAmount(level.price, old);
    if (price < rules.tick) return [];
    const quantity = toLots(quantityAmount(level.quantity, old), rules, 'up');
    return [{ ...level, price: toTicks(price, rules, 'down'), quantity }];
  });
  const target = deal.target === null ? null : toTicks(priceAmount(deal.target, old), rules, 'up');
  return { ...state, rules, deal: { ...deal, ladder: moved, target } };
}
