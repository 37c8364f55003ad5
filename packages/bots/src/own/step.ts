/** A bot around a strategy of one's own: facts first, then the strategy is asked, then orders are brought to what it wants. */
import {
  type BotCommand,
  type BotEvent,
  type EpochMs,
  formatAmount,
  type Intent,
  type PairRules,
  type Quote,
  ratio,
  type Ticks,
  toLots,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import type { PairBirth } from '../one-pair.ts';
import { cancelTimes } from '../orders/live-orders.ts';
import { freeFunds, heldLots, nothing, settled, told } from './facts.ts';
import { plan, type Turn } from './plan.ts';
import { type AskStrategy, readStep, type StrategyEvent, wakeOf } from './protocol.ts';
import type { OwnSettings } from './settings.ts';
import type { OwnState } from './state.ts';

export const initial = (_settings: OwnSettings, birth: PairBirth): OwnState => ({
  v: 1,
  bot: birth.bot,
  rules: birth.rules,
  running: true,
  paused: null,
  halted: false,
  closing: false,
  begun: false,
  memory: null,
  wanted: [],
  wakes: [],
  book: birth.allotted,
  orders: [],
  sequence: 1,
  deal: null,
  deals: 0,
  dealsClosed: 0,
  realised: zero,
  dust: nothing,
  holdups: {},
  closed: [],
});

export const stepper =
  (ask: AskStrategy) =>
  (settings: OwnSettings, state: OwnState, event: BotEvent): StepResult<OwnState> => {
    const quote = event.quotes.get(settings.pair);
    const known = facts(settings, state, event);
    if (known.state === state && !known.hears && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
    let next = known.state;
    const intents: Intent[] = [];
    const hasClosed = next.closed !== state.closed;
    if (quote !== undefined) {
      if (isAsked(next) && (known.hears || !next.begun)) next = asked(ask, settings, next, quote, event);
      // B5: what follows the end of a deal waits for the next event.
      if (!hasClosed) {
        const turn: Turn = { settings, at: event.at, quote, state: next, intents };
        plan(turn);
        next = intents.length === 0 ? settled(settings, turn.state, event.at) : turn.state;
      }
    }
    return { state: next, intents, wakes: wakesOf(settings, next, event.at, quote, hasClosed) };
  };

const isAsked = ({ paused, closing, running, deal }: OwnState): boolean =>
  paused === null && !closing && (running || deal !== null);

function facts(settings: OwnSettings, state: OwnState, event: BotEvent): { readonly state: OwnState; readonly hears: boolean } {
  switch (event.kind) {
    case 'order-event':
    case 'refused':
      return told(settings, state, event);
    case 'filters-changed':
      return sameRules(event.rules, state.rules) || event.rules.pair !== settings.pair
        ? { state, hears: false }
        : { state: { ...state, rules: event.rules }, hears: true };
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted
        ? { state: { ...state, halted: event.halted }, hears: !event.halted }
        : { state, hears: false };
    case 'command':
      return refuses(settings, state, event.command) === null
        ? { state: commanded(state, event.command), hears: event.command.name === 'resume' }
        : { state, hears: false };
    case 'woken':
      return { state, hears: isOwnWake(settings, state, event.wake) };
    default:
      return { state, hears: event.kind === 'started' };
  }
}

const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);

const sameWake = (a: Wake, b: Wake): boolean => JSON.stringify(a) === JSON.stringify(b);
const ownWake = ({ pair }: OwnSettings, { wakes }: OwnState, fired: Wake) =>
  wakes.find((wake) => (wake.kind === fired.kind || wake.kind === 'minute' ? isOf(wakeOf(wake, pair), fired) : false));
/** A retrace that has followed its extreme names another `from`. */
const isOf = (wake: Wake, fired: Wake): boolean =>
  sameWake(wake, fired) ||
  (wake.kind === 'retrace' && fired.kind === 'retrace' && wake.extreme === fired.extreme && wake.by === fired.by);
const isOwnWake = (settings: OwnSettings, state: OwnState, fired: Wake): boolean => ownWake(settings, state, fired) !== undefined;

/** Asks the strategy; a failure pauses the bot and leaves its orders as they are. */
function asked(ask: AskStrategy, settings: OwnSettings, state: OwnState, quote: Quote, event: BotEvent): OwnState {
  const answer = ask({ settings: settings.values, state: state.memory, event: eventFor(settings, state, quote, event) });
  if (answer.kind === 'failed') return paused(state, 'strategy-failed', answer.reason);
  const step = readStep(answer.step);
  if (typeof step === 'string') return paused(state, 'strategy-answer', step);
  return { ...state, begun: true, memory: step.state, wanted: step.orders, wakes: step.wakes };
}

const paused = (state: OwnState, code: string, reason: string): OwnState => ({
  ...state,
  begun: true,
  paused: { code, reason },
  wakes: [],
});

function eventFor(settings: OwnSettings, state: OwnState, quote: Quote, event: BotEvent): StrategyEvent {
  const { rules, orders } = state;
  const held = heldLots(settings, state);
  const holding = state.deal?.held ?? state.dust;
  const wake = event.kind === 'woken' ? ownWake(settings, state, event.wake) : undefined;
  const kind = !state.begun ? 'started' : wake !== undefined ? 'woken' : event.kind === 'order-event' ? 'order' : 'market';
  const cost = held === 0 || holding.quantity === 0n ? 0 : ceilTicks(ratio(holding.cost, holding.quantity, 'up'), rules);
  return {
    kind,
    at: event.at,
    ...(wake === undefined ? {} : { wake }),
    pair: settings.pair,
    tick: formatAmount(rules.tick),
    lot: formatAmount(rules.lot),
    minNotional: formatAmount(rules.minNotional),
    minQuantity: rules.minQuantity,
    last: quote.last,
    bid: quote.bid,
    ask: quote.ask,
    held,
    cost,
    free: formatAmount(freeFunds(settings, state)),
    orders: orders.map(({ name, side, limit, quantity, filled }) => ({
      name,
      side,
      limit: Number(limit / rules.tick),
      quantity: toLots(quantity, rules, 'down'),
      filled: toLots(filled, rules, 'down'),
    })),
  };
}

const ceilTicks = (price: bigint, { tick }: PairRules): number => Number((price + tick - 1n) / tick);

export function refuses(_settings: OwnSettings, state: OwnState, command: BotCommand): string | null {
  switch (command.name) {
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running && state.paused === null ? 'The bot is running already.' : null;
    case 'close-now':
      if (state.closing) return 'It is being sold already.';
      return state.deal === null ? 'Nothing is held.' : null;
    default:
      return 'A strategy of your own decides by itself when it trades; it takes stop, resume and close-now.';
  }
}

function commanded(state: OwnState, { name }: BotCommand): OwnState {
  if (name === 'stop') return { ...state, running: false };
  if (name === 'close-now') return { ...state, closing: true, holdups: {} };
  return { ...state, running: true, paused: null, closing: false };
}

function wakesOf(settings: OwnSettings, state: OwnState, at: EpochMs, quote: Quote | undefined, again: boolean): readonly Wake[] {
  const { pair } = settings;
  const times = [...Object.values(state.holdups).map((each) => each.at), ...cancelTimes(state.orders)].filter(
    (each) => each > at,
  );
  const wakes: Wake[] = isAsked(state) ? state.wakes.map((wake) => wakeOf(wake, pair)) : [];
  if (again) wakes.push({ kind: 'time', at: (at + 1) as EpochMs });
  if (times.length > 0 && !state.halted) wakes.push({ kind: 'time', at: Math.min(...times) as EpochMs });
  if (quote === undefined && !state.halted)
    wakes.push({ kind: 'price', pair, of: 'last', when: 'at-or-above', price: 1 as Ticks });
  return wakes;
}
