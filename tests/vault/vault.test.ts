/** The vault as it ships, against the simulated exchange: what it does, what it refuses, and that it comes back from a kill. */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { amount, doorPaths, macText } from '@holdfast/domain';
import {
  account,
  connectAccount,
  follow,
  type Instance,
  launch,
  newSubKey,
  order,
  peer,
  priceNear,
  startVault,
  stop,
  until,
  vaultOpen,
} from './harness.ts';

let instance: Instance;
let key: { id: string; secret: string };
let events: ReturnType<typeof follow>;
before(async () => {
  instance = await launch();
  await connectAccount(instance);
  await vaultOpen(instance);
  key = await newSubKey(instance);
  events = follow(instance);
});
after(async () => {
  events.stop();
  await instance.close();
});

type Headers = Record<string, string | string[]>;

function raw(
  method: string,
  path: string,
  headers: Headers,
  body: string | Buffer = '',
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: instance.vault.port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, code: text === '' ? '' : (JSON.parse(text).error?.code ?? 'none') }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function signed(
  path: string,
  body: string,
  change: { secret?: string; time?: number; nonce?: string; id?: string } = {},
): Record<string, string> {
  const { secret = readFileSync(join(instance.data, 'peers/cli.key'), 'utf8').trim(), id = 'cli' } = change;
  const time = String(change.time ?? Date.now());
  const nonce = change.nonce ?? randomBytes(16).toString('hex');
  const hash = createHash('sha256').update(body).digest('hex');
  const mac = createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(macText('POST', path, time, nonce, hash))
    .digest('hex');
  return {
    'holdfast-key': id,
    'holdfast-time': time,
    'holdfast-nonce': nonce,
    'holdfast-mac': mac,
    'content-type': 'application/json',
  };
}

const status = JSON.stringify({ kind: 'status' });
const submit = (intent: ReturnType<typeof order>) => instance.engine.subKey(key).submit(intent);

test('an order inside the mandate is approved, reaches the exchange and its fill comes back', async () => {
  assert.deepEqual(await submit(order('fill-1', await priceNear(instance, 50n))), { kind: 'approved' });
  const filled = await events.of('fill-1', 'order-filled');
  assert.ok(filled.event.kind === 'order-filled' && filled.event.complete && filled.event.feeAsset === 'BTC');
});

test('the same id asked again gives the same verdict and no second order', async () => {
  const intent = order('once-1', await priceNear(instance, -80n));
  assert.deepEqual(await submit(intent), { kind: 'approved' });
  assert.deepEqual(await submit(intent), { kind: 'approved' });
  await events.of('once-1', 'order-accepted');
  const other = await submit({ ...intent, quantity: amount('0.002') });
  assert.ok(other.kind === 'refused' && other.code === 'E_DUPLICATE');
  const accepted = events.events.filter(
    (it) => it.kind === 'order' && it.event.clientOrderId === 'once-1' && it.event.kind === 'order-accepted',
  );
  assert.equal(accepted.length, 1);
});

test('an order that rests is cancelled by its own sub-key', async () => {
  await submit(order('rest-1', await priceNear(instance, -90n)));
  await events.of('rest-1', 'order-accepted');
  const { clientOrderId, pair } = order('rest-1', 1n);
  assert.deepEqual(await instance.engine.subKey(key).submit({ kind: 'cancel-order', clientOrderId, pair }), { kind: 'approved' });
  await events.of('rest-1', 'order-cancelled');
});

test('what the mandate does not allow is refused with its code', async () => {
  const price = await priceNear(instance, 0n);
  const code = async (intent: ReturnType<typeof order>) => {
    const verdict = await submit(intent);
    return verdict.kind === 'refused' ? verdict.code : verdict.kind;
  };
  assert.equal(await code(order('no-1', price, { pair: 'DOGE/USDT' as never })), 'E_SYMBOL');
  assert.equal(await code(order('no-2', price, { quantity: amount('1') })), 'E_SIZE');
  assert.equal(await code(order('no-3', price + price / 20n - ((price + price / 20n) % 10n ** 18n))), 'E_BAND');
  assert.equal(await code(order('no-4', price, { order: 'ioc', side: 'sell' })), 'E_POS');
});

