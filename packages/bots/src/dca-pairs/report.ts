/** What a DCA bot of several pairs says about itself: what its parts say, put together. */
import { type Amount, type Asset, type BotReport, type ClosedDeal, type PairReport, zero } from '@holdfast/domain';
import { dca } from '../dca/dca.ts';
import { wholeReport } from '../one-pair.ts';
import { dealsOf, quoteOfAll } from './needs.ts';
import type { SeveralPairs } from './settings.ts';
import type { Part, SeveralState } from './state.ts';
import { openParts, placesLeft } from './step.ts';

/** Sentences that are said one by one; of the others their number. */
const saidMost = 4;

export function report(settings: SeveralPairs, state: SeveralState): BotReport {
  const parts = settings.parts.map((own) => {
    const said = dca.report(own, (state.parts[own.pair] as Part).state);
    return { own, said, whole: wholeReport(own.pair, said) };
  });
  const sums = new Map<Asset, bigint>([[quoteOfAll(settings), state.pool]]);
  for (const { asset, amount } of parts.flatMap(({ whole }) => whole.holdings)) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  const isOpen = openParts(state).length > 0;
  return {
    state: isOpen ? 'deal-open' : parts.some(({ said }) => said.state === 'idle') ? 'idle' : 'stopped',
    waitingFor: waitingFor(
      settings,
      state,
      parts.map(({ said }) => said),
    ),
    deals: parts.flatMap(({ whole }) => whole.deals).sort((a, b) => a.number - b.number),
    dealsClosed: parts.reduce((sum, { said }) => sum + said.dealsClosed, 0),
    realised: parts.reduce((sum, { said }) => (sum + said.realised) as Amount, zero),
    holdings: [...sums].map(([asset, amount]) => ({ asset, amount: amount as Amount })),
    dust: parts.flatMap(({ whole }) => whole.dust),
    kept: parts.flatMap(({ whole }) => whole.kept),
  };
}

function waitingFor(settings: SeveralPairs, state: SeveralState, parts: readonly PairReport[]): string {
  const open = openParts(state).length;
  const places = `${open} of at most ${dealsOf(settings)} deals are open`;
  const speaks = placesLeft(settings, state) > 0 || open === 0 ? parts : parts.filter(({ deal }) => deal !== null);
  const sentences = [...new Set([...speaks].sort(dealsFirst).map(({ waitingFor: each }) => each))];
  const said = sentences.slice(0, saidMost);
  const more = sentences.length - said.length;
  return [places, ...said, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const dealsFirst = (a: PairReport, b: PairReport): number => Number(b.deal !== null) - Number(a.deal !== null);

export function closedDeals(before: SeveralState, after: SeveralState): readonly ClosedDeal[] {
  return Object.entries(after.parts)
    .flatMap(([pair, { state }]) => {
      const was = before.parts[pair as keyof typeof before.parts];
      return was === undefined ? [] : dca.closedDeals(was.state, state);
    })
    .sort((a, b) => a.closedAt - b.closedAt || a.number - b.number);
}
