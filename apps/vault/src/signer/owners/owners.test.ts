import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AccountId, amount, doorPaths, firstOwner, type OwnerAct, ownerActText, ownerSigningText } from '@holdfast/domain';
import { readSshPublicKey } from '../crypto/ssh-signature.ts';
import {
  codeOf,
  connected,
  consoleCode,
  credentialOf,
  dayMs,
  enrol,
  mandateOf,
  ownerWith,
  realVault,
} from '../testing/owner-side.ts';
import { account, mandateHash, scriptedVault, signedBy, testMandate, vaultId } from '../testing/scripted-vault.ts';
import { idOfKey } from './credentials.ts';

test('a new owner enrols with the code on the console, once, and not with another', async () => {
  const vault = scriptedVault();
  await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'cli');
  const code = consoleCode(vault);
  const credential = credentialOf(generateKeyPairSync('ed25519').privateKey);
  const ask = (change: object) => vault.askAsPeer(doorPaths.enrol, { owner: 'anna', code, credential, ...change }, 'cli');
  assert.equal(codeOf(await ask({ code: 'AAAA-AAAA-AAAA' })), 'E_MANDATE_SIG');
  assert.equal(codeOf(await ask({ owner: 'bert' })), 'E_MANDATE_SIG');
  assert.equal(codeOf(await ask({ code: code.toLowerCase() })), 'ok');
  const other = credentialOf(generateKeyPairSync('ed25519').privateKey);
  assert.equal(codeOf(await ask({ credential: other })), 'E_MANDATE_SIG');
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'engine')), 'E_RIGHT');
});

test('a code dies after fifteen minutes, and after ten wrong ones', async () => {
  const vault = scriptedVault();
  const credential = credentialOf(generateKeyPairSync('ed25519').privateKey);
  const ask = (code: string) => vault.askAsPeer(doorPaths.enrol, { owner: 'anna', code, credential }, 'cli');
  await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'cli');
  const old = consoleCode(vault);
  await vault.pass(900_000);
  assert.equal(codeOf(await ask(old)), 'E_MANDATE_SIG');
  await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'cli');
  const right = consoleCode(vault);
  for (let tries = 0; tries < 10; tries += 1) assert.equal(codeOf(await ask('WRONG')), 'E_MANDATE_SIG');
  assert.equal(codeOf(await ask(right)), 'E_MANDATE_SIG');
});

test('the code of a first credential is never in an answer or the journal', async () => {
  const vault = scriptedVault();
  const answer = await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'cli');
  await vault.settle();
  const code = consoleCode(vault);
  assert.ok(!JSON.stringify(answer.body).includes(code));
  assert.ok(!vault.journal().toString().includes(code));
});

test('an owner of a real vault gets no second credential by a code', async () => {
  const { vault } = await realVault();
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.enrolCode, { owner: 'anna' }, 'cli')), 'E_STATE');
});

test('a real vault without owners says a code by itself', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const credential = credentialOf(generateKeyPairSync('ed25519').privateKey);
  const done = await vault.askAsPeer(doorPaths.enrol, { owner: 'anna', code: consoleCode(vault), credential }, 'cli');
  assert.equal(codeOf(done), 'ok');
});

test('an act signed by a key that no owner has, at another vault, or changed after signing is E_MANDATE_SIG', async () => {
  const vault = scriptedVault();
  const act: OwnerAct = { act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: vault.now() };
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const send = (body: object) => vault.askAsPeer(doorPaths.owner, body, 'cli');
  assert.equal(codeOf(await send(signedBy(stranger, act))), 'E_MANDATE_SIG');
  const right = signedBy(vault.owner.privateKey, act);
  assert.equal(codeOf(await send({ ...right, act: right.act.replace('"ed25519"', '"rsa"') })), 'E_MANDATE_SIG');
  const kind = { ...right, proof: { ...right.proof, kind: 'ssh' } };
  assert.equal(codeOf(await send(kind)), 'E_MANDATE_SIG');
  const short = { ...right, proof: { ...right.proof, signature: right.proof.signature.slice(0, 40) } };
  assert.equal(codeOf(await send(short)), 'E_MANDATE_SIG');
  assert.equal(codeOf(await send(right)), 'ok');
  assert.equal(codeOf(await send(right)), 'E_REPLAY');
});

