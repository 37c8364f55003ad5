import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { after, test } from 'node:test';
import type { EgressToSigner, SignerToEgress } from '../frames/frames.ts';
import { median, readDecimal, writeDecimal } from './median.ts';
import { simulatedPlaces } from './places.ts';
import { createReference } from './reference.ts';
import { createRequests } from './requests.ts';
import { createRounds } from './rounds.ts';
import { dialects, type Json, parseExact } from './venues.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

test('a simulated vault dials loopback only', () => {
  for (const exchange of [
    'https://api.binance.com',
    'http://10.0.0.1:80',
    'http://127.0.0.1',
    'http://127.0.0.1.example:80',
    'http://127.0.0.1:80/x',
    'http://u@127.0.0.1:80',
    '',
  ]) {
    assert.throws(() => simulatedPlaces(exchange), RangeError, exchange);
  }
  const places = simulatedPlaces('http://127.0.0.1:8440');
  assert.equal(places.socket('/ws-api/v3'), 'ws://127.0.0.1:8440/ws-api/v3?sync=1');
  assert.throws(() => places.socket('/../x'), RangeError);
  assert.throws(() => places.socket('@evil.example/'), RangeError);
});

test('decimals are read and written exactly, exponents included', () => {
  const rows = [
    ['1', '1'],
    ['0.00000123', '0.00000123'],
    ['1.23e-6', '0.00000123'],
    ['6.5e4', '65000'],
    ['60234.20', '60234.2'],
  ] as const;
  for (const [text, expected] of rows) assert.equal(writeDecimal(readDecimal(text)!), expected);
  for (const text of ['0', '-1', 'x', '', '1.', '0x1', 'NaN', 5]) assert.equal(readDecimal(text), undefined, String(text));
});

test('the median of an even count is the lower mean of the two in the middle', () => {
  assert.equal(median([5n]), 5n);
  assert.equal(median([9n, 1n, 5n]), 5n);
  assert.equal(median([1n, 2n, 4n, 100n]), 3n);
  assert.throws(() => median([]), RangeError);
});

const btc = 'BTC/USDT';
const at = 1_700_000_000_000;
const spread = { bid: 100n * 10n ** 18n, ask: 100n * 10n ** 18n };
const near = (bps: bigint) => ({
  pair: btc,
  at,
  bid: spread.bid + (spread.bid * bps) / 10_000n,
  ask: spread.ask + (spread.ask * bps) / 10_000n,
});

test('a price needs three fresh venues and one liar does not move it', () => {
  const reference = createReference();
  reference.hear('kraken', near(0n));
  reference.hear('okx', near(2n));
  assert.deepEqual(reference.prices([btc], at), []);
  reference.hear('coinbase', near(500n));
  assert.deepEqual(reference.prices([btc], at), [{ pair: btc, price: '100.02', sources: 3 }]);
  assert.deepEqual(reference.prices([btc], at + 5001), [], 'feeds that said nothing for 5 s');
  for (const venue of ['kraken', 'okx', 'coinbase'] as const) reference.alive(venue, at + 6000);
  assert.equal(reference.prices([btc], at + 6000).length, 1, 'a live feed without news still means its last word');
  reference.hear('kraken', { ...near(0n), ask: 101n * 10n ** 18n });
  assert.deepEqual(reference.prices([btc], at), [], 'a spread of 100 basis points');
  reference.hear('kraken', near(0n));
  reference.forget('okx');
  assert.deepEqual(reference.prices([btc], at), []);
});

