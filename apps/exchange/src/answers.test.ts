/** Answers of the REST dialect, field by field as rest-api.md has them, to requests as client libraries send them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeUnderTest, exchangeUnderTest } from '../../../tests/clients/exchange-under-test.ts';
import { type Answer, type SignedClient, signedClient } from '../../../tests/clients/signed-client.ts';

let exchange: ExchangeUnderTest;
let client: SignedClient;
before(async () => {
  exchange = await exchangeUnderTest();
  const { apiKey, secret } = await exchange.key();
  client = signedClient(exchange.url, apiKey, secret);
});
after(() => exchange.end());

const get = (path: string): Promise<Answer> => client.raw('GET', `/api/v3/${path}`);
const fields = async (path: string): Promise<string[]> => Object.keys((await get(path)).body);

const window = ['openPrice', 'highPrice', 'lowPrice', 'lastPrice'];
const sums = ['volume', 'quoteVolume', 'openTime', 'closeTime', 'firstId', 'lastId', 'count'];
const change = ['priceChange', 'priceChangePercent', 'weightedAvgPrice'];

test('each ticker has its fields in their order', async () => {
  const best = ['bidPrice', 'bidQty', 'askPrice', 'askQty'];
  const day = ['symbol', ...change, 'prevClosePrice', 'lastPrice', 'lastQty', ...best, ...window.slice(0, 3), ...sums];
  assert.deepEqual(await fields('ticker/24hr?symbol=BTCUSDT'), day);
  for (const ticker of ['ticker', 'ticker/tradingDay']) {
    assert.deepEqual(await fields(`${ticker}?symbol=BTCUSDT`), ['symbol', ...change, ...window, ...sums]);
    assert.deepEqual(await fields(`${ticker}?symbol=BTCUSDT&type=MINI`), ['symbol', ...window, ...sums]);
  }
  assert.deepEqual(await fields('ticker/24hr?symbol=BTCUSDT&type=MINI'), ['symbol', ...window, ...sums]);
});

test('days of another time zone open there, in candles and in the ticker of a trading day', async () => {
  const day = 86_400_000;
  const opened = async (zone: string): Promise<number> => {
    const [row] = (await get(`klines?symbol=BTCUSDT&interval=1d&limit=1&timeZone=${zone}`)).body;
    assert.equal(row[6], row[0] + day - 1);
    assert.equal((await get(`ticker/tradingDay?symbol=BTCUSDT&timeZone=${zone}`)).body.openTime, row[0]);
    return row[0] % day;
  };
  const hour = 3_600_000;
  for (const [zone, at] of [
    ['0', 0],
    ['8', 16],
    ['+8:00', 16],
    ['%2B08:00', 16],
    ['05:45', 18.25],
    ['-3:30', 3.5],
  ] as const)
    assert.equal(await opened(zone), at * hour, zone);
  for (const zone of ['15', '-13', 'x', '8:60', ''])
    assert.ok((await get(`uiKlines?symbol=BTCUSDT&interval=1d&timeZone=${zone}`)).status === 400, zone);
});

test('symbols are chosen by name, or by what they are, not by both', async () => {
  const count = async (query: string): Promise<number> => (await get(`exchangeInfo?${query}`)).body.symbols?.length;
  assert.ok((await count('permissions=SPOT')) >= 4);
  assert.ok((await count(`permissions=${encodeURIComponent('["MARGIN","SPOT"]')}`)) >= 4);
  assert.equal(await count('permissions=MARGIN'), 0);
  assert.equal(await count('symbolStatus=HALT'), 0);
  const code = async (query: string): Promise<number> => (await get(`exchangeInfo?${query}`)).body.code;
  assert.equal(await code('symbol=BTCUSDT&permissions=SPOT'), -1128);
  assert.equal(await code('symbol=BTCUSDT&symbolStatus=TRADING'), -1128);
  assert.equal(await code('permissions=EVERYTHING'), -1130);
  assert.equal((await get('aggTrades?symbol=BTCUSDT&fromId=1&startTime=1')).body.code, -1128);
});

const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.03', price: '50000' };

test('an amended order keeps its id, and what was amended can be asked for', async () => {
  const { body: placed } = await client.send('POST', '/api/v3/order', { ...order, newClientOrderId: 'first' });
  const { orderId } = placed;
  const amend = (newQty: string, id: object) =>
    client.send('PUT', '/api/v3/order/amend/keepPriority', { symbol: 'BTCUSDT', newQty, ...id });
  const { body: amended } = await amend('0.02', { orderId, newClientOrderId: 'second' });
  assert.deepEqual(Object.keys(amended), ['transactTime', 'executionId', 'amendedOrder']);
  const { workingTime, ...shown } = amended.amendedOrder;
  assert.deepEqual(shown, {
    symbol: 'BTCUSDT',
    orderId,
    orderListId: -1,
    origClientOrderId: 'first',
    clientOrderId: 'second',
    price: '50000.00000000',
    qty: '0.02000000',
    executedQty: '0.00000000',
    preventedQty: '0.00000000',
    quoteOrderQty: '0.00000000',
    cumulativeQuoteQty: '0.00000000',
    status: 'NEW',
    timeInForce: 'GTC',
    type: 'LIMIT',
    side: 'BUY',
    selfTradePreventionMode: 'EXPIRE_MAKER',
  });
  await amend('0.01', { origClientOrderId: 'second', newClientOrderId: 'second' });
  const asked = (more: object) => client.send('GET', '/api/v3/order/amendments', { symbol: 'BTCUSDT', orderId, ...more });
  const { body: all } = await asked({});
  assert.deepEqual(
    all.map((each: Answer['body']) => [each.origClientOrderId, each.newClientOrderId, each.origQty, each.newQty]),
    [
      ['first', 'second', '0.03000000', '0.02000000'],
      ['second', 'second', '0.02000000', '0.01000000'],
    ],
  );
  assert.equal(all[0].executionId, amended.executionId);
  assert.deepEqual((await asked({ fromExecutionId: all[1].executionId })).body, [all[1]]);
  assert.equal((await client.send('GET', '/api/v3/order/amendments', { symbol: 'BTCUSDT', orderId: 1e9 })).body.code, -2013);
  await client.send('DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' });
});

test('a filter refuses cancel-and-replace before anything is cancelled', async () => {
  const { body: placed } = await client.send('POST', '/api/v3/order', order);
  const replace = { ...order, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: placed.orderId };
  const refused = await client.send('POST', '/api/v3/order/cancelReplace', { ...replace, quantity: '0.0000111' });
  assert.deepEqual([refused.status, refused.body], [400, { code: -1013, msg: 'Filter failure: LOT_SIZE' }]);
  const { body: still } = await client.send('GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId: placed.orderId });
  assert.equal(still.status, 'NEW');
  const poor = await client.send('POST', '/api/v3/order/cancelReplace', { ...replace, quantity: '100' });
  assert.deepEqual([poor.status, poor.body.code, poor.body.data.cancelResult], [409, -2021, 'SUCCESS']);
});

test('what no market here offers is refused in the dialect, not with a page', async () => {
  for (const path of ['sor/order', 'sor/order/test', 'orderList/opo', 'orderList/opoco']) {
    const { status, body } = await client.send('POST', `/api/v3/${path}`, order);
    assert.deepEqual([status, body.code], [400, -2010], path);
  }
  assert.equal((await get('referencePrice?symbol=BTCUSDT')).body.code, -2043);
  assert.equal((await get('referencePrice?symbol=NOPE')).body.code, -1121);
  assert.deepEqual((await get('executionRules?symbol=BTCUSDT')).body, { symbolRules: [] });
  assert.equal((await get('executionRules?symbol=BTCUSDT&symbolStatus=TRADING')).body.code, -1128);
  assert.deepEqual((await get('historicalBlockTrades?symbol=BTCUSDT')).body, []);
  const { body: snapshots } = await client.send('GET', '/sapi/v1/accountSnapshot', { type: 'SPOT' });
  const { body: dust } = await client.send('GET', '/sapi/v1/asset/dribblet');
  assert.deepEqual(dust, { total: 0, userAssetDribblets: [] });
  assert.deepEqual(snapshots, { code: 200, msg: '', snapshotVos: [] });
});