test('a wrong MAC, a stranger, an old request and a repeated nonce are refused', async () => {
  const at = (change: Parameters<typeof signed>[2]) =>
    raw('POST', doorPaths.read, signed(doorPaths.read, status, change), status);
  assert.equal((await at({ secret: '00'.repeat(32) })).code, 'E_SIG');
  assert.equal((await at({ id: 'nobody' })).code, 'E_SIG');
  assert.equal((await at({ time: Date.now() - 10_000 })).code, 'E_TIME');
  const nonce = randomBytes(16).toString('hex');
  assert.equal((await at({ nonce })).status, 200);
  assert.equal((await at({ nonce })).code, 'E_REPLAY');
  const other = signed(doorPaths.freeze, status);
  assert.equal((await raw('POST', doorPaths.read, other, status)).code, 'E_SIG', 'a MAC over another path');
  assert.equal((await raw('POST', doorPaths.read, signed(doorPaths.read, status), `${status} `)).code, 'E_SIG', 'another body');
});

test('a sub-key cannot read, freeze or grant, and a peer cannot trade', async () => {
  const asSubKey = signed(doorPaths.read, status, key);
  assert.equal((await raw('POST', doorPaths.read, asSubKey, status)).code, 'E_RIGHT');
  const body = JSON.stringify({ kind: 'cancel-order', clientOrderId: 'x', pair: 'BTC/USDT' });
  assert.equal((await raw('POST', doorPaths.intent, signed(doorPaths.intent, body), body)).code, 'E_RIGHT');
});

test('only exact hosts are answered, and no browser', async () => {
  const ask = (headers: Headers) => raw('POST', doorPaths.read, { ...signed(doorPaths.read, status), ...headers }, status);
  const { port } = instance.vault;
  assert.equal((await ask({ host: `localhost:${port}` })).status, 200);
  assert.equal((await ask({ host: 'evil.example' })).status, 421);
  assert.equal((await ask({ host: '127.0.0.1' })).status, 421);
  assert.equal((await ask({ origin: `http://localhost:${port}` })).status, 403);
  assert.equal((await ask({ origin: 'null' })).status, 403);
  assert.equal((await ask({ 'sec-fetch-site': 'same-origin' })).status, 403);
  assert.equal((await ask({ 'Holdfast-Key': ['cli', 'engine'] })).status, 400);
});

test('unknown paths, methods, broken text and bodies of more than 64 KiB are refused', async () => {
  for (const path of ['/', '/v1/read/', '/v1//read', '/v1/%72ead', '/v1/../v1/read', '/v1/read?x=1', '/v1/withdraw']) {
    assert.deepEqual(await raw('POST', path, signed(path, status), status), { status: 404, code: 'E_PATH' }, path);
  }
  assert.equal((await raw('GET', doorPaths.read, {})).status, 404);
  assert.equal((await raw('DELETE', doorPaths.read, {})).status, 404);
  const long = 'x'.repeat(64 * 1024 + 1);
  assert.equal((await raw('POST', doorPaths.read, signed(doorPaths.read, long), long)).status, 413);
  assert.equal(
    (await raw('POST', doorPaths.read, { ...signed(doorPaths.read, ''), 'transfer-encoding': 'chunked' }, long)).status,
    400,
    'the end of a chunked body is not read',
  );
  assert.equal((await raw('POST', doorPaths.read, signed(doorPaths.read, status), Buffer.from([0xff, 0xfe]))).status, 400);
});

test('the vault says its processes with their numbers and memory', async () => {
  const { processes } = await instance.cli.status();
  assert.deepEqual(processes.map(({ name }) => name).sort(), ['egress', 'gate', 'portal', 'signer', 'warden']);
  assert.ok(processes.every(({ pid, rssBytes, state }) => pid > 0 && rssBytes > 1_000_000 && state === 'running'));
});

for (const victim of ['signer', 'gate', 'portal', 'egress']) {
  test(`a killed ${victim} is back without a human and trading goes on`, async (t) => {
    await vaultOpen(instance);
    const pid = (await instance.cli.status()).processes.find(({ name }) => name === victim)!.pid;
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    await until('a new process', async () => {
      const now = (await instance.cli.status()).processes.find(({ name }) => name === victim);
      return now !== undefined && now.pid !== pid && now.state === 'running' ? true : undefined;
    });
    const backMs = Date.now() - killedAt;
    t.diagnostic(`back after ${backMs} ms`);
    assert.ok(backMs < 10_000, `it took ${backMs} ms`);
    await vaultOpen(instance);
    assert.deepEqual(await submit(order(`after-${victim}`, await priceNear(instance, 50n))), { kind: 'approved' });
    await events.of(`after-${victim}`, 'order-filled');
  });
}

