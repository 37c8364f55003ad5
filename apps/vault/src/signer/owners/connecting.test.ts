/** Acts on one account that overlap while the exchange is asked: no key record is lost or put in another's place. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { type AccountId, doorPaths, type OwnerAct, type SealTicket, sealAadText, sealInfoText } from '@holdfast/domain';
import { hpkeSeal } from '../../crypto/hpke.ts';
import { codeOf, connected, credentialOf, enrol, type Owner, type Vault } from '../testing/owner-side.ts';
import { scriptedVault, vaultId } from '../testing/scripted-vault.ts';

const name = 'paper' as AccountId;
const secretOf = (letter: string): string => letter.repeat(64);

async function importing(vault: Vault, owner: Owner, apiKey: string, secret: string): Promise<OwnerAct> {
  const ticket = (await vault.askAsPeer(doorPaths.ticket, {}, 'cli')).body as unknown as SealTicket;
  const { id } = credentialOf(owner.key);
  const text = JSON.stringify({
    exchange: 'simulated',
    apiKey,
    secret,
    passphrase: '',
    keyType: 'hmac',
    owner: id,
    at: vault.now(),
  });
  const info = Buffer.from(sealInfoText(vaultId, ticket.ticket));
  const aad = Buffer.from(sealAadText(id, 'simulated'));
  const sealed = hpkeSeal(Buffer.from(ticket.publicKey, 'base64'), info, aad, Buffer.from(text.padEnd(1024)));
  return {
    act: 'account-import',
    account: name,
    exchange: 'simulated',
    ticket: ticket.ticket,
    sealed: sealed.toString('base64'),
    at: vault.now(),
  };
}

const create = (vault: Vault): OwnerAct => ({
  act: 'account-create',
  account: name,
  exchange: 'simulated',
  key: 'ed25519',
  at: vault.now(),
});
const rotate = (vault: Vault, later = 0): OwnerAct => ({
  act: 'account-rotate',
  account: name,
  key: 'ed25519',
  at: vault.now() + later,
});
const connect = (vault: Vault, apiKey: string): OwnerAct => ({
  act: 'account-connect',
  account: name,
  apiKey,
  at: vault.now(),
});

/** The newest signed read is signed with this secret. */
function isSignedWith(vault: Vault, secret: string): boolean {
  const query = vault.exchange.requests.findLast((it) => it.query.includes('&signature='))!.query;
  const payload = query.slice(0, query.indexOf('&signature='));
  return new URLSearchParams(query).get('signature') === createHmac('sha256', secret).update(payload).digest('hex');
}

test('another owner who brings in or makes an account of the same name meanwhile changes nothing of the first', async () => {
  for (const second of ['import', 'create'] as const) {
    const vault = scriptedVault();
    const [anna, bert] = [await enrol(vault, 'anna'), await enrol(vault, 'bert')];
    const mine = await importing(vault, anna, 'ANNA', secretOf('a'));
    const his = second === 'import' ? await importing(vault, bert, 'BERT', secretOf('b')) : create(vault);
    const [first, other] = await Promise.all([anna.act(mine), bert.act(his)]);
    await vault.settle();
    assert.deepEqual([codeOf(first), codeOf(other)], ['ok', 'E_STATE'], second);
    vault.restart();
    await vault.settle();
    await vault.sync('100');
    assert.ok(isSignedWith(vault, secretOf('a')), second);
  }
});

test('a key that is being connected is not put aside or removed meanwhile, so the vault starts again', async () => {
  for (const meanwhile of ['rotate', 'remove'] as const) {
    const vault = scriptedVault();
    const anna = await enrol(vault, 'anna');
    await connected(vault, anna, 'paper', 'KEY', 'simulated');
    assert.equal(codeOf(await anna.act(rotate(vault))), 'ok');
    const other: OwnerAct = meanwhile === 'rotate' ? rotate(vault, 1) : { act: 'account-remove', account: name, at: vault.now() };
    const [done, refused] = await Promise.all([anna.act(connect(vault, 'NEXT')), anna.act(other)]);
    await vault.settle();
    assert.deepEqual([codeOf(done), codeOf(refused)], ['ok', 'E_STATE'], meanwhile);
    vault.restart();
    await vault.settle();
    const { accounts } = (await vault.status()) as never as { accounts: { connected: boolean }[] };
    assert.equal(accounts[0]?.connected, true);
  }
});
