import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeUnderTest, exchangeUnderTest } from '../../../tests/clients/exchange-under-test.ts';
import { type SignedClient, signedClient } from '../../../tests/clients/signed-client.ts';

let exchange: ExchangeUnderTest;
let client: SignedClient;
before(async () => {
  exchange = await exchangeUnderTest();
  const { apiKey, secret } = await exchange.key();
  client = signedClient(exchange.url, apiKey, secret);
});
after(() => exchange.end());

const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: '50000' };
const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(order).filter(([key]) => key !== name));

const malformed: readonly (readonly [name: string, params: Record<string, string>, code: number, msg: string])[] = [
  ['no symbol', without('symbol'), -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."],
  [
    'no time in force',
    without('timeInForce'),
    -1102,
    "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
  ],
  ['an unknown symbol', { ...order, symbol: 'NOPE' }, -1121, 'Invalid symbol.'],
  [
    'a symbol in small letters',
    { ...order, symbol: 'btcusdt' },
    -1100,
    "Illegal characters found in parameter 'symbol'; legal range is '^[\\w\\-._&&[^a-z]]{1,50}$'.",
  ],
  ['a bad side', { ...order, side: 'LONG' }, -1117, 'Invalid side.'],
  ['a bad type', { ...order, type: 'STOP' }, -1116, 'Invalid orderType.'],
  ['a bad time in force', { ...order, timeInForce: 'DAY' }, -1115, 'Invalid timeInForce.'],
  ['nine decimals', { ...order, quantity: '0.010000001' }, -1111, "Parameter 'quantity' has too much precision."],
  [
    'a price that is no number',
    { ...order, price: '-1' },
    -1100,
    "Illegal characters found in parameter 'price'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
  ],
  ['an empty price', { ...order, price: '' }, -1105, "Parameter 'price' was empty."],
  ['a stop price that is not wanted', { ...order, stopPrice: '40000' }, -1106, "Parameter 'stopPrice' sent when not required."],
  [
    'a surplus parameter',
    { ...order, colour: 'red' },
    -1104,
    "Not all sent parameters were read; read '8' parameter(s) but was sent '9'.",
  ],
  ['a price off the tick', { ...order, price: '50000.001' }, -1013, 'Filter failure: PRICE_FILTER'],
  ['a quantity off the lot', { ...order, quantity: '0.010001' }, -1013, 'Filter failure: LOT_SIZE'],
  ['too little money', { ...order, quantity: '0.00001' }, -1013, 'Filter failure: NOTIONAL'],
  ['a price far away', { ...order, price: '1000' }, -1013, 'Filter failure: PERCENT_PRICE_BY_SIDE'],
  ['more than the balance', { ...order, quantity: '100' }, -2010, 'Account has insufficient balance for requested action.'],
];
for (const [name, params, code, msg] of malformed) {
  test(`an order with ${name} is refused with ${code}`, async () => {
    const { status, body } = await client.send('POST', '/api/v3/order', params);
    assert.deepEqual({ status, body }, { status: 400, body: { code, msg } });
  });
}

test('a LIMIT order is answered in full, a stop with an acknowledgement', async () => {
  const full = await client.send('POST', '/api/v3/order', order);
  assert.equal(full.status, 200);
  assert.deepEqual(Object.keys(full.body), [
    'symbol',
    'orderId',
    'orderListId',
    'clientOrderId',
    'transactTime',
    'price',
    'origQty',
    'executedQty',
    'origQuoteOrderQty',
    'cummulativeQuoteQty',
    'status',
    'timeInForce',
    'type',
    'side',
    'workingTime',
    'selfTradePreventionMode',
    'fills',
  ]);
  assert.equal(full.body.price, '50000.00000000');
  const stop = { symbol: 'BTCUSDT', side: 'SELL', type: 'STOP_LOSS', quantity: '0.01', stopPrice: '30000' };
  const ack = await client.send('POST', '/api/v3/order', stop);
  assert.deepEqual(Object.keys(ack.body), ['symbol', 'orderId', 'orderListId', 'clientOrderId', 'transactTime']);
  await client.send('DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' });
});

test('parameters may stand in query and body; where both name one, the query wins', async () => {
  const query = 'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC';
  const body = `symbol=ETHUSDT&quantity=0.01&price=50000&timestamp=${Date.now()}`;
  const answer = await client.raw('POST', `/api/v3/order/test?${query}`, {
    body: `${body}&signature=${client.sign(query + body)}`,
  });
  assert.deepEqual([answer.status, answer.body], [200, {}]);
});

test('a DELETE may carry its parameters in the body', async () => {
  const placed = await client.send('POST', '/api/v3/order', order);
  const body = `symbol=BTCUSDT&orderId=${placed.body.orderId}&timestamp=${Date.now()}`;
  const answer = await client.raw('DELETE', '/api/v3/order', { body: `${body}&signature=${client.sign(body).toUpperCase()}` });
  assert.equal(answer.body.status, 'CANCELED');
  assert.equal(answer.body.origClientOrderId, placed.body.clientOrderId);
});

