/** Candles, trades and rates of funding from files: CSV (plain, gzip, zip), JSON, Feather, Parquet. What a file is, its first bytes and name say. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { type BuildReport, SeriesBuilder } from './builder.ts';
import { addRows, rowsOfObjects } from './candle-rows.ts';
import { CsvReader } from './csv.ts';
import { candleForm, type FormOf, isTrades, tradeForm } from './csv-forms.ts';
import { DataError } from './data-error.ts';
import type { FundingRates } from './funding.ts';
import { FundingBuilder, type FundingReport } from './funding-builder.ts';
import { addFundingRows, areFunding, fundingForm, isFunding, rowsWithin } from './funding-forms.ts';
import type { Series } from './series.ts';
import type { Trades } from './trades.ts';
import { TradesBuilder, type TradesReport } from './trades-builder.ts';

export interface ReadOptions {
  readonly exchange: string;
  readonly pair: string;
  /** Undefined: the smallest distance of two candles. */
  readonly intervalMs?: number;
  /** Now, unix ms: candles that open later are refused. */
  readonly now?: number;
  /** What it holds is rates of funding, whatever it looks like. */
  readonly isFunding?: boolean;
  /** Called now and then with the bytes read so far of how many. */
  readonly onProgress?: (read: number, of: number) => void;
}

export interface Read {
  readonly series: Series;
  readonly report: BuildReport;
}

export interface ReadTrades {
  readonly trades: Trades;
  readonly report: TradesReport;
}

export interface ReadFunding {
  readonly funding: FundingRates;
  readonly report: FundingReport;
}

