/** `data import|download|list|check|export`: the candles, trades and rates of funding that backtests run on. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DataError,
  exportFunding,
  exportSeries,
  exportTrades,
  fundingHoles,
  fundingPath,
  gapsOf,
  holesOf,
  intervalMsOf,
  listFunding,
  listSeries,
  listTrades,
  readDataFile,
  readFileName,
  readFunding,
  readSeries,
  readTrades,
  type Stored,
  type StoredFunding,
  type StoredTrades,
  seriesPath,
  storeFunding,
  storeSeries,
  storeTrades,
  tradesPath,
  verifyFunding,
  verifySeries,
  verifyTrades,
} from '@holdfast/backtest/data';
import progress from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import { openDataDirectory } from '../data-directory.ts';
import {
  type Holdings,
  printHoldings,
  tellCandles,
  tellFunding,
  tellFundingHoles,
  tellGaps,
  tellTradeHoles,
  tellTrades,
} from '../data-tables.ts';
import { download } from '../download.ts';
import { downloadFunding } from '../download-funding.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common } from '../options.ts';
import { print, printJson, timeText } from '../output.ts';
import { readTime } from '../read-time.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;

function readInterval(text: string): number {
  try {
    return intervalMsOf(text);
  } catch (cause) {
    throw new InvalidArgumentError((cause as Error).message);
  }
}

/** Turns faults of the data into faults of the command. */
async function reporting<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new CliError(
      error.code === 'data-corrupt' ? exitCode.corruptData : exitCode.failed,
      `${error.message} (${error.code})`,
      { cause: error },
    );
  }
}

interface SeriesFlags extends Common {
  readonly exchange?: string;
  readonly pair?: string;
  readonly interval?: number;
  readonly trades?: true;
  readonly funding?: true;
}

const seriesOptions = (command: Command): Command =>
  common(command)
    .option('--exchange <name>', 'such as binance')
    .option('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT')
    .option('--interval <name>', 'such as 1m, 4h, 1d', readInterval);

const kindOptions = (command: Command): Command =>
  seriesOptions(command).option('--trades', 'the trades of the pair').option('--funding', 'the rates of funding of the pair');

