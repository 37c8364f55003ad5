/** Recurring buys: what was due, then what of it can be bought now. */
import {
  type Amount,
  type BotCommand,
  type BotEvent,
  divide,
  type EpochMs,
  formatAmount,
  type Intent,
  type Lots,
  lots,
  multiply,
  nextTime,
  type PairRules,
  priceAmount,
  type Quote,
  quantityAmount,
  quoteOf,
  type Ticks,
  unit,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import { buyReserve, feeValue, lotsWithin, putIn, raised } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import type { PairBirth } from '../one-pair.ts';
import { orderName } from '../order-name.ts';
import { newOrder, tell } from '../orders/live-orders.ts';
import { feeInQuote, held, postFill, withFee } from '../orders/sub-book.ts';
import { isTradable, onTick } from '../trade/arithmetic.ts';
import type { RecurringSettings } from './settings.ts';
import type { RecurringState } from './state.ts';

const nothing = { quantity: zero, cost: zero };
/** Missed times that are looked at one by one; after longer than that the rest are one more skipped time. */
const missedMost = 10_000;

export const initial = (_settings: RecurringSettings, birth: PairBirth): RecurringState => ({
  v: 1,
  bot: birth.bot,
  rules: birth.rules,
  running: true,
  stoppedBecause: null,
  halted: false,
  book: birth.allotted,
  orders: [],
  sequence: 1,
  nextAt: null,
  pending: zero,
  purchase: null,
  purchasesBegun: 0,
  purchasesDone: 0,
  skipped: 0,
  skippedBecause: null,
  holdup: null,
  held: nothing,
  lastClosed: null,
});

export function step(settings: RecurringSettings, state: RecurringState, event: BotEvent): StepResult<RecurringState> {
  const quote = event.quotes.get(settings.pair);
  const intents: Intent[] = [];
  const known = withFacts(settings, state, event);
  // B4: what is said twice does not even look at the clock.
  if (known === state && (event.kind === 'order-event' || event.kind === 'refused')) return unchanged;
  let next = withDue(settings, known, event.at);
  if (quote !== undefined && !next.halted) next = acted(settings, next, quote, event.at, intents);
  if (next === state && intents.length === 0 && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: next, intents, wakes: wakesOf(settings, next, event.at, quote) };
}

function withFacts(settings: RecurringSettings, state: RecurringState, event: BotEvent): RecurringState {
  switch (event.kind) {
    case 'order-event':
    case 'refused':
      return told(settings, state, event);
    case 'filters-changed':
      return event.rules.pair === settings.pair && !sameRules(event.rules, state.rules)
        ? { ...state, rules: event.rules }
        : state;
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted ? { ...state, halted: event.halted } : state;
    case 'command':
      return refuses(settings, state, event.command) === null ? commanded(settings, state, event.command, event.at) : state;
    default:
      return state;
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

export function refuses(settings: RecurringSettings, state: RecurringState, command: BotCommand): string | null {
  switch (command.name) {
    case 'start-deal':
      if (!state.running) return 'The bot is stopped; resume it first.';
      if (isSpent(settings, state)) return `All ${settings.purchases} purchases were made.`;
      return state.purchase === null ? null : `Purchase ${state.purchase.number} is going on.`;
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running ? 'The bot is running already.' : null;
    case 'cancel-deal':
      return state.purchase === null ? 'No purchase is going on.' : null;
    default:
      return 'Recurring buys keep what they bought; there is nothing to close or to change.';
  }
}

function commanded(settings: RecurringSettings, state: RecurringState, { name }: BotCommand, at: EpochMs): RecurringState {
  if (name === 'start-deal') return begun(settings, { ...state, pending: (state.pending + settings.size) as Amount }, at);
  if (name === 'stop') return { ...state, running: false };
  // What was due while it was stopped was not wanted.
  if (name === 'resume') return { ...state, running: true, stoppedBecause: null, nextAt: nextTime(settings.schedule, at) };
  return state.orders.length > 0 ? dropped(state) : ended(settings, dropped(state), at);
}

const dropped = (state: RecurringState): RecurringState => ({ ...state, pending: zero });

const isSpent = ({ purchases }: RecurringSettings, state: RecurringState): boolean =>
  purchases > 0 && state.purchasesBegun >= purchases;

function begun({ numbers }: RecurringSettings, state: RecurringState, openedAt: EpochMs): RecurringState {
  const number = numbers.first + state.purchasesBegun * numbers.apart;
  return {
    ...state,
    purchasesBegun: state.purchasesBegun + 1,
    purchase: { number, openedAt, tries: 0, bought: zero, spent: zero, fees: zero },
    holdup: null,
  };
}

/** Times of the schedule that have come: on time, or missed and treated as the settings say. */
function withDue(settings: RecurringSettings, state: RecurringState, at: EpochMs): RecurringState {
  if (state.nextAt === null) return { ...state, nextAt: nextTime(settings.schedule, (at - 1) as EpochMs) };
  if (at < state.nextAt) return state;
  let [onTime, missed] = [0, 0];
  let time: EpochMs | null = state.nextAt;
  for (; time !== null && time <= at && missed < missedMost; time = nextTime(settings.schedule, time))
    if (at - time <= settings.lateMs) onTime++;
    else missed++;
  const nextAt = time === null || time > at ? time : nextTime(settings.schedule, at);
  if (!state.running || isSpent(settings, state)) return { ...state, nextAt };
  const caughtUp = settings.missed === 'all' ? missed : settings.missed === 'once' && missed > 0 && onTime === 0 ? 1 : 0;
  const skipped = missed - caughtUp;
  const known: RecurringState = {
    ...state,
    nextAt,
    skipped: state.skipped + skipped,
    skippedBecause: skipped > 0 ? 'the engine was not running' : state.skippedBecause,
  };
  const times = onTime + caughtUp;
  if (times === 0) return known;
  const due: RecurringState = { ...known, pending: (known.pending + BigInt(times) * settings.size) as Amount };
  return due.purchase === null ? begun(settings, due, at) : due;
}

function told(settings: RecurringSettings, state: RecurringState, event: BotEvent): RecurringState {
  const { orders, news } = tell(state.orders, event, settings.retryMs);
  const next = orders === state.orders ? state : { ...state, orders };
  if (news.kind === 'filled') {
    const { order, fill, isOver } = news;
    const { book, posted } = postFill(state.book, order.pair, order.side, fill);
    const value = multiply(fill.quantity, fill.price, 'up');
    const cost = ((posted.third === 0n ? zero : feeValue(value, settings)) - posted.quote) as Amount;
    const filled: RecurringState = {
      ...next,
      book,
      pending: (next.pending > value ? next.pending - value : zero) as Amount,
      held: putIn(next.held, posted.base as Amount, cost),
      purchase: next.purchase && {
        ...next.purchase,
        bought: (next.purchase.bought + posted.base) as Amount,
        spent: (next.purchase.spent + cost) as Amount,
        ...withFee(next.purchase.fees, feeInQuote(order.pair, fill, settings.fee)),
      },
    };
    return isOver && order.filled < order.quantity ? rested(settings, filled, event.at, 'the order found too little') : filled;
  }
  if (news.kind === 'over') return rested(settings, next, event.at, 'the order found too little on the other side of the book');
  if (news.kind !== 'refused') return next;
  const { how, code, reason } = news;
  if (how === 'never') return { ...ended(settings, next, event.at), running: false, stoppedBecause: { code, reason } };
  return rested(settings, next, event.at, `${reason} (${code})`, how, false);
}

/** The next try waits; a refusal does not count as a try. */
function rested(
  settings: RecurringSettings,
  state: RecurringState,
  at: EpochMs,
  reason: string,
  how: 'soon' | 'later' = 'soon',
  counts = true,
): RecurringState {
  const tries = state.holdup?.tries ?? 0;
  const purchase = state.purchase && { ...state.purchase, tries: state.purchase.tries + (counts ? 1 : 0) };
  return { ...state, purchase, holdup: { at: askAgainAt(how, at, tries, settings.retryMs), tries: tries + 1, reason } };
}

function ended(settings: RecurringSettings, state: RecurringState, at: EpochMs): RecurringState {
  const { purchase } = state;
  if (purchase === null) return state;
  const hasBought = purchase.bought > 0n;
  // Only carried on: nothing was tried.
  if (!hasBought && purchase.tries === 0) return { ...state, purchase: null, holdup: null };
  return {
    ...state,
    purchase: null,
    holdup: null,
    purchasesDone: state.purchasesDone + (hasBought ? 1 : 0),
    lastClosed: {
      number: purchase.number,
      pair: settings.pair,
      openedAt: purchase.openedAt,
      closedAt: at,
      ending: hasBought ? 'bought' : 'no-entry',
      bought: purchase.bought,
      sold: zero,
      spent: purchase.spent,
      cost: zero,
      proceeds: zero,
      profit: zero,
      fees: purchase.fees ?? null,
      averagingOrdersFilled: 0,
    },
  };
}

/** Whether the price is above the ceiling of the settings. */
export const isTooDear = ({ maxPrice }: RecurringSettings, { ask }: Quote, rules: PairRules): boolean =>
  maxPrice !== null && priceAmount(ask, rules) > maxPrice;

function acted(settings: RecurringSettings, state: RecurringState, quote: Quote, at: EpochMs, intents: Intent[]): RecurringState {
  const { purchase, rules } = state;
  if (purchase === null || state.orders.length > 0) return state;
  if (state.holdup !== null && at < state.holdup.at) return state;
  if (isTooDear(settings, quote, rules)) return tooDear(settings, state, quote, at);
  const highest = Math.min(raised(quote.ask, settings.slippage), rules.maxPrice) as Ticks;
  const ceiling = settings.maxPrice === null ? highest : onTick(settings.maxPrice, rules, 'down');
  const limit = Math.min(highest, ceiling) as Ticks;
  const wanted = lots(Math.min(lotsWithin(inOneOrder(settings, state), quote.ask, rules), rules.maxQuantity));
  // Too little for an order: it is carried to the next purchase.
  if (!isTradable(wanted, quote.ask, rules) || purchase.tries >= settings.attempts) return ended(settings, state, at);
  const quantity = affordable(settings, state, wanted, limit);
  if (!isTradable(quantity, quote.ask, rules)) {
    const has = formatAmount(held(state.book, quoteOf(settings.pair)));
    const reason = `${formatAmount(state.pending)} are due and the bot has ${has} left of its funds`;
    return { ...ended(settings, state, at), running: false, stoppedBecause: { code: 'funds-short', reason } };
  }
  const { order, intent } = newOrder(
    {
      id: orderName({ bot: state.bot, deal: purchase.number, role: 'base', sequence: state.sequence }),
      pair: settings.pair,
      side: 'buy',
      order: 'ioc',
      quantity: quantityAmount(quantity, rules),
      limit: priceAmount(limit, rules),
    },
    {},
  );
  intents.push(intent);
  return { ...state, sequence: state.sequence + 1, orders: [order] };
}

/** Of what is due as much as the mandate has room for in one order (recurring.ts): the rest is bought by further orders. */
function inOneOrder(settings: RecurringSettings, { pending, rules }: RecurringState): Amount {
  const { missed, aboveMaxPrice, size, slippage } = settings;
  if (missed === 'all' || aboveMaxPrice !== 'skip') return pending;
  const smallest = divide(2n * rules.minNotional * unit, unit + slippage, 'down');
  const most = 4n * size > smallest ? 4n * size : smallest;
  return (pending < most ? pending : most) as Amount;
}

/** `skip` gives the due amount up, `carry` keeps it for the next time, `wait` buys when the price comes. */
function tooDear(settings: RecurringSettings, state: RecurringState, { ask }: Quote, at: EpochMs): RecurringState {
  if (settings.aboveMaxPrice === 'wait') return state;
  const because = `the ask of ${formatAmount(priceAmount(ask, state.rules))} was above ${formatAmount(settings.maxPrice ?? 0n)}`;
  const after = { ...ended(settings, state, at), skipped: state.skipped + 1, skippedBecause: because };
  return settings.aboveMaxPrice === 'skip' ? dropped(after) : after;
}

function affordable(settings: RecurringSettings, state: RecurringState, wanted: Lots, limit: Ticks): Lots {
  const price = priceAmount(limit, state.rules);
  const funds = held(state.book, quoteOf(settings.pair));
  const reserve = (quantity: Lots): bigint => buyReserve(quantityAmount(quantity, state.rules), price, settings);
  if (reserve(wanted) <= funds) return wanted;
  const within = settings.feeAsset === 'quote' ? divide(funds * unit, unit + settings.fee, 'down') : funds;
  let quantity = lotsWithin(within, limit, state.rules);
  while (quantity > 0 && reserve(quantity) > funds) quantity = lots(quantity - 1);
  return quantity;
}

function wakesOf(settings: RecurringSettings, state: RecurringState, at: EpochMs, quote: Quote | undefined): readonly Wake[] {
  const { pair, maxPrice } = settings;
  const wakes: Wake[] = [];
  if (state.running && state.nextAt !== null && !isSpent(settings, state)) wakes.push({ kind: 'time', at: state.nextAt });
  if (state.purchase === null || state.halted || state.orders.length > 0) return wakes;
  if (state.holdup !== null && state.holdup.at > at) {
    const again: Wake = { kind: 'time', at: state.holdup.at };
    return state.nextAt !== null && state.nextAt < again.at ? [...wakes, again] : [again, ...wakes];
  }
  if (quote === undefined) return [...wakes, { kind: 'price', pair, of: 'ask', when: 'at-or-above', price: 1 as Ticks }];
  if (maxPrice !== null && isTooDear(settings, quote, state.rules))
    wakes.push({ kind: 'price', pair, of: 'ask', when: 'at-or-below', price: onTick(maxPrice, state.rules, 'down') });
  return wakes;
}