test('the ticker dialects of the three venues give the same quote', () => {
  const time = new Date(at).toISOString();
  const messages = {
    kraken: `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USDT","bid":60000.10,"ask":6.00002e4,"timestamp":"${time}"}]}`,
    coinbase: `{"type":"ticker","product_id":"BTC-USDT","best_bid":"60000.1","best_ask":"60000.2","time":"${time}"}`,
    okx: `{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","bidPx":"60000.1","askPx":"60000.2","ts":"${at}"}]}`,
  };
  const quote = { pair: btc, bid: readDecimal('60000.1'), ask: readDecimal('60000.2'), at };
  for (const venue of ['kraken', 'coinbase', 'okx'] as const) {
    assert.deepEqual(dialects[venue].quotes(parseExact(messages[venue]) as Json), [quote], venue);
    assert.deepEqual(dialects[venue].quotes(parseExact('{"channel":"heartbeat","data":7}') as Json), [], venue);
  }
  const book = `{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["60000.2","1","0","1"]],"bids":[["60000.1","1","0","1"]],"ts":"${at}"}]}`;
  assert.deepEqual(dialects.okx.quotes(parseExact(book) as Json), [quote]);
});

test('a round is handed on when every open stream has said it', () => {
  const said: number[] = [];
  const rounds = createRounds((n) => said.push(n));
  rounds.open('a');
  rounds.open('b');
  rounds.say('a', 1, at);
  assert.deepEqual(said, []);
  rounds.say('b', 1, at);
  assert.deepEqual(said, [1]);
  rounds.say('a', 1, at);
  rounds.say('b', 1, at);
  assert.deepEqual(said, [1, 1], 'a repeated round is said again, once');
  rounds.say('a', 2, at);
  rounds.say('a', 3, at);
  rounds.say('b', 2, at);
  rounds.say('b', 3, at);
  assert.equal(said.at(-1), 3);
  rounds.open('c');
  rounds.say('a', 4, at);
  rounds.say('b', 4, at);
  assert.equal(said.at(-1), 3, 'a stream that has just opened is waited for');
  rounds.close('c');
  assert.equal(said.at(-1), 4, 'one that is lost is not');
});

type Reply = Extract<EgressToSigner, { kind: 'answer' | 'failed' }>;
const request = (path: string, query = ''): Extract<SignerToEgress, { kind: 'request' }> => ({
  kind: 'request',
  id: 7,
  account: 'paper',
  purpose: 'query',
  request: { method: 'POST', path, query, headers: { 'X-MBX-APIKEY': 'key' }, body: '' },
});

async function ask(port: number, path: string, query = ''): Promise<Reply> {
  return new Promise((resolve) => createRequests(simulatedPlaces(`http://127.0.0.1:${port}`), resolve)(request(path, query)));
}

async function serve(): Promise<number> {
  const server = createServer((incoming, response) => {
    if (incoming.url === '/redirect') response.writeHead(302, { location: '/other' }).end('moved');
    else if (incoming.url === '/cut') incoming.socket.destroy();
    else if (incoming.url === '/long') {
      const part = Buffer.alloc(1024 * 1024, 'x');
      for (let index = 0; index < 10; index += 1) response.write(part);
      response.end();
    } else response.end(`${incoming.method} ${incoming.url} ${incoming.headers['x-mbx-apikey']}`);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

test('a request leaves exactly as it was built and comes back as status and body', async () => {
  const port = await serve();
  assert.deepEqual(await ask(port, '/api/v3/order', 'a=%26&signature=x%3D'), {
    kind: 'answer',
    id: 7,
    status: 200,
    body: 'POST /api/v3/order?a=%26&signature=x%3D key',
  });
  assert.deepEqual(await ask(port, '/redirect'), { kind: 'answer', id: 7, status: 302, body: 'moved' });
});

test('a lost connection and an answer that is too long may have taken effect, a refused connection cannot', async () => {
  const port = await serve();
  assert.deepEqual(await ask(port, '/cut'), { kind: 'failed', id: 7, cause: 'reset', sent: true });
  assert.deepEqual(await ask(port, '/long'), { kind: 'failed', id: 7, cause: 'reset', sent: true });
  const closed = createTcp();
  await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done));
  const free = (closed.address() as AddressInfo).port;
  await new Promise((done) => closed.close(done));
  assert.deepEqual(await ask(free, '/'), { kind: 'failed', id: 7, cause: 'reset', sent: false });
});
