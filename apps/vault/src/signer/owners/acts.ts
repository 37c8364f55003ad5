/** Owner acts: who proved them, whether they are fresh and new, and which part carries each out. */
import { type OwnerAct, ownerActText } from '@holdfast/domain';
import { unfreezeFault } from '../conditions.ts';
import { ParameterError } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { hashText } from '../state.ts';
import { needOwned, type OwnersContext, type ProvedAct } from './context.ts';
import { acceptCredentialAdd, acceptCredentialRetire } from './credentials.ts';
import { acceptDestinations, createConfirmer, destinationFault } from './destinations.ts';
import { acceptCreate, acceptRemove, acceptRotate, createConnecting } from './keys.ts';
import { acceptMandate } from './mandates.ts';
import { sayings } from './notices.ts';
import { parseOwnerAct, parseSignedAct } from './parse-act.ts';
import { sealPasswords, withoutPassword } from './passwords.ts';
import { type Proved, prove } from './prove.ts';
import { accountsOf } from './state.ts';

/** How far the time of an owner act may lie from ours, in ms. */
export const ownerFreshMs = 60_000;

export interface Acts {
  /** Body `{act, proof}`. @throws Refused, ParameterError */
  accept(body: string, answer: Answer): void;
}

type Named<Name extends OwnerAct['act']> = ProvedAct<Extract<OwnerAct, { act: Name }>>;

export function createActs(it: OwnersContext): Acts {
  const { signer, notices } = it;
  const { state, clock, config, commit } = signer;
  const confirm = createConfirmer();
  const { connect, bringIn, connecting } = createConnecting();

  const accept = (body: string, answer: Answer): void => {
    const { act: text, proof } = parseSignedAct(body);
    const proved = prove(state.owners, config.vaultId, it.party, text, proof);
    const act = readAct(text);
    if (Math.abs(clock.now() - act.at) > ownerFreshMs)
      throw new Refused('E_TIME', `the act is of ${act.at}, it is ${clock.now()}; limit ${ownerFreshMs} ms`);
    const id = hashText(text);
    if (state.actsSeen.has(id)) throw new Refused('E_REPLAY', 'this act was accepted before');
    if (act.act === 'destinations') {
      setDestinations(act, id, proved, answer, { text, proof });
      return;
    }
    const { owner } = proved.credential;
    const whole = { kind: 'owner-act', id, text, redacted: false, owner, proof } as const;
    perform(
      { act, id, owner, proof, accept: (result, after) => commit({ ...whole, result: counted(result, proved) }, after) },
      answer,
    );
    sayCounter(proved);
  };

  /** The passwords go into a sealed record of their own before the journal has the list. */
  const setDestinations = (
    act: Extract<OwnerAct, { act: 'destinations' }>,
    id: string,
    proved: Proved,
    answer: Answer,
    given: { readonly text: string; readonly proof: ProvedAct['proof'] },
  ): void => {
    const { owner } = proved.credential;
    for (const destination of act.destinations) {
      const fault = destinationFault(destination, config.simulated);
      if (fault !== null) throw new Refused('E_PARAM', fault);
    }
    const secretsRef = sealPasswords(signer.secrets, state, owner, act, id);
    const text = ownerActText({ ...act, destinations: act.destinations.map(withoutPassword) });
    const whole = { kind: 'owner-act', id, text, redacted: text !== given.text, owner, proof: given.proof } as const;
    const one: Named<'destinations'> = {
      act,
      id,
      owner,
      proof: given.proof,
      accept: (result, after) => commit({ ...whole, result: counted(result, proved) }, after),
    };
    acceptDestinations(it, one, secretsRef, answer);
    sayCounter(proved);
  };

  const sayCounter = ({ credential, regressed }: Proved): void => {
    const { label, id } = credential.credential;
    if (regressed) notices.notify(credential.owner, sayings.counterFell(label, id, clock.now()));
  };

  const perform = (proved: ProvedAct, answer: Answer): void => {
    const { act } = proved;
    switch (act.act) {
      case 'account-create':
        acceptCreate(it, proved as Named<'account-create'>, connecting, answer);
        return;
      case 'account-import':
        bringIn(it, proved as Named<'account-import'>, answer);
        return;
      case 'account-connect':
        connect(it, proved as Named<'account-connect'>, answer);
        return;
      case 'account-rotate':
        acceptRotate(it, proved as Named<'account-rotate'>, connecting, answer);
        return;
      case 'account-remove':
        acceptRemove(it, proved as Named<'account-remove'>, connecting, answer);
        return;
      case 'mandate':
        acceptMandate(it, proved as Named<'mandate'>, answer);
        return;
      case 'veto':
        acceptVeto(it, proved as Named<'veto'>, answer);
        return;
      case 'unfreeze':
        acceptUnfreeze(it, proved as Named<'unfreeze'>, answer);
        return;
      case 'revive':
        needOwned(signer, proved.owner, act.account);
        proved.accept({}, () => answer(200, { revived: act.account }));
        return;
      case 'credential-add':
        acceptCredentialAdd(it, proved as Named<'credential-add'>, answer);
        return;
      case 'credential-retire':
        acceptCredentialRetire(it, proved as Named<'credential-retire'>, answer);
        return;
      case 'unseal-add':
        it.unseal.add(proved as Named<'unseal-add'>, answer);
        return;
      case 'unseal-remove':
        it.unseal.remove(proved as Named<'unseal-remove'>, answer);
        return;
      case 'destination-confirm':
        confirm(it, proved as Named<'destination-confirm'>, answer);
        return;
      case 'destinations':
        return; // taken before: its text is journaled without the passwords
    }
  };
  return { accept };
}

const counted = (result: Parameters<ProvedAct['accept']>[0], { signCount }: Proved) =>
  signCount === undefined ? result : { ...result, signCount };

function acceptVeto({ signer, notices }: OwnersContext, { act, owner, accept }: Named<'veto'>, answer: Answer): void {
  const change = signer.state.owners.pending.get(act.pending);
  if (change === undefined || change.owner !== owner) throw new Refused('E_STATE', 'nothing waits under this id');
  accept({}, () => answer(200, { vetoed: change.id }));
  notices.notify(owner, sayings.dropped(change, 'you vetoed it'));
}

function acceptUnfreeze({ signer }: OwnersContext, { act, owner, accept }: Named<'unfreeze'>, answer: Answer): void {
  const { state, config } = signer;
  const accounts =
    act.account === null
      ? accountsOf(state.owners, owner).map((one) => needOwned(signer, owner, one.account).account)
      : [needOwned(signer, owner, act.account).account];
  const fault = unfreezeFault(state, accounts, act.stateEpoch, config.simulated);
  if (fault !== null) throw fault;
  accept({}, () => answer(200, { unfrozen: act.account ?? 'all' }));
}

function readAct(text: string): OwnerAct {
  try {
    return parseOwnerAct(text);
  } catch (error) {
    if (error instanceof ParameterError) throw new Refused('E_MANDATE_FORM', error.message);
    throw error;
  }
}
