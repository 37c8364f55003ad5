/** What the journal records. A record is all that `apply` needs, so reading the journal again gives the same state. */
import {
  type AccountId,
  type Amount,
  type Asset,
  amount,
  type BotId,
  type ClientOrderId,
  type DoorEvent,
  type GrantRight,
  type Intent,
  type Pair,
  type RefusalCode,
  type Side,
  type SubKeyId,
  type Verdict,
} from '@holdfast/domain';
import type { OcoIds } from '@holdfast/exchanges/trading';
import { type Hold, noHold, type RuleName } from '@holdfast/policy';
import type { AuditRecord } from './audit/audit-state.ts';
import type { Restriction } from './conditions.ts';
import type { OwnerRecord } from './owners/records.ts';
import type { Door } from './state.ts';

/** A settled event of the door; sync lines are never recorded. */
export type SettledEvent = Exclude<DoorEvent, { kind: 'sync' }>;

export type RecordBody =
  /** The signer started; `epoch` counts its starts. */
  | { readonly kind: 'opened'; readonly epoch: number; readonly vaultId: string }
  | OwnerRecord
  | AuditRecord
  /** What the exchange held when the account was connected: totals by asset, ids of open orders. */
  | {
      readonly kind: 'baseline';
      readonly account: AccountId;
      readonly balances: Readonly<Record<string, Amount>>;
      readonly orders: readonly string[];
    }
  /** Every trade of the account up to this id is accounted for. */
  | { readonly kind: 'trades-known'; readonly account: AccountId; readonly pair: Pair; readonly tradeId: string }
  | {
      readonly kind: 'granted';
      readonly subKey: SubKeyId;
      readonly bot: BotId;
      readonly account: AccountId;
      readonly pairs: readonly Pair[];
      readonly maxOrderQuote: Amount;
      readonly turnover24h: Amount;
      readonly rights: readonly GrantRight[];
      readonly by: string;
    }
  | { readonly kind: 'revoked'; readonly subKey: SubKeyId; readonly by: string }
  /** The first proved use of a sub-key. */
  | { readonly kind: 'bound'; readonly subKey: SubKeyId; readonly account: AccountId; readonly door: Door }
  /** A judged intent, before anything leaves. `hold`, `reference` and `upstreamId` are there for approved new orders. */
  | {
      readonly kind: 'decided';
      readonly account: AccountId;
      readonly subKey: SubKeyId;
      readonly intent: Intent;
      readonly verdict: Verdict;
      readonly reference: Amount | null;
      readonly hold: Hold | null;
      readonly upstreamId: string | null;
      /** Ids at the exchange of the legs of an approved OCO. */
      readonly legIds: Pick<OcoIds, 'limit' | 'stop'> | null;
    }
  /** `foreign` names the order or trade of a foreign event, so that it is said once. */
  | {
      readonly kind: 'settled';
      readonly event: SettledEvent;
      readonly foreign: string | null;
      /** Reference price of the pair of a fill, or of a balance's asset in the mandate's quote, when it was settled. */
      readonly reference: Amount | null;
    }
  /** The fills of just now in a pair are measured against the reference price heard after them. */
  | { readonly kind: 'recounted'; readonly account: AccountId; readonly pair: Pair; readonly reference: Amount }
  /** A door refused a sub-key something before it was an intent. */
  | {
      readonly kind: 'denied';
      readonly account: AccountId;
      readonly subKey: SubKeyId;
      readonly code: RefusalCode;
      readonly forbiddenCall: boolean;
    }
  | {
      readonly kind: 'rule-warned';
      readonly rule: RuleName;
      readonly account: AccountId | null;
      readonly subKey: SubKeyId | null;
      readonly pair: Pair | null;
      readonly reason: string;
    }
  /** A resting entry that would not be approved again is to go. */
  | {
      readonly kind: 'withdrawn';
      readonly account: AccountId;
      readonly subKey: SubKeyId;
      readonly clientOrderId: ClientOrderId;
      readonly code: RefusalCode;
      readonly reason: string;
    }
  /** A fill of an order that this vault placed and does not remember, because an older copy of its journal was put back. */
  | {
      readonly kind: 'recovered';
      readonly account: AccountId;
      readonly pair: Pair;
      readonly side: Side;
      readonly tradeId: string;
      readonly price: Amount;
      readonly quantity: Amount;
      readonly fee: Amount;
      readonly feeAsset: Asset;
    }
  /** What the account is worth in its mandate's quote. */
  | { readonly kind: 'equity'; readonly account: AccountId; readonly equity: Amount }
  /** A move rightwards of an account (null: of all), of one sub-key or of one pair. */
  | ({ readonly kind: 'frozen' } & Restriction)
  /** Everything is revoked and every sub-key of a lower epoch is dead. */
  | { readonly kind: 'killed'; readonly reason: string; readonly by: string; readonly subKeyEpoch: number };

export type JournalRecord = RecordBody & { readonly time: number; readonly os: number };

type Loose = Record<string, unknown>;

/** Types a record of our own journal (the chain has been checked), in place: decimal strings become amounts again. */
export function readRecord(raw: Loose): JournalRecord {
  switch (raw.kind as RecordBody['kind']) {
    case 'baseline':
      readAmounts(raw.balances as Loose);
      break;
    case 'granted':
      readAmounts(raw, ['maxOrderQuote', 'turnover24h']);
      break;
    case 'decided':
      readAmounts(raw, ['reference']);
      raw.legIds ??= null;
      readIntent(raw.intent as Loose);
      if (raw.hold !== null) raw.hold = { ...noHold, ...readAmounts(raw.hold as Loose) };
      break;
    case 'settled':
      raw.reference ??= null;
      readAmounts(raw, ['reference']);
      readEvent(raw.event as Loose);
      break;
    case 'recovered':
      readAmounts(raw, ['price', 'quantity', 'fee']);
      break;
    case 'recounted':
      readAmounts(raw, ['reference']);
      break;
    case 'equity':
      readAmounts(raw, ['equity']);
      break;
    case 'frozen': {
      // Records of before the conditions name no more than account, reason and who.
      const whole = { subKey: null, pair: null, condition: 'frozen', automatic: false, ...raw };
      return whole as unknown as JournalRecord;
    }
  }
  return raw as unknown as JournalRecord;
}

function readIntent(raw: Loose): void {
  readAmounts(raw, ['quantity', 'limit', 'trigger']);
  for (const leg of [raw.limitLeg, raw.stopLeg]) if (leg !== undefined) readAmounts(leg as Loose, ['limit', 'trigger']);
}

const readEvent = (raw: Loose): Loose =>
  raw.kind === 'order' ? readAmounts(raw.event as Loose, ['price', 'quantity', 'filled', 'fee']) : readAmounts(raw, ['change']);

/** Of these members (all, when none are named) the texts become amounts. */
function readAmounts(raw: Loose, keys: readonly string[] = Object.keys(raw)): Loose {
  for (const key of keys) {
    const text = raw[key];
    if (typeof text === 'string') raw[key] = amount(text);
  }
  return raw;
}
