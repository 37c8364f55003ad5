import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type ExchangeUnderTest, exchangeUnderTest } from '../../../tests/clients/exchange-under-test.ts';
import { signedClient } from '../../../tests/clients/signed-client.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages of many shapes, looked into by the tests
type Message = any;

let exchange: ExchangeUnderTest;
before(async () => {
  exchange = await exchangeUnderTest({ speed: 20 });
});
after(() => exchange.end());

interface Line {
  readonly socket: WebSocket;
  readonly heard: Message[];
  send(message: object): void;
  /** The first message from now or before that fits. */
  until(fits: (message: Message) => boolean): Promise<Message>;
  /** Sends a request of the WebSocket API and waits for its answer. */
  ask(method: string, params?: object): Promise<Message>;
}

let asked = 0;

async function connect(t: { after(run: () => void): void }, path: string): Promise<Line> {
  const socket = new WebSocket(`ws://${exchange.host}${path}`);
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    heard.push(JSON.parse(String(data)));
    for (const look of [...waiting]) look();
  });
  t.after(() => socket.terminate());
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const until = (fits: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = heard.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return {
    socket,
    heard,
    send: (message) => socket.send(JSON.stringify(message)),
    until,
    ask(method, params) {
      const id = `ask-${++asked}`;
      socket.send(JSON.stringify({ id, method, ...(params === undefined ? {} : { params }) }));
      return until((message) => message.id === id);
    },
  };
}

const get = async (path: string): Promise<Message> => (await fetch(exchange.url + path)).json();

test('a single stream sends bare events, a combined one names the stream', async (t) => {
  const single = await connect(t, '/ws/btcusdt@trade');
  const trade = await single.until((message) => message.e === 'trade');
  assert.deepEqual(Object.keys(trade), ['e', 'E', 's', 't', 'p', 'q', 'T', 'm', 'M']);
  const combined = await connect(t, '/stream?streams=btcusdt@aggTrade/ethusdt@bookTicker/btcusdt@kline_1m/btcusdt@depth5@100ms');
  const kinds = ['btcusdt@aggTrade', 'ethusdt@bookTicker', 'btcusdt@kline_1m', 'btcusdt@depth5@100ms'];
  for (const kind of kinds) assert.ok((await combined.until((message) => message.stream === kind)).data);
  const micro = await connect(t, '/ws/btcusdt@trade?timeUnit=MICROSECOND');
  assert.ok((await micro.until((message) => message.e === 'trade')).T > 1e15);
});

test('streams are subscribed to, listed and left by JSON commands', async (t) => {
  const line = await connect(t, '/ws');
  line.send({ method: 'SUBSCRIBE', params: ['btcusdt@miniTicker', '!miniTicker@arr'], id: 1 });
  assert.deepEqual(await line.until((message) => message.id === 1), { result: null, id: 1 });
  line.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
  assert.deepEqual((await line.until((message) => message.id === 2)).result, ['btcusdt@miniTicker', '!miniTicker@arr']);
  assert.equal((await line.until((message) => message.e === '24hrMiniTicker')).s, 'BTCUSDT');
  assert.ok((await line.until(Array.isArray)).length >= 4);
  line.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@miniTicker'], id: 'x' });
  assert.deepEqual(await line.until((message) => message.id === 'x'), { result: null, id: 'x' });
  line.send({ method: 'SHOUT', id: 3 });
  assert.equal((await line.until((message) => message.id === 3)).error.code, 2);
});

test('tickers of a day and of an hour are two kinds of event, of one market or of all', async (t) => {
  const names = ['btcusdt@ticker', 'btcusdt@ticker_1h', '!ticker_1h@arr', 'btcusdt@miniTicker'];
  const line = await connect(t, `/stream?streams=${names.join('/')}`);
  const heard = async (name: string): Promise<Message> => (await line.until((message) => message.stream === name)).data;
  const keys = async (name: string): Promise<string> => Object.keys(await heard(name)).join('');
  assert.equal(await keys('btcusdt@ticker'), 'eEspPwxcQbBaAohlvqOCFLn');
  assert.equal(await keys('btcusdt@ticker_1h'), 'eEspPohlcwvqOCFLn');
  assert.equal(await keys('btcusdt@miniTicker'), 'eEscohlvq');
  assert.equal((await heard('btcusdt@ticker')).e, '24hrTicker');
  const all = await heard('!ticker_1h@arr');
  assert.ok(all.length >= 4 && all.every((each: Message) => each.e === '1hTicker'));
  assert.ok(all[0].C - all[0].O < 3_600_000 && all[0].n < (await heard('btcusdt@ticker')).n);
});

