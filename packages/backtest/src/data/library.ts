/** The candles of a data directory: DATA/market/EXCHANGE/BASE-QUOTE/INTERVAL.candles, one file per series. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildReport, SeriesBuilder } from './builder.ts';
import { checkSeries, readSeries, writeSeries } from './column-file.ts';
import { DataError } from './data-error.ts';
import { decimalOf, gapsOf, intervalName, type Series, timeOf } from './series.ts';

const ending = '.candles';
const exchangeForm = /^[a-z0-9_-]{1,30}$/;
const pairForm = /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/;

export interface SeriesName {
  readonly exchange: string;
  readonly pair: string;
  readonly intervalMs: number;
}

/** Where all of a pair lies. @throws DataError `data-malformed` when a part could leave the folder */
export function marketFolder(data: string, { exchange, pair }: Pick<SeriesName, 'exchange' | 'pair'>): string {
  if (!exchangeForm.test(exchange))
    throw new DataError('data-malformed', `exchange "${exchange}" is not a name of small letters and digits`);
  if (!pairForm.test(pair)) throw new DataError('data-malformed', `pair "${pair}" is not BASE/QUOTE such as BTC/USDT`);
  return join(data, 'market', exchange, pair.replace('/', '-'));
}

/** Where a series lies. @throws DataError as `marketFolder` */
export const seriesPath = (data: string, name: SeriesName): string =>
  join(marketFolder(data, name), `${intervalName(name.intervalMs)}${ending}`);

export interface Listed extends SeriesName {
  readonly path: string;
  readonly rows: number;
  /** Open times of the first and the last candle, unix ms. */
  readonly from: number;
  readonly to: number;
  readonly gaps: number;
  readonly missing: number;
  readonly bytes: number;
}

const describe = (path: string, series: Series): Listed => {
  const gaps = gapsOf(series);
  return {
    path,
    exchange: series.exchange,
    pair: series.pair,
    intervalMs: series.intervalMs,
    rows: series.rows,
    from: timeOf(series, 0),
    to: timeOf(series, series.rows - 1),
    gaps: gaps.length,
    missing: gaps.reduce((sum, { candles }) => sum + candles, 0),
    bytes: statSync(path).size,
  };
};

/** Paths of the files of a data directory whose names end so, in order of name. */
export function marketFiles(data: string, end: string): readonly string[] {
  const root = join(data, 'market');
  if (!existsSync(root)) return [];
  const paths = (readdirSync(root, { recursive: true }) as string[]).filter((path) => path.endsWith(end)).sort();
  return paths.map((path) => join(root, path));
}

/** Every series of a data directory, in order of name. @throws DataError when one of them is damaged */
export function listSeries(data: string): readonly Listed[] {
  return marketFiles(data, ending).map((path) => describe(path, readSeries(path)));
}

/** Compares a series with the hash it was written with. @throws DataError `data-corrupt` */
export const verifySeries = (path: string): Listed => describe(path, checkSeries(path));

export interface Stored extends Listed {
  /** Candles that were not there before. */
  readonly added: number;
  readonly report: BuildReport;
}

/**
 * Stores a series, joined with what is there of it. A candle that both have must have the same numbers, unless `replace`: then
 * the new one counts. Nothing is changed when something is wrong.
 * @throws DataError `data-conflict` naming the candle
 */
export function storeSeries(data: string, series: Series, report: BuildReport, replace = false): Stored {
  const path = seriesPath(data, series);
  const before = existsSync(path) ? readSeries(path) : undefined;
  const whole = before === undefined ? series : merge(before, series, replace);
  writeSeries(path, whole);
  return { ...describe(path, whole), added: whole.rows - (before?.rows ?? 0), report };
}

const columns = ['open', 'high', 'low', 'close', 'volume'] as const;

function merge(old: Series, fresh: Series, replace: boolean): Series {
  const builder = new SeriesBuilder(fresh.exchange, fresh.pair, `${fresh.pair} ${intervalName(fresh.intervalMs)}`);
  const digitsOf = (series: Series, name: (typeof columns)[number]): number =>
    name === 'volume' ? series.volumeDigits : series.priceDigits;
  let row = 0;
  const add = (series: Series, at: number): void => {
    row += 1;
    const field = (name: (typeof columns)[number]) => trim(series[name][at]!, digitsOf(series, name));
    const [open, high, low, close, volume] = [field('open'), field('high'), field('low'), field('close'), field('volume')];
    builder.add({ time: timeOf(series, at), open, high, low, close, volume }, row);
  };
  let [a, b] = [0, 0];
  while (a < old.rows || b < fresh.rows) {
    const [x, y] = [
      a < old.rows ? timeOf(old, a) : Number.POSITIVE_INFINITY,
      b < fresh.rows ? timeOf(fresh, b) : Number.POSITIVE_INFINITY,
    ];
    if (x === y) {
      const differing = columns.find((name) => text(old, name, a) !== text(fresh, name, b));
      if (differing !== undefined && !replace)
        throw new DataError(
          'data-conflict',
          `${fresh.pair} at ${new Date(x).toISOString()} has ${differing} ${text(old, differing, a)} in the library and ${text(fresh, differing, b)} in the new data; give --replace if the new one is right`,
        );
      add(fresh, b);
      a += 1;
      b += 1;
    } else if (x < y) {
      add(old, a);
      a += 1;
    } else {
      add(fresh, b);
      b += 1;
    }
  }
  return builder.finish(fresh.intervalMs).series;
}

const text = (series: Series, name: (typeof columns)[number], row: number): string =>
  decimalOf(series[name][row]!, name === 'volume' ? series.volumeDigits : series.priceDigits);

/** A whole number of 10^-digits without zeros behind. */
export function trim(value: number, digits: number): { mantissa: number; digits: number } {
  let [mantissa, left] = [value, digits];
  while (left > 0 && mantissa % 10 === 0) {
    mantissa /= 10;
    left -= 1;
  }
  return { mantissa, digits: left };
}

/** Writes a series as CSV, gzipped when the name ends in .gz. */
export function exportSeries(series: Series, path: string): void {
  const parts = ['time_ms,open,high,low,close,volume\n'];
  for (let row = 0; row < series.rows; row += 1)
    parts.push(`${timeOf(series, row)},${columns.map((name) => text(series, name, row)).join(',')}\n`);
  writeText(path, parts);
}

/** Writes a text, gzipped when the name ends in .gz. @throws DataError `data-unreadable` */
export function writeText(path: string, parts: readonly string[]): void {
  const bytes = Buffer.from(parts.join(''), 'utf8');
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
  } catch (cause) {
    throw new DataError('data-unreadable', `${path} cannot be written (${(cause as Error).message})`, { cause });
  }
}
