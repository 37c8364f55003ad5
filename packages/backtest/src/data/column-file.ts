/**
 * Series of candles on disk, as columns (columns-file.ts). A minute of a usual pair takes 20 bytes: four prices and a volume of 4
 * bytes each; times follow from the segments.
 */
import { checkColumns, type FileKind, hashOfColumns, openColumns, writeColumns } from './columns-file.ts';
import type { Prices, Segment, Series, Volumes } from './series.ts';

const kind: FileKind = { magic: 'HFCANDL1', version: 1, name: 'series of candles' };

interface About extends Pick<Series, 'exchange' | 'pair' | 'intervalMs' | 'priceDigits' | 'volumeDigits' | 'rows'> {
  readonly segments: readonly (readonly [row: number, time: number])[];
}

/** Writes a series to `path`, replacing what is there in one step. @throws DataError `data-unreadable` when it cannot be written */
export function writeSeries(path: string, series: Series): void {
  const { exchange, pair, intervalMs, priceDigits, volumeDigits, rows, open, high, low, close, volume } = series;
  const segments = series.segments.map(({ row, time }): [number, number] => [row, time]);
  const about: About = { exchange, pair, intervalMs, priceDigits, volumeDigits, rows, segments };
  writeColumns(path, kind, about, { open, high, low, close, volume });
}

/** Opens a series with one read into shared memory. @throws DataError `data-missing`, `data-corrupt`, `data-newer`, `data-unreadable` */
export function readSeries(path: string): Series {
  const { about, column } = openColumns<About>(path, kind);
  const { exchange, pair, intervalMs, priceDigits, volumeDigits, rows } = about;
  return {
    exchange,
    pair,
    intervalMs,
    priceDigits,
    volumeDigits,
    rows,
    segments: about.segments.map(([row, time]): Segment => ({ row, time })),
    open: column('open') as Prices,
    high: column('high') as Prices,
    low: column('low') as Prices,
    close: column('close') as Prices,
    volume: column('volume') as Volumes,
  };
}

/** Compares the columns with the hash that was written with them. @throws DataError `data-corrupt` */
export function checkSeries(path: string): Series {
  checkColumns(path, kind);
  return readSeries(path);
}

/** Hash that a series was written with, from its first bytes alone. @throws DataError as `readSeries` */
export const writtenHash = (path: string): string => hashOfColumns(path, kind);
