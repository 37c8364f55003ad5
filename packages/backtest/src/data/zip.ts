/** CSV files within a zip, as exchanges' archives pack them. */
import { basename } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DataError } from './data-error.ts';

interface Sink {
  push(chunk: Buffer): void;
  end(): void;
}

/** Feeds every entry whose name matches, in the order of names. @throws DataError `data-unreadable` */
export async function eachZipEntry(path: string, pattern: RegExp, open: (name: string) => Sink): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false });
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (pattern.test(entry.fileName)) entries.push(entry);
    entries.sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
    for (const entry of entries) {
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
