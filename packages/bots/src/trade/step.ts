/** The trade: facts first, then what the price means, then what follows from both. */
import {
  type Amount,
  type BotEvent,
  baseOf,
  type EpochMs,
  multiply,
  type PairRules,
  priceAmount,
  type Quote,
  quoteOf,
  ratio,
  type Ticks,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import type { PairBirth } from '../one-pair.ts';
import { along, exitQuote, wayOf } from '../orders/direction.ts';
import { held } from '../orders/sub-book.ts';
import { newStep, targetPrice, trails } from './arithmetic.ts';
import { isDone, nothingHeld, termsOf, withDivided } from './change.ts';
import { commanded, refuses, type TradeCommand } from './commands.ts';
import { limitTaken } from './entries.ts';
import { told } from './facts.ts';
import { entryTrigger, entryTurn, exitTurn, observed, stepPriceOf, stopNearEnough, watchedStop } from './observe.ts';
import type { Turn } from './placing.ts';
import { plan } from './plan.ts';
import type { TradeSettings } from './settings.ts';
import type { TradeOrder, TradeState } from './state.ts';
import { pairing, stopRests } from './wanted.ts';

export function initial(settings: TradeSettings, birth: PairBirth): TradeState {
  const waits = settings.entry === 'conditional' || settings.entry === 'trailing';
  return {
    v: 1,
    bot: birth.bot,
    rules: birth.rules,
    edited: null,
    halted: false,
    startedAt: null,
    book: birth.allotted,
    orders: [],
    sequence: 1,
    entry: {
      phase: settings.entry === 'held' ? 'over' : waits ? 'waiting' : 'working',
      low: null,
      left: settings.size,
      tries: 0,
      renew: false,
    },
    additions: [],
    held: nothingHeld,
    basis: nothingHeld,
    bought: zero,
    sold: zero,
    spent: zero,
    soldCost: zero,
    proceeds: zero,
    steps: settings.takeProfits.map((target) => newStep(target)),
    stop: { peak: null, since: null, cannotRest: null },
    exit: null,
    holdups: { entry: null, add: null, stop: null, exit: null },
    stoppedBecause: null,
    closed: null,
  };
}

export function step(settings: TradeSettings, state: TradeState, event: BotEvent): StepResult<TradeState> {
  if (isDone(state)) return unchanged;
  const known = withFacts(settings, state, event);
  // B4: what is said twice does not even look at the price.
  if (known === state && (event.kind === 'order-event' || event.kind === 'refused')) return unchanged;
  const terms = termsOf(settings, known);
  const quote = event.quotes.get(terms.pair);
  const { state: next, intents } =
    quote === undefined || known.halted ? { state: known, intents: [] } : acted(terms, known, quote, event.at);
  const isSame = next === state && intents.length === 0;
  // A wake that fired is used up and a start has none yet, so these need the set said again.
  if (isSame && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: next, intents, wakes: wakesOf(terms, next, event.at, quote) };
}

/** Acts until nothing is left to do. */
function acted(terms: TradeSettings, state: TradeState, quote: Quote, at: EpochMs): Pick<Turn, 'state' | 'intents'> {
  const begun = state.startedAt === null ? begin(terms, { ...state, startedAt: at }, quote) : state;
  const turn: Turn = { settings: terms, at, quote, state: begun, intents: [] };
  for (let before: TradeState | undefined; before !== turn.state && !isDone(turn.state); ) {
    before = turn.state;
    turn.state = observed(terms, turn.state, quote, at);
    plan(turn);
  }
  return turn;
}

/** Coins already held, or to be bought back, count at the price that the owner names, else at the one that an exit meets now. */
function begin(settings: TradeSettings, state: TradeState, quote: Quote): TradeState {
  if (settings.entry !== 'held') return state;
  const price = settings.heldPrice ?? priceAmount(exitQuote(wayOf(settings), quote), state.rules);
  if (settings.direction === 'short') return beginShort(settings, state, price);
  const has = held(state.book, baseOf(settings.pair));
  const quantity = has < settings.heldQuantity ? has : settings.heldQuantity;
  const holding = { quantity, cost: multiply(quantity, price, 'up') };
  return withDivided(settings, { ...state, held: holding, basis: holding });
}

/** What coins sold before count as having brought; where all quote is to be spent no more than there is. */
function beginShort(settings: TradeSettings, state: TradeState, price: Amount): TradeState {
  const has = held(state.book, quoteOf(settings.pair));
  const brought = multiply(settings.heldQuantity, price, 'down');
  const isLess = settings.profitIn === 'base' && has < brought;
  const holding = isLess
    ? { quantity: has, cost: ratio(has, price, 'down') }
    : { quantity: brought, cost: settings.heldQuantity };
  const { quantity: bought, cost: spent } = holding;
  return withDivided(settings, { ...state, held: holding, basis: holding, bought, spent });
}

function withFacts(settings: TradeSettings, state: TradeState, event: BotEvent): TradeState {
  switch (event.kind) {
    case 'order-event':
    case 'refused':
      return told(termsOf(settings, state), state, event);
    case 'filters-changed':
      return event.rules.pair === settings.pair && !sameRules(event.rules, state.rules)
        ? withDivided(settings, { ...state, rules: event.rules })
        : state;
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted ? { ...state, halted: event.halted } : state;
    case 'command': {
      const command = event.command as TradeCommand;
      return refuses(settings, state, command) === null ? commanded(settings, state, command) : state;
    }
    default:
      return state;
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

/** The complete set: prices and times that something waits for, and the first price where only that is missing. */
function wakesOf(settings: TradeSettings, state: TradeState, at: EpochMs, quote: Quote | undefined): readonly Wake[] {
  if (isDone(state) || state.halted) return [];
  const { pair } = settings;
  if (quote === undefined) return [{ kind: 'price', pair, of: 'ask', when: 'at-or-above', price: 1 as Ticks }];
  const times = [...new Set(timesOf(settings, state).filter((time) => time > at))].sort((a, b) => a - b);
  return [
    ...times.map((time) => ({ kind: 'time', at: time }) as const),
    ...pricesOf(settings, state, quote, at).filter((wake) => !isThere(wake, quote)),
  ];
}

function timesOf(settings: TradeSettings, state: TradeState): EpochMs[] {
  const times = state.orders.flatMap(({ cancelAgainAt }) => (cancelAgainAt === null ? [] : [cancelAgainAt]));
  for (const holdup of Object.values(state.holdups)) if (holdup !== null) times.push(holdup.at);
  const { entryTimeoutMs, stopLoss } = settings;
  if (state.entry.phase !== 'over' && entryTimeoutMs > 0 && state.startedAt !== null)
    times.push((state.startedAt + entryTimeoutMs) as EpochMs);
  const { since } = state.entry;
  if (state.entry.phase === 'waiting' && since !== null && since !== undefined)
    times.push((since + settings.entryHoldMs) as EpochMs);
  const { tooFar, cannotRest, givenUp } = state.stop;
  if (tooFar?.waits === true) times.push(tooFar.until);
  if (cannotRest !== null && givenUp) times.push(givenUp.until);
  if (state.stop.since !== null && stopLoss !== null) times.push((state.stop.since + stopLoss.timeoutMs) as EpochMs);
  return times;
}

type PriceWake = Extract<Wake, { readonly kind: 'price' }>;

/** What the price has reached has been judged in this step; if it could not be acted on, an answer or a time is waited for. */
const isThere = ({ of, when, price }: PriceWake, quote: Quote): boolean =>
  when === 'at-or-below' ? quote[of] <= price : quote[of] >= price;

/** Adds a wake for a price at or further on the side of profit, or of loss. */
type Watch = (of: PriceWake['of'], price: number) => void;

function watches({ pair, ...settings }: TradeSettings, wakes: PriceWake[]): { readonly toProfit: Watch; readonly toLoss: Watch } {
  const way = wayOf(settings);
  const watch =
    (when: PriceWake['when']): Watch =>
    (of, price) => {
      if (price > 0) wakes.push({ kind: 'price', pair, of, when, price: price as Ticks });
    };
  return { toProfit: watch(way.toProfit), toLoss: watch(way.toLoss) };
}

function pricesOf(settings: TradeSettings, state: TradeState, quote: Quote | undefined, at: EpochMs): readonly PriceWake[] {
  const way = wayOf(settings);
  const wakes: PriceWake[] = [];
  const { toProfit, toLoss } = watches(settings, wakes);
  const taken = quote === undefined || state.entry.phase !== 'working' ? null : limitTaken(settings, state, quote);
  if (taken !== null) toProfit(way.entersAt, along(way, taken, 1));
  entryPrices(settings, state, wakes);
  if (state.exit?.how === 'market')
    for (const order of state.orders)
      if (order.role === 'stop-loss' && order.twin !== undefined) toLoss(way.exitsAt, beyondLimit(order, state));
  if (state.held.quantity === 0n || state.exit !== null) return wakes;
  const { stopLoss } = settings;
  const rests = stopRests(settings, state, quote?.last);
  const together = pairing(settings, state, quote?.last);
  const level = watchedStop(settings, state);
  if (stopLoss !== null && level !== null) {
    if (state.stop.since === null) toLoss(stopLoss.of, level);
    else toProfit(stopLoss.of, along(way, level, 1));
    if (stopLoss.trailing && state.stop.peak !== null) toProfit('last', along(way, state.stop.peak, 1));
  }
  const near = stopNearEnough(settings, state, at);
  if (near !== null) toLoss(way.exitsAt, near);
  for (const [index, each] of state.steps.entries()) {
    const price = targetPrice(each, state.basis, settings, state.rules);
    if (each.over || each.due || each.left === 0n || price === null) continue;
    const of = stepPriceOf(way, each);
    if (each.peak !== null) {
      toProfit(of, along(way, each.peak, 1));
      toLoss(of, exitTurn(way, each.peak, each, state));
    } else if (trails(each)) toProfit(of, price);
    // It rests without the stop until the market has left it.
    else if (together?.alone.some(({ step: alone }) => alone === index)) toLoss('last', along(way, price, -1));
    else if (each.order === 'market') toProfit(of, price);
    else if (rests) toProfit(way.exitsAt, price);
  }
  return wakes;
}

/** Where the market has left a stop behind; only the stop of an OCO, which is a sale. */
const beyondLimit = ({ limit }: TradeOrder, { rules }: TradeState): number => Number(limit / rules.tick) - 1;

function entryPrices(settings: TradeSettings, state: TradeState, wakes: PriceWake[]): void {
  if (state.entry.phase !== 'waiting') return;
  const { toProfit, toLoss } = watches(settings, wakes);
  const way = wayOf(settings);
  const trigger = entryTrigger(settings, state);
  if (settings.entry === 'conditional') {
    if (trigger === null) return;
    const [reached, left] = settings.entryWhen === way.toProfit ? [toProfit, toLoss] : [toLoss, toProfit];
    // While it is reached and must stay so, the price that leaves it.
    if ((state.entry.since ?? null) === null) reached(settings.entryOf, trigger);
    else left(settings.entryOf, settings.entryWhen === 'at-or-above' ? trigger - 1 : trigger + 1);
  } else if (state.entry.low === null) toLoss(settings.entryOf, trigger ?? anyPrice(settings));
  else {
    toLoss(settings.entryOf, along(way, state.entry.low, -1));
    toProfit(settings.entryOf, entryTurn(settings, state, state.entry.low));
  }
}

/** Every price is at or beyond it on the side of loss. */
const anyPrice = ({ direction }: TradeSettings): number => (direction === 'long' ? Number.MAX_SAFE_INTEGER : 1);
