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
  type Ticks,
  ticks,
  toLots,
  toTicks,
  unit,
  zero,
} from '@holdfast/domain';
import { asPyramid, backoff, exitLots, ladder, putIn } from './arithmetic.ts';
import { closedDeal } from './closed.ts';
import { givenOf, roundingTo, wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal, Holding, Holdup, Level, LiveOrder, Part, Sizing } from './state.ts';
import { exitSteps } from './targets.ts';

export const nothingHeld: Holding = { quantity: zero, cost: zero };
/** Of a bot, or of one of its places, that has not had a deal. */
export const noDealYet = {
  dust: nothingHeld,
  kept: nothingHeld,
  deal: null,
  orders: [],
  fruitless: 0,
  restUntil: null,
  startAt: null,
  dealAsked: false,
  dealsClosed: 0,
  realised: zero,
  lastClosed: null,
} as const satisfies Partial<DcaState>;
const noHoldups: Deal['holdups'] = { entry: null, averaging: null, exit: null, stop: null };

export function withDeal(state: DcaState, change: Partial<Deal>): DcaState {
  invariant(state.deal !== null, 'an order or a phase belongs to an open deal');
  return { ...state, deal: { ...state.deal, ...change } };
}

export const withOrder = (state: DcaState, id: ClientOrderId, change: Partial<LiveOrder>): DcaState => ({
  ...state,
  orders: state.orders.map((order) => (order.id === id ? { ...order, ...change } : order)),
});

/** The same change for both legs where it is one of an OCO. */
export const withLegs = (state: DcaState, { id, twin }: LiveOrder, change: Partial<LiveOrder>): DcaState => ({
  ...state,
  orders: state.orders.map((order) => (order.id === id || order.id === twin ? { ...order, ...change } : order)),
});

export const withoutOrder = (state: DcaState, id: ClientOrderId): DcaState => ({
  ...state,
  orders: state.orders.filter((order) => order.id !== id),
});

/** Without an order, and where it is a leg of an OCO without the other. */
export const withoutLegs = (state: DcaState, { id, twin }: LiveOrder): DcaState => ({
  ...state,
  orders: state.orders.filter((order) => order.id !== id && order.id !== twin),
});

export function withHoldup(state: DcaState, part: Part, holdup: Holdup | null): DcaState {
  if (state.deal === null || state.deal.holdups[part] === holdup) return state;
  return withDeal(state, { holdups: { ...state.deal.holdups, [part]: holdup } });
}

/** Settings as they hold for the deal: those that a person changed while it runs come first. */
export function termsOf(settings: DcaSettings, { edits }: Pick<Deal, 'edits'>): DcaSettings {
  // Nearly always nothing was changed, and a copy of all settings costs more than what is asked of them.
  if (Object.keys(edits).length === 0) return settings;
  const { takeProfit } = edits;
  const targets = takeProfit === undefined ? {} : { takeProfits: [{ profit: takeProfit, share: unit }] };
  return { ...settings, ...edits, ...targets };
}

/** What the deal holds, in lots that one order may give back at a limit: rounded down, at most what an order may have. */
export const givenBack = (settings: DcaSettings, { held }: Deal, limit: Ticks, rules: PairRules): Lots =>
  lots(Math.min(exitLots(wayOf(settings), held.quantity, limit, rules, settings), rules.maxQuantity));

export function openDeal(settings: DcaSettings, state: DcaState, at: EpochMs, scale: bigint): DcaState {
  const number = state.dealNumber + 1;
  const sizing: Sizing = { funds: givenOf(wayOf(settings), state), scale };
  const deal: Deal = {
    number,
    openedAt: at,
    phase: 'entering',
    ending: null,
    selling: null,
    sizing,
    edits: {},
    sequence: 1,
    entryTries: 0,
    entryValue: zero,
    entryBase: zero,
    entry: nothingHeld,
    held: state.dust,
    bought: zero,
    sold: zero,
    spent: zero,
    soldCost: zero,
    proceeds: zero,
    ladder: [],
    lastBuy: null,
    steps: [],
    trail: null,
    lift: 0,
    stopSince: null,
    stopRefused: null,
    adding: null,
    dropsAdded: false,
    holdups: noHoldups,
  };
  return { ...state, dealNumber: number, deal, dust: nothingHeld, dealAsked: false, restUntil: null, startAt: null };
}

/** The base order is done: the ladder hangs from its average price. */
export function hold(settings: DcaSettings, state: DcaState): DcaState {
  const deal = state.deal as Deal;
  return withDeal(state, {
    phase: 'holding',
    ending: null,
    ladder: ladder(settings, deal.entry, state.rules, deal.sizing),
    ...(settings.pyramid.length === 0 ? {} : { pyramid: ladder(asPyramid(settings), deal.entry, state.rules, deal.sizing) }),
    steps: exitSteps(termsOf(settings, deal), deal, state.rules),
  });
}

