/** The exchange's own client library, unmodified, with a sub-key: it sends all parameters in the query. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Spot } from '@binance/spot';
import { type Instance, until } from '../vault/harness.ts';
import { addressOf, type Client, connected, newKey } from './fixture.ts';

let instance: Instance;
let client: Client;
before(async () => {
  instance = await connected();
  const { apiKey, secret: apiSecret } = await newKey(instance, 'official', { rights: ['cancel-stops'] });
  const host = addressOf(instance);
  client = new Spot({
    configurationRestAPI: { apiKey, apiSecret, basePath: `http://${host}`, timeout: 60_000 },
    configurationWebsocketAPI: { apiKey, apiSecret, wsURL: `ws://${host}/ws-api/v3` },
  });
});
after(() => instance.close());

const data = async (call: Promise<{ data(): Promise<unknown> }>): Promise<Client> => (await call).data();

test('the official client trades through the vault', async () => {
  const { restAPI } = client;
  const info = await data(restAPI.exchangeInfo({ symbols: ['BTCUSDT', 'ETHUSDT'] }));
  assert.equal(info.symbols.length, 2);
  const { price } = await data(restAPI.tickerPrice({ symbol: 'BTCUSDT' }));
  const low = Math.round(Number(price) * 0.993);
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: low };
  assert.deepEqual(await data(restAPI.orderTest(order)), {});
  const placed = await data(restAPI.newOrder({ ...order, newOrderRespType: 'RESULT' }));
  assert.equal(placed.status, 'NEW');
  const { orderId } = placed;
  assert.equal((await data(restAPI.getOrder({ symbol: 'BTCUSDT', orderId }))).status, 'NEW');
  const replaced = await data(
    restAPI.orderCancelReplace({ ...order, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: orderId, quantity: 0.02 }),
  );
  assert.deepEqual([replaced.cancelResult, replaced.newOrderResult], ['SUCCESS', 'SUCCESS']);
  assert.equal((await data(restAPI.getOpenOrders({ symbol: 'BTCUSDT' }))).length, 1);
  await data(restAPI.deleteOpenOrders({ symbol: 'BTCUSDT' }));
  const bought = await data(restAPI.newOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quoteOrderQty: 100 }));
  assert.equal(bought.status, 'FILLED');
  assert.equal((await data(restAPI.myTrades({ symbol: 'BTCUSDT' }))).length, bought.fills.length);
  assert.deepEqual(
    (await data(restAPI.getAccount({ omitZeroBalances: true }))).balances.map((it: Client) => it.asset),
    ['BTC', 'USDT'],
  );
});

test('it sells by one order or the other, in both spellings, and takes the list back', async (t) => {
  const { restAPI } = client;
  const connection = await client.websocketAPI.connect();
  t.after(() => connection.disconnect());
  const heard: Client[] = [];
  (await connection.userDataStreamSubscribeSignature()).stream.on('message', (event: Client) => heard.push(event));
  await data(restAPI.newOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: 0.01 }));
  const price = Number((await data(restAPI.tickerPrice({ symbol: 'BTCUSDT' }))).price);
  const near = (bps: number): number => Math.round(price * (1 + bps / 10_000));
  const sell = { symbol: 'BTCUSDT', side: 'SELL', quantity: 0.004 };
  const placed = await data(
    restAPI.orderListOco({
      ...sell,
      listClientOrderId: 'oco-1',
      aboveType: 'LIMIT_MAKER',
      abovePrice: near(200),
      belowType: 'STOP_LOSS_LIMIT',
      belowStopPrice: near(-200),
      belowPrice: near(-250),
      belowTimeInForce: 'GTC',
    }),
  );
  assert.deepEqual([placed.listOrderStatus, placed.listClientOrderId], ['EXECUTING', 'oco-1']);
  const older = await data(
    restAPI.orderOco({
      ...sell,
      price: near(300),
      stopPrice: near(-300),
      stopLimitPrice: near(-350),
      stopLimitTimeInForce: 'GTC',
    }),
  );
  const [open, lists, locked] = [
    await data(restAPI.getOpenOrders({ symbol: 'BTCUSDT' })),
    await data(restAPI.openOrderList()),
    (await data(restAPI.getAccount({}))).balances.find((it: Client) => it.asset === 'BTC').locked,
  ];
  assert.equal(open.length, 4);
  assert.deepEqual(
    lists.map((it: Client) => it.orderListId),
    [placed.orderListId, older.orderListId],
  );
  assert.equal(locked, '0.00800000', 'coins are on sale once');
  const gone = await data(restAPI.deleteOrderList({ symbol: 'BTCUSDT', listClientOrderId: 'oco-1' }));
  assert.deepEqual(
    gone.orderReports.map((it: Client) => it.status),
    ['CANCELED', 'CANCELED'],
  );
  await data(restAPI.deleteOpenOrders({ symbol: 'BTCUSDT' }));
  assert.equal((await data(restAPI.getOrderList({ orderListId: older.orderListId }))).listOrderStatus, 'ALL_DONE');
  const statuses = await until('both lists at their end', () => {
    const of = heard.filter((it) => it.e === 'listStatus').map((it) => [it.g, it.L]);
    return of.length >= 4 ? of : undefined;
  });
  assert.deepEqual(statuses, [
    [placed.orderListId, 'EXECUTING'],
    [older.orderListId, 'EXECUTING'],
    [placed.orderListId, 'ALL_DONE'],
    [older.orderListId, 'ALL_DONE'],
  ]);
});

test('its private stream says what happens to its orders', async () => {
  const connection = await client.websocketAPI.connect();
  const events: string[] = [];
  const response = await connection.userDataStreamSubscribeSignature();
  response.stream.on('message', (event: Client) => events.push(event.e ?? event.eventType ?? JSON.stringify(event)));
  await data(client.restAPI.newOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quoteOrderQty: 100 }));
  await new Promise((done) => setTimeout(done, 500));
  assert.ok(
    events.some((it) => it.includes('executionReport')),
    JSON.stringify(events),
  );
  await connection.disconnect();
});
