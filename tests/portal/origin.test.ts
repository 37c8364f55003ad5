/** What reaches the vault through the portal's port, and what does not: raw requests against a real vault. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { pageHash } from '@holdfast/vault/admin';
import { newFolder, type Running, startVault, stop } from '../vault/harness.ts';

const noExchange = 9;
const data = newFolder();
let vault: Running;
let port: number;
before(async () => {
  vault = await startVault(data, noExchange);
  port = Number(new URL(vault.portal()).port);
});
after(async () => {
  await stop(vault);
  rmSync(data, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(method: string, path: string, headers: Record<string, string>, body = '', host = '127.0.0.1'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const own = (): Record<string, string> => ({
  host: `localhost:${port}`,
  origin: vault.portal(),
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
  'content-length': '2',
});
const state = '/v1/portal/state';
const codeOf = ({ body }: Answer): string => (JSON.parse(body) as { error: { code: string } }).error.code;

test('the page asks for the state of its vault', async () => {
  const { status, body } = await ask('POST', state, own(), '{}');
  assert.equal(status, 200);
  const said = JSON.parse(body) as Record<string, unknown>;
  assert.match(String(said.vaultId), /^[0-9a-f]{32}$/);
  assert.equal(said.origin, vault.portal());
  assert.equal(said.simulated, true);
});

test('every answer forbids framing, foreign bytes and keeping, and sets no cookie', async () => {
  const answers = await Promise.all([
    ask('GET', '/', { host: `localhost:${port}` }),
    ask('GET', '/page/main.ts', { host: `localhost:${port}` }),
    ask('GET', '/nothing', { host: `localhost:${port}` }),
    ask('POST', state, own(), '{}'),
    ask('POST', state, {}, '{}'),
  ]);
  for (const { headers } of answers) {
    const policy = String(headers['content-security-policy']);
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      assert.ok(policy.includes(rule), policy);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('scripts are our TypeScript without its types, and name no package', async () => {
  const { status, headers, body } = await ask('GET', '/domain/owner-act.ts', { host: `localhost:${port}` });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/javascript/);
  assert.match(body, /export function canonicalText\(value\s*\)/);
  const page = await ask('GET', '/page/main.ts', { host: `localhost:${port}` });
  assert.doesNotMatch(page.body, /@holdfast/);
  assert.match(String(headers['holdfast-page']), /^[0-9a-f]{64}$/);
  assert.equal(page.headers['holdfast-page'], headers['holdfast-page']);
  assert.equal(headers['holdfast-page'], pageHash(), 'what "up" and "vault init" print');
});

test('another host than localhost is turned away; the address in numbers leads to the name', async () => {
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `localhost.evil.example:${port}`,
    `localhost:${port + 1}`,
    'localhost',
  ]) {
    const answer = await ask('GET', '/', { host });
    assert.equal(answer.status, 421, host);
    assert.equal((await ask('POST', state, { ...own(), host }, '{}')).status, 421, host);
  }
  for (const host of [`127.0.0.1:${port}`, `[::1]:${port}`]) {
    const answer = await ask('GET', '/', { host });
    assert.equal(answer.status, 308, host);
    assert.equal(answer.headers.location, `http://localhost:${port}/`);
    assert.equal((await ask('POST', state, { ...own(), host }, '{}')).status, 421, host);
  }
});

test('localhost works over IPv6 as well', async (t) => {
  const v6 = await ask('POST', state, own(), '{}', '::1').catch((error: NodeJS.ErrnoException) => error.code);
  if (v6 === 'EADDRNOTAVAIL' || v6 === 'EAFNOSUPPORT' || v6 === 'ECONNREFUSED') return t.skip('this machine has no IPv6');
  assert.equal((v6 as Answer).status, 200);
});

const hostile: Readonly<Record<string, readonly [change: Record<string, string>, status: number, code: string]>> = {
  'another origin': [{ origin: 'http://localhost:8430' }, 403, 'E_RIGHT'],
  'no origin': [{ origin: '' }, 403, 'E_RIGHT'],
  'the null origin': [{ origin: 'null' }, 403, 'E_RIGHT'],
  'a cross-site fetch': [{ 'sec-fetch-site': 'cross-site' }, 403, 'E_RIGHT'],
  'a same-site fetch of another port': [{ 'sec-fetch-site': 'same-site' }, 403, 'E_RIGHT'],
  'a program without fetch metadata': [{ 'sec-fetch-site': '' }, 403, 'E_RIGHT'],
  'a form': [{ 'content-type': 'text/plain' }, 415, 'E_PARAM'],
  'a body that is too long': [{ 'content-length': String(64 * 1024 + 1) }, 413, 'E_PARAM'],
};
for (const [name, [change, status, code]] of Object.entries(hostile))
  test(`a request is refused that comes from ${name}`, async () => {
    const headers = Object.fromEntries(Object.entries({ ...own(), ...change }).filter(([, value]) => value !== ''));
    const answer = await ask('POST', state, headers, change['content-length'] === undefined ? '{}' : ' '.repeat(64 * 1024 + 1));
    assert.equal(answer.status, status);
    assert.equal(codeOf(answer), code);
  });

test('paths of the door, files beside the page and other methods are not there', async () => {
  for (const path of ['/v1/intent', '/v1/owner', '/v1/portal/../intent', '/v1/portal/state?x=1', '/v1/portal/'])
    assert.equal((await ask('POST', path, own(), '{}')).status, 404, path);
  for (const path of ['/page/../../signer/main.ts', '/page/%2e%2e/portal.ts', '/portal.ts', '/page/', '/domain', '/etc/passwd'])
    assert.equal((await ask('GET', path, { host: `localhost:${port}` })).status, 404, path);
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    assert.equal((await ask(method, state, own(), '{}')).status, 405, method);
});

test('a request of two hosts, two origins or a chunked body is not passed on', async () => {
  const raw = (head: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`POST ${state} HTTP/1.1\r\n${head}\r\n\r\n{}`));
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text)).on('error', reject);
    });
  const lines = Object.entries({ ...own(), connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  assert.match(await raw([...lines].join('\r\n')), /^HTTP\/1\.1 200 /);
  assert.match(await raw([...lines, 'host: evil.example'].join('\r\n')), /^HTTP\/1\.1 4(00|21) /);
  assert.match(await raw([...lines, `origin: ${vault.portal()}`].join('\r\n')), /^HTTP\/1\.1 400 /);
  const chunked = lines.filter((line) => !line.startsWith('content-length'));
  assert.match(await raw([...chunked, 'transfer-encoding: chunked'].join('\r\n')), /^HTTP\/1\.1 41?[01] /);
  assert.match(await raw([...lines, 'transfer-encoding: chunked'].join('\r\n')), /^HTTP\/1\.1 400 /);
});

test('the gate does not answer for the portal, and the portal asks no program key', async () => {
  const answer = await fetch(`http://127.0.0.1:${vault.port}${state}`, { method: 'POST', body: '{}' });
  assert.equal(answer.status, 404);
});
