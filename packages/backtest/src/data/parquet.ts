/** Rows from Parquet. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { DataError } from './data-error.ts';

const bytesMost = 512 * 1024 * 1024;

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gunzipSync(bytes, { maxOutputLength: bytesMost })),
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: bytesMost })),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliDecompressSync(bytes, { maxOutputLength: bytesMost })),
};

type Row = Readonly<Record<string, unknown>>;

/** Rows as objects. @throws DataError */
export async function parquetRows(bytes: Buffer, source: string): Promise<readonly Row[]> {
  try {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return await parquetReadObjects({ file, compressors });
  } catch (cause) {
    throw new DataError('data-unreadable', `${source} cannot be read as Parquet (${(cause as Error).message})`, { cause });
  }
}
