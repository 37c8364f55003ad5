/** The places of a DCA bot: which are there, which of a pair opens the next deal, and what each sees of the exchange's filters. */
import { type EpochMs, type Pair, type PairRules, type Ticks, unit, zero } from '@holdfast/domain';
import { averagingPrice } from '../dca/arithmetic.ts';
import { noDealYet } from '../dca/change.ts';
import { reaches, wayOf } from '../dca/direction.ts';
import type { DcaSettings } from '../dca/settings.ts';
import type { DcaState, Deal } from '../dca/state.ts';
import { readOrderName } from '../order-name.ts';
import { partOf } from '../several-pairs.ts';
import { dealsOf, dealsOnPair, type SeveralPairs } from './settings.ts';
import type { Place, PlaceName, SeveralState } from './state.ts';

/** A time that never comes: a place that may open no deal rests until then. */
export const never = Number.MAX_SAFE_INTEGER as EpochMs;

const nameOf = (pair: Pair, number: number): PlaceName => (number === 1 ? pair : `${pair}#${number}`);

export const pairOf = (name: PlaceName): Pair => name.split('#', 1)[0] as Pair;

/** The places of a pair that are there, the first of them first. */
export function placesOf({ parts }: Pick<SeveralState, 'parts'>, pair: Pair): readonly PlaceName[] {
  const names: PlaceName[] = [];
  for (let number = 1; parts[nameOf(pair, number)] !== undefined; number++) names.push(nameOf(pair, number));
  return names;
}

/** A place, also one that is not there yet. */
export function placeOf({ parts }: Pick<SeveralState, 'parts'>, name: PlaceName): Place {
  return parts[name] ?? { state: empty((parts[pairOf(name)] as Place).state), wakes: [] };
}

/** A further place of the pair: the first one's without anything that is a deal's. */
const empty = (first: DcaState): DcaState => ({
  ...first,
  ...noDealYet,
  quote: zero,
  base: zero,
  ...(first.earned === undefined ? {} : { earned: zero }),
});

export const stateOf = (state: Pick<SeveralState, 'parts'>, name: PlaceName): DcaState => placeOf(state, name).state;

export const openPlaces = ({ parts }: SeveralState): readonly DcaState[] =>
  Object.values(parts).flatMap(({ state }) => (state.deal === null ? [] : [state]));

/** The places of a pair whose deal is open. */
export const openOf = (state: SeveralState, pair: Pair): readonly PlaceName[] =>
  placesOf(state, pair).filter((name) => stateOf(state, name).deal !== null);

/** M2, with the deals that are open counted in where the bot is to do no more than so many. */
export function placesLeft(settings: SeveralPairs, state: SeveralState): number {
  const { dealsAtMost } = settings.parts[0] as DcaSettings;
  const most = dealsOf(settings);
  const left = dealsAtMost === 0 ? most : Math.min(most, dealsAtMost - state.shared.dealsInRow);
  return Math.max(0, left - openCount(state));
}

/** Asked for each pair of a bot of a hundred: counted once a state. */
const counts = new WeakMap<SeveralState['parts'], number>();

function openCount(state: SeveralState): number {
  const known = counts.get(state.parts);
  if (known !== undefined) return known;
  const count = openPlaces(state).length;
  counts.set(state.parts, count);
  return count;
}

/** The place of a pair that opens its next deal (M4). */
export interface Opener {
  readonly place: PlaceName;
  /** Why it does not wait for its start now, though a command may open its deal. */
  readonly rests: 'entering' | 'must-cease' | 'no-price' | null;
  /** End of the pause after the pair's last deal. */
  readonly restUntil: EpochMs | null;
  /** By itself it opens at this price or further on the side of loss. */
  readonly beyond: Ticks | null;
}

