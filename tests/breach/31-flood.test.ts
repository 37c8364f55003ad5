/** The gate against clients that ask faster than the signer decides: bounded memory, and room to stop everything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { doorPaths } from '@holdfast/domain';
import WebSocket from 'ws';
import type { GateToSigner } from '../../apps/vault/src/frames/frames.ts';
import { createGate, type Gate } from '../../apps/vault/src/gate/gate.ts';

let gate: Gate;
let port = 0;
let frames: GateToSigner[] = [];

before(async () => {
  // In the signer's place: takes everything and answers nothing by itself.
  const send = (frame: GateToSigner): void => {
    frames.push(frame);
    if (frame.kind === 'socket') gate.receive({ kind: 'socket-open', id: frame.id });
  };
  gate = createGate({ send }, () => port);
  await new Promise<void>((done) => gate.server.listen(0, '127.0.0.1', done));
  port = (gate.server.address() as AddressInfo).port;
});
after(() => {
  gate.server.closeAllConnections();
  gate.server.close();
});

const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 2\r\n\r\n{}`;
const paths = (): string[] => frames.flatMap((it) => (it.kind === 'request' ? [it.path] : []));
const until = async (met: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 200 && !met(); turn += 1) await sleep(20);
  assert.ok(met());
};

test('31: requests without end wait in bounded number; freezing and killing still get through', async () => {
  const flooding = connect(port, '127.0.0.1');
  flooding.on('error', () => undefined);
  flooding.write(post(doorPaths.intent).repeat(3000));
  await until(() => frames.length >= 1024);
  await sleep(100);
  assert.equal(frames.length, 1024, 'the rest does not reach the signer');

  const ask = async (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: '{}' });
  const busy = await ask(doorPaths.intent);
  assert.deepEqual([busy.status, ((await busy.json()) as { error: { code: string } }).error.code], [503, 'E_RATE']);
  const dialect = await fetch(`http://127.0.0.1:${port}/api/v3/ping`);
  assert.deepEqual([dialect.status, ((await dialect.json()) as { code: number }).code], [503, -1003]);
  for (const path of [doorPaths.freeze, doorPaths.kill]) {
    const stopping = ask(path);
    await until(() => paths().includes(path));
    const { id } = frames.at(-1) as Extract<GateToSigner, { kind: 'request' }>;
    gate.receive({ kind: 'answer', id, status: 200, body: '{}' });
    assert.equal((await stopping).status, 200, path);
  }

  flooding.destroy();
  await until(() => frames.filter(({ kind }) => kind === 'gone').length === 1024);
  frames = [];
  const later = ask(doorPaths.intent);
  await until(() => frames.length === 1);
  gate.receive({ kind: 'answer', id: (frames[0] as { id: number }).id, status: 200, body: '{}' });
  assert.equal((await later).status, 200, 'with room again it goes on');
});

test('31: connections that ask nothing keep nobody out', async () => {
  frames = [];
  const host = `Host: 127.0.0.1:${port}`;
  // Each has asked something that the gate answers itself, or nothing yet, and stays.
  const silent: Socket[] = [];
  while (!silent.some(({ destroyed }) => destroyed)) {
    assert.ok(silent.length < 4000, 'they are bounded in number');
    for (let at = 0; at < 200; at += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      if (at % 2 === 0) socket.write(`POST ${doorPaths.intent} HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\n\r\n`);
      silent.push(socket);
    }
    await until(() => silent.every(({ connecting }) => !connecting));
    await sleep(20);
  }
  const freezing = connect(port, '127.0.0.1');
  freezing.write(post(doorPaths.freeze));
  await until(() => paths().includes(doorPaths.freeze));
  gate.receive({ kind: 'answer', id: (frames.at(-1) as { id: number }).id, status: 200, body: '{}' });
  const [answer] = (await once(freezing, 'data')) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 200/);
  freezing.destroy();
  for (const socket of silent) socket.destroy();
});

test('31: a websocket that talks without end is closed', async () => {
  frames = [];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws-api/v3`);
  await new Promise((done) => socket.once('open', done));
  const closed = new Promise<number>((done) => socket.once('close', done));
  for (let n = 0; n < 5000; n += 1) socket.send('{"method":"ping"}');
  assert.equal(await closed, 1008);
  const heard = frames.filter(({ kind }) => kind === 'socket-text').length;
  assert.ok(heard >= 100 && heard < 500, `${heard} were heard`);
});
