/** The owner at a terminal: the command line with a key file, with ssh-keygen, and with a secret that is sealed before it leaves. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { type AccountId, ownerId } from '@holdfast/domain';
import { createKey, creditUser, registerKey } from '@holdfast/exchange/control';
import { exchangeTime, type Instance, lastPrice, launch, until } from '../vault/harness.ts';

const root = resolve(import.meta.dirname, '../..');
const hasSsh = spawnSync('ssh-keygen', ['-?']).error === undefined;
const main = 'main' as AccountId;
let instance: Instance;
before(async () => {
  instance = await launch();
});
after(() => instance.close());

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `holdfast owner …` against the vault of the tests; `given` is what stands on stdin. */
function owner(args: readonly string[], given = ''): Promise<Ran> {
  const isLocal = ['keygen', 'public'].includes(args[0] ?? '');
  const where = isLocal ? [] : ['--data', instance.data, '--gate', `http://127.0.0.1:${instance.vault.port}`];
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(root, 'apps/cli/src/main.ts'), 'owner', ...args, ...where],
      { timeout: 120_000 },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
    child.stdin?.end(given);
  });
}

async function done(args: readonly string[], given = ''): Promise<string> {
  const { code, out, err } = await owner(args, given);
  assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  return out;
}

async function refused(pattern: RegExp, args: readonly string[], given = ''): Promise<void> {
  const { code, err } = await owner(args, given);
  assert.notEqual(code, 0, `${args.join(' ')} was done`);
  assert.match(err, pattern);
}

const file = (name: string): string => join(instance.data, name);
const accountOf = async (name: AccountId) => (await instance.cli.status()).accounts.find(({ account }) => account === name);
const control = () => ({ url: `http://127.0.0.1:${instance.exchange.port}`, data: instance.data });

/** A code that the console says for an owner. */
async function code(name: string): Promise<string> {
  const before = instance.vault.log().length;
  await done(['code', '--owner', name]);
  return until('the code', () => /code for [^:]*: ([A-Z2-9-]{14})/.exec(instance.vault.log().slice(before))?.[1]);
}

test('an owner key is made once, locked by its passphrase, and readable by its owner alone', async () => {
  const key = file('carla.pem');
  const out = await done(['keygen', key], 'correct horse\n');
  assert.match(out, /^-----BEGIN PUBLIC KEY-----/);
  assert.match(readFileSync(key, 'utf8'), /ENCRYPTED PRIVATE KEY/);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  await refused(/cannot make .*EEXIST/, ['keygen', key], 'correct horse\n');
  await refused(/at least 8 characters/, ['keygen', file('short.pem')], 'short\n');
  assert.equal(existsSync(file('short.pem')), false);
  await refused(/does not open with this passphrase/, ['public', '--owner-key', key], 'wrong\n');
  assert.match(await done(['public', '--owner-key', key], 'correct horse\n'), /ed25519 credential [0-9a-f]{64}/);
});

test('the code from the console makes the key the first credential of an owner', async () => {
  const args = ['enrol', '--owner', 'carla', '--owner-key', file('carla.pem')];
  await code('carla');
  await refused(/not the code/, [...args, '--code', 'AAAA-BBBB-CCCC'], 'correct horse\n');
  await done([...args, '--code', await code('carla')], 'correct horse\n');
});

