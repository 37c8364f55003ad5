/** Candles as the rows of a file, for tests. */
import { decimalOf, type Series, timeOf } from '../data/series.ts';

export const candleHeader = 'time_ms,open,high,low,close,volume\n';
export const firstMinute = Date.UTC(2026, 0, 1);

/** Three minutes with a gap of two. */
export const usualRows = [
  `${firstMinute},42000.1,42001.25,41999,42000.5,1.5`,
  `${firstMinute + 60_000},42000.5,42000.5,41000.01,41500,0.00001`,
  `${firstMinute + 240_000},41500,41600,41400,41599.99,12`,
];

/** A series as it would be exported. */
export const candleRows = (series: Series): string[] =>
  Array.from({ length: series.rows }, (_, row) =>
    [
      timeOf(series, row),
      ...(['open', 'high', 'low', 'close'] as const).map((name) => decimalOf(series[name][row]!, series.priceDigits)),
      decimalOf(series.volume[row]!, series.volumeDigits),
    ].join(','),
  );
