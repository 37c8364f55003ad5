/** The DCA bot: facts first, then what follows from them. */
import {
  type BotCommand,
  type BotEvent,
  type EpochMs,
  type PairRules,
  type PlaceOrder,
  quoteOf,
  type Ticks,
  unreachable,
  type Wake,
} from '@holdfast/domain';
import { type BotBirth, type StepResult, unchanged } from '../bot-kind.ts';
import { held } from '../orders/sub-book.ts';
import { nothingHeld, withDeal, withRules } from './change.ts';
import { orderEvent, refused } from './facts.ts';
import { plan, type Turn, wantsDeal } from './plan.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';

const noIntents: readonly PlaceOrder[] = Object.freeze([]);

export function initial({ pair }: DcaSettings, birth: BotBirth): DcaState {
  return {
    v: 1,
    bot: birth.bot,
    rules: birth.rules,
    running: true,
    stoppedBecause: null,
    halted: false,
    quote: held(birth.allotted, quoteOf(pair)),
    base: nothingHeld.quantity,
    dust: nothingHeld,
    kept: nothingHeld,
    dealNumber: 0,
    deal: null,
    orders: [],
    fruitless: 0,
    restUntil: null,
    dealAsked: false,
    dealsClosed: 0,
    realised: nothingHeld.cost,
    lastClosed: null,
  };
}

export function step(settings: DcaSettings, state: DcaState, event: BotEvent): StepResult<DcaState> {
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

function withFacts(settings: DcaSettings, state: DcaState, event: BotEvent): DcaState {
  switch (event.kind) {
    case 'started':
    case 'woken':
    case 'balance-changed':
    case 'signal':
      return state;
    case 'order-event':
      return orderEvent(settings, state, event.event);
    case 'refused':
      return refused(settings, state, event.intent, event.code, event.reason, event.at);
    case 'filters-changed':
      return event.rules.pair === settings.pair && !sameRules(event.rules, state.rules) ? withRules(state, event.rules) : state;
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted ? { ...state, halted: event.halted } : state;
    case 'command':
      return refuses(settings, state, event.command) === null ? commanded(state, event.command) : state;
    default:
      return unreachable(event);
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

/** Why a command would do nothing; null when it does something. */
export function refuses(_settings: DcaSettings, state: DcaState, command: BotCommand): string | null {
  switch (command.name) {
    case 'start-deal':
      if (!state.running) return 'The bot is stopped; resume it first.';
      return state.deal === null ? null : `Deal ${state.deal.number} is open; a bot has one at a time.`;
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running ? 'The bot is running already.' : null;
    case 'close-now':
    case 'cancel-deal':
      return state.deal === null ? 'No deal is open.' : null;
    default:
      return unreachable(command);
  }
}

function commanded(state: DcaState, command: BotCommand): DcaState {
  switch (command.name) {
    case 'start-deal':
      return { ...state, dealAsked: true };
    case 'stop':
      return { ...state, running: false, dealAsked: false };
    case 'resume':
      return { ...state, running: true, stoppedBecause: null };
    case 'close-now':
      return withDeal(state, { phase: 'closing', ending: 'closed', holdups: { ...(state.deal as Deal).holdups, exit: null } });
    case 'cancel-deal':
      return withDeal(state, { phase: 'closing', ending: 'cancelled' });
    default:
      return unreachable(command);
  }
}

/** The complete set: times that something waits for, and the first price where only that is missing. */
function wakesOf({ settings, state, at, needsQuote }: Turn): readonly Wake[] {
  const times = new Set<EpochMs>();
  const later = (time: EpochMs | null | undefined): void => {
    if (time !== null && time !== undefined && time > at) times.add(time);
  };
  const { deal } = state;
  if (deal === null) {
    if (wantsDeal(settings, state) && !state.dealAsked) later(state.restUntil);
  } else if (!state.halted) {
    if (deal.phase === 'entering') later(deal.holdups.entry?.at);
    else later(deal.holdups.exit?.at);
    if (deal.phase === 'holding') later(deal.holdups.averaging?.at);
  }
  for (const order of state.orders) later(order.cancelAgainAt);
  const wakes: Wake[] = [...times].sort((a, b) => a - b).map((time) => ({ kind: 'time', at: time }));
  if (needsQuote) wakes.push({ kind: 'price', pair: settings.pair, of: 'ask', when: 'at-or-above', price: 1 as Ticks });
  return wakes;
}
