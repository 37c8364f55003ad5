/** The funding rates of a data directory: DATA/market/EXCHANGE/BASE-QUOTE/all.funding, one file per pair. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatAmount } from '@holdfast/domain';
import { DataError } from './data-error.ts';
import { iso } from './exact-columns.ts';
import { dueAt, type FundingRates, fundingHoles, usualDistance } from './funding.ts';
import type { FundingReport } from './funding-builder.ts';
import { checkFunding, readFunding, writeFunding } from './funding-file.ts';
import { marketFiles, marketFolder, writeText } from './library.ts';
import type { TradesName } from './trades-library.ts';

export const fundingFile = 'all.funding';

/** Where the funding rates of a pair lie. @throws DataError `data-malformed` when a part could leave the folder */
export const fundingPath = (data: string, name: TradesName): string => join(marketFolder(data, name), fundingFile);

export interface ListedFunding extends TradesName {
  readonly path: string;
  readonly rows: number;
  /** Times of the first and the last payment, unix ms. */
  readonly from: number;
  readonly to: number;
  /** Usual distance of two payments, ms; null of one payment alone. */
  readonly everyMs: number | null;
  /** Mean of the rates, a share of the position's value. */
  readonly meanRate: string;
  /** Where payments are missing, and how many. */
  readonly holes: number;
  readonly missing: number;
  readonly bytes: number;
}

function describe(path: string, funding: FundingRates): ListedFunding {
  const { exchange, pair, rows, times, rates } = funding;
  const holes = fundingHoles(funding);
  return {
    path,
    exchange,
    pair,
    rows,
    from: times[0]!,
    to: times[rows - 1]!,
    everyMs: usualDistance(funding),
    meanRate: formatAmount(rates.reduce((sum, rate) => sum + rate, 0n) / BigInt(rows)),
    holes: holes.length,
    missing: holes.reduce((sum, { missing }) => sum + missing, 0),
    bytes: statSync(path).size,
  };
}

/** Funding rates of every pair of a data directory, in order of name. @throws DataError when a file of them is damaged */
export function listFunding(data: string): readonly ListedFunding[] {
  return marketFiles(data, fundingFile).map((path) => describe(path, readFunding(path)));
}

/** Compares rates with the hash they were written with. @throws DataError `data-corrupt` */
export const verifyFunding = (path: string): ListedFunding => describe(path, checkFunding(path));

export interface StoredFunding extends ListedFunding {
  /** Payments that were not there before. */
  readonly added: number;
  readonly report: FundingReport;
}

/**
 * Stores rates, joined with what is there of them by the minute that they are due in. A payment that both have must have the same
 * rate, unless `replace`: then the new one counts. Nothing is changed when something is wrong.
 * @throws DataError `data-conflict` naming the payment
 */
export function storeFunding(data: string, funding: FundingRates, report: FundingReport, replace = false): StoredFunding {
  const path = fundingPath(data, funding);
  const before = existsSync(path) ? readFunding(path) : undefined;
  const whole = before === undefined ? funding : merged(before, funding, replace);
  writeFunding(path, whole);
  return { ...describe(path, whole), added: whole.rows - (before?.rows ?? 0), report };
}

function merged(old: FundingRates, fresh: FundingRates, replace: boolean): FundingRates {
  const places = new Map(Array.from({ length: old.rows }, (_, at) => [dueAt(old.times[at]!), { of: old, at }]));
  for (let at = 0; at < fresh.rows; at += 1) {
    const due = dueAt(fresh.times[at]!);
    const there = places.get(due);
    if (there !== undefined && old.rates[there.at] === fresh.rates[at]) continue;
    if (there !== undefined && !replace)
      throw new DataError(
        'data-conflict',
        `the funding of ${fresh.pair} at ${iso(due)} is ${formatAmount(old.rates[there.at]!)} in the library and ${formatAmount(fresh.rates[at]!)} in the new data; give --replace if the new one is right`,
      );
    places.set(due, { of: fresh, at });
  }
  const inOrder = [...places].sort(([a], [b]) => a - b).map(([, place]) => place);
  return {
    exchange: fresh.exchange,
    pair: fresh.pair,
    rows: inOrder.length,
    times: Float64Array.from(inOrder, ({ of, at }) => of.times[at]!),
    rates: BigInt64Array.from(inOrder, ({ of, at }) => of.rates[at]!),
  };
}

/** Writes rates as CSV, gzipped when the name ends in .gz. */
export function exportFunding({ rows, times, rates }: FundingRates, path: string): void {
  const parts = ['time_ms,rate\n'];
  for (let row = 0; row < rows; row += 1) parts.push(`${times[row]},${formatAmount(rates[row]!)}\n`);
  writeText(path, parts);
}
