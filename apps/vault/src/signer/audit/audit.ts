/** The audit log, its anchors and the owners' notices as the signer uses them: one object, wired in `signer.ts`. */
import type { Destination, OwnerId } from '@holdfast/domain';
import type { VaultIdentity } from '../../frames/identity.ts';
import type {
  AnchorDoneFrame,
  AnchorFrame,
  AnchorsFrame,
  AnchorsWantedFrame,
  NoticeDoneFrame,
  NoticeFrame,
} from '../../frames/notices.ts';
import type { ClockPort } from '../link.ts';
import { createAnchors } from './anchors.ts';
import { type AuditLog, type CheckpointFile, createAuditLog } from './audit-log.ts';
import type { AuditRecord, AuditState } from './audit-state.ts';
import { createNotifier, type Notifier } from './notifier.ts';

export interface AuditWiring {
  readonly clock: ClockPort;
  readonly vaultId: string;
  readonly state: AuditState;
  readonly identity: VaultIdentity;
  readonly commit: (body: AuditRecord, after?: () => void) => void;
  readonly journal: () => Buffer;
  /** Null in a signer without a process of its own: then the warden is not asked either. */
  readonly file: CheckpointFile | null;
  readonly egress: (frame: NoticeFrame) => void;
  readonly warden: (frame: AnchorFrame | AnchorsWantedFrame) => void;
  /** Confirmed destinations of all owners, whole. */
  readonly destinations: () => readonly { readonly owner: OwnerId; readonly destination: Destination }[];
  readonly log: (message: string) => void;
}

export interface Audit
  extends Pick<AuditLog, 'take' | 'start' | 'mismatch' | 'settleMismatch' | 'seal' | 'head'>,
    Pick<Notifier, 'send' | 'forget'> {
  fromEgress(frame: NoticeDoneFrame): void;
  fromWarden(frame: AnchorsFrame | AnchorDoneFrame): void;
}

export function createAudit(wiring: AuditWiring): Audit {
  const { clock, state, commit, egress, file, destinations } = wiring;
  let lastId = 0;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  const notifier = createNotifier({ clock, nextId, egress, commit, wasDelivered: (id) => state.delivered.has(id) });
  const warden = file === null ? null : wiring.warden;
  const anchors = createAnchors({ clock, state, nextId, egress, warden, commit, destinations });
  const log = createAuditLog({
    ...wiring,
    anchors,
    askAnchors: () => {
      const paths = destinations().flatMap(({ destination }) => (destination.kind === 'file' ? [destination.path] : []));
      // After the word that the signer is ready, which the warden waits for.
      queueMicrotask(() => warden?.({ kind: 'anchors-wanted', paths: [...new Set(paths)] }));
      return warden !== null;
    },
    alarm: (title, text) => {
      for (const { owner, destination } of destinations())
        notifier.send({ id: `rollback/${clock.now()}/${destination.id}`, owner, destination, title, text, priority: 'urgent' });
    },
  });
  return {
    ...log,
    ...notifier,
    fromEgress: (frame) => {
      notifier.done(frame);
      anchors.done(frame);
    },
    fromWarden: (frame) => {
      if (frame.kind === 'anchors') log.compare(frame);
      else anchors.done(frame);
    },
  };
}
