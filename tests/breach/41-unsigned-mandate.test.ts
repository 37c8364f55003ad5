import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { amount, canonicalText, doorPaths, type Mandate, mandateText, ownerActText, ownerId } from '@holdfast/domain';
import { newOwner, proofOf } from '../../apps/cli/src/drill/owners.ts';
import { hashText } from '../../apps/vault/src/signer/state.ts';
import { closeAll, robbery } from './robbery.ts';

after(closeAll);

test('41: whoever has the application writes a wider mandate, unsigned or signed by himself: the old one stays', async () => {
  const it = await robbery();
  const { vault, owners, mandates } = it.vaulted;
  const before = mandates[0]!;
  const wider: Mandate = {
    ...before,
    seq: 2,
    prev: hashText(mandateText(before)),
    burn24h: amount('10000'),
    burn7d: amount('25000'),
  };
  const text = ownerActText({ act: 'mandate', mandate: wider, at: it.world.clock.now() });
  const thief = newOwner(ownerId('thief'));
  const own = proofOf(thief, vault.vaultId, text);
  const proofs = [
    own,
    { ...own, credential: owners[0]!.credential.id },
    { kind: 'ed25519', credential: owners[0]!.credential.id, signature: '' },
    { kind: 'ed25519', credential: owners[0]!.credential.id, signature: Buffer.alloc(64).toString('base64') },
    { kind: 'webauthn', credential: owners[0]!.credential.id, authenticatorData: 'AA', clientDataJSON: 'e30', signature: 'AA' },
  ];
  for (const peer of ['server', 'engine', 'cli'] as const)
    for (const proof of proofs) {
      const { status, body } = await vault.ask(vault.peer(peer), doorPaths.owner, { act: text, proof });
      assert.notEqual(status, 200);
      assert.ok(['E_MANDATE_SIG', 'E_PARAM', 'E_RIGHT'].includes(body.error.code), `${peer}: ${JSON.stringify(body)}`);
    }
  // The way for narrowing takes nothing wider either.
  const narrowed = await vault.ask(vault.peer('server'), doorPaths.narrow, canonicalText({ mandate: wider }));
  assert.notEqual(narrowed.status, 200);
  const [account] = (await it.vaulted.status()).accounts;
  assert.equal(account!.mandate!.seq, 1);
  assert.equal(String(account!.mandate!.burn24h), '40');
});
