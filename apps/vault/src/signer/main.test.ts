import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { doorPaths, macText } from '@holdfast/domain';
import {
  answerBytesMax,
  createFrameCutter,
  encodeFrame,
  encodeRawFrame,
  peerSecret,
  readJson,
  requestBytesMax,
  unsealKeyBytes,
} from '../frames/frames.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const root = realpathSync(join(dirname(main), '../../../..'));
const portalOrigin = 'http://localhost:8431';
const unsealKey = Buffer.alloc(unsealKeyBytes, 3);
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const flags = (folder: string): string[] => [
  '--permission',
  `--allow-fs-read=${root}/*`,
  `--allow-fs-read=${folder}/*`,
  `--allow-fs-write=${folder}/*`,
  '--no-experimental-sqlite',
  '--disable-sigusr1',
  '--no-addons',
];

/** The signer's process as the warden starts it, with our ends of its four streams. */
function startProcess(folder: string, exchange = 'http://127.0.0.1:8440') {
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] as const;
  const child: ChildProcess = spawn(process.execPath, [...flags(folder), main], { env: {}, stdio: [...stdio] });
  after(() => child.kill('SIGKILL'));
  const [gate, , warden, portal] = child.stdio.slice(3) as unknown as Socket[];
  for (const socket of child.stdio.slice(3) as unknown as Socket[]) socket.on('error', () => undefined);
  const ownerKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const ready = nextFrame(warden!);
  warden!.write(encodeRawFrame(unsealKey, requestBytesMax));
  const start = {
    kind: 'start',
    vaultId: 'v',
    simulated: true,
    exchange,
    folder,
    ownerKey,
    portalOrigin,
    kill: '',
    unsealedBy: 'simulated',
  };
  warden!.write(encodeFrame(start, requestBytesMax));
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, gate: gate!, portal: portal!, ready, exit, stderr: () => stderr };
}

const nextFrame = (socket: Socket): Promise<Record<string, unknown>> =>
  new Promise((resolve) => {
    const cut = createFrameCutter(answerBytesMax, (payload) => resolve(readJson(payload) as Record<string, unknown>));
    socket.on('data', (chunk: Buffer) => cut(chunk));
    socket.on('close', () => resolve({ kind: 'closed' }));
  });

function readRequest(): unknown {
  const body = JSON.stringify({ kind: 'status' });
  const time = String(Date.now());
  const nonce = randomBytes(16).toString('hex');
  const text = macText('POST', doorPaths.read, time, nonce, createHash('sha256').update(body).digest('hex'));
  const mac = createHmac('sha256', peerSecret(unsealKey, 'v', 'cli'))
    .update(text)
    .digest('hex');
  return { kind: 'request', id: 1, method: 'POST', path: doorPaths.read, headers: { key: 'cli', time, nonce, mac }, body };
}

function newFolder(): string {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-signer-')));
  folders.push(base);
  const folder = join(base, 'signer');
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

test('the signer runs confined, answers over its streams, journals, and ends with its gate', async () => {
  const folder = newFolder();
  const first = startProcess(folder);
  assert.equal((await first.ready).kind, 'ready', first.stderr());
  const answer = nextFrame(first.gate);
  first.gate.write(encodeFrame(readRequest(), requestBytesMax));
  const { status, body } = await answer;
  assert.equal(status, 200);
  assert.equal(JSON.parse(body as string).vaultId, 'v');
  first.gate.destroy();
  assert.equal(await first.exit, 0);
  assert.match(readFileSync(join(folder, 'journal.log'), 'utf8'), /"kind":"opened","epoch":1/);
  const second = startProcess(folder);
  assert.equal((await second.ready).seq, 3);
  second.gate.destroy();
  await second.exit;
});

test('the pages are answered over a stream of their own, and only what is theirs', async () => {
  const signer = startProcess(newFolder());
  await signer.ready;
  const ask = (id: number, path: string): Promise<Record<string, unknown>> => {
    const answer = nextFrame(signer.portal);
    const headers = { key: '', time: '', nonce: '', mac: '' };
    signer.portal.write(encodeFrame({ kind: 'request', id, method: 'POST', path, headers, body: '{}' }, requestBytesMax));
    return answer;
  };
  const state = await ask(1, '/v1/portal/state');
  assert.equal(state.status, 200);
  assert.equal(JSON.parse(state.body as string).origin, portalOrigin);
  const door = await ask(2, doorPaths.read);
  assert.equal(JSON.parse(door.body as string).error.code, 'E_PATH');
  signer.portal.destroy();
  assert.equal(await signer.exit, 0);
});

test('a damaged journal stops the start with code 65, naming file and record; a foreign exchange with code 64', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'journal.log'), '{"seq":1}\n', { mode: 0o600 });
  const damaged = startProcess(folder);
  assert.equal(await damaged.exit, 65);
  assert.match(damaged.stderr(), /journal\.log: record 1 .*damaged/);
  const foreign = startProcess(newFolder(), 'https://api.binance.com');
  assert.equal(await foreign.exit, 64);
  assert.match(foreign.stderr(), /only loopback/);
});
