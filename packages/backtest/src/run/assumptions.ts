/** What a run takes for granted unless it is told otherwise, and in words. */
import { amount, formatAmount } from '@holdfast/domain';
import type { Assumptions } from './result.ts';

/** Those of the simulated exchange on a tape, so that a paper account gives the same. */
export const usualAssumptions: Assumptions = {
  path: 'published',
  fill: 'touch',
  spreadTicks: 1,
  makerFee: amount('0.001'),
  takerFee: amount('0.001'),
  feeIn: 'received',
  slippageTicks: 0,
  volumeShare: 1,
  latencyMs: 0,
  depth: 'house',
  seed: 1,
};

const percent = (share: bigint): string => `${formatAmount(share * 100n)} %`;
const ticks = (count: number): string => `${count} ${count === 1 ? 'tick' : 'ticks'}`;

/** One sentence for each. */
export function assumptionsInWords(of: Assumptions): readonly string[] {
  const share =
    of.volumeShare === null ? 'any quantity' : `at most ${of.volumeShare * 100} % of the volume of each quarter of a candle`;
  return [
    of.path === 'published'
      ? 'Inside a candle the price goes from the open to the low, the high and the close where the close is not below the open, else to the high first.'
      : 'Inside a candle the price goes first to the extreme that is worse for the bot.',
    `A resting order fills at its own price when the price ${of.fill === 'touch' ? 'touches' : 'goes through'} it, ${share}.`,
    `The bid is the price of the candle and the ask lies ${ticks(of.spreadTicks)} above it.`,
    of.depth === 'best'
      ? 'Any quantity can be taken at the best price.'
      : 'An order that takes meets quotes of an eighth of a mean candle in the mean, each further one half a basis point worse.',
    `An order that takes gets ${ticks(of.slippageTicks)} worse than what it meets.`,
    `Fees are ${percent(of.makerFee)} for who rests and ${percent(of.takerFee)} for who takes, from ${of.feeIn === 'received' ? 'what is received' : 'the quote'}.`,
    ...(of.feeTiers ?? []).map(
      ({ from, makerFee, takerFee }) =>
        `From ${formatAmount(from)} traded in the 30 days before, by this run alone, fees are ${percent(makerFee)} and ${percent(takerFee)}.`,
    ),
    `An order reaches the exchange ${of.latencyMs} ms after its decision and is answered at once.`,
    'An order that fails a filter of the exchange (steps, least and largest order, orders at once) is rejected; limits of a mandate do not bind.',
    'All trading is spot: nothing is borrowed, so there is no funding and nothing to liquidate; candles of perpetuals are played as spot.',
  ];
}
