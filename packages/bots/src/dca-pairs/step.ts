/** Several one-pair bots as one: which of them hears an event, with how much money, and whether it may open a deal. */
import {
  type Amount,
  type Asset,
  type BotEvent,
  baseOf,
  type Intent,
  idsOf,
  type Pair,
  type PairRules,
  type SignalAnswer,
  unreachable,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type BotBirth, type StepResult, unchanged } from '../bot-kind.ts';
import { dca } from '../dca/dca.ts';
import type { DcaState } from '../dca/state.ts';
import { sameRules } from '../dca/step.ts';
import { birthOn } from '../one-pair.ts';
import { held } from '../orders/sub-book.ts';
import { hearersOf, pairsOf, quoteOfAll, togetherOf } from '../several-pairs.ts';
import { ceaseWakes, followed, withCeased } from './again.ts';
import { type CommandEvent, commanded, refusesPlace } from './commands.ts';
import {
  never,
  type Opener,
  openerOf,
  pairOf,
  placeOf,
  placeOfOrder,
  placesLeft,
  placesOf,
  rulesFor,
  stateOf,
} from './places.ts';
import { kept, lent, returned, seenBy, settingsOf } from './seen.ts';
import type { SeveralPairs } from './settings.ts';
import { answers, type SignalEvent } from './signals.ts';
import type { Place, PlaceName, SeveralState, Shared } from './state.ts';

const allStop: ReadonlySet<string> = new Set(['stop-loss', 'losses-in-a-row', 'deals-done']);

export function initial(settings: SeveralPairs, birth: BotBirth): SeveralState {
  const coins: [Pair, Amount][] = [];
  const parts = settings.parts.map((part): [PlaceName, Place] => {
    const born = dca.initial(part, birthOn(birth, part.pair));
    if (part.direction === 'short') coins.push([part.pair, born.base]);
    return [part.pair, { state: { ...born, quote: zero, base: zero }, wakes: [] }];
  });
  return {
    v: 1,
    bot: birth.bot,
    parts: Object.fromEntries(parts),
    pool: held(birth.allotted, quoteOfAll(settings)),
    coins: Object.fromEntries(coins),
    shared: { dealNumber: 0, dealsInRow: 0, lossesInRow: 0 },
    last: null,
  };
}

/** Quote for all pairs of long deals, coins for the pair of short ones. */
export function funded(settings: SeveralPairs, state: SeveralState, asset: Asset, more: Amount): SeveralState | null {
  const [first] = settings.parts;
  if (first?.direction === 'long')
    return asset === quoteOfAll(settings) ? { ...state, pool: (state.pool + more) as Amount } : null;
  const part = settings.parts.find(({ pair }) => baseOf(pair) === asset);
  if (part === undefined) return null;
  return { ...state, coins: { ...state.coins, [part.pair]: ((state.coins?.[part.pair] ?? 0n) + more) as Amount } };
}

interface Turn {
  readonly settings: SeveralPairs;
  readonly event: BotEvent;
  readonly intents: Intent[];
  state: SeveralState;
  /** Whether any place has said anything new. */
  heard: boolean;
  /** Pairs of which something may have changed. */
  readonly touched: Set<Pair>;
}

export function step(settings: SeveralPairs, state: SeveralState, event: BotEvent): StepResult<SeveralState> {
  const now = withCeased(settings, state, event);
  const turn: Turn = { settings, event, intents: [], state: now, heard: now !== state, touched: new Set(state.mustCease) };
  if (event.kind === 'signal') hearSignal(turn, event);
  for (const place of hearers(turn)) {
    if (event.kind !== 'command' || mayHear(settings, turn.state, event, place)) stepPlace(turn, place, event);
  }
  if (event.kind === 'filters-changed') learn(turn, event.rules);
  offer(turn, state);
  // A wake that fired is used up, so the set has to be said again.
  if (!turn.heard && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: turn.state, intents: turn.intents, wakes: wakesOf(settings, turn.state) };
}

