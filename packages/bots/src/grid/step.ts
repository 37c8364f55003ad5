/** The grid bot: facts first, then what follows from them. */
import {
  type Amount,
  type Asset,
  type BotCommand,
  type BotEvent,
  baseOf,
  type EpochMs,
  type PairRules,
  type PlaceOrder,
  priceAmount,
  quoteOf,
  type Ticks,
  toTicks,
  unreachable,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import type { PairBirth } from '../one-pair.ts';
import { cancelTimes } from '../orders/live-orders.ts';
import { fundedBook, held } from '../orders/sub-book.ts';
import { beginEnding } from './ending.ts';
import { orderFacts, withRules } from './facts.ts';
import { plan } from './plan.ts';
import { movesOf } from './range.ts';
import type { GridSettings } from './settings.ts';
import type { GridState } from './state.ts';
import { nothingMoved } from './trips.ts';
import type { Turn } from './turn.ts';

const noIntents: readonly PlaceOrder[] = Object.freeze([]);

export function initial({ pair }: GridSettings, { bot, rules, allotted }: PairBirth): GridState {
  const funds = Object.fromEntries([baseOf(pair), quoteOf(pair)].map((asset) => [asset, held(allotted, asset)]));
  return {
    v: 1,
    bot,
    rules,
    phase: 'balancing',
    ending: null,
    halted: false,
    allotted: funds,
    book: funds,
    cells: [],
    orders: [],
    loose: nothingMoved,
    looseBefore: { base: 0n, quote: 0n },
    gained: { base: 0n, quote: 0n },
    round: 1,
    roundStartedAt: null,
    startPrice: null,
    nextNumber: 2,
    sequence: 1,
    pause: null,
    trips: 0,
    realised: zero,
    closed: [],
  };
}

/** G3: what is given later was allotted, too. */
export function funded({ pair }: GridSettings, state: GridState, asset: Asset, more: Amount): GridState | null {
  const now = fundedBook([baseOf(pair), quoteOf(pair)], state, asset, more);
  return now === null
    ? null
    : { ...now, allotted: { ...state.allotted, [asset]: (held(state.allotted, asset) + more) as Amount } };
}

export function step(settings: GridSettings, state: GridState, event: BotEvent): StepResult<GridState> {
  const turn: Turn = {
    settings,
    at: event.at,
    quote: event.quotes.get(settings.pair),
    state: withFacts(settings, state, event),
    intents: [],
    needsQuote: false,
  };
  plan(turn);
  const isSame = turn.state === state && turn.intents.length === 0;
  // A wake that fired is used up and a start has none yet, so these need the set said again.
  if (isSame && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: turn.state, intents: turn.intents.length === 0 ? noIntents : turn.intents, wakes: wakesOf(turn) };
}

function withFacts(settings: GridSettings, state: GridState, event: BotEvent): GridState {
  switch (event.kind) {
    case 'started':
      return state.roundStartedAt === null ? { ...state, roundStartedAt: event.at } : state;
    case 'woken':
    case 'balance-changed':
    case 'signal':
      return state;
    case 'order-event':
    case 'refused':
      return orderFacts(settings, state, event);
    case 'filters-changed':
      return event.rules.pair === settings.pair && !sameRules(event.rules, state.rules) ? withRules(state, event.rules) : state;
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted ? { ...state, halted: event.halted } : state;
    case 'command':
      return refuses(settings, state, event.command) === null ? commanded(state, event.command, event.at) : state;
    default:
      return unreachable(event);
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

/** Why a command would do nothing; null when it does something. */
export function refuses(_settings: GridSettings, state: GridState, command: BotCommand): string | null {
  switch (command.name) {
    case 'start-deal':
      return 'A grid has no deals to start; its lines trade until it is stopped.';
    case 'resume':
      if (state.phase === 'ending') return 'The grid is ending; resume it when it has stopped.';
      return state.phase === 'stopped' ? null : 'The grid is running already.';
    case 'stop':
    case 'cancel-deal':
      if (state.phase === 'stopped') return 'The grid is stopped already.';
      return state.phase === 'ending' && state.ending?.action === 'stop' ? 'The grid is ending already.' : null;
    case 'close-now':
      if (state.phase === 'ending' && state.ending?.action === 'stop-and-close') return 'The grid is closing already.';
      return null;
    default:
      return 'A grid has no deal to add to or to change.';
  }
}

function commanded(state: GridState, command: BotCommand, at: EpochMs): GridState {
  switch (command.name) {
    case 'stop':
    case 'cancel-deal':
      return beginEnding(state, { action: 'stop', code: 'command', reason: 'it was stopped by command' });
    case 'close-now':
      return beginEnding(state, { action: 'stop-and-close', code: 'command', reason: 'it was closed by command' });
    case 'resume': {
      const { nextNumber: round } = state;
      return { ...state, phase: 'balancing', ending: null, round, nextNumber: round + 1, roundStartedAt: at, pause: null };
    }
    default:
      return state;
  }
}

/** The complete set: times that something waits for, prices at which the range moves or ends, and the first price where only that is missing. */
function wakesOf(turn: Turn): readonly Wake[] {
  const { state, at, needsQuote, settings } = turn;
  const times = new Set<EpochMs>();
  const later = (time: EpochMs | undefined): void => {
    if (time !== undefined && time > at) times.add(time);
  };
  if (state.phase !== 'stopped') {
    if (!state.halted) later(state.pause?.at);
    if (!state.halted) for (const { holdup } of state.cells) later(holdup?.at);
    for (const time of cancelTimes(state.orders)) later(time);
  }
  const wakes: Wake[] = [...times].sort((a, b) => a - b).map((time) => ({ kind: 'time', at: time }));
  const price = (of: 'last' | 'ask', when: 'at-or-above' | 'at-or-below', ticks: Ticks): Wake => ({
    kind: 'price',
    pair: settings.pair,
    of,
    when,
    price: ticks,
  });
  if (needsQuote) wakes.push(price('ask', 'at-or-above', 1 as Ticks));
  const { above, below } = boundsOf(turn);
  if (above !== null) wakes.push(price('last', 'at-or-above', above));
  if (below !== null) wakes.push(price('last', 'at-or-below', below));
  return wakes;
}

/** The nearest prices, above and below, at which something other than an order's fill is to be done. */
function boundsOf({ settings, state, quote }: Turn): { readonly above: Ticks | null; readonly below: Ticks | null } {
  if (state.phase !== 'balancing' && state.phase !== 'working') return { above: null, below: null };
  const { upper, lower } = settings.stops;
  const { trailUp, trailDown, expandUp, expandDown } = movesOf(settings, state);
  // What the price has reached and still waits for an answer comes with that answer, not with the price.
  const last = quote?.last;
  const ahead = (price: Ticks | null): price is Ticks => price !== null && (last === undefined || price > last);
  const behind = (price: Ticks | null): price is Ticks => price !== null && (last === undefined || price < last);
  const rise = [upper === null ? null : toTicks(upper.price, state.rules, 'up'), trailUp, expandUp].filter(ahead);
  const fall = [
    lower === null || lower.price < priceAmount(1 as Ticks, state.rules) ? null : toTicks(lower.price, state.rules, 'down'),
    trailDown,
    expandDown,
  ].filter(behind);
  return {
    above: rise.length === 0 ? null : (Math.min(...rise) as Ticks),
    below: fall.length === 0 ? null : (Math.max(...fall) as Ticks),
  };
}
