/**
 * The durable event stream: numbered without gaps, said only after the journal has it, replayed from any number on. Sync
 * lines have no number; the newest is said again to whoever connects.
 */
import type { EpochMs } from '@holdfast/domain';
import type { SignerToGate } from '../frames/frames.ts';
import { type JournalPort, readJournal, toJson } from './journal.ts';
import type { SettledEvent } from './records.ts';

export interface EventFeed {
  /** An event that is durable; events come in the order of their numbers. */
  publish(event: SettledEvent): void;
  sync(n: number, at: EpochMs): void;
  /** Whether there is room for one more reader. */
  readonly hasRoom: () => boolean;
  /** Whether events from this number on have to be read from the journal, which takes its time. */
  isOld(from: number): boolean;
  subscribe(id: number, from: number): void;
  unsubscribe(id: number): void;
}

const recentMax = 20_000;
/** There is one engine. */
const subscribersMax = 16;
/** Characters of one frame of lines; a line is far shorter. */
const frameChars = 512 * 1024;

/** `lastSeq` is the newest event that the journal had at start. */
export function createEventFeed(send: (frame: SignerToGate) => void, journal: JournalPort, lastSeq: number): EventFeed {
  let recent: string[] = [];
  /** Number of the event before `recent`. */
  let before = lastSeq;
  let newest = lastSeq;
  let lastSync: string | null = null;
  const subscribers = new Map<number, { pending: string[] }>();

  const say = (line: string): void => {
    for (const [id, subscriber] of subscribers) {
      subscriber.pending.push(line);
      if (subscriber.pending.length === 1) queueMicrotask(() => flush(id));
    }
  };
  const flush = (id: number): void => {
    const subscriber = subscribers.get(id);
    if (subscriber === undefined) return;
    for (const text of inFrames(subscriber.pending)) send({ kind: 'lines', id, text });
    subscriber.pending = [];
  };

  return {
    publish: (event) => {
      const line = `${toJson(event)}\n`;
      newest = event.seq;
      recent.push(line);
      if (recent.length >= 2 * recentMax) {
        before += recentMax;
        recent = recent.slice(recentMax);
      }
      say(line);
    },
    sync: (n, at) => {
      lastSync = `${toJson({ kind: 'sync', n, at })}\n`;
      say(lastSync);
    },
    hasRoom: () => subscribers.size < subscribersMax,
    isOld: (from) => from <= before,
    subscribe: (id, from) => {
      send({ kind: 'stream', id });
      const old = from <= before ? journaled(journal, from, before) : [];
      const lines = [...old, ...recent.slice(Math.max(from - before - 1, 0))];
      if (lastSync !== null) lines.push(lastSync);
      for (const text of inFrames(from > newest ? lines.slice(-1).filter((it) => it === lastSync) : lines))
        send({ kind: 'lines', id, text });
      subscribers.set(id, { pending: [] });
    },
    unsubscribe: (id) => {
      subscribers.delete(id);
    },
  };
}

/** Lines of the events `from` to `to`, read from the journal. */
function journaled(journal: JournalPort, from: number, to: number): readonly string[] {
  const lines: string[] = [];
  readJournal(journal.load(), 'journal', (record) => {
    if (record.kind !== 'settled') return;
    const event = record.event as { readonly seq: number };
    if (event.seq >= from && event.seq <= to) lines.push(`${JSON.stringify(event)}\n`);
  });
  return lines;
}

function* inFrames(lines: readonly string[]): Generator<string> {
  let text = '';
  for (const line of lines) {
    if (text.length + line.length > frameChars) {
      yield text;
      text = '';
    }
    text += line;
  }
  if (text !== '') yield text;
}
