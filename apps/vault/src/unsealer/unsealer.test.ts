import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askUnsealer, networkDraft, UnsealerError } from '../unseal/network.ts';
import { type NetworkWrap, unwrapKey, wrapKey } from '../unseal/wraps.ts';
import { addVault, knownVaults, makeUnsealer, openUnsealer, sources, switchVault, type Unsealer } from './book.ts';
import {
  ask,
  readQuestion,
  readUnsealerLine,
  readVaultLine,
  UnsealerFormError,
  writeUnsealerLine,
  writeVaultLine,
} from './protocol.ts';
import { createUnsealer } from './serve.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'holdfast-unsealer-')), 'u');
const vaultId = randomBytes(16).toString('hex');
const unsealKey = randomBytes(32);
const lines: string[] = [];
let clock = 1_800_000_000_000;
let unsealer: Unsealer;
let server: ReturnType<typeof createUnsealer>;
let url: string;
let wrap: NetworkWrap;

/** Wraps the key for the unsealer and introduces the vault to it by the two lines. */
async function introduced(id: string, from: readonly string[], perHour = 100): Promise<NetworkWrap> {
  const { draft, secret, card } = networkDraft('router', 1, id, url, readUnsealerLine(writeUnsealerLine(unsealer.card)));
  addVault(folder, unsealer, readVaultLine(writeVaultLine(card)), from, perHour);
  return (await wrapKey(draft, id, secret, unsealKey)) as NetworkWrap;
}

