/**
 * Passkeys that unseal the vault. The signer judges whose they are; what they gave is sealed to the warden, which keeps the
 * unseal key wrapped under it; the signer cannot open it.
 */
import type { OwnerAct, OwnerId, UnsealShown } from '@holdfast/domain';
import { noUnsealFacts, type UnsealFacts, type WrapDoneFrame, type WrapFrame } from '../../frames/frames.ts';
import type { SignerContext } from '../context.ts';
import { type Answer, Refused, refusal } from '../refused.ts';
import type { ProvedAct } from './context.ts';
import { type Notices, sayings } from './notices.ts';
import { needCredential, shortId } from './prove.ts';
import { liveCredentials } from './state.ts';

type Add = Extract<OwnerAct, { act: 'unseal-add' }>;
type Remove = Extract<OwnerAct, { act: 'unseal-remove' }>;

export interface UnsealKeeper {
  /** What the warden says of its passkeys. */
  learn(facts: UnsealFacts): void;
  /** How the warden answers. */
  done(frame: WrapDoneFrame): void;
  shown(owner: OwnerId): UnsealShown;
  /** @throws Refused */
  add(proved: ProvedAct<Add>, answer: Answer): void;
  /** @throws Refused */
  remove(proved: ProvedAct<Remove>, answer: Answer): void;
  /** A passkey that proves nothing any more opens nothing either. */
  retired(credential: string): void;
}

type Question = WrapFrame extends infer Frame ? (Frame extends WrapFrame ? Omit<Frame, 'id'> : never) : never;

export function createUnsealKeeper(
  { state, config, log }: SignerContext,
  notices: Notices,
  warden: (frame: WrapFrame) => void,
): UnsealKeeper {
  let facts = noUnsealFacts;
  let lastId = 0;
  const asked = new Map<number, (reason: string) => void>();
  const ask = (question: Question, then: (reason: string) => void): void => {
    lastId += 1;
    asked.set(lastId, then);
    warden({ ...question, id: lastId } as WrapFrame);
  };
  const answered =
    (answer: Answer, body: object): ((reason: string) => void) =>
    (reason) =>
      reason === '' ? answer(200, body) : answer(409, refusal('E_STATE', reason));

  const isHere = (credential: string): boolean => facts.passkeys.some((it) => it.credential === credential);
  const ownerOf = (credential: string): OwnerId | undefined => state.owners.credentials.get(credential)?.owner;

  const faultFor = (owner: OwnerId): string => {
    if (config.simulated) return 'a simulated vault keeps its key beside its data and opens by itself';
    const others = [...state.owners.owners.keys()].filter((it) => it !== owner && liveCredentials(state.owners, it).length > 0);
    if (others.length > 0)
      return `the vault keeps accounts of ${others.length + 1} owners; what unseals it is said at its machine, with "holdfast vault wrap"`;
    return facts.publicKey === '' ? 'the vault is starting; try again in a moment' : '';
  };

  return {
    learn: (now) => {
      facts = now;
    },
    done: ({ id, reason }) => {
      const then = asked.get(id);
      asked.delete(id);
      then?.(reason);
    },
    shown: (owner) => ({
      publicKey: facts.publicKey,
      passkeys: facts.passkeys.filter(({ credential }) => ownerOf(credential) === owner),
      fault: faultFor(owner),
    }),
    add: ({ act: { credential, salt, sealed }, owner, id, accept }, answer) => {
      const fault = faultFor(owner);
      if (fault !== '') throw new Refused('E_STATE', fault);
      const known = needCredential(state.owners, credential);
      if (known.owner !== owner || known.credential.kind !== 'webauthn')
        throw new Refused('E_STATE', `credential ${shortId(credential)} is not a passkey of ${owner}`);
      if (isHere(credential)) throw new Refused('E_STATE', `passkey ${shortId(credential)} unseals the vault already`);
      accept({}, () => ask({ kind: 'wrap-add', credential, salt, sealed }, answered(answer, { unseals: credential })));
      notices.notify(owner, sayings.unsealAdded(known.credential.label, id));
    },
    remove: ({ act: { credential }, owner, accept }, answer) => {
      if (ownerOf(credential) !== owner || !isHere(credential))
        throw new Refused('E_STATE', `no passkey of ${owner} with the id ${shortId(credential)} unseals the vault`);
      accept({}, () => ask({ kind: 'wrap-remove', credential }, answered(answer, { removed: credential })));
    },
    retired: (credential) => {
      if (!isHere(credential)) return;
      ask({ kind: 'wrap-remove', credential }, (reason) => {
        if (reason !== '') log(`the retired passkey ${shortId(credential)} unseals the vault still: ${reason}`);
      });
    },
  };
}
