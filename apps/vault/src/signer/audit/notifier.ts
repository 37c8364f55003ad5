/**
 * Brings notices to the owner's destinations: tries again with growing pauses, never faster than a destination bears, and
 * journals how each ended. What waits is in memory only: at a start, whoever has something that still matters says it again under
 * the same id, and what had arrived is not sent twice.
 */
import type { Destination, OwnerId } from '@holdfast/domain';
import type { NoticeDestination, NoticeDoneFrame, NoticeFrame, NoticePriority } from '../../frames/notices.ts';
import { noticeTextMax, noticeTitleMax } from '../../frames/notices.ts';
import type { ClockPort } from '../link.ts';
import type { AuditRecord } from './audit-state.ts';

export interface Notice {
  /** Unique: 1 to 160 of [A-Za-z0-9._:/-]. */
  readonly id: string;
  readonly owner: OwnerId;
  readonly destination: Destination;
  /** One line. */
  readonly title: string;
  readonly text: string;
  readonly priority: NoticePriority;
}

export interface NotifierPorts {
  readonly clock: ClockPort;
  /** A number of its own for each frame; shared with the anchors. */
  readonly nextId: () => number;
  readonly egress: (frame: NoticeFrame) => void;
  readonly commit: (body: Extract<AuditRecord, { kind: 'noticed' }>) => void;
  readonly wasDelivered: (id: string) => boolean;
  /** Called once per notice, when it arrived or was given up. */
  readonly onOutcome?: (notice: Notice, ok: boolean, reason: string) => void;
}

export interface Notifier {
  /** Queues a notice; one that arrived or waits already is not queued again. Never throws. */
  send(notice: Notice): void;
  done(frame: NoticeDoneFrame): void;
  /** Gives up what waits for a destination, e.g. because the owner removed it. */
  forget(destination: string): void;
}

/** Pauses before the second, third, … try, in ms. */
export const pausesMs = [5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000] as const;
/** No answer of the egress within this, in ms, is a failed try; its own limit is shorter. */
const answerMsMax = 90_000;
/** Tries per destination; urgent ones are counted by themselves, so that a flood of others does not hold them up. */
export const paces: readonly { readonly most: number; readonly withinMs: number }[] = [
  { most: 6, withinMs: 60_000 },
  { most: 60, withinMs: 3_600_000 },
];
const waitingMax = 100;

interface Entry {
  readonly notice: Notice;
  attempts: number;
  /** Number of the try that is under way, 0 for none. */
  trying: number;
}

export function createNotifier({ clock, nextId, egress, commit, wasDelivered, onOutcome }: NotifierPorts): Notifier {
  const entries = new Map<string, Entry>();
  const tries = new Map<string, number[]>();

  const end = (entry: Entry, ok: boolean, reason: string): void => {
    if (!entries.delete(entry.notice.id)) return;
    const { id, owner, destination, title } = entry.notice;
    commit({ kind: 'noticed', id, owner, destination: destination.id, title, ok, reason, attempts: entry.attempts });
    onOutcome?.(entry.notice, ok, reason);
  };

  /** Ms until the destination bears another try; 0: it was counted now. */
  const paceMs = ({ owner, destination, priority }: Notice): number => {
    const now = clock.now();
    const key = `${owner}\0${destination.id}\0${priority === 'urgent'}`;
    const longest = paces.at(-1)?.withinMs ?? 0;
    const made = (tries.get(key) ?? []).filter((at) => at > now - longest);
    tries.set(key, made);
    const waits = paces.map(({ most, withinMs }) => {
      const first = made.at(-most);
      return first === undefined ? 0 : Math.max(0, first + withinMs - now);
    });
    const wait = Math.max(...waits);
    if (wait === 0) made.push(now);
    return wait;
  };

  const attempt = (entry: Entry, destination: NoticeDestination): void => {
    if (entries.get(entry.notice.id) !== entry) return;
    const wait = paceMs(entry.notice);
    if (wait > 0) {
      clock.after(wait, () => attempt(entry, destination));
      return;
    }
    const id = nextId();
    entry.attempts += 1;
    entry.trying = id;
    const { title, text, priority } = entry.notice;
    egress({ kind: 'notice', id, destination, title, text, priority, checkpoint: null });
    clock.after(answerMsMax, () => failed(entry, destination, id, 'the egress did not answer', false));
  };

  const failed = (entry: Entry, destination: NoticeDestination, id: number, reason: string, final: boolean): void => {
    if (entry.trying !== id) return;
    entry.trying = 0;
    const pause = pausesMs[entry.attempts - 1];
    if (final || pause === undefined) end(entry, false, reason);
    else clock.after(pause, () => attempt(entry, destination));
  };

  return {
    send: (given) => {
      const { destination, id } = given;
      if (entries.has(id) || wasDelivered(id)) return;
      const notice = { ...given, title: oneLine(given.title), text: given.text.slice(0, noticeTextMax) };
      const entry: Entry = { notice, attempts: 0, trying: 0 };
      entries.set(id, entry);
      const waiting = [...entries.values()].filter((it) => it.notice.destination.id === destination.id).length;
      if (destination.kind === 'file') end(entry, false, 'a file takes anchors, not notices');
      else if (waiting > waitingMax) end(entry, false, `${waitingMax} notices wait for it already`);
      else attempt(entry, destination);
    },
    done: ({ id, ok, final, reason }) => {
      const entry = [...entries.values()].find((it) => it.trying === id);
      if (entry === undefined || entry.notice.destination.kind === 'file') return;
      if (ok) end(entry, true, reason);
      else failed(entry, entry.notice.destination, id, reason, final);
    },
    forget: (destination) => {
      for (const entry of [...entries.values()])
        if (entry.notice.destination.id === destination) end(entry, false, 'the destination was removed');
    },
  };
}

// A title becomes a header line: nothing in it may end that line.
const oneLine = (title: string): string => title.replace(/\p{Cc}+/gu, ' ').slice(0, noticeTitleMax);
