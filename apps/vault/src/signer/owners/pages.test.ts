import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type AccountId, amount, doorPaths, type OwnerAct, ownerActText, ownerSigningText } from '@holdfast/domain';
import { assert as assertion, register, type SoftPasskey, softPasskey } from '../testing/authenticator.ts';
import {
  type Body,
  codeOf,
  confirmTwo,
  connected,
  consoleCode,
  dayMs,
  enrol,
  mandateOf,
  type Vault,
} from '../testing/owner-side.ts';
import { buy, mandateHash, scriptedVault, vaultId } from '../testing/scripted-vault.ts';
import { enrolChallenge } from './enrol.ts';

const place = { rpId: 'localhost', origin: 'http://localhost:8431' };

async function enrolPasskey(vault: Vault, owner: string): Promise<SoftPasskey> {
  await vault.askAsPeer(doorPaths.enrolCode, { owner }, 'cli');
  const code = consoleCode(vault);
  const passkey = softPasskey(-7);
  const registration = register(passkey, place, enrolChallenge(vaultId, owner as never, code));
  const done = await vault.portal('/v1/portal/enrol', { owner, code, label: 'phone', registration });
  assert.equal(codeOf(done), 'ok', JSON.stringify(done.body));
  return passkey;
}

const challengeOf = async (vault: Vault): Promise<string> =>
  ((await vault.portal('/v1/portal/challenge', {})).body as unknown as { challenge: string }).challenge;

async function login(vault: Vault, passkey: SoftPasskey, change: Parameters<typeof assertion>[3] = {}) {
  const challenge = Buffer.from(await challengeOf(vault), 'base64url');
  const body = { credential: passkey.id.toString('base64url'), ...assertion(passkey, place, challenge, change) };
  return { body, answer: await vault.portal('/v1/portal/login', body) };
}
const sessionOf = async (vault: Vault, passkey: SoftPasskey): Promise<string> =>
  ((await login(vault, passkey)).answer.body as unknown as { session: string }).session;

/** An act that a passkey proves. */
function proved(passkey: SoftPasskey, act: OwnerAct, at = place, vault = vaultId) {
  const text = ownerActText(act);
  const challenge = createHash('sha256').update(ownerSigningText(vault, text)).digest();
  const proof = { kind: 'webauthn', credential: passkey.id.toString('base64url'), ...assertion(passkey, at, challenge) };
  return { act: text, proof };
}

test('a passkey enrols with the console’s code, logs in, and its acts count', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'anna');
  const state = (await vault.portal('/v1/portal/state', {})).body as unknown as Record<string, unknown>;
  assert.equal(state.enrolled, true);
  assert.match(String(state.fingerprint), /^SHA256:/);
  const session = await sessionOf(vault, passkey);
  const act: OwnerAct = { act: 'account-create', account: 'a' as AccountId, exchange: 'binance', key: 'rsa', at: vault.now() };
  const made = await vault.portal('/v1/portal/act', proved(passkey, act), session);
  assert.match((made.body as unknown as { publicKey: string }).publicKey, /BEGIN PUBLIC KEY/);
  const view = (await vault.portal('/v1/portal/view', {}, session)).body as unknown as { accounts: { account: string }[] };
  assert.deepEqual(
    view.accounts.map((it) => it.account),
    ['a'],
  );
});

test('an act with an assertion of another origin, relying party, vault or act is refused', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'anna');
  const act: OwnerAct = {
    act: 'account-create',
    account: 'a' as AccountId,
    exchange: 'simulated',
    key: 'ed25519',
    at: vault.now(),
  };
  const send = async (body: object) => codeOf(await vault.portal('/v1/portal/act', body));
  assert.equal(await send(proved(passkey, act, { rpId: 'localhost', origin: 'http://localhost:8430' })), 'E_MANDATE_SIG');
  assert.equal(await send(proved(passkey, act, { rpId: 'example.com', origin: place.origin })), 'E_MANDATE_SIG');
  assert.equal(await send(proved(passkey, act, place, 'other-vault')), 'E_MANDATE_SIG');
  const right = proved(passkey, act);
  assert.equal(await send({ ...right, act: right.act.replace('ed25519', 'rsa') }), 'E_MANDATE_SIG');
  assert.equal(await send(right), 'ok');
  assert.equal(await send(right), 'E_REPLAY');
});