test('an account is created, connected, and its mandate proposed, read and signed', async () => {
  const out = await done(['account', 'create', main]);
  const publicKey = /-----BEGIN PUBLIC KEY-----[\s\S]*-----END PUBLIC KEY-----\n/.exec(out)?.[0] ?? '';
  const { apiKey } = await registerKey(control(), { type: 'ed25519', publicKey });
  await creditUser(control(), { apiKey, credit: { USDT: '20000' } });
  assert.match(await done(['account', 'connect', main, apiKey]), /not protected/);
  await until('the account', async () => (await accountOf(main))?.connected === true || undefined);
  assert.match(await done(['account', 'list']), /main\s+owner\s+simulated\s+active\s+fresh/);

  const price = (await lastPrice(instance)) / 10n ** 18n;
  const text = await done(['mandate', 'propose', main, '--value', '20000', '--pair', `BTC/USDT=${price}`]);
  const proposed = JSON.parse(text) as Record<string, unknown>;
  // Without `up` the command knows the clock of the machine only; the tape has its own.
  const now = await exchangeTime(instance);
  writeFileSync(file('mandate.json'), JSON.stringify({ ...proposed, nbf: now, exp: now + 30 * 86_400_000 }));
  const asked = await owner(['mandate', 'sign', file('mandate.json')]);
  assert.notEqual(asked.code, 0, 'nobody said yes');
  assert.match(asked.err, /Theft can take in 24 h, at most: 100 USDT/);
  assert.match(asked.err, /Even with forged prices: +\d+/);
  assert.equal((await accountOf(main))?.mandate, null);
  assert.match(await done(['mandate', 'sign', file('mandate.json'), '--yes']), /mandate 1 of main counts now/);
  assert.match(await done(['mandate', 'show', main]), /Theft can take in 24 h, at most: 100 USDT/);
  await refused(/E_MANDATE_SEQ/, ['mandate', 'sign', file('mandate.json'), '--yes']);
  assert.match(await done(['mandate', 'pending']), /nothing waits/);
  // A copy of the one in force is changed and signed; its number and link follow by themselves, once.
  const shown = JSON.parse(await done(['mandate', 'show', main, '--json'])) as { openOrders: number };
  writeFileSync(file('fewer.json'), JSON.stringify({ ...shown, openOrders: shown.openOrders - 1 }));
  assert.match(await done(['mandate', 'sign', file('fewer.json'), '--yes']), /mandate 2 of main counts now/);
  assert.equal((await accountOf(main))?.mandate?.openOrders, shown.openOrders - 1);
  await refused(/the mandate has number 1, the next is 3 \(E_MANDATE_SEQ\)/, ['mandate', 'sign', file('fewer.json'), '--yes']);
  await refused(/nothing waits under this id/, ['veto', 'ab'.repeat(32)]);
});

test('a secret of the exchange is sealed here and opened in the vault alone', async () => {
  const { apiKey, secret = '' } = await createKey(control(), { type: 'hmac', credit: { USDT: '500' } });
  const args = ['account', 'import', 'sealed', '--api-key', apiKey];
  await refused(/the secret is empty/, args);
  assert.match(await done(args, `${secret}\n`), /sealed is connected/);
  await until('the account', async () => (await accountOf('sealed' as AccountId))?.connected === true || undefined);
  assert.ok(!instance.vault.log().includes(secret));
  const journal = readFileSync(join(instance.data, 'vault', 'signer', 'journal.log'), 'utf8');
  assert.ok(!journal.includes(secret) && !journal.includes(Buffer.from(secret).toString('base64')));
});

test('a private key in PEM is sealed as well', async () => {
  const { apiKey, secret = '' } = await createKey(control(), { type: 'rsa', credit: { USDT: '500' } });
  assert.match(secret, /PRIVATE KEY/);
  writeFileSync(file('exchange.pem'), secret, { mode: 0o600 });
  await done(['account', 'import', 'pem', '--api-key', apiKey, '--key-type', 'rsa', '--secret-file', file('exchange.pem')]);
  await until('the account', async () => (await accountOf('pem' as AccountId))?.connected === true || undefined);
});

test('an owner signs for his own accounts only', async () => {
  const carla = ['--owner-key', file('carla.pem')];
  await refused(/account main is not known/, ['revive', main, ...carla], 'correct horse\n');
  await refused(/not known/, ['account', 'rotate', main, ...carla], 'correct horse\n');
  assert.equal((await accountOf(main))?.owner, ownerId('owner'));
});

test('rotating keeps the account and its mandate', async () => {
  const out = await done(['account', 'rotate', main]);
  const publicKey = /-----BEGIN PUBLIC KEY-----[\s\S]*-----END PUBLIC KEY-----\n/.exec(out)?.[0] ?? '';
  const before = await accountOf(main);
  const users = (await (await fetch(`${control().url}/api/v3/time`)).json()) as { serverTime: number };
  assert.ok(users.serverTime > 0);
  // A key of another user of the exchange is not the same account.
  const { apiKey } = await registerKey(control(), { type: 'ed25519', publicKey });
  await refused(/another exchange account/, ['account', 'connect', main, apiKey]);
  assert.equal((await accountOf(main))?.mandate?.seq, before?.mandate?.seq);
});

