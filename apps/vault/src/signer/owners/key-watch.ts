/** Looks at keys in use: what the exchange says they may do, every 24 h and when it refuses one, and how old they are. */
import type { AccountId } from '@holdfast/domain';
import { buildApiRestrictions, readKeyFacts, wideningFault } from '@holdfast/exchanges/trading';
import type { SignerContext } from '../context.ts';
import { restrictAccounts } from '../orders/freeze.ts';
import { ageOf, dayMs } from './limits.ts';
import { type Notices, sayings } from './notices.ts';
import { hourMs, type OwnedAccount } from './state.ts';

export const checkEveryMs = 24 * hourMs;
const retryMs = 600_000;
/** After a refusal of the exchange at most one check in this time. */
const pauseMs = 60_000;
export const keyRule = 'rule R11';

export interface KeyWatch {
  /** To be called when a key was connected, and at start. */
  schedule(): void;
  /** The exchange refused a request for its key, address or permissions. */
  denied(account: AccountId): void;
}

export function createKeyWatch(signer: SignerContext, notices: Notices): KeyWatch {
  const { state, clock } = signer;
  const triedAt = new Map<AccountId, number>();
  let timer = 0;

  const connected = (): readonly OwnedAccount[] => [...state.owners.accounts.values()].filter((it) => it.key !== null);
  const dueAt = ({ account, key }: OwnedAccount): number =>
    Math.max(key!.checkedAt + checkEveryMs, (triedAt.get(account) ?? 0) + retryMs);

  const schedule = (): void => {
    timer += 1;
    const mine = timer;
    const next = Math.min(...connected().map(dueAt));
    if (!Number.isFinite(next)) return;
    clock.after(Math.max(next - clock.now(), 0), () => {
      if (mine !== timer) return;
      for (const it of connected()) if (dueAt(it) <= clock.now()) check(it);
      schedule();
    });
  };

  const check = (owned: OwnedAccount): void => {
    const account = state.accounts.get(owned.account);
    if (account === undefined || account.apiKey === null) return;
    triedAt.set(owned.account, clock.now());
    signer.upstream
      .call(owned.account, 'permissions', buildApiRestrictions(signer.credentials(account)))
      .then((outcome) => {
        if (outcome.kind === 'done') told(owned, outcome.value);
        else signer.log(`the exchange did not tell what the key of ${owned.account} may do: ${outcome.reason}`);
      })
      .catch((error: unknown) => signer.log(`checking a key: ${error instanceof Error ? error.message : String(error)}`));
  };

  const told = (owned: OwnedAccount, value: unknown): void => {
    const key = owned.key;
    if (key === null || !state.owners.accounts.has(owned.account)) return;
    const { ipRestricted } = readKeyFacts(value);
    const lost = key.ipRestricted && !ipRestricted ? 'the key now works from any address' : null;
    const fault = wideningFault(value) ?? lost;
    signer.commit({ kind: 'key-checked', account: owned.account, ipRestricted, checkedAt: clock.now() });
    if (fault !== null) stop(owned, fault);
    sayAge(owned);
  };

  const stop = ({ account, owner }: OwnedAccount, fault: string): void => {
    const to = { account, subKey: null, pair: null, condition: 'frozen', reason: fault, by: keyRule, automatic: true } as const;
    restrictAccounts(signer, to, () => undefined);
    notices.notify(owner, sayings.permissions(account, fault, clock.now()));
  };

  const sayAge = ({ account, owner, key }: OwnedAccount): void => {
    const now = clock.now();
    const age = ageOf(key!, now);
    if (age !== 'fresh')
      notices.notify(owner, sayings.keyAge(account, Math.floor((now - key!.bornAt) / dayMs), age === 'too-old'));
  };

  return {
    schedule,
    denied: (name) => {
      const owned = state.owners.accounts.get(name);
      if (owned?.key == null || clock.now() < (triedAt.get(name) ?? 0) + pauseMs) return;
      check(owned);
    },
  };
}
