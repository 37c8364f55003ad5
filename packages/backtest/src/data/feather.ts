/**
 * freqtrade's Feather files: Arrow, plain, LZ4 or ZSTD, with the columns date, open, high, low, close, volume. Of funding, the
 * column funding_rate beside the date, or `open` in files from before 2026-08 (freqtrade, pull request 13477).
 */
import { zstdDecompressSync } from 'node:zlib';
import { CompressionType, setCompressionCodec, tableFromIPC } from '@uwdata/flechette';
import { DataError } from './data-error.ts';
import { lz4Frame } from './lz4.ts';

const refuse = (): never => {
  throw new Error('files are read here, not written');
};
/** One buffer of an Arrow file unpacks to no more than this. */
const bufferBytesMost = 512 * 1024 * 1024;

setCompressionCodec(CompressionType.LZ4_FRAME, {
  encode: refuse,
  decode: (bytes) => lz4Frame(bytes, bufferBytesMost),
});
setCompressionCodec(CompressionType.ZSTD, {
  encode: refuse,
  decode: (bytes) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: bufferBytesMost })),
});

const wanted = ['date', 'open', 'high', 'low', 'close', 'volume'] as const;

/** @throws DataError `data-unreadable` */
function columnsOf(bytes: Buffer, source: string, names: readonly string[]): (ArrayLike<unknown> | undefined)[] {
  try {
    const table = tableFromIPC(new Uint8Array(bytes), { useDate: false, useBigInt: false });
    return names.map((name) => {
      const column = table.getChild(name) as { toArray(): ArrayLike<unknown> } | undefined | null;
      return column?.toArray();
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('data-unreadable', `${source} cannot be read as Feather (${(cause as Error).message})`, { cause });
  }
}

/** Rows of time (unix ms) and five numbers. @throws DataError */
export function* featherRows(bytes: Buffer, source: string): Generator<number[]> {
  const columns = columnsOf(bytes, source, wanted);
  const missing = wanted.filter((_, at) => columns[at] === undefined);
  if (missing.length > 0) throw new DataError('data-malformed', `${source} has no column ${missing.join(', ')}`);
  const [date] = columns;
  for (let row = 0; row < date!.length; row += 1) yield columns.map((column) => Number(column![row]));
}

/** Rows of time (unix ms) and rate; null where the file holds candles. @throws DataError */
export function featherFunding(bytes: Buffer, source: string, isFunding: boolean): Iterable<readonly [number, number]> | null {
  const [date, named, open] = columnsOf(bytes, source, ['date', 'funding_rate', 'open']);
  const rate = named ?? (isFunding ? open : undefined);
  if (rate === undefined && !isFunding) return null;
  if (date === undefined || rate === undefined)
    throw new DataError('data-malformed', `${source} has no column ${date === undefined ? 'date' : 'funding_rate or open'}`);
  return Array.from(date, (time, row) => [Number(time), Number(rate[row])]);
}