before(async () => {
  unsealer = makeUnsealer(folder);
  server = createUnsealer({ folder, unsealer, now: () => clock, log: (line) => lines.push(line) });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  wrap = await introduced(vaultId, ['127.0.0.0/8']);
});
after(() => {
  server.close();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const refusal = (pattern: RegExp) => (error: unknown) => error instanceof UnsealerError && pattern.test(error.message);

test('the share of the unsealer and the share of the disk open the vault together, neither does alone', async () => {
  const share = await askUnsealer(wrap, vaultId, clock);
  assert.deepEqual(await unwrapKey(wrap, vaultId, share), unsealKey);
  assert.equal(await unwrapKey({ ...wrap, share: randomBytes(32).toString('base64') }, vaultId, share), null);
  assert.equal(await unwrapKey(wrap, vaultId, randomBytes(32)), null);
  assert.match(lines.at(-1) ?? '', /127\.0\.0\.1 share of [0-9a-f]{32} given$/);
});

test('its files are readable by nobody else and hold nothing that opens', () => {
  assert.equal(statSync(join(folder, 'unsealer.json')).mode & 0o777, 0o600);
  const file = join(folder, 'vaults', `${vaultId}.json`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8').includes(wrap.share), false);
  assert.deepEqual(openUnsealer(folder).card, unsealer.card);
  assert.throws(() => makeUnsealer(folder), UnsealerFormError);
});

test('switched off it refuses, and says so to the vault; switched on again it answers', async () => {
  switchVault(folder, vaultId, false);
  await assert.rejects(askUnsealer(wrap, vaultId, clock), refusal(/switched off/));
  switchVault(folder, vaultId, true);
  assert.equal((await askUnsealer(wrap, vaultId, clock)).length, 32);
  assert.deepEqual(
    knownVaults(folder).map((known) => known.vaultId),
    [vaultId],
  );
});

test('another address, key, time, vault or unsealer gets nothing', async () => {
  const other = randomBytes(16).toString('hex');
  const elsewhere = await introduced(other, ['10.0.0.0/8']);
  await assert.rejects(askUnsealer(elsewhere, other, clock), refusal(/may not ask from 127\.0\.0\.1/));
  await assert.rejects(askUnsealer({ ...wrap, clientKey: elsewhere.clientKey }, vaultId, clock), refusal(/no vault of this key/));
  await assert.rejects(askUnsealer(wrap, 'f'.repeat(32), clock), refusal(/no vault of this key/));
  await assert.rejects(askUnsealer(wrap, vaultId, clock - 130_000), refusal(/clocks/));
  await assert.rejects(askUnsealer({ ...wrap, identity: elsewhere.identity.replace(/.$/, '') }, vaultId, clock), /./);
  await assert.rejects(askUnsealer({ ...wrap, url: 'http://127.0.0.1:9' }, vaultId, clock), refusal(/does not answer/));
});

test('an unsealer with another identity is noticed', async () => {
  const impostor = makeUnsealer(join(folder, '..', 'impostor'));
  const { draft, secret, card } = networkDraft('x', 1, vaultId, url, impostor.card);
  const mistaken = (await wrapKey(draft, vaultId, secret, unsealKey)) as NetworkWrap;
  assert.throws(() => addVault(folder, unsealer, card, ['127.0.0.1'], 10));
  await assert.rejects(askUnsealer(mistaken, vaultId, clock), refusal(/no vault of this key/));
});

const raw = async (body: string): Promise<{ status: number; code: string }> => {
  const response = await fetch(`${url}/v1/share`, { method: 'POST', body });
  const answer = (await response.json()) as { error?: { code: string } };
  return { status: response.status, code: answer.error?.code ?? '' };
};

test('a question counts once, and what is no question is refused', async () => {
  const { createPrivateKey } = await import('node:crypto');
  const key = createPrivateKey({ key: Buffer.from(wrap.clientKey, 'base64'), format: 'der', type: 'pkcs8' });
  const { question } = ask(wrap.identity, vaultId, key, clock, randomBytes(16).toString('hex'));
  const body = JSON.stringify(question);
  assert.equal((await raw(body)).status, 200);
  assert.deepEqual(await raw(body), { status: 403, code: 'unsealer-replay' });
  for (const wrong of ['', '{}', 'null', body.slice(1), JSON.stringify({ ...question, extra: 1 }), 'x'.repeat(5000)])
    assert.deepEqual(await raw(wrong), { status: 400, code: 'unsealer-form' }, wrong.slice(0, 40));
  assert.deepEqual(await raw(JSON.stringify({ ...question, nonce: '0'.repeat(32) })), { status: 403, code: 'unsealer-unknown' });
  assert.throws(() => readQuestion(JSON.stringify({ ...question, nonce: 'x' })), UnsealerFormError);
});

test('a share is given seldom, and an address may not ask without end', async () => {
  clock += 3_600_000;
  const id = randomBytes(16).toString('hex');
  const rare = await introduced(id, ['127.0.0.1'], 2);
  await askUnsealer(rare, id, clock);
  await askUnsealer(rare, id, clock);
  await assert.rejects(askUnsealer(rare, id, clock), refusal(/2 times in the last hour/));
  clock += 3_600_001;
  await askUnsealer(rare, id, clock);
  for (let n = 0; n < 29; n += 1) await raw('{}');
  const before = lines.length;
  for (let n = 0; n < 5; n += 1) assert.deepEqual(await raw('{}'), { status: 429, code: 'unsealer-rate' });
  assert.equal(lines.length, before + 1, 'said once a minute');
});

test('connections that ask nothing keep no vault out', async () => {
  clock += 3_600_000;
  const { port } = server.address() as AddressInfo;
  const silent = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  // A connection of its own: those of questions before it may be kept.
  const asking = connect(port, '127.0.0.1');
  asking.write('POST /v1/share HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
  const [answer] = (await once(asking, 'data')) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 400[\s\S]*unsealer-form/);
  for (const socket of [...silent, asking]) socket.destroy();
});

test('lines are read whole or not at all, addresses by name', () => {
  const line = writeUnsealerLine(unsealer.card);
  for (const wrong of ['', 'hfu1', line.slice(0, -5), line.replace('hfu1', 'hfv1'), `${line}.x`])
    assert.throws(() => readUnsealerLine(wrong), UnsealerFormError, wrong);
  assert.throws(() => readVaultLine(line), UnsealerFormError);
  for (const wrong of ['', 'router', '10.0.0.0/33', '10.0.0.0/8/8', '1.2.3'])
    assert.throws(() => sources([wrong]), UnsealerFormError, wrong);
});
