/** What a run took for granted, one sentence each. Nothing is left out because it is usual. */
import { intervalName } from '../data/series.ts';
import { assumptionsInWords } from '../run/assumptions.ts';
import type { RunRequest, RunResult } from '../run/result.ts';
import { count } from './words.ts';

export const assumptionSentences = (request: RunRequest, result: RunResult): readonly string[] => [
  `The bot sees candles of ${intervalName(result.intervalMs)}; nothing is known of the price between their four points.`,
  ...assumptionsInWords(result.assumptions),
  result.missing === 0
    ? 'No candle is missing.'
    : `${count(result.missing, 'candle')} missing; nothing was filled in, orders rest over the gap and meet its far side.`,
  request.funds === null
    ? 'The bot has what its settings need at the first price, and its profit stays with it.'
    : 'The bot has the funds that were given, and its profit stays with it.',
  'What is still held at the end counts at the bid, before fees of selling it.',
  'The orders of the run do not move the price; candles of the future are unknown to it.',
];