test('candles of the clock of UTC+8 are heard under their own name and open with its days', async (t) => {
  const line = await connect(t, '/stream?streams=btcusdt@kline_1d@%2B08:00');
  line.send({ method: 'SUBSCRIBE', params: ['btcusdt@kline_1d'], id: 1 });
  const [east, utc] = await Promise.all(
    ['btcusdt@kline_1d@+08:00', 'btcusdt@kline_1d'].map((name) => line.until((message) => message.stream === name)),
  );
  assert.equal(east.data.k.i, '1d');
  assert.deepEqual([utc.data.k.t % 86_400_000, east.data.k.t % 86_400_000], [0, 16 * 3_600_000]);
  const [[asked]] = await get('/api/v3/klines?symbol=BTCUSDT&interval=1d&limit=1&timeZone=8');
  assert.equal(asked, east.data.k.t);
});

test('more than five messages in a second end the connection', async (t) => {
  const line = await connect(t, '/ws/btcusdt@trade');
  const closed = new Promise<number>((resolve) => line.socket.on('close', resolve));
  for (let id = 0; id < 7; id++) line.send({ method: 'LIST_SUBSCRIPTIONS', id });
  assert.equal(await closed, 1008);
});

test("a book kept from snapshot and differences stays the exchange's book", async (t) => {
  const line = await connect(t, '/ws/btcusdt@depth@100ms');
  await line.until((message) => message.e === 'depthUpdate');
  const snapshot = await get('/api/v3/depth?symbol=BTCUSDT&limit=5000');
  const first = await line.until((message) => message.u > snapshot.lastUpdateId);
  assert.ok(first.U <= snapshot.lastUpdateId + 1, 'the first difference joins on to the snapshot');
  await line.until((message) => message.u > first.u + 20);
  const diffs = line.heard.filter((message) => message.u > snapshot.lastUpdateId);
  const sides = { b: new Map<string, string>(snapshot.bids), a: new Map<string, string>(snapshot.asks) };
  for (const [i, diff] of diffs.entries()) {
    if (i > 0) assert.equal(diff.U, diffs[i - 1].u + 1);
    for (const side of ['b', 'a'] as const)
      for (const [price, quantity] of diff[side])
        if (Number(quantity) === 0) sides[side].delete(price);
        else sides[side].set(price, quantity);
  }
  const bids = [...sides.b.keys()].map(Number);
  const asks = [...sides.a.keys()].map(Number);
  assert.ok(Math.max(...bids) < Math.min(...asks), 'the book does not cross');
});

