/** The series that a backtest means: by pair, and by exchange and interval where that is said. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FundingRates } from '../data/funding.ts';
import { readFunding, writtenFundingHash } from '../data/funding-file.ts';
import { fundingFile, fundingPath } from '../data/funding-library.ts';
import { seriesPath } from '../data/library.ts';
import { intervalMsOf, intervalName } from '../data/series.ts';
import type { Trades } from '../data/trades.ts';
import { readTrades, writtenTradesHash } from '../data/trades-file.ts';
import { tradesFile, tradesPath } from '../data/trades-library.ts';
import { AskError } from './ask-error.ts';

export interface FoundSeries {
  readonly exchange: string;
  readonly pair: string;
  readonly intervalMs: number;
  readonly path: string;
}

interface PairOf {
  readonly exchange: string;
  readonly pair: string;
}

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

const pairsIn = (data: string): PairOf[] =>
  namesIn(join(data, 'market')).flatMap((exchange) =>
    namesIn(join(data, 'market', exchange)).map((folder) => ({ exchange, pair: folder.replace('-', '/') })),
  );

/** Intervals of a pair in the library, finest first, by the names of the files alone. */
function intervalsOf(data: string, exchange: string, pair: string): readonly FoundSeries[] {
  const folder = join(data, 'market', exchange, pair.replace('/', '-'));
  return namesIn(folder)
    .filter((name) => name.endsWith('.candles'))
    .map((name) => ({ exchange, pair, intervalMs: intervalMsOf(basename(name, '.candles')), path: join(folder, name) }))
    .sort((a, b) => a.intervalMs - b.intervalMs);
}

const describe = (found: readonly FoundSeries[]): string =>
  found.map(({ exchange, intervalMs }) => `${exchange} ${intervalName(intervalMs)}`).join(', ');

/**
 * The finest series of a pair. @throws AskError `backtest-data-missing`, `backtest-data-ambiguous` when several exchanges have it
 * and none was named; DataError when a name could leave the folder
 */
export function findSeries(data: string, pair: string, exchange: string | null, intervalMs: number | null): FoundSeries {
  seriesPath(data, { exchange: exchange ?? 'any', pair, intervalMs: intervalMs ?? 60_000 });
  const exchanges = exchange === null ? namesIn(join(data, 'market')) : [exchange];
  const all = exchanges.flatMap((name) => intervalsOf(data, name, pair));
  const fitting = all.filter((it) => intervalMs === null || it.intervalMs === intervalMs);
  const [first] = fitting;
  if (first === undefined) {
    const what = `${exchange === null ? '' : `${exchange} `}${pair}${intervalMs === null ? '' : ` ${intervalName(intervalMs)}`}`;
    const there = all.length > 0 ? `there are: ${describe(all)}` : pairsThere(data);
    throw new AskError(
      'backtest-data-missing',
      `there are no candles of ${what}; ${there}. "holdfast data import" or "holdfast data download" brings more`,
      'pair',
    );
  }
  const others = fitting.filter((it) => it.exchange !== first.exchange);
  if (others.length > 0)
    throw new AskError(
      'backtest-data-ambiguous',
      `several exchanges have candles of ${pair}: ${describe(fitting)}; name one with --data-set EXCHANGE`,
      'exchange',
    );
  return first;
}

function pairsThere(data: string): string {
  const pairs = new Set(namesIn(join(data, 'market')).flatMap((exchange) => namesIn(join(data, 'market', exchange))));
  const shown = [...pairs].slice(0, 12).map((name) => name.replace('-', '/'));
  return shown.length === 0 ? 'there are none at all' : `there are: ${shown.join(', ')}${pairs.size > shown.length ? ', …' : ''}`;
}

/** @throws AskError `backtest-data-missing`, DataError */
export function findTrades(data: string, pair: string, exchange: string): { readonly trades: Trades; readonly sha256: string } {
  const path = tradesPath(data, { exchange, pair });
  if (!existsSync(path))
    throw new AskError(
      'backtest-data-missing',
      `there are no trades of ${pair} of ${exchange} to play inside its candles; "holdfast data import" brings some`,
      'inside',
    );
  return { trades: readTrades(path), sha256: writtenTradesHash(path) };
}

export interface FoundFunding {
  readonly funding: FundingRates;
  readonly sha256: string;
  readonly path: string;
}

/** Names that ccxt has for the spot and the perpetual markets of one exchange. */
const sameExchange = [
  ['binance', 'binanceusdm', 'binancecoinm'],
  ['kraken', 'krakenfutures'],
];

/**
 * The funding rates of a pair, under the name of its candles or another of the same exchange: Binance's archive calls spot and
 * perpetuals alike, and a download keeps candles of perpetuals as those of EXCHANGE-perpetual. Null where there are none. @throws DataError when they are damaged
 */
export function findFunding(data: string, pair: string, exchange: string): FoundFunding | null {
  const plain = exchange.replace(/-perpetual$/, '');
  const others = sameExchange.find((names) => names.includes(plain)) ?? [];
  for (const name of [exchange, plain, `${plain}-perpetual`, ...others]) {
    const path = fundingPath(data, { exchange: name, pair });
    if (existsSync(path)) return { funding: readFunding(path), sha256: writtenFundingHash(path), path };
  }
  return null;
}

/** Every series of the library, by the names of the files alone. */
export const seriesThere = (data: string): readonly FoundSeries[] =>
  pairsIn(data).flatMap(({ exchange, pair }) => intervalsOf(data, exchange, pair));

/** Pairs that have trades, or rates of funding, by the names of the files alone. */
export const pairsHaving = (data: string, what: 'trades' | 'funding'): PairOf[] =>
  pairsIn(data).filter(({ exchange, pair }) =>
    existsSync(join(data, 'market', exchange, pair.replace('/', '-'), what === 'trades' ? tradesFile : fundingFile)),
  );
