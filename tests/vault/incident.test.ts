/** Custody tests 90 and 95 with the vault as it ships: its log verifies, an older journal is found, a report tells the exchange's own order ids. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { connectVault } from '@holdfast/vault/client';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import {
  connectAccount,
  follow,
  type Instance,
  launch,
  newSubKey,
  order,
  priceNear,
  startVault,
  stop,
  until,
  vaultOpen,
} from './harness.ts';

const bin = resolve(import.meta.dirname, '../../bin/holdfast.mjs');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'));
let instance: Instance;
let botKey: { readonly id: string; readonly secret: string };
before(async () => {
  instance = await launch();
  await connectAccount(instance);
  await vaultOpen(instance);
  botKey = await newSubKey(instance);
  const events = follow(instance);
  const bot = connectVault({ url: `http://127.0.0.1:${instance.vault.port}`, key: botKey });
  await bot.submit(order('taken', await priceNear(instance, 50n)));
  await bot.submit(order('resting', await priceNear(instance, -90n)));
  await bot.submit(order('too-large', await priceNear(instance, 0n), { quantity: '900' as never }));
  await events.of('taken', 'order-filled');
  await events.of('resting', 'order-accepted');
  events.stop();
  bot.close();
  await instance.cli.freeze('coins are gone');
  const { checkpoints } = files();
  await until('a signed checkpoint of the freeze', () =>
    existsSync(checkpoints) && readFileSync(checkpoints).length > 0 ? true : undefined,
  );
});
after(async () => {
  await instance.close();
  rmSync(folder, { recursive: true, force: true });
});

const files = () => {
  const vault = join(instance.data, 'vault');
  return {
    journal: join(vault, 'signer', 'journal.log'),
    checkpoints: join(vault, 'signer', 'checkpoints.log'),
    newest: join(vault, 'newest-checkpoint.anchors'),
  };
};

const holdfast = (...words: string[]) =>
  spawnSync(process.execPath, [bin, ...words, '--data', instance.data], { encoding: 'utf8' });

test('the log verifies with the vault’s own signature, and an outside anchor of another log does not agree', () => {
  const good = holdfast('audit', 'verify', '--anchors', files().newest);
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /unbroken; head [0-9a-f]{64}/);
  assert.match(good.stdout, /signed by SHA256:/);
  const cut = join(folder, 'cut.log');
  writeFileSync(cut, `${readFileSync(files().journal, 'utf8').split('\n').slice(0, 3).join('\n')}\n`);
  const bad = holdfast('audit', 'verify', '--journal', cut);
  assert.equal(bad.status, 65);
  assert.match(bad.stderr, /it was cut short/);
});

test('a record is shown in words and proved to somebody who has nothing else', () => {
  const shown = holdfast('audit', 'show', '--kind', 'frozen');
  assert.match(shown.stdout, /coins are gone/);
  const record = Number(/^ *(\d+)/.exec(shown.stdout)?.[1]);
  const proof = join(folder, 'proof.json');
  const made = holdfast('audit', 'prove', String(record), '--out', proof);
  assert.equal(made.status, 0, made.stderr);
  const program = resolve(import.meta.dirname, '../../apps/vault/src/audit/holdfast-verify.mjs');
  const identity = join(instance.data, 'vault', 'identity.pub');
  const checked = spawnSync(process.execPath, [program, '--proof', proof, '--identity', identity], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stdout);
});

test('an incident report opens with age, proves each record, tells the exchange’s ids and no secret', async () => {
  const key = await generateIdentity();
  const sealed = join(folder, 'incident.tar.age');
  const made = holdfast('incident', '--for', await identityToRecipient(key), '--out', sealed, '--reason', 'a test');
  assert.equal(made.status, 0, made.stderr);
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  const tar = join(folder, 'incident.tar');
  writeFileSync(tar, await decrypter.decrypt(readFileSync(sealed)));
  const to = mkdtempSync(join(folder, 'unpacked-'));
  assert.equal(spawnSync('tar', ['-xf', tar, '-C', to]).status, 0);
  const checked = spawnSync(process.execPath, [join(to, 'holdfast-verify.mjs'), '--report', to], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stdout);

  const orders = readFileSync(join(to, 'orders.csv'), 'utf8')
    .trim()
    .split('\r\n')
    .slice(1)
    .map((row) => row.split(','));
  const sent = orders
    .map((row) => ({ exchangeOrderId: row[3] ?? '', clientOrderId: row[4] ?? '' }))
    .filter((it) => it.exchangeOrderId !== '');
  assert.equal(sent.length, 2);
  await stop(instance.vault);
  assert.deepEqual(
    sent.map((it) => `${it.exchangeOrderId} ${it.clientOrderId}`).sort(),
    (await bookOf()).filter((it) => it.includes(' hf')).sort(),
  );

  const unseal = readFileSync(join(instance.data, 'vault', 'unseal.key'));
  const canaries = [unseal.toString('hex'), unseal.toString('base64'), botKey.secret, 'PRIVATE KEY'];
  for (const peer of readdirSync(join(instance.data, 'peers')))
    canaries.push(readFileSync(join(instance.data, 'peers', peer), 'utf8').trim());
  const whole = readFileSync(tar);
  assert.ok(!whole.includes(unseal));
  for (const canary of canaries) assert.ok(!whole.includes(canary), 'a secret is in the report');
});

/** Orders of the simulated exchange's book as `id client-id`. */
async function bookOf(): Promise<string[]> {
  const copy = join(folder, 'exchange.db');
  const { backupExchange } = await import('@holdfast/exchange/control');
  await backupExchange({ url: `http://127.0.0.1:${instance.exchange.port}`, data: instance.data }, copy);
  const database = new DatabaseSync(copy, { readOnly: true });
  try {
    const rows = database.prepare('SELECT order_id, client_order_id FROM "order"').all();
    return rows.map((row) => `${row.order_id} ${row.client_order_id}`);
  } finally {
    database.close();
  }
}

test('a restored older journal is found at the next start: nothing new is signed until limits are counted anew', async (t) => {
  const { journal } = files();
  const whole = readFileSync(journal, 'utf8').split('\n');
  const frozenAt = whole.findIndex((line) => line.includes('"kind":"frozen"'));
  const older = join(folder, 'older.log');
  writeFileSync(older, `${whole.slice(0, frozenAt).join('\n')}\n`, { mode: 0o600 });
  rmSync(files().checkpoints);
  copyFileSync(older, journal);
  const price = await priceNear(instance, -90n);
  // An exchange that does not answer tells nothing to count from.
  const { child } = instance.exchange;
  child.kill('SIGSTOP');
  t.after(() => child.kill('SIGCONT'));
  instance.vault = await startVault(instance.data, instance.exchange.port);
  await until('the alarm', () => (instance.vault.log().includes('the warden holds the vault') ? true : undefined));
  const bot = connectVault({ url: `http://127.0.0.1:${instance.vault.port}`, key: botKey });
  const verdict = await bot.submit(order('after', price));
  bot.close();
  assert.equal(verdict.kind === 'refused' && verdict.code, 'E_RECONCILE');
  const written = (): string => readFileSync(journal, 'utf8');
  assert.match(written(), /"kind":"rollback","reason":"the warden holds the vault's log of [^"]* but this journal/);
  assert.doesNotMatch(written(), /"kind":"rollback-settled"/);
  child.kill('SIGCONT');
  await until('the limits', () => (written().includes('"kind":"rollback-settled"') ? true : undefined));
});
