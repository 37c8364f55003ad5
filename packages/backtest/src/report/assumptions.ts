/** What a run took for granted, one sentence each. Nothing is left out because it is usual. */
import { intervalName, type Series } from '../data/series.ts';
import { assumptionsInWords } from '../run/assumptions.ts';
import type { RunRequest, RunResult } from '../run/result.ts';
import { playedByTrades } from '../run/trades-inside.ts';
import { count, plain } from './words.ts';

export const assumptionSentences = (request: RunRequest, result: RunResult): readonly string[] => [
  `The bot sees candles of ${intervalName(result.intervalMs)}; nothing is known of the price between their four points.`,
  ...[...request.series.values()].flatMap((series) => tradesSentence(series, result)),
  ...assumptionsInWords(result.assumptions),
  result.missing === 0
    ? 'No candle is missing.'
    : `${count(result.missing, 'candle')} missing; nothing was filled in, orders rest over the gap and meet its far side.`,
  request.funds === null
    ? 'The bot has what its settings need at the first price, and its profit stays with it.'
    : 'The bot has the funds that were given, and its profit stays with it.',
  ...((request.outside ?? []).length === 0
    ? []
    : [`${count((request.outside ?? []).length, 'word')} from outside (signals, commands), as given.`]),
  'What is still held at the end counts at the bid, before fees of selling it.',
  'The orders of the run do not move the price; candles of the future are unknown to it.',
];

/** Which part of a run was played by trades. */
function tradesSentence(series: Series, { from, to }: RunResult): readonly string[] {
  const { pair, inner } = series;
  if (inner === undefined) return [];
  const { candles, byTrades, trades, first, last } = playedByTrades(series, inner, from, to);
  if (first === null || last === null)
    return [`No candle of ${pair} was played by recorded trades: there are none of this time.`];
  const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  return [
    `Of ${count(candles, 'candle')} of ${pair}, ${plain(byTrades)} were played by their ${count(trades, 'recorded trade')}, each at its time, price and quantity (${day(first)} to ${day(last)} UTC); the others by their four points.`,
  ];
}