/** Exits at the market, at `floor` or better. */
export const sellNow = (state: DcaState, ending: Deal['ending'], floor: Ticks | null = null): DcaState =>
  withDeal(state, {
    phase: 'closing',
    ending,
    selling: { floor },
    holdups: { ...(state.deal as Deal).holdups, exit: null },
  });

/** A deal that was about to end goes on. */
export const goOn = (state: DcaState): DcaState =>
  withDeal(state, { phase: 'holding', ending: null, selling: null, trail: null, stopSince: null });

/** Least rest between two deals, so that one step never ends one and opens the next (B5). */
const restMs = 1000;

/** Ends the deal. What it still holds is the owner's if it was cancelled or is the profit, else carried into the next deal. */
export function closeDeal(settings: DcaSettings, state: DcaState, at: EpochMs): DcaState {
  const deal = state.deal as Deal;
  invariant(state.orders.length === 0, 'a deal ends without orders');
  const fruitful = deal.bought > 0n;
  const isProfit = settings.profitIn === wayOf(settings).takes && deal.ending === 'take-profit';
  const kept = fruitful && (deal.ending === 'cancelled' || isProfit);
  const pause = fruitful ? 0 : backoff(0 as EpochMs, state.fruitless, settings.retryMs * 4, 900_000);
  const profit = (deal.proceeds - deal.soldCost) as Amount;
  const closed = closedDeal(settings, deal, at, kept && isProfit);
  return {
    ...state,
    ...(deal.ending === 'stop-loss' && settings.stopAction === 'close-and-stop' ? stoppedByLoss(deal) : {}),
    deal: null,
    dust: kept ? nothingHeld : deal.held,
    kept: kept ? putIn(state.kept, deal.held.quantity, deal.held.cost) : state.kept,
    fruitless: fruitful ? 0 : state.fruitless + 1,
    restUntil: (at + Math.max(settings.cooldownMs, pause, restMs)) as EpochMs,
    dealsClosed: state.dealsClosed + (fruitful ? 1 : 0),
    dealsInRow: state.dealsInRow + (fruitful ? 1 : 0),
    lossesInRow: profit < 0n ? state.lossesInRow + 1 : fruitful ? 0 : state.lossesInRow,
    lastClosed: closed,
    ...(state.earned === undefined ? {} : { earned: (state.earned + closed.profit) as Amount }),
  };
}

const stoppedByLoss = ({ number }: Deal) => ({
  running: false,
  stoppedBecause: { code: 'stop-loss', reason: `the stop loss of deal ${number} was reached` },
});

/** Takes over new steps of the exchange: entries go up to the new lot, prices where they are rounded to from the beginning. */
export function withRules(settings: DcaSettings, state: DcaState, rules: PairRules): DcaState {
  const { deal, rules: old } = state;
  if (deal === null) return { ...state, rules };
  const way = wayOf(settings);
  const moved = (price: Ticks, side: 'profit' | 'loss'): Ticks | null => {
    const [amount, rounding] = [priceAmount(price, old), roundingTo(way, side)];
    return amount < rules.tick && rounding === 'down' ? null : toTicks(amount, rules, rounding);
  };
  const levelsOf = (levels: readonly Level[]): readonly Level[] =>
    levels.flatMap((level) => {
      const price = moved(level.price, 'loss');
      const quantity = toLots(quantityAmount(level.quantity, old), rules, 'up');
      return price === null ? [] : [{ ...level, price, quantity }];
    });
  const pyramid = deal.pyramid === undefined ? {} : { pyramid: levelsOf(deal.pyramid) };
  const steps = deal.steps.map((step) => ({
    ...step,
    price: moved(step.price, 'profit') ?? ticks(1),
    quantity: toLots(quantityAmount(step.quantity, old), rules, 'down'),
  }));
  const trail = deal.trail === null ? null : moved(deal.trail, 'profit');
  const lift = Number((BigInt(deal.lift) * old.tick) / rules.tick);
  const adding = deal.adding?.limit ? { ...deal.adding, limit: moved(deal.adding.limit, 'profit') } : deal.adding;
  const floor = deal.selling?.floor ?? null;
  const selling = floor === null ? deal.selling : { floor: moved(floor, 'profit') };
  return { ...state, rules, deal: { ...deal, ladder: levelsOf(deal.ladder), ...pyramid, steps, trail, lift, adding, selling } };
}