test('a name that stands twice is refused', async () => {
  const answer = await client.raw('GET', '/api/v3/depth?symbol=BTCUSDT&symbol=ETHUSDT');
  assert.deepEqual(answer.body, { code: -1101, msg: 'Duplicate values for a parameter detected.' });
});

test('a public endpoint counts its parameters', async () => {
  const answer = await client.raw('GET', '/api/v3/time?symbol=BTCUSDT');
  assert.deepEqual(answer.body, { code: -1101, msg: "Too many parameters; expected '0' and received '1'." });
});

const signed = (secretless: string): string => `/api/v3/account?${secretless}&signature=${client.sign(secretless)}`;

test('keys, signatures and times are refused with their own codes', async () => {
  const fresh = `timestamp=${Date.now()}`;
  const none = await client.raw('GET', signed(fresh), { headers: { 'x-mbx-apikey': '' } });
  assert.deepEqual([none.status, none.body], [401, { code: -2014, msg: 'API-key format invalid.' }]);
  const unknown = await client.raw('GET', signed(fresh), { headers: { 'x-mbx-apikey': 'a'.repeat(64) } });
  assert.deepEqual(
    [unknown.status, unknown.body],
    [401, { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' }],
  );
  const forged = await client.raw('GET', `/api/v3/account?${fresh}&signature=${'0'.repeat(64)}`);
  assert.deepEqual([forged.status, forged.body], [400, { code: -1022, msg: 'Signature for this request is not valid.' }]);
  const old = await client.raw('GET', signed(`timestamp=${Date.now() - 6000}`));
  assert.deepEqual(old.body, { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' });
  const unsigned = await client.raw('GET', `/api/v3/account?${fresh}`);
  assert.equal(unsigned.body.code, -1102);
});

test('a key that may only read cannot trade', async () => {
  const { apiKey, secret } = await exchange.key({ permissions: ['reading'] });
  const reader = signedClient(exchange.url, apiKey, secret);
  assert.equal((await reader.send('GET', '/api/v3/account')).status, 200);
  assert.equal((await reader.send('POST', '/api/v3/order', order)).body.code, -2015);
  const restrictions = await reader.send('GET', '/sapi/v1/account/apiRestrictions');
  assert.deepEqual([restrictions.body.enableReading, restrictions.body.enableSpotAndMarginTrading], [true, false]);
});

test('answers say what was used, and times come in microseconds on request', async () => {
  const answer = await client.send('POST', '/api/v3/order', order);
  assert.ok(Number(answer.headers.get('x-mbx-used-weight-1m')) > 0);
  assert.ok(Number(answer.headers.get('x-mbx-order-count-10s')) >= 1);
  assert.ok(Number(answer.headers.get('x-mbx-order-count-1d')) >= 1);
  const micro = await client.raw('GET', '/api/v3/time', { headers: { 'x-mbx-time-unit': 'MICROSECOND' } });
  assert.ok(micro.body.serverTime > 1e15);
  const wrong = await client.raw('GET', '/api/v3/time', { headers: { 'x-mbx-time-unit': 'HOUR' } });
  assert.equal(wrong.body.code, -1194);
});

test('a successful order costs no weight, a refused one does', async () => {
  const used = async (): Promise<number> => Number((await client.raw('GET', '/api/v3/ping')).headers.get('x-mbx-used-weight-1m'));
  const before = await used();
  await client.send('POST', '/api/v3/order', order);
  const between = await used();
  await client.send('POST', '/api/v3/order', { ...order, quantity: '100' });
  assert.deepEqual([between - before, (await used()) - between], [1, 2]);
});

test('cancel-replace says which half failed', async () => {
  const replace = (mode: string, price: string) =>
    client.send('POST', '/api/v3/order/cancelReplace', { ...order, price, cancelReplaceMode: mode, cancelOrderId: 999_999 });
  const stopped = await replace('STOP_ON_FAILURE', '50000');
  assert.deepEqual([stopped.status, stopped.body.code, stopped.body.data.newOrderResult], [400, -2022, 'NOT_ATTEMPTED']);
  const half = await replace('ALLOW_FAILURE', '50000');
  assert.deepEqual([half.status, half.body.code, half.body.data.cancelResult], [409, -2021, 'FAILURE']);
  assert.equal(half.body.data.newOrderResponse.status, 'NEW');
});

test('a cancel needs to say which order, and both ids must be of one', async () => {
  const neither = await client.send('DELETE', '/api/v3/order', { symbol: 'BTCUSDT' });
  assert.deepEqual(neither.body, {
    code: -1102,
    msg: "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
  });
  const unknown = await client.send('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', orderId: 999_999 });
  assert.deepEqual(unknown.body, { code: -2011, msg: 'Unknown order sent.' });
  const query = await client.send('GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId: 999_999 });
  assert.deepEqual(query.body, { code: -2013, msg: 'Order does not exist.' });
});

test('lists of symbols, one symbol, and none each have their answer', async () => {
  const symbols = encodeURIComponent('["BTCUSDT","ETHUSDT"]');
  assert.equal((await client.raw('GET', `/api/v3/ticker/price?symbols=${symbols}`)).body.length, 2);
  assert.equal((await client.raw('GET', '/api/v3/ticker/price?symbol=BTCUSDT')).body.symbol, 'BTCUSDT');
  assert.ok((await client.raw('GET', '/api/v3/ticker/24hr')).body.length >= 4);
  const twice = encodeURIComponent('["BTCUSDT","BTCUSDT"]');
  assert.equal((await client.raw('GET', `/api/v3/ticker/price?symbols=${twice}`)).body.code, -1151);
  assert.equal((await client.raw('GET', '/api/v3/ticker')).body.code, -1102);
  assert.equal((await client.raw('GET', '/api/v3/klines?symbol=BTCUSDT&interval=7m')).body.code, -1120);
});

test('what a client with a key asks before it trades is answered, futures with no symbols', async () => {
  assert.deepEqual((await client.raw('GET', '/fapi/v1/exchangeInfo')).body.symbols, []);
  assert.deepEqual((await client.raw('GET', '/dapi/v1/exchangeInfo')).body.symbols, []);
  assert.deepEqual((await client.send('GET', '/sapi/v1/margin/allPairs')).body, []);
  const coins = (await client.send('GET', '/sapi/v1/capital/config/getall')).body;
  assert.ok(coins.some((each: { coin: string; free: string }) => each.coin === 'USDT' && Number(each.free) > 0));
  assert.equal((await client.raw('GET', '/api/v3/nothing')).status, 404);
  assert.equal((await client.raw('GET', '/sapi/v1/nothing')).body.status, 404);
});

test('orders and trades of one user are unknown to another', async () => {
  const placed = await client.send('POST', '/api/v3/order', order);
  const { apiKey, secret } = await exchange.key();
  const other = signedClient(exchange.url, apiKey, secret);
  const ids = { symbol: 'BTCUSDT', orderId: placed.body.orderId };
  assert.equal((await other.send('GET', '/api/v3/order', ids)).body.code, -2013);
  assert.equal((await other.send('DELETE', '/api/v3/order', ids)).body.code, -2011);
  assert.deepEqual((await other.send('GET', '/api/v3/openOrders')).body, []);
});

test('two users trade with each other on a listed market, and nothing is lost but the fees', async () => {
  const token = { 'x-sim-token': exchange.token, 'content-type': 'application/json' };
  const control = async (path: string, body: object) =>
    (await fetch(exchange.url + path, { method: 'POST', headers: token, body: JSON.stringify(body) })).json();
  await control('/sim/markets', { pair: 'FOO/USDT', tick: '0.01', lot: '0.1', minNotional: '1', price: '10' });
  const [maker, taker] = await Promise.all([
    exchange.key({ credit: { FOO: '100' } }),
    exchange.key({ credit: { USDT: '1000' } }),
  ]);
  const sell = { symbol: 'FOOUSDT', side: 'SELL', type: 'LIMIT', timeInForce: 'GTC', quantity: '10', price: '10.01' };
  await signedClient(exchange.url, maker.apiKey, maker.secret).send('POST', '/api/v3/order', sell);
  const buy = { symbol: 'FOOUSDT', side: 'BUY', type: 'MARKET', quantity: '4' };
  const bought = await signedClient(exchange.url, taker.apiKey, taker.secret).send('POST', '/api/v3/order', buy);
  assert.deepEqual(bought.body.fills, [
    {
      price: '10.01000000',
      qty: '4.00000000',
      commission: '0.00400000',
      commissionAsset: 'FOO',
      tradeId: bought.body.fills[0].tradeId,
    },
  ]);
  const { users } = (await (await fetch(`${exchange.url}/sim/balances`, { headers: token })).json()) as {
    users: { userId: number; balances: Record<string, { free: string; locked: string }> }[];
  };
  const total = (asset: string, ids: readonly number[]): number =>
    users
      .filter(({ userId }) => ids.includes(userId))
      .reduce((sum, { balances }) => sum + Number(balances[asset]?.free ?? 0) + Number(balances[asset]?.locked ?? 0), 0);
  assert.equal(total('FOO', [maker.userId, taker.userId]) + 0.004, 100);
  await control('/sim/halt', { pair: 'FOO/USDT', halted: true });
  const closed = await signedClient(exchange.url, taker.apiKey, taker.secret).send('POST', '/api/v3/order', buy);
  assert.deepEqual(closed.body, { code: -2010, msg: 'Market is closed.' });
});

test('the control of the exchange wants its token', async () => {
  const answer = await fetch(`${exchange.url}/sim/users`, { method: 'POST', body: '{}' });
  assert.equal(answer.status, 401);
  assert.equal((await fetch(`${exchange.url}/sim/clock`)).status, 200);
});
