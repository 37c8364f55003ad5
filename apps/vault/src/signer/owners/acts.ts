/** Owner acts: what the owner signed, checked and performed. */
import { verify } from 'node:crypto';
import { type OwnerAct, ownerSigningText } from '@holdfast/domain';
import { buildApiRestrictions, restrictionsFault } from '@holdfast/exchanges/trading';
import { unfreezeFault } from '../conditions.ts';
import { needAccount, type SignerContext } from '../context.ts';
import { ParameterError, parseOwnerAct, parseSignedAct } from '../parse.ts';
import { type Answer, answerFault, Refused } from '../refused.ts';
import { type AccountState, hashText } from '../state.ts';

/** How far the time of an owner act may lie from ours, in ms. */
const ownerFreshMs = 60_000;

/** Journals the act; `publicKey` is the answer of `account-create`, else null. */
type Accept = (publicKey: string | null, after: () => void) => void;

/** @throws Refused, ParameterError */
export function acceptOwner(context: SignerContext, body: string, answer: Answer): void {
  const { config, state, clock, commit } = context;
  const { act: text, signature } = parseSignedAct(body);
  const signed = Buffer.from(ownerSigningText(config.vaultId, text), 'utf8');
  if (!verify(null, signed, config.ownerKey, Buffer.from(signature, 'base64')))
    throw new Refused('E_MANDATE_SIG', 'the signature is not of this vault’s owner over this act');
  const act = readAct(text);
  if (Math.abs(clock.now() - act.at) > ownerFreshMs)
    throw new Refused('E_TIME', `the act is of ${act.at}, it is ${clock.now()}; limit ${ownerFreshMs} ms`);
  if (state.actsSeen.has(hashText(text))) throw new Refused('E_REPLAY', 'this act was accepted before');
  const accept: Accept = (publicKey, after) => commit({ kind: 'owner-act', text, signature, publicKey }, after);
  performAct(context, act, accept, answer);
}

function performAct(context: SignerContext, act: OwnerAct, accept: Accept, answer: Answer): void {
  const { config, state, secrets } = context;
  switch (act.act) {
    case 'account-create': {
      if (!config.simulated) throw new Refused('E_STATE', 'a real vault has no accounts on the simulated exchange');
      if (state.accounts.has(act.account)) throw new Refused('E_STATE', `account ${act.account} is there already`);
      const publicKey = secrets.createAccountKey(act.account);
      accept(publicKey, () => answer(200, { account: act.account, publicKey }));
      return;
    }
    case 'account-connect':
      connect(context, act, accept, answer);
      return;
    case 'mandate': {
      const account = needAccount(state, act.mandate.account);
      const fault = mandateFault(act, account, state.time);
      if (fault !== null) throw fault;
      accept(null, () => answer(200, { account: account.account, mandate: account.mandateHash }));
      context.wantPairs();
      if (account.apiKey !== null) context.linkOf(account).reread();
      return;
    }
    case 'unfreeze': {
      const accounts = act.account === null ? [...state.accounts.values()] : [needAccount(state, act.account)];
      const fault = unfreezeFault(state, accounts, act.stateEpoch, config.simulated);
      if (fault !== null) throw fault;
      accept(null, () => answer(200, { unfrozen: act.account ?? 'all' }));
      return;
    }
  }
}

function connect(
  context: SignerContext,
  act: Extract<OwnerAct, { act: 'account-connect' }>,
  accept: Accept,
  answer: Answer,
): void {
  const account = needAccount(context.state, act.account);
  if (account.apiKey !== null && account.apiKey !== act.apiKey)
    throw new Refused('E_STATE', `account ${act.account} is connected with another key`);
  const request = buildApiRestrictions(context.credentials(account, act.apiKey));
  context.upstream
    .call(act.account, 'permissions', request)
    .then((outcome) => {
      if (outcome.kind !== 'done')
        throw new Refused('E_CONNECT', `the exchange did not tell what the key may do: ${outcome.reason}`);
      const fault = restrictionsFault(outcome.value);
      if (fault !== null) throw new Refused('E_PERM', fault);
      accept(null, () => answer(200, { account: act.account, connected: true }));
      context.linkOf(account).open();
    })
    .catch((error: unknown) => answerFault(error, answer, context.log));
}

function readAct(text: string): OwnerAct {
  try {
    return parseOwnerAct(text);
  } catch (error) {
    if (error instanceof ParameterError) throw new Refused('E_MANDATE_FORM', error.message);
    throw error;
  }
}

function mandateFault(act: Extract<OwnerAct, { act: 'mandate' }>, account: AccountState, now: number): Refused | null {
  const { mandate } = act;
  const seq = (account.mandate?.seq ?? 0) + 1;
  if (mandate.seq !== seq) return new Refused('E_MANDATE_SEQ', `the mandate has number ${mandate.seq}, the next is ${seq}`);
  if (mandate.prev !== account.mandateHash) return new Refused('E_MANDATE_SEQ', 'prev is not the hash of the mandate in force');
  if (mandate.exp <= now) return new Refused('E_MANDATE_EXP', `the mandate ended at ${mandate.exp}, it is ${now}`);
  return null;
}