test('a login is good once, from this origin, with user verification, while its passkey is not retired', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'anna');
  const { body, answer } = await login(vault, passkey);
  assert.equal(codeOf(answer), 'ok');
  assert.equal(codeOf(await vault.portal('/v1/portal/login', body)), 'E_SIG');
  assert.equal(codeOf((await login(vault, passkey, { clientData: { origin: 'http://localhost:1' } })).answer), 'E_MANDATE_SIG');
  assert.equal(codeOf((await login(vault, passkey, { clientData: { crossOrigin: true } })).answer), 'E_MANDATE_SIG');
  assert.equal(codeOf((await login(vault, passkey, { flags: 0x01 })).answer), 'E_MANDATE_SIG');
  const foreign = assertion(passkey, place, Buffer.alloc(32, 9));
  const made = { credential: passkey.id.toString('base64url'), ...foreign };
  assert.equal(codeOf(await vault.portal('/v1/portal/login', made)), 'E_SIG');
});

test('whoever asks for challenges without end keeps no owner from logging in; none but ours counts, and for two minutes', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'anna');
  const answered = (challenge: Buffer) =>
    vault.portal('/v1/portal/login', { credential: passkey.id.toString('base64url'), ...assertion(passkey, place, challenge) });
  const shown = Buffer.from(await challengeOf(vault), 'base64url');
  assert.equal(shown.length, 32);
  for (let n = 0; n < 1500; n += 1) await challengeOf(vault);
  const later = Buffer.from(shown);
  later.writeBigUInt64BE(later.readBigUInt64BE() + 60_000n);
  assert.equal(codeOf(await answered(later)), 'E_SIG', 'its time is part of what makes it ours');
  assert.equal(codeOf(await answered(shown.subarray(0, 31))), 'E_SIG');
  assert.equal(codeOf(await answered(shown)), 'ok');
  const late = Buffer.from(await challengeOf(vault), 'base64url');
  await vault.pass(120_000);
  assert.equal(codeOf(await answered(late)), 'E_SIG');
});

test('a counter that fell at a login is told to the owner, as at an act', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'bert');
  const bert = await enrol(vault, 'bert');
  await confirmTwo(vault, bert, 'http://127.0.0.1:9');
  const told = () => vault.exchange.notices.filter(({ text }) => /counter/i.test(text)).length;
  assert.equal(codeOf((await login(vault, passkey, { signCount: 9 })).answer), 'ok');
  await vault.settle();
  assert.equal(told(), 0);
  assert.equal(codeOf((await login(vault, passkey, { signCount: 5 })).answer), 'ok');
  await vault.settle();
  assert.equal(told(), 2, 'on both destinations');
});

test('a session ends after ten idle minutes, after an hour, and with the vault’s start', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const passkey = await enrolPasskey(vault, 'anna');
  const view = async (session: string) => codeOf(await vault.portal('/v1/portal/view', {}, session));
  const idle = await sessionOf(vault, passkey);
  await vault.pass(600_000);
  assert.equal(await view(idle), 'E_SIG');
  const long = await sessionOf(vault, passkey);
  for (let minutes = 0; minutes < 55; minutes += 5) {
    await vault.pass(300_000);
    assert.equal(await view(long), 'ok');
  }
  await vault.pass(300_000);
  assert.equal(await view(long), 'E_SIG');
  const before = await sessionOf(vault, passkey);
  vault.restart();
  await vault.settle();
  assert.equal(await view(before), 'E_SIG');
  assert.equal(await view(''), 'E_SIG');
});