test('a listen key carries the events of its user, alone and combined', async (t) => {
  const { apiKey, secret } = await exchange.key();
  const client = signedClient(exchange.url, apiKey, secret);
  const { listenKey } = (await client.raw('POST', '/api/v3/userDataStream')).body;
  assert.equal((await client.raw('POST', '/api/v3/userDataStream')).body.listenKey, listenKey);
  const line = await connect(t, `/ws/${listenKey}`);
  const combined = await connect(t, `/stream?streams=${listenKey}`);
  const placed = await client.send('POST', '/api/v3/order', { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.01' });
  await line.until((message) => message.e === 'outboundAccountPosition');
  const reports = line.heard.filter((message) => message.e === 'executionReport');
  assert.deepEqual([reports[0].x, reports[0].X, reports[0].w, reports[0].t, reports[0].N], ['NEW', 'NEW', true, -1, null]);
  const fill = reports.at(-1);
  assert.deepEqual([fill.x, fill.X, fill.w, fill.m, fill.i], ['TRADE', 'FILLED', false, false, placed.body.orderId]);
  assert.deepEqual([fill.z, fill.N], ['0.01000000', 'BTC']);
  assert.equal((await combined.until((message) => message.stream === listenKey)).data.e, 'executionReport');
  assert.deepEqual((await client.raw('PUT', `/api/v3/userDataStream?listenKey=${listenKey}`)).body, {});
  assert.deepEqual((await client.raw('DELETE', `/api/v3/userDataStream?listenKey=${listenKey}`)).body, {});
  const gone = await client.raw('PUT', `/api/v3/userDataStream?listenKey=${listenKey}`);
  assert.deepEqual(gone.body, { code: -1125, msg: 'This listenKey does not exist.' });
});

const signedParams = (apiKey: string, secret: string, params: Record<string, unknown>): object => {
  const all: Record<string, unknown> = { ...params, apiKey, timestamp: Date.now() };
  const text = Object.keys(all)
    .sort()
    .map((name) => `${name}=${String(all[name])}`)
    .join('&');
  const signature = secret.startsWith('-----')
    ? sign(null, Buffer.from(text), createPrivateKey(secret)).toString('base64')
    : createHmac('sha256', secret).update(text).digest('hex');
  return { ...all, signature };
};

test('the WebSocket API answers requests, with limits, and refuses what it does not know', async (t) => {
  const line = await connect(t, '/ws-api/v3');
  const time = await line.ask('time');
  assert.equal(time.status, 200);
  assert.equal(time.rateLimits[0].rateLimitType, 'REQUEST_WEIGHT');
  assert.equal((await line.ask('time', { returnRateLimits: false })).rateLimits, undefined);
  const info = await line.ask('exchangeInfo', { symbols: ['BTCUSDT'] });
  assert.equal(info.result.symbols[0].symbol, 'BTCUSDT');
  assert.equal((await line.ask('ticker.price', { symbol: 'BTCUSDT' })).result.symbol, 'BTCUSDT');
  assert.equal((await line.ask('depth', { symbol: 'BTCUSDT', limit: 5 })).result.bids.length, 5);
  assert.deepEqual((await line.ask('depth')).error.code, -1102);
  assert.equal((await line.ask('order.shout')).status, 400);
  line.socket.send('{');
  assert.equal((await line.until((message) => message.id === null)).error.code, -1135);
});

test('numbers in signed requests of the WebSocket API keep the text in which they were sent', async (t) => {
  const { apiKey, secret } = await exchange.key();
  const line = await connect(t, '/ws-api/v3');
  const timestamp = Date.now();
  const text = `apiKey=${apiKey}&price=50000.10&quantity=0.0100&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=${timestamp}&type=LIMIT`;
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  line.socket.send(
    `{"id":"n","method":"order.place","params":{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":0.0100,"price":50000.10,"apiKey":"${apiKey}","timestamp":${timestamp},"signature":"${signature}"}}`,
  );
  const answer = await line.until((message) => message.id === 'n');
  assert.deepEqual([answer.status, answer.result?.price], [200, '50000.10000000']);
  assert.deepEqual(
    answer.rateLimits.map((each: Message) => each.rateLimitType),
    ['ORDERS', 'ORDERS', 'REQUEST_WEIGHT'],
  );
});

test('a session logged on with Ed25519 trades without signatures and hears its events', async (t) => {
  const { apiKey, secret } = await exchange.key({ type: 'ed25519' });
  const line = await connect(t, '/ws-api/v3');
  assert.equal((await line.ask('userDataStream.subscribe')).status, 401);
  const logon = await line.ask('session.logon', signedParams(apiKey, secret, {}));
  assert.equal(logon.result.apiKey, apiKey);
  const { subscriptionId } = (await line.ask('userDataStream.subscribe')).result;
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: '50000' };
  const placed = await line.ask('order.place', { ...order, timestamp: Date.now() });
  assert.equal(placed.status, 200);
  const event = await line.until((message) => message.event?.e === 'executionReport');
  assert.deepEqual([event.subscriptionId, event.event.i], [subscriptionId, placed.result.orderId]);
  const canceled = await line.ask('order.cancel', { symbol: 'BTCUSDT', orderId: placed.result.orderId, timestamp: Date.now() });
  assert.equal(canceled.result.status, 'CANCELED');
  const report = await line.until((message) => message.event?.x === 'CANCELED');
  assert.equal(report.event.C, placed.result.clientOrderId);
  await line.ask('session.logout');
  assert.equal((await line.until((message) => message.event?.e === 'eventStreamTerminated')).subscriptionId, subscriptionId);
  assert.equal((await line.ask('order.place', { ...order, timestamp: Date.now() })).error.code, -2014);
});

test('only Ed25519 logs on, but any key may subscribe by signature', async (t) => {
  const { apiKey, secret, userId } = await exchange.key();
  const line = await connect(t, '/ws-api/v3');
  assert.equal((await line.ask('session.logon', signedParams(apiKey, secret, {}))).error.code, -4056);
  assert.equal((await line.ask('userDataStream.subscribe.signature', signedParams(apiKey, secret, {}))).result.subscriptionId, 0);
  await fetch(`${exchange.url}/sim/credit`, {
    method: 'POST',
    headers: { 'x-sim-token': exchange.token },
    body: JSON.stringify({ userId, credit: { ETH: '3' } }),
  });
  const event = await line.until((message) => message.event?.e === 'balanceUpdate');
  assert.deepEqual([event.event.a, event.event.d], ['ETH', '3.00000000']);
});

test('three further exchanges speak their own dialects, within a percent of the price', async (t) => {
  const price = Number((await get('/api/v3/ticker/price?symbol=BTCUSDT')).price);
  const near = (text: unknown): void => assert.ok(Math.abs(Number(text) / price - 1) < 0.01, String(text));
  const kraken = await connect(t, '/reference/kraken');
  kraken.send({ method: 'subscribe', params: { channel: 'ticker', symbol: ['BTC/USDT'] }, req_id: 4 });
  assert.equal((await kraken.until((message) => message.method === 'subscribe')).success, true);
  near((await kraken.until((message) => message.channel === 'ticker')).data[0].bid);
  const coinbase = await connect(t, '/reference/coinbase');
  coinbase.send({ type: 'subscribe', product_ids: ['BTC-USDT'], channels: ['ticker'] });
  near((await coinbase.until((message) => message.type === 'ticker')).best_ask);
  const okx = await connect(t, '/reference/okx');
  okx.send({ op: 'subscribe', args: [{ channel: 'tickers', instId: 'BTC-USDT' }] });
  near((await okx.until((message) => message.data !== undefined)).data[0].last);
});
