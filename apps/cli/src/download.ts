/**
 * Candles from an exchange's public API by ccxt: page after page from where the library ends, at the exchange's pace. Each page
 * is stored before the next is asked for, so an interrupted download goes on where it stopped.
 */

import { existsSync } from 'node:fs';
import {
  addTextRows,
  DataError,
  intervalName,
  readSeries,
  SeriesBuilder,
  type Stored,
  seriesPath,
  storeSeries,
  type TextRow,
  timeOf,
} from '@holdfast/backtest/data';
import { CliError, exitCode } from './exit.ts';

export interface DownloadOptions {
  readonly data: string;
  /** As ccxt calls it. */
  readonly exchange: string;
  readonly pair: string;
  readonly intervalMs: number;
  /** Unix ms; `to` exclusive. */
  readonly from: number;
  readonly to: number;
  /** Address of an exchange on this machine that speaks Binance's API. */
  readonly url?: string;
  readonly onProgress: (done: number, of: number) => void;
}

/** The part of ccxt that is used here. */
interface Market {
  readonly has: Readonly<Record<string, unknown>>;
  readonly timeframes: Readonly<Record<string, unknown>> | undefined;
  urls: { api: unknown };
  number: unknown;
  loadMarkets(): Promise<unknown>;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<readonly (readonly unknown[])[]>;
}

const pageMost = 1000;
/** Pages that are kept before they are written: a write joins the whole series. */
const pagesPerWrite = 20;
const triesMost = 5;

/** @throws CliError for an exchange that ccxt does not have */
async function openMarket({ exchange, url }: DownloadOptions): Promise<Market> {
  if (!/^[a-z0-9]{2,30}$/.test(exchange))
    throw new CliError(exitCode.usage, `exchange ${exchange}: a name as ccxt has it, such as binance`);
  let made: { readonly default: new (options: object) => Market };
  try {
    made = await import(new URL(`./src/${exchange}.js`, import.meta.resolve('ccxt')).href);
  } catch (cause) {
    throw new CliError(
      exitCode.usage,
      `exchange ${exchange} is none that can be downloaded from; names are as ccxt has them, such as binance, kraken, okx`,
      { cause },
    );
  }
  const market = new made.default({
    enableRateLimit: true,
    options: { fetchCurrencies: false, fetchMargins: false, fetchMarkets: { types: ['spot'] } },
  });
  // Numbers stay as the exchange wrote them.
  market.number = String;
  if (url !== undefined) market.urls.api = moved(market.urls.api, url);
  return market;
}

/** Every address of ccxt's table moved to another origin. */
function moved(value: unknown, origin: string): unknown {
  if (typeof value === 'string') return value.replace(/^https?:\/\/[^/]+/, origin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, moved(member, origin)]));
}

async function patiently<T>(what: string, ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (cause) {
      const isTemporary = [
        'NetworkError',
        'RequestTimeout',
        'RateLimitExceeded',
        'DDoSProtection',
        'ExchangeNotAvailable',
      ].includes((cause as Error).name);
      if (!isTemporary || tried === triesMost)
        throw new CliError(
          exitCode.unreachable,
          `${what}: ${(cause as Error).message.slice(0, 200)}; what came before is kept, start again to go on`,
          { cause },
        );
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
    }
  }
}

/** Where to go on: behind the last candle that the library has from `from` on without gap. */
function resumeAt({ data, exchange, pair, intervalMs, from, to }: DownloadOptions): number {
  const path = seriesPath(data, { exchange, pair, intervalMs });
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
  const market = await openMarket(options);
  await patiently(`${exchange} does not say its pairs`, () => market.loadMarkets());
  if (market.has.fetchOHLCV !== true) throw new CliError(exitCode.usage, `${exchange} gives no candles`);
  if (market.timeframes !== undefined && !(timeframe in market.timeframes))
    throw new CliError(
      exitCode.usage,
      `${exchange} has no candles of ${timeframe}; it has ${Object.keys(market.timeframes).join(', ')}`,
    );

  let stored: Stored | undefined;
  let rows: TextRow[] = [];
  let since = begin;
  const write = (): void => {
    if (rows.length === 0) return;
    const source = `${exchange} ${pair}`;
    const builder = new SeriesBuilder(exchange, pair, source);
    addTextRows(rows, builder, source);
    const { series, report } = builder.finish(intervalMs);
    stored = storeSeries(options.data, series, report);
    rows = [];
  };
  try {
    while (since < to) {
      const page = await patiently(`${exchange} does not give candles of ${pair}`, () =>
        market.fetchOHLCV(pair, timeframe, since, pageMost),
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

const toRow = (row: readonly unknown[]): TextRow => [Number(row[0]), ...row.slice(1, 6).map(String)] as unknown as TextRow;
