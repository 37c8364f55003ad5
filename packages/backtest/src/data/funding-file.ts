/** Rates of funding on disk, as columns (columns-file.ts): 16 bytes each, time and rate. */
import { checkColumns, type FileKind, hashOfColumns, openColumns, writeColumns } from './columns-file.ts';
import type { FundingRates } from './funding.ts';

const kind: FileKind = { magic: 'HFFUNDI1', version: 1, name: 'file of funding rates' };

type About = Pick<FundingRates, 'exchange' | 'pair' | 'rows'>;

/** Writes rates to `path`, replacing what is there in one step. @throws DataError `data-unreadable` when it cannot be written */
export function writeFunding(path: string, { exchange, pair, rows, times, rates }: FundingRates): void {
  const about: About = { exchange, pair, rows };
  writeColumns(path, kind, about, { times, rates });
}

/** Opens rates with one read into shared memory. @throws DataError `data-missing`, `data-corrupt`, `data-newer`, `data-unreadable` */
export function readFunding(path: string): FundingRates {
  const { about, column } = openColumns<About>(path, kind);
  const { exchange, pair, rows } = about;
  return { exchange, pair, rows, times: column('times') as Float64Array, rates: column('rates') as BigInt64Array };
}

/** Compares the columns with the hash that was written with them. @throws DataError `data-corrupt` */
export function checkFunding(path: string): FundingRates {
  checkColumns(path, kind);
  return readFunding(path);
}

/** Hash that rates were written with, from the first bytes alone. @throws DataError as `readFunding` */
export const writtenFundingHash = (path: string): string => hashOfColumns(path, kind);