test('a killed vault starts again on its data with the same accounts, mandate and verdicts', async () => {
  instance.vault.child.kill('SIGKILL');
  await instance.vault.exit;
  instance.vault = await startVault(instance.data, instance.exchange.port, instance.vault.port);
  await vaultOpen(instance);
  assert.deepEqual(await submit(order('after-all', await priceNear(instance, 50n))), { kind: 'approved' });
  await events.of('after-all', 'order-filled');
  const seqs = events.events.flatMap((it) => (it.kind === 'sync' ? [] : [it.seq]));
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => seqs[0]! + index),
    'events came without a gap and none twice',
  );
});

test('freeze refuses new risk at once, also after a restart; only the owner undoes it', async () => {
  assert.deepEqual(await instance.cli.freeze('drill'), { kind: 'done' });
  const refused = await submit(order('frozen-1', await priceNear(instance, 50n)));
  assert.ok(refused.kind === 'refused' && refused.code === 'E_FROZEN');
  await stop(instance.vault);
  instance.vault = await startVault(instance.data, instance.exchange.port, instance.vault.port);
  assert.equal((await instance.cli.status()).state, 'frozen');
  const { stateEpoch } = await instance.cli.status();
  const act = { act: 'unfreeze', account: null, stateEpoch, at: Date.now() } as const;
  const done = await instance.cli.ownerAct(act, instance.owner);
  assert.equal(done.kind, 'done', JSON.stringify(done));
  await vaultOpen(instance);
  assert.deepEqual(await submit(order('thawed-1', await priceNear(instance, 50n))), { kind: 'approved' });
});

test('a revoked sub-key trades no more', async () => {
  const other = await newSubKey(instance, 'bot-2');
  assert.deepEqual(await instance.engine.revoke(other.id as never), { kind: 'done' });
  const refused = await instance.engine.subKey(other).submit(order('late-1', await priceNear(instance, 50n)));
  assert.ok(refused.kind === 'refused' && refused.code === 'E_REVOKED');
});

test('no secret is in a file outside its place, in a log or in an answer', async () => {
  await sleep(100);
  const pem = /-----BEGIN PRIVATE KEY/;
  const unseal = readFileSync(join(instance.data, 'vault/unseal.key'));
  const peers = ['cli', 'engine', 'server'].map((id) => readFileSync(join(instance.data, 'peers', `${id}.key`), 'utf8').trim());
  const secrets = [key.secret, ...peers].flatMap((hex) => [hex, Buffer.from(hex, 'hex').toString('base64')]);
  const texts = globSync('**/*', { cwd: instance.data })
    .filter((path) => statSync(join(instance.data, path)).isFile() && !/^(peers|owner)\/|unseal\.key$/.test(path))
    .map((path) => [path, readFileSync(join(instance.data, path))] as const);
  assert.ok(
    texts.some(([path]) => path.endsWith('journal.log')),
    'the journal was looked at',
  );
  const said = JSON.stringify(
    [await instance.cli.status(), await instance.cli.verdicts(100), await instance.cli.openOrders(account)],
    (_, it) => (typeof it === 'bigint' ? String(it) : it),
  );
  const seen = [...texts, ['logs', Buffer.from(instance.vault.log())] as const, ['answers', Buffer.from(said)] as const];
  for (const [where, bytes] of seen) {
    for (const secret of secrets) assert.equal(bytes.indexOf(secret), -1, `a secret is in ${where}`);
    assert.equal(bytes.indexOf(unseal), -1, `the unseal key is in ${where}`);
    assert.doesNotMatch(bytes.toString('latin1'), pem, `a private key is in ${where}`);
  }
});

test('a client without a vault says so', async () => {
  const lost = peer(instance.data, 1, 'cli');
  await assert.rejects(lost.status(), { code: 'vault-unreachable' });
});
