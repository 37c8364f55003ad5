/** The gate's framing with bytes of our own making (breach cases 15, 30, 31): what two readers could read in two ways is read by none. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { GateToSigner } from '../../apps/vault/src/frames/frames.ts';
import { createGate, type Gate } from '../../apps/vault/src/gate/gate.ts';

let gate: Gate;
let port = 0;
let frames: GateToSigner[] = [];

before(async () => {
  // In the signer's place: answers every request with what came, opens every connection but /ws/no.
  const send = (frame: GateToSigner): void => {
    frames.push(frame);
    queueMicrotask(() => {
      if (frame.kind === 'dialect' || frame.kind === 'request')
        gate.receive({ kind: 'answer', id: frame.id, status: 200, body: JSON.stringify({ seen: frame.id }) });
      if (frame.kind === 'socket' && frame.target === '/ws/no')
        gate.receive({ kind: 'answer', id: frame.id, status: 400, body: '{"code":-1125}' });
      else if (frame.kind === 'socket') gate.receive({ kind: 'socket-open', id: frame.id });
      if (frame.kind === 'socket-text' && frame.text === 'end')
        gate.receive({ kind: 'socket-close', id: frame.id, code: 1008, reason: 'enough' });
      else if (frame.kind === 'socket-text') gate.receive({ kind: 'socket-text', id: frame.id, text: `heard ${frame.text}` });
    });
  };
  gate = createGate({ send }, () => port, 1000);
  await new Promise<void>((done) => gate.server.listen(0, '127.0.0.1', done));
  port = (gate.server.address() as AddressInfo).port;
});
after(() => {
  gate.server.closeAllConnections();
  gate.server.close();
});

/** Sends bytes and gives all that comes back until the other side ends or `ms` have passed. */
function talk(bytes: string | Buffer, ms = 400): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const end = (): void => {
      socket.destroy();
      done(text);
    };
    const timer = setTimeout(end, ms);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      done(text);
    });
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

const host = (): string => `Host: 127.0.0.1:${port}`;
const statuses = (answer: string): string[] => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status!);
async function heard(bytes: string | Buffer, ms?: number): Promise<{ statuses: string[]; requests: number }> {
  frames = [];
  const answer = await talk(bytes, ms);
  return { statuses: statuses(answer), requests: frames.length };
}

test('a plain request goes through as it came', async () => {
  frames = [];
  const target = '/api/v3/../%2e%2e//order;x?A=1&a=%zz';
  await talk(`POST ${target} HTTP/1.1\r\n${host()}\r\nX-MBX-APIKEY: k\r\nContent-Type: t\r\nContent-Length: 3\r\n\r\na=b`);
  const { id, ...frame } = frames[0] as Extract<GateToSigner, { kind: 'dialect' }>;
  assert.deepEqual(frame, { kind: 'dialect', method: 'POST', target, apiKey: 'k', contentType: 't', body: 'a=b' });
});