test('an act counts for the owner of its credential only, and another’s account is as unknown as none', async () => {
  const vault = scriptedVault();
  const [anna, bert] = [await enrol(vault, 'anna'), await enrol(vault, 'bert')];
  const { uid } = await connected(vault, anna, 'a', 'KEYA', 'simulated');
  const mine = { act: 'unfreeze', account: 'a' as AccountId, stateEpoch: 0, at: vault.now() } as const;
  const none = { ...mine, account: 'zz' as AccountId };
  const [theirs, missing] = [await bert.act(mine), await bert.act(none)];
  assert.equal(codeOf(theirs), 'E_STATE');
  assert.equal(theirs.body.error?.reason.replace(' a ', ' zz '), missing.body.error?.reason);
  for (const act of [
    { act: 'mandate', mandate: mandateOf(bert, 'a', uid), at: vault.now() },
    { act: 'account-connect', account: 'a', apiKey: 'K', at: vault.now() },
    { act: 'account-rotate', account: 'a', key: 'ed25519', at: vault.now() },
    { act: 'account-remove', account: 'a', at: vault.now() },
    { act: 'revive', account: 'a', at: vault.now() },
  ] as OwnerAct[])
    assert.equal(codeOf(await bert.act(act)), 'E_STATE', act.act);
});

test('a mandate of another account, owner or exchange account is E_MANDATE_FORM', async () => {
  const vault = scriptedVault();
  await vault.settle();
  const first = ownerWith(vault, firstOwner, vault.owner.privateKey);
  const { uid } = await connected(vault, first, 'paper', 'KEY', 'simulated');
  const send = async (change: object) =>
    codeOf(await first.act({ act: 'mandate', mandate: testMandate(change), at: vault.now() }));
  assert.equal(await send({ owner: 'anna' }), 'E_MANDATE_FORM');
  assert.equal(await send({ uid: 'f'.repeat(32) }), 'E_MANDATE_FORM');
  assert.equal(await send({ uid: '' }), 'E_MANDATE_FORM');
  assert.equal(await send({ nbf: 0 }), 'E_MANDATE_FORM');
  assert.equal(await send({ exp: 1_500_000_000_000, nbf: 1_499_000_000_000 }), 'ok'); // no time of the exchange is known yet
  assert.notEqual(uid, '');
});

test('a mandate that ended is E_MANDATE_EXP, and an old wider one does not come back', async () => {
  const vault = scriptedVault();
  const wide = testMandate();
  await vault.open(wide);
  const narrow = testMandate({ seq: 2, prev: mandateHash(wide), turnover24h: amount('5') });
  const act = async (mandate: typeof wide) => codeOf(await vault.ownerAct({ act: 'mandate', mandate, at: vault.now() + 1 }));
  assert.equal(await act({ ...narrow, exp: 1_599_999_000_000 }), 'E_MANDATE_EXP');
  assert.equal(await act(narrow), 'ok');
  assert.equal(await act(wide), 'E_MANDATE_SEQ');
});

test('a further credential signs at once on a simulated vault, a retired one no more, and nobody has it twice', async () => {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  const bert = await enrol(vault, 'bert');
  const { privateKey } = generateKeyPairSync('ed25519');
  const credential = credentialOf(privateKey, 'second');
  const add: OwnerAct = { act: 'credential-add', credential, at: vault.now() };
  assert.equal(codeOf(await anna.act(add)), 'ok');
  assert.equal(codeOf(await anna.act({ ...add, at: vault.now() + 1 })), 'E_STATE');
  assert.equal(codeOf(await bert.act({ ...add, at: vault.now() + 2 })), 'E_STATE');
  const second = ownerWith(vault, 'anna', privateKey);
  assert.equal(codeOf(await bert.act({ act: 'credential-retire', credential: credential.id, at: vault.now() })), 'E_STATE');
  const first = credentialOf(anna.key).id;
  assert.equal(codeOf(await second.act({ act: 'credential-retire', credential: first, at: vault.now() })), 'ok');
  assert.equal(codeOf(await anna.act({ act: 'credential-retire', credential: credential.id, at: vault.now() })), 'E_MANDATE_SIG');
  const last = await second.act({ act: 'credential-retire', credential: credential.id, at: vault.now() });
  assert.equal(codeOf(last), 'E_STATE');
  vault.restart();
  await vault.settle();
  assert.equal(codeOf(await anna.act({ act: 'revive', account, at: vault.now() })), 'E_MANDATE_SIG');
});

