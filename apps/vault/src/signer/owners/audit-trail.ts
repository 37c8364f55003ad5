/** The newest records of each owner, for the pages. The journal has all of them; this is a window on its end. */
import type { AccountId, OwnerId } from '@holdfast/domain';
import type { JournalRecord } from '../records.ts';
import type { SignerState } from '../state.ts';

const keptPerOwner = 1000;

export interface TrailEntry {
  readonly seq: number;
  readonly record: JournalRecord;
}

export interface AuditTrail {
  /** To be called for every record before it is applied. */
  take(seq: number, record: JournalRecord): void;
  /** Newest first, those before `before` (null: from the end). */
  read(owner: OwnerId, before: number | null, limit: number): readonly TrailEntry[];
}

export function createAuditTrail(state: SignerState): AuditTrail {
  const trails = new Map<OwnerId, TrailEntry[]>();
  const add = (owner: OwnerId, entry: TrailEntry): void => {
    const trail = trails.get(owner) ?? [];
    trails.set(owner, trail);
    trail.push(entry);
    if (trail.length > 2 * keptPerOwner) trail.splice(0, trail.length - keptPerOwner);
  };
  return {
    take: (seq, record) => {
      for (const owner of ownersOf(state, record)) add(owner, { seq, record });
    },
    read: (owner, before, limit) =>
      (trails.get(owner) ?? [])
        .filter((it) => before === null || it.seq < before)
        .slice(-limit)
        .reverse(),
  };
}

/** Whose a record is; what concerns the whole vault is everybody's. */
function ownersOf(state: SignerState, record: JournalRecord): readonly OwnerId[] {
  const of = (account: AccountId | null | undefined): readonly OwnerId[] => {
    const owner = account === null || account === undefined ? undefined : state.owners.accounts.get(account)?.owner;
    return owner === undefined ? [] : [owner];
  };
  const all = (): readonly OwnerId[] => [...state.owners.owners.keys()];
  switch (record.kind) {
    case 'enrolled':
    case 'owner-act':
      return [record.owner];
    case 'activated':
    case 'vetoed': {
      const owner = state.owners.pending.get(record.pending)?.owner;
      return owner === undefined ? [] : [owner];
    }
    case 'narrowed':
      return of((JSON.parse(record.text) as { account: AccountId }).account);
    case 'revoked':
      return of(state.grants.get(record.subKey)?.account);
    case 'settled':
      return of(record.event.account);
    case 'frozen':
      return record.account === null ? all() : of(record.account);
    case 'opened':
    case 'killed':
      return all();
    default:
      return 'account' in record ? of(record.account) : [];
  }
}
