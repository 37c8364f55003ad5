/**
 * Which records an incident report is about: those of one owner, and those of the vault as a whole. What belongs to somebody
 * else is left out; what says where notices go or how a key came in is left out of the text and kept as its hash.
 */
import { actOf, type RawRecord, textOf } from '../sentences.ts';

export interface Scope {
  readonly owner: string;
  readonly accounts: ReadonlySet<string>;
  /** Of the owner or of the vault as a whole. */
  isMine(record: RawRecord): boolean;
  /** Whether the text of the record may be shown. */
  isShown(record: RawRecord): boolean;
}

const firstOwner = 'owner';
/** Acts whose text names addresses of the owner or carries a sealed key. */
const hiddenActs: ReadonlySet<string> = new Set(['destinations', 'destination-confirm', 'account-import']);

export const ownersOf = (records: readonly RawRecord[]): readonly string[] => [
  ...new Set(records.filter((it) => it.kind === 'owner-act' || it.kind === 'enrolled').map(ownerOfAct)),
];

const ownerOfAct = (record: RawRecord): string => textOf(record, 'owner') || firstOwner;

export function scopeOf(records: readonly RawRecord[], owner: string): Scope {
  const ownerOfAccount = new Map<string, string>();
  const accountOfSubKey = new Map<string, string>();
  const ownerOfPending = new Map<string, string>();
  for (const record of records) {
    if (record.kind === 'granted') accountOfSubKey.set(textOf(record, 'subKey'), textOf(record, 'account'));
    if (record.kind !== 'owner-act') continue;
    const act = actOf(record);
    ownerOfPending.set(textOf(record, 'id'), ownerOfAct(record));
    if (/^account-(create|import)$/.test(textOf(act, 'act'))) ownerOfAccount.set(textOf(act, 'account'), ownerOfAct(record));
  }
  const accounts = new Set([...ownerOfAccount].filter(([, of]) => of === owner).map(([account]) => account));

  /** The owner of a record, null when it is of the vault as a whole. */
  const ownerOf = (record: RawRecord): string | null => {
    switch (record.kind) {
      case 'owner-act':
      case 'enrolled':
      case 'noticed':
        return ownerOfAct(record);
      case 'activated':
      case 'vetoed':
        return ownerOfPending.get(textOf(record, 'pending')) ?? null;
      case 'anchored':
        return textOf(record, 'destination').split('/')[0] ?? null;
      case 'revoked':
        return ownerOfAccount.get(accountOfSubKey.get(textOf(record, 'subKey')) ?? '') ?? '';
      case 'narrowed':
        return ownerOfAccount.get(textOf(actOf(record), 'account')) ?? '';
      default: {
        const account = textOf(record, 'account') || textOf(record, 'event', 'account');
        return account === '' ? null : (ownerOfAccount.get(account) ?? '');
      }
    }
  };
  return {
    owner,
    accounts,
    isMine: (record) => {
      const of = ownerOf(record);
      return of === null || of === owner;
    },
    isShown: (record) => record.kind !== 'owner-act' || !hiddenActs.has(textOf(actOf(record), 'act')),
  };
}
