/** The trades of a data directory: DATA/market/EXCHANGE/BASE-QUOTE/all.trades, one file per pair. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './data-error.ts';
import { marketFiles, marketFolder, type SeriesName, trim, writeText } from './library.ts';
import { decimalOf } from './series.ts';
import { holesOf, type Trades } from './trades.ts';
import { TradesBuilder, type TradesReport } from './trades-builder.ts';
import { checkTrades, readTrades, writeTrades } from './trades-file.ts';

export const tradesFile = 'all.trades';

export type TradesName = Omit<SeriesName, 'intervalMs'>;

/** Where the trades of a pair lie. @throws DataError `data-malformed` when a part could leave the folder */
export const tradesPath = (data: string, name: TradesName): string => join(marketFolder(data, name), tradesFile);

export interface ListedTrades extends TradesName {
  readonly path: string;
  readonly rows: number;
  /** Times of the first and the last trade, unix ms. */
  readonly from: number;
  readonly to: number;
  /** Where ids are missing, and how many; null where the trades have none. */
  readonly holes: number | null;
  readonly missing: number | null;
  readonly bytes: number;
}

const endOf = ({ start, times, rows }: Trades): number => start + times[rows - 1]!;

function describe(path: string, trades: Trades): ListedTrades {
  const holes = trades.ids === null ? null : holesOf(trades);
  return {
    path,
    exchange: trades.exchange,
    pair: trades.pair,
    rows: trades.rows,
    from: trades.start,
    to: endOf(trades),
    holes: holes?.length ?? null,
    missing: holes?.reduce((sum, { missing }) => sum + missing, 0) ?? null,
    bytes: statSync(path).size,
  };
}

/** Trades of every pair of a data directory, in order of name. @throws DataError when a file of them is damaged */
export function listTrades(data: string): readonly ListedTrades[] {
  return marketFiles(data, tradesFile).map((path) => describe(path, readTrades(path)));
}

/** Compares trades with the hash they were written with. @throws DataError `data-corrupt` */
export const verifyTrades = (path: string): ListedTrades => describe(path, checkTrades(path));

export interface StoredTrades extends ListedTrades {
  /** Trades that were not there before. */
  readonly added: number;
  readonly report: TradesReport;
}

/**
 * Stores trades, joined with what is there of them: by id, or by time where they have none. A trade that both have must have the
 * same numbers, unless `replace`: then the new one counts. Nothing is changed when something is wrong.
 * @throws DataError `data-conflict` naming the trade
 */
export function storeTrades(data: string, trades: Trades, report: TradesReport, replace = false): StoredTrades {
  const path = tradesPath(data, trades);
  const before = existsSync(path) ? readTrades(path) : undefined;
  const whole = before === undefined ? trades : merged(before, trades, replace);
  writeTrades(path, whole);
  return { ...describe(path, whole), added: whole.rows - (before?.rows ?? 0), report };
}

function merged(old: Trades, fresh: Trades, replace: boolean): Trades {
  const { pair } = fresh;
  if ((old.ids === null) !== (fresh.ids === null))
    throw new DataError(
      'data-conflict',
      `the trades of ${pair} in the library have ${old.ids === null ? 'no ids and the new ones have' : 'ids and the new ones have none'}; remove one of both`,
    );
  const builder = new TradesBuilder(fresh.exchange, pair, `trades of ${pair}`);
  let row = 0;
  const add = (of: Trades, at: number): void => {
    row += 1;
    const price = trim(of.price[at]!, of.priceDigits);
    const quantity = trim(of.quantity[at]!, of.quantityDigits);
    builder.add({ time: of.start + of.times[at]!, price, quantity, id: idOf(of, at) }, row);
  };
  const keyOf = (of: Trades, at: number): number =>
    at >= of.rows ? Number.POSITIVE_INFINITY : (idOf(of, at) ?? of.start + of.times[at]!);
  if (fresh.ids === null && fresh.start <= endOf(old) && old.start <= endOf(fresh))
    throw new DataError(
      'data-conflict',
      `the new trades of ${pair} lie within the time of those in the library and have no ids to tell them apart; import what comes before or after`,
    );
  let [a, b] = [0, 0];
  while (a < old.rows || b < fresh.rows) {
    const [x, y] = [keyOf(old, a), keyOf(fresh, b)];
    if (x < y) {
      add(old, a++);
      continue;
    }
    if (x === y) mustBeSame(old, a++, fresh, b, replace);
    add(fresh, b++);
  }
  return builder.finish().trades;
}

const idOf = ({ ids, firstId }: Trades, at: number): number | null => (ids === null ? null : firstId + ids[at]!);

/** A trade as it is exported. */
const line = (of: Trades, at: number): string =>
  [
    of.start + of.times[at]!,
    ...(of.ids === null ? [] : [idOf(of, at)]),
    decimalOf(of.price[at]!, of.priceDigits),
    decimalOf(of.quantity[at]!, of.quantityDigits),
  ].join(',');

function mustBeSame(old: Trades, a: number, fresh: Trades, b: number, replace: boolean): void {
  const [there, given] = [line(old, a), line(fresh, b)];
  if (there === given || replace) return;
  throw new DataError(
    'data-conflict',
    `${fresh.pair} has the trade ${there} in the library and ${given} in the new data (time, id, price, quantity); give --replace if the new one is right`,
  );
}

/** Writes trades as CSV, gzipped when the name ends in .gz. */
export function exportTrades(trades: Trades, path: string): void {
  const parts = [trades.ids === null ? 'time_ms,price,quantity\n' : 'time_ms,id,price,quantity\n'];
  for (let row = 0; row < trades.rows; row += 1) parts.push(`${line(trades, row)}\n`);
  writeText(path, parts);
}
