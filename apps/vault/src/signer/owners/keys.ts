/**
 * Keys of exchange accounts: made here or brought in sealed, checked with the exchange before anything is traded with them,
 * put in each other's place without losing what was counted, erased at the end.
 *
 *   O6  No key is used that may do more than read and trade, as far as the exchange tells.
 *   O7  An exchange account and a key are of one owner in this vault; another owner learns nothing but that it did not work.
 */
import type { AccountId, ExchangeName, OwnerAct, OwnerId } from '@holdfast/domain';
import {
  buildAccount,
  buildApiRestrictions,
  type Outcome,
  readAccountUid,
  readKeyFacts,
  restrictionsFault,
} from '@holdfast/exchanges/trading';
import type { SignerContext } from '../context.ts';
import { type Answer, answerFault, Refused } from '../refused.ts';
import { needOwned, type OwnersContext, type ProvedAct } from './context.ts';
import { sayings } from './notices.ts';
import type { ConnectedKey } from './records.ts';
import type { KeyKind, OwnedAccount } from './state.ts';

type Act<Name extends OwnerAct['act']> = ProvedAct<Extract<OwnerAct, { act: Name }>>;

/** A simulated vault knows the simulated exchange alone, a real one everything but it. @throws Refused E_STATE */
function demandExchange(exchange: ExchangeName, simulated: boolean): void {
  if ((exchange === 'simulated') === simulated) return;
  throw new Refused(
    'E_STATE',
    simulated ? `a simulated vault has no accounts at ${exchange}` : 'a real vault has no simulated accounts',
  );
}

/** Sealed record of an account's n-th key. A point stands in no account's name. */
const refOf = (account: AccountId, keysMade: number): string => (keysMade === 0 ? account : `${account}.${keysMade + 1}`);

/** Accounts whose key the exchange is being asked about: until it has answered no other key of theirs is made or erased. */
export type Connecting = ReadonlySet<AccountId>;

/** @throws Refused E_STATE */
function demandQuiet(connecting: Connecting, account: AccountId): void {
  if (connecting.has(account)) throw new Refused('E_STATE', `account ${account} is being connected already; wait for its answer`);
}

/** @throws Refused */
export function acceptCreate(
  { signer }: OwnersContext,
  { act, accept }: Act<'account-create'>,
  connecting: Connecting,
  answer: Answer,
): void {
  demandQuiet(connecting, act.account);
  const { state, secrets, config } = signer;
  demandExchange(act.exchange, config.simulated);
  if (state.accounts.has(act.account)) throw new Refused('E_STATE', `the name ${act.account} is taken in this vault`);
  const ref = refOf(act.account, 0);
  const publicKey = secrets.createAccountKey(ref, act.key);
  accept({ made: { ref, publicKey } }, () => answer(200, { account: act.account, publicKey }));
}

/** @throws Refused */
export function acceptRotate(
  { signer }: OwnersContext,
  { act, owner, accept }: Act<'account-rotate'>,
  connecting: Connecting,
  answer: Answer,
): void {
  demandQuiet(connecting, act.account);
  const { owned } = needOwned(signer, owner, act.account);
  const replaced = owned.next?.ref;
  const ref = refOf(act.account, owned.keysMade);
  const publicKey = signer.secrets.createAccountKey(ref, act.key);
  accept({ made: { ref, publicKey } }, () => answer(200, { account: act.account, publicKey }));
  if (replaced !== undefined) signer.secrets.eraseAccountKey(replaced);
}

/** @throws Refused */
export function acceptRemove(
  it: OwnersContext,
  { act, owner, accept }: Act<'account-remove'>,
  connecting: Connecting,
  answer: Answer,
): void {
  demandQuiet(connecting, act.account);
  const { signer } = it;
  const { account, owned } = needOwned(signer, owner, act.account);
  const phase = signer.links.get(act.account)?.phase();
  if (account.unclosed.size > 0 && phase !== 'denied')
    throw new Refused('E_STATE', `account ${act.account} has ${account.unclosed.size} open order(s); cancel them first`);
  const refs = [owned.key?.ref, owned.next?.ref].filter((ref) => ref !== undefined);
  signer.closeLink(act.account);
  accept({}, () => answer(200, { removed: act.account }));
  for (const ref of refs) signer.secrets.eraseAccountKey(ref);
  signer.wantPairs();
}

