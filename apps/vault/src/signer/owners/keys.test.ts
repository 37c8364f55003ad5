import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import {
  type AccountId,
  type Credential,
  doorPaths,
  type OwnerAct,
  type SealTicket,
  sealAadText,
  sealInfoText,
  ticketText,
  type VaultAccount,
} from '@holdfast/domain';
import { hpkeSeal } from '../../crypto/hpke.ts';
import { vaultIdentity } from '../../frames/identity.ts';
import {
  codeOf,
  connected,
  credentialOf,
  dayMs,
  enrol,
  mandateOf,
  type Owner,
  realVault,
  type Vault,
} from '../testing/owner-side.ts';
import { account, buy, scriptedVault, sell, vaultId } from '../testing/scripted-vault.ts';

const shown = async (vault: Vault, name = 'paper'): Promise<VaultAccount> =>
  ((await vault.status()) as unknown as { accounts: VaultAccount[] }).accounts.find((it) => it.account === name)!;
const ticketOf = async (vault: Vault): Promise<SealTicket> =>
  (await vault.askAsPeer(doorPaths.ticket, {}, 'cli')).body as unknown as SealTicket;

const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
interface Sealed {
  readonly exchange: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
  readonly keyType: string;
  readonly owner: string;
  readonly at: number;
}

/** What the owner's page or command line makes of a key. */
function seal(ticket: SealTicket, credential: Credential, at: number, change: Partial<Sealed> = {}, info = vaultId): string {
  const whole: Sealed = {
    exchange: 'simulated',
    apiKey: 'IMPORTED',
    secret,
    passphrase: '',
    keyType: 'hmac',
    owner: credential.id,
    at,
    ...change,
  };
  const text = JSON.stringify(whole);
  const plain = Buffer.from(text.padEnd(Math.ceil(text.length / 1024) * 1024));
  const aad = Buffer.from(sealAadText(credential.id, whole.exchange));
  return hpkeSeal(Buffer.from(ticket.publicKey, 'base64'), Buffer.from(sealInfoText(info, ticket.ticket)), aad, plain).toString(
    'base64',
  );
}

const importing = (vault: Vault, ticket: string, sealed: string, name = 'paper'): OwnerAct => ({
  act: 'account-import',
  account: name as AccountId,
  exchange: 'simulated',
  ticket,
  sealed,
  at: vault.now(),
});

async function imported(): Promise<{ vault: Vault; anna: Owner; credential: Credential }> {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  return { vault, anna, credential: credentialOf(anna.key) };
}

test('a key that was sealed to a ticket connects, signs with HMAC, and its secret stands nowhere in the clear', async () => {
  const { vault, anna, credential } = await imported();
  const ticket = await ticketOf(vault);
  const done = await anna.act(importing(vault, ticket.ticket, seal(ticket, credential, vault.now())));
  assert.equal(codeOf(done), 'ok');
  const query = vault.exchange.requests[0]!.query;
  const payload = query.slice(0, query.indexOf('&signature='));
  assert.equal(new URLSearchParams(query).get('signature'), createHmac('sha256', secret).update(payload).digest('hex'));
  await vault.settle();
  assert.equal((await shown(vault)).connected, true);
  vault.restart();
  await vault.settle();
  assert.equal((await shown(vault)).connected, true);
  const files = [...vault.keyFiles.values()].map((it) => it.toString('latin1')).join('');
  for (const place of [files, vault.journal().toString(), vault.logged.join(), JSON.stringify(await vault.status())])
    assert.ok(!place.includes(secret));
});

test('RSA and Ed25519 keys from outside are taken in as PEM, others refused and erased', async () => {
  const { vault, anna, credential } = await imported();
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const take = async (change: Partial<Sealed>) => {
    const ticket = await ticketOf(vault);
    return codeOf(await anna.act(importing(vault, ticket.ticket, seal(ticket, credential, vault.now(), change))));
  };
  assert.equal(await take({ keyType: 'ed25519', secret: pem }), 'E_PARAM');
  assert.equal(await take({ keyType: 'rsa', secret: 'no key' }), 'E_PARAM');
  assert.equal(await take({ secret: '' }), 'E_PARAM');
  assert.equal(await take({ passphrase: 'word' }), 'E_PARAM');
  assert.equal(await take({ apiKey: 'a b' }), 'E_PARAM');
  assert.equal(await take({ at: vault.now() - 700_000 }), 'E_PARAM');
  assert.equal(vault.keyFiles.size, 0);
  assert.equal(await take({ keyType: 'rsa', secret: pem }), 'ok');
});