test('a credential whose id or key is not its own is refused', async () => {
  const vault = scriptedVault();
  const anna = await enrol(vault, 'anna');
  const good = credentialOf(generateKeyPairSync('ed25519').privateKey);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const send = async (change: object, at: number) =>
    codeOf(await anna.act({ act: 'credential-add', credential: { ...good, ...change }, at: vault.now() + at }));
  assert.equal(await send({ id: 'a'.repeat(64) }, 1), 'E_PARAM');
  assert.equal(await send({ publicKey: 'no key' }, 2), 'E_PARAM');
  assert.equal(await send({ publicKey: rsa }, 3), 'E_PARAM');
  assert.equal(await send({ publicKey: good.publicKey.trimEnd() }, 4), 'E_PARAM');
});

test('on a real vault a further credential waits 72 hours, is announced, and falls with the one that proved it', async () => {
  const { vault, owner } = await realVault();
  const { privateKey } = generateKeyPairSync('ed25519');
  const other = ownerWith(vault, 'anna', privateKey);
  const added = await owner.act({ act: 'credential-add', credential: credentialOf(privateKey, 'phone'), at: vault.now() });
  assert.equal((added.body as { from?: number }).from, vault.now() + 3 * dayMs);
  await vault.settle();
  assert.ok(vault.exchange.notices.filter((it) => it.title.startsWith('Waiting: new credential')).length === 2);
  await vault.pass(3 * dayMs - 60_000);
  assert.equal(codeOf(await other.act({ act: 'revive', account, at: vault.now() })), 'E_MANDATE_SIG');
  await vault.pass(60_000);
  assert.equal(codeOf(await other.act({ act: 'revive', account, at: vault.now() })), 'ok');
  const third = generateKeyPairSync('ed25519').privateKey;
  await owner.act({ act: 'credential-add', credential: credentialOf(third, 'thief'), at: vault.now() });
  await other.act({ act: 'credential-retire', credential: credentialOf(owner.key).id, at: vault.now() });
  await vault.pass(4 * dayMs);
  assert.equal(codeOf(await ownerWith(vault, 'anna', third).act({ act: 'revive', account, at: vault.now() })), 'E_MANDATE_SIG');
});

const hasSshKeygen = (): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v ssh-keygen'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test('an act that ssh-keygen signed counts, under its own namespace only', {
  skip: hasSshKeygen() ? false : 'there is no ssh-keygen',
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ssh-'));
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'id')]);
    const publicKey = readSshPublicKey(readFileSync(join(folder, 'id.pub'), 'utf8'))!;
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const credential = { id: idOfKey(createPublicKey(pem)), kind: 'ssh', publicKey: pem, label: 'laptop' } as const;
    const vault = scriptedVault();
    const anna = await enrol(vault, 'anna');
    assert.equal(codeOf(await anna.act({ act: 'credential-add', credential, at: vault.now() })), 'ok');
    const send = async (namespace: string, at: number) => {
      const text = ownerActText({
        act: 'account-create',
        account: 'ssh' as AccountId,
        exchange: 'simulated',
        key: 'ed25519',
        at,
      });
      writeFileSync(join(folder, 'text'), ownerSigningText(vaultId, text));
      rmSync(join(folder, 'text.sig'), { force: true });
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(folder, 'id'), '-n', namespace, join(folder, 'text')], {
        stdio: 'ignore',
      });
      const proof = { kind: 'ssh', credential: credential.id, signature: readFileSync(join(folder, 'text.sig'), 'utf8') };
      return codeOf(await vault.askAsPeer(doorPaths.owner, { act: text, proof }, 'cli'));
    };
    assert.equal(await send('file', vault.now()), 'E_MANDATE_SIG');
    assert.equal(await send('holdfast-owner@v1', vault.now()), 'ok');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('fifty owners live in one vault, each with an account and a mandate of his own', async () => {
  const vault = scriptedVault();
  await vault.settle();
  await vault.sync('100');
  for (let n = 0; n < 50; n += 1) {
    const owner = await enrol(vault, `owner-${n}`);
    vault.exchange.keys.set(`KEY${n}`, { uid: 1000 + n });
    const { uid } = await connected(vault, owner, `account-${n}`, `KEY${n}`, 'simulated');
    const done = await owner.act({ act: 'mandate', mandate: mandateOf(owner, `account-${n}`, uid), at: vault.now() });
    assert.equal(codeOf(done), 'ok');
  }
  const seen = async () =>
    ((await vault.status()) as unknown as { accounts: { account: string; owner: string; uid: string }[] }).accounts.map(
      ({ account: name, owner, uid }) => ({ name, owner, uid }),
    );
  const before = await seen();
  assert.equal(new Set(before.map((it) => it.uid)).size, 50);
  for (const it of before) assert.equal(it.owner, it.name.replace('account', 'owner'));
  vault.restart();
  await vault.settle();
  assert.deepEqual(await seen(), before);
});