/** One connecting per account at a time: each asks the exchange and then takes the place of what was there. */
export function createConnecting() {
  const busy = new Set<AccountId>();
  const alone = (account: AccountId, log: SignerContext['log'], answer: Answer, run: () => Promise<void>): void => {
    demandQuiet(busy, account);
    busy.add(account);
    run()
      .catch((error: unknown) => answerFault(error, answer, log))
      .finally(() => busy.delete(account));
  };

  /** @throws Refused */
  const connect = (it: OwnersContext, proved: Act<'account-connect'>, answer: Answer): void => {
    const { signer } = it;
    const { account: name, apiKey } = proved.act;
    const { account, owned } = needOwned(signer, proved.owner, name);
    const candidate = owned.next ?? owned.key;
    if (candidate === null) throw new Refused('E_STATE', `account ${name} has no key; make one with account-rotate`);
    if (owned.next === null && account.apiKey !== apiKey)
      throw new Refused('E_STATE', `account ${name} is connected with another key; make the next one with account-rotate first`);
    alone(name, signer.log, answer, async () => {
      const facts = await probe(it, proved.owner, name, owned, apiKey, candidate.ref);
      const { ref, kind, publicKey, bornAt } = candidate;
      take(it, proved, { ref, kind, publicKey, bornAt, apiKey, ...facts.told }, owned, answer);
    });
  };

  /** @throws Refused */
  const bringIn = (it: OwnersContext, proved: Act<'account-import'>, answer: Answer): void => {
    const { signer } = it;
    const { account: name, exchange } = proved.act;
    demandExchange(exchange, signer.config.simulated);
    demandQuiet(busy, name); // before a secret is kept: the name of its record is the account's
    const owned = signer.state.accounts.has(name) ? ownOrTaken(signer, proved.owner, name) : null;
    if (owned !== null && owned.exchange !== exchange)
      throw new Refused('E_STATE', `account ${name} is at ${owned.exchange}, not at ${exchange}`);
    const { apiKey, kind, secret } = it.tickets.open(proved.act.ticket, proved.proof.credential, exchange, proved.act.sealed);
    const ref = refOf(name, owned?.keysMade ?? 0);
    keepSecret(signer, ref, kind, secret);
    alone(name, signer.log, answer, async () => {
      try {
        const facts = await probe(it, proved.owner, name, owned, apiKey, ref);
        const bornAt = signer.config.simulated ? signer.clock.now() : Math.min(facts.createdAt, signer.clock.now());
        if (owned === null && signer.state.accounts.has(name))
          throw new Refused('E_STATE', `the name ${name} is taken in this vault`);
        take(it, proved, { ref, kind, publicKey: null, bornAt, apiKey, ...facts.told }, owned, answer);
      } catch (error) {
        signer.secrets.eraseAccountKey(ref);
        throw error;
      }
    });
  };
  return { connect, bringIn, connecting: busy as Connecting };
}

function ownOrTaken(signer: SignerContext, owner: OwnerId, name: AccountId): OwnedAccount {
  const owned = signer.state.owners.accounts.get(name);
  if (owned?.owner !== owner) throw new Refused('E_STATE', `the name ${name} is taken in this vault`);
  return owned;
}

/** @throws Refused E_PARAM */
function keepSecret(signer: SignerContext, ref: string, kind: KeyKind, secret: Buffer): void {
  try {
    signer.secrets.importAccountKey(ref, kind, secret);
  } catch {
    throw new Refused('E_PARAM', `the secret is not a private key of the kind ${kind}`);
  }
}

type Told = Pick<ConnectedKey, 'apiKeyPrint' | 'uid' | 'checkedAt' | 'ipRestricted'>;

/** Asks the exchange what a key may do and whose it is. @throws Refused E_CONNECT, E_PERM */
async function probe(
  it: OwnersContext,
  owner: OwnerId,
  account: AccountId,
  owned: OwnedAccount | null,
  apiKey: string,
  ref: string,
): Promise<{ readonly told: Told; readonly createdAt: number }> {
  const { signer } = it;
  const credentials = () => signer.signWith(apiKey, ref);
  const restrictions = answered(await signer.upstream.call(account, 'permissions', buildApiRestrictions(credentials())));
  const fault = restrictionsFault(restrictions);
  if (fault !== null) throw new Refused('E_PERM', fault);
  const { ipRestricted, createdAt } = readKeyFacts(restrictions);
  const whose = readAccountUid(answered(await signer.upstream.call(account, 'permissions', buildAccount(credentials()))));
  const exchange = owned?.exchange ?? (signer.config.simulated ? 'simulated' : 'binance');
  const uid = signer.secrets.fingerprint('uid', `${exchange}\0${whose}`);
  const apiKeyPrint = signer.secrets.fingerprint('api-key', `${exchange}\0${apiKey}`);
  if (owned !== null && owned.uid !== '' && owned.uid !== uid)
    throw new Refused('E_CONNECT', `the key is of another exchange account than the one that ${account} is connected to`);
  demandUnused(it, owner, account, uid, apiKeyPrint);
  return { told: { apiKeyPrint, uid, checkedAt: signer.clock.now(), ipRestricted }, createdAt };
}

function answered(outcome: Outcome): unknown {
  if (outcome.kind === 'done') return outcome.value;
  throw new Refused('E_CONNECT', `the exchange did not tell what the key may do: ${outcome.reason}`);
}

/** @throws Refused: to another owner the same words as any failure, to the same one what is the matter */
function demandUnused({ signer, notices }: OwnersContext, owner: OwnerId, account: AccountId, uid: string, print: string): void {
  for (const other of signer.state.owners.accounts.values()) {
    if (other.account === account || (other.uid !== uid && other.key?.apiKeyPrint !== print)) continue;
    if (other.owner === owner)
      throw new Refused('E_STATE', `account ${other.account} is connected to this exchange account or key already`);
    signer.log(`E_DUPKEY: owner ${owner} tried to connect what account ${other.account} is connected to`);
    notices.notify(other.owner, sayings.duplicateKey(other.account, signer.clock.now()));
    throw new Refused('E_CONNECT', 'the exchange account could not be connected');
  }
}

/** The key counts from here on; the one before is erased when that is durable. */
function take(
  it: OwnersContext,
  proved: Act<'account-connect'> | Act<'account-import'>,
  key: ConnectedKey,
  owned: OwnedAccount | null,
  answer: Answer,
): void {
  const { signer } = it;
  const { account: name } = proved.act;
  const before = [owned?.key?.ref, owned?.next?.ref].filter((ref) => ref !== undefined && ref !== key.ref);
  proved.accept({ key }, () => {
    for (const ref of before) signer.secrets.eraseAccountKey(ref!);
    answer(200, { account: name, connected: true, uid: key.uid, ipRestricted: key.ipRestricted });
  });
  signer.linkOf(signer.state.accounts.get(name)!).open();
  it.keyWatch.schedule();
}