test('a ticket is refused when it was used, is eleven minutes old, or is of another vault or owner', async () => {
  const { vault, anna, credential } = await imported();
  const bert = await enrol(vault, 'bert');
  const ticket = await ticketOf(vault);
  const sealed = seal(ticket, credential, vault.now());
  const asBert = await bert.act(importing(vault, ticket.ticket, sealed, 'b'));
  assert.equal(codeOf(asBert), 'E_CONNECT');
  const afterTry = await anna.act(importing(vault, ticket.ticket, sealed));
  assert.equal(codeOf(afterTry), 'E_CONNECT', 'the private half is gone at the first try');
  const old = await ticketOf(vault);
  const late = seal(old, credential, vault.now());
  await vault.pass(660_000);
  assert.equal(codeOf(await anna.act(importing(vault, old.ticket, late))), 'E_CONNECT');
  const right = await ticketOf(vault);
  const elsewhere = seal(right, credential, vault.now(), {}, 'other-vault');
  assert.equal(codeOf(await anna.act(importing(vault, right.ticket, elsewhere))), 'E_CONNECT');
  const good = await ticketOf(vault);
  const whole = seal(good, credential, vault.now());
  assert.equal(codeOf(await anna.act(importing(vault, good.ticket, whole))), 'ok');
  assert.equal(codeOf(await anna.act({ ...importing(vault, good.ticket, whole), at: vault.now() + 1 })), 'E_CONNECT');
});

test('what was sealed for one owner does not open for another, even inside the same ticket', async () => {
  const { vault, credential } = await imported();
  const bert = await enrol(vault, 'bert');
  const ticket = await ticketOf(vault);
  const relabelled = seal(ticket, credentialOf(bert.key), vault.now(), { owner: credential.id });
  assert.equal(codeOf(await bert.act(importing(vault, ticket.ticket, relabelled, 'b'))), 'E_PARAM');
});

test('a ticket carries the signature of this vault’s identity', async () => {
  const vault = scriptedVault();
  const ticket = await ticketOf(vault);
  const text = Buffer.from(ticketText(vaultId, ticket));
  const signature = Buffer.from(ticket.signature, 'base64');
  assert.ok(verify(null, text, vaultIdentity(Buffer.alloc(32, 7), vaultId).publicKey, signature));
  assert.ok(!verify(null, text, vaultIdentity(Buffer.alloc(32, 8), vaultId).publicKey, signature));
});

for (const right of [
  'enableWithdrawals',
  'permitsUniversalTransfer',
  'enableInternalTransfer',
  'enableMargin',
  'enableFutures',
  'enableVanillaOptions',
  'enablePeerToPeer',
])
  test(`a key with ${right} is E_PERM and its secret is erased`, async () => {
    const { vault, anna, credential } = await imported();
    vault.exchange.restrict({ [right]: true });
    const ticket = await ticketOf(vault);
    const done = await anna.act(importing(vault, ticket.ticket, seal(ticket, credential, vault.now())));
    assert.equal(codeOf(done), 'E_PERM');
    assert.match(done.body.error!.reason, new RegExp(right));
    assert.equal(vault.keyFiles.size, 0);
    assert.equal(await shown(vault), undefined);
  });

test('an unknown permission name is E_PERM even when it is not granted', async () => {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  vault.exchange.restrict({ enableTeleport: false });
  const { done } = await connected(vault, anna, 'paper', 'KEY', 'simulated');
  assert.equal(codeOf(done), 'E_PERM');
});

