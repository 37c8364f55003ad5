/** `data import|download|list|check|export`: the candles that backtests run on. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DataError,
  exportSeries,
  gapsOf,
  intervalMsOf,
  intervalName,
  type Listed,
  listSeries,
  readCandleFile,
  readFileName,
  readSeries,
  type Stored,
  seriesPath,
  storeSeries,
  verifySeries,
} from '@holdfast/backtest/data';
import progress from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import { openDataDirectory } from '../data-directory.ts';
import { download } from '../download.ts';
import { CliError, exitCode } from '../exit.ts';
import { type Common, common, readTime } from '../options.ts';
import { print, printJson, table, timeText } from '../output.ts';

const gapsShown = 10;
const dayMs = 86_400_000;

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

function tell(stored: Stored): void {
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

function tellGaps(path: string): void {
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

interface SeriesFlags extends Common {
  readonly exchange?: string;
  readonly pair?: string;
  readonly interval?: number;
}

const seriesOptions = (command: Command): Command =>
  common(command)
    .option('--exchange <name>', 'such as binance')
    .option('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT')
    .option('--interval <name>', 'such as 1m, 4h, 1d', readInterval);

const bar = (json: boolean | undefined): progress.SingleBar | undefined =>
  json === true || !process.stderr.isTTY
    ? undefined
    : new progress.SingleBar({
        format: '{bar} {percentage} %  {eta_formatted} left',
        clearOnComplete: true,
        stream: process.stderr,
      });

async function importFiles(files: readonly string[], flags: SeriesFlags & { readonly replace?: true }): Promise<void> {
  const data = openDataDirectory(flags.data);
  const all: Stored[] = [];
  for (const file of files) {
    const named = readFileName(file);
    const exchange = flags.exchange ?? named.exchange ?? 'unknown';
    const pair = flags.pair ?? named.pair;
    if (pair === undefined) throw new CliError(exitCode.usage, `${file}: its name does not say the pair; give --pair BASE/QUOTE`);
    const interval = flags.interval ?? (named.interval === undefined ? undefined : intervalMsOf(named.interval));
    const shown = bar(flags.json);
    let started = false;
    const onProgress = (read: number, of: number): void => {
      if (!started) shown?.start(of, 0);
      started = true;
      shown?.update(read);
    };
    const options = { exchange, pair, onProgress, now: Date.now(), ...(interval === undefined ? {} : { intervalMs: interval }) };
    const { series, report } = await readCandleFile(file, options).finally(() => shown?.stop());
    const stored = storeSeries(data, series, report, flags.replace);
    all.push(stored);
    if (flags.json !== true) tell(stored);
  }
  if (flags.json) printJson(all);
}

function needSeries({ data, exchange, pair, interval }: SeriesFlags): string {
  if (exchange === undefined || pair === undefined || interval === undefined)
    throw new CliError(exitCode.usage, 'give --exchange, --pair and --interval; "holdfast data list" shows what is there');
  return seriesPath(data, { exchange, pair, intervalMs: interval });
}

export function addDataCommands(program: Command): void {
  const data = program.command('data').description('candles for backtests');

  seriesOptions(
    data
      .command('import <files...>')
      .description(
        "candles from files: CSV, gzip, Binance's zip archive, freqtrade's JSON and Feather, Parquet; what a file's name says need not be given",
      ),
  )
    .option('--replace', 'where the library has other numbers, take the new ones')
    .action((files: string[], flags: SeriesFlags & { replace?: true }) => reporting(() => importFiles(files, flags)));

  common(data.command('download').description('candles from an exchange; goes on where it stopped'))
    .requiredOption('--exchange <name>', 'as ccxt has it, such as binance, kraken, okx')
    .requiredOption('--pair <pair>', 'BASE/QUOTE, such as BTC/USDT')
    .option('--interval <name>', 'such as 1m, 4h, 1d', readInterval, 60_000)
    .requiredOption('--from <date>', 'first day, such as 2025-01-31', readTime)
    .option('--to <date>', 'day after the last; now when left out', readTime)
    .option('--url <address>', 'address of an exchange on this machine that speaks the same API')
    .action((flags: Common & { exchange: string; pair: string; interval: number; from: number; to?: number; url?: string }) =>
      reporting(async () => {
        const to = Math.min(flags.to ?? Date.now(), Date.now());
        if (to <= flags.from) throw new CliError(exitCode.usage, '--to is not after --from');
        const shown = bar(flags.json);
        let started = false;
        const onProgress = (done: number, of: number): void => {
          if (!started) shown?.start(of, 0);
          started = true;
          shown?.update(done);
        };
        const { exchange, pair, interval: intervalMs, from, url } = flags;
        const options = {
          data: openDataDirectory(flags.data),
          exchange,
          pair,
          intervalMs,
          from,
          to,
          onProgress,
          ...(url === undefined ? {} : { url }),
        };
        const stored = await download(options).finally(() => shown?.stop());
        const note = `${pair} of ${exchange} is there up to ${timeText(to)} already`;
        if (flags.json) printJson(stored ?? { added: 0, note });
        else if (stored === undefined) print(note);
        else tell(stored);
      }),
    );

  common(data.command('list').description('what is there')).action((flags: Common) =>
    reporting(() => {
      const all = listSeries(flags.data);
      if (flags.json) printJson(all);
      else if (all.length === 0)
        print(`no candles in ${flags.data}; "holdfast data import FILE" or "holdfast data download" brings some`);
      else print(table(listedHead, all.map(listedRow)));
    }),
  );

  seriesOptions(
    data
      .command('check')
      .description('compare every byte with what was written, and list the gaps; all series when none is named'),
  ).action((flags: SeriesFlags) =>
    reporting(() => {
      const named = flags.pair !== undefined || flags.exchange !== undefined;
      const paths = named ? [needSeries(flags)] : listSeries(flags.data).map(({ path }) => path);
      const checked = paths.map(verifySeries);
      if (flags.json) printJson(checked.map((it) => ({ ...it, gapList: gapsOf(readSeries(it.path)) })));
      else {
        print(table(listedHead, checked.map(listedRow)));
        for (const { path } of checked) tellGaps(path);
      }
    }),
  );

  seriesOptions(data.command('export <file>').description('write a series as CSV, gzipped when the name ends in .gz'))
    .option('--force', 'overwrite the file')
    .action((file: string, flags: SeriesFlags & { force?: true }) =>
      reporting(() => {
        const path = resolve(file);
        if (existsSync(path) && flags.force !== true)
          throw new CliError(exitCode.usage, `${path} is there already; give --force or another name`);
        const series = readSeries(needSeries(flags));
        exportSeries(series, path);
        if (flags.json) printJson({ file: path, rows: series.rows });
        else print(`${series.rows} candles written to ${path}`);
      }),
    );
}
