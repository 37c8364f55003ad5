/** Trades on disk, as columns (columns-file.ts): 16 bytes each of a usual pair, which are time, price, quantity and id. */
import { checkColumns, type FileKind, hashOfColumns, openColumns, writeColumns } from './columns-file.ts';
import type { Prices, Volumes } from './series.ts';
import type { Trades } from './trades.ts';

const kind: FileKind = { magic: 'HFTRADE1', version: 1, name: 'file of trades' };

interface About extends Pick<Trades, 'exchange' | 'pair' | 'priceDigits' | 'quantityDigits' | 'rows' | 'start' | 'firstId'> {
  readonly hasIds: boolean;
}

/** Writes trades to `path`, replacing what is there in one step. @throws DataError `data-unreadable` when it cannot be written */
export function writeTrades(path: string, trades: Trades): void {
  const { exchange, pair, priceDigits, quantityDigits, rows, start, firstId, times, price, quantity, ids } = trades;
  const about: About = { exchange, pair, priceDigits, quantityDigits, rows, start, firstId, hasIds: ids !== null };
  writeColumns(path, kind, about, { times, price, quantity, ...(ids === null ? {} : { ids }) });
}

/** Opens trades with one read into shared memory. @throws DataError `data-missing`, `data-corrupt`, `data-newer`, `data-unreadable` */
export function readTrades(path: string): Trades {
  const { about, column } = openColumns<About>(path, kind);
  const { exchange, pair, priceDigits, quantityDigits, rows, start, firstId, hasIds } = about;
  return {
    exchange,
    pair,
    priceDigits,
    quantityDigits,
    rows,
    start,
    firstId,
    times: column('times') as Volumes,
    price: column('price') as Prices,
    quantity: column('quantity') as Volumes,
    ids: hasIds ? (column('ids') as Volumes) : null,
  };
}

/** Compares the columns with the hash that was written with them. @throws DataError `data-corrupt` */
export function checkTrades(path: string): Trades {
  checkColumns(path, kind);
  return readTrades(path);
}

/** Hash that trades were written with, from the first bytes alone. @throws DataError as `readTrades` */
export const writtenTradesHash = (path: string): string => hashOfColumns(path, kind);
