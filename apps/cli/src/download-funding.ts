/**
 * Rates of funding from an exchange's public API by ccxt, page after page from where the library ends, at the exchange's pace. What
 * came is stored on the way, so an interrupted download goes on where it stopped.
 */
import { existsSync } from 'node:fs';
import {
  DataError,
  dueAt,
  FundingBuilder,
  fundingPath,
  type RawFunding,
  readFunding,
  type StoredFunding,
  storeFunding,
} from '@holdfast/backtest/data';
import { type DownloadSpan, noPerpetual, openMarket, pagesPerWrite, patiently, symbolOf } from './ccxt-market.ts';
import { CliError, exitCode } from './exit.ts';

const hourMs = 3_600_000;
/** No exchange pays more seldom. */
const seldomMs = 8 * hourMs;

/** How an exchange gives a page from a time on. */
interface Way {
  readonly limit: number;
  /** Length of a page whose end is said; null: the oldest come first, and an empty page is the last. */
  readonly windowMs: number | null;
  /** What the end of a page is called; ccxt's word when left out. */
  readonly end?: string;
}

/** A window of as many hours as a page has rows holds all of an exchange that pays once in an hour. */
const windowed = (limit: number): Way => ({ limit, windowMs: limit * hourMs });
const oldestFirst = (limit: number): Way => ({ limit, windowMs: null });
const usualWay = windowed(100);

/** From the exchanges' documentation of the requests that ccxt makes, and ccxt 4.5. */
const ways: Readonly<Record<string, Way>> = {
  binance: oldestFirst(1000), // GET /fapi/v1/fundingRate
  binanceusdm: oldestFirst(1000),
  binancecoinm: oldestFirst(1000),
  bybit: windowed(200), // GET /v5/market/funding/history
  okx: { ...usualWay, end: 'after' }, // GET /api/v5/public/funding-rate-history: older than `after`, the newest first
  hyperliquid: oldestFirst(500), // fundingHistory
  krakenfutures: oldestFirst(10_000), // GET /historical-funding-rates: all of them at once
};

/** Where to go on: behind the last payment that the library has, where it begins where it is wanted from. */
function resumeAt({ data, exchange, pair, from }: DownloadSpan): number {
  const path = fundingPath(data, { exchange, pair });
  if (!existsSync(path)) return from;
  const { times, rows } = readFunding(path);
  const [first, last] = [times[0]!, times[rows - 1]!];
  return first < from + seldomMs && last >= from ? dueAt(last) + 60_000 : from;
}

/** @returns undefined when there is nothing new. @throws CliError, DataError */
export async function downloadFunding(options: DownloadSpan): Promise<StoredFunding | undefined> {
  const { data, exchange, pair, to, onProgress } = options;
  const begin = resumeAt(options);
  if (begin >= to) return undefined;
  const market = await openMarket(options, 'perpetual');
  if (market.has.fetchFundingRateHistory !== true)
    throw new CliError(exitCode.usage, `${exchange} gives no rates of funding that were paid`);
  const symbol = symbolOf(market, pair, 'perpetual') ?? noPerpetual(options);

  const { limit, windowMs, end = 'until' } = ways[exchange] ?? usualWay;
  let stored: StoredFunding | undefined;
  let rows: RawFunding[] = [];
  const write = (): void => {
    if (rows.length === 0) return;
    const builder = new FundingBuilder(exchange, pair, `${exchange} ${pair}`);
    for (const [at, row] of rows.entries()) builder.add(row, at + 1);
    const { funding, report } = builder.finish();
    stored = storeFunding(data, funding, report);
    rows = [];
  };
  try {
    let since = begin;
    for (let page = 1; since < to; page += 1) {
      const until = windowMs === null ? to : Math.min(to, since + windowMs);
      const given = await patiently(`${exchange} does not give the funding of ${pair}`, () =>
        market.fetchFundingRateHistory(symbol, since, limit, windowMs === null ? {} : { [end]: until }),
      );
      const fresh = given.map(toRaw).filter(({ time }) => time >= since && time < until);
      rows.push(...fresh);
      if (windowMs === null && fresh.length === 0) break;
      since = windowMs === null ? fresh.at(-1)!.time + 1 : until;
      onProgress(since - begin, to - begin);
      if (page % pagesPerWrite === 0) write();
    }
  } finally {
    write();
  }
  if (stored === undefined && begin === options.from)
    throw new DataError(
      'data-empty',
      `${exchange} has no rates of funding of ${pair} between ${new Date(begin).toISOString()} and ${new Date(to).toISOString()}`,
    );
  return stored;
}

const toRaw = ({ timestamp, fundingRate }: { readonly timestamp?: unknown; readonly fundingRate?: unknown }): RawFunding => ({
  time: Number(timestamp),
  rate: String(fundingRate),
});