test('ssh-keygen signs for the owner', { skip: hasSsh ? false : 'no ssh-keygen' }, async () => {
  for (const [kind, bits] of [
    ['ed25519', '256'],
    ['ecdsa', '256'],
    ['rsa', '2048'],
  ] as const) {
    const key = file(`id_${kind}`);
    execFileSync('ssh-keygen', ['-q', '-t', kind, '-b', bits, '-N', '', '-f', key]);
    assert.match(await done(['public', '--ssh-key', key]), /ssh credential [0-9a-f]{64}/);
    assert.match(await done(['credential', 'add', `${key}.pub`, '--label', `ssh ${kind}`]), /counts now/);
    assert.match(await done(['revive', main, '--ssh-key', key]), /may trade again/);
  }
  const stranger = file('id_stranger');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
  await refused(/no owner of this vault has the credential/, ['revive', main, '--ssh-key', stranger]);
});

test('what was frozen is unfrozen by a signature, of ssh-keygen too', { skip: hasSsh ? false : 'no ssh-keygen' }, async () => {
  assert.equal((await instance.cli.freeze('a test', main)).kind, 'done');
  assert.equal((await accountOf(main))?.condition, 'frozen');
  await done(['unfreeze', main, '--ssh-key', file('id_ed25519')]);
  assert.equal((await accountOf(main))?.condition, 'active');
});

test('a retired credential proves nothing', { skip: hasSsh ? false : 'no ssh-keygen' }, async () => {
  const id = /ssh credential ([0-9a-f]{64})/.exec(await done(['public', '--ssh-key', file('id_rsa')]))?.[1] ?? '';
  await done(['credential', 'retire', id]);
  await refused(/is retired/, ['revive', main, '--ssh-key', file('id_rsa')]);
});

test('places for notices are added, listed without their passwords, and removed', async () => {
  const hook = ['destination', 'add', 'phone', 'ntfy', 'http://127.0.0.1:9/topic'];
  assert.match(await done(hook), /owner destination confirm phone CODE/);
  await refused(/destination phone already/, hook);
  await refused(/to this machine only/, ['destination', 'add', 'far', 'webhook', 'https://hooks.example/x']);
  await refused(/--from ADDRESS/, ['destination', 'add', 'mail', 'smtp', '127.0.0.1']);
  const mail = ['--from', 'vault@example.org', '--to', 'owner@example.org', '--user', 'vault', '--port', '9', '--tls', 'none'];
  await done(['destination', 'add', 'mail', 'smtp', '127.0.0.1', ...mail], 'a password of mail\n');
  const list = await done(['destination', 'list']);
  assert.match(list, /phone\s+ntfy\s+http:\/\/127\.0\.0\.1:9\/topic\s+waits for its code/);
  assert.match(list, /mail\s+smtp\s+owner@example\.org by 127\.0\.0\.1:9 \(password set\)/);
  assert.match(list, /0 confirmed; a widening on a real account needs 2/);
  assert.doesNotMatch(list + (await done(['destination', 'list', '--json'])), /a password of mail/);
  await refused(/not the code that was sent to phone/, ['destination', 'confirm', 'phone', '000000']);
  await done(['destination', 'remove', 'phone']);
  await refused(/no destination phone/, ['destination', 'remove', 'phone']);
  const left = JSON.parse(await done(['destination', 'list', '--json'])) as { id: string; password: string }[];
  assert.deepEqual(
    left.map(({ id, password }) => [id, password]),
    [['mail', 'set']],
  );
});

test('credentials are listed to whoever is their owner, and to nobody else', async () => {
  const list = await done(['credential', 'list']);
  assert.match(list, /[0-9a-f]{64}\s+ed25519\s+owner key of the simulated vault/);
  const carla = await done(['credential', 'list', '--owner-key', file('carla.pem')], 'correct horse\n');
  assert.match(carla, /ed25519\s+command line/);
  assert.doesNotMatch(carla, /simulated vault/);
  assert.match(await done(['destination', 'list', '--owner-key', file('carla.pem')], 'correct horse\n'), /0 confirmed/);
  const stranger = file('stranger.pem');
  await done(['keygen', stranger, '--no-passphrase']);
  await refused(/no owner of this vault has the credential/, ['credential', 'list', '--owner-key', stranger]);
});

test('an act in JSON is signed as it stands', async () => {
  writeFileSync(file('act.json'), JSON.stringify({ act: 'revive', account: main }));
  assert.match(await done(['act', file('act.json')]), /done/);
  writeFileSync(file('act.json'), JSON.stringify({ act: 'revive', account: main, more: 1 }));
  await refused(/unknown key/, ['act', file('act.json')]);
  await refused(/not an act in JSON/, ['act', file('mandate.json').replace('.json', '.none')]);
});
