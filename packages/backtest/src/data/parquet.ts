/** Candles from Parquet: a column of time (time, timestamp, open_time or date) and open, high, low, close, volume. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { DataError } from './data-error.ts';

const timeNames = ['time_ms', 'time', 'timestamp', 'open_time', 'date', 'datetime'];
const numberNames = ['open', 'high', 'low', 'close', 'volume'] as const;
const bytesMost = 512 * 1024 * 1024;

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes, { maxOutputLength: bytesMost })),
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: bytesMost })),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliDecompressSync(bytes, { maxOutputLength: bytesMost })),
};

/** Rows of time (unix ms) and five numbers. @throws DataError */
export async function parquetRows(bytes: Buffer, source: string): Promise<readonly number[][]> {
  let rows: readonly Record<string, unknown>[];
  try {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    rows = await parquetReadObjects({ file, compressors });
  } catch (cause) {
    throw new DataError('data-unreadable', `${source} cannot be read as Parquet (${(cause as Error).message})`, { cause });
  }
  const [first] = rows;
  if (first === undefined) return [];
  const names = new Map(Object.keys(first).map((name) => [name.toLowerCase(), name]));
  const time = timeNames.map((name) => names.get(name)).find((name) => name !== undefined);
  const missing = numberNames.filter((name) => !names.has(name));
  if (time === undefined || missing.length > 0)
    throw new DataError(
      'data-malformed',
      `${source} has no column ${time === undefined ? 'of time' : missing.join(', ')}; it has ${[...names.values()].join(', ')}`,
    );
  const columns = numberNames.map((name) => names.get(name)!);
  return rows.map((row) => [toNumber(row[time]), ...columns.map((name) => Number(row[name]))]);
}

const toNumber = (time: unknown): number => (time instanceof Date ? time.getTime() : Number(time));
