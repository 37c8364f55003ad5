/** Who may have a passkey unseal the vault, and that a retired one opens nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Credential, OwnerId, OwnerProof } from '@holdfast/domain';
import type { WrapFrame } from '../../frames/frames.ts';
import { emptyState } from '../state.ts';
import type { ProvedAct } from './context.ts';
import { createUnsealKeeper } from './unseal.ts';

const anna = 'anna' as OwnerId;
const bert = 'bert' as OwnerId;
const salt = 'A'.repeat(43);
const sealed = `${'A'.repeat(151)}=`;

function keeper(simulated = false) {
  const state = emptyState();
  const sent: WrapFrame[] = [];
  const journaled: string[] = [];
  const logged: string[] = [];
  const answers: [number, unknown][] = [];
  const signer = { state, config: { simulated }, log: (line: string) => void logged.push(line) };
  const it = createUnsealKeeper(signer as never, { notify: () => {} } as never, (frame) => void sent.push(frame));
  const enrol = (owner: OwnerId, id: string, kind: Credential['kind']): void => {
    state.owners.owners.set(owner, {
      owner,
      destinations: [],
      former: [],
      destinationsAct: '',
      secretsRef: null,
    });
    state.owners.credentials.set(id, {
      owner,
      credential: { id, kind, publicKey: '', label: id },
      addedAt: 1,
      retired: false,
      signCount: 0,
    });
  };
  const proved = <Act extends ProvedAct['act']>(owner: OwnerId, act: Act): ProvedAct<Act> => ({
    act,
    id: 'ab'.repeat(32),
    owner,
    proof: { kind: 'ed25519', credential: '', signature: '' } satisfies OwnerProof,
    accept: (_result, after) => {
      journaled.push(act.act);
      after();
    },
  });
  const answer = (status: number, body: unknown): void => void answers.push([status, body]);
  const add = (owner: OwnerId, credential: string): void =>
    it.add(proved(owner, { act: 'unseal-add', credential, salt, sealed, at: 1 }), answer);
  const remove = (owner: OwnerId, credential: string): void =>
    it.remove(proved(owner, { act: 'unseal-remove', credential, at: 1 }), answer);
  return { it, state, sent, journaled, logged, answers, enrol, add, remove };
}

test('a passkey of the owner goes to the warden once it is journaled, and the answer is the warden’s', () => {
  const { it, sent, journaled, answers, enrol, add } = keeper();
  enrol(anna, 'phone', 'webauthn');
  it.learn({ publicKey: 'KEY', passkeys: [] });
  assert.deepEqual(it.shown(anna), { publicKey: 'KEY', passkeys: [], fault: '' });
  add(anna, 'phone');
  assert.deepEqual(journaled, ['unseal-add']);
  assert.deepEqual(sent, [{ kind: 'wrap-add', id: 1, credential: 'phone', salt, sealed }]);
  assert.deepEqual(answers, []);
  it.done({ kind: 'wrap-done', id: 1, reason: '' });
  it.done({ kind: 'wrap-done', id: 1, reason: 'said twice' });
  assert.deepEqual(answers, [[200, { unseals: 'phone' }]]);
  it.learn({ publicKey: 'NEXT', passkeys: [{ credential: 'phone', madeAt: 7 }] });
  assert.throws(() => add(anna, 'phone'), /unseals the vault already/);
});

test('what the warden does not do is a refusal with its reason', () => {
  const { it, answers, enrol, add } = keeper();
  enrol(anna, 'phone', 'webauthn');
  it.learn({ publicKey: 'KEY', passkeys: [] });
  add(anna, 'phone');
  it.done({ kind: 'wrap-done', id: 1, reason: 'its key was used meanwhile' });
  assert.deepEqual(answers, [[409, { error: { code: 'E_STATE', reason: 'its key was used meanwhile' } }]]);
});

test('no other kind, no other owner’s, none on a vault of two owners or a simulated one', () => {
  const { it, journaled, enrol, add, remove } = keeper();
  enrol(anna, 'phone', 'webauthn');
  enrol(anna, 'key', 'ed25519');
  it.learn({ publicKey: 'KEY', passkeys: [{ credential: 'phone', madeAt: 7 }] });
  assert.throws(() => add(anna, 'key'), /is not a passkey of anna/);
  assert.throws(() => add(anna, 'nobody'), /no owner of this vault has the credential/);
  enrol(bert, 'tablet', 'webauthn');
  assert.throws(() => add(bert, 'tablet'), /accounts of 2 owners.*holdfast vault wrap/);
  assert.deepEqual(it.shown(bert).passkeys, []);
  assert.throws(() => remove(bert, 'phone'), /no passkey of bert/);
  assert.deepEqual(journaled, []);
  const simulated = keeper(true);
  simulated.enrol(anna, 'phone', 'webauthn');
  assert.throws(() => simulated.add(anna, 'phone'), /a simulated vault keeps its key beside its data/);
});

test('a retired passkey is taken away at the warden, and it is said when that fails', () => {
  const { it, sent, logged, enrol } = keeper();
  enrol(anna, 'phone', 'webauthn');
  it.retired('phone');
  assert.deepEqual(sent, []);
  it.learn({ publicKey: 'KEY', passkeys: [{ credential: 'phone', madeAt: 7 }] });
  it.retired('phone');
  assert.deepEqual(sent, [{ kind: 'wrap-remove', id: 1, credential: 'phone' }]);
  it.done({ kind: 'wrap-done', id: 1, reason: 'it is the only way' });
  assert.match(logged[0] ?? '', /phone unseals the vault still: it is the only way/);
});
