/**
 * The journal in a file. Opened with O_DSYNC, because fsync is refused under the permission model; the warden makes the
 * folder (0700) and holds the lock.
 *
 * A disk that answers at once is waited for on the spot: handing 0.2 ms of writing to another thread and back costs as much
 * again. One that does not is written to from a thread, so that freezes and reads go on meanwhile.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, write, writeSync } from 'node:fs';
import type { JournalPort } from './journal.ts';

/** How long a write may take, in ms, for the next one to be waited for on the spot. */
const onTheSpotMsMax = 2;
const onTheSpotBytesMax = 256 * 1024;
/** After how many writes by a thread, at most, the disk is tried again. */
const apartMax = 1024;

/** How long a record that nobody waits for may wait for others, in ms. */
const laterMs = 1;

/** Opens or makes the journal `path`, mode 0600. */
export function openJournalFile(path: string, msMax = onTheSpotMsMax): JournalPort {
  const { O_RDWR, O_APPEND, O_CREAT, O_DSYNC } = constants;
  const descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_DSYNC, 0o600);
  return {
    load: () => readAll(path),
    truncate: (length) => {
      const plain = openSync(path, O_RDWR);
      ftruncateSync(plain, length);
      closeSync(plain);
    },
    write: writerTo(descriptor, msMax),
    soon: setImmediate,
    later: (act) => setTimeout(act, laterMs),
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

/** Tries the disk on the spot, and after each slow try leaves twice as many writes as before to a thread. */
function writerTo(descriptor: number, msMax: number): JournalPort['write'] {
  let apart = 0;
  let apartNext = 1;
  return async (bytes) => {
    if (apart > 0 || bytes.length > onTheSpotBytesMax) {
      apart = Math.max(0, apart - 1);
      return writeApart(descriptor, bytes);
    }
    const began = performance.now();
    for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
    const isSlow = performance.now() - began > msMax;
    apart = isSlow ? apartNext : 0;
    apartNext = isSlow ? Math.min(2 * apartNext, apartMax) : 1;
  };
}

/** A write may be short: the rest follows before the promise resolves. */
const writeApart = (descriptor: number, bytes: Buffer): Promise<void> =>
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
