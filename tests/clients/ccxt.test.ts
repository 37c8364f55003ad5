import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeUnderTest, exchangeUnderTest, moved } from './exchange-under-test.ts';

// The client is taken as it is: its types are too loose to be of help here.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Client = any;

const ccxtModule = async (path: string): Promise<new (options: object) => Client> =>
  (await import(new URL(path, import.meta.resolve('ccxt')).href)).default;
const Binance = await ccxtModule('./src/binance.js');
const ProBinance = await ccxtModule('./src/pro/binance.js');

let exchange: ExchangeUnderTest;
before(async () => {
  exchange = await exchangeUnderTest();
});
after(() => exchange.end());

async function clientOf(type: 'hmac' | 'rsa' | 'ed25519', Kind = Binance): Promise<Client> {
  const { apiKey, secret } = await exchange.key({ type });
  const client = new Kind({ apiKey, secret });
  client.urls.api = moved(client.urls.api, exchange.host);
  return client;
}

const far = (price: number, factor: number): number => Math.round(price * factor);

for (const type of ['hmac', 'rsa', 'ed25519'] as const) {
  test(`an unmodified ccxt trades with a key of type ${type}`, async () => {
    const client = await clientOf(type);
    const markets = await client.loadMarkets();
    assert.deepEqual([markets['BTC/USDT'].precision.price, markets['BTC/USDT'].precision.amount], [0.01, 0.00001]);
    assert.equal(markets['BTC/USDT'].limits.cost.min, 5);

    const { bid, ask } = await client.fetchTicker('BTC/USDT');
    assert.ok(bid > 0 && ask > bid);
    const resting = await client.createOrder('BTC/USDT', 'limit', 'buy', 0.01, far(bid, 0.9));
    assert.equal(resting.status, 'open');
    const open = await client.fetchOpenOrders('BTC/USDT');
    assert.deepEqual(
      open.map((order: Client) => order.id),
      [resting.id],
    );
    const { USDT } = await client.fetchBalance();
    assert.equal(USDT.used.toFixed(8), (0.01 * far(bid, 0.9)).toFixed(8));
    const changed = await client.editOrder(resting.id, 'BTC/USDT', 'limit', 'buy', 0.02, far(bid, 0.91));
    assert.notEqual(changed.id, resting.id);
    assert.equal((await client.cancelOrder(changed.id, 'BTC/USDT')).status, 'canceled');

    const bought = await client.createOrder('BTC/USDT', 'market', 'buy', 0.01);
    assert.equal(bought.status, 'closed');
    assert.equal(bought.filled, 0.01);
    const trades = await client.fetchMyTrades('BTC/USDT');
    assert.equal(
      trades.reduce((sum: number, trade: Client) => sum + trade.amount, 0),
      0.01,
    );
    assert.deepEqual(
      trades.map((trade: Client) => trade.fee.currency),
      trades.map(() => 'BTC'),
    );
  });
}

test('ccxt places stops, order lists and all times in force', async () => {
  const client = await clientOf('hmac');
  await client.loadMarkets();
  const { bid } = await client.fetchTicker('BTC/USDT');
  const [above, below] = [far(bid, 1.1), far(bid, 0.9)];
  const stop = await client.createOrder('BTC/USDT', 'limit', 'sell', 0.01, far(bid, 0.89), { stopLossPrice: below });
  assert.equal(stop.status, 'open');
  await client.createOrder('BTC/USDT', 'market', 'sell', 0.01, undefined, { stopLossPrice: below });
  await client.createOrder('BTC/USDT', 'limit', 'sell', 0.01, above, { takeProfitPrice: above });
  await client.createOrder('BTC/USDT', 'limit', 'sell', 0.01, above, { postOnly: true });
  const taken = await client.createOrder('BTC/USDT', 'limit', 'buy', 0.01, far(bid, 1.01), { timeInForce: 'IOC' });
  assert.equal(taken.status, 'closed');
  const list = await client.privatePostOrderListOco({
    symbol: 'BTCUSDT',
    side: 'SELL',
    quantity: '0.01',
    aboveType: 'LIMIT_MAKER',
    abovePrice: String(above),
    belowType: 'STOP_LOSS_LIMIT',
    belowStopPrice: String(below),
    belowPrice: String(far(bid, 0.89)),
    belowTimeInForce: 'GTC',
  });
  assert.equal(list.listOrderStatus, 'EXECUTING');
  assert.equal(list.orderReports.length, 2);
  const canceled = await client.cancelAllOrders('BTC/USDT');
  assert.equal(canceled.length, 5);
  assert.deepEqual(await client.fetchOpenOrders('BTC/USDT'), []);
  assert.equal((await client.fetchBalance()).BTC.used, 0);
});

test('ccxt reads the refusals as what they are', async () => {
  const client = await clientOf('hmac');
  await client.loadMarkets();
  const { bid } = await client.fetchTicker('BTC/USDT');
  const refused = async (call: Promise<unknown>): Promise<string> => {
    const error = await call.then(
      () => undefined,
      (cause: Error) => cause,
    );
    return error?.constructor.name ?? 'accepted';
  };
  assert.equal(await refused(client.createOrder('BTC/USDT', 'limit', 'buy', 100, far(bid, 0.9))), 'InsufficientFunds');
  assert.equal(await refused(client.createOrder('BTC/USDT', 'limit', 'buy', 0.01, 1)), 'InvalidOrder');
  assert.equal(
    await refused(client.createOrder('BTC/USDT', 'limit', 'buy', 0.01, far(bid, 1.05), { postOnly: true })),
    'OrderImmediatelyFillable',
  );
  assert.equal(await refused(client.cancelOrder('123456', 'BTC/USDT')), 'OrderNotFound');
  assert.equal(await refused(client.fetchOrder('123456', 'BTC/USDT')), 'OrderNotFound');
  client.secret = 'wrong';
  assert.equal(await refused(client.fetchBalance()), 'AuthenticationError');
});

test('ccxt pro hears trades, books, candles and its own orders', async () => {
  const client = await clientOf('ed25519', ProBinance);
  await client.loadHttpProxyAgent(); // needed by the client for ws:// addresses
  await client.loadMarkets();
  const [trades, book, candles] = await Promise.all([
    client.watchTrades('BTC/USDT'),
    client.watchOrderBook('BTC/USDT'),
    client.watchOHLCV('BTC/USDT'),
  ]);
  assert.ok(trades.length > 0 && candles.length > 0 && book.bids[0][0] < book.asks[0][0]);
  const heard = Promise.all([client.watchOrders('BTC/USDT'), client.watchBalance(), client.watchMyTrades('BTC/USDT')]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const placed = await client.createOrderWs('BTC/USDT', 'market', 'buy', 0.01);
  const [orders, balance, mine] = await heard;
  assert.equal(orders[0].id, placed.id);
  assert.ok(balance.BTC.free > 2);
  assert.equal(mine[0].order, placed.id);
  await client.close();
});
