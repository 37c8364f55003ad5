/** Candles, trades and rates of funding of the library as tables, and what is said of those that came in. */
import {
  type FundingHole,
  fundingHoles,
  gapsOf,
  type Hole,
  holesOf,
  intervalName,
  type Listed,
  type ListedFunding,
  type ListedTrades,
  readFunding,
  readSeries,
  readTrades,
  type Stored,
  type StoredFunding,
  type StoredTrades,
} from '@holdfast/backtest/data';
import { print, table, timeText } from './output.ts';

const gapsShown = 10;
const dayMs = 86_400_000;

/** What is there of each kind. */
export interface Holdings {
  readonly candles: readonly Listed[];
  readonly trades: readonly ListedTrades[];
  readonly funding: readonly ListedFunding[];
}

const listedRow = (it: Listed): string[] => [
  it.exchange,
  it.pair,
  intervalName(it.intervalMs),
  String(it.rows),
  timeText(it.from),
  timeText(it.to),
  String(it.gaps),
  String(it.missing),
  (it.bytes / it.rows).toFixed(1),
];
const listedHead = ['exchange', 'pair', 'interval', 'candles', 'from', 'to', 'gaps', 'missing', 'bytes/candle'];

const tradesRow = (it: ListedTrades): string[] => [
  it.exchange,
  it.pair,
  String(it.rows),
  timeText(it.from),
  timeText(it.to),
  it.holes === null ? 'no ids' : String(it.holes),
  it.missing === null ? '' : String(it.missing),
  (it.bytes / it.rows).toFixed(1),
];
const tradesHead = ['exchange', 'pair', 'trades', 'from', 'to', 'holes', 'missing', 'bytes/trade'];

const fundingRow = (it: ListedFunding): string[] => [
  it.exchange,
  it.pair,
  it.everyMs === null ? '' : intervalName(it.everyMs),
  String(it.rows),
  timeText(it.from),
  timeText(it.to),
  String(it.holes),
  String(it.missing),
  `${(Number(it.meanRate) * 100).toFixed(4)} %`,
  (it.bytes / it.rows).toFixed(1),
];
const fundingHead = ['exchange', 'pair', 'every', 'payments', 'from', 'to', 'holes', 'missing', 'mean', 'bytes/payment'];

export function printHoldings({ candles, trades, funding }: Holdings): void {
  const tables = [
    candles.length > 0 ? table(listedHead, candles.map(listedRow)) : '',
    trades.length > 0 ? table(tradesHead, trades.map(tradesRow)) : '',
    funding.length > 0 ? table(fundingHead, funding.map(fundingRow)) : '',
  ];
  print(tables.filter((it) => it !== '').join('\n\n'));
}

export function tellCandles(stored: Stored): void {
  print(table(listedHead, [listedRow(stored)]));
  print(`\n${stored.added} new candles; ${stored.path}`);
  if (stored.report.duplicates > 0)
    print(`${stored.report.duplicates} candles stood twice with the same numbers; one of each was kept`);
  if (stored.report.withoutVolume > 0) print(`${stored.report.withoutVolume} candles have no volume`);
  if (stored.report.volumesCutTo !== null)
    print(`volumes were cut to ${stored.report.volumesCutTo} decimals: some have more digits than can be kept exactly`);
  if (stored.intervalMs <= dayMs && stored.from % stored.intervalMs !== 0)
    print(
      `the candles do not open at whole ${intervalName(stored.intervalMs)} of UTC: if their times are of another zone, import them with times in UTC`,
    );
  tellGaps(stored.path);
}

export function tellGaps(path: string): void {
  const series = readSeries(path);
  const gaps = gapsOf(series);
  if (gaps.length === 0) return;
  const largest = [...gaps].sort((a, b) => b.candles - a.candles).slice(0, gapsShown);
  const many = gaps.length === 1 ? '1 gap' : `${gaps.length} gaps`;
  const shown = gaps.length > gapsShown ? '; the largest' : '';
  print(`\n${series.exchange} ${series.pair} ${intervalName(series.intervalMs)}: ${many}, nothing was filled in${shown}:`);
  print(
    table(
      ['from', 'to', 'candles'],
      largest.map(({ from, to, candles }) => [timeText(from), timeText(to), String(candles)]),
    ),
  );
}

export function tellTrades(stored: StoredTrades): void {
  const { report } = stored;
  print(table(tradesHead, [tradesRow(stored)]));
  print(`\n${stored.added} new trades; ${stored.path}`);
  if (report.duplicates > 0) print(`${report.duplicates} trades stood twice with the same numbers; one of each was kept`);
  if (report.quantitiesCutTo !== null)
    print(`quantities were cut to ${report.quantitiesCutTo} decimals: some have more digits than can be kept exactly`);
  if (report.holes === 0) return;
  print(
    `\n${report.missing} trades are missing in the file by their ids, nothing was filled in${report.holes > gapsShown ? '; the first' : ''}:`,
  );
  const rows = report.firstHoles.map(({ row, after, missing }) => [String(row), String(after), String(missing)]);
  print(table(['row', 'after id', 'missing'], rows));
}

export function tellTradeHoles(path: string): void {
  const trades = readTrades(path);
  const holes = [...holesOf(trades)].sort((a, b) => b.missing - a.missing).slice(0, gapsShown);
  if (holes.length === 0) return;
  print(`\ntrades of ${trades.exchange} ${trades.pair}: the largest holes, nothing was filled in:`);
  const row = ({ time, after, missing }: Hole): string[] => [timeText(time), String(after), String(missing)];
  print(table(['before', 'after id', 'missing'], holes.map(row)));
}

export function tellFunding(stored: StoredFunding): void {
  const { report } = stored;
  print(table(fundingHead, [fundingRow(stored)]));
  print(`\n${stored.added} new payments; ${stored.path}`);
  if (report.duplicates > 0) print(`${report.duplicates} payments stood twice with the same rate; one of each was kept`);
  if (report.ofOthers > 0) print(`${report.ofOthers} rates of other contracts were left out`);
  if (report.cut > 0) print(`the decimals after the 18th were cut off of ${report.cut} rates`);
  if (report.looksLikePercent)
    print(
      'half of the rates are above 0.3 % at a time: if the file has percent, divide its rates by 100, or write a % sign behind them, and import it again with --replace',
    );
  tellFundingHoles(stored.path);
}

export function tellFundingHoles(path: string): void {
  const funding = readFunding(path);
  const holes = fundingHoles(funding);
  if (holes.length === 0) return;
  const largest = [...holes].sort((a, b) => b.missing - a.missing).slice(0, gapsShown);
  const shown = holes.length > gapsShown ? '; the largest' : '';
  print(`\nfunding of ${funding.exchange} ${funding.pair}: payments are missing, nothing was filled in${shown}:`);
  const row = ({ after, time, missing }: FundingHole): string[] => [timeText(after), timeText(time), String(missing)];
  print(table(['after', 'before', 'missing'], largest.map(row)));
}
