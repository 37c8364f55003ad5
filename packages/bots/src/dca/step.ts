/** The DCA bot: facts first, then what follows from them. */
import {
  type Amount,
  type Asset,
  type BotEvent,
  baseOf,
  type PairRules,
  type PlaceOrder,
  quoteOf,
  unreachable,
  zero,
} from '@holdfast/domain';
import { type StepResult, unchanged } from '../bot-kind.ts';
import type { PairBirth } from '../one-pair.ts';
import { held } from '../orders/sub-book.ts';
import { noDealYet, withRules } from './change.ts';
import { commanded, refuses } from './commands.ts';
import { wayOf } from './direction.ts';
import { orderEvent, refused } from './facts.ts';
import type { Turn } from './orders.ts';
import { plan } from './plan.ts';
import type { DcaSettings } from './settings.ts';
import { signalled, unscoped } from './signals.ts';
import type { DcaState } from './state.ts';
import { current } from './upgrade.ts';
import { wakesOf } from './wakes.ts';

const noIntents: readonly PlaceOrder[] = Object.freeze([]);

export function initial({ pair, direction }: DcaSettings, birth: PairBirth): DcaState {
  const { gives } = wayOf({ direction });
  return {
    v: 2,
    bot: birth.bot,
    rules: birth.rules,
    running: true,
    stoppedBecause: null,
    halted: false,
    quote: gives === 'quote' ? held(birth.allotted, quoteOf(pair)) : zero,
    base: gives === 'base' ? held(birth.allotted, baseOf(pair)) : zero,
    dealNumber: 0,
    dealsInRow: 0,
    lossesInRow: 0,
    ...noDealYet,
    ...(direction === 'short' ? { earned: zero } : {}),
  };
}

/** Quote of a bot of long deals, coins of one of short ones. */
export function funded({ pair, direction }: DcaSettings, stored: DcaState, asset: Asset, more: Amount): DcaState | null {
  const { gives } = wayOf({ direction });
  if (asset !== (gives === 'quote' ? quoteOf(pair) : baseOf(pair))) return null;
  const state = current(stored);
  return { ...state, [gives]: (state[gives] + more) as Amount };
}

export function step(settings: DcaSettings, stored: DcaState, event: BotEvent): StepResult<DcaState> {
  const state = current(stored);
  const turn: Turn = {
    settings,
    at: event.at,
    quote: event.quotes.get(settings.pair),
    condition: event.kind === 'woken' && event.wake.kind === 'condition' ? unscoped(event.wake.condition, state.bot) : null,
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
      return state;
    case 'signal':
      return signalled(settings, state, event);
    case 'order-event':
      return orderEvent(settings, state, event.event);
    case 'refused':
      return refused(settings, state, event.intent, event.code, event.reason, event);
    case 'filters-changed':
      return event.rules.pair === settings.pair && !sameRules(event.rules, state.rules)
        ? withRules(settings, state, event.rules)
        : state;
    case 'pair-halted':
      return event.pair === settings.pair && event.halted !== state.halted ? { ...state, halted: event.halted } : state;
    case 'command':
      return refuses(settings, state, event.command) === null ? commanded(settings, state, event.command) : state;
    default:
      return unreachable(event);
  }
}

export const sameRules = (a: PairRules, b: PairRules): boolean =>
  (Object.keys(a) as (keyof PairRules)[]).every((key) => a[key] === b[key]);