/** Two owners with an account and a mandate each, logged in. */
async function two() {
  const vault = scriptedVault();
  await vault.settle();
  const [pa, pb] = [await enrolPasskey(vault, 'anna'), await enrolPasskey(vault, 'bert')];
  const [anna, bert] = [await enrol(vault, 'anna'), await enrol(vault, 'bert')];
  vault.exchange.keys.set('KB', { uid: 2 });
  const a = await connected(vault, anna, 'paper', 'KA', 'simulated');
  const b = await connected(vault, bert, 'bank', 'KB', 'simulated');
  await vault.sync('100');
  await anna.act({ act: 'mandate', mandate: mandateOf(anna, 'paper', a.uid), at: vault.now() });
  await bert.act({ act: 'mandate', mandate: mandateOf(bert, 'bank', b.uid), at: vault.now() });
  await vault.sync('100');
  return { vault, anna, bert, sa: await sessionOf(vault, pa), sb: await sessionOf(vault, pb) };
}

test('nothing of one owner is in what another reads', async () => {
  const { vault, anna, sa, sb } = await two();
  const bot = await vault.grant();
  await bot.intent(buy('a-1'));
  await anna.act({
    act: 'destinations',
    destinations: [{ id: 'mine', kind: 'webhook', url: 'http://127.0.0.1/x' }],
    at: vault.now(),
  });
  await vault.settle();
  const of = async (session: string) =>
    JSON.stringify([
      (await vault.portal('/v1/portal/view', {}, session)).body,
      (await vault.portal('/v1/portal/audit', { before: null, limit: 500 }, session)).body,
    ]);
  const [annas, berts] = [await of(sa), await of(sb)];
  // Two letters alone are in many a signature: her exchange key is looked for as a word.
  for (const hers of [/"paper"/, /(?<![\w+/])KA(?![\w+/])/, bot.subKey, '127.0.0.1/x', 'key of anna'].map(
    (it) => new RegExp(it),
  )) {
    assert.match(annas, hers);
    assert.doesNotMatch(berts, hers);
  }
  assert.ok(berts.includes('"bank"') && !annas.includes('"bank"'));
});

test('a session stops its own accounts, not another’s, and cannot undo it', async () => {
  const { vault, sa, sb } = await two();
  const freeze = (session: string, account: string | null) =>
    vault.portal('/v1/portal/freeze', { account, reason: 'thief' }, session);
  assert.equal(codeOf(await freeze(sb, 'paper')), 'E_STATE');
  assert.equal(codeOf(await freeze(sa, null)), 'ok');
  const { accounts } = (await vault.status()) as unknown as { accounts: { account: string; condition: string }[] };
  assert.deepEqual(
    accounts.map((it) => [it.account, it.condition]),
    [
      ['paper', 'frozen'],
      ['bank', 'active'],
    ],
  );
  const unsigned = { act: ownerActText({ act: 'unfreeze', account: null, stateEpoch: 9, at: vault.now() }), proof: {} };
  assert.equal(codeOf(await vault.portal('/v1/portal/act', unsigned, sa)), 'E_PARAM');
});

test('a kill from the pages revokes what is the owner’s while others have accounts', async () => {
  const { vault, sa } = await two();
  assert.equal(codeOf(await vault.portal('/v1/portal/kill', { reason: 'thief' }, sa)), 'ok');
  const { accounts } = (await vault.status()) as unknown as { accounts: { condition: string }[] };
  assert.deepEqual(
    accounts.map((it) => it.condition),
    ['revoked', 'active'],
  );
});

test('the pages read a mandate in words with its worst loss and when it would count, for own accounts only', async () => {
  const { vault, anna, sa, sb } = await two();
  const { uid } = (await vault.portal('/v1/portal/view', {}, sa)).body as unknown as { uid?: string } & Body;
  const known = (await vault.status()) as unknown as { accounts: { account: string; uid: string }[] };
  const mine = known.accounts.find((it) => it.account === 'paper')!;
  const before = mandateOf(anna, 'paper', mine.uid);
  const wider = { ...before, seq: 2, prev: mandateHash(before), turnover24h: amount('20000') };
  const told = (await vault.portal('/v1/portal/words', { mandate: wider }, sa)).body as unknown as Record<string, unknown>;
  assert.equal(told.change, 'wider');
  assert.equal((told.changes as string[]).length, 1);
  assert.ok((told.words as string[]).length > 3);
  assert.ok(told.worstLoss);
  assert.equal(codeOf(await vault.portal('/v1/portal/words', { mandate: wider }, sb)), 'E_STATE');
  assert.equal(uid, undefined);
});

