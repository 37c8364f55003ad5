/**
 * Brings checkpoints to places outside the vault, each as often as it bears: a file gets every one, a webhook one a minute, a
 * telephone one an hour, a mailbox one a day. What came of it is journaled. At a start the files are asked for the newest.
 */
import type { Destination, OwnerId } from '@holdfast/domain';
import type { AnchorDoneFrame, AnchorFrame, AnchorsWantedFrame, NoticeDoneFrame, NoticeFrame } from '../../frames/notices.ts';
import type { ClockPort } from '../link.ts';
import type { AuditRecord, AuditState } from './audit-state.ts';
import type { Checkpoint } from './checkpoint.ts';

export interface AnchorPorts {
  readonly clock: ClockPort;
  readonly state: AuditState;
  readonly nextId: () => number;
  readonly egress: (frame: NoticeFrame) => void;
  /** Null where no warden is: then no file is written. */
  readonly warden: ((frame: AnchorFrame | AnchorsWantedFrame) => void) | null;
  readonly commit: (body: Extract<AuditRecord, { kind: 'anchored' }>) => void;
  /** The destinations that the owners signed; ids are unique per owner only. */
  readonly destinations: () => readonly { readonly owner: OwnerId; readonly destination: Destination }[];
}

export interface Anchors {
  /** `isUrgent`: to everybody, however recently they got one. */
  say(checkpoint: Checkpoint, isUrgent: boolean): void;
  done(frame: NoticeDoneFrame | AnchorDoneFrame): void;
}

/** Least time between two checkpoints for a destination, in ms. */
export const anchorEveryMs: Readonly<Record<Destination['kind'], number>> = {
  file: 0,
  webhook: 60_000,
  ntfy: 3_600_000,
  smtp: 86_400_000,
};

/** The warden's own record, which is no destination of an owner's. */
export const wardenPath = '';

export function createAnchors({ clock, state, nextId, egress, warden, commit, destinations }: AnchorPorts): Anchors {
  const underWay = new Map<number, { readonly destination: string; readonly size: number }>();
  const triedAt = new Map<string, number>();

  const isDue = (name: string, kind: Destination['kind']): boolean => {
    const last = Math.max(state.anchoredAt.get(name) ?? 0, triedAt.get(name) ?? 0);
    return clock.now() - last >= anchorEveryMs[kind];
  };
  const bring = (name: string, destination: Destination, checkpoint: Checkpoint): void => {
    const id = nextId();
    triedAt.set(name, clock.now());
    underWay.set(id, { destination: name, size: checkpoint.size });
    if (destination.kind === 'file') {
      warden?.({ kind: 'anchor', id, path: destination.path, checkpoint });
      return;
    }
    const title = `Vault log at ${checkpoint.size} records`;
    const text = `Keep this message. It shows what the log of the vault was at ${new Date(checkpoint.at).toISOString()}.`;
    egress({ kind: 'notice', id, destination, title, text, priority: 'low', checkpoint });
  };

  return {
    say: (checkpoint, isUrgent) => {
      warden?.({ kind: 'anchor', id: nextId(), path: wardenPath, checkpoint });
      for (const { owner, destination } of destinations()) {
        const name = `${owner}/${destination.id}`;
        if (isUrgent || isDue(name, destination.kind)) bring(name, destination, checkpoint);
      }
    },
    done: ({ id, ok, reason }) => {
      const it = underWay.get(id);
      if (it === undefined) return;
      underWay.delete(id);
      commit({ kind: 'anchored', ...it, ok, reason });
    },
  };
}
