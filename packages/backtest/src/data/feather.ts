/** freqtrade's Feather files: Arrow with the columns date, open, high, low, close, volume; plain, LZ4 or ZSTD. */
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

/** Rows of time (unix ms) and five numbers. @throws DataError */
export function* featherRows(bytes: Buffer, source: string): Generator<number[]> {
  let columns: (ArrayLike<unknown> | undefined)[];
  try {
    const table = tableFromIPC(new Uint8Array(bytes), { useDate: false, useBigInt: false });
    columns = wanted.map((name) => {
      const column = table.getChild(name) as { toArray(): ArrayLike<unknown> } | undefined | null;
      return column?.toArray();
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('data-unreadable', `${source} cannot be read as Feather (${(cause as Error).message})`, { cause });
  }
  const missing = wanted.filter((_, at) => columns[at] === undefined);
  if (missing.length > 0) throw new DataError('data-malformed', `${source} has no column ${missing.join(', ')}`);
  const [date] = columns;
  for (let row = 0; row < date!.length; row += 1) yield columns.map((column) => Number(column![row]));
}
