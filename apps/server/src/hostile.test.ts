/** Who may ask: the rules H1 to H3 of security/requests.ts, request by request. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apiError } from '@holdfast/contracts';
import { own, port, type Scripted, scriptedServer, token } from './testing/neighbours.ts';

let scripted: Scripted;
before(async () => {
  scripted = await scriptedServer();
});
after(() => scripted.close());

type Headers = Record<string, string>;
const get = (url: string, headers: Headers) => scripted.app.inject({ method: 'GET', url, headers });
const post = (headers: Headers, payload = '{"reason":"hostile"}') =>
  scripted.app.inject({ method: 'POST', url: '/api/freeze', headers, payload });
const refusal = (response: { json(): unknown; statusCode: number }): [number, string] => [
  response.statusCode,
  apiError.parse(response.json()).error.code,
];

const json = { 'content-type': 'application/json' };
const host = { host: own.host };

test('only the exact names of this machine are answered', async () => {
  for (const name of [
    'evil.example',
    `evil.example:${port}`,
    'localhost',
    'localhost:80',
    `localhost:${port + 1}`,
    `LOCALHOST:${port}`,
    `localhost.:${port}`,
    `127.0.0.2:${port}`,
    `[::1]:${port}`,
    `localhost:${port}@evil.example`,
    `0.0.0.0:${port}`,
  ]) {
    assert.deepEqual(refusal(await get('/api/bots', { host: name })), [421, 'host-unknown'], name);
    assert.deepEqual(refusal(await get('/', { host: name })), [421, 'host-unknown'], name);
    assert.deepEqual(refusal(await get('/api/events', { host: name })), [421, 'host-unknown'], name);
    assert.deepEqual(refusal(await post({ ...json, host: name, authorization: `Bearer ${token}` })), [421, 'host-unknown'], name);
  }
  for (const name of [`localhost:${port}`, `127.0.0.1:${port}`])
    assert.equal((await get('/api/bots', { host: name })).statusCode, 200);
});

test('no other origin may read', async () => {
  for (const origin of [
    'http://evil.example',
    'null',
    'http://localhost',
    `http://localhost:${port + 1}`,
    `https://localhost:${port}`,
    `http://127.0.0.1:${port}`,
  ]) {
    for (const url of ['/api/bots', '/api/events', '/', '/api/openapi.json'])
      assert.deepEqual(refusal(await get(url, { ...host, origin })), [403, 'origin-foreign'], `${origin} ${url}`);
  }
  assert.equal((await get('/api/bots', own)).statusCode, 200);
});

test('what a browser marks as coming from another site is refused, unless it opens the page itself', async () => {
  for (const site of ['cross-site', 'same-site', 'something-new']) {
    const marked = { ...host, 'sec-fetch-site': site };
    assert.deepEqual(refusal(await get('/api/bots', marked)), [403, 'origin-foreign']);
    assert.deepEqual(refusal(await get('/', marked)), [403, 'origin-foreign']);
    const opening = { ...marked, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    assert.equal((await get('/', opening)).statusCode, 200);
    assert.deepEqual(refusal(await get('/api/bots', opening)), [403, 'origin-foreign']);
    assert.deepEqual(refusal(await get('//api/bots', opening)), [403, 'origin-foreign']);
    assert.deepEqual(refusal(await get('/', { ...opening, 'sec-fetch-dest': 'iframe' })), [403, 'origin-foreign']);
  }
  for (const site of ['same-origin', 'none'])
    assert.equal((await get('/api/bots', { ...host, 'sec-fetch-site': site })).statusCode, 200);
});

test('a change must be JSON', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ])
    assert.deepEqual(refusal(await post({ ...own, 'content-type': type })), [415, 'content-type-not-json'], type);
  assert.deepEqual(scripted.freezes, []);
});

test('a change needs our own origin or the token', async () => {
  const needed = [403, 'origin-or-token-needed'];
  assert.deepEqual(refusal(await post({ ...json, ...host })), needed);
  assert.deepEqual(refusal(await post({ ...json, ...host, 'sec-fetch-site': 'same-origin' })), needed);
  for (const given of ['', 'Bearer ', `Bearer ${'cd'.repeat(32)}`, `Bearer ${token}0`, `Basic ${token}`, token])
    assert.deepEqual(refusal(await post({ ...json, ...host, authorization: given })), needed, given);
  assert.deepEqual(scripted.freezes, []);
  const foreign = { ...json, ...host, authorization: `Bearer ${token}`, origin: 'http://evil.example' };
  assert.deepEqual(refusal(await post(foreign)), [403, 'origin-foreign']);
  assert.deepEqual(scripted.freezes, []);
  assert.equal((await post({ ...json, ...host, authorization: `Bearer ${token}` }, '{"reason":"token"}')).statusCode, 200);
  assert.equal((await post({ ...json, ...own }, '{"reason":"origin"}')).statusCode, 200);
  assert.deepEqual(scripted.freezes, ['token', 'origin']);
});

test('the head is checked before the address: what is not there tells a stranger nothing', async () => {
  assert.deepEqual(refusal(await get('/api/none', { host: 'evil.example' })), [421, 'host-unknown']);
  assert.deepEqual(refusal(await get('/%', { host: 'evil.example' })), [421, 'host-unknown']);
});
