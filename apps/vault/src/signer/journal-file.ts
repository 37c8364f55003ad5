/**
 * The journal in a file. Opened with O_DSYNC, because fsync is refused under the permission model; the warden makes the
 * folder (0700) and holds the lock.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, write } from 'node:fs';
import type { JournalPort } from './journal.ts';

/** Opens or makes the journal `path`, mode 0600. */
export function openJournalFile(path: string): JournalPort {
  const { O_RDWR, O_APPEND, O_CREAT, O_DSYNC } = constants;
  const descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_DSYNC, 0o600);
  return {
    load: () => readAll(path),
    truncate: (length) => {
      const plain = openSync(path, O_RDWR);
      ftruncateSync(plain, length);
      closeSync(plain);
    },
    write: (bytes) => writeAll(descriptor, bytes),
    soon: setImmediate,
  };
}

/** Longest single read, in bytes. `readFileSync` refuses more than 2 GiB, and a journal that cannot be read opens no vault. */
const readBytesMax = 256 * 1024 * 1024;

/** What is in the file when it is opened; what is appended meanwhile is not. */
function readAll(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(descriptor).size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(descriptor, bytes, length, Math.min(readBytesMax, bytes.length - length), length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** A write may be short: the rest follows before the promise resolves. */
const writeAll = (descriptor: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (from: number): void => {
      write(descriptor, bytes, from, bytes.length - from, null, (error, written) => {
        if (error !== null) reject(error);
        else if (from + written === bytes.length) resolve();
        else next(from + written);
      });
    };
    next(0);
  });
