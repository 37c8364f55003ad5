/** What a run took for granted, one sentence each. Nothing is left out because it is usual. */
import { formatAmount } from '@holdfast/domain';
import { intervalName } from '../data/series.ts';
import type { RunRequest, RunResult } from '../run/result.ts';
import { count, lengthText } from './words.ts';

const paths = {
  published:
    'Inside a candle the price goes open, low, high, close when it closes at or above its open, else open, high, low, close.',
  adverse:
    'Inside a candle the price goes to the worse extreme first, for the order that rests first: this is the pessimistic path.',
} as const;

const fills = {
  touch: 'A resting order fills at its price as soon as that price is touched, however many others wait there.',
  through: 'A resting order fills only when the price goes through it by a tick.',
} as const;

const feeIn = {
  received: 'in what is received: base of a buy, quote of a sale',
  quote: 'in quote',
} as const;

const percentText = (share: bigint): string => `${formatAmount(share * 100n)} %`;

export function assumptionSentences(request: RunRequest, result: RunResult): readonly string[] {
  const { path, fill, spreadTicks, makerFee, takerFee, slippageTicks, volumeShare, latencyMs, feeIn: asset } = result.assumptions;
  return [
    `The bot sees candles of ${intervalName(result.intervalMs)}; nothing is known of the price between their four points.`,
    paths[path],
    fills[fill],
    `Orders that rest pay ${percentText(makerFee)}, orders that take pay ${percentText(takerFee)}, ${feeIn[asset]}.`,
    spreadTicks === 0
      ? 'There is no spread: bid and ask are the price of the candle.'
      : `The bid is the price of the candle, the ask ${count(spreadTicks, 'tick')} above it.`,
    slippageTicks === 0
      ? 'Taking orders and triggered stops get the touch itself: no slippage.'
      : `Taking orders and triggered stops get ${count(slippageTicks, 'tick')} worse than the touch.`,
    volumeShare === null
      ? "The volume of a candle does not limit what is filled; the run's orders do not move the price."
      : `The run's orders fill at most ${volumeShare * 100} % of a candle's volume, a quarter of that at each of its four points, and do not move the price.`,
    latencyMs === 0
      ? 'A decision reaches the exchange at once.'
      : `A decision reaches the exchange after ${latencyMs < 1000 ? `${latencyMs} ms` : lengthText(latencyMs)}.`,
    result.missing === 0
      ? 'No candle is missing.'
      : `${count(result.missing, 'candle')} missing; nothing was filled in, orders rest over the gap and meet its far side.`,
    request.funds === null
      ? 'The bot has what its settings need at the first price, and its profit stays with it.'
      : 'The bot has the funds that were given, and its profit stays with it.',
    'What is still held at the end counts at the bid, before fees of selling it.',
    'Signals act on closed candles alone, at the earliest at the next price after the close.',
  ];
}
