/** What a DCA bot of several deals says about itself: what its places say, put together. */
import {
  type Amount,
  type Asset,
  type BotReport,
  baseOf,
  type ClosedDeal,
  type Coins,
  type Pair,
  type PairReport,
  zero,
} from '@holdfast/domain';
import { dca } from '../dca/dca.ts';
import type { DcaSettings } from '../dca/settings.ts';
import { wholeReport } from '../one-pair.ts';
import { quoteOfAll } from '../several-pairs.ts';
import { type Opener, openerOf, openOf, openPlaces, placesLeft, placesOf, stateOf } from './places.ts';
import { seenBy } from './seen.ts';
import { dealsOf, type SeveralPairs } from './settings.ts';
import type { PlaceName, SeveralState } from './state.ts';

/** Sentences that are said one by one; of the others their number. */
const saidMost = 4;

interface Said {
  readonly own: DcaSettings;
  readonly name: PlaceName;
  readonly said: PairReport;
}

export function report(settings: SeveralPairs, state: SeveralState): BotReport {
  const places = settings.parts.flatMap((own) =>
    placesOf(state, own.pair).map((name): Said => ({ own, name, said: saidBy(settings, state, own, name) })),
  );
  const wholes = places.map(({ own, said }) => wholeReport(own.pair, said));
  const sums = new Map<Asset, bigint>([[quoteOfAll(settings), state.pool]]);
  const add = (asset: Asset, amount: bigint): unknown => sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  for (const { asset, amount } of wholes.flatMap(({ holdings }) => holdings)) add(asset, amount);
  for (const [pair, amount] of Object.entries(state.coins ?? {})) add(baseOf(pair as Pair), amount);
  const isOpen = openPlaces(state).length > 0;
  return {
    state: isOpen ? 'deal-open' : places.some(({ said }) => said.state === 'idle') ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state, places),
    deals: wholes.flatMap(({ deals }) => deals).sort((a, b) => a.number - b.number),
    dealsClosed: places.reduce((sum, { said }) => sum + said.dealsClosed, 0),
    realised: places.reduce((sum, { said }) => (sum + said.realised) as Amount, zero),
    holdings: [...sums].map(([asset, amount]) => ({ asset, amount: amount as Amount })),
    dust: together(wholes.flatMap(({ dust }) => dust)),
    kept: together(wholes.flatMap(({ kept }) => kept)),
  };
}

/** A place without a deal speaks for itself where it waits for one; what is shown to it when it rests is not what it says. */
function saidBy(settings: SeveralPairs, state: SeveralState, own: DcaSettings, name: PlaceName): PairReport {
  const opener = openerOf(settings, state, own.pair);
  const isOpener = opener?.place === name && opener.rests === null;
  if (settings.dealsPerPair === 1 || (stateOf(state, name).deal === null && !isOpener))
    return dca.report(own, stateOf(state, name));
  const { realised, ...seen } = seenBy(settings, state, name);
  return dca.report(own, { ...seen, realised: stateOf(state, name).realised });
}

/** Coins of each pair once. */
function together(all: readonly (Coins & { readonly pair: Pair })[]): readonly (Coins & { readonly pair: Pair })[] {
  const sums = new Map<Pair, Coins & { readonly pair: Pair }>();
  for (const { pair, quantity, cost } of all) {
    const before = sums.get(pair) ?? { quantity: 0n, cost: 0n };
    sums.set(pair, { pair, quantity: (before.quantity + quantity) as Amount, cost: (before.cost + cost) as Amount });
  }
  return [...sums.values()];
}

function waitingFor(settings: SeveralPairs, state: SeveralState, all: readonly Said[]): string {
  const open = openPlaces(state).length;
  const places = `${open} of at most ${dealsOf(settings)} deals are open`;
  const speaks =
    placesLeft(settings, state) > 0 || open === 0
      ? all.filter((each) => speaksNow(settings, state, each))
      : all.filter(({ said }) => said.deal !== null);
  const further = settings.parts.flatMap(({ pair }) => furtherOn(state, pair, openerOf(settings, state, pair)));
  const own = [...speaks].sort((a, b) => Number(b.said.deal !== null) - Number(a.said.deal !== null));
  const sentences = [...new Set([...own.map(({ said }) => said.waitingFor), ...further])];
  const said = sentences.slice(0, saidMost);
  const more = sentences.length - said.length;
  return [places, ...said, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Of a pair's places without a deal only the one that may open one, or where none may the first. */
function speaksNow(settings: SeveralPairs, state: SeveralState, { own, name, said }: Said): boolean {
  if (settings.dealsPerPair === 1 || said.deal !== null) return true;
  const opener = openerOf(settings, state, own.pair);
  if (opener === null) return openOf(state, own.pair).length === 0 && name === own.pair;
  return opener.place === name && opener.rests === null;
}

function furtherOn(state: SeveralState, pair: Pair, opener: Opener | null): readonly string[] {
  const running = stateOf(state, pair).running && opener !== null;
  if (!running || opener.rests === null) return [];
  if (opener.rests === 'entering') return [`the base order of the newest deal on ${pair} before another opens there`];
  if (opener.rests === 'no-price') return [`an open deal of ${pair} to end before another opens there`];
  return [`the start conditions of ${pair} to cease and to hold again for another deal there`];
}

export function closedDeals(before: SeveralState, after: SeveralState): readonly ClosedDeal[] {
  return Object.entries(after.parts)
    .flatMap(([name, { state }]) => dca.closedDeals(stateOf(before, name as PlaceName), state))
    .sort((a, b) => a.closedAt - b.closedAt || a.number - b.number);
}
