/**
 * What waits, and its time. A change comes into force by a record of its own, written when its time has come and not before;
 * it is looked at again then: what no longer fits is dropped.
 */

import type { SignerContext } from '../context.ts';
import { Refused } from '../refused.ts';
import { conditionIsStopped } from './limits.ts';
import { mandateFault } from './mandates.ts';
import { type Notices, sayings } from './notices.ts';
import { liveCredentials, type PendingChange } from './state.ts';

export interface PendingWatch {
  /** To be called whenever something new waits, and at start. */
  schedule(): void;
}

/** Timers are set anew at least this often, in ms, so that a machine that slept looks again. */
const longestWaitMs = 3_600_000;

export function createPendingWatch(signer: SignerContext, notices: Notices): PendingWatch {
  const { state, clock, commit } = signer;
  let timer = 0;

  const schedule = (): void => {
    timer += 1;
    const mine = timer;
    const next = Math.min(...[...state.owners.pending.values()].map((it) => it.from));
    if (!Number.isFinite(next)) return;
    clock.after(Math.min(Math.max(next - clock.now(), 0), longestWaitMs), () => {
      if (mine !== timer) return;
      activateDue();
      schedule();
    });
  };

  const activateDue = (): void => {
    const now = clock.now();
    for (const change of [...state.owners.pending.values()]) {
      // One that came into force may have dropped others.
      if (change.from > now || !state.owners.pending.has(change.id)) continue;
      const fault = faultOf(signer, change);
      if (fault === null) commit({ kind: 'activated', pending: change.id });
      else commit({ kind: 'vetoed', pending: change.id, by: 'signer', reason: fault });
      notices.notify(change.owner, fault === null ? sayings.activated(change) : sayings.dropped(change, fault));
      if (fault === null && change.account !== null) mandateChanged(signer, change);
    }
  };
  return { schedule };
}

function mandateChanged(signer: SignerContext, change: PendingChange): void {
  signer.wantPairs();
  const account = change.account === null ? undefined : signer.state.accounts.get(change.account);
  if (account !== undefined && account.apiKey !== null) signer.linkOf(account).reread();
}

/** Why a change can no longer come into force, or null. */
function faultOf(signer: SignerContext, { act, owner }: PendingChange): string | null {
  const { state } = signer;
  switch (act.act) {
    case 'mandate': {
      const account = state.accounts.get(act.mandate.account);
      if (account === undefined) return 'the account is gone';
      if (conditionIsStopped(account)) return 'the account is frozen';
      const fault = mandateFault(signer, act.mandate, owner);
      return fault instanceof Refused ? fault.message : null;
    }
    case 'credential-add': {
      if (state.owners.credentials.has(act.credential.id)) return 'the credential is there already';
      return liveCredentials(state.owners, owner).length === 0 ? 'no credential of the owner is left' : null;
    }
    default:
      return 'it is not of the kind that waits';
  }
}
