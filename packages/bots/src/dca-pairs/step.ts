/** Several one-pair bots as one: which of them hears an event, with how much money, and whether it may open a deal. */
import {
  type Amount,
  type BotCommand,
  type BotEvent,
  type EpochMs,
  type Intent,
  type Pair,
  type SignalAnswer,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type BotBirth, type StepResult, unchanged } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import type { DcaSettings } from '../dca/settings.ts';
import type { DcaState } from '../dca/state.ts';
import { birthOn } from '../one-pair.ts';
import { held, type SubBook } from '../orders/sub-book.ts';
import { hearersOf, togetherOf } from '../several-pairs.ts';
import { quoteOfAll } from './needs.ts';
import { partOf, type SeveralPairs } from './settings.ts';
import { answers, type SignalEvent } from './signals.ts';
import type { Part, SeveralState, Shared } from './state.ts';

/** A time that never comes: a part that may open no deal rests until then. */
const never = Number.MAX_SAFE_INTEGER as EpochMs;
const allStop: ReadonlySet<string> = new Set(['stop-loss', 'losses-in-a-row', 'deals-done']);

export function initial(settings: SeveralPairs, birth: BotBirth): SeveralState {
  const withoutQuote: SubBook = { ...birth.allotted, [quoteOfAll(settings)]: zero };
  const parts = settings.parts.map((part): [Pair, Part] => {
    const state = dca.initial(part, { ...birthOn(birth, part.pair), allotted: withoutQuote });
    return [part.pair, { state, wakes: [] }];
  });
  return {
    v: 1,
    bot: birth.bot,
    parts: Object.fromEntries(parts),
    pool: held(birth.allotted, quoteOfAll(settings)),
    shared: { dealNumber: 0, dealsInRow: 0, lossesInRow: 0 },
    last: null,
  };
}

interface Turn {
  readonly settings: SeveralPairs;
  readonly event: BotEvent;
  readonly intents: Intent[];
  state: SeveralState;
  /** Whether any part has said anything new. */
  heard: boolean;
}