/** Shows how far something is, where a person looks on. */
function shownProgress(json: boolean | undefined): { onProgress(done: number, of: number): void; stop(): void } {
  if (json === true || !process.stderr.isTTY) return { onProgress: () => {}, stop: () => {} };
  const bar = new progress.SingleBar({
    format: '{bar} {percentage} %  {eta_formatted} left',
    clearOnComplete: true,
    stream: process.stderr,
  });
  let started = false;
  return {
    onProgress(done, of) {
      if (!started) bar.start(of, 0);
      started = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

type ImportFlags = SeriesFlags & { readonly replace?: true };

async function importFiles(files: readonly string[], flags: ImportFlags): Promise<void> {
  const data = openDataDirectory(flags.data);
  const all: (Stored | StoredTrades | StoredFunding)[] = [];
  for (const file of files) all.push(await importFile(data, file, flags));
  if (flags.json) printJson(all);
}

async function importFile(data: string, file: string, flags: ImportFlags): Promise<Stored | StoredTrades | StoredFunding> {
  const named = readFileName(file);
  const exchange = flags.exchange ?? named.exchange ?? 'unknown';
  const pair = flags.pair ?? named.pair;
  if (pair === undefined) throw new CliError(exitCode.usage, `${file}: its name does not say the pair; give --pair BASE/QUOTE`);
  const interval = flags.interval ?? (named.interval === undefined ? undefined : intervalMsOf(named.interval));
  const { onProgress, stop } = shownProgress(flags.json);
  const options = {
    exchange,
    pair,
    onProgress,
    now: Date.now(),
    isFunding: flags.funding === true || named.isFunding === true,
    ...(interval === undefined ? {} : { intervalMs: interval }),
  };
  const read = await readDataFile(file, options).finally(stop);
  const tells = flags.json !== true;
  if ('trades' in read) {
    const stored = storeTrades(data, read.trades, read.report, flags.replace);
    if (tells) tellTrades(stored);
    return stored;
  }
  if ('funding' in read) {
    const stored = storeFunding(data, read.funding, read.report, flags.replace);
    if (tells) tellFunding(stored);
    return stored;
  }
  const stored = storeSeries(data, read.series, read.report, flags.replace);
  if (tells) tellCandles(stored);
  return stored;
}

type DownloadFlags = Common & {
  readonly exchange: string;
  readonly pair: string;
  readonly interval?: number;
  readonly from: number;
  readonly to?: number;
  readonly url?: string;
  readonly perpetual?: true;
  readonly funding?: true;
};

async function downloadSeries(flags: DownloadFlags): Promise<void> {
  const { exchange, pair, interval, from, url } = flags;
  const to = Math.min(flags.to ?? Date.now(), Date.now());
  if (to <= from) throw new CliError(exitCode.usage, '--to is not after --from');
  if (flags.funding === true && interval !== undefined) throw new CliError(exitCode.usage, 'rates of funding have no --interval');
  const { onProgress, stop } = shownProgress(flags.json);
  const data = openDataDirectory(flags.data);
  const options = { data, exchange, pair, from, to, onProgress, ...(url === undefined ? {} : { url }) };
  const stored = await (flags.funding === true
    ? downloadFunding(options)
    : download({ ...options, intervalMs: interval ?? minuteMs, perpetual: flags.perpetual === true })
  ).finally(stop);
  const note = `${pair} of ${exchange} is there up to ${timeText(to)} already`;
  if (flags.json) return printJson(stored ?? { added: 0, note });
  if (stored === undefined) return print(note);
  if (!('everyMs' in stored)) return tellCandles(stored);
  tellFunding(stored);
  if (stored.from > from + dayMs) print(`${exchange} gave none from before ${timeText(stored.from)}`);
}

/** Path of what one kind of data of a pair lies in. */
function needPair(kind: string, { exchange, pair, interval }: SeriesFlags): { exchange: string; pair: string } {
  if (exchange === undefined || pair === undefined || interval !== undefined)
    throw new CliError(exitCode.usage, `${kind} wants --exchange and --pair, and no --interval`);
  return { exchange, pair };
}

function needSeries({ data, exchange, pair, interval }: SeriesFlags): string {
  if (exchange === undefined || pair === undefined || interval === undefined)
    throw new CliError(exitCode.usage, 'give --exchange, --pair and --interval; "holdfast data list" shows what is there');
  return seriesPath(data, { exchange, pair, intervalMs: interval });
}

/** What the flags name, or all there is. */
function pathsOf(flags: SeriesFlags): { series: readonly string[]; trades: readonly string[]; funding: readonly string[] } {
  const { data } = flags;
  const none = { series: [], trades: [], funding: [] };
  if (flags.trades === true) return { ...none, trades: [tradesPath(data, needPair('--trades', flags))] };
  if (flags.funding === true) return { ...none, funding: [fundingPath(data, needPair('--funding', flags))] };
  if (flags.pair !== undefined || flags.exchange !== undefined) return { ...none, series: [needSeries(flags)] };
  const there = holdings(data);
  const path = (it: { readonly path: string }): string => it.path;
  return { series: there.candles.map(path), trades: there.trades.map(path), funding: there.funding.map(path) };
}

const holdings = (data: string): Holdings => ({
  candles: listSeries(data),
  trades: listTrades(data),
  funding: listFunding(data),
});

function list({ data, json }: Common): void {
  const there = holdings(data);
  const all = [...there.candles, ...there.trades, ...there.funding];
  if (json) printJson(all);
  else if (all.length > 0) printHoldings(there);
  else print(`no candles in ${data}; "holdfast data import FILE" or "holdfast data download" brings some`);
}

function check(flags: SeriesFlags): void {
  const paths = pathsOf(flags);
  const checked: Holdings = {
    candles: paths.series.map(verifySeries),
    trades: paths.trades.map(verifyTrades),
    funding: paths.funding.map(verifyFunding),
  };
  if (flags.json) {
    printJson([
      ...checked.candles.map((it) => ({ ...it, gapList: gapsOf(readSeries(it.path)) })),
      ...checked.trades.map((it) => ({ ...it, holeList: holesOf(readTrades(it.path)) })),
      ...checked.funding.map((it) => ({ ...it, holeList: fundingHoles(readFunding(it.path)) })),
    ]);
    return;
  }
  printHoldings(checked);
  for (const { path } of checked.candles) tellGaps(path);
  for (const { path } of checked.trades) tellTradeHoles(path);
  for (const { path } of checked.funding) tellFundingHoles(path);
}

function exportFile(file: string, flags: SeriesFlags & { readonly force?: true }): void {
  const path = resolve(file);
  if (existsSync(path) && flags.force !== true)
    throw new CliError(exitCode.usage, `${path} is there already; give --force or another name`);
  const { rows, kind } = write(path, flags);
  if (flags.json) printJson({ file: path, rows });
  else print(`${rows} ${kind} written to ${path}`);
}

function write(path: string, flags: SeriesFlags): { readonly rows: number; readonly kind: string } {
  if (flags.trades === true) {
    const trades = readTrades(tradesPath(flags.data, needPair('--trades', flags)));
    exportTrades(trades, path);
    return { rows: trades.rows, kind: 'trades' };
  }
  if (flags.funding === true) {
    const funding = readFunding(fundingPath(flags.data, needPair('--funding', flags)));
    exportFunding(funding, path);
    return { rows: funding.rows, kind: 'rates of funding' };
  }
  const series = readSeries(needSeries(flags));
  exportSeries(series, path);
  return { rows: series.rows, kind: 'candles' };
}

export function addDataCommands(program: Command): void {
  const data = program.command('data').description('candles, trades and rates of funding for backtests');

  seriesOptions(
    data
      .command('import <files...>')
      .description(
        "candles, trades and rates of funding from files: CSV, gzip, exchanges' zip archives, freqtrade's JSON and Feather, Parquet; what a file's name says need not be given",
      ),
  )
    .option('--funding', 'the files hold rates of funding, where neither name nor header says it')
    .option('--replace', 'where the library has other numbers, take the new ones')
    .action((files: string[], flags: ImportFlags) => reporting(() => importFiles(files, flags)));

  common(data.command('download').description('candles or rates of funding from an exchange; goes on where it stopped'))
    .requiredOption('--exchange <name>', 'as ccxt has it, such as binance, kraken, okx')
    .requiredOption('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT')
    .option('--interval <name>', 'of candles, such as 1m, 4h, 1d; 1m when left out', readInterval)
    .requiredOption('--from <date>', 'first day, such as 2025-01-31', readTime)
    .option('--to <date>', 'day after the last; now when left out', readTime)
    .option('--perpetual', 'candles of the pair’s perpetual, kept as those of EXCHANGE-perpetual')
    .option('--funding', 'the rates of funding of the pair’s perpetual in place of candles')
    .option('--url <address>', 'address of an exchange on this machine that speaks the same API')
    .action((flags: DownloadFlags) => reporting(() => downloadSeries(flags)));

  common(data.command('list').description('what is there')).action((flags: Common) => reporting(() => list(flags)));

  kindOptions(
    data
      .command('check')
      .description('compare every byte with what was written, and list the gaps; all there is when nothing is named'),
  ).action((flags: SeriesFlags) => reporting(() => check(flags)));

  kindOptions(
    data
      .command('export <file>')
      .description('write a series, trades or rates of funding as CSV, gzipped when the name ends in .gz'),
  )
    .option('--force', 'overwrite the file')
    .action((file: string, flags: SeriesFlags & { force?: true }) => reporting(() => exportFile(file, flags)));
}