/** Whether a command still does something once the places before have heard it. */
function mayHear(settings: SeveralPairs, state: SeveralState, { command }: CommandEvent, place: PlaceName): boolean {
  if (command.name === 'start-deal' && openerOf(settings, state, pairOf(place))?.place !== place) return false;
  return refusesPlace(settings, state, command, place) === null;
}

/** New filters are known to all places, also to those whose share of them is as before. */
function learn(turn: Turn, rules: PairRules): void {
  for (const name of placesOf(turn.state, rules.pair)) {
    const place = placeOf(turn.state, name);
    if (sameRules(place.state.rules, rules)) continue;
    turn.heard = true;
    const parts = { ...turn.state.parts, [name]: { ...place, state: { ...place.state, rules } } };
    turn.state = { ...turn.state, parts };
  }
}

/** The places that an event is for. */
function hearers({ settings, state, event }: Turn): readonly PlaceName[] {
  const waits = (pair: Pair): readonly Wake[] => waitsOn(settings, state, pair);
  return hearersOf(event, pairsOf(settings), waits).flatMap((pair) => hearersOn(settings, state, event, pair));
}

function hearersOn(settings: SeveralPairs, state: SeveralState, event: BotEvent, pair: Pair): readonly PlaceName[] {
  const names = placesOf(state, pair);
  const isAlone = settings.dealsPerPair === 1;
  switch (event.kind) {
    case 'command':
      return commanded(settings, state, event, pair);
    case 'order-event':
      return isAlone ? names : [placeOfOrder(state, pair, [event.event.clientOrderId]) ?? []].flat();
    case 'refused': {
      const { intent } = event;
      const ids = intent.kind === 'cancel-order' ? [intent.clientOrderId] : idsOf(intent);
      return isAlone ? names : [placeOfOrder(state, pair, ids) ?? []].flat();
    }
    case 'woken': {
      const { wake } = event;
      const text = JSON.stringify(wake);
      const isFor = (own: Wake): boolean =>
        wake.kind === 'time' ? own.kind === 'time' && own.at <= event.at : isAlone || JSON.stringify(own) === text;
      return names.filter((name) => waitsOf(settings, state, name).some(isFor));
    }
    case 'started':
    case 'filters-changed':
    case 'pair-halted':
    case 'balance-changed':
    case 'signal':
      return names;
    default:
      return unreachable(event);
  }
}

/** A message that starts deals starts one on each pair that takes it, while there are places. */
function hearSignal(turn: Turn, event: SignalEvent): void {
  for (const { place, answer } of answers(turn.settings, turn.state, event, true)) {
    const isStart = event.signal.ask.kind === 'commands';
    if (answer.kind === 'taken' && (!isStart || placesLeft(turn.settings, turn.state) > 0)) stepPlace(turn, place, event);
  }
}

export function hears(settings: SeveralPairs, state: SeveralState, event: SignalEvent): SignalAnswer {
  const all = answers(settings, state, event, placesLeft(settings, state) > 0).map(({ answer }) => answer);
  return all.find(({ kind }) => kind === 'taken') ?? (all[0] as SignalAnswer);
}

/** A place that may open no deal waits for nothing, so no wake is its. */
function waitsOf(settings: SeveralPairs, state: SeveralState, name: PlaceName): readonly Wake[] {
  const { state: own, wakes } = placeOf(state, name);
  if (own.deal !== null) return wakes;
  const opener = openerOf(settings, state, pairOf(name));
  return opener?.place === name && opener.rests === null ? wakes : [];
}

const wakesOf = (settings: SeveralPairs, state: SeveralState): readonly Wake[] =>
  togetherOf([...pairsOf(settings).flatMap((pair) => waitsOn(settings, state, pair)), ...ceaseWakes(settings, state)]);

/** What the places of a pair wait for, each thing once. */
function waitsOn(settings: SeveralPairs, state: SeveralState, pair: Pair): readonly Wake[] {
  const all = placesOf(state, pair).map((name) => waitsOf(settings, state, name));
  const waiting = all.filter(({ length }) => length > 0);
  if (waiting.length < 2) return waiting[0] ?? [];
  return [...new Map(waiting.flat().map((wake) => [JSON.stringify(wake), wake])).values()];
}