/** What a file holds shows in its first line: candles, trades or rates of funding. */
class Intake {
  readonly #options: ReadOptions;
  readonly #source: string;
  #candles: SeriesBuilder | undefined;
  #trades: TradesBuilder | undefined;
  #funding: FundingBuilder | undefined;
  /** Of the CSV that comes next. */
  readonly formOf: FormOf = (line, source) => {
    const isNew = this.#candles === undefined && this.#trades === undefined;
    if (isNew && (this.isFunding || isFunding(line))) return fundingForm(this.funding, this.#options.pair)(line, source);
    if (this.#trades === undefined && (this.#candles !== undefined || !isTrades(line)))
      return candleForm(this.candles, this.#options.pair)(line, source);
    this.#trades ??= new TradesBuilder(this.#options.exchange, this.#options.pair, this.#source, this.#options.now);
    return tradeForm(this.#trades, this.#options.pair)(line, source);
  };

  constructor(options: ReadOptions, source: string) {
    this.#options = options;
    this.#source = source;
  }

  get pair(): string {
    return this.#options.pair;
  }

  get candles(): SeriesBuilder {
    const { exchange, pair, now } = this.#options;
    this.#candles ??= new SeriesBuilder(exchange, pair, this.#source, now);
    return this.#candles;
  }

  get funding(): FundingBuilder {
    const { exchange, pair, now } = this.#options;
    this.#funding ??= new FundingBuilder(exchange, pair, this.#source, now);
    return this.#funding;
  }

  get isFunding(): boolean {
    return this.#options.isFunding === true || this.#funding !== undefined;
  }

  /** Rows of a format that is read as a whole. */
  addFunding(rows: Iterable<unknown>): void {
    addFundingRows(rows, this.funding, this.#options.pair, this.#source);
  }

  get rows(): number {
    return this.#trades?.rows ?? this.#funding?.rows ?? this.candles.rows;
  }

  finish(): Read | ReadTrades | ReadFunding {
    return this.#trades?.finish() ?? this.#funding?.finish() ?? this.candles.finish(this.#options.intervalMs);
  }
}

type Kind = 'csv' | 'gzip' | 'zip' | 'json' | 'feather' | 'parquet';

function kindOf(path: string): Kind {
  const head = Buffer.alloc(8);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new DataError('data-unreadable', `${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  const length = readSync(descriptor, head, 0, 8, 0);
  closeSync(descriptor);
  if (length === 0) throw new DataError('data-empty', `${path} is empty`);
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.toString('latin1', 0, 4) === 'PK\u0003\u0004') return 'zip';
  if (head.toString('latin1', 0, 6) === 'ARROW1') return 'feather';
  if (head.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
    throw new DataError('data-unknown-format', `${path} is text in UTF-16; save it in UTF-8`);
  const first = head.toString('utf8', 0, length).trimStart()[0];
  if (first === '[' || first === '{') return 'json';
  if (/^[\w",;\uFEFF]/.test(head.toString('utf8', 0, length))) return 'csv';
  throw new DataError('data-unknown-format', `${path} is none of CSV, gzip, zip, JSON, Feather, Parquet`);
}

/** Reads the candles of one file. @throws DataError naming file and row */
export async function readCandleFile(path: string, options: ReadOptions): Promise<Read> {
  const read = await readDataFile(path, options);
  if ('series' in read) return read;
  throw new DataError(
    'data-malformed',
    `${basename(path)} holds ${'trades' in read ? 'trades' : 'rates of funding'}, not candles`,
  );
}

/** Reads the candles, the trades or the rates of funding of one file. @throws DataError naming file and row */
export async function readDataFile(path: string, options: ReadOptions): Promise<Read | ReadTrades | ReadFunding> {
  const source = basename(path);
  const intake = new Intake(options, source);
  switch (kindOf(path)) {
    case 'csv':
      await readCsv(path, intake, options, false);
      break;
    case 'gzip':
      await readGzip(path, intake, options);
      break;
    case 'zip':
      await readZip(path, intake, options);
      break;
    case 'json':
      readJson(readWhole(path, jsonBytesMost).toString('utf8'), intake, source);
      break;
    case 'feather':
      await readFeather(readWhole(path), intake, source);
      break;
    case 'parquet':
      await readParquet(readWhole(path), intake, source);
      break;
  }
  return intake.finish();
}

/** Formats that have to be in memory as a whole; in JSON also as what was parsed, ten times the size. */
const wholeBytesMost = 512 * 1024 ** 2;
const jsonBytesMost = 256 * 1024 ** 2;

function readWhole(path: string, most = wholeBytesMost): Buffer {
  const { size } = statSync(path);
  if (size > most)
    throw new DataError(
      'data-too-large',
      `${basename(path)} has ${size} bytes; this format is read as a whole, limit ${most}: split it, or bring CSV`,
    );
  return readFileSync(path);
}

async function readCsv(path: string, intake: Intake, { onProgress }: ReadOptions, isGzip: boolean): Promise<void> {
  const source = basename(path);
  const reader = new CsvReader(intake.formOf, source);
  const { size } = statSync(path);
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  file.on('data', () => onProgress?.(file.bytesRead, size));
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        reader.push(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await (isGzip ? pipeline(file, createGunzip({ chunkSize: 1024 * 1024 }), sink) : pipeline(file, sink));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw new DataError('data-unreadable', `${source} is cut off after row ${intake.rows}; fetch it again, nothing was kept`, {
        cause,
      });
    throw new DataError('data-unreadable', `${source} cannot be read (${message})`, { cause });
  }
  reader.end();
}

/** CSV or freqtrade's JSON within: the first byte says which. */
async function readGzip(path: string, intake: Intake, options: ReadOptions): Promise<void> {
  const isJson = /\.json\.gz$/i.test(path);
  if (!isJson) return readCsv(path, intake, options, true);
  try {
    readJson(gunzipSync(readWhole(path), { maxOutputLength: jsonBytesMost }).toString('utf8'), intake, basename(path));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('data-unreadable', `${basename(path)} cannot be unpacked (${(cause as Error).message})`, { cause });
  }
}

async function readZip(path: string, intake: Intake, { pair, intervalMs }: ReadOptions): Promise<void> {
  const { eachZipEntry, filesOf } = await import('./zip.ts');
  const source = basename(path);
  let files = 0;
  await eachZipEntry(
    path,
    (names) => filesOf(names, pair, intervalMs, source),
    (name) => {
      files += 1;
      const reader = new CsvReader(intake.formOf, `${source}/${name}`);
      return { push: (chunk) => reader.push(chunk), end: () => reader.end() };
    },
  );
  if (files === 0) throw new DataError('data-empty', `${source} has no CSV in it`);
}

/** Candles as freqtrade keeps them, `[[time_ms, open, high, low, close, volume], …]`, or with names; or what an exchange answers of funding. */
function readJson(text: string, intake: Intake, source: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new DataError('data-malformed', `${source} is no JSON (${(cause as Error).message})`, { cause });
  }
  const rows = rowsWithin(answer);
  if (rows !== undefined && (intake.isFunding || areFunding(rows))) intake.addFunding(rows);
  else if (rows !== undefined && areObjects(rows)) addRows(rowsOfObjects(rows, source, intake.pair), intake.candles, source);
  // Lists within an answer have their columns in the order of each exchange.
  else if (Array.isArray(answer)) addRows(answer as readonly (readonly unknown[])[], intake.candles, source);
  else
    throw new DataError(
      'data-malformed',
      `${source} is no list of candles, [[time, open, high, low, close, volume], …] or [{ time, open, … }, …], nor an exchange's answer about funding`,
    );
}

const areObjects = (rows: readonly unknown[]): rows is readonly Readonly<Record<string, unknown>>[] =>
  rows.length > 0 && rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row));

async function readFeather(bytes: Buffer, intake: Intake, source: string): Promise<void> {
  const { featherFunding, featherRows } = await import('./feather.ts');
  const funding = featherFunding(bytes, source, intake.isFunding);
  if (funding !== null) intake.addFunding(funding);
  else addRows(featherRows(bytes, source), intake.candles, source);
}

async function readParquet(bytes: Buffer, intake: Intake, source: string): Promise<void> {
  const { parquetRows } = await import('./parquet.ts');
  const rows = await parquetRows(bytes, source);
  if (intake.isFunding || areFunding(rows)) intake.addFunding(rows);
  else addRows(rowsOfObjects(rows, source, intake.pair), intake.candles, source);
}