test('a key without IP restriction is taken, halves the limits, and is shown as not protected', async () => {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  vault.exchange.restrict({ ipRestrict: false });
  const { uid } = await connected(vault, anna, 'paper', 'KEY', 'simulated');
  await vault.sync('100');
  await anna.act({ act: 'mandate', mandate: mandateOf(anna, 'paper', uid), at: vault.now() });
  await vault.settle();
  assert.equal((await shown(vault)).key?.ipRestricted, false);
  await vault.sync('100');
  const bot = await vault.grant();
  assert.match(JSON.stringify((await bot.intent(buy('h-1', '6'))).body), /E_SIZE/);
  assert.match(JSON.stringify((await bot.intent(buy('h-2', '4'))).body), /approved/);
});

test('the same exchange account or key on another owner is the generic E_CONNECT, and the first owner is told', async () => {
  const { vault } = await realVault();
  const bert = await enrol(vault, 'bert');
  const sameAccount = await connected(vault, bert, 'b', 'OTHERKEY', 'binance');
  assert.equal(codeOf(sameAccount.done), 'E_CONNECT');
  vault.exchange.keys.set('KEY', { uid: 77 });
  const sameKey = await connected(vault, bert, 'c', 'KEY', 'binance');
  assert.equal(codeOf(sameKey.done), 'E_CONNECT');
  for (const { done } of [sameAccount, sameKey]) assert.doesNotMatch(JSON.stringify(done.body), /anna|paper|already|duplicate/i);
  await vault.settle();
  const told = vault.exchange.notices.filter((it) => /Somebody tried to connect/.test(it.title));
  assert.ok(told.length >= 2);
  assert.ok(vault.logged.some((line) => line.startsWith('E_DUPKEY')));
  vault.exchange.keys.set('FREE', { uid: 78 });
  assert.equal(codeOf((await connected(vault, bert, 'd', 'FREE', 'binance')).done), 'ok');
});

test('a permission that is widened at the exchange freezes the account within one recheck, and tells the owner', async () => {
  const { vault } = await realVault();
  vault.exchange.restrict({ enableWithdrawals: true });
  await vault.pass(dayMs + 1000);
  const now = await shown(vault);
  assert.equal(now.condition, 'frozen');
  assert.match(now.reason, /enableWithdrawals/);
  assert.ok(vault.exchange.notices.some((it) => /was changed at the exchange/.test(it.title)));
});

test('when the exchange refuses a key it is looked at at once, not only a day later', async () => {
  const { vault } = await realVault();
  await vault.pass(dayMs);
  await vault.sync('100');
  const bot = await vault.grant('bot-1', { turnover24h: '10000' });
  vault.exchange.restrict({ permitsUniversalTransfer: true });
  vault.exchange.keys.set('KEY', { denied: true });
  await vault.pass(120_000);
  await vault.sync('100');
  await bot.intent(buy('d-1', '0.1'));
  await vault.pass(1000);
  const now = await shown(vault);
  assert.equal(now.condition, 'frozen');
  assert.match(now.reason, /permitsUniversalTransfer/);
});

test('a lost IP restriction freezes the account, a gained one is taken note of', async () => {
  const { vault } = await realVault();
  vault.exchange.restrict({ ipRestrict: false });
  await vault.pass(dayMs + 1000);
  assert.equal((await shown(vault)).condition, 'frozen');
  assert.equal((await shown(vault)).key?.ipRestricted, false);
  vault.exchange.restrict({ ipRestrict: true });
  await vault.pass(dayMs);
  assert.equal((await shown(vault)).key?.ipRestricted, true);
});

test('a key of 60 days warns, one of 91 days takes no new risk but sells what it bought', async () => {
  const { vault, owner, mandate } = await realVault();
  await vault.pass(dayMs);
  await vault.sync('100');
  const bot = await vault.grant('bot-1', { turnover24h: '10000' });
  assert.match(JSON.stringify((await bot.intent(buy('k-1', '1'))).body), /approved/);
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.pass(61 * dayMs);
  assert.equal((await shown(vault)).key?.age, 'old');
  assert.ok(vault.exchange.notices.some((it) => /grows old/.test(it.title)));
  await vault.pass(30 * dayMs);
  await vault.sync('100');
  assert.equal((await shown(vault)).key?.age, 'too-old');
  const revived = await owner.act({ act: 'revive', account: mandate.account, at: vault.now() });
  assert.equal(codeOf(revived), 'ok');
  const refused = JSON.stringify((await bot.intent(buy('k-2', '0.1'))).body);
  assert.match(refused, /refused/);
  assert.match(refused, /90|days old/);
  assert.match(JSON.stringify((await bot.intent(sell('k-3', '0.9', '100'))).body), /approved/);
});

