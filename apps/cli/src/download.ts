/**
 * Candles from an exchange's public API by ccxt: page after page from where the library ends, at the exchange's pace. Each page
 * is stored before the next is asked for, so an interrupted download goes on where it stopped.
 */

import { existsSync } from 'node:fs';
import {
  addRows,
  DataError,
  intervalName,
  readSeries,
  SeriesBuilder,
  type Stored,
  seriesPath,
  storeSeries,
  timeOf,
} from '@holdfast/backtest/data';
import { type DownloadSpan, noPerpetual, openMarket, pagesPerWrite, patiently, symbolOf } from './ccxt-market.ts';
import { CliError, exitCode } from './exit.ts';

export interface DownloadOptions extends DownloadSpan {
  /** Of the perpetual in place of spot; kept as those of EXCHANGE-perpetual. */
  readonly perpetual?: boolean;
  readonly intervalMs: number;
}

const pageMost = 1000;

/** Spot and perpetual of one exchange and pair are two series. */
const nameOf = ({ exchange, perpetual }: DownloadOptions): string => (perpetual === true ? `${exchange}-perpetual` : exchange);

/** Where to go on: behind the last candle that the library has from `from` on without gap. */
function resumeAt(options: DownloadOptions): number {
  const { data, pair, intervalMs, from, to } = options;
  const path = seriesPath(data, { exchange: nameOf(options), pair, intervalMs });
  if (!existsSync(path)) return from;
  const series = readSeries(path);
  const first = timeOf(series, 0);
  const last = timeOf(series, series.rows - 1);
  return first <= from && last >= from ? Math.min(to, last + intervalMs) : from;
}

/** @throws CliError, DataError */
export async function download(options: DownloadOptions): Promise<Stored | undefined> {
  const { exchange, pair, intervalMs, to, onProgress } = options;
  const timeframe = intervalName(intervalMs);
  const begin = resumeAt(options);
  if (begin >= to) return undefined;
  const wanted = options.perpetual === true ? 'perpetual' : 'spot';
  const market = await openMarket(options, wanted);
  if (market.has.fetchOHLCV !== true) throw new CliError(exitCode.usage, `${exchange} gives no candles`);
  if (market.timeframes !== undefined && !(timeframe in market.timeframes))
    throw new CliError(
      exitCode.usage,
      `${exchange} has no candles of ${timeframe}; it has ${Object.keys(market.timeframes).join(', ')}`,
    );

  // ccxt says better than we which pairs there are.
  const symbol = symbolOf(market, pair, wanted) ?? (wanted === 'spot' ? pair : noPerpetual(options));
  let stored: Stored | undefined;
  let rows: Row[] = [];
  let since = begin;
  const write = (): void => {
    if (rows.length === 0) return;
    const source = `${exchange} ${pair}`;
    const builder = new SeriesBuilder(nameOf(options), pair, source);
    addRows(rows, builder, source);
    const { series, report } = builder.finish(intervalMs);
    stored = storeSeries(options.data, series, report);
    rows = [];
  };
  try {
    while (since < to) {
      const page = await patiently(`${exchange} does not give candles of ${pair}`, () =>
        market.fetchOHLCV(symbol, timeframe, since, pageMost),
      );
      const fresh = page.map(toRow).filter(([time]) => time >= since && time < to && time + intervalMs <= Date.now());
      if (fresh.length === 0) break;
      rows.push(...fresh);
      since = fresh[fresh.length - 1]![0] + intervalMs;
      onProgress(since - begin, to - begin);
      if (rows.length >= pagesPerWrite * pageMost) write();
    }
  } finally {
    write();
  }
  if (stored === undefined)
    throw new DataError(
      'data-empty',
      `${exchange} has no closed candles of ${pair} between ${new Date(begin).toISOString()} and ${new Date(to).toISOString()}`,
    );
  return stored;
}

type Row = readonly [time: number, ...rest: string[]];
const toRow = (row: readonly unknown[]): Row => [Number(row[0]), ...row.slice(1, 6).map(String)];
