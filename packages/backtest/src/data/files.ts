/** Candles from files: CSV (plain, gzip, zip), freqtrade's JSON and Feather, Parquet. What a file is, its first bytes and name say. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { type BuildReport, type RawCandle, SeriesBuilder } from './builder.ts';
import { CsvReader } from './csv.ts';
import { DataError } from './data-error.ts';
import { readFloat, toMs } from './decimal.ts';
import type { Series } from './series.ts';

export interface FileName {
  readonly exchange?: string;
  readonly pair?: string;
  readonly interval?: string;
}

const quotes = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'TUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'USD', 'TRY', 'GBP', 'BRL', 'JPY'];

/**
 * What a file's name says: `EXCHANGE-BASE-QUOTE-1m…` of our own exports, `BTCUSDT-1m-2024-01.zip` of Binance's archive,
 * `BTC_USDT-1h.feather` of freqtrade.
 */
export function readFileName(path: string): FileName {
  const name = basename(path);
  const own = /^([A-Z0-9]+)-([A-Z0-9]+)-([A-Z0-9]+)-(\d+[smhdw])\b/.exec(name);
  if (own !== null) return { exchange: own[1]!.toLowerCase(), pair: `${own[2]}/${own[3]}`, interval: own[4]! };
  const freqtrade = /^([A-Z0-9]+)_([A-Z0-9]+)-(\d+[smhdw])\./.exec(name);
  if (freqtrade !== null) return { pair: `${freqtrade[1]}/${freqtrade[2]}`, interval: freqtrade[3]! };
  const archive = /^([A-Z0-9]+)-(\d+[smhdw])-\d{4}-\d{2}/.exec(name);
  const quote = archive === null ? undefined : quotes.find((it) => archive[1]!.endsWith(it) && archive[1]!.length > it.length);
  if (archive === null || quote === undefined) return {};
  return { exchange: 'binance', pair: `${archive[1]!.slice(0, -quote.length)}/${quote}`, interval: archive[2]! };
}

export interface ReadOptions {
  readonly exchange: string;
  readonly pair: string;
  /** Undefined: the smallest distance of two candles. */
  readonly intervalMs?: number;
  /** Now, unix ms: candles that open later are refused. */
  readonly now?: number;
  /** Called now and then with the bytes read so far of how many. */
  readonly onProgress?: (read: number, of: number) => void;
}

export interface Read {
  readonly series: Series;
  readonly report: BuildReport;
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
  const first = head.toString('utf8', 0, length).trimStart()[0];
  if (first === '[') return 'json';
  if (/^[\w"\uFEFF]/.test(head.toString('utf8', 0, length))) return 'csv';
  throw new DataError('data-unknown-format', `${path} is none of CSV, gzip, zip, freqtrade JSON, Feather, Parquet`);
}

/** Reads the candles of one file. @throws DataError naming file and row */
export async function readCandleFile(path: string, options: ReadOptions): Promise<Read> {
  const source = basename(path);
  const builder = new SeriesBuilder(options.exchange, options.pair, source, options.now);
  switch (kindOf(path)) {
    case 'csv':
      await readCsv(path, builder, options, false);
      break;
    case 'gzip':
      await readGzip(path, builder, options);
      break;
    case 'zip':
      await readZip(path, builder);
      break;
    case 'json':
      readJson(readWhole(path, jsonBytesMost).toString('utf8'), builder, source);
      break;
    case 'feather':
      addRows((await import('./feather.ts')).featherRows(readWhole(path), source), builder, source);
      break;
    case 'parquet':
      addRows(await (await import('./parquet.ts')).parquetRows(readWhole(path), source), builder, source);
      break;
  }
  return builder.finish(options.intervalMs);
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

async function readCsv(path: string, builder: SeriesBuilder, { onProgress }: ReadOptions, isGzip: boolean): Promise<void> {
  const source = basename(path);
  const reader = new CsvReader(builder, source);
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
      throw new DataError('data-unreadable', `${source} is cut off after row ${builder.rows}; fetch it again, nothing was kept`, {
        cause,
      });
    throw new DataError('data-unreadable', `${source} cannot be read (${message})`, { cause });
  }
  reader.end();
}

/** CSV or freqtrade's JSON within: the first byte says which. */
async function readGzip(path: string, builder: SeriesBuilder, options: ReadOptions): Promise<void> {
  const isJson = /\.json\.gz$/i.test(path);
  if (!isJson) return readCsv(path, builder, options, true);
  try {
    readJson(gunzipSync(readWhole(path), { maxOutputLength: jsonBytesMost }).toString('utf8'), builder, basename(path));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('data-unreadable', `${basename(path)} cannot be unpacked (${(cause as Error).message})`, { cause });
  }
}

async function readZip(path: string, builder: SeriesBuilder): Promise<void> {
  const { eachZipEntry } = await import('./zip.ts');
  let files = 0;
  await eachZipEntry(path, /\.csv$/i, (name) => {
    files += 1;
    const reader = new CsvReader(builder, `${basename(path)}/${name}`);
    return { push: (chunk) => reader.push(chunk), end: () => reader.end() };
  });
  if (files === 0) throw new DataError('data-empty', `${basename(path)} has no CSV in it`);
}

/** freqtrade: `[[time_ms, open, high, low, close, volume], …]`. */
function readJson(text: string, builder: SeriesBuilder, source: string): void {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (cause) {
    throw new DataError('data-malformed', `${source} is no JSON (${(cause as Error).message})`, { cause });
  }
  if (!Array.isArray(rows)) throw new DataError('data-malformed', `${source} is no list of candles`);
  addRows(rows as readonly (readonly number[])[], builder, source);
}

/** Rows of numbers: time, open, high, low, close, volume. */
export function addRows(rows: Iterable<readonly number[]>, builder: SeriesBuilder, source: string): void {
  const [open, high, low, close, volume] = Array.from({ length: 5 }, () => ({ mantissa: 0, digits: 0 })) as [
    RawCandle['open'],
    RawCandle['open'],
    RawCandle['open'],
    RawCandle['open'],
    RawCandle['open'],
  ];
  const fields = [open, high, low, close, volume];
  const candle: RawCandle = { time: 0, open, high, low, close, volume };
  let number = 0;
  for (const row of rows) {
    number += 1;
    if (!Array.isArray(row) && !ArrayBuffer.isView(row))
      throw new DataError('data-malformed', `${source}, row ${number}: it is no list of six numbers`);
    candle.time = toMs(Number(row[0]));
    for (const [at, field] of fields.entries()) {
      const value = Number(row[at + 1]);
      if (!readFloat(value, field))
        throw new DataError(
          'data-malformed',
          `${source}, row ${number}: ${String(row[at + 1])} is no positive number that can be kept exactly`,
        );
    }
    builder.add(candle, number);
  }
}
