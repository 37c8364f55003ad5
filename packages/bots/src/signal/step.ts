/** The signal bot: facts first, then what follows from them. */
import {
  type BotCommand,
  type BotEvent,
  baseOf,
  type EpochMs,
  type PairRules,
  quoteOf,
  type SignalAnswer,
  type Ticks,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import type { PairBirth } from '../one-pair.ts';
import { cancelTimes } from '../orders/live-orders.ts';
import { held } from '../orders/sub-book.ts';
import { told } from './facts.ts';
import { exitTask, intake, ownEntry } from './intake.ts';
import { plan, type Turn } from './plan.ts';
import { watchWakes } from './protect.ts';
import type { SignalSettings } from './settings.ts';
import type { SignalState } from './state.ts';

type SignalEvent = Extract<BotEvent, { kind: 'signal' }>;

export function initial({ pair }: SignalSettings, { bot, rules, allotted }: PairBirth): SignalState {
  const [base, quote] = [baseOf(pair), quoteOf(pair)];
  return {
    v: 1,
    bot,
    rules,
    running: true,
    stoppedBecause: null,
    halted: false,
    book: { [base]: held(allotted, base), [quote]: held(allotted, quote) },
    dust: { quantity: zero, cost: zero },
    kept: { quantity: zero, cost: zero },
    number: 0,
    position: null,
    exit: null,
    entry: null,
    orders: [],
    lastEntryAt: null,
    dealsClosed: 0,
    realised: zero,
    closed: [],
    lastSignal: null,
  };
}

export function step(settings: SignalSettings, state: SignalState, event: BotEvent): StepResult<SignalState> {
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
  return { state: turn.state, intents: turn.intents, wakes: wakesOf(turn) };
}

function withFacts(settings: SignalSettings, state: SignalState, event: BotEvent): SignalState {
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
      return refuses(settings, state, event.command) === null ? commanded(settings, state, event.command, event) : state;
    case 'signal':
      return heard(settings, state, event).state;
    default:
      return state;
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

const heard = (settings: SignalSettings, state: SignalState, event: SignalEvent) =>
  intake({ settings, state, at: event.at, quote: event.quotes.get(settings.pair) }, event.signal);

export const hears = (settings: SignalSettings, state: SignalState, event: SignalEvent): SignalAnswer =>
  heard(settings, state, event).answer;

/** Why a command would do nothing; null when it does something. An entry is judged by its sizes when it is stepped. */
export function refuses(_settings: SignalSettings, state: SignalState, command: BotCommand): string | null {
  const isOpen = state.position !== null || state.entry !== null;
  switch (command.name) {
    case 'start-deal':
      if (!state.running) return 'The bot is stopped; resume it first.';
      return isOpen ? 'A position is open; a signal bot has one at a time.' : null;
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running ? 'The bot is running already.' : null;
    case 'close-now':
    case 'cancel-deal':
      return isOpen ? null : 'No position is open.';
    default:
      return `A signal bot takes no command ${(command as { name: string }).name}.`;
  }
}

function commanded(settings: SignalSettings, state: SignalState, command: BotCommand, { at, quotes }: BotEvent): SignalState {
  switch (command.name) {
    case 'start-deal': {
      const signal = { id: `start-deal:${at}`, price: null, ask: ownEntry(settings) };
      return intake({ settings, state, at, quote: quotes.get(settings.pair) }, signal).state;
    }
    case 'stop':
      return { ...state, running: false, entry: null };
    case 'resume':
      return { ...state, running: true, stoppedBecause: null };
    case 'close-now':
      return { ...state, exit: exitTask(), entry: null };
    case 'cancel-deal':
      return { ...state, exit: exitTask({ drop: true }), entry: null };
    default:
      return state;
  }
}

/** The complete set: times that something waits for, prices that are watched, and the first price where only that is missing. */
function wakesOf({ settings, state, at, needsQuote }: Turn): readonly Wake[] {
  const { entry, exit, position, orders } = state;
  const stopAgain = position?.stopCannotRest ? position.stopGivenUp?.until : null;
  const times = [...cancelTimes(orders), entry?.at, entry?.until, exit?.at, position?.protectAgainAt, stopAgain];
  const later = new Set(times.filter((time) => typeof time === 'number' && time > at) as EpochMs[]);
  const wakes: Wake[] = [...later].sort((a, b) => a - b).map((time) => ({ kind: 'time', at: time }));
  wakes.push(...(state.halted ? [] : watchWakes(settings, state)));
  if (needsQuote) wakes.push({ kind: 'price', pair: settings.pair, of: 'ask', when: 'at-or-above', price: 1 as Ticks });
  return wakes;
}
