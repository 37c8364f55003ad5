/** Where a real vault dials: a table, TLS, addresses of the open internet. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { after, test } from 'node:test';
import type { EgressToSigner } from '../frames/frames.ts';
import { isPublicAddress, type Places, realPlaces, simulatedPlaces } from './places.ts';
import { createRequests } from './requests.ts';

/** Of a name that does not exist, for these tests alone. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCZXOLXHyMKjgWmNc
7JCE7Ttg5baVVhdvTZ52JrPan4OhRANCAASelDbAqeB3Wfv3nbbhMEbDdVqaf+4h
Dp3xufixg3+QNyDkm5y7mZEMsCF5t5uPGHPk7wo5jjXQ/WfnVN7eh6Wp
-----END PRIVATE KEY-----`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBqTCCAVCgAwIBAgIUb3KeVQOM7DDYx+/ZeuCmqKn+9LIwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQYXBpLmV4YW1wbGUudGVzdDAgFw0yNjExMjEwODM5MDVaGA8y
MTI2MTAyODA4MzkwNVowGzEZMBcGA1UEAwwQYXBpLmV4YW1wbGUudGVzdDBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABJ6UNsCp4HdZ+/edtuEwRsN1Wpp/7iEOnfG5
+LGDf5A3IOSbnLuZkQywIXm3m48Yc+TvCjmONdD9Z+dU3t6HpamjcDBuMB0GA1Ud
DgQWBBSbQjIICAn8G9NPbDeUil5jIMueXzAfBgNVHSMEGDAWgBSbQjIICAn8G9NP
bDeUil5jIMueXzAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEGFwaS5leGFt
cGxlLnRlc3QwCgYIKoZIzj0EAwIDRwAwRAIgNvKFQSLyczptnAQx/BTxC3Xq9Z5G
0XzfQUp1DZLWwfsCIC/PaY333CJkXALYG4UoyxWmtoDgNwVohOD04OZ/bNH6
-----END CERTIFICATE-----`;
const name = 'api.example.test';

test('a real vault knows the hosts of its table and nothing else', () => {
  const places = realPlaces('binance');
  assert.equal(places.host, 'api.binance.com');
  assert.equal(places.port, 443);
  assert.equal(places.socket('/ws-api/v3'), 'wss://ws-api.binance.com:443/ws-api/v3');
  for (const path of ['/ws-api/v3?sync=1', '@evil.example/', '/../x', '//evil.example'])
    assert.throws(() => places.socket(path), RangeError, path);
  for (const exchange of ['http://127.0.0.1:8440', 'https://api.binance.com', 'evil', '', 'constructor', '__proto__'])
    assert.throws(() => realPlaces(exchange), RangeError, exchange);
  assert.throws(() => simulatedPlaces('binance'), RangeError);
  for (const url of Object.values(places.reference)) assert.match(url, /^wss:\/\//);
});

test('addresses of private networks are not of the open internet', () => {
  const isPrivate = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '64:ff9b:1::1',
    'localhost',
    '',
  ];
  for (const address of isPrivate) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['1.1.1.1', '52.84.150.39', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    assert.equal(isPublicAddress(address), true, address);
});

const server = createServer({ key, cert: certificate }, (request, response) => {
  if (request.url?.startsWith('/away') === true) response.writeHead(302, { location: 'https://evil.example/' }).end();
  else response.end(JSON.stringify({ method: request.method, url: request.url, key: request.headers['x-mbx-apikey'] }));
});
after(() => {
  server.closeAllConnections();
  server.close();
});
const toLoopback: LookupFunction = (_, options, done) =>
  options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

async function ask(places: Partial<Places>, path: string): Promise<EgressToSigner> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at: Places = { ...realPlaces('binance'), host: name, port, tls: { lookup: toLoopback, ca: certificate }, ...places };
  return new Promise((resolve) => {
    const request = { method: 'GET', path, query: 'a=1', headers: { 'X-MBX-APIKEY': 'k' }, body: '' } as const;
    createRequests(at, resolve)({ kind: 'request', id: 1, account: 'one', purpose: 'query', request });
  });
}

test('a request goes by TLS to a host that shows its own certificate, and is not sent on', async () => {
  const answer = await ask({}, '/api/v3/account');
  assert.deepEqual(answer, {
    kind: 'answer',
    id: 1,
    status: 200,
    body: JSON.stringify({ method: 'GET', url: '/api/v3/account?a=1', key: 'k' }),
  });
  const away = await ask({}, '/away');
  assert.equal(away.kind === 'answer' && away.status, 302, 'said, not followed');
});

test('no byte leaves to a host that shows another’s certificate, or to a private address', async () => {
  const nothingSent = { kind: 'failed', id: 1, cause: 'reset', sent: false };
  assert.deepEqual(await ask({ host: 'other.example.test' }, '/api/v3/account'), nothingSent);
  assert.deepEqual(await ask({ tls: { lookup: toLoopback } }, '/api/v3/account'), nothingSent);
  const { tls } = realPlaces('binance');
  assert.deepEqual(await ask({ host: 'localhost', tls: { ...tls!, ca: certificate } }, '/api/v3/account'), nothingSent);
});