/** Null where the pair has as many deals as it may have, or the bot has. */
export function openerOf(settings: SeveralPairs, state: SeveralState, pair: Pair): Opener | null {
  if (placesLeft(settings, state) === 0) return null;
  if (settings.dealsPerPair === 1) return onlyOpener(stateOf(state, pair), pair);
  const names = placesOf(state, pair);
  const idle = names.filter((name) => stateOf(state, name).deal === null);
  const further = names.length < settings.dealsPerPair ? nameOf(pair, names.length + 1) : undefined;
  const place = idle.find((name) => isAsked(stateOf(state, name))) ?? idle[0] ?? further;
  if (place === undefined) return null;
  const restUntil = names.reduce<EpochMs | null>((most, name) => later(most, stateOf(state, name).restUntil), null);
  const open = names.flatMap((name) => stateOf(state, name).deal ?? []);
  const own = partOf(settings, pair);
  if (open.length === 0 || own === undefined || stateOf(state, place).dealAsked)
    return { place, rests: null, restUntil, beyond: null };
  if (open.some(({ phase }) => phase === 'entering')) return { place, rests: 'entering', restUntil, beyond: null };
  if (state.mustCease?.includes(pair)) return { place, rests: 'must-cease', restUntil, beyond: null };
  if (settings.dealStep === 0n) return { place, rests: null, restUntil, beyond: null };
  const beyond = stepFrom(own, settings.dealStep, open, stateOf(state, place).rules);
  return { place, rests: beyond === null ? 'no-price' : null, restUntil, beyond };
}

const onlyOpener = ({ deal, restUntil }: DcaState, pair: Pair): Opener | null =>
  deal === null ? { place: pair, rests: null, restUntil, beyond: null } : null;

const isAsked = ({ dealAsked, startAt }: DcaState): boolean => dealAsked || startAt !== null;

const later = (a: EpochMs | null, b: EpochMs | null): EpochMs | null => (a === null || (b !== null && b > a) ? b : a);

/** A step beyond the entry that lies farthest on the side of loss, rounded as averaging orders are; null where no price is left. */
function stepFrom({ direction }: DcaSettings, step: bigint, open: readonly Deal[], rules: PairRules): Ticks | null {
  const way = wayOf({ direction });
  let farthest: Ticks | null = null;
  for (const { entry } of open) {
    if (entry.quantity <= 0n) continue;
    const price = averagingPrice({ direction, step, stepMultiplier: unit, ladder: [] }, entry, rules, 1);
    if (price === null) return null;
    if (farthest === null || reaches(way, farthest, price)) farthest = price;
  }
  return farthest;
}

/** M5: the exchange's filters as one place has them: its part of the orders, and the stops and OCOs that the pair's others leave. */
export function rulesFor(settings: SeveralPairs, state: SeveralState, name: PlaceName, rules: PairRules): PairRules {
  const deals = dealsOnPair(settings);
  if (deals === 1) return rules;
  const others = placesOf(state, pairOf(name)).filter((each) => each !== name);
  const stops = others.flatMap((each) => stateOf(state, each).orders.filter(({ role }) => role === 'stop-loss'));
  const lists = stops.filter(({ twin }) => twin !== undefined);
  return {
    ...rules,
    maxOrders: Math.floor(rules.maxOrders / deals),
    maxAlgoOrders: Math.max(rules.maxAlgoOrders - stops.length, 0),
    maxOrderLists: Math.max(rules.maxOrderLists - lists.length, 0),
  };
}

/** The pair's place whose deal has the number, or an order of the name. */
export const placeOfDeal = (state: SeveralState, pair: Pair, deal: number): PlaceName | undefined =>
  placesOf(state, pair).find((name) => stateOf(state, name).deal?.number === deal);

export function placeOfOrder(state: SeveralState, pair: Pair, ids: readonly string[]): PlaceName | undefined {
  const names = placesOf(state, pair);
  const knows = (name: PlaceName): boolean => stateOf(state, name).orders.some(({ id }) => ids.includes(id));
  const numbers = ids.flatMap((id) => readOrderName(id)?.deal ?? []);
  return names.find(knows) ?? numbers.flatMap((deal) => placeOfDeal(state, pair, deal) ?? [])[0];
}