test('30: smuggled requests get 400, and at most one request is heard', async () => {
  const post = 'POST /api/v3/order HTTP/1.1';
  const inner = `GET /api/v3/time HTTP/1.1\r\n${'X: y'}\r\n\r\n`;
  const cases: Readonly<Record<string, string>> = {
    'length and chunks': `${post}\r\n${host()}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'two lengths': `${post}\r\n${host()}\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n${inner}`,
    'two equal lengths': `${post}\r\n${host()}\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n`,
    'a list of lengths': `${post}\r\n${host()}\r\nContent-Length: 0, 40\r\n\r\n${inner}`,
    'a signed length': `${post}\r\n${host()}\r\nContent-Length: +3\r\n\r\na=b`,
    'two hosts': `${post}\r\n${host()}\r\nHost: evil\r\nContent-Length: 0\r\n\r\n`,
    'two equal hosts': `${post}\r\n${host()}\r\n${host()}\r\nContent-Length: 0\r\n\r\n`,
    'no host': `${post}\r\nContent-Length: 0\r\n\r\n`,
    'a folded header': `${post}\r\n${host()}\r\nX-MBX-APIKEY: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
    'a bare line feed': `${post}\n${host()}\nContent-Length: 0\n\n`,
    'a bare line feed in a header': `${post}\r\n${host()}\r\nX: a\nContent-Length: 5\r\n\r\nhello`,
    'a bare carriage return': `${post}\r\n${host()}\r\nX: a\rContent-Length: 5\r\n\r\nhello`,
    'a space before the colon': `${post}\r\n${host()}\r\nContent-Length : 5\r\n\r\nhello`,
    'chunks alone': `${post}\r\n${host()}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n`,
    'chunk extensions': `${post}\r\n${host()}\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\na=b\r\n0\r\n\r\n`,
    'another encoding': `${post}\r\n${host()}\r\nTransfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\na=b`,
    'two keys': `${post}\r\n${host()}\r\nX-MBX-APIKEY: a\r\nx-mbx-apikey: b\r\nContent-Length: 0\r\n\r\n`,
    'a header of 1 MiB': `${post}\r\n${host()}\r\nX: ${'a'.repeat(1024 * 1024)}\r\n\r\n`,
    'a byte 0': `${post}\r\n${host()}\r\nX: a\u0000b\r\nContent-Length: 0\r\n\r\n`,
    'another version': `POST /api/v3/order HTTP/1.1\r\n\r\n`,
    'not UTF-8': '',
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const notUtf8 = Buffer.concat([Buffer.from(`${post}\r\n${host()}\r\nContent-Length: 2\r\n\r\n`), Buffer.from([0xff, 0xfe])]);
    const { statuses: seen, requests } = await heard(bytes === '' ? notUtf8 : bytes);
    assert.deepEqual(seen, ['400'], name);
    assert.equal(requests, 0, name);
  }
});

test('30: pipelined requests are each their own, answered in order', async () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\n${host()}\r\n\r\n`;
  frames = [];
  const answer = await talk(get('/api/v3/time?a=1') + get('/api/v3/time?a=2'));
  assert.deepEqual(statuses(answer), ['200', '200']);
  const targets = frames.map((frame) => (frame.kind === 'dialect' ? frame.target : ''));
  assert.deepEqual(targets, ['/api/v3/time?a=1', '/api/v3/time?a=2']);
  // Behind a refused request nothing on the connection is read any more.
  const refused = await heard(
    `POST /api/v3/order HTTP/1.1\r\n${host()}\r\nHost: evil\r\nContent-Length: 0\r\n\r\n${get('/api/v3/time')}`,
  );
  assert.deepEqual(refused, { statuses: ['400'], requests: 0 });
});

test('15: a header that overrides the method is no way round', async () => {
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])
    assert.deepEqual(await heard(`POST /api/v3/order HTTP/1.1\r\n${host()}\r\n${name}: DELETE\r\nContent-Length: 0\r\n\r\n`), {
      statuses: ['404'],
      requests: 0,
    });
});

test('31: long bodies, long addresses and slow bodies end in bounded time', async () => {
  const post = `POST /api/v3/order HTTP/1.1\r\n${host()}\r\n`;
  assert.deepEqual(await heard(`${post}Content-Length: ${65 * 1024}\r\n\r\n${'a'.repeat(65 * 1024)}`), {
    statuses: ['413'],
    requests: 0,
  });
  assert.deepEqual(await heard(`GET /api/v3/order?${'a'.repeat(9000)} HTTP/1.1\r\n${host()}\r\n\r\n`), {
    statuses: ['400'],
    requests: 0,
  });
  const begun = Date.now();
  const slow = await heard(`${post}Content-Length: 1000\r\n\r\na=`, 5000);
  assert.deepEqual(slow, { statuses: ['408'], requests: 0 });
  assert.ok(Date.now() - begun < 4000, 'the time for a request is 1 s here');
});

test('browsers and strange hosts are refused in the exchange’s words', async () => {
  frames = [];
  const answer = await talk(`GET /api/v3/time HTTP/1.1\r\n${host()}\r\nOrigin: http://evil\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 403[\s\S]*"code":-1002,"msg":"the door is not for browsers \(E_RIGHT\)"/);
  assert.deepEqual(await heard('GET /api/v3/time HTTP/1.1\r\nHost: evil:8432\r\n\r\n'), { statuses: ['421'], requests: 0 });
});

