/** Which price lines and marks a bot has in the chart. */
import type { BotDetail, Fill, FillsAnswer, OpenDeal } from '@holdfast/contracts';
import type { SeriesMarker, UTCTimestamp } from 'lightweight-charts';
import { isTarget } from '../deal/rungs.ts';
import { bucketOf, type Interval } from './candles.ts';
import type { Palette } from './palette.ts';

export interface PriceMark {
  readonly price: number;
  readonly title: string;
  readonly kind: 'buy' | 'sell' | 'take-profit' | 'average';
}

const rests = (state: string): boolean => state === 'resting' || state === 'partly-filled' || state === 'sent';

/** The bot's resting orders and what its coins cost on average. Orders that the deal does not name are drawn by their side. */
export function marksOf(bot: BotDetail | undefined, answer: FillsAnswer | undefined): PriceMark[] {
  const shown = answer?.pair ?? bot?.openDeals[0]?.pair;
  const deals = (bot?.openDeals ?? []).filter(({ pair }) => pair === shown);
  const ofDeal = deals.flatMap((deal) => dealMarks(deal, deals.length > 1));
  const known = new Set(ofDeal.map(({ price }) => price));
  const others = (answer?.orders ?? [])
    .filter((order) => order.bot === bot?.id && !known.has(Number(order.price)))
    .map(({ side, price }): PriceMark => ({ price: Number(price), title: side === 'buy' ? 'Buy' : 'Sell', kind: side }));
  return [...ofDeal, ...others];
}

/** `isNamed`: the chart has lines of several deals. */
function dealMarks({ number, takeProfit, averagePrice, ladder }: OpenDeal, isNamed: boolean): PriceMark[] {
  const marks: PriceMark[] = ladder
    .filter(({ state, price }) => rests(state) && price !== null)
    .map(({ kind, index, price }) =>
      kind === 'target'
        ? { price: Number(price), title: `Target ${index}`, kind: 'take-profit' }
        : { price: Number(price), title: kind === 'base' ? 'Base' : `Buy ${index}`, kind: 'buy' },
    );
  if (takeProfit !== null && rests(takeProfit.state) && !ladder.some(isTarget))
    marks.push({ price: Number(takeProfit.price), title: 'Take profit', kind: 'take-profit' });
  if (averagePrice !== null) marks.push({ price: Number(averagePrice), title: 'Average', kind: 'average' });
  return isNamed ? marks.map((mark) => ({ ...mark, title: `${mark.title}, deal ${number}` })) : marks;
}

/** One mark per order and bar, however many parts it was filled in. */
export function markersOf(fills: readonly Fill[], interval: Interval, palette: Palette): SeriesMarker<UTCTimestamp>[] {
  const seen = new Map<string, SeriesMarker<UTCTimestamp>>();
  for (const { clientOrderId, side, at } of fills) {
    const time = bucketOf(at, interval);
    seen.set(`${time} ${clientOrderId}`, {
      time,
      position: side === 'buy' ? 'belowBar' : 'aboveBar',
      shape: side === 'buy' ? 'arrowUp' : 'arrowDown',
      color: side === 'buy' ? palette.brass : palette.accent,
      size: 1,
    });
  }
  return [...seen.values()].sort((a, b) => a.time - b.time);
}

export interface Range {
  readonly minValue: number;
  readonly maxValue: number;
}

/** How many times the height of the candles the axis may take, so that lines far away do not flatten them. */
const stretchMost = 2;

/** The candles' range widened to the nearest lines, nearest first, as long as the candles stay readable. */
export function widenRange(range: Range, prices: readonly number[]): Range {
  const height = range.maxValue - range.minValue || range.maxValue * 0.002;
  const away = (price: number): number => Math.max(range.minValue - price, price - range.maxValue, 0);
  return [...prices]
    .sort((a, b) => away(a) - away(b))
    .reduce((wide, price) => {
      const next = { minValue: Math.min(wide.minValue, price), maxValue: Math.max(wide.maxValue, price) };
      return next.maxValue - next.minValue <= height * stretchMost ? next : wide;
    }, range);
}