test('passwords of destinations are sealed, shown as "set", kept by "set", and in no journal', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const anna = await enrol(vault, 'anna');
  await confirmTwo(vault, anna);
  const smtp = {
    id: 'mail',
    kind: 'smtp',
    host: 'mail.example',
    port: 465,
    tls: 'implicit',
    from: 'vault@example.com',
    to: 'anna@example.com',
    user: 'vault',
    password: 'very-secret-word',
  } as const;
  const done = await anna.act({ act: 'destinations', destinations: [smtp], at: vault.now() });
  assert.equal(codeOf(done), 'ok');
  await vault.settle();
  const mailed = vault.exchange.notices.findLast((it) => it.destination.id === 'mail')!;
  assert.equal((mailed.destination as { password: string }).password, 'very-secret-word');
  assert.ok(vault.exchange.notices.some((it) => it.destination.id === 'one' && /destinations.*changed/.test(it.title)));
  const files = [...vault.keyFiles.values()].map((it) => it.toString('latin1')).join('');
  for (const text of [vault.journal().toString(), files, vault.logged.join()]) assert.ok(!text.includes('very-secret-word'));
  vault.restart();
  await anna.act({ act: 'destinations', destinations: [{ ...smtp, password: 'set', user: 'other' }], at: vault.now() + 1 });
  await vault.settle();
  const again = vault.exchange.notices.findLast((it) => it.destination.id === 'mail')!;
  assert.equal((again.destination as { password: string }).password, 'very-secret-word');
});

test('who is taken off the list hears for another day, and a real vault sends by TLS only', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const anna = await enrol(vault, 'anna');
  await confirmTwo(vault, anna);
  const list = (url: string) =>
    anna.act({ act: 'destinations', destinations: [{ id: 'n', kind: 'ntfy', url }], at: vault.now() });
  assert.equal(codeOf(await list('http://ntfy.example/x')), 'E_PARAM');
  assert.equal(codeOf(await list('https://ntfy.example/x')), 'ok');
  vault.exchange.notices.length = 0;
  const { uid } = await connected(vault, anna, 'paper', 'KEY', 'binance');
  await vault.askAsPeer(doorPaths.freeze, { reason: 'x', account: 'paper' }, 'cli');
  await vault.settle();
  assert.deepEqual([...new Set(vault.exchange.notices.map((it) => it.destination.id))].sort(), ['one', 'two']);
  await vault.pass(dayMs + 1000);
  vault.exchange.notices.length = 0;
  await vault.askAsPeer(doorPaths.freeze, { reason: 'y', account: 'paper' }, 'cli');
  await vault.settle();
  assert.equal(vault.exchange.notices.length, 0);
  assert.notEqual(uid, '');
});

test('a grant outside the mandate is refused with the smallest wider mandate that would allow it', async () => {
  const vault = scriptedVault();
  await vault.open();
  const asked = await vault.grant('bot-9', { turnover24h: '12000' });
  const { proposed } = asked.answer.body as unknown as { proposed: { turnover24h: string; seq: number } };
  assert.equal(codeOf(asked.answer), 'E_RIGHT');
  assert.equal(proposed.turnover24h, '12000');
  assert.equal(proposed.seq, 2);
});

test('activity that is not of the vault is told as such, with what to do', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const anna = await enrol(vault, 'anna');
  await confirmTwo(vault, anna);
  const { uid } = await connected(vault, anna, 'paper', 'KEY', 'binance');
  await vault.sync('100');
  await anna.act({ act: 'mandate', mandate: mandateOf(anna, 'paper', uid), at: vault.now() });
  await vault.settle();
  const event = {
    e: 'executionReport',
    s: 'BTCUSDT',
    c: 'web',
    C: '',
    i: 99,
    x: 'NEW',
    X: 'NEW',
    r: 'NONE',
    z: '0',
    T: 1,
    t: -1,
  };
  vault.exchange.say({ kind: 'event', account: 'paper', event: JSON.stringify(event) });
  await vault.settle();
  const told = vault.exchange.notices.filter((it) => /used by somebody else/.test(it.title));
  assert.equal(told.length, 2);
  assert.match(told[0]!.text, /order 99 on BTCUSDT.*delete the key/);
});