export function step(settings: SeveralPairs, state: SeveralState, event: BotEvent): StepResult<SeveralState> {
  const turn: Turn = { settings, event, intents: [], state, heard: false };
  const before = placesLeft(settings, state);
  const pairs = settings.parts.map(({ pair }) => pair);
  if (event.kind === 'signal') hearSignal(turn, event);
  for (const pair of hearersOf(event, pairs, (each) => waitsOf(settings, state, each))) {
    if (event.kind === 'command' && event.pair === undefined && refusesPart(settings, turn.state, event.command, pair) !== null)
      continue;
    stepPart(turn, pair, event);
  }
  if (before === 0 && placesLeft(settings, turn.state) > 0) offerPlaces(turn);
  // A wake that fired is used up, so the set has to be said again.
  if (!turn.heard && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return {
    state: turn.state,
    intents: turn.intents,
    wakes: togetherOf(pairs.flatMap((pair) => waitsOf(settings, turn.state, pair))),
  };
}

/** A message that starts deals starts one on each pair that takes it, while there are places. */
function hearSignal(turn: Turn, event: SignalEvent): void {
  for (const { pair, answer } of answers(turn.settings, turn.state, event, true)) {
    const isStart = event.signal.ask.kind === 'commands';
    if (answer.kind === 'taken' && (!isStart || placesLeft(turn.settings, turn.state) > 0)) stepPart(turn, pair, event);
  }
}

export function hears(settings: SeveralPairs, state: SeveralState, event: SignalEvent): SignalAnswer {
  const all = answers(settings, state, event, placesLeft(settings, state) > 0).map(({ answer }) => answer);
  return all.find(({ kind }) => kind === 'taken') ?? (all[0] as SignalAnswer);
}

/** M2, with the deals that are open counted in where the bot is to do no more than so many. */
export function placesLeft({ dealsAtOnce, parts: [first] }: SeveralPairs, state: SeveralState): number {
  const { dealsAtMost } = first as DcaSettings;
  const open = openParts(state).length;
  const left = dealsAtMost === 0 ? dealsAtOnce : Math.min(dealsAtOnce, dealsAtMost - state.shared.dealsInRow);
  return Math.max(0, left - open);
}

export const openParts = ({ parts }: SeveralState): readonly DcaState[] =>
  Object.values(parts).flatMap(({ state }) => (state.deal === null ? [] : [state]));

const partFor = (state: SeveralState, pair: Pair): Part => state.parts[pair] as Part;

/** A part that may open no deal waits for nothing, so no wake is its. */
const waitsOf = (settings: SeveralPairs, state: SeveralState, pair: Pair): readonly Wake[] =>
  isWaiting(settings, state, pair) ? partFor(state, pair).wakes : [];

const isWaiting = (settings: SeveralPairs, state: SeveralState, pair: Pair): boolean =>
  partFor(state, pair).state.deal !== null || placesLeft(settings, state) > 0;

/** Steps one part with its share of the money, or at rest when no place is left for a deal of it. */
function stepPart(turn: Turn, pair: Pair, event: BotEvent): void {
  const { settings, state } = turn;
  const own = partOf(settings, pair);
  if (own === undefined) return;
  const { state: before } = partFor(state, pair);
  const isIdle = before.deal === null;
  const places = placesLeft(settings, state);
  const isResting = isIdle && places === 0;
  const lent = isIdle && places > 0 && own.direction === 'long' ? state.pool / BigInt(places) : 0n;
  const given: DcaState = {
    ...before,
    ...state.shared,
    quote: (before.quote + lent) as Amount,
    ...(isResting ? { restUntil: never, dealAsked: false, startAt: null } : {}),
  };
  const result = dca.step(own, given, event);
  if (!('state' in result)) return;
  turn.heard = true;
  turn.intents.push(...result.intents);
  const after = result.state.restUntil === never ? { ...result.state, restUntil: before.restUntil } : result.state;
  const back = after.deal === null && own.direction === 'long' ? after.quote : 0n;
  turn.state = {
    ...state,
    parts: { ...state.parts, [pair]: { state: { ...after, quote: (after.quote - back) as Amount }, wakes: result.wakes } },
    pool: (state.pool - lent + back) as Amount,
    shared: sharedOf(after),
    last: isIdle && after.deal !== null ? pair : state.last,
  };
  if (before.running && !after.running && allStop.has(after.stoppedBecause?.code ?? '')) stopAll(turn, after.stoppedBecause);
}

const sharedOf = ({ dealNumber, dealsInRow, lossesInRow }: DcaState): Shared => ({ dealNumber, dealsInRow, lossesInRow });

/** What stops the bot and not only one pair of it. */
function stopAll(turn: Turn, stoppedBecause: DcaState['stoppedBecause']): void {
  const { at, quotes } = turn.event;
  for (const { pair } of turn.settings.parts) {
    if (!partFor(turn.state, pair).state.running) continue;
    stepPart(turn, pair, { kind: 'command', command: { name: 'stop' }, at, quotes });
    const part = partFor(turn.state, pair);
    turn.state = { ...turn.state, parts: { ...turn.state.parts, [pair]: { ...part, state: { ...part.state, stoppedBecause } } } };
  }
}

/** A place has become free: every part without a deal may look again, those first that come after the pair of the newest deal. */
function offerPlaces(turn: Turn): void {
  const { settings, event } = turn;
  const pairs = settings.parts.map(({ pair }) => pair);
  const first = pairs.indexOf(turn.state.last ?? (pairs[0] as Pair)) + 1;
  const wake: Wake = { kind: 'time', at: event.at };
  for (const pair of [...pairs.slice(first), ...pairs.slice(0, first)]) {
    if (partFor(turn.state, pair).state.deal !== null || placesLeft(settings, turn.state) === 0) continue;
    stepPart(turn, pair, { kind: 'woken', wake, at: event.at, quotes: event.quotes });
  }
}

const ofTheBot: ReadonlySet<BotCommand['name']> = new Set(['start-deal', 'stop', 'resume', 'close-now', 'cancel-deal']);

/** Pairs that a command without one is for. */
function commanded(settings: SeveralPairs, state: SeveralState, { name }: BotCommand): readonly Pair[] {
  const pairs = settings.parts.map(({ pair }) => pair);
  return ofTheBot.has(name) ? pairs : pairs.filter((pair) => partFor(state, pair).state.deal !== null);
}

function refusesPart(settings: SeveralPairs, state: SeveralState, command: BotCommand, pair: Pair): string | null {
  const own = partOf(settings, pair);
  if (own === undefined) return `The bot does not trade ${pair}.`;
  const part = partFor(state, pair).state;
  const why = dca.refuses(own, part, command);
  if (why !== null || command.name !== 'start-deal' || placesLeft(settings, state) > 0) return why;
  return `${openParts(state).length} deals are open, and no more may be at once.`;
}

/** Null where a command does something for any of its pairs. What is done to one deal needs its pair where several are open. */
export function refuses(settings: SeveralPairs, state: SeveralState, command: BotCommand, pair?: Pair): string | null {
  if (pair !== undefined) return refusesPart(settings, state, command, pair);
  const pairs = commanded(settings, state, command);
  if (pairs.length === 0) return 'No deal is open.';
  if (!ofTheBot.has(command.name) && pairs.length > 1) return `Name the pair: deals are open on ${pairs.join(', ')}.`;
  const answers = pairs.map((each) => refusesPart(settings, state, command, each));
  return answers.includes(null) ? null : (answers[0] ?? null);
}