test('rotation keeps what was counted, erases the old key at the first success, and refuses another exchange account', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('r-1', '2'));
  await vault.settle();
  vault.exchange.fill(1, '2');
  await vault.settle();
  const before = (await shown(vault)).used;
  const rotated = await vault.ownerAct({ act: 'account-rotate', account, key: 'rsa', at: vault.now() });
  const { publicKey } = rotated.body as unknown as { publicKey: string };
  assert.equal(createPublicKey(publicKey).asymmetricKeyType, 'rsa');
  assert.deepEqual([...vault.keyFiles.keys()].sort(), ['paper', 'paper.2']);
  assert.equal((await shown(vault)).connected, true, 'the old key goes on until the new one works');
  vault.exchange.keys.set('FOREIGN', { uid: 9 });
  const connect = (apiKey: string) => vault.ownerAct({ act: 'account-connect', account, apiKey, at: vault.now() });
  assert.equal(codeOf(await connect('FOREIGN')), 'E_CONNECT');
  assert.equal(codeOf(await connect('KEY2')), 'ok');
  await vault.settle();
  assert.deepEqual([...vault.keyFiles.keys()], ['paper.2']);
  assert.deepEqual((await shown(vault)).used, before);
  await vault.sync('100');
  assert.match(JSON.stringify((await bot.intent(buy('r-2', '1'))).body), /approved/);
  vault.restart();
  await vault.settle();
  assert.equal((await shown(vault)).connected, true);
});

test('a vault-born key shows its public half only, signs for it, and removing the account erases it', async () => {
  const vault = scriptedVault();
  await vault.open();
  const { publicKey } = await shown(vault);
  const query = vault.exchange.requests[0]!.query;
  const payload = Buffer.from(query.slice(0, query.indexOf('&signature=')));
  const signature = Buffer.from(new URLSearchParams(query).get('signature')!, 'base64');
  assert.ok(verify(null, payload, createPublicKey(publicKey!), signature));
  vault.restart();
  await vault.settle();
  assert.equal((await shown(vault)).publicKey, publicKey);
  await vault.sync('100');
  const bot = await vault.grant();
  await bot.intent(buy('x-1', '1', '90'));
  await vault.settle();
  const remove = (at: number) => vault.ownerAct({ act: 'account-remove', account, at: vault.now() + at });
  assert.equal(codeOf(await remove(0)), 'E_STATE');
  await bot.intent({ kind: 'cancel-order', clientOrderId: 'x-1', pair: 'BTC/USDT' });
  await vault.settle();
  assert.equal(codeOf(await remove(1)), 'ok');
  assert.equal(vault.keyFiles.size, 0);
  assert.match(JSON.stringify((await bot.intent(buy('x-2'))).body), /E_SIG/);
  const said = vault.exchange.requests.length;
  vault.restart();
  await vault.pass(2 * dayMs);
  assert.equal(vault.exchange.requests.length, said, 'nothing is dialled for it any more');
  assert.equal(await shown(vault), undefined);
});

test('a real vault takes no simulated account, a simulated one no real', async () => {
  const { vault, owner } = await realVault();
  const act = { act: 'account-create', account: 'z' as AccountId, key: 'ed25519', at: vault.now() } as const;
  assert.equal(codeOf(await owner.act({ ...act, exchange: 'simulated' })), 'E_STATE');
  const simulated = scriptedVault();
  await simulated.settle();
  assert.equal(codeOf(await simulated.ownerAct({ ...act, exchange: 'binance' })), 'E_STATE');
});
