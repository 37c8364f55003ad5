/** Owners at a vault of real processes: codes on the console, keys sealed at the command line, nothing of one for another. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AccountId, Credential, OwnerAct, OwnerId } from '@holdfast/domain';
import { createKey } from '@holdfast/exchange/control';
import { credentialId, type OwnerActDone } from '@holdfast/vault/client';
import { hpkeSeal } from '../../apps/vault/src/crypto/hpke.ts';
import { type Instance, launch, startVault, stop, until } from './harness.ts';

let instance: Instance;
before(async () => {
  instance = await launch();
});
after(() => instance?.close());

const credentialOf = (key: KeyObject, label: string): Credential => ({
  id: credentialId(key),
  kind: 'ed25519',
  publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  label,
});

/** The newest code for an owner that the warden's standard error shows. */
const codeFor = (owner: string): Promise<string> =>
  until(`a code for ${owner}`, () => {
    const found = [...instance.vault.log().matchAll(new RegExp(`enrolment code for ${owner}: ([A-Z2-9-]+) `, 'g'))];
    return found.at(-1)?.[1];
  });

async function enrol(owner: string): Promise<KeyObject> {
  const { cli } = instance;
  const { privateKey } = generateKeyPairSync('ed25519');
  assert.equal((await cli.enrolCode(owner as OwnerId)).kind, 'done');
  const done = await cli.enrol(owner as OwnerId, await codeFor(owner), credentialOf(privateKey, `key of ${owner}`));
  assert.deepEqual(done, { kind: 'done' });
  return privateKey;
}

async function sealed(key: KeyObject, apiKey: string, secret: string) {
  const { cli } = instance;
  const { vaultId } = await cli.status();
  const ticket = await cli.ticket();
  if ('kind' in ticket) throw new Error(ticket.reason);
  const credential = credentialId(key);
  const whole = { exchange: 'simulated', apiKey, secret, passphrase: '', keyType: 'hmac', owner: credential, at: Date.now() };
  const plain = Buffer.from(JSON.stringify(whole).padEnd(1024));
  const info = Buffer.from(`holdfast/seal/v1\0${vaultId}\0${ticket.ticket}`);
  const text = hpkeSeal(Buffer.from(ticket.publicKey, 'base64'), info, Buffer.from(`${credential}\0simulated`), plain);
  return { ticket: ticket.ticket, sealed: text.toString('base64') };
}

const canary = (text: string): string[] => [text, Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')];

test('two owners enrol by codes of the console, bring in keys, and neither can touch the other’s account', async () => {
  const { cli, exchange, data } = instance;
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const [anna, bert] = [await enrol('anna'), await enrol('bert')];
  const bring = async (key: KeyObject, account: string): Promise<{ readonly done: OwnerActDone; readonly secret: string }> => {
    const made = await createKey(control, { type: 'hmac', ips: ['127.0.0.1'], credit: { USDT: '1000' } });
    const { apiKey, secret = '' } = made;
    const act: OwnerAct = {
      act: 'account-import',
      account: account as AccountId,
      exchange: 'simulated',
      ...(await sealed(key, apiKey, secret)),
      at: Date.now(),
    };
    return { done: await cli.ownerAct(act, key), secret };
  };
  const [first, second] = [await bring(anna, 'annas'), await bring(bert, 'berts')];
  for (const { done } of [first, second]) assert.equal(done.kind, 'done', JSON.stringify(done));
  const live = await until('both accounts live', async () => {
    const { accounts } = await cli.status();
    return accounts.length === 2 && accounts.every((it) => it.connected) ? accounts : undefined;
  });
  assert.deepEqual(live.map((it) => [it.account, it.owner]).sort(), [
    ['annas', 'anna'],
    ['berts', 'bert'],
  ]);
  const foreign = await cli.ownerAct({ act: 'account-remove', account: 'annas' as AccountId, at: Date.now() }, bert);
  assert.equal(foreign.kind === 'refused' && foreign.code, 'E_STATE');

  const files = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .map((name) => join(data, name))
    .filter((path) => statSync(path).isFile() && !path.includes('exchange'));
  for (const text of [...canary(first.secret), ...canary(second.secret)])
    for (const path of files) assert.ok(!readFileSync(path).includes(text), `the secret stands in ${path}`);
});

test('after a kill of the whole vault owners and keys are as they were', async () => {
  const { cli, exchange, data } = instance;
  const before = (await cli.status()).accounts.map(({ account, owner, uid, key }) => ({ account, owner, uid, key }));
  const { port } = instance.vault;
  await stop(instance.vault);
  instance.vault = await startVault(data, exchange.port, port);
  const after = await until('the vault again', async () => {
    const { accounts } = await cli.status();
    return accounts.every((it) => it.connected) ? accounts : undefined;
  });
  assert.deepEqual(
    after.map(({ account, owner, uid, key }) => ({ account, owner, uid, key })),
    before,
  );
});
