/**
 * The anomaly rules at work. `applyRecord` feeds them, so that reading the journal again gives the same memory; what they
 * find is carried out here: journaled as a restriction or a warning, and in force at once.
 */
import type { RefusalCode, SubKeyId } from '@holdfast/domain';
import { hostileCodes, type RuleFinding } from '@holdfast/policy';
import { isInForce, type Restriction } from '../conditions.ts';
import type { SignerContext } from '../context.ts';
import { restrictAccounts } from './freeze.ts';

/** Carrying the same finding out twice does nothing; a warning is journaled each time it is found. */
export function carryOut(context: SignerContext, findings: readonly RuleFinding[]): void {
  for (const finding of findings) {
    const { rule, action, account, subKey, pair, reason } = finding;
    if (action === 'deny') continue; // whoever asked refuses
    if (action === 'warn') {
      context.commit({ kind: 'rule-warned', rule, account, subKey, pair, reason });
      context.onWarned(finding);
      continue;
    }
    const to = restrictionOf(finding);
    if (!isInForce(context.state, to)) restrictAccounts(context, to, () => undefined);
  }
}

function restrictionOf({ rule, action, account, subKey, pair, reason }: RuleFinding): Restriction {
  return {
    account,
    subKey: action === 'freeze-sub-key' ? subKey : null,
    pair: action === 'freeze-pair' ? pair : null,
    condition: action === 'reduce-only' ? 'reduce-only' : 'frozen',
    reason: reason.slice(0, 300),
    by: `rule ${rule}`,
    automatic: true,
  };
}

/** What a door refused before it was an intent. */
export interface Denied {
  readonly subKey: SubKeyId;
  readonly code: RefusalCode;
  /** A call to withdraw, transfer or manage keys. */
  readonly forbiddenCall: boolean;
}

/** Counts a refusal for R9, at either door; not for the reads of ordinary clients. Nothing is journaled that no rule reads. */
export function noteDenied({ state, commit }: SignerContext, { subKey, code, forbiddenCall }: Denied): void {
  const grant = state.grants.get(subKey);
  if (grant === undefined || !grant.alive || grant.frozen !== '') return;
  const mandate = state.accounts.get(grant.account)?.mandate;
  if (mandate == null || mandate.rules.deniedPerMinute === 0 || !(forbiddenCall || hostileCodes.has(code))) return;
  commit({ kind: 'denied', account: grant.account, subKey, code, forbiddenCall });
}
