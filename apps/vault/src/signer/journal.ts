/**
 * The signer's append-only journal: JSON lines, each with its sequence number and the hash of the line before.
 *
 *   S1  A record is on disk before anything that follows from it leaves the signer.
 *   S2  hash = SHA-256 of the line up to `,"hash":`; prev = hash of the line before (64 zeros for the first).
 *   S3  A torn last line (no line feed) never left the signer: it is cut off. Any other damage refuses to start.
 *
 * Group commit: all records waiting are one write, so many clients share one disk wait. A record that nobody waits for goes
 * with the next one that is urgent, or in a moment by itself: what it says is said later, and nothing urgent waits behind its write.
 */
import { hash } from 'node:crypto';
import { formatAmount } from '@holdfast/domain';
import type { RecordBody } from './records.ts';

/** Where the journal's bytes are. */
export interface JournalPort {
  /** Everything written so far; cuts nothing. */
  load(): Buffer;
  /** Drops what stands after the first `length` bytes. */
  truncate(length: number): void;
  /** Appends; resolves when the bytes are durable. Never called again before it has resolved. */
  write(bytes: Buffer): Promise<void>;
  /** Runs `act` once all that has come by now is handled, so that it shares a write; without it at the end of this task. */
  soon?(act: () => void): void;
  /** Runs `act` in a moment, for records that nobody waits for; without it they are as urgent as all others. */
  later?(act: () => void): void;
}

/** What every record says beside its body. `time` is the exchange's clock, `os` the operating system's, both unix ms. */
export interface RecordHead {
  readonly seq: number;
  readonly time: number;
  readonly os: number;
  readonly prev: string;
}

/** Thrown at start when the journal is not what was written. */
export class JournalDamage extends Error {
  override readonly name = 'JournalDamage';
  readonly code = 'journal-damaged';
}

export const noHash = '0'.repeat(64);
const hashMark = ',"hash":"';
/** `,"hash":"` + 64 hex digits + `"}` */
const hashTailLength = hashMark.length + 64 + 2;

export interface Journal {
  /** Chains and queues a record; `after` runs once it is durable, in the order of appending. What is not urgent may take a moment. */
  append(body: RecordBody, time: number, os: number, after?: () => void, isUrgent?: boolean): RecordHead;
  /** Runs `after` once everything appended so far is durable; at once if it is. */
  whenDurable(after: () => void): void;
  readonly position: () => { readonly seq: number; readonly head: string };
  /** Why nothing becomes durable now; '' when it does. */
  readonly broken: () => string;
}

/** How a write that failed is tried again. */
export interface Retrying {
  /** Runs `act` once after `ms`. */
  readonly after: (ms: number, act: () => void) => void;
  /** Writing failed for the first time, or (with '') goes on again. */
  readonly onBroken: (reason: string) => void;
}

const retryMs = 500;

/**
 * Continues a journal after what was read (`length` bytes of it). A write that fails, e.g. on a full disk, is taken back and
 * tried again until it goes through: nothing that waits for it happens before. Without `retrying`, and when it cannot be
 * taken back, it ends everything through `onFailure`. `onLine` hears every line, without its line feed, as it is appended
 * and before it is durable.
 */
export function createJournal(
  port: JournalPort,
  start: { readonly seq: number; readonly head: string; readonly length?: number },
  onFailure: (error: Error) => void,
  onLine: (line: string, kind: string) => void = () => {},
  retrying?: Retrying,
): Journal {
  let { seq, head, length = 0 } = start;
  let broken = '';
  let waiting: { readonly line: string; readonly after: (() => void) | undefined }[] = [];
  let busy = false;
  let isDue = false;

  const pump = (): void => {
    const batch = waiting;
    if (batch.length === 0) {
      busy = false;
      return;
    }
    waiting = [];
    const bytes = Buffer.from(batch.map((it) => it.line).join(''), 'utf8');
    const done = (): void => {
      length += bytes.length;
      if (broken !== '') retrying?.onBroken('');
      broken = '';
      for (const { after } of batch) after?.();
      pump();
    };
    const failed = (error: Error): void => {
      if (retrying === undefined) throw error;
      if (broken === '') retrying.onBroken(error.message);
      broken = error.message;
      port.truncate(length); // a part may have been written
      waiting = [...batch, ...waiting];
      retrying.after(retryMs, pump);
    };
    if (bytes.length === 0) done();
    else port.write(bytes).then(done, failed).catch(onFailure);
  };
  const hurry = (): void => {
    if (busy) return;
    busy = true;
    if (port.soon === undefined) queueMicrotask(pump);
    else port.soon(pump);
  };
  const defer = (): void => {
    if (busy || isDue) return;
    isDue = true;
    port.later?.(() => {
      isDue = false;
      if (waiting.length > 0) hurry();
    });
  };

  return {
    append(body, time, os, after, isUrgent = true) {
      const record: RecordHead = { seq: seq + 1, time, os, prev: head };
      const { line, hash } = chain(record, body);
      seq = record.seq;
      head = hash;
      waiting.push({ line: `${line}\n`, after });
      if (isUrgent || port.later === undefined) hurry();
      else defer();
      onLine(line, body.kind);
      return record;
    },
    whenDurable(after) {
      if (!busy && waiting.length === 0) {
        after();
        return;
      }
      waiting.push({ line: '', after });
      hurry();
    },
    position: () => ({ seq, head }),
    broken: () => broken,
  };
}

function chain(record: RecordHead, body: RecordBody): { readonly line: string; readonly hash: string } {
  const open = toJson({ ...record, ...body }).slice(0, -1);
  const digest = hash('sha256', open, 'hex');
  return { line: `${open}${hashMark}${digest}"}`, hash: digest };
}

/** JSON with amounts as plain decimal strings. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? formatAmount(member) : member));

export interface JournalReading {
  readonly seq: number;
  readonly head: string;
  /** Bytes of whole lines; what stands after them is a torn line. */
  readonly length: number;
}

/** Walks the journal from its first record, checking the chain. @throws JournalDamage naming the record */
export function readJournal(
  bytes: Buffer,
  name: string,
  onRecord: (record: Record<string, unknown>, line: Buffer) => void,
): JournalReading {
  let seq = 0;
  let head = noHash;
  let start = 0;
  for (;;) {
    const end = lineFeed(bytes, start);
    if (end === -1) return { seq, head, length: start };
    const line = bytes.subarray(start, end);
    const tailAt = Math.max(0, line.length - hashTailLength);
    const digest = hash('sha256', line.subarray(0, tailAt), 'hex');
    const record = line.toString('latin1', tailAt) === `${hashMark}${digest}"}` ? parseRecord(line.toString('utf8')) : undefined;
    if (record === undefined || record.seq !== seq + 1 || record.prev !== head)
      throw new JournalDamage(`${name}: record ${seq + 1} (byte ${start}) is damaged; restore this vault from a backup`);
    seq += 1;
    head = digest;
    start = end + 1;
    onRecord(record, line);
  }
}

const partBytes = 16 * 1024 * 1024;

/** Where the next line feed is, or -1. `indexOf` counts in 32 bits, so it is asked about a part at a time. */
export function lineFeed(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += partBytes) {
    const found = bytes.subarray(at, at + partBytes).indexOf(0x0a);
    if (found !== -1) return at + found;
  }
  return -1;
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
