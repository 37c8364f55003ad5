/** What the journal says about itself: its checkpoints, anchors, notices and a rollback that is not settled. */
import type { OwnerId } from '@holdfast/domain';

export type AuditRecord =
  /** A signed statement over all records before this one. `at` is the machine's clock, unix ms. */
  | {
      readonly kind: 'checkpoint';
      readonly size: number;
      readonly root: string;
      readonly at: number;
      readonly signature: string;
    }
  /** What became of bringing the checkpoint of `size` records to a destination. */
  | {
      readonly kind: 'anchored';
      readonly size: number;
      readonly destination: string;
      readonly ok: boolean;
      readonly reason: string;
    }
  /** Somebody outside holds a checkpoint that this journal does not lead to: it was cut short, restored, or written anew. */
  | { readonly kind: 'rollback'; readonly reason: string; readonly size: number; readonly root: string; readonly at: number }
  /** After a rollback: limits were counted anew from the exchange. */
  | { readonly kind: 'rollback-settled' }
  /** A notice reached its destination, or was given up. Its text is never recorded. */
  | {
      readonly kind: 'noticed';
      readonly id: string;
      readonly owner: OwnerId;
      readonly destination: string;
      readonly title: string;
      readonly ok: boolean;
      readonly reason: string;
      readonly attempts: number;
    };

export interface AuditState {
  /** The newest of the journal. */
  checkpoint: { readonly size: number; readonly root: string; readonly at: number; readonly signature: string } | null;
  /** Why the journal is not the newest, '' when nothing is known against it. */
  rollback: string;
  /** When that was found, unix ms of the machine. */
  rollbackAt: number;
  /** Ids of notices that arrived, the oldest first. */
  readonly delivered: Set<string>;
  /** When each destination last got a checkpoint, unix ms of the machine. */
  readonly anchoredAt: Map<string, number>;
}

const deliveredKept = 2000;

export const emptyAuditState = (): AuditState => ({
  checkpoint: null,
  rollback: '',
  rollbackAt: 0,
  delivered: new Set(),
  anchoredAt: new Map(),
});

export function applyAudit(state: AuditState, record: AuditRecord & { readonly os: number }): void {
  switch (record.kind) {
    case 'checkpoint': {
      const { size, root, at, signature } = record;
      state.checkpoint = { size, root, at, signature };
      return;
    }
    case 'anchored':
      if (record.ok) state.anchoredAt.set(record.destination, record.os);
      return;
    case 'rollback':
      state.rollback = record.reason;
      state.rollbackAt = record.os;
      return;
    case 'rollback-settled':
      state.rollback = '';
      return;
    case 'noticed':
      if (!record.ok) return;
      state.delivered.add(record.id);
      if (state.delivered.size > deliveredKept) state.delivered.delete(state.delivered.values().next().value ?? '');
      return;
  }
}
