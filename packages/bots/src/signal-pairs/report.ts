/** What a signal bot of several pairs says about itself: what its places say, put together. */
import { type Amount, type Asset, type BotReport, type ClosedDeal, type Pair, zero } from '@holdfast/domain';
import { wholeReport } from '../one-pair.ts';
import { pairsOf, quoteOfAll } from '../several-pairs.ts';
import { signal } from '../signal/signal.ts';
import { positionsOf, type SeveralSignals } from './settings.ts';
import { isIdle, openPairs, placeOf, type SeveralSignalsState } from './state.ts';

/** Sentences that are said one by one; of the others their number. */
const saidMost = 4;

export function report(settings: SeveralSignals, state: SeveralSignalsState): BotReport {
  const wholes = settings.parts.map((own) => wholeReport(own.pair, signal.report(own, placeOf(state, own.pair).state)));
  const sums = new Map<Asset, bigint>([[quoteOfAll(settings), state.pool]]);
  for (const { asset, amount } of wholes.flatMap(({ holdings }) => holdings)) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  const isOpen = openPairs(state).length > 0;
  return {
    state: isOpen ? 'deal-open' : wholes.some((each) => each.state === 'idle') ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state, wholes),
    deals: wholes.flatMap(({ deals }) => deals).sort((a, b) => a.number - b.number),
    dealsClosed: wholes.reduce((sum, { dealsClosed }) => sum + dealsClosed, 0),
    realised: wholes.reduce((sum, { realised }) => (sum + realised) as Amount, zero),
    holdings: [...sums].map(([asset, amount]) => ({ asset, amount: amount as Amount })),
    dust: wholes.flatMap(({ dust }) => dust),
    kept: wholes.flatMap(({ kept }) => kept),
  };
}

/** What is open speaks pair by pair; of the others those first that do not only wait for a signal. */
function waitingFor(settings: SeveralSignals, state: SeveralSignalsState, wholes: readonly BotReport[]): string {
  const pairs = pairsOf(settings);
  const open = openPairs(state);
  const sentenceOf = (pair: Pair): string => wholes[pairs.indexOf(pair)]?.waitingFor ?? '';
  const plain = (pair: Pair): boolean => sentenceOf(pair) === `a signal for ${pair}`;
  const idle = pairs.filter((pair) => isIdle(placeOf(state, pair).state));
  const waiting = idle.filter(plain);
  const others = idle.filter((pair) => !plain(pair)).map(sentenceOf);
  const sentences = [...new Set([...open.map((pair) => `${pair}: ${sentenceOf(pair)}`), ...others])];
  const isFull = open.length >= positionsOf(settings);
  if (!isFull && waiting.length > 0)
    sentences.push(
      waiting.length > saidMost ? `a signal for one of ${waiting.length} pairs` : `a signal for ${waiting.join(', ')}`,
    );
  const said = sentences.slice(0, saidMost + 1);
  const more = sentences.length - said.length;
  const count = `${open.length} of at most ${positionsOf(settings)} positions are open`;
  return [count, ...said, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

export const closedDeals = (before: SeveralSignalsState, after: SeveralSignalsState): readonly ClosedDeal[] =>
  (Object.keys(after.parts) as Pair[])
    .flatMap((pair) => signal.closedDeals(placeOf(before, pair).state, placeOf(after, pair).state))
    .sort((a, b) => a.closedAt - b.closedAt || a.number - b.number);