const open = (path: string, options: object = {}): WebSocket => new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
const next = (socket: WebSocket, event: string): Promise<unknown[]> =>
  new Promise((done) => socket.once(event, (...of) => done(of)));

test('a websocket is opened by the signer, speaks both ways and is closed by it', async () => {
  const socket = open('/ws/x');
  await next(socket, 'open');
  socket.send('hello');
  assert.equal(String((await next(socket, 'message'))[0]), 'heard hello');
  const long = 'é'.repeat(4000);
  socket.send(long);
  assert.equal(String((await next(socket, 'message'))[0]), `heard ${long}`, 'longer than 125 bytes, and not ASCII');
  socket.send('in ', { fin: false });
  socket.send('parts', { fin: true });
  assert.equal(String((await next(socket, 'message'))[0]), 'heard in parts');
  socket.ping('x');
  assert.equal(String((await next(socket, 'pong'))[0]), 'x');
  socket.send('end');
  const [code, reason] = await next(socket, 'close');
  assert.deepEqual([code, String(reason)], [1008, 'enough']);
  await sleep(20);
  assert.equal(frames.at(-1)?.kind, 'gone');
});

test('a refused websocket says why', async () => {
  const socket = open('/ws/no');
  const [, answer] = (await next(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  assert.equal(answer.statusCode, 400);
  const browser = open('/ws/x', { origin: 'http://evil' });
  const [, refused] = (await next(browser, 'unexpected-response')) as [unknown, { statusCode: number }];
  assert.equal(refused.statusCode, 403);
});

const handshake = (extra = ''): string =>
  `GET /ws/x HTTP/1.1\r\n${host()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${extra}\r\n`;

test('broken handshakes and broken frames end the connection', async () => {
  for (const bytes of [
    handshake().replace('13', '12'),
    handshake().replace(/Sec-WebSocket-Key: .*/, 'Sec-WebSocket-Key: x'),
    handshake('Content-Length: 3\r\n'),
    handshake('Sec-WebSocket-Version: 13\r\n'),
    handshake().replace('GET', 'POST'),
  ])
    assert.deepEqual((await heard(bytes)).statuses, ['400'], bytes);
  const codeOf = async (frame: number[]): Promise<number> => {
    const answer = await new Promise<Buffer>((done) => {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('close', () => done(Buffer.concat(chunks)));
      socket.write(handshake());
      setTimeout(() => socket.write(Buffer.from(frame)), 30);
    });
    const frames = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    assert.equal(frames[0], 0x88, 'a close frame');
    return frames.readUInt16BE(2);
  };
  const mask = [0, 0, 0, 0];
  assert.equal(await codeOf([0x81, 0x01, 0x61]), 1002, 'not masked');
  assert.equal(await codeOf([0xc1, 0x81, ...mask, 0x61]), 1002, 'an extension bit');
  assert.equal(await codeOf([0x82, 0x81, ...mask, 0x61]), 1003, 'binary');
  assert.equal(await codeOf([0x80, 0x81, ...mask, 0x61]), 1002, 'nothing to continue');
  assert.equal(await codeOf([0x83, 0x80, ...mask]), 1002, 'an unknown opcode');
  assert.equal(await codeOf([0x81, 0x81, ...mask, 0xff]), 1007, 'not UTF-8');
  assert.equal(await codeOf([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...mask]), 1009, '4 GiB');
  assert.equal(await codeOf([0x89, 0xfe, 0, 126, ...mask]), 1002, 'a long ping');
});
