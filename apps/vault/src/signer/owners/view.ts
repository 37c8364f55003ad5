/** What the owner's pages show: everything of the owner, nothing of anybody else. */
import type { Mandate, OwnerId, VaultAccount, VaultStatus } from '@holdfast/domain';
import { mandateWords, worstLoss } from '@holdfast/policy';
import { ownerOf } from './apply.ts';
import { changeOf } from './changes.ts';
import type { OwnersContext } from './context.ts';
import { shownPending } from './facts.ts';
import { newRiskFault, scaleOf } from './limits.ts';
import { channelsNeeded, countsFrom, probationUntil } from './mandates.ts';
import { channelsOf } from './notices.ts';
import { openPasswords, shownDestination } from './passwords.ts';
import { liveCredentials, pendingOf } from './state.ts';

/** A mandate in words, with what could be lost under it. */
const told = (mandate: Mandate) => ({ words: mandateWords(mandate), worstLoss: worstLoss(mandate) });

export function ownerView(it: OwnersContext, owner: OwnerId, status: VaultStatus) {
  const { signer } = it;
  const { state } = signer;
  const accounts = status.accounts.filter((one) => one.owner === owner);
  const known = ownerOf(state, owner);
  const passwords = openPasswords(signer.secrets, known.secretsRef);
  return {
    owner,
    time: state.time,
    accounts,
    mandates: accounts.flatMap(({ account, mandate }) =>
      mandate === null
        ? []
        : [
            {
              account,
              ...told(mandate),
              probationUntil: probationUntil(it, account),
              scaleBps: scaleOf(state, account, signer.clock.now(), signer.config.simulated),
            },
          ],
    ),
    pending: pendingOf(state.owners, owner).map((change) => ({
      ...shownPending(change),
      account: change.account,
      ...(change.act.act === 'mandate' ? mandateChange(it, change.act.mandate) : {}),
    })),
    grants: accounts.flatMap((one) => one.grants),
    credentials: liveCredentials(state.owners, owner).map(({ credential, addedAt }) => ({
      id: credential.id,
      kind: credential.kind,
      label: credential.label,
      addedAt,
    })),
    destinations: known.destinations.map(({ destination, confirmed }) => ({
      ...shownDestination(destination, passwords.has(destination.id)),
      confirmed,
    })),
    unseal: it.unseal.shown(owner),
    channels: { confirmed: channelsOf(state, owner), needed: channelsNeeded },
    audit: status.journal,
    stateEpoch: status.stateEpoch,
    reference: status.reference,
    warnings: warnings(it, owner, accounts),
  };
}

/** What a mandate says and how it differs from the one in force. */
export const mandateChange = (it: OwnersContext, mandate: Mandate) => {
  const before = it.signer.state.accounts.get(mandate.account)?.mandate ?? null;
  const { kind, changes } = changeOf(before, mandate);
  return { ...told(mandate), change: kind, changes, from: countsFrom(it, mandate) };
};

function warnings(it: OwnersContext, owner: OwnerId, accounts: readonly VaultAccount[]): readonly string[] {
  const { state, config, clock } = it.signer;
  const found: string[] = [];
  for (const { account, key } of accounts) {
    if (key !== null && !key.ipRestricted)
      found.push(
        `Account ${account} is not protected at the exchange: its key works from any address. All limits are halved; restrict it to this machine's address there.`,
      );
    if (key?.age === 'old') found.push(`The key of account ${account} is older than 60 days: rotate it.`);
    const fault = newRiskFault(state, account, clock.now());
    if (fault !== null) found.push(`Account ${account} takes no new risk: ${fault.reason}.`);
  }
  if (liveCredentials(state.owners, owner).length < 2)
    found.push('You have one credential only. If it is lost, nothing proves you any more: add a second.');
  if (!config.simulated && channelsOf(state, owner) < channelsNeeded)
    found.push(
      `Fewer than ${channelsNeeded} confirmed destinations of notices: nothing can be widened, and you hear of nothing.`,
    );
  return found;
}
