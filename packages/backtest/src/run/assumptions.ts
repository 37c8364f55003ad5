/** What a run takes for granted unless it is told otherwise, and in words. */
import { amount, formatAmount } from '@holdfast/domain';
import type { Perpetual } from './perpetual.ts';
import type { Assumptions, PriceBand } from './result.ts';

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

/** Filters of the simulated exchange. */
export const usualBand: PriceBand = { up: amount('5'), down: amount('0.2') };
export const usualMaxNotional = amount('9000000');

const percent = (share: bigint): string => `${formatAmount(share * 100n)} %`;
const ticks = (count: number): string => `${count} ${count === 1 ? 'tick' : 'ticks'}`;

const fillWords: Readonly<Record<Assumptions['fill'], string>> = {
  touch: 'at its own price when the price touches it',
  through: 'at its own price when the price goes through it',
  queue:
    'at its own price when the price goes through it, or when as much as stood ahead of it has traded there: an eighth of a mean candle, of which nobody leaves',
};

function bandInWords({ priceBand, maxNotional }: Assumptions): string {
  const { up, down } = priceBand ?? usualBand;
  const most = `no order is worth more than ${formatAmount(maxNotional ?? usualMaxNotional)}`;
  return priceBand === null
    ? `An order may lie at any distance from the average price, and ${most}.`
    : `No order lies above ${formatAmount(up)} times or below ${formatAmount(down)} times the average price of the last five minutes, and ${most}.`;
}

/** One sentence for each. */
export function assumptionsInWords(of: Assumptions): readonly string[] {
  const share =
    of.volumeShare === null ? 'any quantity' : `at most ${of.volumeShare * 100} % of the volume of each quarter of a candle`;
  return [
    of.path === 'published'
      ? 'Inside a candle the price goes from the open to the low, the high and the close where the close is not below the open, else to the high first.'
      : 'Inside a candle the price goes first to the extreme that is worse for the bot.',
    `A resting order fills ${fillWords[of.fill]}, ${share}.`,
    of.gaps === 'open'
      ? 'A resting order that a candle opens beyond gets the open, which is better than its own price.'
      : 'A resting order that a candle opens beyond gets its own price and no better.',
    of.stops === 'trigger'
      ? 'A stop takes at its trigger, after a gap at the open.'
      : 'A stop takes at the point of the path that sets it off, which may be the extreme of the candle.',
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
    `An order that fails a filter of the exchange (steps, least and largest order, orders at once${of.maxPosition === undefined ? '' : ', most held'}) is rejected; limits of a mandate do not bind.`,
    bandInWords(of),
    ...(of.perpetual === undefined ? spot : perpetualInWords(of.perpetual)),
  ];
}

const spot = [
  'All trading is spot: nothing is borrowed, so there is no funding and nothing to liquidate; candles of perpetuals are played as spot.',
];

function perpetualInWords({ leverage, maintenance, liquidationFee, fundingRate }: Perpetual): readonly string[] {
  const tiers = maintenance.map(({ from, share }) =>
    from === 0n ? percent(share) : `${percent(share)} of what lies above ${formatAmount(from)}`,
  );
  return [
    `All trading is in linear perpetuals, one-way, on a cross margin that is the bot's alone: positions and orders may be worth ${leverage} times the equity, else the order is rejected (-2019).`,
    `The price of the candle stands for the mark price. Once equity is not above the maintenance margin, ${tiers.join(', ')} of the positions' value, everything is closed at that price, a fee of ${percent(liquidationFee)} is taken from what is left, and nothing is traded after it; a debt is nobody's.`,
    `Funding is paid at its times on the value at the price before, before anything else happens then: as stored, and where nothing is stored ${percent(fundingRate)} from longs to shorts at 00:00, 08:00 and 16:00 UTC.`,
  ];
}
