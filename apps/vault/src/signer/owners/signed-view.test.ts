/** What a proof shows: once, in time, to its owner, and to the command line only. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { type Credential, doorPaths, ownerSigningText, ownerViewText } from '@holdfast/domain';
import { credentialOf, enrol } from '../testing/owner-side.ts';
import { scriptedVault, vaultId } from '../testing/scripted-vault.ts';

function proof(key: KeyObject, credential: string, text: string) {
  const signature = sign(null, Buffer.from(ownerSigningText(vaultId, text)), key).toString('base64');
  return { act: text, proof: { kind: 'ed25519', credential, signature } };
}

test('a signed question shows what is the owner’s', async () => {
  const vault = scriptedVault({ simulated: true });
  const { key } = await enrol(vault, 'anna');
  const { id } = credentialOf(key);
  const ask = (body: unknown, by: 'cli' | 'engine' = 'cli') => vault.askAsPeer(doorPaths.ownerView, body, by);
  const codeOf = ({ body }: { body: unknown }): string => (body as { error?: { code: string } }).error?.code ?? 'ok';

  const asked = proof(key, id, ownerViewText(vault.now()));
  assert.equal(codeOf(await ask(asked, 'engine')), 'E_RIGHT');
  const { status, body } = await ask(asked);
  assert.equal(status, 200);
  const view = body as unknown as { owner: string; credentials: Credential[] };
  assert.deepEqual([view.owner, view.credentials.map((it) => it.id)], ['anna', [id]]);
  assert.equal(codeOf(await ask(asked)), 'E_REPLAY');
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.owner, asked, 'cli')), 'E_MANDATE_FORM', 'it is no act');

  const old = proof(key, id, ownerViewText(vault.now() - 61_000));
  assert.equal(codeOf(await ask(old)), 'E_TIME');
  const loose = proof(key, id, `{"at":${vault.now()},"act":"view"}`);
  assert.equal(codeOf(await ask(loose)), 'E_MANDATE_FORM');
  const act = proof(key, id, `{"account":null,"act":"unfreeze","at":${vault.now()},"stateEpoch":0}`);
  assert.equal(codeOf(await ask(act)), 'E_PARAM', 'an act shows nothing');
  const stranger = generateKeyPairSync('ed25519').privateKey;
  assert.equal(codeOf(await ask(proof(stranger, id, ownerViewText(vault.now() + 1)))), 'E_MANDATE_SIG');
});