const startsDeal = (event: BotEvent): boolean =>
  (event.kind === 'command' && event.command.name === 'start-deal') ||
  (event.kind === 'signal' && event.signal.ask.kind === 'commands');

/** Steps one place with its share of the money, or at rest when it may open no deal. */
function stepPlace(turn: Turn, name: PlaceName, event: BotEvent): void {
  const { settings, state } = turn;
  const own = settingsOf(settings, name);
  if (own === undefined) return;
  const before = stateOf(state, name);
  const seen = seenBy(settings, state, name, startsDeal(event));
  const given = before.deal === null && seen.restUntil !== never ? lent(settings, state, own) : zero;
  const isLong = own.direction === 'long';
  const rich: DcaState = {
    ...seen,
    quote: (isLong ? seen.quote + given : seen.quote) as Amount,
    base: (isLong ? seen.base : seen.base + given) as Amount,
  };
  const result = dca.step(own, rich, eventFor(settings, state, name, event));
  if (!('state' in result)) return;
  turn.heard = true;
  turn.touched.add(own.pair);
  turn.intents.push(...result.intents);
  const after = kept(state, name, seen, result.state, event);
  const { money, own: poor } = returned(state, own, after, given);
  const opened = before.deal === null && after.deal !== null;
  const next: SeveralState = {
    ...state,
    ...money,
    parts: { ...state.parts, [name]: { state: poor, wakes: result.wakes } },
    shared: sharedOf(after),
    last: opened ? own.pair : state.last,
  };
  turn.state = followed(settings, next, own, opened);
  if (before.running && !after.running && after.stoppedBecause !== null) stopOthers(turn, own.pair, after.stoppedBecause);
}

/** New filters as the place has them. */
const eventFor = (settings: SeveralPairs, state: SeveralState, name: PlaceName, event: BotEvent): BotEvent =>
  event.kind === 'filters-changed' ? { ...event, rules: rulesFor(settings, state, name, event.rules) } : event;

const sharedOf = ({ dealNumber, dealsInRow, lossesInRow }: DcaState): Shared => ({ dealNumber, dealsInRow, lossesInRow });

/** What stops the bot stops all pairs; what is wrong with one pair stops its other places. */
function stopOthers(turn: Turn, of: Pair, stoppedBecause: NonNullable<DcaState['stoppedBecause']>): void {
  const { at, quotes } = turn.event;
  const pairs = allStop.has(stoppedBecause.code) ? pairsOf(turn.settings) : [of];
  for (const name of pairs.flatMap((pair) => placesOf(turn.state, pair))) {
    if (!stateOf(turn.state, name).running) continue;
    stepPlace(turn, name, { kind: 'command', command: { name: 'stop' }, at, quotes });
    const place = placeOf(turn.state, name);
    const stopped = { ...place, state: { ...place.state, stoppedBecause } };
    turn.state = { ...turn.state, parts: { ...turn.state.parts, [name]: stopped } };
  }
}

/** Who may open a deal and could not before, or not so, may look: those first that come after the pair of the newest deal. */
function offer(turn: Turn, before: SeveralState): void {
  const { settings, event } = turn;
  const isFree = placesLeft(settings, before) === 0 && placesLeft(settings, turn.state) > 0;
  if (!isFree && settings.dealsPerPair === 1) return;
  const pairs = pairsOf(settings);
  const first = pairs.indexOf(turn.state.last ?? (pairs[0] as Pair)) + 1;
  const wake: Wake = { kind: 'time', at: event.at };
  for (const pair of [...pairs.slice(first), ...pairs.slice(0, first)]) {
    if (!isFree && !turn.touched.has(pair)) continue;
    const opener = openerOf(settings, turn.state, pair);
    if (opener === null || opener.rests !== null || (!isFree && isSame(opener, openerOf(settings, before, pair)))) continue;
    stepPlace(turn, opener.place, { kind: 'woken', wake, at: event.at, quotes: event.quotes });
  }
}

const isSame = (a: Opener, b: Opener | null): boolean =>
  a.place === b?.place && a.rests === b.rests && a.restUntil === b.restUntil && a.beyond === b.beyond;
