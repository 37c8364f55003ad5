/** The part of the asked period in which all pairs have candles: nobody trades a coin before it is listed or after it is gone. */
import { type EpochMs, epochMs } from '@holdfast/domain';
import { rowAt, type Series, timeOf } from '../data/series.ts';
import { dayMs } from '../metrics/returns.ts';
import { AskError } from './ask-error.ts';
import { timeText } from './words.ts';

export const iso = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().slice(0, 16) : String(time);

/** Unix ms, `to` exclusive; null: as far as there are candles. */
interface Asked {
  readonly from: number | null;
  readonly to: number | null;
}

export interface Period {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Sentences about a period that is shorter by more than a day than what was asked for, or than what one of the pairs has. */
  readonly shortened: readonly string[];
}

const firstOf = (series: Series): number => timeOf(series, 0);
const endOf = (series: Series): number => timeOf(series, series.rows - 1) + series.intervalMs;

/** @throws AskError `backtest-period-empty` */
export function periodOf(all: readonly [Series, ...Series[]], ask: Asked): Period {
  const newest = all.reduce((a, b) => (firstOf(b) > firstOf(a) ? b : a));
  const oldest = all.reduce((a, b) => (endOf(b) < endOf(a) ? b : a));
  const asked = {
    from: ask.from ?? Math.min(...all.map(firstOf)),
    to: ask.to ?? Math.max(...all.map(endOf)),
  };
  if (!(asked.from < asked.to))
    throw new AskError(
      'backtest-period-empty',
      `the period is empty: --from ${iso(asked.from)} is not before --to ${iso(asked.to)}`,
      'to',
    );
  const [from, to] = [Math.max(asked.from, firstOf(newest)), Math.min(asked.to, endOf(oldest))];
  for (const series of all)
    if (rowAt(series, from) >= rowAt(series, to))
      throw new AskError(
        'backtest-period-empty',
        `there are no candles of ${series.pair} from ${iso(asked.from)} to ${iso(asked.to)}${all.length > 1 ? ' in which the other pairs have some' : ''}: those of ${series.exchange} reach from ${iso(firstOf(series))} to ${iso(endOf(series))}`,
        'from',
      );
  const shortened = [
    ...(from - asked.from > dayMs
      ? [`The candles of ${newest.pair} begin on ${timeText(from)} UTC, and the run with them.`]
      : []),
    ...(asked.to - to > dayMs
      ? [
          `The candles of ${oldest.pair} end on ${timeText(to)} UTC, and the run with them. What is held then counts at that price: if the coin was taken off the exchange, it may have been worth less.`,
        ]
      : []),
  ];
  return { from: epochMs(from), to: epochMs(to), shortened };
}
