/**
 * Mandates: what is narrower or equal counts at once, what is wider waits on a real vault and is announced.
 *
 *   O4  The limits in force are those of a mandate that the owner signed and whose time has come, or narrower ones.
 *   O5  One mandate of an account waits at a time. A later one takes its place and waits anew; a mandate that comes into
 *       force drops what waits, which was signed against the one before.
 */
import { createHash } from 'node:crypto';
import { type Mandate, mandateText, type OwnerId } from '@holdfast/domain';
import type { SignerContext } from '../context.ts';
import { type Answer, Refused } from '../refused.ts';
import type { AccountState } from '../state.ts';
import { changeOf } from './changes.ts';
import { needOwned, type OwnersContext, type ProvedAct } from './context.ts';
import { dayMs, onProbation, probationMs } from './limits.ts';
import { channelsOf, sayings } from './notices.ts';
import { parseMandateBody } from './parse-mandate.ts';
import type { OwnersState } from './state.ts';

/** The longest that a mandate may run. */
const mandateMsMax = 90 * dayMs;
/** Different confirmed destinations without which nothing is widened on a real account. */
export const channelsNeeded = 2;

/** @throws Refused */
export function acceptMandate(it: OwnersContext, proved: ProvedAct<MandateAct>, answer: Answer): void {
  const { signer, delays, notices } = it;
  const { mandate } = proved.act;
  const { account } = needOwned(signer, proved.owner, mandate.account);
  const fault = mandateFault(signer, mandate, proved.owner);
  if (fault !== null) throw fault;
  const change = changeOf(account.mandate, mandate);
  if (change.kind === 'wider' && delays.widening > 0) {
    demandChannels(signer, proved.owner);
    const from = signer.clock.now() + delays.widening;
    proved.accept({ from }, () => answer(200, { account: account.account, pending: proved.id, from }));
    notices.notify(proved.owner, sayings.pending(signer.state.owners.pending.get(proved.id)!, change.changes));
    it.pending.schedule();
    return;
  }
  proved.accept({}, () => answer(200, { account: account.account, mandate: account.mandateHash, from: signer.clock.now() }));
  mandateCounts(signer, account);
}

type MandateAct = Extract<ProvedAct['act'], { act: 'mandate' }>;

/** A narrower mandate from a program that proves no owner. @throws Refused, ParameterError */
export function acceptNarrow({ signer }: OwnersContext, by: string, body: string, answer: Answer): void {
  const mandate = parseMandateBody(body);
  const account = signer.state.accounts.get(mandate.account);
  if (account === undefined) throw new Refused('E_STATE', `account ${mandate.account} is not known`);
  const fault = mandateFault(signer, mandate, ownerOfAccount(signer.state.owners, mandate));
  if (fault !== null) throw fault;
  const change = changeOf(account.mandate, mandate);
  if (change.kind !== 'narrower' && change.kind !== 'equal')
    throw new Refused('E_RIGHT', `this mandate is ${change.kind}: ${change.changes[0] ?? 'the owner must sign it'}`);
  signer.commit({ kind: 'narrowed', text: mandateText(mandate), by }, () =>
    answer(200, { account: account.account, mandate: account.mandateHash }),
  );
  mandateCounts(signer, account);
}

const ownerOfAccount = (owners: OwnersState, { account, owner }: Mandate): OwnerId =>
  owners.accounts.get(account)?.owner ?? owner;

function mandateCounts(signer: SignerContext, account: AccountState): void {
  signer.wantPairs();
  if (account.apiKey !== null) signer.linkOf(account).reread();
}

/** Why a mandate cannot follow the one in force, or null. Times of a mandate are the exchange's. */
export function mandateFault({ state }: Pick<SignerContext, 'state'>, mandate: Mandate, owner: OwnerId): Refused | null {
  const account = state.accounts.get(mandate.account);
  const owned = state.owners.accounts.get(mandate.account);
  if (account === undefined || owned === undefined) return new Refused('E_STATE', `account ${mandate.account} is not known`);
  const form = (reason: string): Refused => new Refused('E_MANDATE_FORM', reason);
  if (mandate.owner !== owner || owned.owner !== owner)
    return form(`the mandate names the owner ${mandate.owner}, it was signed by ${owner}`);
  if (owned.uid === '') return new Refused('E_STATE', `account ${mandate.account} was not connected yet: connect its key first`);
  if (mandate.uid !== owned.uid)
    return form(`the mandate is for the exchange account ${mandate.uid || "''"}, this one is ${owned.uid}`);
  if (mandate.exp <= mandate.nbf || mandate.exp - mandate.nbf > mandateMsMax)
    return form(`the mandate runs from ${mandate.nbf} to ${mandate.exp}; it may run for 1 ms to 90 days`);
  const seq = (account.mandate?.seq ?? 0) + 1;
  if (mandate.seq !== seq) return new Refused('E_MANDATE_SEQ', `the mandate has number ${mandate.seq}, the next is ${seq}`);
  if (mandate.prev !== account.mandateHash) return new Refused('E_MANDATE_SEQ', 'prev is not the hash of the mandate in force');
  if (mandate.exp <= state.time) return new Refused('E_MANDATE_EXP', `the mandate ended at ${mandate.exp}, it is ${state.time}`);
  return null;
}

/** @throws Refused E_MANDATE_PENDING */
function demandChannels({ state }: SignerContext, owner: OwnerId): void {
  const channels = channelsOf(state, owner);
  if (channels < channelsNeeded)
    throw new Refused(
      'E_MANDATE_PENDING',
      `a wider mandate must be announced on ${channelsNeeded} confirmed destinations, owner ${owner} has ${channels}; name and confirm them first, nothing was changed`,
    );
}

export const mandateHash = (mandate: Mandate): string => createHash('sha256').update(mandateText(mandate), 'utf8').digest('hex');

/** From when a mandate would count if it were signed now, and what then limits it, for the pages. */
export function countsFrom(it: OwnersContext, mandate: Mandate): number {
  const account = it.signer.state.accounts.get(mandate.account);
  const change = changeOf(account?.mandate ?? null, mandate);
  return it.signer.clock.now() + (change.kind === 'wider' ? it.delays.widening : 0);
}

/** Until when the first 24 h with a tenth of turnover and burn last, or null. */
export function probationUntil({ signer }: OwnersContext, name: Mandate['account']): number | null {
  const owned = signer.state.owners.accounts.get(name);
  return owned !== undefined && onProbation(owned, signer.clock.now(), signer.config.simulated)
    ? owned.firstMandateAt! + probationMs
    : null;
}
