/** Private streams of the dialect: what happens to a sub-key's orders is said to it, and to nobody else. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { moved } from '../clients/exchange-under-test.ts';
import { type Instance, until } from '../vault/harness.ts';
import { addressOf, type Client, ccxtClass, connected, type DialectKey, newKey } from './fixture.ts';

const ProBinance = await ccxtClass('./src/pro/binance.js');
const symbol = 'BTC/USDT';

let instance: Instance;
let key: DialectKey;
let other: DialectKey;
before(async () => {
  instance = await connected();
  key = await newKey(instance, 'streams');
  other = await newKey(instance, 'other');
});
after(() => instance.close());

function proOf({ apiKey, secret }: DialectKey): Client {
  const made = new ProBinance({ apiKey, secret });
  made.urls.api = moved(made.urls.api, addressOf(instance));
  return made;
}

const sign = (text: string, secret: string): string => createHmac('sha256', secret).update(text).digest('hex');

interface Heard {
  readonly socket: WebSocket;
  readonly messages: Client[];
  readonly closed: Promise<number>;
}

async function listen(path: string): Promise<Heard> {
  const socket = new WebSocket(`ws://${addressOf(instance)}${path}`);
  const messages: Client[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((done) => socket.on('close', done));
  await new Promise((done, failed) => {
    socket.on('open', done);
    socket.on('error', failed);
  });
  return { socket, messages, closed };
}

const call = async (method: string, path: string, apiKey: string): Promise<Client> =>
  (await fetch(`http://${addressOf(instance)}${path}`, { method, headers: { 'x-mbx-apikey': apiKey } })).json();

test('ccxt pro watches its own orders, trades and balance', async () => {
  const client = proOf(key);
  await client.loadHttpProxyAgent(); // needed by the client for ws:// addresses
  await client.loadMarkets();
  const heard = Promise.all([client.watchOrders(symbol), client.watchBalance(), client.watchMyTrades(symbol)]);
  await until('a subscription', () => (Object.keys(client.clients).length > 0 ? true : undefined));
  await new Promise((done) => setTimeout(done, 500));
  const placed = await client.createOrder(symbol, 'market', 'buy', 0.002);
  const [orders, balance, trades] = await heard;
  assert.equal(orders[0].id, placed.id);
  assert.equal(trades[0].order, placed.id);
  assert.ok(balance.BTC.total > 0 && balance.USDT.total < 100_000);
  await client.close();
});

test('a listen key is the vault’s own, says a sub-key’s events and no other’s, and ends', async () => {
  const { listenKey } = await call('POST', '/api/v3/userDataStream', key.apiKey);
  assert.match(listenKey, /^[A-Za-z0-9]{64}$/);
  assert.equal((await call('POST', '/api/v3/userDataStream', key.apiKey)).listenKey, listenKey, 'the same while it is good');
  const mine = await listen(`/ws/${listenKey}`);
  const combined = await listen(`/stream?streams=${listenKey}`);
  const foreign = await listen(`/ws/${(await call('POST', '/api/v3/userDataStream', other.apiKey)).listenKey}`);

  const client = proOf(key);
  await client.loadMarkets();
  const { bid } = await client.fetchTicker(symbol);
  const resting = await client.createOrder(symbol, 'limit', 'buy', 0.002, Math.round(bid * 0.993), { clientOrderId: 'heard-1' });
  await client.cancelOrder(resting.id, symbol);
  const reports = await until('two reports', () => {
    const of = mine.messages.filter((it) => it.e === 'executionReport');
    return of.length >= 2 ? of : undefined;
  });
  assert.deepEqual(
    reports.map((it) => [it.x, it.X, it.i, it.q, it.z]),
    [
      ['NEW', 'NEW', Number(resting.id), '0.00200000', '0.00000000'],
      ['CANCELED', 'CANCELED', Number(resting.id), '0.00200000', '0.00000000'],
    ],
  );
  assert.deepEqual([reports[0].c, reports[1].C], ['heard-1', 'heard-1']);
  assert.ok(mine.messages.some((it) => it.e === 'outboundAccountPosition' && it.B.some((of: Client) => of.a === 'USDT')));
  assert.equal(combined.messages[0].stream, listenKey);
  assert.equal(combined.messages[0].data.e, 'executionReport');
  assert.deepEqual(foreign.messages, [], 'another sub-key hears nothing of it');
  assert.doesNotMatch(JSON.stringify(mine.messages), /"hf[a-z2-7]{32}"/, 'the id at the exchange is not said');

  const wrong = await call('DELETE', `/api/v3/userDataStream?listenKey=${listenKey}`, other.apiKey);
  assert.equal(wrong.code, -1125, 'a listen key belongs to one sub-key');
  assert.deepEqual(await call('PUT', `/api/v3/userDataStream?listenKey=${listenKey}`, key.apiKey), {});
  assert.deepEqual(await call('DELETE', `/api/v3/userDataStream?listenKey=${listenKey}`, key.apiKey), {});
  assert.equal(await mine.closed, 1000);
  await assert.rejects(listen(`/ws/${listenKey}`), /400/);
  await assert.rejects(listen('/ws/btcusdt@trade'), /404/);
  foreign.socket.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}');
  assert.equal(await foreign.closed, 1008, '33: this connection only speaks');
});

const ask = async (of: Heard, request: object): Promise<Client> => {
  const before = of.messages.length;
  of.socket.send(JSON.stringify(request));
  return until('an answer', () => of.messages[before]);
};
const params = (of: DialectKey, secret = of.secret, time = Date.now()): object => {
  const payload = `apiKey=${of.apiKey}&timestamp=${time}`;
  return { apiKey: of.apiKey, timestamp: time, signature: sign(payload, secret) };
};
const subscribe = (of: object): object => ({ id: 1, method: 'userDataStream.subscribe.signature', params: of });

test('33: the WebSocket API takes subscribe, unsubscribe and ping; anything else closes it', async () => {
  const api = await listen('/ws-api/v3');
  assert.equal((await ask(api, { id: 'a', method: 'ping' })).status, 200);
  const proof = params(key);
  assert.deepEqual((await ask(api, subscribe(proof))).result, { subscriptionId: 0 });
  assert.match((await ask(api, subscribe(proof))).error.msg, /E_REPLAY/);
  assert.match((await ask(api, subscribe(params(key, other.secret)))).error.msg, /E_SIG/);
  assert.match((await ask(api, subscribe(params(key, key.secret, Date.now() - 9000)))).error.msg, /E_TIME/);
  assert.match((await ask(api, subscribe({ ...params(key), symbol: 'x' }))).error.msg, /E_PARAM/);
  assert.deepEqual((await ask(api, { id: 2, method: 'userDataStream.unsubscribe', params: { subscriptionId: 0 } })).status, 200);
  for (const method of ['session.logon', 'order.place', 'userDataStream.start', 'account.status']) {
    const of = await listen('/ws-api/v3');
    assert.match((await ask(of, { id: 1, method, params: params(key) })).error.msg, /E_PATH/);
    assert.equal(await of.closed, 1008);
  }
  for (const text of ['x', '[]', '{"id":1}', `{"id":1,"method":"ping","params":{"a":${'['.repeat(500)}${']'.repeat(500)}}}`]) {
    const of = await listen('/ws-api/v3');
    of.socket.send(text);
    assert.equal(await of.closed, 1008, text.slice(0, 20));
  }
  api.socket.close();
});

test('connections that prove nothing make room for one that does', async () => {
  const silent: Heard[] = [];
  for (let n = 0; n < 260; n += 1) silent.push(await listen('/ws-api/v3'));
  assert.equal(await silent[0]!.closed, 1008);
  const api = await listen('/ws-api/v3');
  assert.equal((await ask(api, subscribe(params(key)))).status, 200);
  for (let n = 0; n < 10; n += 1) silent.push(await listen('/ws-api/v3'));
  assert.equal(api.socket.readyState, WebSocket.OPEN, 'one that has proved itself stays');
  for (const { socket } of [...silent, api]) socket.terminate();
});

test('a revoked sub-key hears nothing any more', async () => {
  const short = await newKey(instance, 'short');
  const { listenKey } = await call('POST', '/api/v3/userDataStream', short.apiKey);
  await listen(`/ws/${listenKey}`).then(({ socket }) => socket.close());
  await instance.engine.revoke(short.subKey as never);
  await assert.rejects(listen(`/ws/${listenKey}`), /400/);
  assert.match((await call('POST', '/api/v3/userDataStream', short.apiKey)).msg, /E_REVOKED/);
});
