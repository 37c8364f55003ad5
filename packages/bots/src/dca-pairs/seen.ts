/** What a place sees of the bot when it is stepped or asked, and what of that it keeps. */
import { type Amount, type BotEvent, type Pair, type PairRules, zero } from '@holdfast/domain';
import type { DcaSettings } from '../dca/settings.ts';
import type { DcaState } from '../dca/state.ts';
import { partOf } from '../several-pairs.ts';
import { never, openerOf, openOf, pairOf, placesLeft, placesOf, rulesFor, stateOf } from './places.ts';
import { dealsOnPair, type SeveralPairs } from './settings.ts';
import type { PlaceName, SeveralState } from './state.ts';

/** What the pair's other places have earned: sizes that follow profit count that of the pair. */
const earnedBeside = (state: SeveralState, name: PlaceName): bigint =>
  placesOf(state, pairOf(name)).reduce((sum, each) => (each === name ? sum : sum + stateOf(state, each).realised), 0n);

/** The state that a place is stepped with. `asked`: a person or a message starts a deal, which waits for less. */
export function seenBy(settings: SeveralPairs, state: SeveralState, name: PlaceName, asked = false): DcaState {
  const own = stateOf(state, name);
  const rules = rulesFor(settings, state, name, own.rules);
  const seen: DcaState = { ...own, ...state.shared, rules, ...startOf(state, pairOf(name)) };
  if (own.deal !== null) return seen;
  const opener = openerOf(settings, state, pairOf(name));
  if (opener?.place !== name || (opener.rests !== null && !asked))
    return { ...seen, restUntil: never, dealAsked: false, startAt: null };
  return {
    ...seen,
    realised: (own.realised + earnedBeside(state, name)) as Amount,
    restUntil: opener.restUntil,
    ...(opener.beyond === null || asked ? {} : { beyond: opener.beyond }),
  };
}

/** The price at which the pair was started, whichever of its places looked first. */
function startOf(state: SeveralState, pair: Pair): Pick<DcaState, 'startedAt'> {
  const startedAt = placesOf(state, pair).flatMap((name) => stateOf(state, name).startedAt ?? [])[0];
  return startedAt === undefined ? {} : { startedAt };
}

/** What a place keeps of its state after a step: what was only shown to it goes. */
export function kept(state: SeveralState, name: PlaceName, seen: DcaState, after: DcaState, event: BotEvent): DcaState {
  const { beyond, ...own } = after;
  const before = stateOf(state, name);
  const beside = seen.deal === null && seen.restUntil !== never ? earnedBeside(state, name) : 0n;
  return {
    ...own,
    rules: rulesAfter(before.rules, event),
    realised: (after.realised - beside) as Amount,
    restUntil: after.restUntil === never ? before.restUntil : after.restUntil,
  };
}

const rulesAfter = (rules: PairRules, event: BotEvent): PairRules =>
  event.kind === 'filters-changed' && event.rules.pair === rules.pair ? event.rules : rules;

/** M1: an equal share, with every other deal that may open, of what no deal holds. */
export function lent(settings: SeveralPairs, state: SeveralState, { direction, pair }: DcaSettings): Amount {
  const places = placesLeft(settings, state);
  if (direction === 'long') return (state.pool / BigInt(places)) as Amount;
  const ofPair = Math.min(dealsOnPair(settings) - openOf(state, pair).length, places);
  return ((state.coins?.[pair] ?? zero) / BigInt(ofPair)) as Amount;
}

/** The bot's money after a step of a place that was lent some, and the place without what no deal of it keeps. */
export function returned(
  { pool, coins }: Pick<SeveralState, 'pool' | 'coins'>,
  { direction, pair }: DcaSettings,
  after: DcaState,
  given: Amount,
): { readonly money: Pick<SeveralState, 'pool' | 'coins'>; readonly own: DcaState } {
  const isLong = direction === 'long';
  const back = after.deal === null ? (isLong ? after.quote : after.base) : zero;
  const moved = back - given;
  const own = back === 0n ? after : { ...after, ...(isLong ? { quote: zero } : { base: zero }) };
  if (isLong) return { money: { pool: (pool + moved) as Amount, ...(coins === undefined ? {} : { coins }) }, own };
  return { money: { pool, coins: { ...coins, [pair]: ((coins?.[pair] ?? zero) + moved) as Amount } }, own };
}

/** Settings of a place, which are those of its pair. */
export const settingsOf = (settings: SeveralPairs, name: PlaceName): DcaSettings | undefined => partOf(settings, pairOf(name));
