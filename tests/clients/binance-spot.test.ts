import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Spot } from '@binance/spot';
import { type ExchangeUnderTest, exchangeUnderTest } from './exchange-under-test.ts';

// The client's own types say less than its answers hold (numbers or bigints, enums of its own).
// biome-ignore lint/suspicious/noExplicitAny: see above
type Answer = any;

let exchange: ExchangeUnderTest;
before(async () => {
  exchange = await exchangeUnderTest();
});
after(() => exchange.end());

async function clientOf(type: 'hmac' | 'rsa' | 'ed25519'): Promise<Answer> {
  const { apiKey, secret } = await exchange.key({ type });
  const credentials = type === 'hmac' ? { apiKey, apiSecret: secret } : { apiKey, privateKey: secret };
  return new Spot({
    configurationRestAPI: { ...credentials, basePath: exchange.url, timeout: 30_000 },
    configurationWebsocketAPI: { ...credentials, wsURL: `ws://${exchange.host}/ws-api/v3` },
    configurationWebsocketStreams: { wsURL: `ws://${exchange.host}` },
  });
}

const data = async (call: Promise<{ data(): Promise<unknown> }>): Promise<Answer> => (await call).data();

for (const type of ['hmac', 'rsa', 'ed25519'] as const) {
  test(`the official client trades over REST with a key of type ${type}`, async () => {
    const { restAPI } = await clientOf(type);
    const info = await data(restAPI.exchangeInfo({ symbols: ['BTCUSDT', 'ETHUSDT'] }));
    assert.deepEqual(
      info.symbols.map((each: Answer) => each.symbol),
      ['BTCUSDT', 'ETHUSDT'],
    );
    const { price } = await data(restAPI.tickerPrice({ symbol: 'BTCUSDT' }));
    const low = Math.round(Number(price) * 0.9);
    const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: low };
    assert.deepEqual(await data(restAPI.orderTest(order)), {});
    const placed = await data(restAPI.newOrder({ ...order, newOrderRespType: 'RESULT' }));
    assert.equal(placed.status, 'NEW');
    const { orderId } = placed;
    assert.equal((await data(restAPI.getOrder({ symbol: 'BTCUSDT', orderId }))).status, 'NEW');
    const replaced = await data(
      restAPI.orderCancelReplace({ ...order, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: orderId, quantity: 0.02 }),
    );
    assert.equal(replaced.cancelResult, 'SUCCESS');
    const amended = await data(
      restAPI.orderAmendKeepPriority({ symbol: 'BTCUSDT', orderId: replaced.newOrderResponse.orderId, newQty: 0.015 }),
    );
    assert.equal(amended.amendedOrder.qty, '0.01500000');
    assert.equal((await data(restAPI.getOpenOrders({ symbol: 'BTCUSDT' }))).length, 1);
    await data(restAPI.deleteOpenOrders({ symbol: 'BTCUSDT' }));
    const bought = await data(restAPI.newOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quoteOrderQty: 100 }));
    assert.equal(bought.status, 'FILLED');
    const trades = await data(restAPI.myTrades({ symbol: 'BTCUSDT' }));
    assert.equal(trades.length, bought.fills.length);
    const account = await data(restAPI.getAccount({ omitZeroBalances: true }));
    assert.deepEqual(
      account.balances.map((each: Answer) => each.asset),
      ['BTC', 'USDT'],
    );
  });
}

test('the official client places and cancels order lists', async () => {
  const { restAPI } = await clientOf('hmac');
  const { price } = await data(restAPI.tickerPrice({ symbol: 'BTCUSDT' }));
  const [above, below] = [Math.round(Number(price) * 1.1), Math.round(Number(price) * 0.9)];
  const list = await data(
    restAPI.orderListOco({
      symbol: 'BTCUSDT',
      side: 'SELL',
      quantity: 0.01,
      aboveType: 'LIMIT_MAKER',
      abovePrice: above,
      belowType: 'STOP_LOSS',
      belowStopPrice: below,
    }),
  );
  assert.equal(list.orders.length, 2);
  const { orderListId } = list;
  assert.equal((await data(restAPI.getOrderList({ orderListId }))).listOrderStatus, 'EXECUTING');
  const canceled = await data(restAPI.deleteOrderList({ symbol: 'BTCUSDT', orderListId }));
  assert.equal(canceled.listOrderStatus, 'ALL_DONE');
  assert.equal((await data(restAPI.getOrderList({ orderListId }))).listStatusType, 'ALL_DONE');
});

test('the official client trades over the WebSocket API and hears what its orders do', async (t) => {
  const { websocketAPI } = await clientOf('ed25519');
  const connection = await websocketAPI.connect();
  t.after(() => connection.disconnect());
  const [logon] = await connection.sessionLogon();
  assert.equal(logon.data.apiKey.length, 64);
  const { stream } = await connection.userDataStreamSubscribe();
  const events: Answer[] = [];
  stream.on('message', (event: Answer) => events.push(event));
  const placed = await connection.orderPlace({
    symbol: 'BTCUSDT',
    side: 'BUY',
    type: 'MARKET',
    quantity: 0.01,
    newOrderRespType: 'FULL',
  });
  assert.equal(placed.data.status, 'FILLED');
  const status = await connection.orderStatus({ symbol: 'BTCUSDT', orderId: placed.data.orderId });
  assert.equal(status.data.executedQty, '0.01000000');
  const account = await connection.accountStatus();
  assert.ok(account.data.balances.some((each: Answer) => each.asset === 'BTC'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const kinds = events.map((event) => `${event.e ?? event.event?.e} ${event.x ?? event.event?.x ?? ''}`.trim());
  assert.deepEqual(
    [kinds[0], kinds[1], kinds.at(-1)],
    ['executionReport NEW', 'executionReport TRADE', 'outboundAccountPosition'],
  );
});

test('the official client hears the market streams', async (t) => {
  const { websocketStreams } = await clientOf('hmac');
  const connection = await websocketStreams.connect();
  t.after(() => connection.disconnect());
  const heard = (stream: Answer): Promise<Answer> => new Promise((resolve) => stream.on('message', resolve));
  const [trade, book, kline] = await Promise.all([
    heard(connection.trade({ symbol: 'btcusdt' })),
    heard(connection.bookTicker({ symbol: 'btcusdt' })),
    heard(connection.kline({ symbol: 'btcusdt', interval: '1m' })),
  ]);
  assert.equal(trade.e, 'trade');
  assert.ok(Number(book.a) > Number(book.b));
  assert.equal(kline.k.i, '1m');
});
