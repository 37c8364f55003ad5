/** CSV files within a zip, as exchanges' archives pack them. */
import { basename } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DataError } from './data-error.ts';
import { readFileName } from './file-name.ts';
import { intervalName } from './series.ts';

interface Sink {
  push(chunk: Buffer): void;
  end(): void;
}

/** Feeds every CSV in a zip that `chosen` names, in the order of names. @throws DataError `data-unreadable` */
export async function eachZipEntry(
  path: string,
  chosen: (names: readonly string[]) => readonly string[],
  open: (name: string) => Sink,
): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false });
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry())
      if (/\.csv$/i.test(entry.fileName) && !entry.fileName.startsWith('__MACOSX/')) entries.push(entry);
    entries.sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
    const wanted = new Set(chosen(entries.map(({ fileName }) => fileName)));
    for (const entry of entries) {
      if (!wanted.has(entry.fileName)) continue;
      const sink = open(entry.fileName);
      for await (const chunk of await zip.openReadStreamPromise(entry)) sink.push(chunk as Buffer);
      sink.end();
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError('data-unreadable', `${basename(path)} cannot be unpacked (${(cause as Error).message}); fetch it again`, {
      cause,
    });
  } finally {
    zip?.close();
  }
}

/**
 * The files of a pair among those of many, as Kraken's archive holds all pairs and intervals; all where their names do not differ.
 * @throws DataError `data-empty`, `data-mixed-timeframes`
 */
export function filesOf(
  names: readonly string[],
  pair: string,
  intervalMs: number | undefined,
  source: string,
): readonly string[] {
  const pairs = unlike(names, (name) => readFileName(name).pair);
  const ofPair = pairs.length > 1 ? names.filter((name) => readFileName(name).pair === pair) : names;
  if (pairs.length > 1 && ofPair.length === 0)
    throw new DataError('data-empty', `${source} has no ${pair}; it has ${some(pairs)}: give --pair for one of them`);
  const intervals = unlike(ofPair, (name) => readFileName(name).interval);
  if (intervals.length < 2) return ofPair;
  if (intervalMs === undefined)
    throw new DataError(
      'data-mixed-timeframes',
      `${source} has candles of ${some(intervals)} of ${pair}: give --interval for one of them`,
    );
  const ofInterval = ofPair.filter((name) => readFileName(name).interval === intervalName(intervalMs));
  if (ofInterval.length === 0)
    throw new DataError(
      'data-empty',
      `${source} has no candles of ${intervalName(intervalMs)} of ${pair}; it has ${some(intervals)}`,
    );
  return ofInterval;
}

const unlike = (names: readonly string[], of: (name: string) => string | undefined): readonly string[] =>
  [...new Set(names.map(of))].filter((it) => it !== undefined);

const some = (all: readonly string[]): string => `${all.slice(0, 12).join(', ')}${all.length > 12 ? ', …' : ''}`;
